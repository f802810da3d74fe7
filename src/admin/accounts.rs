//! Accounts: made, listed, found.

use super::Error;
use crate::domain::{Account, Catalogue, Id, Name, Policies, Preset};
use crate::expr::fold;
use crate::provisioning::{self, lay_foundations};
use crate::storage::rows::AccountRow;
use crate::storage::{Constraint, Db, Error as StorageError, Tx};

pub async fn create_account(db: &Db, name: &str, preset: Preset) -> Result<Account, Error> {
    let account = new_account(Name::new("The name of an account", name)?, preset);
    let new = account.clone();
    db.write(async move |tx| insert_account(tx, &new).await).await?;
    Ok(account)
}

pub(super) fn new_account(name: Name, preset: Preset) -> Account {
    let id = Id::new();
    Account {
        id,
        name,
        preset,
        policies: Policies::of(preset),
        catalogue: Catalogue::built_in(preset),
        default_organization: Id::new(),
        default_group: Id::new(),
        version: 1,
        created: id.created(),
    }
}

pub(super) async fn insert_account(tx: &mut Tx<'_>, account: &Account) -> Result<(), Error> {
    tx.insert_account(&AccountRow::new(account)).await.map_err(|error| match error {
        StorageError::Conflict(Constraint::AccountName) => {
            Error::Exists { what: "account", name: account.name.text.clone(), holder: None }
        }
        other => other.into(),
    })?;
    tx.create_totals(account.id).await?;
    Ok(lay_foundations(tx, account).await?)
}

/// Gives accounts from before there were organizations what every account begins with.
pub async fn complete_accounts(db: &Db) -> Result<(), StorageError> {
    for id in db.read(async |tx: &mut Tx<'_>| tx.incomplete_accounts().await).await? {
        db.write(async move |tx: &mut Tx<'_>| {
            // Several servers may start at once.
            tx.lock_account(id.0).await?;
            match tx.account(id.0).await? {
                Some(row) if row.default_group_id.is_none() => complete(tx, row).await,
                _ => Ok(()),
            }
        })
        .await?;
    }
    Ok(())
}

async fn complete(tx: &mut Tx<'_>, row: AccountRow) -> Result<(), StorageError> {
    let mut account = row.account()?;
    account.policies = Policies::of(account.preset);
    account.default_organization = Id::new();
    account.default_group = Id::new();
    let broken = |error: provisioning::Error| StorageError::Internal(error.to_string());
    lay_foundations(tx, &account).await.map_err(broken)?;
    let new = AccountRow::new(&account);
    tx.update_account(account.id, &new.policies, &new.roles).await?;
    tx.set_account_defaults(account.id, account.default_organization, account.default_group).await?;
    tx.adopt_users(account.id, account.default_organization, account.default_group).await
}

/// In order of creation.
pub async fn accounts(db: &Db) -> Result<Vec<Account>, Error> {
    let rows = db.read(async |tx: &mut Tx<'_>| Ok::<_, Error>(tx.accounts().await?)).await?;
    Ok(rows.into_iter().map(AccountRow::account).collect::<Result<_, _>>()?)
}

pub async fn find_account(db: &Db, name: &str) -> Result<Account, Error> {
    let key = fold(name);
    let row = db.read(async move |tx| Ok::<_, Error>(tx.account_by_name(&key).await?)).await?;
    let hint = "See `scim-connector account list`.";
    Ok(row.ok_or_else(|| Error::NotFound { what: "account", name: name.to_owned(), hint })?.account()?)
}

/// The account that a key belongs to.
pub async fn own_account(tx: &mut Tx<'_>, id: Id) -> Result<Account, Error> {
    let row = tx.account(id).await?;
    Ok(row.ok_or_else(|| Error::NotVisible { what: "account", id: id.to_string() })?.account()?)
}

/// The names of what users are in without another word.
#[derive(Debug, Clone)]
pub struct DefaultNames {
    pub organization: Option<String>,
    pub group: Option<String>,
}

pub async fn default_names(tx: &mut Tx<'_>, account: &Account) -> Result<DefaultNames, Error> {
    let organization = tx.organization_names(account.id, &[account.default_organization]).await?.pop();
    let group = tx.group_names(account.id, &[account.default_group]).await?.pop();
    Ok(DefaultNames { organization: organization.map(|(_, name, _)| name), group: group.map(|(_, name)| name) })
}
