//! What a request does to the members of a group, as one set of users to add and one to remove.

use crate::domain::{Door, Flags, GroupsMode, Guard, Id, Memberships, Scope, UnknownMembers};
use crate::expr::{Expr, Op, Value as Literal};
use crate::provisioning::memberships::{self, Plan};
use crate::provisioning::{Error, Request};
use crate::scim::decode;
use crate::scim::filter::Filter;
use crate::scim::patch::{Action, Change};
use crate::scim::quirk::{Quirk, Repair};
use crate::scim::schema::CONNECTOR_GROUP;
use crate::scim::{Error as ScimError, Object, Reading};
use crate::storage::rows::StoredGroup;
use crate::storage::{Error as StorageError, Tx};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The sum of all changes: who shall be a member afterwards and who not. Many operations on one group become few
/// statements this way.
#[derive(Debug, Clone, Default)]
pub struct MemberChanges {
    /// Whoever is not named is no member afterwards.
    replace_all: bool,
    /// True: is a member afterwards. In order of the ids, because rows are locked in this order.
    marks: BTreeMap<Id, bool>,
    /// Names to add that cannot be ids of ours.
    unknown: Vec<String>,
    flags: BTreeMap<Id, Flags>,
}

/// The users that a change is about, locked.
#[derive(Debug, Clone, Default)]
pub struct Prepared {
    /// Those that exist, in order.
    known: Vec<Id>,
    /// Of the group when its members were read.
    version: Option<i64>,
}

/// What came of it.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// The group looks different now.
    pub any: bool,
    /// Members afterwards less members before.
    pub growth: i64,
    pub added: Vec<Id>,
    pub removed: Vec<Id>,
    /// Users with the groups that they left for this one.
    pub moved: Vec<(Id, Id)>,
    /// Users whose primary group is another one: before and now.
    pub primaries: Vec<(Id, Option<Id>, Option<Id>)>,
}

impl MemberChanges {
    /// Exactly these members.
    pub fn exactly(members: Option<&Value>) -> Result<Self, Error> {
        let mut changes = Self { replace_all: true, ..Self::default() };
        changes.add(members)?;
        Ok(changes)
    }

    /// Counts one change of a PATCH in.
    pub fn include(&mut self, change: Change, reading: &mut Reading) -> Result<(), Error> {
        let attribute = change.target.attribute;
        if attribute.name == "memberSettings" {
            return self.include_setting(change, reading);
        }
        if let Some(sub) = change.target.sub {
            if sub.name == "value" {
                return Err(ScimError::mutability(
                    "members.value cannot be changed. Remove the member and add the other one.",
                )
                .into());
            }
            // `$ref` and `type` follow from the value.
            return Ok(());
        }
        // A value that names nobody is not the same as no value: only the latter means everybody.
        let names_all = change.value.as_ref().is_none_or(Value::is_null);
        let value = decode::attribute(attribute, change.value.unwrap_or(Value::Null), reading)?;
        match (change.action, change.selection) {
            (Action::Add, None) => self.add(value.as_ref()),
            (Action::Replace, None) => {
                *self = Self { flags: std::mem::take(&mut self.flags), ..Self::exactly(value.as_ref())? };
                Ok(())
            }
            (Action::Remove, None) => {
                if names_all {
                    *self = Self { flags: std::mem::take(&mut self.flags), ..Self::exactly(None)? };
                }
                if !names_all {
                    reading.note(Repair::RemoveWithValue, attribute.name);
                }
                self.remove(ids(value.as_ref())?.filter_map(|id| id.parse().ok()));
                Ok(())
            }
            (Action::Remove, Some(selection)) => {
                self.remove(chosen(&selection.filter)?.into_iter().filter_map(|id| id.parse().ok()));
                Ok(())
            }
            (Action::Add | Action::Replace, Some(selection)) => {
                if change.action == Action::Replace {
                    self.remove(chosen(&selection.filter)?.into_iter().filter_map(|id| id.parse().ok()));
                }
                let named = Value::Array(vec![Value::Object(selection.template)]);
                self.add(Some(value.as_ref().unwrap_or(&named)))
            }
        }
    }

    fn add(&mut self, members: Option<&Value>) -> Result<(), Error> {
        for id in ids(members)? {
            match id.parse::<Id>() {
                Ok(parsed) => drop(self.marks.insert(parsed, true)),
                Err(_) => self.unknown.push(id.to_owned()),
            }
        }
        Ok(())
    }

    fn remove(&mut self, ids: impl Iterator<Item = Id>) {
        for id in ids {
            self.marks.insert(id, false);
        }
    }

    /// Whether nothing is said about members.
    pub fn is_empty(&self) -> bool {
        !self.replace_all && self.marks.is_empty() && self.unknown.is_empty() && self.flags.is_empty()
    }

    /// Takes `memberSettings` out of a resource.
    pub fn take_settings(&mut self, resource: &mut Object) -> Result<(), Error> {
        let extension = resource.get_mut(CONNECTOR_GROUP.id).and_then(Value::as_object_mut);
        let settings = extension.and_then(|extension| extension.shift_remove("memberSettings"));
        self.set_flags(settings.as_ref())
    }

    /// Flags of memberships: the attribute `memberSettings`.
    pub fn set_flags(&mut self, settings: Option<&Value>) -> Result<(), Error> {
        for setting in settings.and_then(Value::as_array).into_iter().flatten() {
            let named = setting.get("value").and_then(Value::as_str);
            let Some(user) = named.and_then(|id| id.parse::<Id>().ok()) else {
                return Err(ScimError::value("Each of memberSettings must have a value: the id of a member.").into());
            };
            let flag = |name: &str| setting.get(name).and_then(Value::as_bool);
            let flags = self.flags.entry(user).or_default();
            flags.group_admin = flag("groupAdmin").or(flags.group_admin);
            flags.can_send = flag("canSend").or(flags.can_send);
        }
        Ok(())
    }

    /// Counts one change of `memberSettings` in.
    fn include_setting(&mut self, change: Change, reading: &mut Reading) -> Result<(), Error> {
        // To take a setting away is to set what a membership begins with.
        let initial = |name: &str| Value::Bool(name == "canSend");
        let value = change.value.filter(|_| change.action != Action::Remove);
        let Some(selection) = change.selection else {
            let settings = decode::attribute(change.target.attribute, value.unwrap_or(Value::Null), reading)?;
            return self.set_flags(settings.as_ref());
        };
        for user in chosen(&selection.filter)? {
            let mut setting = Object::from_iter([("value".to_owned(), Value::from(user))]);
            match change.target.sub {
                Some(sub) => {
                    let flag = value.clone().unwrap_or_else(|| initial(sub.name));
                    setting.insert(sub.name.to_owned(), flag);
                }
                None => match &value {
                    Some(Value::Object(parts)) => setting.extend(parts.clone()),
                    _ => setting.extend(["groupAdmin", "canSend"].map(|name| (name.to_owned(), initial(name)))),
                },
            }
            let one = Value::Array(vec![setting.into()]);
            let settings = decode::attribute(change.target.attribute, one, reading)?;
            self.set_flags(settings.as_ref())?;
        }
        Ok(())
    }

    /// Locks the users that the change is about, which comes before the group is locked.
    pub async fn prepare(&self, tx: &mut Tx<'_>, request: &Request, group: Id) -> Result<Prepared, Error> {
        let account = request.caller.account;
        if self.is_empty() {
            return Ok(Prepared::default());
        }
        let mut version = None;
        let mut touched: BTreeSet<Id> = self.marks.keys().chain(self.flags.keys()).copied().collect();
        if self.replace_all {
            // Whoever changes the members meanwhile changes the version.
            version = tx.group(account, group).await?.map(|group| group.stored.version);
            let current = tx.members(account, group).await?;
            touched.extend(current.iter().filter(|id| !self.marks.contains_key(id)));
        }
        let sorted: Vec<Id> = touched.into_iter().collect();
        let known = tx.lock_users(account, &sorted).await?;
        Ok(Prepared { known, version })
    }

    /// Carries the changes out on a group that is locked. An unknown user among those to add refuses all of it, unless
    /// the connection skips such (P-28).
    pub async fn carry_out(
        &self,
        tx: &mut Tx<'_>,
        request: &Request,
        group: &StoredGroup,
        prepared: Prepared,
    ) -> Result<Outcome, Error> {
        if self.is_empty() {
            return Ok(Outcome::default());
        }
        let caller = &request.caller;
        let (account, id) = (&caller.tenant, group.stored.id.0);
        if prepared.version.is_some_and(|version| version != group.stored.version) {
            return Err(StorageError::Contention("the group was changed meanwhile".to_owned()).into());
        }
        self.check_known(request, &prepared.known)?;
        if !self.flags.is_empty() {
            check_administered(request, group)?;
        }
        let origin = caller.actor.origin();
        let mut plans = Vec::new();
        let mut outcome = Outcome::default();
        for (user, before) in memberships::load(tx, account.id, &prepared.known).await? {
            let mut after = before.clone();
            let is_member = before.list.iter().any(|held| held.group == id);
            let flags = self.flags.get(&user).copied().unwrap_or_default();
            match self.marks.get(&user).copied().unwrap_or(!self.replace_all) {
                // A client that sends the whole list back does not become the giver of what others gave.
                true if is_member && (self.replace_all || !self.marks.contains_key(&user)) => {
                    after.set_flags(id, flags);
                }
                true if is_member || self.marks.contains_key(&user) => {
                    check_taking(request, group, &before, is_member)?;
                    after.join(
                        id,
                        flags,
                        origin,
                        Door::Group,
                        request.now,
                        account.default_group,
                        &account.policies,
                    )?;
                }
                true => return Err(Error::NotMember(user.to_string())),
                false if is_member => {
                    check_giving_up(request, group)?;
                    after.leave(id, origin);
                }
                false if self.flags.contains_key(&user) && !self.marks.contains_key(&user) => {
                    return Err(Error::NotMember(user.to_string()));
                }
                false => continue,
            }
            after.settle(account.default_group, request.now);
            let stays = after.list.iter().any(|held| held.group == id);
            match (is_member, stays) {
                (false, true) => outcome.added.push(user),
                (true, false) => outcome.removed.push(user),
                _ => {}
            }
            if before.primary() != after.primary() {
                outcome.primaries.push((user, before.primary(), after.primary()));
            }
            outcome.moved.extend(before.list.iter().filter(|held| held.group != id).filter_map(|held| {
                let left = !after.list.iter().any(|new| new.group == held.group);
                left.then_some((user, held.group))
            }));
            plans.push(Plan { user, before, after });
        }
        let written = memberships::write(tx, request, &plans, Some(group)).await?;
        tx.bump_users(account.id, &written.users, request.now).await?;
        outcome.growth = written.groups.get(&id).copied().unwrap_or_default();
        outcome.any = written.groups.contains_key(&id);
        Ok(outcome)
    }

    fn check_known(&self, request: &Request, known: &[Id]) -> Result<(), Error> {
        let is_stranger = |id: &&Id| known.binary_search(id).is_err();
        let wanted = self.marks.iter().filter(|(_, member)| **member).map(|(id, _)| id);
        let strangers = wanted.filter(is_stranger).map(Id::to_string);
        let strangers: Vec<String> = self.unknown.iter().cloned().chain(strangers).collect();
        let flagged = self.flags.keys().find(is_stranger);
        if strangers.is_empty() && flagged.is_none() {
            return Ok(());
        }
        if request.caller.choices().unknown_members == UnknownMembers::Skip {
            request.caller.notes.quirks([Quirk::new(Repair::UnknownMember, "members")]);
            tracing::warn!(count = strangers.len(), "members that are not users of this account were skipped");
            return Ok(());
        }
        match flagged.filter(|_| strangers.is_empty()) {
            Some(user) => Err(Error::NotMember(user.to_string())),
            None => Err(Error::UnknownMembers(strangers)),
        }
    }
}

/// The groups that a connection administers, when that is all it does.
fn administered(request: &Request) -> Option<&[Id]> {
    match &request.caller.source.connection.settings.scope {
        Scope::GroupAdmin(groups) => Some(groups),
        _ => None,
    }
}

/// Refuses a group that the connection does not administer.
fn check_administered(request: &Request, group: &StoredGroup) -> Result<(), Guard> {
    match administered(request) {
        Some(groups) if !groups.contains(&group.stored.id.0) => Err(Guard::NotGroupAdmin),
        _ => Ok(()),
    }
}

/// What a group administrator may take.
fn check_taking(request: &Request, group: &StoredGroup, before: &Memberships, is_member: bool) -> Result<(), Guard> {
    check_administered(request, group)?;
    let account = &request.caller.tenant;
    if is_member || administered(request).is_none() {
        return Ok(());
    }
    if !account.policies.group_admin_adds.is_on() {
        return Err(Guard::GroupAdminAddDisabled);
    }
    let elsewhere = before.list.iter().any(|held| held.group != account.default_group);
    if account.policies.groups_mode == GroupsMode::Single && elsewhere {
        return Err(Guard::OnlyFromDefaultGroup);
    }
    Ok(())
}

/// What a group administrator may give up.
fn check_giving_up(request: &Request, group: &StoredGroup) -> Result<(), Guard> {
    check_administered(request, group)?;
    if administered(request).is_some() && request.caller.tenant.policies.groups_mode == GroupsMode::Single {
        return Err(Guard::GroupAdminCannotRemove);
    }
    Ok(())
}

/// The ids in a canonical list of members.
fn ids(members: Option<&Value>) -> Result<impl Iterator<Item = &str>, Error> {
    let elements = members.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for member in elements.iter().filter_map(Value::as_object) {
        check(member)?;
    }
    Ok(elements.iter().filter_map(|member| member.get("value").and_then(Value::as_str)))
}

fn check(member: &Object) -> Result<(), Error> {
    if !member.contains_key("value") {
        return Err(ScimError::value("Each of members must have a value: the id of a user.").into());
    }
    match member.get("type").and_then(Value::as_str) {
        Some(kind) if kind.eq_ignore_ascii_case("Group") => Err(Error::GroupAsMember),
        _ => Ok(()),
    }
}

/// The ids that a value path names: `members[value eq "a" or value eq "b"]`.
fn chosen(filter: &Filter) -> Result<Vec<String>, Error> {
    let refused = || ScimError::path("Members can only be chosen by value, such as members[value eq \"…\"].").into();
    match filter {
        Expr::Compare(field, Op::Equal, Literal::Text(id)) if field.leaf().name == "value" => Ok(vec![id.clone()]),
        Expr::Or(terms) => Ok(terms.iter().map(chosen).collect::<Result<Vec<_>, _>>()?.concat()),
        // Every member is a user.
        Expr::And(terms) => {
            let is_type = |term: &&Filter| matches!(term, Expr::Compare(field, ..) if field.leaf().name == "type");
            match terms.iter().filter(|term| !is_type(term)).collect::<Vec<_>>().as_slice() {
                [one] => chosen(one),
                _ => Err(refused()),
            }
        }
        _ => Err(refused()),
    }
}
