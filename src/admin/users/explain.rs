//! Why a user stands where he stands: who gave each grant, in which request, and which rules match and did not decide.

use super::show::absent;
use crate::admin::{Error, Request};
use crate::domain::{Id, Origin, Placement};
use crate::provisioning::{BoundRule, Source};
use crate::scim::{Object, time, urn};
use crate::storage::rows::{AuditRow, GroupOfUser, StoredUser, from_json};
use crate::storage::{AuditQuery, Tx};
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;
use utoipa::ToSchema;

/// Entries of the audit trail that are looked through, the newest first.
const ENTRIES: i64 = 500;

/// Why a user stands where he stands.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Explanation)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    pub organization: Decision,
    /// Direct roles, then inherited ones.
    pub roles: Vec<Decision>,
    pub memberships: Vec<Decision>,
    pub primary_group: Decision,
    pub status: Decision,
}

/// One thing that was decided.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
#[schema(as = DecisionOfRecord)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    /// An id, a role or a status.
    pub value: Option<String>,
    /// What a person calls it.
    pub name: Option<String>,
    /// Who gave it last, such as `rule:<id>`.
    pub origin: Option<String>,
    /// Everybody who gave it; it stays until the last of them withdraws it.
    pub origins: Vec<String>,
    pub rule: Option<RuleName>,
    /// The request that brought it about, and who sent it; null when it is older than what is kept.
    pub request_id: Option<String>,
    pub actor: Option<String>,
    #[schema(format = DateTime)]
    pub at: Option<String>,
    /// The reason that was given.
    pub reason: Option<String>,
    /// Rules that match now and did not decide.
    pub lost: Vec<LostRule>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RuleName {
    #[schema(format = "uuid")]
    pub id: String,
    /// Null for a rule that is no more.
    pub name: Option<String>,
}

/// A rule that matches and did not decide.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LostRule {
    #[schema(format = "uuid")]
    pub rule: String,
    pub name: String,
    /// What it would have set.
    pub value: String,
    pub why: &'static str,
}

/// Explains a user.
pub async fn explain(tx: &mut Tx<'_>, request: &Request, id: Id) -> Result<Explanation, Error> {
    let account = request.caller.account;
    let Some(user) = tx.user(account, id).await? else { return removed(tx, request, id).await };
    let groups = tx.groups_of_all(account, &[id], true).await?;
    let placement = user.placement.placement()?;
    let source = request.provisioning().source_of(tx, user.connection_id.0).await?;
    let organization = match placement.organization {
        Some(organization) => tx.organization_names(account, &[organization]).await?.pop().map(|(_, name, _)| name),
        None => None,
    };
    let resource = pushed(&user, &placement, organization.as_deref())?;
    let matched: Vec<BoundRule> = source.rules.iter().filter(|rule| rule.matches(&resource)).cloned().collect();
    let trail = Trail::of(tx, account, id).await?;
    let explainer = Explainer { source, matched, trail };
    let mut memberships = Vec::new();
    for group in &groups {
        memberships.push(explainer.membership(tx, account, id, group).await?);
    }
    let mut roles = explainer.roles(request, &placement);
    roles.extend(inherited(request, &groups, &memberships)?);
    Ok(Explanation {
        organization: explainer.organization(&placement, organization),
        roles,
        primary_group: explainer.primary(&groups, &memberships),
        memberships,
        status: explainer.trail.status(&user.placement.status),
    })
}

/// Of a removed user only his end is told.
async fn removed(tx: &mut Tx<'_>, request: &Request, id: Id) -> Result<Explanation, Error> {
    let account = request.caller.account;
    if tx.removed_user(account, id).await?.is_none() {
        return Err(absent(tx, request, id).await?);
    }
    let nothing = Decision::default;
    Ok(Explanation {
        organization: nothing(),
        roles: Vec::new(),
        memberships: Vec::new(),
        primary_group: nothing(),
        status: Trail::of(tx, account, id).await?.status("removed"),
    })
}

/// The user as rules see him.
fn pushed(user: &StoredUser, placement: &Placement, organization: Option<&str>) -> Result<Object, Error> {
    let mut resource: Object = from_json(&user.stored.body)?;
    if let (Origin::Scim(_), Some(name)) = (placement.organization_origin, organization) {
        let extension = resource.entry(urn::CONNECTOR_USER).or_insert_with(|| Object::new().into());
        extension["organization"] = name.into();
    }
    Ok(resource)
}

struct Explainer {
    source: Arc<Source>,
    /// Rules that match now, in order.
    matched: Vec<BoundRule>,
    trail: Trail,
}

impl Explainer {
    fn organization(&self, placement: &Placement, name: Option<String>) -> Decision {
        let value = placement.organization.map(|id| id.to_string());
        let origin = placement.organization_origin;
        let lost = self.lost(&[origin], |rule| rule.rule.set.organization.map(|id| id.to_string()), true);
        let told = |to: &Value| match &value {
            Some(id) => to["id"] == id.as_str(),
            None => to.is_null(),
        };
        let mut decision = self.trail.find("organization", told);
        (decision.value, decision.name, decision.lost) = (value.clone(), name, lost);
        self.with_origins(decision, &[origin])
    }

    fn roles(&self, request: &Request, placement: &Placement) -> Vec<Decision> {
        let catalogue = &request.caller.tenant.catalogue;
        let decide = |grant: &crate::domain::RoleGrant| {
            let value = grant.wish.value.clone();
            let sets = |rule: &BoundRule| {
                let key = grant.key.as_deref()?;
                rule.rule.set.roles.iter().any(|role| role == key).then(|| key.to_owned())
            };
            let held = format!("{value} (held)");
            let told = |to: &Value| *to == value.as_str() || (grant.held && *to == held.as_str());
            let mut decision = self.trail.find("roles", told);
            decision.name = grant.key.as_deref().and_then(|key| catalogue.by_key(key)).map(|role| role.name.clone());
            decision.lost = self.lost(&grant.origins, sets, false);
            decision.value = Some(value);
            self.with_origins(decision, &grant.origins)
        };
        placement.roles.iter().map(decide).collect()
    }

    async fn membership(&self, tx: &mut Tx<'_>, account: Id, user: Id, group: &GroupOfUser) -> Result<Decision, Error> {
        let id = group.group_id.0;
        let text = id.to_string();
        let mut decision = self.trail.find("memberships", |to| to["group"] == text.as_str());
        if decision.request_id.is_none() && !group.is_default {
            // It came through the group.
            let of_group = Trail::of(tx, account, id).await?;
            let user = user.to_string();
            let listed = |to: &Value| to.as_array().is_some_and(|ids| ids.iter().any(|id| *id == user.as_str()));
            decision = of_group.find("members", listed);
        }
        let origins: Vec<Origin> = group.origins.split(' ').filter_map(|origin| origin.parse().ok()).collect();
        let sets =
            |rule: &BoundRule| rule.rule.set.groups.iter().any(|given| given.group == id).then(|| id.to_string());
        decision.lost = self.lost(&origins, sets, false);
        (decision.value, decision.name) = (Some(text), Some(group.display_name.clone()));
        Ok(self.with_origins(decision, &origins))
    }

    fn primary(&self, groups: &[GroupOfUser], memberships: &[Decision]) -> Decision {
        let Some(index) = groups.iter().position(|group| group.is_primary) else { return Decision::default() };
        let value = groups[index].group_id.0.to_string();
        let mut decision = self.trail.find("primaryGroup", |to| *to == value.as_str());
        if decision.request_id.is_none() {
            // It became primary when it began.
            decision = Decision { lost: Vec::new(), ..memberships[index].clone() };
        }
        decision.lost = self.lost_primaries(&value);
        (decision.value, decision.name) = (Some(value), Some(groups[index].display_name.clone()));
        decision
    }

    /// The first rule decides, and only when the membership begins.
    fn lost_primaries(&self, current: &str) -> Vec<LostRule> {
        let setting = self.matched.iter().filter_map(|rule| Some((rule, rule.rule.set.primary_group?.to_string())));
        let lost = setting.enumerate().filter(|(_, (_, group))| group != current).map(|(index, (rule, value))| {
            let why = match index {
                0 => "a rule sets the primary group when the membership begins; it was changed since",
                _ => "a rule before it decided",
            };
            LostRule { rule: rule.rule.id.to_string(), name: rule.rule.name.clone(), value, why }
        });
        lost.collect()
    }

    /// Rules that match and would set something, but are not among those who gave it. Of what there can be only one, the
    /// winner says why.
    fn lost(&self, origins: &[Origin], sets: impl Fn(&BoundRule) -> Option<String>, single: bool) -> Vec<LostRule> {
        let place = |id: Id| self.source.rules.iter().position(|rule| rule.rule.id == id);
        let losers = self.matched.iter().filter(|rule| !origins.contains(&Origin::Rule(rule.rule.id)));
        let lost = losers.filter_map(|rule| {
            let value = sets(rule)?;
            let why = match origins.first() {
                Some(Origin::Rule(winner)) if single && place(*winner) < place(rule.rule.id) => {
                    "a rule before it decided"
                }
                Some(Origin::Scim(_)) if single => "the attribute was pushed",
                Some(Origin::Admin(_)) if single => "an administrator decided",
                _ => "the user was not written since the rule began to match",
            };
            Some(LostRule { rule: rule.rule.id.to_string(), name: rule.rule.name.clone(), value, why })
        });
        lost.collect()
    }

    fn with_origins(&self, mut decision: Decision, origins: &[Origin]) -> Decision {
        decision.origin = origins.last().map(ToString::to_string);
        decision.origins = origins.iter().map(ToString::to_string).collect();
        decision.rule = origins.iter().rev().find_map(|origin| match origin {
            Origin::Rule(id) => {
                let rules = &self.source.connection.rules.rules;
                let name = rules.iter().find(|rule| rule.id == *id).map(|rule| rule.name.clone());
                Some(RuleName { id: id.to_string(), name })
            }
            _ => None,
        });
        decision
    }
}

/// Roles that come with a membership.
fn inherited(request: &Request, groups: &[GroupOfUser], memberships: &[Decision]) -> Result<Vec<Decision>, Error> {
    let account = &request.caller.tenant;
    let mut roles = Vec::new();
    if !account.policies.grant_roles.is_on() {
        return Ok(roles);
    }
    for (group, membership) in groups.iter().zip(memberships) {
        let origin = Origin::Group(group.group_id.0).to_string();
        for key in from_json::<Vec<String>>(&group.roles)? {
            roles.push(Decision {
                name: account.catalogue.by_key(&key).map(|role| role.name.clone()),
                value: Some(key),
                origin: Some(origin.clone()),
                origins: vec![origin.clone()],
                lost: Vec::new(),
                ..membership.clone()
            });
        }
    }
    Ok(roles)
}

/// The audit trail of one user or group, the newest entry first.
struct Trail(Vec<(AuditRow, Vec<Value>)>);

impl Trail {
    async fn of(tx: &mut Tx<'_>, account: Id, subject: Id) -> Result<Self, Error> {
        let query = AuditQuery { subject: Some(subject.to_string()), limit: ENTRIES, ..AuditQuery::default() };
        let rows = tx.audit(account, &query).await?;
        let entries = rows.into_iter().map(|row| {
            let changes: Vec<Value> = from_json(&row.changes)?;
            Ok::<_, Error>((row, changes))
        });
        Ok(Self(entries.collect::<Result<_, _>>()?))
    }

    /// The newest entry that made a field what it is.
    fn find(&self, field: &str, told: impl Fn(&Value) -> bool) -> Decision {
        let names = |change: &Value| change["field"] == field && told(&change["to"]);
        let Some((row, _)) = self.0.iter().find(|(_, changes)| changes.iter().any(names)) else {
            return Decision::default();
        };
        Decision {
            request_id: Some(row.request_id.clone()),
            actor: Some(row.actor.clone()),
            at: Some(time::format(row.id.0.created())),
            reason: row.why.clone(),
            ..Decision::default()
        }
    }

    fn status(&self, status: &str) -> Decision {
        Decision { value: Some(status.to_owned()), ..self.find("status", |to| *to == status) }
    }
}
