//! A test bench for rules: what they would give a pushed user.

use super::connections::connection_of;
use super::rules::{NamedGroup, NamedRule, NamedSet, Names, resolve};
use super::{Error, Request};
use crate::domain::Id;
use crate::provisioning::{BoundRule, Outcome, Source, Trial, trial};
use crate::storage::Tx;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// What rules would give.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Verdict {
    /// Every rule, in order.
    matches: Vec<Match>,
    /// Where the user would stand: the organization that the resource names wins over that of the rules.
    set: NamedSet,
}

/// One rule on the bench.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Match {
    /// The id of the rule.
    rule: String,
    name: String,
    matched: bool,
    /// What of it counts: `organization`, `roles`, `groups`, `primaryGroup`.
    won: Vec<&'static str>,
}

/// Evaluates the rules of a connection, or others in their place, on the body of a POST /Users.
pub async fn try_rules(
    tx: &mut Tx<'_>,
    request: &Request,
    connection: Id,
    resource: Value,
    others: Option<&[NamedRule]>,
) -> Result<Verdict, Error> {
    let account = &request.caller.tenant;
    let connection = connection_of(tx, account.id, connection).await?;
    let rules = match others {
        Some(others) => resolve(tx, account, &connection, others).await?,
        None => Source::new(connection.clone())?.rules,
    };
    let Trial { outcome, organization } = trial(tx, &connection, &rules, resource).await?;
    let organization = organization.or(outcome.organization.map(|(_, organization)| organization));
    let groups = outcome.groups.iter().map(|(_, given)| given.group).chain(outcome.primary_group.map(|(_, id)| id));
    let names = Names::of_ids(tx, account, organization.into_iter().collect(), groups.collect()).await?;
    let matches = rules.iter().map(|bound| matched(bound, &outcome)).collect();
    Ok(Verdict { matches, set: given(&names, organization, &outcome) })
}

fn matched(bound: &BoundRule, outcome: &Outcome) -> Match {
    let id = bound.rule.id;
    let won = [
        ("organization", outcome.organization.is_some_and(|(rule, _)| rule == id)),
        ("roles", outcome.roles.iter().any(|(rule, _)| *rule == id)),
        ("groups", outcome.groups.iter().any(|(rule, _)| *rule == id)),
        ("primaryGroup", outcome.primary_group.is_some_and(|(rule, _)| rule == id)),
    ];
    Match {
        rule: id.to_string(),
        name: bound.rule.name.clone(),
        matched: outcome.matched.contains(&id),
        won: won.into_iter().filter(|(_, won)| *won).map(|(what, _)| what).collect(),
    }
}

fn given(names: &Names<'_>, organization: Option<Id>, outcome: &Outcome) -> NamedSet {
    let mut roles: Vec<String> = Vec::new();
    for (_, key) in &outcome.roles {
        let name = names.role(key);
        if !roles.contains(&name) {
            roles.push(name);
        }
    }
    let mut seen = BTreeSet::new();
    // The first rule that puts a user into a group sets the flags.
    let firsts = outcome.groups.iter().filter(|(_, given)| seen.insert(given.group));
    let groups = firsts
        .map(|(_, given)| NamedGroup {
            group: names.group(given.group),
            group_admin: Some(given.group_admin.unwrap_or(false)),
            can_send: Some(given.can_send.unwrap_or(true)),
        })
        .collect();
    NamedSet {
        organization: organization.map(|id| names.organization(id)),
        roles,
        groups,
        primary_group: outcome.primary_group.map(|(_, id)| names.group(id)),
    }
}
