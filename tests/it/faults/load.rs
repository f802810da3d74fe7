//! A writer with a ledger: what was acknowledged, and the one write whose fate nobody told him.
//!
//! Each writer has users and groups of his own, so that he always knows what must be there.

use super::world::{Door, Retry, World, attempt, user_values};
use crate::fuzz::dice::Dice;
use crate::support::Reply;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// More users of a writer are deleted again, so that a long run does not grow.
const USERS: usize = 60;
const GROUPS: usize = 4;

const EXTENSION: &str = "urn:ietf:params:scim:schemas:extension:connector:2.0:User";

/// A resource by the name that its writer gave it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    User(String),
    Group(String),
}

/// What a writer knows of a resource: his values of a user, the names of the members of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    User(String),
    Group(BTreeSet<String>),
}

/// What one request does: all of it or nothing.
type Change = BTreeMap<Key, Option<State>>;

/// A write of which the server said that it is done.
#[derive(Debug)]
pub struct Acknowledged {
    /// The `x-request-id` of the answer.
    pub request: String,
    #[expect(dead_code, reason = "it says what is missing when something is")]
    pub what: String,
}

/// What became of a request.
#[derive(Debug, PartialEq, Eq)]
pub enum Fate {
    Done,
    /// It was not done: the server said so.
    Refused,
    /// Nobody knows.
    Unknown,
}

/// How often what happened.
#[derive(Debug, Default, Clone, Copy)]
pub struct Tally {
    pub done: usize,
    pub refused: usize,
    /// Writes of unknown fate, by what was found later.
    pub kept: usize,
    pub lost: usize,
}

impl std::iter::Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(tallies: I) -> Self {
        tallies.fold(Self::default(), |sum, one| Self {
            done: sum.done + one.done,
            refused: sum.refused + one.refused,
            kept: sum.kept + one.kept,
            lost: sum.lost + one.lost,
        })
    }
}

pub struct Writer {
    number: usize,
    dice: Dice,
    counter: usize,
    state: BTreeMap<Key, State>,
    ids: HashMap<Key, String>,
    pending: Option<(String, Change)>,
    last: Vec<Key>,
    /// Since they were last taken.
    pub acknowledged: Vec<Acknowledged>,
    /// Ids of what was deleted.
    pub gone: Vec<String>,
    pub tally: Tally,
}

struct Write {
    what: &'static str,
    method: Method,
    path: String,
    body: Value,
    change: Change,
}

impl Writer {
    pub fn new(number: usize) -> Self {
        Self {
            number,
            dice: Dice::new(number as u64 * 7_919 + 17),
            counter: 0,
            state: BTreeMap::new(),
            ids: HashMap::new(),
            pending: None,
            last: Vec::new(),
            acknowledged: Vec::new(),
            gone: Vec::new(),
            tally: Tally::default(),
        }
    }

    /// Eight of them.
    pub fn crew() -> Vec<Self> {
        (0..8).map(Self::new).collect()
    }

    /// Sends one random write.
    pub async fn step(&mut self, door: &Door) -> Fate {
        assert!(self.pending.is_none(), "what is not known comes first");
        let write = self.invent();
        let request = door.scim(write.method.clone(), &write.path);
        let request = if write.body.is_null() { request } else { request.json(&write.body) };
        self.pending = Some((format!("{} {}", write.what, write.path), write.change.clone()));
        let Some(reply) = attempt(request).await else { return Fate::Unknown };
        let fate = judge(&reply, write.what);
        match fate {
            Fate::Done => self.acknowledge(&write, &reply),
            Fate::Refused => {
                self.pending = None;
                self.tally.refused += 1;
            }
            Fate::Unknown => {}
        }
        fate
    }

    /// The resources of the last write that was acknowledged.
    pub fn last_keys(&self) -> Vec<Key> {
        self.last.clone()
    }

    /// Finds out what became of a write of unknown fate: it is there with all it did, or nothing of it is.
    pub fn resolve(&mut self, world: &World) {
        let Some((what, change)) = self.pending.take() else { return };
        let shown: Change = change.keys().map(|key| (key.clone(), self.shown(world, key))).collect();
        let before: Change = change.keys().map(|key| (key.clone(), self.state.get(key).cloned())).collect();
        if shown == change {
            self.tally.kept += 1;
            self.learn_ids(world, &change);
            self.apply(change);
        } else {
            assert_eq!(shown, before, "half of this is there: {what}; the whole is {change:?}");
            self.tally.lost += 1;
        }
    }

    /// Looks until the server can say what became of the write of unknown fate.
    pub async fn look_up(&mut self, door: &Door) -> Result<(), Retry> {
        let keys: Vec<Key> = self.pending.iter().flat_map(|(_, change)| change.keys().cloned()).collect();
        let world = World::look(door, keys.iter()).await?;
        self.resolve(&world);
        Ok(())
    }

    /// Everything acknowledged is there, with the value that was acknowledged.
    pub fn verify(&self, world: &World) {
        for (key, state) in &self.state {
            assert_eq!(self.shown(world, key).as_ref(), Some(state), "{key:?} is as it was acknowledged");
        }
    }

    /// Nothing else is there than what the writers made.
    pub fn verify_all(writers: &[Self], world: &World) {
        writers.iter().for_each(|writer| writer.verify(world));
        let mut unknown: Vec<&Key> = world.0.keys().collect();
        unknown.retain(|key| !writers.iter().any(|writer| writer.state.contains_key(*key)));
        assert!(unknown.is_empty(), "nobody made these, or they were deleted: {unknown:?}");
    }

    /// What was acknowledged last is what this server shows, too.
    pub async fn verify_last(&self, door: &Door, keys: &[Key]) -> Result<(), Retry> {
        let world = World::look(door, keys.iter()).await?;
        for key in keys {
            let (shown, known) = (self.shown(&world, key), self.state.get(key).cloned());
            assert_eq!(shown, known, "{key:?} is shown in an older state by {}", door.root);
        }
        Ok(())
    }

    fn shown(&self, world: &World, key: &Key) -> Option<State> {
        let shown = world.0.get(key)?;
        Some(match key {
            Key::User(_) => State::User(shown.values.clone()),
            Key::Group(_) => State::Group(shown.others.iter().map(|id| self.name_of(world, id)).collect()),
        })
    }

    fn name_of(&self, world: &World, id: &str) -> String {
        let known = self.ids.iter().find(|(_, known)| known.as_str() == id).map(|(key, _)| key);
        match known.or_else(|| world.0.iter().find(|(_, shown)| shown.id == id).map(|(key, _)| key)) {
            Some(Key::User(name)) => name.clone(),
            other => format!("{id} ({other:?})"),
        }
    }

    fn learn_ids(&mut self, world: &World, change: &Change) {
        let found = change.keys().filter_map(|key| Some((key.clone(), world.0.get(key)?.id.clone())));
        let found: Vec<(Key, String)> = found.collect();
        self.ids.extend(found);
    }

    fn apply(&mut self, change: Change) {
        for (key, state) in change {
            match state {
                Some(state) => {
                    self.state.insert(key, state);
                }
                None => {
                    self.state.remove(&key);
                    self.gone.extend(self.ids.remove(&key));
                }
            }
        }
    }

    fn acknowledge(&mut self, write: &Write, reply: &Reply) {
        self.pending = None;
        self.tally.done += 1;
        self.acknowledged
            .push(Acknowledged { request: reply.header("x-request-id").to_owned(), what: write.what.to_owned() });
        if write.method == Method::POST && write.path != "/Bulk" {
            let key = match &write.body["userName"] {
                Value::String(name) => Key::User(name.clone()),
                _ => Key::Group(write.body["displayName"].as_str().unwrap_or_default().to_owned()),
            };
            self.ids.insert(key, reply.id());
        }
        let operations = write.body["Operations"].as_array().filter(|_| write.path == "/Bulk");
        for (asked, told) in
            operations.into_iter().flatten().zip(reply.body["Operations"].as_array().into_iter().flatten())
        {
            assert!(told["status"].as_str().is_some_and(|status| status.starts_with('2')), "{told}");
            if let Some(name) = asked["data"]["userName"].as_str() {
                let id = told["location"].as_str().and_then(|location| location.rsplit('/').next()).expect("an id");
                self.ids.insert(Key::User(name.to_owned()), id.to_owned());
            }
        }
        self.last = write.change.keys().cloned().collect();
        self.apply(write.change.clone());
    }

    // What a writer thinks of.

    fn invent(&mut self) -> Write {
        let (users, groups) = (self.users(), self.groups());
        if groups.is_empty() {
            return self.create_group(&[]);
        }
        if users.len() < 4 {
            return self.create_user(None);
        }
        let (user, group) = (self.dice.pick(&users).clone(), self.dice.pick(&groups).clone());
        let is_crowded = users.len() > USERS;
        match self.dice.below(if is_crowded { 25 } else { 20 }) {
            0..3 => self.create_user(None),
            3..5 => self.create_user(Some(&group)),
            5 if groups.len() < GROUPS => self.create_group(&users[..3]),
            5 => self.delete(Key::Group(group)),
            6..10 => self.patch(&user),
            10..12 => self.put(&user),
            12..15 => self.add(&group, &users),
            15..18 => self.remove(&group),
            18 => self.bulk(&users),
            _ => self.delete(Key::User(user)),
        }
    }

    fn users(&self) -> Vec<String> {
        let name = |key: &Key| if let Key::User(name) = key { Some(name.clone()) } else { None };
        self.state.keys().filter_map(name).collect()
    }

    fn groups(&self) -> Vec<String> {
        let name = |key: &Key| if let Key::Group(name) = key { Some(name.clone()) } else { None };
        self.state.keys().filter_map(name).collect()
    }

    fn members(&self, group: &str) -> BTreeSet<String> {
        match self.state.get(&Key::Group(group.to_owned())) {
            Some(State::Group(members)) => members.clone(),
            _ => BTreeSet::new(),
        }
    }

    fn path(&self, key: &Key) -> String {
        let kind = if matches!(key, Key::User(_)) { "Users" } else { "Groups" };
        format!("/{kind}/{}", self.ids[key])
    }

    fn values_of(&self, name: &str) -> Value {
        json!({ "value": self.ids[&Key::User(name.to_owned())] })
    }

    /// Three values that are written together.
    fn values(&mut self) -> (String, String, bool) {
        self.counter += 1;
        (format!("name{}", self.counter), format!("title{}", self.counter), !self.dice.one_in(4))
    }

    fn fresh_user(&mut self) -> (String, Value, State) {
        let (display_name, title, _) = self.values();
        let name = format!("writer{}-{}@example.com", self.number, self.counter);
        let body = json!({ "userName": name, "displayName": display_name, "title": title });
        (name, body, State::User(user_values(&display_name, &title, true)))
    }

    fn create_user(&mut self, group: Option<&str>) -> Write {
        let (name, mut body, state) = self.fresh_user();
        let mut change = Change::from([(Key::User(name.clone()), Some(state))]);
        if let Some(group) = group {
            let key = Key::Group(group.to_owned());
            body[EXTENSION] = json!({ "memberships": [{ "value": self.ids[&key] }] });
            let mut members = self.members(group);
            members.insert(name);
            change.insert(key, Some(State::Group(members)));
        }
        Write { what: "POST", method: Method::POST, path: "/Users".to_owned(), body, change }
    }

    fn create_group(&mut self, members: &[String]) -> Write {
        self.counter += 1;
        let name = format!("writer{} group{}", self.number, self.counter);
        let values: Vec<Value> = members.iter().map(|member| self.values_of(member)).collect();
        let body = json!({ "displayName": name, "members": values });
        let change = Change::from([(Key::Group(name), Some(State::Group(members.iter().cloned().collect())))]);
        Write { what: "POST", method: Method::POST, path: "/Groups".to_owned(), body, change }
    }

    fn patch(&mut self, user: &str) -> Write {
        let key = Key::User(user.to_owned());
        let (operations, state) = self.new_values();
        let change = Change::from([(key.clone(), Some(state))]);
        Write { what: "PATCH", method: Method::PATCH, path: self.path(&key), body: patch(&operations), change }
    }

    fn new_values(&mut self) -> (Value, State) {
        let (display_name, title, active) = self.values();
        let operations = json!([
            { "op": "replace", "path": "displayName", "value": display_name },
            { "op": "replace", "path": "title", "value": title },
            { "op": "replace", "path": "active", "value": active },
        ]);
        (operations, State::User(user_values(&display_name, &title, active)))
    }

    fn put(&mut self, user: &str) -> Write {
        let key = Key::User(user.to_owned());
        let (display_name, title, active) = self.values();
        let body = json!({ "userName": user, "displayName": display_name, "title": title, "active": active });
        let state = State::User(user_values(&display_name, &title, active));
        let change = Change::from([(key.clone(), Some(state))]);
        Write { what: "PUT", method: Method::PUT, path: self.path(&key), body, change }
    }

    fn add(&mut self, group: &str, users: &[String]) -> Write {
        let mut members = self.members(group);
        let new: BTreeSet<String> =
            (0..3).map(|_| self.dice.pick(users).clone()).filter(|user| !members.contains(user)).collect();
        if new.is_empty() {
            return self.create_user(Some(group));
        }
        let values: Vec<Value> = new.iter().map(|user| self.values_of(user)).collect();
        members.extend(new);
        self.change_members(group, json!([{ "op": "add", "path": "members", "value": values }]), members)
    }

    fn remove(&mut self, group: &str) -> Write {
        let mut members = self.members(group);
        let old: Vec<String> = members.iter().take(2).cloned().collect();
        if old.is_empty() {
            return self.create_user(Some(group));
        }
        let operation = |user: &String| json!({ "op": "remove", "path": format!("members[value eq \"{}\"]", self.ids[&Key::User(user.clone())]) });
        let operations: Vec<Value> = old.iter().map(operation).collect();
        members.retain(|member| !old.contains(member));
        self.change_members(group, operations.into(), members)
    }

    fn change_members(&self, group: &str, operations: Value, members: BTreeSet<String>) -> Write {
        let key = Key::Group(group.to_owned());
        let change = Change::from([(key.clone(), Some(State::Group(members)))]);
        Write { what: "PATCH members", method: Method::PATCH, path: self.path(&key), body: patch(&operations), change }
    }

    fn delete(&self, key: Key) -> Write {
        let path = self.path(&key);
        Write { what: "DELETE", method: Method::DELETE, path, body: Value::Null, change: self.deletion(key) }
    }

    /// Who is deleted leaves his groups.
    fn deletion(&self, key: Key) -> Change {
        let mut change = Change::new();
        if let Key::User(user) = &key {
            for group in self.groups() {
                let mut members = self.members(&group);
                if members.remove(user) {
                    change.insert(Key::Group(group), Some(State::Group(members)));
                }
            }
        }
        change.insert(key, None);
        change
    }

    /// Two who are new, one who changes and one who goes.
    fn bulk(&mut self, users: &[String]) -> Write {
        let ((first, first_body, first_state), (second, second_body, second_state)) =
            (self.fresh_user(), self.fresh_user());
        let (operations, changed) = self.new_values();
        let (patched, deleted) = (Key::User(users[0].clone()), Key::User(users[1].clone()));
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
            "Operations": [
                { "method": "POST", "path": "/Users", "bulkId": "first", "data": first_body },
                { "method": "PATCH", "path": self.path(&patched), "data": patch(&operations) },
                { "method": "POST", "path": "/Users", "bulkId": "second", "data": second_body },
                { "method": "DELETE", "path": self.path(&deleted) },
            ],
        });
        let mut change = self.deletion(deleted);
        change.extend([
            (Key::User(first), Some(first_state)),
            (Key::User(second), Some(second_state)),
            (patched, Some(changed)),
        ]);
        Write { what: "Bulk", method: Method::POST, path: "/Bulk".to_owned(), body, change }
    }
}

fn patch(operations: &Value) -> Value {
    json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations })
}

/// Only what is done, and what is worth trying again, is an answer to a good request.
fn judge(reply: &Reply, what: &str) -> Fate {
    let code = reply.body["urn:ietf:params:scim:api:messages:connector:2.0:ErrorDetail"]["code"].as_str();
    match reply.status.as_u16() {
        200..300 => Fate::Done,
        503 | 507 => {
            let retry = reply.header("retry-after").parse::<u32>();
            assert!(retry.is_ok() || reply.status == 507, "{what}: 503 without Retry-After: {}", reply.body);
            match code {
                Some("database_busy" | "overloaded" | "database_full") => Fate::Refused,
                Some("outcome_unknown" | "timeout") => Fate::Unknown,
                other => panic!("{what}: {other:?} is no code of an answer to try again: {}", reply.body),
            }
        }
        status => panic!("{what}: {status} is not an answer to try again: {}", reply.body),
    }
}
