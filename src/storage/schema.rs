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
        policies -> Text,
        roles -> Text,
        version -> BigInt,
        default_organization_id -> Nullable<IdSql>,
        default_group_id -> Nullable<IdSql>,
    }

    connections (account_id, id) {
        account_id -> IdSql,
        id -> IdSql,
        name -> Text,
        name_key -> Text,
        dialect -> Text,
        role_ceiling -> Text,
        created_at -> BigInt,
        settings -> Text,
        rules -> Text,
        version -> BigInt,
    }

    connection_quirks (account_id, connection_id, name) {
        account_id -> IdSql,
        connection_id -> IdSql,
        name -> Text,
        first_seen -> BigInt,
        last_seen -> BigInt,
        count -> BigInt,
        sample -> Text,
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
        user_id -> Nullable<IdSql>,
        replaced_by -> Nullable<IdSql>,
    }

    admin_keys (hash) {
        hash -> Binary,
        id -> IdSql,
        account_id -> IdSql,
        created_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
        last_used_at -> Nullable<BigInt>,
        user_id -> Nullable<IdSql>,
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
        status -> Text,
        organization_id -> Nullable<IdSql>,
        organization_origin -> Text,
        username_key -> Nullable<Text>,
        grants -> Text,
        direct_admin -> Bool,
        is_admin -> Bool,
        previous_user_id -> Nullable<IdSql>,
    }

    removed_users (account_id, id) {
        account_id -> IdSql,
        id -> IdSql,
        connection_id -> IdSql,
        user_name_key -> Text,
        external_id -> Nullable<Text>,
        version -> BigInt,
        removed_at -> BigInt,
        body -> Text,
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
        is_default -> Bool,
        archived -> Bool,
        roles -> Text,
        grants_admin -> Bool,
    }

    memberships (account_id, user_id, group_id) {
        account_id -> IdSql,
        group_id -> IdSql,
        user_id -> IdSql,
        is_primary -> Bool,
        group_admin -> Bool,
        can_send -> Bool,
        origins -> Text,
        since -> BigInt,
    }

    organizations (account_id, id) {
        account_id -> IdSql,
        id -> IdSql,
        display_name -> Text,
        display_name_key -> Text,
        external_id -> Nullable<Text>,
        settings_set_id -> IdSql,
        version -> BigInt,
        last_modified -> BigInt,
        body -> Text,
        search -> JsonSql,
    }

    settings_sets (account_id, id) {
        account_id -> IdSql,
        id -> IdSql,
        display_name -> Text,
        display_name_key -> Text,
        external_id -> Nullable<Text>,
        version -> BigInt,
        last_modified -> BigInt,
        body -> Text,
        search -> JsonSql,
    }

    audit (account_id, id) {
        account_id -> IdSql,
        id -> IdSql,
        actor -> Text,
        request_id -> Text,
        connection_id -> Nullable<IdSql>,
        action -> Text,
        subject_kind -> Text,
        subject_id -> Text,
        changes -> Text,
        why -> Nullable<Text>,
    }

    events (account_id, sequence) {
        account_id -> IdSql,
        sequence -> BigInt,
        at -> BigInt,
        kind -> Text,
        cause -> Nullable<Text>,
        subject_kind -> Text,
        subject_id -> Text,
        version -> BigInt,
        data -> Text,
        request_id -> Text,
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

    scheduled_changes (account_id, id) {
        account_id -> IdSql,
        id -> IdSql,
        user_id -> IdSql,
        effective_at -> BigInt,
        change -> Text,
        actor_user_id -> Nullable<IdSql>,
        state -> Text,
        outcome -> Nullable<Text>,
        version -> BigInt,
    }

    provisioning_log (account_id, connection_id, id) {
        account_id -> IdSql,
        connection_id -> IdSql,
        id -> IdSql,
        size -> BigInt,
        status -> Integer,
        outcome -> Text,
        micros -> BigInt,
        method -> Text,
        path -> Text,
        query -> Nullable<Text>,
        filter -> Nullable<Text>,
        resource_type -> Nullable<Text>,
        resource_id -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        credential_id -> IdSql,
        client_address -> Nullable<Text>,
        scim_type -> Nullable<Text>,
        code -> Nullable<Text>,
        detail -> Nullable<Text>,
        quirks -> Text,
        changes -> Text,
        body_bytes -> BigInt,
        body_cut -> Bool,
        body -> Nullable<Text>,
        failures -> Nullable<Text>,
    }

    provisioning_log_totals (account_id, connection_id) {
        account_id -> IdSql,
        connection_id -> IdSql,
        bytes -> BigInt,
    }

    oauth_clients (id) {
        id -> IdSql,
        account_id -> IdSql,
        connection_id -> IdSql,
        name -> Text,
        trust -> Nullable<Text>,
        trust_version -> BigInt,
        version -> BigInt,
        created_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
        last_used_at -> Nullable<BigInt>,
    }

    oauth_secrets (hash) {
        hash -> Binary,
        id -> IdSql,
        account_id -> IdSql,
        client_id -> IdSql,
        created_at -> BigInt,
        expires_at -> Nullable<BigInt>,
        revoked_at -> Nullable<BigInt>,
        last_used_at -> Nullable<BigInt>,
    }

    trusted_issuers (id) {
        id -> IdSql,
        account_id -> IdSql,
        connection_id -> IdSql,
        issuer -> Text,
        audience -> Text,
        subject -> Text,
        trust -> Text,
        version -> BigInt,
        created_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
        last_used_at -> Nullable<BigInt>,
    }

    used_assertions (hash) {
        hash -> Binary,
        expires_at -> BigInt,
    }

    signing_keys (id) {
        id -> Text,
        private_key -> Binary,
        created_at -> BigInt,
    }

    secrets (name) {
        name -> Text,
        value -> Binary,
    }
}
