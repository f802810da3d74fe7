//! Broken requests over HTTP: the server refuses them in the words of the protocol and goes on.

use super::dice::Dice;
use super::{corpus, mutate, number, seed};
use crate::support::{Database, Server, send};
use reqwest::Method;
use scim_connector::scim::urn;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const REQUESTS: usize = 3_000;
const METHODS: &[&str] = &["GET", "GET", "GET", "POST", "POST", "PUT", "PATCH", "PATCH", "DELETE", "OPTIONS", "BREW"];
/// Requests that get past the router. `ID` stands for a resource of that type.
const ROUTES: &[(&str, &str)] = &[
    ("GET", "/Users"),
    ("GET", "/Users"),
    ("POST", "/Users"),
    ("POST", "/Users"),
    ("PUT", "/Users/ID"),
    ("PATCH", "/Users/ID"),
    ("PATCH", "/Users/ID"),
    ("GET", "/Users/ID"),
    ("DELETE", "/Users/ID"),
    ("GET", "/Groups"),
    ("POST", "/Groups"),
    ("PUT", "/Groups/ID"),
    ("PATCH", "/Groups/ID"),
    ("PATCH", "/Groups/ID"),
    ("GET", "/Groups/ID"),
    ("DELETE", "/Groups/ID"),
    ("POST", "/Bulk"),
    ("POST", "/Bulk"),
    ("POST", "/.search"),
    ("POST", "/Users/.search"),
    ("POST", "/Groups/.search"),
    ("GET", ""),
    ("GET", "/Schemas"),
    ("GET", "/ResourceTypes"),
];
const PATHS: &[&str] = &[
    "",
    "/",
    "/Users",
    "/Users",
    "/Groups",
    "/Users/ID",
    "/Users/ID",
    "/Groups/ID",
    "/Users/ID/",
    "/Bulk",
    "/.search",
    "/Users/.search",
    "/Groups/.search",
    "/Me",
    "/ServiceProviderConfig",
    "/ResourceTypes",
    "/ResourceTypes/User",
    "/Schemas",
    "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User",
    "/openapi.json",
    "/Users/x",
    "/nothing",
    "/Users/ID/more",
    "/%00",
    "/Users/%ff",
];

/// What was made so far.
struct Ids {
    users: Vec<String>,
    groups: Vec<String>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_survives_every_request() {
    let server = Server::start(Database::Sqlite).await;
    let mut dice = seed();
    let mut ids = Ids { users: vec![server.user("first").await], groups: vec![server.group("first", &[]).await] };
    let mut answers: BTreeMap<u16, usize> = BTreeMap::new();
    for _ in 0..number("FUZZ_REQUESTS", REQUESTS) {
        let made = request(&mut dice, &server, &ids);
        // What the client cannot put on the wire.
        let Ok(made) = made.build() else { continue };
        let shown = format!("{} {} {:?} {:?}", made.method(), made.url(), made.headers(), body_of(&made));
        let reply = send(reqwest::RequestBuilder::from_parts(server.client.clone(), made)).await;
        let status = reply.status.as_u16();
        *answers.entry(status).or_default() += 1;
        assert!(status < 500 || status == 501, "{shown} was answered {status} {}", reply.body);
        if status >= 400 {
            assert_eq!(reply.body["schemas"][0], urn::ERROR, "{shown} was answered {status} {}", reply.body);
            assert_eq!(reply.body["status"], status.to_string(), "{shown}");
            assert!(reply.body["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{shown}");
        }
        if let Some(id) = reply.body["id"].as_str().filter(|_| status == 201) {
            let of_type = if reply.body["meta"]["resourceType"] == "Group" { &mut ids.groups } else { &mut ids.users };
            of_type.push(id.to_owned());
        }
    }
    println!("{answers:?}");
    // Refusals alone would mean that nothing got past the door.
    let of = |statuses: std::ops::Range<u16>| answers.range(statuses).map(|(_, number)| number).sum::<usize>();
    assert!(of(200..300) > 0 && of(400..500) > 0, "{answers:?}");

    let found = server.find("/Users", "userName eq \"after\"").await.expect(200);
    assert_eq!(found.body["totalResults"], 0);
    let id = server.user("after").await;
    assert_eq!(server.get(&format!("/Users/{id}")).await.expect(200).body["userName"], "after");
}

fn body_of(request: &reqwest::Request) -> Option<String> {
    request.body()?.as_bytes().map(|bytes| String::from_utf8_lossy(bytes).into_owned())
}

fn request(dice: &mut Dice, server: &Server, ids: &Ids) -> reqwest::RequestBuilder {
    let (method, path) = if dice.one_in(8) { (*dice.pick(METHODS), *dice.pick(PATHS)) } else { *dice.pick(ROUTES) };
    let method = Method::from_bytes(method.as_bytes()).expect("a method");
    let of_type = if path.starts_with("/Groups") != dice.one_in(20) { &ids.groups } else { &ids.users };
    // Late ones are likelier to be there still.
    let id = &of_type[of_type.len() - 1 - dice.below(of_type.len().min(8))];
    let mut path = path.replace("ID", id);
    if dice.one_in(20) {
        path = format!("/{}", mutate::text(dice, &[&path]));
    }
    if dice.one_in(2) {
        path = format!("{path}?{}", query(dice));
    }
    let mut request = server.request(method.clone(), &path);
    if dice.one_in(10) {
        let header = *dice.pick(&[
            "If-Match",
            "If-None-Match",
            "Authorization",
            "Content-Type",
            "Accept",
            "Accept-Encoding",
            "Host",
        ]);
        request = request.header(
            header,
            mutate::text(dice, &["W/\"1\"", "*", "Bearer x", "application/scim+json; charset=utf-8", "\"a\", W/\"2\""]),
        );
    }
    if method != Method::GET || dice.one_in(30) {
        request = request.body(body(dice, &method, &path, &ids.users));
    }
    request
}

fn query(dice: &mut Dice) -> String {
    match dice.below(3) {
        0 => {
            let filter = mutate::text(dice, &corpus::lines(corpus::FILTERS));
            form_urlencoded::Serializer::new(String::new()).append_pair("filter", &filter).finish()
        }
        1 => (*dice.pick(&corpus::lines(corpus::QUERIES))).to_owned(),
        _ => mutate::text(dice, &corpus::lines(corpus::QUERIES)),
    }
}

/// Mostly a body that belongs to the request, so that it goes deep, and changed.
fn body(dice: &mut Dice, method: &Method, path: &str, ids: &[String]) -> Vec<u8> {
    let fitting = if *method == Method::PATCH {
        corpus::PATCHES
    } else if path.starts_with("/Bulk") {
        corpus::BULKS
    } else if path.starts_with("/Groups") {
        corpus::GROUPS
    } else {
        corpus::USERS
    };
    let other = [corpus::USERS, corpus::GROUPS, corpus::PATCHES, corpus::BULKS][dice.below(4)];
    let mut lines = corpus::lines(if dice.one_in(8) { other } else { fitting });
    let search = search_request(dice);
    if path.contains("/.search") {
        lines = vec![&search];
    }
    match dice.below(5) {
        0 => mutate::bytes(dice, &lines),
        1 => unique(mutate::line(dice, &lines), dice, ids).into_bytes(),
        _ => {
            let changed = mutate::json(dice, &lines).unwrap_or_default().to_string();
            unique(&changed, dice, ids).into_bytes()
        }
    }
}

/// Other names than those in use, and members that exist, because otherwise most would end in the same refusal.
fn unique(body: &str, dice: &mut Dice, ids: &[String]) -> String {
    let body = body.replace("01a1ff9d-7ebc-7469-ad79-7cd1d3877a04", &ids[dice.below(ids.len())]);
    body.replace("\"userName\":\"", &format!("\"userName\":\"{}", dice.below(1_000_000)))
        .replace("\"displayName\":\"", &format!("\"displayName\":\"{}", dice.below(1_000_000)))
}

fn search_request(dice: &mut Dice) -> String {
    let filter: Value = mutate::text(dice, &corpus::lines(corpus::FILTERS)).into();
    json!({
        "schemas": [urn::SEARCH_REQUEST], "filter": filter, "count": dice.below(5), "attributes": ["userName"],
        "sortBy": dice.pick(&["userName", "emails", "nosuch"]), "cursor": dice.pick(&[Value::Null, "".into(), "x".into()]),
    })
    .to_string()
}
