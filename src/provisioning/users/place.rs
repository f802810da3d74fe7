//! Where a user stands in the product after a push: organization, roles, groups, status. Everything is decided here and
//! nothing is written.

use super::wishes::{Wish, Wishes, roles};
use crate::domain::{
    AboveCeiling, Activation, Actor, Ceiling, Door, Fallback, Flags, GroupsMode, Guard, Id, Membership, Memberships,
    Origin, Placement, Required, RoleGrant, RoleWish, RuleGroup, Status, assign, has_admin,
};
use crate::expr::fold;
use crate::provisioning::memberships::{Plan, load};
use crate::provisioning::rules::{Outcome, evaluate};
use crate::provisioning::tenants::Source;
use crate::provisioning::{Error, Request};
use crate::scim::{Object, urn};
use crate::storage::Tx;
use serde_json::Value;
use std::borrow::Cow;

/// What was decided.
#[derive(Debug, Clone)]
pub struct Place {
    pub placement: Placement,
    /// `None` when the memberships are not touched.
    pub memberships: Option<Plan>,
}

/// Decides the place of a user. `resource` is what he shall be, with everything that was pushed; the parts that are
/// decided here are taken out of it, and `roles` is written anew.
pub async fn place(
    tx: &mut Tx<'_>,
    request: &Request,
    source: &Source,
    id: Id,
    before: Option<&Placement>,
    resource: &mut Object,
    wishes: &Wishes,
) -> Result<Place, Error> {
    let said = said_organization(tx, source, before, wishes).await?;
    let outcome = evaluate(&source.rules, &pushed(resource, said.as_deref()));
    let (organization, organization_origin) = organization(tx, request, source, before, wishes, &outcome).await?;
    let grants = grants(request, source, before, resource, wishes, &outcome)?;
    show_roles(resource, &grants);
    let memberships = memberships(tx, request, source, id, before, wishes, &outcome).await?;
    let account = &request.caller.tenant;
    let direct_admin = has_admin(&grants, &account.catalogue);
    let active = resource.get("active").and_then(Value::as_bool).unwrap_or(true);
    let placement = Placement {
        status: status(request, before, active, wishes.invite),
        organization,
        organization_origin,
        roles: grants,
        direct_admin,
        // What groups give is looked at when they are locked.
        is_admin: direct_admin,
    };
    Ok(Place { placement, memberships })
}

/// The organization as the connection says it: in this request, or in an earlier one that still holds.
async fn said_organization<'w>(
    tx: &mut Tx<'_>,
    source: &Source,
    before: Option<&Placement>,
    wishes: &'w Wishes,
) -> Result<Option<Cow<'w, str>>, Error> {
    let connection = &source.connection;
    let given = before.filter(|before| before.organization_origin == Origin::Scim(connection.id));
    match (&wishes.organization, given.and_then(|before| before.organization)) {
        (Wish::Named(name), _) => Ok(Some(name.into())),
        (Wish::Unsaid, Some(id)) if source.asks_for_organization() => {
            let names = tx.organization_names(connection.account, &[id]).await?;
            Ok(names.into_iter().next().map(|(_, name, _)| name.into()))
        }
        _ => Ok(None),
    }
}

/// What rules look at: the resource with the name of the organization that the connection says.
pub fn pushed<'r>(resource: &'r Object, organization: Option<&str>) -> Cow<'r, Object> {
    let Some(name) = organization else { return Cow::Borrowed(resource) };
    let mut pushed = resource.clone();
    let extension = pushed.entry(urn::CONNECTOR_USER).or_insert_with(|| Object::new().into());
    extension["organization"] = name.into();
    Cow::Owned(pushed)
}

fn status(request: &Request, before: Option<&Placement>, active: bool, invite: bool) -> Status {
    let policies = &request.caller.tenant.policies;
    let activation = match request.caller.actor {
        Actor::Connection(_) => policies.activation_scim,
        Actor::Admin(_) | Actor::Operator => policies.activation_admin,
    };
    match before.map(|before| before.status) {
        _ if !active => Status::Inactive,
        None if invite || activation == Activation::Invite => Status::Invited,
        Some(Status::Invited) => Status::Invited,
        _ => Status::Active,
    }
}

async fn organization(
    tx: &mut Tx<'_>,
    request: &Request,
    source: &Source,
    before: Option<&Placement>,
    wishes: &Wishes,
    outcome: &Outcome,
) -> Result<(Option<Id>, Origin), Error> {
    let account = &request.caller.tenant;
    let origin = request.caller.actor.origin();
    if let Wish::Named(name) = &wishes.organization {
        if let Some(found) = find_organization(tx, account.id, name).await? {
            let unmoved = before.filter(|before| before.organization == Some(found));
            hold_organization(tx, request, unmoved.is_none().then_some(found)).await?;
            let giver = unmoved.and_then(|before| echoed(before.organization_origin, origin, found, outcome));
            return Ok((Some(found), giver.unwrap_or(origin)));
        }
        if account.policies.fallback == Fallback::Reject || !matches!(request.caller.actor, Actor::Connection(_)) {
            return Err(unknown_organization(tx, account.id, name).await?);
        }
        tracing::warn!("the organization that was pushed is not known; the account's fallback applies");
    }
    let current = before.map(|before| (before.organization, before.organization_origin));
    if let Some((organization, giver)) = current {
        let withdrawn = wishes.organization != Wish::Unsaid && giver == origin;
        let stays = match giver {
            Origin::Rule(rule) => !source.connection.rules.has(rule),
            // An account that stops falling back leaves those alone whom it placed before.
            Origin::Fallback => false,
            _ => !withdrawn,
        };
        if stays {
            return Ok((organization, giver));
        }
    }
    if let Some((rule, organization)) = outcome.organization {
        let unmoved = before.filter(|before| before.organization == Some(organization));
        hold_organization(tx, request, unmoved.is_none().then_some(organization)).await?;
        return Ok((Some(organization), Origin::Rule(rule)));
    }
    match (current, account.policies.fallback) {
        (Some((organization, Origin::Fallback)), _) if wishes.organization == Wish::Unsaid => {
            Ok((organization, Origin::Fallback))
        }
        // Nobody gave it, so nobody withdraws it.
        (Some((Some(organization), Origin::Fallback)), _) if wishes.organization == Wish::Withdrawn => {
            Ok((Some(organization), Origin::Fallback))
        }
        (_, Fallback::Default) => Ok((Some(account.default_organization), Origin::Fallback)),
        (_, Fallback::Park) => Ok((None, Origin::Fallback)),
        (_, Fallback::Reject) => {
            let known = known(&tx.some_organization_names(account.id, FEW + 1).await?, "organizations");
            Err(Guard::OrganizationRequired { known }.into())
        }
    }
}

/// Who stays the giver of an organization that a connection names and that the user has already: a client that sends
/// back what it has read does not become the giver of what others gave, nor of what a rule still gives.
fn echoed(giver: Origin, origin: Origin, named: Id, outcome: &Outcome) -> Option<Origin> {
    match (giver, origin) {
        (Origin::Fallback, _) | (_, Origin::Admin(_)) => None,
        (Origin::Rule(_), _) => {
            outcome.organization.filter(|(_, given)| *given == named).map(|(rule, _)| Origin::Rule(rule))
        }
        _ => Some(giver),
    }
}

/// Names that still fit into a sentence.
pub const FEW: i64 = 10;

/// "The organizations are: …" while they are few.
pub fn known(names: &[String], what: &str) -> String {
    match i64::try_from(names.len()) {
        Ok(1..=FEW) => format!("The {what} are: {}.", names.join(", ")),
        _ => String::new(),
    }
}

/// An organization by name or id.
pub async fn find_organization(tx: &mut Tx<'_>, account: Id, name: &str) -> Result<Option<Id>, Error> {
    if let Some(found) = tx.organization_by_name(account, &fold(name.trim())).await? {
        return Ok(Some(found.into()));
    }
    let Ok(id) = name.parse::<Id>() else { return Ok(None) };
    Ok(tx.organization(account, id).await?.map(|_| id))
}

pub async fn unknown_organization(tx: &mut Tx<'_>, account: Id, name: &str) -> Result<Error, Error> {
    let known = known(&tx.some_organization_names(account, FEW + 1).await?, "organizations");
    Ok(Guard::OrganizationUnknown { name: name.to_owned(), known }.into())
}

/// A group by id or name.
pub async fn find_group(tx: &mut Tx<'_>, account: Id, name: &str) -> Result<Id, Error> {
    if let Ok(id) = name.parse::<Id>()
        && tx.group(account, id).await?.is_some()
    {
        return Ok(id);
    }
    if let Some(found) = tx.group_by_name(account, &fold(name.trim())).await? {
        return Ok(found.into());
    }
    let known = known(&tx.some_group_names(account, FEW + 1).await?, "groups");
    Err(Guard::GroupUnknown { name: name.to_owned(), known }.into())
}

/// Keeps an organization that gets a new user from being deleted meanwhile. The default one never is.
async fn hold_organization(tx: &mut Tx<'_>, request: &Request, organization: Option<Id>) -> Result<(), Error> {
    let account = &request.caller.tenant;
    if let Some(id) = organization.filter(|id| *id != account.default_organization)
        && !tx.hold_organization(account.id, id).await?
    {
        return Err(unknown_organization(tx, account.id, &id.to_string()).await?);
    }
    Ok(())
}

fn grants(
    request: &Request,
    source: &Source,
    before: Option<&Placement>,
    resource: &Object,
    wishes: &Wishes,
    outcome: &Outcome,
) -> Result<Vec<RoleGrant>, Error> {
    let account = &request.caller.tenant;
    let connection = &source.connection;
    let current = before.map(|before| before.roles.as_slice()).unwrap_or_default();
    let (origin, ceiling) = match request.caller.actor {
        Actor::Connection(id) => (
            Origin::Scim(id),
            Ceiling {
                highest: connection.role_ceiling,
                refuse: connection.settings.above_ceiling == AboveCeiling::Reject,
            },
        ),
        actor => (actor.origin(), Ceiling::NONE),
    };
    let sent = roles(resource);
    let unchanged = before.is_some_and(|before| before.roles.iter().map(|grant| &grant.wish).eq(sent.iter()));
    // Whoever says the list again as it is changes nothing, but for an administrator, who approves what was held.
    let approves = wishes.says_roles && matches!(origin, Origin::Admin(_));
    let mut grants = if unchanged && !approves {
        current.to_vec()
    } else {
        assign(current, origin, sent, &account.catalogue, &account.policies, ceiling)?
    };
    // A rule was made by an administrator, but it is the connection that pulls it.
    let ceiling = Ceiling { highest: connection.role_ceiling, refuse: false };
    let rules = connection.rules.rules.iter().map(|rule| rule.id).chain(connection.rules.retired.iter().copied());
    for rule in rules {
        let origin = Origin::Rule(rule);
        let given: Vec<RoleWish> =
            outcome.roles.iter().filter(|(giver, _)| *giver == rule).map(|(_, key)| wish_for(request, key)).collect();
        let has = grants.iter().any(|grant| grant.origins.contains(&origin));
        if has || !given.is_empty() {
            grants = assign(&grants, origin, given, &account.catalogue, &account.policies, ceiling)?;
        }
    }
    if before.is_none() && grants.is_empty() && account.policies.required == Required::Product {
        let given = vec![wish_for(request, "standard_user")];
        grants = assign(&grants, Origin::Fallback, given, &account.catalogue, &account.policies, Ceiling::NONE)?;
    }
    // What was sent before the catalogue had it counts from now on.
    for grant in grants.iter_mut().filter(|grant| grant.key.is_none()) {
        if let Some(role) = account.catalogue.find(&grant.wish.value) {
            grant.held = role.level() > connection.role_ceiling;
            grant.key = Some(role.key.clone());
        }
    }
    Ok(grants)
}

fn wish_for(request: &Request, key: &str) -> RoleWish {
    let name = request.caller.tenant.catalogue.by_key(key).map(|role| role.name.clone());
    RoleWish { value: key.to_owned(), display: name, kind: None, primary: None }
}

/// Writes the direct roles into a resource as a client reads them.
fn show_roles(resource: &mut Object, grants: &[RoleGrant]) {
    let element = |grant: &RoleGrant| {
        let mut parts = Object::new();
        if !grant.wish.value.is_empty() {
            parts.insert("value".to_owned(), grant.wish.value.as_str().into());
        }
        if let Some(display) = &grant.wish.display {
            parts.insert("display".to_owned(), display.as_str().into());
        }
        if let Some(kind) = &grant.wish.kind {
            parts.insert("type".to_owned(), kind.as_str().into());
        }
        if let Some(primary) = grant.wish.primary {
            parts.insert("primary".to_owned(), primary.into());
        }
        Value::Object(parts)
    };
    if grants.is_empty() {
        resource.shift_remove("roles");
    } else {
        resource.insert("roles".to_owned(), grants.iter().map(element).collect());
    }
}

async fn memberships(
    tx: &mut Tx<'_>,
    request: &Request,
    source: &Source,
    id: Id,
    before: Option<&Placement>,
    wishes: &Wishes,
    outcome: &Outcome,
) -> Result<Option<Plan>, Error> {
    let account = &request.caller.tenant;
    let needed = before.is_none()
        || wishes.memberships.is_some()
        || wishes.primary_group != Wish::Unsaid
        || source.places_in_groups()
        || account.policies.grant_roles.is_on();
    if !needed {
        return Ok(None);
    }
    let current = match before {
        Some(_) => load(tx, account.id, &[id]).await?.remove(&id).unwrap_or_default(),
        None => Memberships::default(),
    };
    let mut after = current.clone();
    let mut joining = Joining { request, after: &mut after };
    if let Some(wished) = &wishes.memberships {
        if account.policies.groups_mode == GroupsMode::Single && wished.len() > 1 {
            return Err(Guard::SingleGroupMode.into());
        }
        let mut named = Vec::with_capacity(wished.len());
        for wish in wished {
            named.push(find_group(tx, account.id, &wish.group).await?);
        }
        // First out, then in: where there is one group, the new one takes the place of the old one.
        let gone = current.list.iter().map(|held| held.group).filter(|group| !named.contains(group));
        gone.for_each(|group| joining.after.leave(group, request.caller.actor.origin()));
        for (wish, group) in wished.iter().zip(named.iter().copied()) {
            if current.list.iter().any(|held| held.group == group) {
                joining.after.set_flags(group, wish.flags);
            } else {
                joining.join(group, wish.flags, request.caller.actor.origin())?;
            }
        }
        let mut primary = wished.iter().zip(&named).filter(|(wish, _)| wish.primary);
        if let Some((_, group)) = primary.next_back() {
            joining.after.set_primary(*group)?;
        }
    }
    for (rule, given) in &outcome.groups {
        let is_new = !joining.after.list.iter().any(|held| held.group == given.group);
        // The group may have been deleted since the rules were read: by the same bulk request, for one.
        if is_new && tx.group(account.id, given.group).await?.is_none() {
            continue;
        }
        let flags = if is_new { given.flags() } else { Flags::default() };
        joining.join(given.group, flags, Origin::Rule(*rule))?;
    }
    for held in &current.list {
        for origin in &held.origins {
            let Origin::Rule(rule) = *origin else { continue };
            let gives = outcome.groups.iter().any(|(giver, given)| *giver == rule && given.group == held.group);
            if source.connection.rules.has(rule) && !gives {
                joining.after.leave(held.group, *origin);
            }
        }
        if wishes.memberships.is_none()
            && let Some(flags) = flags_by_rules(source, held, &outcome.groups)
        {
            joining.after.set_flags(held.group, flags);
        }
    }
    if let Wish::Named(name) = &wishes.primary_group {
        let group = find_group(tx, account.id, name).await?;
        after.set_primary(group)?;
    } else if let Some((_, group)) = outcome.primary_group {
        let joined_now = !current.list.iter().any(|held| held.group == group);
        if joined_now && after.list.iter().any(|held| held.group == group) {
            after.set_primary(group)?;
        }
    }
    after.settle(account.default_group, request.now);
    Ok(Some(Plan { user: id, before: current, after }))
}

/// The flags of a membership that the user has already, when other rules give it now than before: those of the first one,
/// or how every membership begins. What somebody else has set meanwhile stays.
fn flags_by_rules(source: &Source, held: &Membership, given: &[(Id, RuleGroup)]) -> Option<Flags> {
    let book = &source.connection.rules;
    let giving = given.iter().filter(|(_, given)| given.group == held.group);
    let now: Vec<Id> = giving.clone().map(|(rule, _)| *rule).collect();
    let rule_of = |origin: &Origin| match origin {
        Origin::Rule(rule) if book.has(*rule) => Some(*rule),
        _ => None,
    };
    let before: Vec<Id> = held.origins.iter().filter_map(rule_of).collect();
    if before.len() == now.len() && before.iter().all(|rule| now.contains(rule)) {
        return None;
    }
    let gave = book.rules.iter().filter(|rule| before.contains(&rule.id)).flat_map(|rule| &rule.set.groups);
    let gave = gave.clone().find(|given| given.group == held.group).map(RuleGroup::flags);
    // What a rule gave that is no more nobody knows; then the rules of now decide.
    let is_known = before.is_empty() || gave.is_some();
    let (held, gave) = (held.flags(), gave.unwrap_or_default().complete());
    let give = giving.map(|(_, given)| given.flags()).next().unwrap_or_default().complete();
    Some(Flags {
        group_admin: give.group_admin.filter(|_| !is_known || held.group_admin == gave.group_admin),
        can_send: give.can_send.filter(|_| !is_known || held.can_send == gave.can_send),
    })
}

/// Gives memberships through the user's profile.
struct Joining<'r> {
    request: &'r Request,
    after: &'r mut Memberships,
}

impl Joining<'_> {
    fn join(&mut self, group: Id, flags: Flags, origin: Origin) -> Result<(), Guard> {
        let account = &self.request.caller.tenant;
        let now = self.request.now;
        self.after.join(group, flags, origin, Door::Profile, now, account.default_group, &account.policies)
    }
}
