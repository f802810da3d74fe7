//! The guides for administrators of identity providers say what is pushed and what becomes of it. It is tried as it stands.
//!
//! `connection create` in a guide makes the connection. A `json rules` block is what PUT /connections/{id}/rules takes,
//! `json policies` what PATCH /account takes. A `json push` block is a POST /Users, and `json push PATCH /Users/{user}` is
//! what it says. A `json shows` block is part of what GET shows of the user then, `json refused` part of the answer to the
//! push above it; `…` stands for anything. `{user}` and `{group}` are the ids of the last user and the last group.

use crate::support::{Reply, Server, on_both, send};
use reqwest::Method;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

on_both! {
    /// E-39: rules and mappings for Okta.
    async fn okta(server) {
        follow(&server, "okta").await;
    }

    /// E-39: rules and mappings for Entra.
    async fn entra(server) {
        follow(&server, "entra").await;
    }

    /// E-39: rules and mappings for OneLogin.
    async fn onelogin(server) {
        follow(&server, "onelogin").await;
    }

    /// E-39: rules and mappings for JumpCloud.
    async fn jumpcloud(server) {
        follow(&server, "jumpcloud").await;
    }

    /// E-39: rules and mappings for PingOne and PingFederate.
    async fn ping(server) {
        follow(&server, "ping").await;
    }

    /// E-39: rules and mappings for SailPoint.
    async fn sailpoint(server) {
        follow(&server, "sailpoint").await;
    }

    /// E-39: rules and mappings for Google.
    async fn google(server) {
        follow(&server, "google").await;
    }

    /// E-39: rules and mappings for authentik.
    async fn authentik(server) {
        follow(&server, "authentik").await;
    }

    /// E-39: rules and mappings for HR systems.
    async fn hr(server) {
        follow(&server, "hr").await;
    }

    /// E-39: the examples that all guides have in common.
    async fn in_common(server) {
        follow(&server, "README").await;
    }
}

/// E-45: every guide is reached from both indexes, and has a test here.
#[test]
fn every_guide_is_linked_and_tried() {
    let read = |path: &Path| std::fs::read_to_string(path).expect("a page");
    let (outer, inner) = (read(&folder().join("../README.md")), read(&folder().join("README.md")));
    let this = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/guides.rs"));
    let files = std::fs::read_dir(folder()).expect("the guides").map(|file| file.expect("a file").file_name());
    for name in files.filter_map(|name| name.into_string().ok()) {
        assert!(outer.contains(&format!("](guides/{name})")), "docs/README.md does not link to guides/{name}");
        assert!(
            name == "README.md" || inner.contains(&format!("]({name})")),
            "docs/guides/README.md does not link to {name}"
        );
        let guide = name.strip_suffix(".md").expect("a page");
        assert!(this.contains(&format!("follow(&server, \"{guide}\")")), "nobody tries {guide}");
    }
}

/// E-46: every symptom in a guide has a cause, a fix and a time to verify.
#[test]
fn every_trouble_has_a_cause_a_fix_and_a_time() {
    for file in std::fs::read_dir(folder()).expect("the guides") {
        let path = file.expect("a file").path();
        let text = std::fs::read_to_string(&path).expect("a guide");
        let troubles = text.split("\n## ").find(|part| part.starts_with("Troubles")).unwrap_or_default();
        let rows: Vec<Vec<&str>> = troubles.lines().filter(|line| line.starts_with('|')).map(cells).collect();
        assert_eq!(rows.first(), Some(&vec!["Symptom", "Cause", "Fix", "Time to verify"]), "{}", path.display());
        assert!(rows.len() > 6, "{} knows few troubles", path.display());
        let poor = rows.iter().find(|row| row.len() != 4 || row.iter().any(|cell| cell.is_empty()));
        assert_eq!(poor, None, "{}", path.display());
    }
}

/// The cells of a line of a table.
fn cells(line: &str) -> Vec<&str> {
    line.trim_matches('|').split('|').map(str::trim).collect()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guides")
}

/// What all guides build on: the organizations and groups of docs/guides/README.md.
async fn follow(server: &Server, guide: &str) {
    let text = std::fs::read_to_string(folder().join(format!("{guide}.md"))).expect("the guide");
    for name in ["Sales", "Engineering"] {
        let body = json!({ "name": name, "settingsSet": "Default" });
        server.api(Method::POST, "/organizations", Some(body)).await.expect(201);
    }
    for name in ["Sellers", "Builders"] {
        server.api(Method::POST, "/groups", Some(json!({ "name": name }))).await.expect(201);
    }
    let mut session = Session::begin(server, &text).await;
    let mut shown = 0;
    for (tag, block) in blocks(&text) {
        let words: Vec<&str> = tag.split_whitespace().collect();
        match words.as_slice() {
            ["json", "rules"] => session.set(Method::PUT, "/rules", block).await,
            ["json", "settings"] => session.set(Method::PATCH, "", block).await,
            ["json", "policies"] => drop(server.api(Method::PATCH, "/account", Some(value(block))).await.expect(200)),
            ["json", "push"] => session.push("POST", "/Users", block).await,
            ["json", "push", method, path] => session.push(method, path, block).await,
            ["json", "shows"] => {
                session.shows(&value(block)).await;
                shown += 1;
            }
            ["json", "refused"] => session.refused(&value(block)),
            ["json", ..] => drop(value(block)),
            _ => {}
        }
    }
    session.settle();
    assert!(shown > 0, "{guide}.md shows nothing");
}

/// The connection of a guide.
struct Session<'s> {
    server: &'s Server,
    connection: String,
    token: String,
    user: String,
    group: String,
    /// The answer to the last push, until it is known whether it shall be a refusal.
    last: Option<(String, Reply)>,
}

impl<'s> Session<'s> {
    /// Makes the connection as the guide's own command does.
    async fn begin(server: &'s Server, text: &str) -> Self {
        let command = text.lines().find_map(|line| line.split_once("scim-connector connection create "));
        let words: Vec<&str> = command.expect("the guide makes a connection").1.split_whitespace().collect();
        let option = |name: &str| {
            let place = words.iter().position(|word| *word == name)?;
            words.get(place + 1).copied()
        };
        let body = json!({
            "name": words.first(),
            "dialect": option("--dialect").unwrap_or("auto"),
            "roleCeiling": option("--role-ceiling").unwrap_or("standard_user"),
        });
        let connection = server.api(Method::POST, "/connections", Some(body)).await.expect(201).id();
        let path = format!("/connections/{connection}/tokens");
        let token = server.api(Method::POST, &path, Some(json!({}))).await.expect(201);
        let token = token.body["secret"].as_str().expect("a secret").to_owned();
        Self { server, connection, token, user: String::new(), group: String::new(), last: None }
    }

    async fn set(&self, method: Method, path: &str, block: &str) {
        let path = format!("/connections/{}{path}", self.connection);
        self.server.api(method, &path, Some(value(block))).await.expect(200);
    }

    async fn push(&mut self, method: &str, path: &str, block: &str) {
        self.settle();
        let named = |text: &str| text.replace("{user}", &self.user).replace("{group}", &self.group);
        let (path, body) = (named(path), named(block));
        let url = format!("{}{path}", self.server.base_url);
        let request = self.server.client.request(method.parse().expect("a method"), url).bearer_auth(&self.token);
        let request = match body.trim() {
            "" => request,
            _ => request.header("content-type", "application/scim+json").body(value(&body).to_string()),
        };
        let reply = send(request).await;
        let made = match reply.body["Operations"].as_array() {
            Some(done) => {
                let wrong =
                    done.iter().find(|one| !one["status"].as_str().is_some_and(|status| status.starts_with('2')));
                assert_eq!(wrong, None, "{body}");
                let place = done.last().and_then(|one| one["location"].as_str());
                place.and_then(|place| place.rsplit('/').next()).map(str::to_owned)
            }
            None => reply.body["id"].as_str().map(str::to_owned),
        };
        match (path.contains("Groups"), made) {
            (true, Some(id)) => self.group = id,
            (false, Some(id)) => self.user = id,
            (_, None) => {}
        }
        self.last = Some((body, reply));
    }

    /// A push that nothing is said about succeeds.
    fn settle(&mut self) {
        if let Some((sent, reply)) = self.last.take() {
            assert!(reply.status.is_success(), "{sent}\nwas refused: {}", reply.body);
        }
    }

    fn refused(&mut self, expected: &Value) {
        let (sent, reply) = self.last.take().expect("a push above it");
        assert!(shows(expected, &reply.body), "{sent}\nwas answered {:#}\nand not {expected:#}", reply.body);
    }

    /// Asks for what is expected by name: much of the connector's extension is shown on request only.
    async fn shows(&mut self, expected: &Value) {
        self.settle();
        let mut names: Vec<String> = Vec::new();
        for (name, inner) in expected.as_object().expect("an object") {
            match inner.as_object().filter(|_| name.starts_with("urn:")) {
                Some(inner) => names.extend(inner.keys().map(|inner| format!("{name}:{inner}"))),
                None => names.push(name.clone()),
            }
        }
        let url = format!("{}/Users/{}", self.server.base_url, self.user);
        let request = self.server.client.get(url).bearer_auth(&self.token).query(&[("attributes", names.join(","))]);
        let found = send(request).await.expect(200).body;
        assert!(shows(expected, &found), "The user is {found:#}\nand not {expected:#}");
    }
}

/// Tag and content of every fenced block.
fn blocks(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split("```").skip(1).step_by(2).map(|block| block.split_once('\n').unwrap_or_default())
}

fn value(block: &str) -> Value {
    serde_json::from_str(block).unwrap_or_else(|error| panic!("{error}: {block}"))
}

/// Whether a value has everything that the guide shows; a list has each element that is shown.
fn shows(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::String(any), _) if any == "…" => !found.is_null(),
        (Value::Object(expected), Value::Object(found)) => {
            expected.iter().all(|(name, expected)| found.get(name).is_some_and(|found| shows(expected, found)))
        }
        (Value::Array(expected), Value::Array(found)) => {
            expected.len() == found.len()
                && expected.iter().all(|expected| found.iter().any(|found| shows(expected, found)))
        }
        _ => expected == found,
    }
}
