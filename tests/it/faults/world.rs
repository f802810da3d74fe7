//! What a server shows: all of it, by a walk over all pages, or some resources by their names.

use super::load::Key;
use super::site::Secrets;
use crate::support::{Reply, send};
use reqwest::{Client, RequestBuilder};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};

const PAGE: usize = 200;

/// How to ask one server.
#[derive(Clone)]
pub struct Door {
    pub client: Client,
    pub root: String,
    pub secrets: Secrets,
}

impl Door {
    pub fn new(root: &str, secrets: &Secrets) -> Self {
        // A server that keeps silent is a failure; its own limit is 30 seconds.
        let client = Client::builder().timeout(std::time::Duration::from_secs(90)).build().expect("a client");
        Self { client, root: root.to_owned(), secrets: secrets.clone() }
    }

    pub fn scim(&self, method: reqwest::Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}/scim/v2{path}", self.root)).bearer_auth(&self.secrets.token)
    }

    pub async fn get(&self, path: &str) -> Reply {
        send(self.scim(reqwest::Method::GET, path)).await.expect(200)
    }

    pub async fn api(&self, path: &str) -> Reply {
        let request = self.client.get(format!("{}/api/v1{path}", self.root));
        send(request.bearer_auth(&self.secrets.admin_key)).await.expect(200)
    }
}

/// A user or a group as it is shown.
#[derive(Debug)]
pub struct Shown {
    pub id: String,
    pub version: i64,
    /// What a writer decides about a user; nothing for a group.
    pub values: String,
    /// The groups of a user, the members of a group, by their ids.
    pub others: BTreeSet<String>,
}

impl Shown {
    fn user(resource: &Value) -> (Key, Self) {
        let text = |name: &str| resource[name].as_str().unwrap_or_default();
        let values = user_values(text("displayName"), text("title"), resource["active"] == true);
        (Key::User(text("userName").to_owned()), Self::new(resource, values, "groups"))
    }

    fn group(resource: &Value) -> (Key, Self) {
        let name = resource["displayName"].as_str().unwrap_or_default().to_owned();
        (Key::Group(name), Self::new(resource, String::new(), "members"))
    }

    fn new(resource: &Value, values: String, others: &str) -> Self {
        let others = resource[others].as_array().into_iter().flatten();
        let others = others.filter_map(|other| Some(other["value"].as_str()?.to_owned())).collect();
        let version = resource["meta"]["version"].as_str().expect("a version");
        let version = version.trim_start_matches("W/").trim_matches('"').parse().expect("a number");
        Self { id: resource["id"].as_str().expect("an id").to_owned(), version, values, others }
    }
}

/// What a writer decides about a user, as one text.
pub fn user_values(display_name: &str, title: &str, active: bool) -> String {
    format!("{display_name} {title} {active}")
}

#[derive(Debug, Default)]
pub struct World(pub HashMap<Key, Shown>);

impl World {
    /// Everything, when nobody writes. Totals agree with what a walk finds, and both sides of each membership.
    pub async fn walk(door: &Door) -> Self {
        let mut world = Self::default();
        for (path, read) in [("/Users", Shown::user as fn(&Value) -> (Key, Shown)), ("/Groups", Shown::group)] {
            let mut found = 0;
            let total = loop {
                let page = door.get(&format!("{path}?startIndex={}&count={PAGE}", found + 1)).await;
                found += page.resources().len();
                for (key, shown) in page.resources().iter().map(read) {
                    assert!(world.0.insert(key.clone(), shown).is_none(), "{key:?} is shown twice");
                }
                if page.resources().len() < PAGE {
                    break page.body["totalResults"].as_u64();
                }
            };
            assert_eq!(total, Some(found as u64), "the total of {path} agrees with a walk");
            let counted = door.get(&format!("{path}?filter=id pr&count=0")).await.body["totalResults"].as_u64();
            assert_eq!(counted, Some(found as u64), "a count of {path} agrees with a walk");
        }
        world.check_memberships();
        world
    }

    /// These resources alone.
    pub async fn look(door: &Door, keys: impl Iterator<Item = &Key>) -> Result<Self, Retry> {
        let mut world = Self::default();
        for key in keys {
            let (path, filter) = match key {
                Key::User(name) => ("/Users", format!("userName eq \"{name}\"")),
                Key::Group(name) => ("/Groups", format!("displayName eq \"{name}\"")),
            };
            let request = door.scim(reqwest::Method::GET, path).query(&[("filter", filter)]);
            let reply = attempt(request).await.ok_or(Retry)?;
            if reply.status == 503 {
                assert_ne!(reply.header("retry-after"), "", "{}", reply.body);
                return Err(Retry);
            }
            let read = if path == "/Users" { Shown::user } else { Shown::group };
            world.0.extend(reply.expect(200).resources().iter().map(read));
        }
        Ok(world)
    }

    fn check_memberships(&self) {
        let (mut of_users, mut of_groups) = (BTreeSet::new(), BTreeSet::new());
        for (key, shown) in &self.0 {
            for other in &shown.others {
                match key {
                    Key::User(_) => of_users.insert((other, &shown.id)),
                    Key::Group(_) => of_groups.insert((&shown.id, other)),
                };
            }
        }
        assert_eq!(of_users, of_groups, "the groups of users are the members of groups");
    }
}

/// The server is not there or says that it is worth trying again.
#[derive(Debug)]
pub struct Retry;

/// An answer that came whole, or none.
pub async fn attempt(request: RequestBuilder) -> Option<Reply> {
    let response = request.send().await.inspect_err(|error| assert!(!error.is_timeout(), "no answer: {error}")).ok()?;
    let (status, headers) = (response.status(), response.headers().clone());
    let bytes = response.bytes().await.ok()?;
    let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    Some(Reply { status, headers, body })
}
