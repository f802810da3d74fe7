//! PATCH /Users/{id} (RFC 7644 §3.5.2).

use super::Users;
use super::change::{Opened, load, save};
use super::facts::facts;
use super::wishes::{DECIDED, Wish, Wishes};
use super::written_groups;
use crate::domain::Id;
use crate::provisioning::render::Answer;
use crate::provisioning::verbs::Verbs;
use crate::provisioning::{Error, Request};
use crate::scim::Object;
use crate::scim::etag::Condition;
use crate::scim::patch::{Change, PatchRequest, apply, bind};
use crate::scim::project::Projection;
use crate::scim::schema::{CONNECTOR_USER, USER};
use crate::storage::Tx;
use serde_json::Value;

/// Changes that are bound to the schema and not yet applied.
#[derive(Debug, Clone)]
pub struct UserPatch {
    id: Id,
    changes: Vec<Change>,
    condition: Option<Condition>,
}

impl UserPatch {
    /// Changes of a user who is known.
    pub fn new(id: Id, changes: Vec<Change>) -> Self {
        Self { id, changes, condition: None }
    }

    pub fn decode(request: &Request, id: &str, body: Value, condition: Option<Condition>) -> Result<Self, Error> {
        let changes = request.reading(|reading| {
            let mut message = PatchRequest::decode(body, reading)?;
            if written_groups::are_taken(request) {
                written_groups::in_patch(&mut message, reading);
            }
            bind(message, &USER, id, reading)
        })?;
        Ok(Self { id: Users::parse_id(id)?, changes, condition })
    }

    /// The attributes that the product decides and this request names.
    fn named(&self) -> Vec<&'static str> {
        let ours = |change: &&Change| change.target.extension.is_some_and(|schema| schema.id == CONNECTOR_USER.id);
        let names = self.changes.iter().filter(ours).map(|change| change.target.attribute.name);
        names.filter(|name| DECIDED.contains(name)).collect()
    }

    fn says_roles(&self) -> bool {
        let mut targets = self.changes.iter().map(|change| change.target);
        targets.any(|target| target.extension.is_none() && target.attribute.name == "roles")
    }
}

pub async fn patch(
    tx: &mut Tx<'_>,
    request: &Request,
    user: &UserPatch,
    projection: &Projection,
) -> Result<Answer, Error> {
    let opened = load(tx, request, user.id, user.condition.as_ref(), Some(projection)).await?;
    let (named, says_roles) = (user.named(), user.says_roles());
    if named.is_empty() {
        let new = request.reading(|reading| apply(user.changes.clone(), &opened.resource, &USER, reading))?;
        let wishes = Wishes { says_roles, ..Wishes::default() };
        return save(tx, request, opened, new, &wishes, projection).await;
    }
    let old = with_decided(tx, request, &opened, &named).await?;
    let mut new = request.reading(|reading| apply(user.changes.clone(), &old, &USER, reading))?;
    let (before, mut wishes) = (Wishes::take(&mut old.clone())?, Wishes::take(&mut new)?);
    wishes.says_roles = says_roles;
    let differs = |before: &Wish, after: Wish| match after {
        after if after == *before => Wish::Unsaid,
        Wish::Unsaid => Wish::Withdrawn,
        after => after,
    };
    wishes.organization = differs(&before.organization, wishes.organization);
    wishes.primary_group = differs(&before.primary_group, wishes.primary_group);
    wishes.memberships = match wishes.memberships {
        // The last one was taken away.
        None if named.contains(&"memberships") => Some(Vec::new()),
        after if after == before.memberships => None,
        after => after,
    };
    save(tx, request, opened, new, &wishes, projection).await
}

/// The resource as a client that names these attributes sees it.
async fn with_decided(
    tx: &mut Tx<'_>,
    request: &Request,
    opened: &Opened,
    named: &[&'static str],
) -> Result<Object, Error> {
    let id = opened.user.stored.id.0;
    let names: Vec<String> = named.iter().map(|name| format!("{}:{name}", CONNECTOR_USER.id)).collect();
    let projection = Projection::new(Some(&names), None, &USER);
    let facts = facts(tx, request, &[(id, opened.placement.organization)], None, &projection).await?;
    let mut resource = opened.resource.clone();
    if let Some(facts) = facts.get(&id)
        && let Value::Object(extension) = resource.entry(CONNECTOR_USER.id).or_insert_with(|| Object::new().into())
    {
        extension.extend(facts.extension.clone());
    }
    Ok(resource)
}
