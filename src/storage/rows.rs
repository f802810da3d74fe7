//! Rows, and their way from and to the values of the domain.

use super::Error;
use super::schema::{
    accounts, admin_keys, audit, connection_quirks, connections, groups, idempotency, memberships, oauth_clients,
    oauth_secrets, organizations, provisioning_log, removed_users, scheduled_changes, settings_sets, signing_keys,
    tokens, trusted_issuers,
};
use super::types::{DbId, Json};
use crate::domain::{
    Account, AuditEntry, Catalogue, ClientSecret, Connection, Email, Group, GroupDraft, Id, Lifetime, Membership, Name,
    OAuthClient, OrganizationDraft, Placement, Policies, Preset, Profile, Role, SettingsSetDraft, Status,
    TrustedIssuer, User, UserNames,
};
use diesel::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = accounts, treat_none_as_default_value = false)]
pub struct AccountRow {
    pub id: DbId,
    pub name: String,
    pub name_key: String,
    pub preset: String,
    pub created_at: i64,
    pub policies: String,
    pub roles: String,
    pub version: i64,
    pub default_organization_id: Option<DbId>,
    pub default_group_id: Option<DbId>,
}

impl AccountRow {
    pub fn new(account: &Account) -> Self {
        let own = account.catalogue.own(account.preset);
        Self {
            id: account.id.into(),
            name: account.name.text.clone(),
            name_key: account.name.key.clone(),
            preset: account.preset.to_string(),
            created_at: account.created,
            policies: to_json(&account.policies.words()),
            roles: to_json(&own),
            version: account.version,
            default_organization_id: Some(account.default_organization.into()),
            default_group_id: Some(account.default_group.into()),
        }
    }

    pub fn account(self) -> Result<Account, Error> {
        let broken = |_| Error::Internal(format!("account {} cannot be read", self.id.0));
        let preset: Preset = self.preset.parse().map_err(broken)?;
        let mut catalogue = Catalogue::built_in(preset);
        catalogue.roles.extend(from_json::<Vec<Role>>(&self.roles)?);
        Ok(Account {
            id: self.id.0,
            policies: Policies::read(&from_json(&self.policies)?).map_err(broken)?,
            preset,
            catalogue,
            default_organization: self.default_organization_id.map_or(Id::NIL, Id::from),
            default_group: self.default_group_id.map_or(Id::NIL, Id::from),
            version: self.version,
            created: self.created_at,
            name: Name { text: self.name, key: self.name_key },
        })
    }
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
    pub settings: String,
    pub rules: String,
    pub version: i64,
}

impl ConnectionRow {
    pub fn new(connection: &Connection) -> Self {
        Self {
            account_id: connection.account.into(),
            id: connection.id.into(),
            name: connection.name.text.clone(),
            name_key: connection.name.key.clone(),
            dialect: connection.dialect.to_string(),
            role_ceiling: connection.role_ceiling.to_string(),
            created_at: connection.created,
            settings: to_json(&connection.settings),
            rules: to_json(&connection.rules),
            version: connection.version,
        }
    }

    pub fn connection(self) -> Result<Connection, Error> {
        let broken = |_| Error::Internal(format!("connection {} cannot be read", self.id.0));
        Ok(Connection {
            account: self.account_id.0,
            id: self.id.0,
            dialect: self.dialect.parse().map_err(broken)?,
            role_ceiling: self.role_ceiling.parse().map_err(broken)?,
            settings: from_json(&self.settings)?,
            rules: from_json(&self.rules)?,
            version: self.version,
            created: self.created_at,
            name: Name { text: self.name, key: self.name_key },
        })
    }
}

/// Something that a connection's client sends otherwise than the RFCs say.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = connection_quirks)]
pub struct QuirkRow {
    pub account_id: DbId,
    pub connection_id: DbId,
    pub name: String,
    pub first_seen: i64,
    pub last_seen: i64,
    pub count: i64,
    pub sample: String,
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
    pub user_id: Option<DbId>,
    pub replaced_by: Option<DbId>,
}

impl TokenRow {
    pub fn lifetime(&self) -> Lifetime {
        Lifetime {
            created: self.created_at,
            expires: self.expires_at,
            revoked: self.revoked_at,
            last_used: self.last_used_at,
        }
    }
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
    pub user_id: Option<DbId>,
}

impl AdminKeyRow {
    pub fn lifetime(&self) -> Lifetime {
        Lifetime { created: self.created_at, expires: None, revoked: self.revoked_at, last_used: self.last_used_at }
    }
}

#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = oauth_clients, treat_none_as_default_value = false)]
pub struct OAuthClientRow {
    pub id: DbId,
    pub account_id: DbId,
    pub connection_id: DbId,
    pub name: String,
    pub trust: Option<String>,
    pub trust_version: i64,
    pub version: i64,
    pub created_at: i64,
    pub revoked_at: Option<i64>,
    pub last_used_at: Option<i64>,
}

impl OAuthClientRow {
    pub fn new(client: &OAuthClient) -> Self {
        Self {
            id: client.id.into(),
            account_id: client.account.into(),
            connection_id: client.connection.into(),
            name: client.name.clone(),
            trust: client.trust.as_ref().map(to_json),
            trust_version: client.trust_version,
            version: client.version,
            created_at: client.lifetime.created,
            revoked_at: client.lifetime.revoked,
            last_used_at: client.lifetime.last_used,
        }
    }

    pub fn client(self) -> Result<OAuthClient, Error> {
        Ok(OAuthClient {
            id: self.id.0,
            account: self.account_id.0,
            connection: self.connection_id.0,
            name: self.name,
            trust: self.trust.as_deref().map(from_json).transpose()?,
            trust_version: self.trust_version,
            version: self.version,
            lifetime: Lifetime {
                created: self.created_at,
                expires: None,
                revoked: self.revoked_at,
                last_used: self.last_used_at,
            },
        })
    }
}

#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = oauth_secrets, treat_none_as_default_value = false)]
pub struct OAuthSecretRow {
    pub hash: Vec<u8>,
    pub id: DbId,
    pub account_id: DbId,
    pub client_id: DbId,
    pub created_at: i64,
    pub expires_at: Option<i64>,
    pub revoked_at: Option<i64>,
    pub last_used_at: Option<i64>,
}

impl OAuthSecretRow {
    pub fn secret(&self) -> ClientSecret {
        ClientSecret {
            id: self.id.0,
            account: self.account_id.0,
            client: self.client_id.0,
            lifetime: Lifetime {
                created: self.created_at,
                expires: self.expires_at,
                revoked: self.revoked_at,
                last_used: self.last_used_at,
            },
        }
    }
}

#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = trusted_issuers, treat_none_as_default_value = false)]
pub struct TrustedIssuerRow {
    pub id: DbId,
    pub account_id: DbId,
    pub connection_id: DbId,
    pub issuer: String,
    pub audience: String,
    /// Empty: whoever the issuer speaks for.
    pub subject: String,
    pub trust: String,
    pub version: i64,
    pub created_at: i64,
    pub revoked_at: Option<i64>,
    pub last_used_at: Option<i64>,
}

impl TrustedIssuerRow {
    pub fn new(issuer: &TrustedIssuer) -> Self {
        Self {
            id: issuer.id.into(),
            account_id: issuer.account.into(),
            connection_id: issuer.connection.into(),
            issuer: issuer.trust.issuer.clone(),
            audience: issuer.trust.audiences.first().cloned().unwrap_or_default(),
            subject: issuer.trust.subject.clone().unwrap_or_default(),
            trust: to_json(&issuer.trust),
            version: issuer.version,
            created_at: issuer.lifetime.created,
            revoked_at: issuer.lifetime.revoked,
            last_used_at: issuer.lifetime.last_used,
        }
    }

    pub fn issuer(self) -> Result<TrustedIssuer, Error> {
        Ok(TrustedIssuer {
            id: self.id.0,
            account: self.account_id.0,
            connection: self.connection_id.0,
            trust: from_json(&self.trust)?,
            version: self.version,
            lifetime: Lifetime {
                created: self.created_at,
                expires: None,
                revoked: self.revoked_at,
                last_used: self.last_used_at,
            },
        })
    }
}

/// A key that signs access tokens.
#[derive(Queryable, Selectable, Insertable, Clone)]
#[diesel(table_name = signing_keys, treat_none_as_default_value = false)]
pub struct SigningKeyRow {
    pub id: String,
    pub private_key: Vec<u8>,
    pub created_at: i64,
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

#[derive(Debug, Clone)]
pub struct UserRow {
    pub account_id: DbId,
    pub id: DbId,
    pub connection_id: DbId,
    pub body: String,
    pub search: Json,
    pub written: WrittenRow,
    pub version: i64,
    pub last_modified: i64,
}

/// The columns with indexes of their own, which a change writes where they differ.
#[derive(Debug, Clone)]
pub struct WrittenRow {
    pub names: UserNamesRow,
    pub placement: PlacementRow,
}

/// How a user is changed.
#[derive(Debug, Clone)]
pub struct UserChange {
    pub account: Id,
    pub id: Id,
    /// That it was made from: the user has to have it still.
    pub version: i64,
    pub next_version: i64,
    pub now: i64,
    pub profile: Profile,
    /// Without it all columns are written.
    pub was: Option<WrittenRow>,
    pub row: WrittenRow,
}

impl UserChange {
    /// Whether it leaves all columns alone whose values somebody else could have already: the names, and the organization,
    /// within which a `username` is unique.
    pub fn keeps_keys(&self) -> bool {
        let WrittenRow { names, placement } = &self.row;
        let keeps =
            |was: &WrittenRow| was.names == *names && was.placement.organization_id == placement.organization_id;
        self.was.as_ref().is_some_and(keeps)
    }
}

/// The columns of what a user is found by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserNamesRow {
    pub user_name_key: String,
    pub external_id: Option<String>,
    pub display_name_key: Option<String>,
    pub username_key: Option<String>,
}

/// The columns that the product decides.
#[derive(Queryable, Debug, Clone, PartialEq, Eq)]
pub struct PlacementRow {
    pub status: String,
    pub active: bool,
    pub organization_id: Option<DbId>,
    pub organization_origin: String,
    pub grants: String,
    pub direct_admin: bool,
    pub is_admin: bool,
}

impl From<UserNames> for UserNamesRow {
    fn from(names: UserNames) -> Self {
        Self {
            user_name_key: names.user_name.key,
            external_id: names.external_id,
            display_name_key: names.display_name.map(|name| name.key),
            username_key: names.username.map(|name| name.key),
        }
    }
}

impl From<&Placement> for PlacementRow {
    fn from(placement: &Placement) -> Self {
        Self {
            status: placement.status.to_string(),
            active: matches!(placement.status, Status::Active | Status::Invited),
            organization_id: placement.organization.map(DbId),
            organization_origin: placement.organization_origin.to_string(),
            grants: to_json(&placement.roles),
            direct_admin: placement.direct_admin,
            is_admin: placement.is_admin,
        }
    }
}

impl PlacementRow {
    pub fn placement(&self) -> Result<Placement, Error> {
        let broken = |what: &str| Error::Internal(format!("a user's {what} cannot be read"));
        Ok(Placement {
            status: self.status.parse().map_err(|_| broken("status"))?,
            organization: self.organization_id.map(Id::from),
            organization_origin: self.organization_origin.parse().map_err(|_| broken("origin"))?,
            roles: from_json(&self.grants)?,
            direct_admin: self.direct_admin,
            is_admin: self.is_admin,
        })
    }
}

impl From<User> for UserRow {
    fn from(user: User) -> Self {
        Self {
            account_id: user.account.into(),
            id: user.id.into(),
            connection_id: user.connection.into(),
            body: user.draft.profile.body,
            search: Json(user.draft.profile.search),
            written: WrittenRow { names: user.draft.names.into(), placement: (&user.placement).into() },
            version: user.version,
            last_modified: user.last_modified,
        }
    }
}

/// A tombstone.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = removed_users, treat_none_as_default_value = false)]
pub struct RemovedUserRow {
    pub account_id: DbId,
    pub id: DbId,
    pub connection_id: DbId,
    pub user_name_key: String,
    pub external_id: Option<String>,
    pub version: i64,
    pub removed_at: i64,
    pub body: String,
}

#[derive(Debug, Clone)]
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
    pub is_default: bool,
}

/// The columns that a change writes.
#[derive(Insertable, AsChangeset, Debug, Clone)]
#[diesel(table_name = groups, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct GroupDraftRow {
    pub display_name: String,
    pub display_name_key: String,
    pub external_id: Option<String>,
    pub archived: bool,
    pub roles: String,
    pub grants_admin: bool,
    pub body: String,
    pub search: Json,
}

impl GroupDraftRow {
    pub fn new(draft: GroupDraft, grants_admin: bool) -> Self {
        Self {
            archived: draft.archived,
            roles: to_json(&draft.roles),
            grants_admin,
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
            draft: GroupDraftRow::new(group.draft, group.grants_admin),
            member_count: group.member_count,
            version: group.version,
            last_modified: group.last_modified,
            is_default: group.is_default,
        }
    }
}

#[derive(Queryable, Selectable, Debug, Clone, PartialEq, Eq)]
#[diesel(table_name = memberships)]
pub struct MembershipRow {
    pub account_id: DbId,
    pub group_id: DbId,
    pub user_id: DbId,
    pub is_primary: bool,
    pub group_admin: bool,
    pub can_send: bool,
    /// Separated by spaces.
    pub origins: String,
    pub since: i64,
}

impl MembershipRow {
    pub fn new(account: Id, user: Id, membership: &Membership) -> Self {
        Self {
            account_id: account.into(),
            group_id: membership.group.into(),
            user_id: user.into(),
            is_primary: membership.primary,
            group_admin: membership.group_admin,
            can_send: membership.can_send,
            origins: membership.origins.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            since: membership.since,
        }
    }

    pub fn membership(&self) -> Membership {
        Membership {
            group: self.group_id.0,
            primary: self.is_primary,
            group_admin: self.group_admin,
            can_send: self.can_send,
            origins: self.origins.split(' ').filter_map(|origin| origin.parse().ok()).collect(),
            since: self.since,
        }
    }
}

#[derive(Insertable, Debug, Clone)]
#[diesel(table_name = organizations, treat_none_as_default_value = false)]
pub struct OrganizationRow {
    pub account_id: DbId,
    pub id: DbId,
    #[diesel(embed)]
    pub draft: OrganizationDraftRow,
    pub version: i64,
    pub last_modified: i64,
}

/// The columns that a change writes.
#[derive(Insertable, AsChangeset, Debug, Clone)]
#[diesel(table_name = organizations, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct OrganizationDraftRow {
    pub display_name: String,
    pub display_name_key: String,
    pub external_id: Option<String>,
    pub settings_set_id: DbId,
    pub body: String,
    pub search: Json,
}

impl From<OrganizationDraft> for OrganizationDraftRow {
    fn from(draft: OrganizationDraft) -> Self {
        Self {
            display_name: draft.display_name.text,
            display_name_key: draft.display_name.key,
            external_id: draft.external_id,
            settings_set_id: draft.settings_set.into(),
            body: draft.profile.body,
            search: Json(draft.profile.search),
        }
    }
}

#[derive(Insertable, Debug, Clone)]
#[diesel(table_name = settings_sets, treat_none_as_default_value = false)]
pub struct SettingsSetRow {
    pub account_id: DbId,
    pub id: DbId,
    #[diesel(embed)]
    pub draft: SettingsSetDraftRow,
    pub version: i64,
    pub last_modified: i64,
}

/// The columns that a change writes.
#[derive(Insertable, AsChangeset, Debug, Clone)]
#[diesel(table_name = settings_sets, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct SettingsSetDraftRow {
    pub display_name: String,
    pub display_name_key: String,
    pub external_id: Option<String>,
    pub body: String,
    pub search: Json,
}

impl From<SettingsSetDraft> for SettingsSetDraftRow {
    fn from(draft: SettingsSetDraft) -> Self {
        Self {
            display_name: draft.display_name.text,
            display_name_key: draft.display_name.key,
            external_id: draft.external_id,
            body: draft.profile.body,
            search: Json(draft.profile.search),
        }
    }
}

#[derive(Queryable, Selectable, Debug, Clone)]
#[diesel(table_name = audit)]
pub struct AuditRow {
    pub account_id: DbId,
    pub id: DbId,
    pub actor: String,
    pub request_id: String,
    pub connection_id: Option<DbId>,
    pub action: String,
    pub subject_kind: String,
    pub subject_id: String,
    pub changes: String,
    pub why: Option<String>,
}

impl From<AuditEntry> for AuditRow {
    fn from(entry: AuditEntry) -> Self {
        Self {
            account_id: entry.account.into(),
            id: Id::new().into(),
            actor: entry.actor.to_string(),
            request_id: entry.request_id,
            connection_id: entry.connection.map(DbId),
            action: entry.action.to_owned(),
            subject_kind: entry.subject.kind.to_owned(),
            subject_id: entry.subject.id,
            // Numbers and texts are always JSON.
            changes: serde_json::to_string(&entry.changes).unwrap_or_default(),
            why: entry.why,
        }
    }
}

/// A change that waits for its hour.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = scheduled_changes, treat_none_as_default_value = false)]
pub struct ScheduledChangeRow {
    pub account_id: DbId,
    pub id: DbId,
    pub user_id: DbId,
    pub effective_at: i64,
    pub change: String,
    pub actor_user_id: Option<DbId>,
    pub state: String,
    pub outcome: Option<String>,
    pub version: i64,
}

/// An entry of the provisioning log, without what makes it long.
#[derive(Queryable, Selectable, Debug, Clone)]
#[diesel(table_name = provisioning_log)]
pub struct LogRow {
    pub account_id: DbId,
    pub connection_id: DbId,
    /// The id of the request.
    pub id: DbId,
    pub size: i64,
    pub status: i32,
    pub outcome: String,
    pub micros: i64,
    pub method: String,
    pub path: String,
    pub query: Option<String>,
    pub filter: Option<String>,
    pub resource_type: Option<String>,
    pub resource_id: Option<String>,
    pub user_agent: Option<String>,
    pub credential_id: DbId,
    pub client_address: Option<String>,
    pub scim_type: Option<String>,
    pub code: Option<String>,
    pub detail: Option<String>,
    pub quirks: String,
    pub changes: String,
    pub body_bytes: i64,
}

/// The same with its bodies.
#[derive(Queryable, Selectable, Debug, Clone)]
#[diesel(table_name = provisioning_log)]
pub struct WholeLogRow {
    #[diesel(embed)]
    pub row: LogRow,
    pub body_cut: bool,
    pub body: Option<String>,
    /// The operations of a bulk request that were refused.
    pub failures: Option<String>,
}

/// An event as it is read.
#[derive(Queryable, Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    pub sequence: i64,
    pub at: i64,
    pub kind: String,
    pub cause: Option<String>,
    pub subject_kind: String,
    pub subject_id: String,
    pub version: i64,
    pub data: String,
    pub request_id: String,
}

/// A resource as it is read: ready to send but for what others decide.
#[derive(Queryable, Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub id: DbId,
    pub version: i64,
    pub last_modified: i64,
    pub body: String,
}

/// A user as he is read to be shown or changed.
#[derive(Queryable, Debug, Clone, PartialEq, Eq)]
pub struct StoredUser {
    pub stored: Stored,
    pub connection_id: DbId,
    pub placement: PlacementRow,
    pub previous_user_id: Option<DbId>,
}

/// A group as it is read to be shown or changed.
#[derive(Queryable, Debug, Clone, PartialEq, Eq)]
pub struct StoredGroup {
    pub stored: Stored,
    pub connection_id: DbId,
    pub member_count: i64,
    pub is_default: bool,
    pub archived: bool,
    pub roles: String,
    pub grants_admin: bool,
}

/// A membership with the names that a reader sees.
#[derive(Queryable, Debug, Clone, PartialEq, Eq)]
pub struct GroupOfUser {
    pub user_id: DbId,
    pub group_id: DbId,
    pub display_name: String,
    pub is_primary: bool,
    pub group_admin: bool,
    pub can_send: bool,
    pub origins: String,
    pub is_default: bool,
    pub roles: String,
}

/// A value that this program wrote, as JSON text.
pub fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Reads what `to_json` wrote.
pub fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|error| Error::Internal(format!("a stored value cannot be read: {error}")))
}
