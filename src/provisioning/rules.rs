//! Rules of a connection, evaluated on a pushed user.

use super::Error;
use crate::domain::{Id, Rule, RuleBook, RuleGroup, RuleSet};
use crate::expr::Expr;
use crate::scim::filter::{Filter, Unknown, bind, matches, parse};
use crate::scim::schema::{Mutability, USER};
use crate::scim::{Error as ScimError, Object, Reading};
use crate::storage::rows::{from_json, to_json};
use crate::storage::{Error as StorageError, Tx};

/// A rule whose condition is bound to the schema.
#[derive(Debug, Clone)]
pub struct BoundRule {
    pub rule: Rule,
    filter: Filter,
}

impl BoundRule {
    pub fn bind(rule: Rule) -> Result<Self, ScimError> {
        let mut reading = Reading::lenient();
        let filter = bind(parse(&rule.when, &mut reading)?, &USER, Unknown::Refuse, &mut reading)?;
        check_pushed(&filter)?;
        Ok(Self { rule, filter })
    }

    pub fn matches(&self, resource: &Object) -> bool {
        matches(&self.filter, resource)
    }
}

/// A rule is evaluated on what is pushed, so a condition on what this server adds could never hold.
fn check_pushed(filter: &Filter) -> Result<(), ScimError> {
    match filter {
        Expr::Const(_) => Ok(()),
        Expr::And(terms) | Expr::Or(terms) => terms.iter().try_for_each(check_pushed),
        Expr::Not(inner) => check_pushed(inner),
        Expr::Present(field) | Expr::Compare(field, ..) | Expr::Any(field, _)
            if field.attribute.mutability == Mutability::ReadOnly =>
        {
            Err(ScimError::filter(format!(
                "A rule cannot ask for {}: it is evaluated on what the identity provider pushes.",
                field.display()
            )))
        }
        Expr::Present(_) | Expr::Compare(..) | Expr::Any(..) => Ok(()),
    }
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
