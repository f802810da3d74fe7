//! The rules of a connection as an administrator reads and writes them: with names where the model has ids.

use super::connections::{connection_of, save_connection};
use super::{Error, Request, tell};
use crate::domain::{
    Account, Catalogue, Change, Connection, Guard, Id, MAX_INDEXED, Rule, RuleBook, RuleGroup, RuleSet, Subject,
};
use crate::expr::fold;
use crate::provisioning::{BoundRule, find_group, find_organization, unknown_organization};
use crate::storage::{Tx, WorkError};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};
use utoipa::ToSchema;

/// So many rules are evaluated at each push.
const MOST_RULES: usize = 200;
const MOST_GROUPS: usize = 100;

/// A rule of a connection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Rule)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NamedRule {
    /// Sent to keep a rule under another name. Left out, a rule that is known by its name is the same one, and another is
    /// new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = "uuid")]
    pub id: Option<String>,
    /// Unique in the connection without regard to case.
    pub name: String,
    /// A SCIM filter on the pushed user, such as `title co "manager"`; `userName pr` is for everybody.
    pub when: String,
    #[serde(default)]
    pub set: NamedSet,
}

/// What a rule gives. Organization and groups are taken by name or id, roles by key, name or alias.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = RuleSet)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NamedSet {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<NamedGroup>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary_group: Option<String>,
}

/// A membership that a rule gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = RuleGroup)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NamedGroup {
    pub group: String,
    /// False when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_admin: Option<bool>,
    /// True when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub can_send: Option<bool>,
}

/// The rules of a connection, in order, and the version of the connection.
pub async fn rules_of(tx: &mut Tx<'_>, request: &Request, connection: Id) -> Result<(Vec<NamedRule>, i64), Error> {
    let connection = connection_of(tx, request.caller.account, connection).await?;
    let names = Names::of(tx, &request.caller.tenant, &connection.rules.rules).await?;
    Ok((names.show_all(&connection.rules.rules), connection.version))
}

/// Puts rules in the place of those there are. What a rule gave that is no more is withdrawn when a user is pushed next.
pub async fn replace_rules(
    tx: &mut Tx<'_>,
    request: &Request,
    connection: Id,
    wanted: &[NamedRule],
) -> Result<(Vec<NamedRule>, i64), Error> {
    let account = &request.caller.tenant;
    let mut connection = connection_of(tx, account.id, connection).await?;
    request.check_version(connection.version)?;
    let bound = resolve(tx, account, &connection, wanted).await?;
    let before = connection.rules.clone();
    connection.rules.replace(bound.into_iter().map(|bound| bound.rule).collect());
    let all: Vec<Rule> = before.rules.iter().chain(&connection.rules.rules).cloned().collect();
    let names = Names::of(tx, account, &all).await?;
    if connection.rules.rules != before.rules {
        connection = save_connection(tx, connection).await?;
        let changes = names.changes(&before, &connection.rules);
        let ids: Vec<String> = connection.rules.rules.iter().map(|rule| rule.id.to_string()).collect();
        let data = json!({ "rules": ids });
        let subject = Subject::new("connection", connection.id);
        tell(tx, request, "connection.rules_changed", subject, connection.version, changes, data);
    }
    Ok((names.show_all(&connection.rules.rules), connection.version))
}

/// Finds what rules name, and binds their conditions. The first mistake is told with the rule that has it.
pub async fn resolve(
    tx: &mut Tx<'_>,
    account: &Account,
    connection: &Connection,
    wanted: &[NamedRule],
) -> Result<Vec<BoundRule>, Error> {
    if wanted.len() > MOST_RULES {
        let cause = wrong("a connection has at most 200 rules. Join some of them with \"or\".");
        return Err(at(MOST_RULES, "rules")(cause));
    }
    let mut bound: Vec<BoundRule> = Vec::with_capacity(wanted.len());
    let (mut ids, mut names) = (BTreeSet::new(), BTreeSet::new());
    for (index, rule) in wanted.iter().enumerate() {
        let name = rule.name.trim();
        if name.is_empty() || name.chars().count() > MAX_INDEXED {
            return Err(at(index, "name")(wrong("the name has 1 to 512 characters.")));
        }
        if !names.insert(fold(name)) {
            return Err(at(index, "name")(wrong("a rule before it has the same name. Choose another.")));
        }
        let id = id_of(&connection.rules, rule, wanted).map_err(at(index, "id"))?;
        if !ids.insert(id) {
            return Err(at(index, "id")(wrong("a rule before it has the same id. Leave it out for a new rule.")));
        }
        let set = set(tx, account, connection, index, &rule.set).await?;
        let rule = Rule { id, name: name.to_owned(), when: rule.when.clone(), set };
        bound.push(BoundRule::bind(rule).map_err(|error| at(index, "when")(error.into()))?);
    }
    Ok(bound)
}

/// The id that is sent must be known to this connection: what a rule of another one gave is not this one's to withdraw.
fn id_of(book: &RuleBook, rule: &NamedRule, wanted: &[NamedRule]) -> Result<Id, Error> {
    if let Some(id) = &rule.id {
        let known = id.parse().ok().filter(|id| book.has(*id));
        return known.ok_or_else(|| wrong("the connection has no rule with this id. Leave it out for a new rule."));
    }
    let is_named = |id: Id| wanted.iter().any(|rule| rule.id.as_deref() == Some(id.to_string().as_str()));
    let same = book.rules.iter().find(|known| fold(&known.name) == fold(rule.name.trim()) && !is_named(known.id));
    Ok(same.map_or_else(Id::new, |known| known.id))
}

async fn set(
    tx: &mut Tx<'_>,
    account: &Account,
    connection: &Connection,
    index: usize,
    wanted: &NamedSet,
) -> Result<RuleSet, Error> {
    let mut set = RuleSet::default();
    if let Some(name) = &wanted.organization {
        set.organization = Some(organization(tx, account, name).await.map_err(at(index, "organization"))?);
    }
    for name in &wanted.roles {
        let key = role(&account.catalogue, connection, name).map_err(|guard| at(index, "roles")(guard.into()))?;
        if set.roles.contains(&key) {
            return Err(at(index, "roles")(wrong("it gives a role twice.")));
        }
        set.roles.push(key);
    }
    if wanted.groups.len() > MOST_GROUPS {
        return Err(at(index, "groups")(wrong("a rule gives at most 100 groups.")));
    }
    for given in &wanted.groups {
        let group = open_group(tx, account, &given.group).await.map_err(at(index, "groups"))?;
        if set.groups.iter().any(|known| known.group == group) {
            return Err(at(index, "groups")(wrong("it gives a group twice.")));
        }
        set.groups.push(RuleGroup { group, group_admin: given.group_admin, can_send: given.can_send });
    }
    if let Some(name) = &wanted.primary_group {
        set.primary_group = Some(open_group(tx, account, name).await.map_err(at(index, "primaryGroup"))?);
    }
    Ok(set)
}

async fn organization(tx: &mut Tx<'_>, account: &Account, name: &str) -> Result<Id, Error> {
    match find_organization(tx, account.id, name).await? {
        Some(found) => Ok(found),
        None => Err(unknown_organization(tx, account.id, name).await?.into()),
    }
}

fn role(catalogue: &Catalogue, connection: &Connection, name: &str) -> Result<String, Guard> {
    let unknown = || Guard::RoleUnknown { name: name.to_owned(), known: catalogue.names() };
    let role = catalogue.find(name).ok_or_else(unknown)?;
    if role.level() > connection.role_ceiling {
        return Err(Guard::RoleCeiling { name: role.name.clone(), ceiling: connection.role_ceiling });
    }
    Ok(role.key.clone())
}

/// A group that takes members.
async fn open_group(tx: &mut Tx<'_>, account: &Account, name: &str) -> Result<Id, Error> {
    let id = find_group(tx, account.id, name).await?;
    match tx.group(account.id, id).await? {
        Some(group) if group.archived => Err(Guard::GroupArchived { name: name.to_owned() }.into()),
        _ => Ok(id),
    }
}

fn wrong(detail: &'static str) -> Error {
    Error::Invalid { field: "rules", detail }
}

/// Says of which rule and which part of it an error is; the database's own errors are about none.
fn at(index: usize, field: &'static str) -> impl Fn(Error) -> Error {
    move |error| match error.storage() {
        Some(_) => error,
        None => Error::Rule { index, field, cause: Box::new(error) },
    }
}

/// The names of what rules give.
pub struct Names<'r> {
    catalogue: &'r Catalogue,
    organizations: HashMap<Id, String>,
    groups: HashMap<Id, String>,
}

impl<'r> Names<'r> {
    pub async fn of(tx: &mut Tx<'_>, account: &'r Account, rules: &[Rule]) -> Result<Self, Error> {
        let sets = || rules.iter().map(|rule| &rule.set);
        let organizations = sets().filter_map(|set| set.organization);
        let groups = sets().flat_map(|set| set.groups.iter().map(|given| given.group).chain(set.primary_group));
        Self::of_ids(tx, account, organizations.collect(), groups.collect()).await
    }

    pub async fn of_ids(
        tx: &mut Tx<'_>,
        account: &'r Account,
        organizations: BTreeSet<Id>,
        groups: BTreeSet<Id>,
    ) -> Result<Self, Error> {
        let mut names = Self { catalogue: &account.catalogue, organizations: HashMap::new(), groups: HashMap::new() };
        let organizations: Vec<Id> = organizations.into_iter().collect();
        for chunk in organizations.chunks(1_000) {
            let named = tx.organization_names(account.id, chunk).await?;
            names.organizations.extend(named.into_iter().map(|(id, name, _)| (id.0, name)));
        }
        let groups: Vec<Id> = groups.into_iter().collect();
        for chunk in groups.chunks(1_000) {
            let named = tx.group_names(account.id, chunk).await?;
            names.groups.extend(named.into_iter().map(|(id, name)| (id.0, name)));
        }
        Ok(names)
    }

    pub fn organization(&self, id: Id) -> String {
        self.organizations.get(&id).cloned().unwrap_or_else(|| id.to_string())
    }

    pub fn group(&self, id: Id) -> String {
        self.groups.get(&id).cloned().unwrap_or_else(|| id.to_string())
    }

    pub fn role(&self, key: &str) -> String {
        self.catalogue.by_key(key).map_or(key, |role| role.name.as_str()).to_owned()
    }

    fn show_all(&self, rules: &[Rule]) -> Vec<NamedRule> {
        rules.iter().map(|rule| self.show(rule)).collect()
    }

    fn show(&self, rule: &Rule) -> NamedRule {
        let RuleSet { organization, roles, groups, primary_group } = &rule.set;
        let group = |given: &RuleGroup| NamedGroup {
            group: self.group(given.group),
            group_admin: given.group_admin,
            can_send: given.can_send,
        };
        NamedRule {
            id: Some(rule.id.to_string()),
            name: rule.name.clone(),
            when: rule.when.clone(),
            set: NamedSet {
                organization: organization.map(|id| self.organization(id)),
                roles: roles.iter().map(|key| self.role(key)).collect(),
                groups: groups.iter().map(group).collect(),
                primary_group: primary_group.map(|id| self.group(id)),
            },
        }
    }

    /// What the audit trail tells: each rule that is new, other or gone, and the order when it is another.
    fn changes(&self, before: &RuleBook, after: &RuleBook) -> Vec<Change> {
        let shown = |rule: Option<&Rule>| rule.map_or(Value::Null, |rule| json!(self.show(rule)));
        let by_id = |book: &'_ RuleBook, id: Id| book.rules.iter().find(|rule| rule.id == id).cloned();
        let change = |field: String, from: Value, to: Value| Change { field, from, to, by: None };
        let mut changes = Vec::new();
        for rule in &after.rules {
            let old = by_id(before, rule.id);
            if old.as_ref() != Some(rule) {
                changes.push(change(format!("rules[{}]", rule.name), shown(old.as_ref()), shown(Some(rule))));
            }
        }
        for rule in before.rules.iter().filter(|rule| by_id(after, rule.id).is_none()) {
            changes.push(change(format!("rules[{}]", rule.name), shown(Some(rule)), Value::Null));
        }
        let order = |book: &RuleBook, other: &RuleBook| -> Vec<Id> {
            book.rules.iter().map(|rule| rule.id).filter(|id| by_id(other, *id).is_some()).collect()
        };
        if order(before, after) != order(after, before) {
            let names = |book: &RuleBook| book.rules.iter().map(|rule| Value::from(rule.name.as_str())).collect();
            changes.push(change("rules.order".to_owned(), names(before), names(after)));
        }
        changes
    }
}
