//! What a request does to the members of a group, as one set of users to add and one to remove.

use crate::domain::Id;
use crate::expr::{Expr, Op, Value as Literal};
use crate::provisioning::{Error, Request};
use crate::scim::decode;
use crate::scim::filter::Filter;
use crate::scim::patch::{Action, Change};
use crate::scim::{Error as ScimError, Object};
use crate::storage::Tx;
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};

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
}

/// What came of it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Outcome {
    pub any: bool,
    /// Members afterwards less members before.
    pub growth: i64,
}

impl MemberChanges {
    /// Exactly these members.
    pub fn exactly(members: Option<&Value>) -> Result<Self, Error> {
        let mut changes = Self { replace_all: true, ..Self::default() };
        changes.add(members)?;
        Ok(changes)
    }

    /// Counts one change of a PATCH in.
    pub fn include(&mut self, change: Change) -> Result<(), Error> {
        let attribute = change.target.attribute;
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
        let value = decode::attribute(attribute, change.value.unwrap_or(Value::Null))?;
        match (change.action, change.selection) {
            (Action::Add, None) => self.add(value.as_ref()),
            (Action::Replace, None) => {
                *self = Self::exactly(value.as_ref())?;
                Ok(())
            }
            (Action::Remove, None) => {
                if names_all {
                    *self = Self::exactly(None)?;
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

    pub fn count(&self) -> usize {
        self.marks.len()
    }

    /// Carries the changes out on a group that is locked. An unknown user among those to add refuses all of it.
    pub async fn carry_out(&self, tx: &mut Tx<'_>, request: &Request, group: Id) -> Result<Outcome, Error> {
        let account = request.caller.account;
        if !self.replace_all && self.marks.is_empty() && self.unknown.is_empty() {
            return Ok(Outcome::default());
        }
        let named: Vec<Id> = self.marks.keys().copied().collect();
        let current: HashSet<Id> = if self.replace_all {
            tx.members(account, group).await?.into_iter().collect()
        } else {
            tx.members_among(account, group, &named).await?.into_iter().collect()
        };
        let wanted = self.marks.iter().filter(|(_, member)| **member).map(|(id, _)| *id);
        let joining: Vec<Id> = wanted.filter(|id| !current.contains(id)).collect();
        let stays = |id: &Id| self.marks.get(id).copied().unwrap_or(!self.replace_all);
        let leaving: Vec<Id> = current.into_iter().filter(|id| !stays(id)).collect();
        // Whoever is in the group is a user; those who join must be shown to be.
        let mut touched = [joining.as_slice(), leaving.as_slice()].concat();
        touched.sort();
        let known: HashSet<Id> = tx.lock_users(account, &touched).await?.into_iter().collect();
        let strangers = joining.iter().filter(|id| !known.contains(id)).map(Id::to_string);
        let strangers: Vec<String> = self.unknown.iter().cloned().chain(strangers).collect();
        if !strangers.is_empty() {
            return Err(Error::UnknownMembers(strangers));
        }
        tx.remove_members(account, group, &leaving, request.now).await?;
        tx.add_members(account, group, &joining, request.now).await?;
        let signed = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        Ok(Outcome {
            any: !joining.is_empty() || !leaving.is_empty(),
            growth: signed(joining.len()) - signed(leaving.len()),
        })
    }
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
