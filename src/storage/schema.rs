//! The tables as diesel sees them: the same on both databases. `migrations/` creates them; a test compares the two.

macro_rules! tables {
    ($($name:ident ($($key:ident),+) { $($columns:tt)* })+) => {
        $(diesel::table! {
            use diesel::sql_types::*;
            use crate::storage::types::*;

            $name ($($key),+) { $($columns)* }
        })+
        diesel::allow_tables_to_appear_in_same_query!($($name),+);
    };
}

tables! {
    accounts (id) {
        id -> IdSql,
        name -> Text,
        name_key -> Text,
        preset -> Text,
        created_at -> BigInt,
    }

    connections (account_id, id) {
        account_id -> IdSql,
        id -> IdSql,
        name -> Text,
        name_key -> Text,
        dialect -> Text,
        role_ceiling -> Text,
        created_at -> BigInt,
    }

    tokens (hash) {
        hash -> Binary,
        id -> IdSql,
        account_id -> IdSql,
        connection_id -> IdSql,
        created_at -> BigInt,
        expires_at -> Nullable<BigInt>,
        revoked_at -> Nullable<BigInt>,
        last_used_at -> Nullable<BigInt>,
    }

    admin_keys (hash) {
        hash -> Binary,
        id -> IdSql,
        account_id -> IdSql,
        created_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
        last_used_at -> Nullable<BigInt>,
    }

    users (account_id, id) {
        account_id -> IdSql,
        id -> IdSql,
        connection_id -> IdSql,
        user_name_key -> Text,
        external_id -> Nullable<Text>,
        display_name_key -> Nullable<Text>,
        active -> Bool,
        version -> BigInt,
        last_modified -> BigInt,
        body -> Text,
        search -> JsonSql,
    }

    user_emails (account_id, user_id, position) {
        account_id -> IdSql,
        user_id -> IdSql,
        position -> Integer,
        value_key -> Nullable<Text>,
        type_key -> Nullable<Text>,
        display_key -> Nullable<Text>,
        is_primary -> Nullable<Text>,
    }

    groups (account_id, id) {
        account_id -> IdSql,
        id -> IdSql,
        connection_id -> IdSql,
        display_name -> Text,
        display_name_key -> Text,
        external_id -> Nullable<Text>,
        member_count -> BigInt,
        version -> BigInt,
        last_modified -> BigInt,
        body -> Text,
        search -> JsonSql,
    }

    memberships (account_id, group_id, user_id) {
        account_id -> IdSql,
        group_id -> IdSql,
        user_id -> IdSql,
    }

    totals (account_id, kind, shard) {
        account_id -> IdSql,
        kind -> Text,
        shard -> Integer,
        live -> BigInt,
        removed -> BigInt,
    }

    idempotency (account_id, idempotency_key) {
        account_id -> IdSql,
        idempotency_key -> Text,
        request_hash -> Binary,
        status -> Integer,
        body -> Text,
        etag -> Nullable<Text>,
        at -> BigInt,
    }

    secrets (name) {
        name -> Text,
        value -> Binary,
    }
}
