//! Connections: the identity providers and HR systems that push into the account.

use super::caller::Ids;
use super::given::given;
use super::list::{Items, List, Paging};
use super::read::Read;
use super::write::Write;
use super::{PREFIX, Problem};
use crate::admin::{self, Asked, ConnectionWish, Done, Error, Expiring, ScopeWish};
use crate::domain::{Connection, ConnectionSettings, CredentialKind, LogSettings, RateLimit};
use crate::provisioning::Choices;
use crate::scim::time;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::str::FromStr;
use utoipa::ToSchema;

/// An identity provider or HR system that pushes into the account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Connection)]
#[serde(rename_all = "camelCase")]
pub struct View {
    #[schema(format = "uuid")]
    id: String,
    name: String,
    dialect: String,
    role_ceiling: String,
    settings: Settings,
    /// How many rules it has.
    rule_count: usize,
    /// Credentials that end soon. Only in the answer for one connection, and only when there are any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Warning>,
    #[schema(format = DateTime)]
    created_at: String,
    version: i64,
}

/// A credential that ends soon and has no successor.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ConnectionWarning)]
#[serde(rename_all = "camelCase")]
pub struct Warning {
    /// `token_expires` or `client_secret_expires`
    code: &'static str,
    detail: String,
    /// Where it is found.
    link: String,
    #[schema(format = DateTime)]
    expires_at: String,
}

/// How a connection works.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConnectionSettings)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// `account`, `users_only`, `read_only`, or `{"groupAdmin": [ids of groups]}`.
    scope: Value,
    /// What a POST for a user that the connection has already does: `refuse`, `restore` an inactive one, or `upsert`.
    on_conflict: String,
    /// A role above the ceiling is shown as sent and waits for an administrator (`hold`), or is refused (`reject`).
    above_ceiling: String,
    /// A group push that names unknown members is refused (`reject`), or the rest is done (`skip`).
    unknown_members: String,
    /// Unknown attributes are ignored (`lenient`) or refused (`strict`).
    attributes: String,
    /// Whether groups that are written on a user are his memberships; else they are ignored.
    groups_on_users: bool,
    /// Whether what the connection gave can be changed through it only.
    manages_attributes: bool,
    /// How fast it may push; null: what the server's configuration says.
    rate_limit: Option<Rate>,
    /// The addresses it may come from; empty: from anywhere.
    allowed_addresses: Vec<String>,
    log: Log,
}

/// A bucket of `burst` requests that fills by `perSecond`.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[schema(as = RateLimit)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rate {
    per_second: u32,
    burst: u32,
}

/// What the provisioning log keeps of the connection's requests.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = ConnectionLogSettings)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Log {
    /// Whether bodies are kept; secrets in them are always masked.
    bodies: bool,
    /// Whether personal data are masked, too.
    mask_personal_data: bool,
    /// Days after which entries go.
    days: u32,
    /// Megabytes after which the oldest entries go.
    megabytes: u32,
}

impl From<Connection> for View {
    fn from(connection: Connection) -> Self {
        let choices = Choices::of(&connection);
        Self {
            id: connection.id.to_string(),
            name: connection.name.text,
            dialect: connection.dialect.to_string(),
            role_ceiling: connection.role_ceiling.to_string(),
            rule_count: connection.rules.rules.len(),
            settings: Settings::new(choices, connection.settings),
            warnings: Vec::new(),
            created_at: time::format(connection.created),
            version: connection.version,
        }
    }
}

impl From<Expiring> for Warning {
    fn from(expiring: Expiring) -> Self {
        let Expiring { kind, id, expires, .. } = expiring;
        let expires_at = time::format(expires);
        let (code, list, what) = match kind {
            CredentialKind::ClientSecret => {
                ("client_secret_expires", "client-secrets", "A client secret ends soon. Make another one")
            }
            _ => ("token_expires", "tokens", "A token ends soon. Rotate it"),
        };
        let detail = format!("{what} and enter it in the identity provider before {expires_at}.");
        Self { code, detail, link: format!("{PREFIX}/{list}/{id}"), expires_at }
    }
}

impl Settings {
    /// What holds, whether it was set or chosen by the dialect.
    fn new(choices: Choices, settings: ConnectionSettings) -> Self {
        Self {
            scope: serde_json::to_value(&settings.scope).unwrap_or_default(),
            on_conflict: choices.on_conflict.to_string(),
            above_ceiling: settings.above_ceiling.to_string(),
            unknown_members: choices.unknown_members.to_string(),
            attributes: choices.attributes().to_string(),
            groups_on_users: settings.groups_on_users,
            manages_attributes: settings.manages_attributes,
            rate_limit: settings.rate_limit.map(|RateLimit { per_second, burst }| Rate { per_second, burst }),
            allowed_addresses: settings.allowed_addresses,
            log: settings.log.into(),
        }
    }
}

impl From<LogSettings> for Log {
    fn from(LogSettings { bodies, mask_personal_data, days, megabytes }: LogSettings) -> Self {
        Self { bodies, mask_personal_data, days, megabytes }
    }
}

/// A connection to make.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[schema(as = NewConnection)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct New {
    /// Unique in the account without regard to case.
    name: String,
    /// auto, entra, okta or strict; auto when it is left out.
    dialect: Option<String>,
    /// The highest role that it may grant: standard_user, finance_admin or administrator; standard_user when it is left
    /// out.
    role_ceiling: Option<String>,
    #[serde(default)]
    settings: Wanted,
}

/// What of a connection shall be other; the rest stays.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[schema(as = ConnectionChange)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Change {
    /// Unique in the account without regard to case.
    name: Option<String>,
    /// auto, entra, okta or strict.
    dialect: Option<String>,
    /// standard_user, finance_admin or administrator.
    role_ceiling: Option<String>,
    #[serde(default)]
    settings: Wanted,
}

/// Settings to set; those that are left out stay.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[schema(as = ConnectionSettingsChange)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Wanted {
    scope: Option<WantedScope>,
    /// refuse, restore or upsert; null: what the dialect chooses
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    on_conflict: Option<Option<String>>,
    /// hold or reject
    above_ceiling: Option<String>,
    /// reject or skip; null: what the dialect chooses
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    unknown_members: Option<Option<String>>,
    /// lenient or strict; null: what the dialect chooses
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    attributes: Option<Option<String>>,
    groups_on_users: Option<bool>,
    manages_attributes: Option<bool>,
    /// null takes it away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Rate>)]
    rate_limit: Option<Option<Rate>>,
    /// Addresses and networks, such as 192.0.2.7 or 198.51.100.0/24
    allowed_addresses: Option<Vec<String>>,
    log: Option<Log>,
}

/// What a connection may do: a word, or the members of some groups.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[schema(as = ConnectionScope)]
#[serde(
    untagged,
    expecting = "the scope is \"account\", \"users_only\", \"read_only\" or {\"groupAdmin\": [ids of groups]}"
)]
pub enum WantedScope {
    /// account, users_only or read_only
    Word(Word),
    Groups(Groups),
}

#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[schema(as = ConnectionScopeWord)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    Account,
    UsersOnly,
    ReadOnly,
}

/// Groups by id or name.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[schema(as = ConnectionScopeGroups)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Groups {
    group_admin: Vec<String>,
}

impl New {
    fn wish(self) -> Result<ConnectionWish, Error> {
        let Self { name, dialect, role_ceiling, settings } = self;
        Change { name: Some(name), dialect, role_ceiling, settings }.wish()
    }
}

impl Change {
    fn wish(&self) -> Result<ConnectionWish, Error> {
        let Self { name, dialect, role_ceiling, settings } = self;
        let Wanted {
            scope,
            on_conflict,
            above_ceiling,
            unknown_members,
            attributes,
            groups_on_users,
            manages_attributes,
            rate_limit,
            allowed_addresses,
            log,
        } = settings;
        let rate = |Rate { per_second, burst }| RateLimit { per_second, burst };
        let kept = |Log { bodies, mask_personal_data, days, megabytes }| LogSettings {
            bodies,
            mask_personal_data,
            days,
            megabytes,
        };
        Ok(ConnectionWish {
            name: name.clone(),
            dialect: dialect.as_deref().map(str::parse).transpose()?,
            role_ceiling: role_ceiling.as_deref().map(str::parse).transpose()?,
            scope: scope.as_ref().map(WantedScope::wish),
            on_conflict: chosen(on_conflict.as_ref())?,
            above_ceiling: above_ceiling.as_deref().map(str::parse).transpose()?,
            unknown_members: chosen(unknown_members.as_ref())?,
            attributes: chosen(attributes.as_ref())?,
            groups_on_users: *groups_on_users,
            manages_attributes: *manages_attributes,
            rate_limit: rate_limit.map(|limit| limit.map(rate)),
            allowed_addresses: allowed_addresses.clone(),
            log: log.clone().map(kept),
        })
    }
}

/// A word that was given, or null for what the dialect chooses.
fn chosen<T: FromStr<Err = E>, E>(given: Option<&Option<String>>) -> Result<Option<Option<T>>, E> {
    given.map(|word| word.as_deref().map(str::parse).transpose()).transpose()
}

impl WantedScope {
    fn wish(&self) -> ScopeWish {
        match self {
            Self::Word(Word::Account) => ScopeWish::Account,
            Self::Word(Word::UsersOnly) => ScopeWish::UsersOnly,
            Self::Word(Word::ReadOnly) => ScopeWish::ReadOnly,
            Self::Groups(groups) => ScopeWish::GroupAdmin(groups.group_admin.clone()),
        }
    }
}

/// List the connections, in order of creation
#[utoipa::path(get, path = "/connections", tag = "connections", params(Paging),
    responses((status = 200, description = "A page", body = Items<View>)))]
pub async fn list(list: List) -> Result<Response, Problem> {
    let work = list.run(async |tx, wanted| {
        Ok(admin::connections_page(tx, wanted.request.caller.account, &wanted.window).await?.map(View::from))
    });
    work.await
}

/// Make a connection
#[utoipa::path(post, path = "/connections", tag = "connections", request_body = New,
    responses((status = 201, description = "The connection", body = View)))]
pub async fn create(write: Write<New>) -> Result<Response, Problem> {
    let work = write.run(async |tx, Asked { request, body }| {
        let made = admin::make_connection(tx, request, &body.clone().wish()?).await?;
        Ok(Done::created(&View::from(made)))
    });
    work.await
}

/// Read a connection
#[utoipa::path(get, path = "/connections/{id}", tag = "connections",
    responses((status = 200, description = "The connection", body = View),
        (status = 304, description = "It is still what If-None-Match names")))]
pub async fn read(Ids([id]): Ids<1>, read: Read) -> Result<Response, Problem> {
    let work = read.versioned().run(async move |tx, request| {
        let mut view = View::from(admin::connection_of(tx, request.caller.account, id).await?);
        let soon = request.now.saturating_add(request.service.settings.warn_before);
        let expiring = admin::expiring(tx, Some((request.caller.account, id)), request.now, soon).await?;
        view.warnings = expiring.into_iter().map(Warning::from).collect();
        Ok(view)
    });
    work.await
}

/// Change a connection
///
/// It counts for the next request of the connection on every replica. A lower role ceiling takes no role away; roles above
/// it that rules give from then on are held.
#[utoipa::path(patch, path = "/connections/{id}", tag = "connections", request_body = Change,
    responses((status = 200, description = "The connection", body = View)))]
pub async fn change(Ids([id]): Ids<1>, write: Write<Change>) -> Result<Response, Problem> {
    let work = write.run(async move |tx, Asked { request, body }| {
        let changed = admin::change_connection(tx, request, id, &body.wish()?).await?;
        Ok(Done::ok(&View::from(changed)))
    });
    work.await
}
