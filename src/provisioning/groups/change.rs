//! What every change of a group does: load, save, show.

use super::Groups;
use super::draft::{draft, taken};
use super::members::{MemberChanges, Outcome};
use super::roles::{has_admin, recalculate};
use super::tell::tell;
use crate::domain::{Guard, Id, Scope};
use crate::provisioning::features::check_folders;
use crate::provisioning::render::{self, Answer};
use crate::provisioning::users::attribute_changes;
use crate::provisioning::verbs::Verbs;
use crate::provisioning::{Error, Request, profile};
use crate::scim::Object;
use crate::scim::etag::Condition;
use crate::scim::project::Projection;
use crate::scim::schema::{CONNECTOR_GROUP, GROUP};
use crate::storage::rows::{GroupDraftRow, StoredGroup};
use crate::storage::{Error as StorageError, Tx};
use serde_json::{Value, json};

/// A group that is being changed: locked, so that two requests for one group follow each other.
pub struct Loaded {
    pub group: StoredGroup,
    /// Without members.
    pub resource: Object,
}

pub async fn load(tx: &mut Tx<'_>, request: &Request, id: Id, condition: Option<&Condition>) -> Result<Loaded, Error> {
    let found = tx.group_locked(request.caller.account, id).await?;
    let group = found.ok_or_else(|| Groups::not_found(&id.to_string()))?;
    let resource = Groups::open(&group.stored, condition)?;
    Ok(Loaded { group, resource })
}

/// Locks the members that a request names and then the group, changes it, and writes what is different. What changes
/// nothing moves neither version nor time. The members of the group are not loaded.
pub async fn change(
    tx: &mut Tx<'_>,
    request: &Request,
    id: Id,
    condition: Option<&Condition>,
    members: &MemberChanges,
    to: impl FnOnce(&Object) -> Result<Object, Error> + Send,
) -> Result<StoredGroup, Error> {
    let account = request.caller.account;
    let prepared = members.prepare(tx, request, id).await?;
    let Loaded { mut group, resource } = load(tx, request, id, condition).await?;
    let new = profile::with_id(to(&resource)?, id, &GROUP);
    let version = group.stored.version;
    let changed = new != resource;
    let mut changes = Vec::new();
    if changed {
        changes = attribute_changes(&resource, &new);
        write(tx, request, &mut group, &resource, &new).await?;
    }
    let outcome = members.carry_out(tx, request, &group, prepared).await?;
    if changed || outcome.any {
        let now = request.now.max(group.stored.last_modified);
        // What everybody passes through counts nothing.
        let growth = if group.is_default { 0 } else { outcome.growth };
        tx.bump_group(account, id, growth, now).await?;
        group.stored.version = version + 1;
        group.stored.last_modified = now;
        group.member_count += growth;
        tell(tx, request, "group.updated", id, version + 1, changes, &outcome);
    }
    Ok(group)
}

/// Writes the fields of a group, and what follows from them.
async fn write(
    tx: &mut Tx<'_>,
    request: &Request,
    group: &mut StoredGroup,
    old: &Object,
    new: &Object,
) -> Result<(), Error> {
    let (account, id) = (&request.caller.tenant, group.stored.id.0);
    check_scope(request)?;
    check_parts(request, Some(old), new)?;
    let draft = draft(request, new, Some(group))?;
    let grants_admin = has_admin(&draft.roles, account);
    let row = GroupDraftRow::new(draft.clone(), grants_admin);
    let roles = row.roles.clone();
    group.stored.body.clone_from(&draft.profile.body);
    let written = tx.update_group(account.id, id, group.stored.version, row).await;
    if !written.map_err(|error| taken(error, &draft))? {
        return Err(StorageError::Contention("the group was changed meanwhile".to_owned()).into());
    }
    if draft.archived != group.archived {
        tx.count_archived(account.id, id, draft.archived);
        group.archived = draft.archived;
    }
    let granted = group.grants_admin;
    group.roles = roles;
    group.grants_admin = grants_admin;
    if granted != grants_admin && account.policies.grant_roles.is_on() {
        recalculate(tx, account.id, id, grants_admin).await?;
    }
    Ok(())
}

/// P-25: who administers groups changes their members and nothing else of them.
pub fn check_scope(request: &Request) -> Result<(), Guard> {
    match request.caller.source.connection.settings.scope {
        Scope::GroupAdmin(_) => Err(Guard::OutOfScope("only change the members of its groups")),
        _ => Ok(()),
    }
}

/// Roles and folders of groups are written only where the account has them (P-01, P-23).
pub fn check_parts(request: &Request, old: Option<&Object>, new: &Object) -> Result<(), Error> {
    let roles = |resource: &Object| resource.get(CONNECTOR_GROUP.id).and_then(|part| part.get("roles")).cloned();
    check_folders(request, &CONNECTOR_GROUP, old, new)?;
    let written = roles(new).filter(|written| old.and_then(roles).as_ref() != Some(written));
    if written.is_some() && !request.caller.tenant.policies.grant_roles.is_on() {
        return Err(Guard::GroupRolesDisabled.into());
    }
    Ok(())
}

/// A stored group as an answer.
pub async fn show(
    tx: &mut Tx<'_>,
    request: &Request,
    group: &StoredGroup,
    projection: &Projection,
) -> Result<Answer, Error> {
    let (account, id) = (request.caller.account, group.stored.id.0);
    let members = if projection.wants("members", &GROUP) { Some(tx.members(account, id).await?) } else { None };
    let extension = extension(tx, request, group, projection).await?;
    Ok(render::group(request, &group.stored, members, &extension, projection))
}

/// What of the connector's extension is shown on request.
pub async fn extension(
    tx: &mut Tx<'_>,
    request: &Request,
    group: &StoredGroup,
    projection: &Projection,
) -> Result<Object, Error> {
    let (account, id) = (request.caller.account, group.stored.id.0);
    let wants = |name: &str| projection.wants_of(&CONNECTOR_GROUP, name);
    let mut extension = Object::new();
    if wants("default") {
        extension.insert("default".to_owned(), group.is_default.into());
    }
    if wants("memberCount") {
        let count = if group.is_default { tx.count_members(account, id).await? } else { group.member_count };
        extension.insert("memberCount".to_owned(), count.into());
    }
    if wants("memberSettings") {
        let rows = tx.member_page(account, id, None, i64::MAX).await?;
        let settings: Vec<Value> = rows
            .iter()
            .map(|row| {
                json!({
                    "value": row.user_id.0.to_string(),
                    "groupAdmin": row.group_admin,
                    "canSend": row.can_send,
                    "primary": row.is_primary,
                })
            })
            .collect();
        if !settings.is_empty() {
            extension.insert("memberSettings".to_owned(), settings.into());
        }
    }
    Ok(extension)
}

/// What a group that was just made did to its first members.
pub fn tell_created(tx: &mut Tx<'_>, request: &Request, group: Id, resource: &Object, members: &Outcome) {
    let changes = attribute_changes(&Object::new(), resource);
    tell(tx, request, "group.created", group, 1, changes, members);
}
