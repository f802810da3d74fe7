//! From rows to what an administrator sees of groups.

use super::view::{GroupView, RoleOfGroup};
use crate::admin::users::Action;
use crate::admin::{Error, Request};
use crate::domain::{Guard, Id};
use crate::scim::{Object, time, urn};
use crate::storage::Tx;
use crate::storage::rows::{StoredGroup, from_json};
use serde_json::Value;

pub async fn find(tx: &mut Tx<'_>, request: &Request, id: Id) -> Result<StoredGroup, Error> {
    let found = tx.group(request.caller.account, id).await?;
    found.ok_or_else(|| Error::NotVisible { what: "group", id: id.to_string() })
}

pub async fn one(tx: &mut Tx<'_>, request: &Request, id: Id) -> Result<GroupView, Error> {
    let group = find(tx, request, id).await?;
    show(tx, request, &group).await
}

pub async fn show(tx: &mut Tx<'_>, request: &Request, group: &StoredGroup) -> Result<GroupView, Error> {
    let id = group.stored.id.0;
    let body: Object = from_json(&group.stored.body)?;
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let own = |name: &str| body.get(urn::CONNECTOR_GROUP).and_then(|extension| extension.get(name));
    let folders = own("folders").and_then(Value::as_array).into_iter().flatten();
    let catalogue = &request.caller.tenant.catalogue;
    let roles = from_json::<Vec<String>>(&group.roles)?.into_iter();
    let roles = roles.filter_map(|key| Some(RoleOfGroup { name: catalogue.by_key(&key)?.name.clone(), key }));
    // The row of Default counts nothing, because every new user passes through it.
    let member_count =
        if group.is_default { tx.count_members(request.caller.account, id).await? } else { group.member_count };
    Ok(GroupView {
        id: id.to_string(),
        name: text(body.get("displayName")).unwrap_or_default(),
        description: text(own("description")),
        external_id: text(body.get("externalId")),
        default: group.is_default,
        archived: group.archived,
        roles: roles.collect(),
        folders: folders.filter_map(|folder| text(folder.get("value"))).collect(),
        task_dispatch: text(own("taskDispatch")),
        member_count,
        created_at: time::format(id.created()),
        updated_at: time::format(group.stored.last_modified),
        version: group.stored.version,
        actions: actions(group),
    })
}

fn actions(group: &StoredGroup) -> Vec<Action> {
    let protected = |what| group.is_default.then_some(Guard::DefaultGroupProtected(what));
    let archive = match group.archived {
        true => Action::new("unarchive", None),
        false => Action::new("archive", protected("archived").as_ref()),
    };
    vec![Action::new("edit", None), archive, Action::new("delete", protected("deleted").as_ref())]
}
