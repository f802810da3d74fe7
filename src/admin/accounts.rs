//! Accounts and connections.

use super::{Error, Page, Window};
use crate::domain::{Account, Connection, Dialect, Id, Name, Preset, RoleCeiling};
use crate::expr::fold;
use crate::storage::rows::{AccountRow, ConnectionRow};
use crate::storage::{Constraint, Db, Error as StorageError, Tx};

pub async fn create_account(db: &Db, name: &str, preset: Preset) -> Result<Account, Error> {
    let id = Id::new();
    let account = Account { id, name: Name::new("The name of an account", name)?, preset, created: id.created() };
    let new = account.clone();
    db.write(async move |tx| insert_account(tx, &new).await).await?;
    Ok(account)
}

pub(super) async fn insert_account(tx: &mut Tx<'_>, account: &Account) -> Result<(), Error> {
    let row = AccountRow {
        id: account.id.into(),
        name: account.name.text.clone(),
        name_key: account.name.key.clone(),
        preset: account.preset.to_string(),
        created_at: account.created,
    };
    tx.insert_account(&row).await.map_err(|error| match error {
        StorageError::Conflict(Constraint::AccountName) => {
            Error::Exists { what: "account", name: account.name.text.clone(), holder: None }
        }
        other => other.into(),
    })?;
    Ok(tx.create_totals(account.id).await?)
}

/// In order of creation.
pub async fn accounts(db: &Db) -> Result<Vec<Account>, Error> {
    let rows = db.read(async |tx: &mut Tx<'_>| Ok::<_, Error>(tx.accounts().await?)).await?;
    rows.into_iter().map(account).collect()
}

pub async fn find_account(db: &Db, name: &str) -> Result<Account, Error> {
    let key = fold(name);
    let row = db.read(async move |tx| Ok::<_, Error>(tx.account_by_name(&key).await?)).await?;
    let hint = "See `scim-connector account list`.";
    account(row.ok_or_else(|| Error::NotFound { what: "account", name: name.to_owned(), hint })?)
}

/// The account that a key belongs to.
pub async fn own_account(tx: &mut Tx<'_>, id: Id) -> Result<Account, Error> {
    let row = tx.account(id).await?;
    account(row.ok_or_else(|| Error::NotVisible { what: "account", id: id.to_string() })?)
}

fn account(row: AccountRow) -> Result<Account, Error> {
    Ok(Account {
        id: row.id.0,
        name: Name { text: row.name, key: row.name_key },
        preset: row.preset.parse()?,
        created: row.created_at,
    })
}

pub async fn create_connection(
    db: &Db,
    account: Id,
    name: &str,
    dialect: Dialect,
    role_ceiling: RoleCeiling,
) -> Result<Connection, Error> {
    let name = name.to_owned();
    db.write(async move |tx| add_connection(tx, account, &name, dialect, role_ceiling).await).await
}

pub async fn add_connection(
    tx: &mut Tx<'_>,
    account: Id,
    name: &str,
    dialect: Dialect,
    role_ceiling: RoleCeiling,
) -> Result<Connection, Error> {
    let id = Id::new();
    let name = Name::new("The name of a connection", name)?;
    if let Some(other) = tx.connection_by_name(account, &name.key).await? {
        return Err(Error::Exists { what: "connection", name: name.text, holder: Some(other.id.0) });
    }
    let connection = Connection { account, id, name, dialect, role_ceiling, created: id.created() };
    insert_connection(tx, &connection).await?;
    Ok(connection)
}

pub(super) async fn insert_connection(tx: &mut Tx<'_>, connection: &Connection) -> Result<(), Error> {
    let row = ConnectionRow {
        account_id: connection.account.into(),
        id: connection.id.into(),
        name: connection.name.text.clone(),
        name_key: connection.name.key.clone(),
        dialect: connection.dialect.to_string(),
        role_ceiling: connection.role_ceiling.to_string(),
        created_at: connection.created,
    };
    tx.insert_connection(&row).await.map_err(|error| match error {
        StorageError::Conflict(Constraint::ConnectionName) => {
            Error::Exists { what: "connection", name: connection.name.text.clone(), holder: None }
        }
        other => other.into(),
    })
}

/// In order of creation.
pub async fn connections(db: &Db, account: Id) -> Result<Vec<Connection>, Error> {
    let rows = db.read(async move |tx| Ok::<_, Error>(tx.connections(account).await?)).await?;
    rows.into_iter().map(connection).collect()
}

/// In order of creation.
pub async fn connections_page(tx: &mut Tx<'_>, account: Id, window: &Window) -> Result<Page<Connection>, Error> {
    let rows = tx.connections_after(account, window.after_id()?, window.rows()).await?;
    let all = rows.into_iter().map(connection).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::new(all, window, |connection| connection.id.to_string()))
}

/// A connection of the account.
pub async fn connection_of(tx: &mut Tx<'_>, account: Id, id: Id) -> Result<Connection, Error> {
    let row = tx.connection(account, id).await?;
    connection(row.ok_or_else(|| Error::NotVisible { what: "connection", id: id.to_string() })?)
}

pub async fn find_connection(db: &Db, account: Id, name: &str) -> Result<Connection, Error> {
    let key = fold(name);
    let row = db.read(async move |tx| Ok::<_, Error>(tx.connection_by_name(account, &key).await?)).await?;
    let hint = "See `scim-connector connection list`.";
    connection(row.ok_or_else(|| Error::NotFound { what: "connection", name: name.to_owned(), hint })?)
}

fn connection(row: ConnectionRow) -> Result<Connection, Error> {
    Ok(Connection {
        account: row.account_id.0,
        id: row.id.0,
        name: Name { text: row.name, key: row.name_key },
        dialect: row.dialect.parse()?,
        role_ceiling: row.role_ceiling.parse()?,
        created: row.created_at,
    })
}
