//! Random users and groups. Their values come from a small alphabet, so that random conditions meet them.

use super::runner;
use crate::support::Server;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::ValueTree;
use scim_connector::scim::{Object, urn};
use serde_json::{Value, json};

/// Where databases differ from each other and from Unicode: letters whose case folds to two, the wildcards of LIKE,
/// quotes and backslashes, what sorts differently by UTF-16, by locale and by code point, and spaces.
pub const PIECES: &[&str] = &[
    "a",
    "A",
    "ab",
    "AB",
    "b",
    "É",
    "é",
    "e\u{301}",
    "ß",
    "SS",
    "İ",
    "i",
    "I",
    "ı",
    "Σ",
    "ς",
    "😀",
    "\u{FFFD}",
    "\u{10FFFF}",
    "\u{D7FF}",
    "\u{E000}",
    "ﬀ",
    "%",
    "_",
    "\\",
    "\"",
    "'",
    " ",
    "-",
    "?",
    "$1",
    "{",
    "1",
    "0",
    "true",
];

/// What users write into `type`.
pub const TYPES: &[&str] = &["work", "Work", "home", "é", "%"];

/// A text that is never empty.
pub fn text() -> impl Strategy<Value = String> + Clone {
    prop::collection::vec(select(PIECES), 1..=3).prop_map(|pieces| pieces.concat())
}

/// A multi-valued attribute: every part may be missing, and so may be the whole.
fn list(parts: &'static [&'static str]) -> impl Strategy<Value = Value> {
    let element = (subsequence(parts, 0..=parts.len()), prop::collection::vec(text(), parts.len()), of(select(TYPES)));
    let element = (element, of(any::<bool>())).prop_map(|((parts, texts, kind), primary)| {
        let mut element = Object::new();
        element.extend(parts.into_iter().zip(texts).map(|(part, text)| (part.to_owned(), text.into())));
        element.extend(kind.map(|kind| ("type".to_owned(), kind.into())));
        element.extend(primary.map(|primary| ("primary".to_owned(), primary.into())));
        Value::from(element)
    });
    prop::collection::vec(element, 0..=3).prop_map(Value::from)
}

/// Some of the simple attributes.
fn texts(names: &'static [&'static str]) -> impl Strategy<Value = Object> {
    (subsequence(names, 0..=names.len()), prop::collection::vec(text(), names.len())).prop_map(|(names, texts)| {
        names.into_iter().zip(texts).map(|(name, text)| (name.to_owned(), text.into())).collect()
    })
}

/// The body of a user as a client may send it.
pub fn user() -> impl Strategy<Value = Object> {
    let simple =
        texts(&["userName", "externalId", "displayName", "nickName", "title", "userType", "profileUrl", "locale"]);
    let name = texts(&["formatted", "familyName", "givenName", "middleName"]);
    let enterprise = (texts(&["employeeNumber", "costCenter", "department", "division"]), of(text()));
    let lists = (
        list(&["value", "display"]),
        list(&["value", "display"]),
        list(&["locality", "country", "formatted"]),
        list(&["value", "display"]),
        list(&["value"]),
    );
    (simple, name, enterprise, lists, of(any::<bool>()), text()).prop_map(
        |(mut user, name, (mut enterprise, manager), lists, active, user_name)| {
            user.entry("userName").or_insert(user_name.into());
            user.insert("name".to_owned(), name.into());
            let (emails, phones, addresses, roles, photos) = lists;
            for (name, list) in [
                ("emails", emails),
                ("phoneNumbers", phones),
                ("addresses", addresses),
                ("roles", roles),
                ("photos", photos),
            ] {
                user.insert(name.to_owned(), list);
            }
            user.extend(active.map(|active| ("active".to_owned(), active.into())));
            enterprise.extend(manager.map(|manager| ("manager".to_owned(), json!({ "value": manager }))));
            user.insert(urn::ENTERPRISE_USER.to_owned(), enterprise.into());
            user
        },
    )
}

/// Pushes this many random users, and a few groups of them; gives the users as the server shows them, in order of
/// creation.
pub async fn push(server: &Server, number: usize) -> Vec<Object> {
    // The sample is taken at once: a random source must not live across an await.
    let (users, groups) = {
        let mut runner = runner(1);
        let mut sample = prop::collection::vec(user(), number).new_tree(&mut runner).expect("a sample").current();
        for (index, user) in sample.iter_mut().enumerate() {
            // Unique whatever the case.
            user["userName"] = format!("{}{index}", user["userName"].as_str().unwrap_or_default()).into();
            // A name of spaces alone is refused.
            if user.get("displayName").and_then(Value::as_str).is_some_and(|name| name.trim().is_empty()) {
                user.remove("displayName");
            }
            if let Some(external_id) = user.get_mut("externalId") {
                *external_id = format!("{}{index}", external_id.as_str().unwrap_or_default()).into();
            }
        }
        let members = prop::collection::vec(prop::collection::vec(0..number, 0..8), 12);
        (sample, members.new_tree(&mut runner).expect("a sample").current())
    };
    let post =
        |path: &str, id: String, data: Value| json!({ "method": "POST", "path": path, "bulkId": id, "data": data });
    let users = users.into_iter().enumerate().map(|(index, user)| post("/Users", format!("u{index}"), user.into()));
    let groups = groups.into_iter().enumerate().map(|(index, members)| {
        let members: Vec<Value> = members.iter().map(|index| json!({ "value": format!("bulkId:u{index}") })).collect();
        let name = format!("{}{index}", PIECES[index * 7 % PIECES.len()]);
        post(
            "/Groups",
            format!("g{index}"),
            json!({ "displayName": name, "externalId": index.checked_sub(2), "members": members }),
        )
    });
    let operations: Vec<Value> = users.chain(groups).collect();
    let answer =
        server.post("/Bulk", json!({ "schemas": [urn::BULK_REQUEST], "Operations": operations })).await.expect(200);
    for operation in answer.body["Operations"].as_array().expect("outcomes") {
        assert_eq!(operation["status"], "201", "{operation}");
    }
    // Some are changed later, so that the two times differ.
    for user in all(server).await.iter().step_by(4) {
        let path = format!("/Users/{}", user["id"].as_str().expect("an id"));
        server.patch(&path, json!([{ "op": "replace", "path": "nickName", "value": "changed" }])).await.expect(200);
    }
    all(server).await
}

async fn all(server: &Server) -> Vec<Object> {
    listed(server, "/Users").await
}

/// All resources of an endpoint as the server shows them, in order of creation.
pub async fn listed(server: &Server, endpoint: &str) -> Vec<Object> {
    let list = server.get(&format!("{endpoint}?count=1000")).await.expect(200);
    list.resources().iter().map(|user| user.as_object().expect("a user").clone()).collect()
}

/// The id of a user as the server shows him.
pub fn id(user: &Object) -> String {
    user["id"].as_str().expect("an id").to_owned()
}
