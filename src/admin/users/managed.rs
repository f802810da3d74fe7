//! What a connection has given and keeps to itself: local edits are refused where its settings say so.

use super::fields::Path;
use crate::admin::{Error, Request};
use crate::domain::{Connection, Guard, Id, Origin};
use crate::storage::Tx;
use crate::storage::rows::{MembershipRow, StoredUser};

/// The connection that made a user, when it manages what it gave.
pub struct Manager(Option<Connection>);

impl Manager {
    pub async fn of(tx: &mut Tx<'_>, request: &Request, user: &StoredUser) -> Result<Self, Error> {
        let id = user.connection_id.0;
        let row = if id == Id::NIL { None } else { tx.connection(request.caller.account, id).await? };
        let connection = row.map(|row| row.connection()).transpose()?;
        Ok(Self(connection.filter(|connection| connection.settings.manages_attributes)))
    }

    /// All connections of the account that manage what they gave.
    pub async fn all(tx: &mut Tx<'_>, request: &Request) -> Result<Vec<Self>, Error> {
        let rows = tx.connections(request.caller.account).await?;
        let all = rows.into_iter().map(|row| row.connection()).collect::<Result<Vec<_>, _>>()?;
        let managing = all.into_iter().filter(|connection| connection.settings.manages_attributes);
        Ok(managing.map(|connection| Self(Some(connection))).collect())
    }

    /// Refuses to change an attribute of the profile.
    pub fn check_profile(&self, name: &'static str, path: Path) -> Result<(), Guard> {
        match &self.0 {
            Some(connection) => Err(refusal(connection, format!("\"{name}\" ({})", path.text()))),
            None => Ok(()),
        }
    }

    /// Refuses to take away what the connection, or a rule of it, gave.
    pub fn check_origins(&self, what: &str, origins: &[Origin]) -> Result<(), Guard> {
        let Some(connection) = &self.0 else { return Ok(()) };
        let gave = |origin: &Origin| match origin {
            Origin::Scim(id) => *id == connection.id,
            Origin::Rule(id) => connection.rules.has(*id),
            _ => false,
        };
        if origins.iter().any(gave) { Err(refusal(connection, format!("\"{what}\""))) } else { Ok(()) }
    }
}

fn refusal(connection: &Connection, attribute: String) -> Guard {
    Guard::ManagedByIdp { attribute, connection: connection.name.text.clone() }
}

/// Refuses to take users out of a group whom a managing connection put there.
pub async fn check_leaving(tx: &mut Tx<'_>, request: &Request, group: Id, users: &[Id]) -> Result<(), Error> {
    let managers = if users.is_empty() { Vec::new() } else { Manager::all(tx, request).await? };
    if managers.is_empty() {
        return Ok(());
    }
    let rows = tx.memberships_of(request.caller.account, users).await?;
    for membership in rows.iter().filter(|row| row.group_id.0 == group).map(MembershipRow::membership) {
        for manager in &managers {
            manager.check_origins("members", &membership.origins)?;
        }
    }
    Ok(())
}
