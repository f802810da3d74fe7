//! Filters (RFC 7644 §3.4.2.2) on a small known population: what each one finds, on both databases.

mod tables;

use crate::support::{Reply, Server, on_both};
use reqwest::Method;
use serde_json::{Value, json};
use tables::{GROUPS, REFUSED, USERS};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

on_both! {
    async fn each_filter_finds_exactly_the_users_it_describes(server) {
        let names = population(&server).await;
        check(&server, "/Users", "userName", &names, USERS).await;
    }

    async fn each_filter_finds_exactly_the_groups_it_describes(server) {
        let names = population(&server).await;
        check(&server, "/Groups", "displayName", &names, GROUPS).await;
    }

    /// RFC 7644 §3.4.2.2: what is not understood is refused, never an unfiltered list.
    async fn a_filter_that_makes_no_sense_is_refused(server) {
        population(&server).await;
        let nested = |depth: usize| format!("{}title pr{}", "(".repeat(depth), ")".repeat(depth));
        let terms = |count: usize| vec!["title pr"; count].join(" or ");
        let long = format!("title eq \"{}\"", "x".repeat(16 * 1024));
        let refused = REFUSED.iter().map(|filter| (*filter).to_owned());
        let mut wrong = Vec::new();
        for filter in refused.chain([nested(33), nested(10_000), terms(257), long]) {
            let reply = search(&server, "/Users", &filter).await;
            if (reply.status.as_u16(), reply.scim_type()) != (400, "invalidFilter") {
                wrong.push(format!("{}: {} {}", shortened(&filter), reply.status, reply.body));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));

        for filter in [nested(32), terms(256)] {
            let reply = search(&server, "/Users", &filter).await.expect(200);
            assert_eq!(reply.body["totalResults"], 2, "{}", shortened(&filter));
        }
    }
}

/// The last moment that .NET knows; Microsoft's tools use it for "no upper bound" (Entra E23).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_moment_of_the_year_9999_is_a_time() {
    let server = Server::start(crate::support::Database::Sqlite).await;
    let reply = search(&server, "/Users", r#"meta.lastModified le "9999-12-31T23:59:59.9999999Z""#).await;
    reply.expect(200);
}

/// Everything that the tables speak of, and the names in them that stand for something.
async fn population(server: &Server) -> Vec<(String, String)> {
    let bob = json!({
        "userName": "bob", "externalId": "e-1", "active": false, "name": { "givenName": "Bob", "familyName": "Émile" },
        "emails": [{ "value": "bob@home.example", "type": "home" }], "roles": [{ "value": "standard_user" }],
        ENTERPRISE: { "department": "Émaillerie" },
    });
    let mut ids = vec![];
    let ada = server.post("/Users", json!({ "userName": "ada" })).await.expect(201);
    ids.push(("bob".to_owned(), server.post("/Users", bob).await.expect(201).id()));
    let full = json!({
        "userName": "ada", "externalId": "E-1", "name": { "givenName": "Ada", "familyName": "Lovelace" },
        "displayName": "Ada Lovelace", "title": "Analyst",
        "emails": [{ "value": "ada@home.example", "type": "home" },
                   { "value": "ada@work.example", "type": "work", "primary": true }],
        "addresses": [{ "type": "work", "locality": "London", "postalCode": "SW1Y 4JH" }],
        "phoneNumbers": [{ "type": "mobile", "value": "+44 20 7946 0000" }],
        ENTERPRISE: { "department": "Engines", "employeeNumber": "0042", "manager": { "value": ids[0].1 } },
    });
    server.put(&format!("/Users/{}", ada.id()), full).await.expect(200);
    let wild = json!({ "userName": "wild", "displayName": "100%_sure\\x", "title": "a \"quote\"" });
    ids.push(("wild".to_owned(), server.post("/Users", wild).await.expect(201).id()));
    let zoe = json!({ "userName": "zoë", "displayName": "ÉCOLE" });
    ids.push(("zoë".to_owned(), server.post("/Users", zoe).await.expect(201).id()));

    let members = |ids: &[&str]| ids.iter().map(|id| json!({ "value": id })).collect::<Value>();
    let engineers =
        json!({ "displayName": "Engineers", "externalId": "G-1", "members": members(&[&ada.id(), &ids[0].1]) });
    ids.push(("Engineers".to_owned(), server.post("/Groups", engineers).await.expect(201).id()));
    let zoe = ids[2].1.clone();
    ids.push(("Ünion".to_owned(), server.group("Ünion", &[zoe]).await));
    server.group("Nobody", &[]).await;

    let created = ada.body["meta"]["created"].as_str().expect("a time").to_owned();
    let more = [
        ("ada", ada.id()),
        ("ADA", ada.id().to_uppercase()),
        ("ada.tail", ada.id()[24..].to_owned()),
        ("created", created),
        ("EU", ENTERPRISE.to_owned()),
    ];
    ids.extend(more.map(|(name, value)| (name.to_owned(), value)));
    ids
}

async fn check(server: &Server, path: &str, name: &str, names: &[(String, String)], table: &[(&str, &str)]) {
    let mut wrong = Vec::new();
    for (filter, expected) in table {
        let filled = names
            .iter()
            .fold((*filter).to_owned(), |filter, (name, value)| filter.replace(&format!("{{{name}}}"), value));
        let reply = search(server, path, &filled).await;
        let found: Vec<&str> = match reply.body["Resources"].as_array() {
            Some(resources) => resources.iter().filter_map(|resource| resource[name].as_str()).collect(),
            None => vec![reply.scim_type(), reply.body["detail"].as_str().unwrap_or_default()],
        };
        if found.join(" ") != *expected {
            wrong.push(format!("{filter}: expected [{expected}], found [{}]", found.join(" ")));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

async fn search(server: &Server, path: &str, filter: &str) -> Reply {
    let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": filter });
    crate::support::send(server.request(Method::POST, &format!("{path}/.search")).json(&body)).await
}

fn shortened(text: &str) -> String {
    text.chars().take(80).collect()
}
