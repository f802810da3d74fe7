//! Rows, and their way from and to the values of the domain.

use super::schema::{accounts, admin_keys, connections, groups, idempotency, memberships, tokens, user_emails, users};
use super::types::{DbId, Json};
use crate::domain::{Email, Group, GroupDraft, User, UserDraft};
use diesel::prelude::*;

#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = accounts, treat_none_as_default_value = false)]
pub struct AccountRow {
    pub id: DbId,
    pub name: String,
    pub name_key: String,
    pub preset: String,
    pub created_at: i64,
}

#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = connections, treat_none_as_default_value = false)]
pub struct ConnectionRow {
    pub account_id: DbId,
    pub id: DbId,
    pub name: String,
    pub name_key: String,
    pub dialect: String,
    pub role_ceiling: String,
    pub created_at: i64,
}

#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = tokens, treat_none_as_default_value = false)]
pub struct TokenRow {
    pub hash: Vec<u8>,
    pub id: DbId,
    pub account_id: DbId,
    pub connection_id: DbId,
    pub created_at: i64,
    pub expires_at: Option<i64>,
    pub revoked_at: Option<i64>,
    pub last_used_at: Option<i64>,
}

#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = admin_keys, treat_none_as_default_value = false)]
pub struct AdminKeyRow {
    pub hash: Vec<u8>,
    pub id: DbId,
    pub account_id: DbId,
    pub created_at: i64,
    pub revoked_at: Option<i64>,
    pub last_used_at: Option<i64>,
}

/// An answer that is given again when its request is repeated.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = idempotency, treat_none_as_default_value = false)]
pub struct IdempotencyRow {
    pub account_id: DbId,
    pub idempotency_key: String,
    pub request_hash: Vec<u8>,
    pub status: i32,
    pub body: String,
    pub etag: Option<String>,
    pub at: i64,
}

#[derive(Insertable, Debug, Clone)]
#[diesel(table_name = users, treat_none_as_default_value = false)]
pub struct UserRow {
    pub account_id: DbId,
    pub id: DbId,
    pub connection_id: DbId,
    #[diesel(embed)]
    pub draft: UserDraftRow,
    pub version: i64,
    pub last_modified: i64,
}

/// The columns that a change writes.
#[derive(Insertable, AsChangeset, Debug, Clone)]
#[diesel(table_name = users, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct UserDraftRow {
    pub user_name_key: String,
    pub external_id: Option<String>,
    pub display_name_key: Option<String>,
    pub active: bool,
    pub body: String,
    pub search: Json,
}

impl From<UserDraft> for UserDraftRow {
    fn from(draft: UserDraft) -> Self {
        Self {
            user_name_key: draft.user_name.key,
            external_id: draft.external_id,
            display_name_key: draft.display_name.map(|name| name.key),
            active: draft.active,
            body: draft.profile.body,
            search: Json(draft.profile.search),
        }
    }
}

impl From<User> for UserRow {
    fn from(user: User) -> Self {
        Self {
            account_id: user.account.into(),
            id: user.id.into(),
            connection_id: user.connection.into(),
            draft: user.draft.into(),
            version: user.version,
            last_modified: user.last_modified,
        }
    }
}

#[derive(Insertable, Debug, Clone)]
#[diesel(table_name = user_emails, treat_none_as_default_value = false)]
pub struct EmailRow {
    pub account_id: DbId,
    pub user_id: DbId,
    pub position: i32,
    pub value_key: Option<String>,
    pub type_key: Option<String>,
    pub display_key: Option<String>,
    pub is_primary: Option<String>,
}

impl EmailRow {
    pub fn all(account: DbId, user: DbId, emails: &[Email]) -> Vec<Self> {
        let row = |(position, email): (i32, &Email)| Self {
            account_id: account,
            user_id: user,
            position,
            value_key: email.value_key.clone(),
            type_key: email.type_key.clone(),
            display_key: email.display_key.clone(),
            is_primary: email.primary.map(|primary| primary.to_string()),
        };
        (0..).zip(emails).map(row).collect()
    }
}

#[derive(Insertable, Debug, Clone)]
#[diesel(table_name = groups, treat_none_as_default_value = false)]
pub struct GroupRow {
    pub account_id: DbId,
    pub id: DbId,
    pub connection_id: DbId,
    #[diesel(embed)]
    pub draft: GroupDraftRow,
    pub member_count: i64,
    pub version: i64,
    pub last_modified: i64,
}

/// The columns that a change writes.
#[derive(Insertable, AsChangeset, Debug, Clone)]
#[diesel(table_name = groups, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct GroupDraftRow {
    pub display_name: String,
    pub display_name_key: String,
    pub external_id: Option<String>,
    pub body: String,
    pub search: Json,
}

impl From<GroupDraft> for GroupDraftRow {
    fn from(draft: GroupDraft) -> Self {
        Self {
            display_name: draft.display_name.text,
            display_name_key: draft.display_name.key,
            external_id: draft.external_id,
            body: draft.profile.body,
            search: Json(draft.profile.search),
        }
    }
}

impl From<Group> for GroupRow {
    fn from(group: Group) -> Self {
        Self {
            account_id: group.account.into(),
            id: group.id.into(),
            connection_id: group.connection.into(),
            draft: group.draft.into(),
            member_count: group.member_count,
            version: group.version,
            last_modified: group.last_modified,
        }
    }
}

#[derive(Insertable, Debug, Clone)]
#[diesel(table_name = memberships, treat_none_as_default_value = false)]
pub struct MembershipRow {
    pub account_id: DbId,
    pub group_id: DbId,
    pub user_id: DbId,
}

/// A user or group as it is read: ready to send but for what others decide.
#[derive(Queryable, Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub id: DbId,
    pub version: i64,
    pub last_modified: i64,
    pub body: String,
}
