//! Connections: made, changed, listed, found.

use super::{Error, Page, Request, Window, tell};
use crate::domain::{
    AboveCeiling, AttributeMode, Connection, ConnectionSettings, Dialect, Error as DomainError, Id, LogSettings, Name,
    Network, OnConflict, RateLimit, RoleCeiling, Scope, Subject, UnknownMembers,
};
use crate::expr::fold;
use crate::provisioning::{Choices, attribute_changes, find_group};
use crate::scim::Object;
use crate::storage::rows::ConnectionRow;
use crate::storage::{Constraint, Db, Error as StorageError, Tx};
use serde_json::json;
use std::ops::RangeInclusive;

/// Requests a second, and at once, that a connection can be given.
const FASTEST: u32 = 10_000;

/// Addresses and networks of one connection.
const MOST_ADDRESSES: usize = 1000;

/// What an administrator says of a connection; what he does not say stays.
#[derive(Debug, Clone, Default)]
pub struct ConnectionWish {
    pub name: Option<String>,
    pub dialect: Option<Dialect>,
    pub role_ceiling: Option<RoleCeiling>,
    pub scope: Option<ScopeWish>,
    /// `Some(None)`: what the dialect chooses; the same for the two below.
    pub on_conflict: Option<Option<OnConflict>>,
    pub above_ceiling: Option<AboveCeiling>,
    pub unknown_members: Option<Option<UnknownMembers>>,
    pub attributes: Option<Option<AttributeMode>>,
    pub groups_on_users: Option<bool>,
    pub manages_attributes: Option<bool>,
    /// `Some(None)`: what the server's configuration says.
    pub rate_limit: Option<Option<RateLimit>>,
    pub allowed_addresses: Option<Vec<String>>,
    pub log: Option<LogSettings>,
}

/// P-25, with groups by id or name.
#[derive(Debug, Clone)]
pub enum ScopeWish {
    Account,
    UsersOnly,
    ReadOnly,
    GroupAdmin(Vec<String>),
}

pub async fn create_connection(
    db: &Db,
    account: Id,
    name: &str,
    dialect: Dialect,
    role_ceiling: RoleCeiling,
) -> Result<Connection, Error> {
    let named = Connection { dialect, role_ceiling, ..begin(account, name)? };
    let new = named.clone();
    db.write(async move |tx| insert_connection(tx, &new).await).await?;
    Ok(named)
}

/// Makes a connection in a transaction that has begun.
pub async fn make_connection(tx: &mut Tx<'_>, request: &Request, wish: &ConnectionWish) -> Result<Connection, Error> {
    let begun = begin(request.caller.account, wish.name.as_deref().unwrap_or_default())?;
    let made = wish.applied(tx, begun).await?;
    check_name(tx, &made).await?;
    insert_connection(tx, &made).await?;
    let subject = Subject::new("connection", made.id);
    let data = json!({ "name": made.name.text });
    tell(
        tx,
        request,
        "connection.created",
        subject,
        made.version,
        attribute_changes(&Object::new(), &told(&made)),
        data,
    );
    Ok(made)
}

/// Changes a connection. It counts for the next request on every replica.
pub async fn change_connection(
    tx: &mut Tx<'_>,
    request: &Request,
    id: Id,
    wish: &ConnectionWish,
) -> Result<Connection, Error> {
    let before = connection_of(tx, request.caller.account, id).await?;
    request.check_version(before.version)?;
    let after = wish.applied(tx, before.clone()).await?;
    if after == before {
        return Ok(before);
    }
    check_name(tx, &after).await?;
    let after = save_connection(tx, after).await?;
    let changes = attribute_changes(&told(&before), &told(&after));
    let attributes: Vec<&str> = changes.iter().map(|change| change.field.as_str()).collect();
    let data = json!({ "attributes": attributes });
    tell(tx, request, "connection.updated", Subject::new("connection", id), after.version, changes, data);
    Ok(after)
}

/// Writes a changed connection, which has the next version then.
pub(super) async fn save_connection(tx: &mut Tx<'_>, mut connection: Connection) -> Result<Connection, Error> {
    if !tx.update_connection(&ConnectionRow::new(&connection)).await.map_err(|error| taken(error, &connection))? {
        return Err(StorageError::Contention("the connection was changed meanwhile".to_owned()).into());
    }
    connection.version += 1;
    Ok(connection)
}

impl ConnectionWish {
    async fn applied(&self, tx: &mut Tx<'_>, mut connection: Connection) -> Result<Connection, Error> {
        let Self {
            name,
            dialect,
            role_ceiling,
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
        } = self;
        if let Some(name) = name {
            connection.name = named(name)?;
        }
        connection.dialect = dialect.unwrap_or(connection.dialect);
        connection.role_ceiling = role_ceiling.unwrap_or(connection.role_ceiling);
        let account = connection.account;
        let settings = &mut connection.settings;
        if let Some(scope) = scope {
            settings.scope = scope.resolved(tx, account).await?;
        }
        settings.on_conflict = on_conflict.unwrap_or(settings.on_conflict);
        settings.above_ceiling = above_ceiling.unwrap_or(settings.above_ceiling);
        settings.unknown_members = unknown_members.unwrap_or(settings.unknown_members);
        settings.attributes = attributes.unwrap_or(settings.attributes);
        settings.groups_on_users = groups_on_users.unwrap_or(settings.groups_on_users);
        settings.manages_attributes = manages_attributes.unwrap_or(settings.manages_attributes);
        if let Some(limit) = rate_limit {
            settings.rate_limit = limit.map(checked_limit).transpose()?;
        }
        if let Some(addresses) = allowed_addresses {
            settings.allowed_addresses = checked_addresses(addresses)?;
        }
        if let Some(log) = log {
            check_log(log)?;
            settings.log = log.clone();
        }
        Ok(connection)
    }
}

/// A limit of zero would close the connection; one that is too high would be none.
fn checked_limit(limit: RateLimit) -> Result<RateLimit, Error> {
    within("rateLimit.perSecond", limit.per_second, 1..=FASTEST)?;
    within("rateLimit.burst", limit.burst, 1..=FASTEST)?;
    Ok(limit)
}

fn check_log(log: &LogSettings) -> Result<(), Error> {
    within("log.days", log.days, 1..=3650)?;
    within("log.megabytes", log.megabytes, 1..=10_000)
}

fn within(what: &'static str, value: u32, range: RangeInclusive<u32>) -> Result<(), Error> {
    if range.contains(&value) {
        return Ok(());
    }
    let (least, most) = (u64::from(*range.start()), u64::from(*range.end()));
    Err(DomainError::OutOfRange { what, value: value.into(), least, most }.into())
}

/// Names the first that is wrong: what cannot be read would keep everybody out.
fn checked_addresses(addresses: &[String]) -> Result<Vec<String>, Error> {
    if addresses.len() > MOST_ADDRESSES {
        let (value, most) = (addresses.len() as u64, MOST_ADDRESSES as u64);
        return Err(DomainError::OutOfRange { what: "The number of addresses", value, least: 0, most }.into());
    }
    let checked = addresses.iter().map(|text| text.parse::<Network>().map(|_| text.trim().to_owned()));
    Ok(checked.collect::<Result<_, _>>()?)
}

impl ScopeWish {
    async fn resolved(&self, tx: &mut Tx<'_>, account: Id) -> Result<Scope, Error> {
        let names = match self {
            Self::Account => return Ok(Scope::Account),
            Self::UsersOnly => return Ok(Scope::UsersOnly),
            Self::ReadOnly => return Ok(Scope::ReadOnly),
            Self::GroupAdmin(names) => names,
        };
        let mut groups = Vec::with_capacity(names.len());
        for name in names {
            let group = find_group(tx, account, name).await?;
            if !groups.contains(&group) {
                groups.push(group);
            }
        }
        Ok(Scope::GroupAdmin(groups))
    }
}

/// What the audit trail tells of a connection, but for its rules: what holds, also where the dialect chose it.
fn told(connection: &Connection) -> Object {
    let settings = serde_json::to_value(&connection.settings).unwrap_or_default();
    let own = json!({
        "name": connection.name.text,
        "dialect": connection.dialect.to_string(),
        "roleCeiling": connection.role_ceiling.to_string(),
    });
    let choices = Choices::of(connection);
    let chosen = json!({
        "onConflict": choices.on_conflict.to_string(),
        "unknownMembers": choices.unknown_members.to_string(),
        "attributes": choices.attributes().to_string(),
    });
    let members = [own, settings, chosen].into_iter().filter_map(|part| part.as_object().cloned());
    members.flatten().collect()
}

/// A connection as it begins.
fn begin(account: Id, name: &str) -> Result<Connection, Error> {
    let id = Id::new();
    Ok(Connection { id, name: named(name)?, version: 1, created: id.created(), ..new_connection(account) })
}

fn named(name: &str) -> Result<Name, Error> {
    Ok(Name::new("The name of a connection", name)?)
}

async fn check_name(tx: &mut Tx<'_>, connection: &Connection) -> Result<(), Error> {
    match tx.connection_by_name(connection.account, &connection.name.key).await? {
        Some(other) if other.id.0 != connection.id => {
            Err(Error::Exists { what: "connection", name: connection.name.text.clone(), holder: Some(other.id.0) })
        }
        _ => Ok(()),
    }
}

pub(super) async fn insert_connection(tx: &mut Tx<'_>, connection: &Connection) -> Result<(), Error> {
    tx.insert_connection(&ConnectionRow::new(connection)).await.map_err(|error| taken(error, connection))
}

fn taken(error: StorageError, connection: &Connection) -> Error {
    match error {
        StorageError::Conflict(Constraint::ConnectionName) => {
            Error::Exists { what: "connection", name: connection.name.text.clone(), holder: None }
        }
        other => other.into(),
    }
}

/// In order of creation.
pub async fn connections(db: &Db, account: Id) -> Result<Vec<Connection>, Error> {
    let rows = db.read(async move |tx| Ok::<_, Error>(tx.connections(account).await?)).await?;
    Ok(rows.into_iter().map(ConnectionRow::connection).collect::<Result<_, _>>()?)
}

/// In order of creation.
pub async fn connections_page(tx: &mut Tx<'_>, account: Id, window: &Window) -> Result<Page<Connection>, Error> {
    let rows = tx.connections_after(account, window.after_id()?, window.rows()).await?;
    let all = rows.into_iter().map(ConnectionRow::connection).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::new(all, window, |connection| connection.id.to_string()))
}

/// A connection of the account.
pub async fn connection_of(tx: &mut Tx<'_>, account: Id, id: Id) -> Result<Connection, Error> {
    let row = tx.connection(account, id).await?;
    Ok(row.ok_or_else(|| Error::NotVisible { what: "connection", id: id.to_string() })?.connection()?)
}

pub async fn find_connection(db: &Db, account: Id, name: &str) -> Result<Connection, Error> {
    let key = fold(name);
    let row = db.read(async move |tx| Ok::<_, Error>(tx.connection_by_name(account, &key).await?)).await?;
    let hint = "See `scim-connector connection list`.";
    Ok(row.ok_or_else(|| Error::NotFound { what: "connection", name: name.to_owned(), hint })?.connection()?)
}

/// A connection before anything was said of it.
pub(super) fn new_connection(account: Id) -> Connection {
    Connection {
        role_ceiling: RoleCeiling::default(),
        settings: ConnectionSettings::default(),
        ..Connection::none(account)
    }
}
