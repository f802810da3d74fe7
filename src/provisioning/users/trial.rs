//! What rules would give a new user; nothing is written.

use super::find_organization;
use super::place::pushed;
use super::wishes::{Wish, Wishes};
use crate::domain::{Connection, Id};
use crate::provisioning::rules::{BoundRule, Outcome, evaluate};
use crate::provisioning::{Choices, Error};
use crate::scim::schema::USER;
use crate::scim::{Reading, decode};
use crate::storage::Tx;
use serde_json::Value;

/// What rules would give.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Trial {
    /// Without the organization and the primary group where another word wins over that of the rules.
    pub outcome: Outcome,
    /// The organization that the push itself names.
    pub organization: Option<Id>,
}

/// Evaluates rules on the body of a POST /Users as if the connection had sent it.
pub async fn trial(tx: &mut Tx<'_>, connection: &Connection, rules: &[BoundRule], body: Value) -> Result<Trial, Error> {
    let mut resource = decode::resource(body, &USER, &mut Reading::new(Choices::of(connection).rules))?;
    let wishes = Wishes::take(&mut resource)?;
    let said = match &wishes.organization {
        Wish::Named(name) => Some(name.as_str()),
        _ => None,
    };
    let mut outcome = evaluate(rules, &pushed(&resource, said));
    let organization = match said {
        Some(name) => find_organization(tx, connection.account, name).await?,
        None => None,
    };
    if organization.is_some() {
        outcome.organization = None;
    }
    // A rule makes a group primary that the rules put the user into, unless the push says another.
    let names = |group: Id| wishes.memberships.iter().flatten().any(|wish| wish.group == group.to_string());
    let joins = |group: Id| names(group) || outcome.groups.iter().any(|(_, given)| given.group == group);
    if wishes.primary_group != Wish::Unsaid || outcome.primary_group.is_some_and(|(_, group)| !joins(group)) {
        outcome.primary_group = None;
    }
    Ok(Trial { outcome, organization })
}
