//! Groups made, changed, archived and deleted by an administrator.

use super::show::{find, one};
use super::view::GroupView;
use crate::admin::said::Said;
use crate::admin::users::{check_leaving, check_live};
use crate::admin::{Error, Request, through};
use crate::domain::{Guard, Id};
use crate::provisioning::Groups;
use crate::scim::{Object, urn};
use crate::storage::Tx;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// A group to make or to change. A change leaves alone what is left out and clears what is null.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[schema(as = GroupFields)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupFields {
    /// Unique in the account without regard to case.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub name: Said<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub description: Said<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub external_id: Said<String>,
    /// The whole list of roles that members inherit, each by key, name or alias. Only where groups grant roles.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    pub roles: Said<Vec<String>>,
    /// Folders that members reach.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    pub folders: Said<Vec<String>>,
    /// How tasks are dispatched to members.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub task_dispatch: Said<String>,
    /// The whole list of members, each by the id of the user.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    pub members: Said<Vec<String>>,
}

impl GroupFields {
    /// What is said: the SCIM path, and the value or none to clear it.
    fn said(&self, request: &Request) -> Result<Vec<(String, Option<Value>)>, Error> {
        let own = |name: &str| format!("{}:{name}", urn::CONNECTOR_GROUP);
        let mut said = Vec::new();
        for (path, text) in [
            ("displayName".to_owned(), &self.name),
            ("externalId".to_owned(), &self.external_id),
            (own("description"), &self.description),
            (own("taskDispatch"), &self.task_dispatch),
        ] {
            if text.is_said() {
                said.push((path, text.value().map(|text| text.as_str().into())));
            }
        }
        if self.folders.is_said() {
            said.push((own("folders"), values(self.folders.value().map(Vec::as_slice))));
        }
        if self.roles.is_said() {
            let keys = roles(request, self.roles.value().map(Vec::as_slice).unwrap_or_default())?;
            said.push((own("roles"), values(Some(&keys))));
        }
        if self.members.is_said() {
            said.push(("members".to_owned(), values(self.members.value().map(Vec::as_slice))));
        }
        Ok(said)
    }

    /// The ids among the members that can be ids.
    fn member_ids(&self) -> Vec<Id> {
        self.members.value().into_iter().flatten().filter_map(|id| id.parse().ok()).collect()
    }
}

fn values(list: Option<&[String]>) -> Option<Value> {
    let list = list.filter(|list| !list.is_empty())?;
    Some(list.iter().map(|value| json!({ "value": value })).collect())
}

/// The keys of roles.
fn roles(request: &Request, names: &[String]) -> Result<Vec<String>, Error> {
    let account = &request.caller.tenant;
    if !names.is_empty() && !account.policies.grant_roles.is_on() {
        return Err(Guard::GroupRolesDisabled.into());
    }
    let key = |name: &String| match account.catalogue.find(name) {
        Some(role) => Ok(role.key.clone()),
        None => Err(Guard::RoleUnknown { name: name.clone(), known: account.catalogue.names() }.into()),
    };
    names.iter().map(key).collect()
}

pub async fn create_group(tx: &mut Tx<'_>, request: &Request, fields: &GroupFields) -> Result<GroupView, Error> {
    if fields.name.value().is_none() {
        return Err(Error::Invalid { field: "name", detail: "A group needs a name." });
    }
    check_live(tx, request, &fields.member_ids()).await?;
    let mut body = Object::new();
    for (path, value) in fields.said(request)? {
        let Some(value) = value else { continue };
        match path.strip_prefix(urn::CONNECTOR_GROUP).and_then(|rest| rest.strip_prefix(':')) {
            Some(name) => body.entry(urn::CONNECTOR_GROUP).or_insert_with(|| json!({}))[name] = value,
            None => drop(body.insert(path, value)),
        }
    }
    let id = Id::new();
    through::create::<Groups>(tx, &request.provisioning(), id, body.into()).await?;
    one(tx, request, id).await
}

pub async fn edit_group(tx: &mut Tx<'_>, request: &Request, id: Id, fields: &GroupFields) -> Result<GroupView, Error> {
    let group = find(tx, request, id).await?;
    if fields.members.is_said() {
        let wanted: BTreeSet<Id> = fields.member_ids().into_iter().collect();
        let mut present = tx.members(request.caller.account, id).await?;
        let strangers: Vec<Id> = wanted.iter().copied().filter(|id| present.binary_search(id).is_err()).collect();
        check_live(tx, request, &strangers).await?;
        present.retain(|id| !wanted.contains(id));
        check_leaving(tx, request, id, &present).await?;
    }
    let operation = |(path, value): (String, Option<Value>)| match value {
        Some(value) => json!({ "op": "replace", "path": path, "value": value }),
        None => json!({ "op": "remove", "path": path }),
    };
    let operations: Vec<Value> = fields.said(request)?.into_iter().map(operation).collect();
    if operations.is_empty() {
        request.check_version(group.stored.version)?;
    } else {
        through::patch::<Groups>(tx, &request.provisioning(), id, operations, request.if_match.clone()).await?;
    }
    one(tx, request, id).await
}

/// Hides a group, or shows it again; its members stay either way.
pub async fn archive_group(tx: &mut Tx<'_>, request: &Request, id: Id, archived: bool) -> Result<GroupView, Error> {
    let path = format!("{}:archived", urn::CONNECTOR_GROUP);
    let operation = json!({ "op": "replace", "path": path, "value": archived });
    through::patch::<Groups>(tx, &request.provisioning(), id, vec![operation], request.if_match.clone()).await?;
    one(tx, request, id).await
}

/// Deletes a group, or archives it where the policy `groups.delete` says so. When it leaves users without any role, the
/// refusal names them and gives the word that confirms it.
pub async fn delete_group(tx: &mut Tx<'_>, request: &Request, id: Id, confirm: Option<&str>) -> Result<(), Error> {
    let mut confirmed = request.provisioning();
    confirmed.confirm = confirm.map(str::to_owned);
    through::delete::<Groups>(tx, &confirmed, id, request.if_match.as_ref()).await
}
