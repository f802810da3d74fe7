//! Rules of a connection, evaluated on a pushed user.

use super::Error;
use super::users::DECIDED;
use crate::domain::{Id, Rule, RuleBook, RuleGroup, RuleSet};
use crate::expr::Expr;
use crate::scim::filter::{Filter, Unknown, bind, matches, parse};
use crate::scim::path::AttributeRef;
use crate::scim::schema::{CONNECTOR_USER, Mutability, USER};
use crate::scim::{Error as ScimError, Object, Reading};
use crate::storage::rows::{from_json, to_json};
use crate::storage::{Error as StorageError, Tx};

/// A rule whose condition is bound to the schema.
#[derive(Debug, Clone)]
pub struct BoundRule {
    pub rule: Rule,
    filter: Filter,
    /// Whether the condition looks at the organization.
    pub asks_for_organization: bool,
}

impl BoundRule {
    pub fn bind(rule: Rule) -> Result<Self, ScimError> {
        let mut reading = Reading::lenient();
        let filter = bind(parse(&rule.when, &mut reading)?, &USER, Unknown::Refuse, &mut reading)?;
        let mut asked = Vec::new();
        attributes(&filter, &mut asked);
        asked.iter().try_for_each(check_pushed)?;
        Ok(Self { rule, filter, asks_for_organization: asked.iter().any(is_organization) })
    }

    pub fn matches(&self, resource: &Object) -> bool {
        matches(&self.filter, resource)
    }
}

/// The attributes that a condition looks at.
fn attributes(filter: &Filter, found: &mut Vec<AttributeRef>) {
    match filter {
        Expr::Const(_) => {}
        Expr::And(terms) | Expr::Or(terms) => terms.iter().for_each(|term| attributes(term, found)),
        Expr::Not(inner) => attributes(inner, found),
        Expr::Present(field) | Expr::Compare(field, ..) | Expr::Any(field, _) => found.push(*field),
    }
}

/// A rule is evaluated on what is pushed and kept, so a condition on what this server adds or decides could never hold. The
/// organization is put there for it.
fn check_pushed(asked: &AttributeRef) -> Result<(), ScimError> {
    let is_decided = is_ours(asked) && DECIDED.contains(&asked.attribute.name) && !is_organization(asked);
    if asked.attribute.mutability == Mutability::ReadOnly || is_decided {
        return Err(ScimError::filter(format!(
            "A rule cannot ask for {}: it is evaluated on what the identity provider pushes and this server keeps as it is.",
            asked.display()
        )));
    }
    Ok(())
}

fn is_organization(asked: &AttributeRef) -> bool {
    is_ours(asked) && asked.attribute.name == "organization"
}

fn is_ours(asked: &AttributeRef) -> bool {
    asked.extension.is_some_and(|schema| schema.id == CONNECTOR_USER.id)
}

/// What the rules that match give. Of what there can be only one, the first rule in the list decides; what there can be
/// many of, all of them give.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcome {
    pub organization: Option<(Id, Id)>,
    pub primary_group: Option<(Id, Id)>,
    /// Rule and role key.
    pub roles: Vec<(Id, String)>,
    pub groups: Vec<(Id, RuleGroup)>,
    pub matched: Vec<Id>,
}

/// Evaluates rules in order on a user in canonical form.
pub fn evaluate(rules: &[BoundRule], resource: &Object) -> Outcome {
    let mut outcome = Outcome::default();
    for bound in rules.iter().filter(|bound| bound.matches(resource)) {
        let (id, set) = (bound.rule.id, &bound.rule.set);
        outcome.matched.push(id);
        outcome.organization = outcome.organization.or(set.organization.map(|organization| (id, organization)));
        outcome.primary_group = outcome.primary_group.or(set.primary_group.map(|group| (id, group)));
        outcome.roles.extend(set.roles.iter().map(|role| (id, role.clone())));
        outcome.groups.extend(set.groups.iter().map(|group| (id, group.clone())));
    }
    outcome
}

/// Takes an organization or a group that is deleted out of all rules of the account.
pub async fn forget(tx: &mut Tx<'_>, account: Id, target: Id) -> Result<(), Error> {
    let take_out = |set: &mut RuleSet| {
        set.organization = set.organization.filter(|id| *id != target);
        set.primary_group = set.primary_group.filter(|id| *id != target);
        set.groups.retain(|given| given.group != target);
    };
    amend(tx, account, take_out).await
}

/// The same for a role.
pub async fn forget_role(tx: &mut Tx<'_>, account: Id, key: &str) -> Result<(), Error> {
    amend(tx, account, |set| set.roles.retain(|role| role != key)).await
}

/// Changes what rules give, and writes the connections of those that are different then.
async fn amend(tx: &mut Tx<'_>, account: Id, change: impl Fn(&mut RuleSet) + Send + Sync) -> Result<(), Error> {
    for mut row in tx.connections(account).await? {
        let mut book: RuleBook = from_json(&row.rules)?;
        let before = book.clone();
        book.rules.iter_mut().for_each(|rule| change(&mut rule.set));
        if book == before {
            continue;
        }
        row.rules = to_json(&book);
        if !tx.update_connection(&row).await? {
            return Err(StorageError::Contention("the connection was changed meanwhile".to_owned()).into());
        }
    }
    Ok(())
}
