//! A follower of the change feed and the audit trail, as the product reads them.

use super::load::{Acknowledged, Writer};
use super::world::{Door, World};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::{Duration, Instant};

/// An event, as far as it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Event {
    kind: String,
    subject: String,
    version: i64,
    request: String,
}

impl Event {
    fn of(item: &Value) -> (i64, Self) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let event = Self {
            kind: text(&item["kind"]),
            subject: text(&item["subject"]["id"]),
            version: item["version"].as_i64().expect("a version"),
            request: text(&item["requestId"]),
        };
        (item["sequence"].as_i64().expect("a number"), event)
    }
}

/// Whoever asks with `after` = `next` for ever.
#[derive(Default)]
pub struct Follower {
    seen: BTreeMap<i64, Event>,
    next: i64,
    /// The newest entry of the audit trail that was read.
    newest: String,
    /// The requests in the audit trail, and what they were about.
    audited: HashSet<(String, String)>,
}

impl Follower {
    /// Reads what is new: nothing out of order, and an event and an audit entry for every write that was acknowledged.
    pub async fn check(&mut self, door: &Door, acknowledged: &[Acknowledged]) {
        self.read_audit(door).await;
        let audited: HashSet<&str> = self.audited.iter().map(|(request, _)| request.as_str()).collect();
        let missing: Vec<_> = acknowledged.iter().filter(|write| !audited.contains(write.request.as_str())).collect();
        assert!(missing.is_empty(), "not in the audit trail: {missing:?}");

        // On PostgreSQL an event waits for all older transactions, also of others.
        let begun = Instant::now();
        loop {
            self.read_events(door).await;
            let told: HashSet<&str> = self.seen.values().map(|event| event.request.as_str()).collect();
            let missing: Vec<_> = acknowledged.iter().filter(|write| !told.contains(write.request.as_str())).collect();
            if missing.is_empty() {
                break;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "not in the change feed: {missing:?}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Everything that is there has its event and its audit entry, also what nobody heard of; each user's last change is told
    /// with the version that he has.
    pub fn check_all(&self, world: &World, writers: &[Writer]) {
        let audited: HashSet<&str> = self.audited.iter().map(|(_, subject)| subject.as_str()).collect();
        let mut told: HashMap<&str, Vec<(&str, i64)>> = HashMap::new();
        for event in self.seen.values() {
            told.entry(&event.subject).or_default().push((&event.kind, event.version));
        }
        for (key, shown) in &world.0 {
            let told = told.get(shown.id.as_str()).unwrap_or_else(|| panic!("{key:?} has no event"));
            assert_eq!(told.iter().filter(|(kind, _)| kind.ends_with(".created")).count(), 1, "{key:?}: {told:?}");
            assert!(audited.contains(shown.id.as_str()), "{key:?} has no audit entry");
            assert!(told.iter().all(|(_, version)| *version <= shown.version), "{key:?}: {told:?}");
        }
        for id in writers.iter().flat_map(|writer| &writer.gone) {
            let kinds = told.get(id.as_str()).map(|told| told.iter().map(|(kind, _)| *kind)).into_iter().flatten();
            let ends = kinds.filter(|kind| matches!(*kind, "user.removed" | "group.deleted")).count();
            assert_eq!(ends, 1, "{id} is told to have ended once");
        }
    }

    /// Whoever reads everything from the beginning reads what a follower has read.
    pub async fn check_again(&self, door: &Door) {
        let mut other = Self::default();
        other.read_events(door).await;
        assert_eq!(other.seen, self.seen, "a follower misses nothing and gets nothing twice");
    }

    pub fn count(&self) -> usize {
        self.seen.len()
    }

    async fn read_events(&mut self, door: &Door) {
        loop {
            let page = door.api(&format!("/events?after={}&limit=1000", self.next)).await;
            for (sequence, event) in page.items().iter().map(Event::of) {
                assert!(sequence > self.next, "{sequence} comes after {}: {event:?}", self.next);
                self.next = sequence;
                self.seen.insert(sequence, event);
            }
            assert_eq!(page.body["next"], self.next);
            if page.items().len() < 1000 {
                return;
            }
        }
    }

    async fn read_audit(&mut self, door: &Door) {
        let (mut cursor, known) = (String::new(), self.newest.clone());
        loop {
            let page = door.api(&format!("/audit?limit=1000{cursor}")).await;
            for item in page.items() {
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                let id = text(&item["id"]);
                if id <= known {
                    return;
                }
                self.newest = self.newest.clone().max(id);
                self.audited.insert((text(&item["requestId"]), text(&item["subject"]["id"])));
            }
            match page.body["nextCursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return,
            }
        }
    }
}
