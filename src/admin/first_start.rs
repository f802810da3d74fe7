//! What a new database gets, so that an identity provider can be pointed at it at once.

use super::accounts::{insert_account, new_account};
use super::connections::{insert_connection, new_connection};
use super::credentials::{new_admin_key, new_token};
use super::{Error, IssuedSecret};
use crate::domain::{Connection, Id, Name, Preset};
use crate::storage::{Db, Tx};

/// Shown once.
#[derive(Debug)]
pub struct FirstStart {
    pub token: IssuedSecret,
    pub admin_key: IssuedSecret,
}

/// Makes account and connection `default` with a token and an admin key when there is no account yet. Of several
/// servers that start at once only one does.
pub async fn first_start(db: &Db) -> Result<Option<FirstStart>, Error> {
    let is_new = db.read(async |tx: &mut Tx<'_>| Ok::<_, Error>(tx.accounts().await?.is_empty())).await?;
    if !is_new {
        return Ok(None);
    }
    let account = new_account(Name::new("The name", "default")?, Preset::Default);
    let connection_id = Id::new();
    let connection = Connection {
        id: connection_id,
        name: account.name.clone(),
        version: 1,
        created: connection_id.created(),
        ..new_connection(account.id)
    };
    let account_id = account.id;
    let (token_row, token) = new_token(account_id, connection_id, None)?;
    let (key_row, admin_key) = new_admin_key(account_id)?;
    let made = db
        .write(async move |tx| {
            insert_account(tx, &account).await?;
            insert_connection(tx, &connection).await?;
            tx.insert_token(&token_row).await?;
            Ok(tx.insert_admin_key(&key_row).await?)
        })
        .await;
    match made {
        Ok(()) => Ok(Some(FirstStart { token, admin_key })),
        Err(Error::Exists { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
