//! What the dialects choose where clients truly disagree, and the quirks that are understood for everybody.

use crate::clients::{EU, has_seen, members, quirks, speaking};
use crate::support::{Reply, Server, on_both, send};
use reqwest::Method;
use scim_connector::domain::Dialect;
use scim_connector::scim::quirk::Repair;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const XU: &str = "urn:ietf:params:scim:schemas:extension:connector:2.0:User";
const CONFORMANT: &str = "interopProfileConformant";

/// Each quirk with a request that has it. `{u}` is a user with a home address, `{g}` a group.
fn odd_requests() -> Vec<(&'static str, Method, &'static str, Value)> {
    let patch = |operation: Value| json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation] });
    let user = |more: Value| {
        static NUMBER: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let mut body =
            json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": format!("odd{number}") });
        for (name, value) in more.as_object().expect("an object") {
            body[name] = value.clone();
        }
        body
    };
    let post = |name, more: Value| (name, Method::POST, "/Users", user(more));
    let change = |name, operation: Value| (name, Method::PATCH, "/Users/{u}", patch(operation));
    let find = |name, path| (name, Method::GET, path, Value::Null);
    vec![
        post("unknown_attribute", json!({ "shoeSize": 44 })),
        post("unknown_schema", json!({ "schemas": ["urn:scim:schemas:core:1.0"] })),
        ("schemas_missing", Method::POST, "/Users", json!({ "userName": "bare" })),
        post("schema_not_listed", json!({ EU: { "department": "Notes" } })),
        post("schema_without_object", json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", EU] })),
        post("schemas_in_extension", json!({ EU: { "schemas": [EU], "department": "Notes" } })),
        post("path_as_name", json!({ "name.givenName": "Ada" })),
        post("attribute_without_urn", json!({ "department": "Notes" })),
        change("dot_behind_urn", json!({ "op": "add", "path": format!("{EU}.department"), "value": "Notes" })),
        post("boolean_as_text", json!({ "active": "False" })),
        find(
            "number_as_text",
            "/Groups?filter=urn:ietf:params:scim:schemas:extension:connector:2.0:Group:memberCount eq \"1\"",
        ),
        post("number_for_text", json!({ "externalId": 7 })),
        post("boolean_for_text", json!({ "title": true })),
        post("empty_text", json!({ "title": "" })),
        change("null_for_remove", json!({ "op": "replace", "path": "title", "value": null })),
        post("text_for_object", json!({ EU: { "manager": "x" } })),
        post("object_for_text", json!({ XU: { "organization": { "display": "Elsewhere" } } })),
        post("value_for_list", json!({ "emails": { "value": "a@example.com" } })),
        post("list_for_value", json!({ EU: { "manager": [{ "value": "x" }] } })),
        post(
            "json_in_text",
            json!({ "roles": [{ "value": "{\"id\":\"1\",\"value\":\"Admin\",\"displayName\":\"Admin\"}" }] }),
        ),
        post(
            "several_primaries",
            json!({ "emails": [{ "value": "b@x.y", "primary": true }, { "value": "c@x.y", "primary": true }] }),
        ),
        (
            "message_schema_missing",
            Method::PATCH,
            "/Users/{u}",
            json!({ "Operations": [{ "op": "add", "path": "title", "value": "T" }] }),
        ),
        ("bare_operations", Method::PATCH, "/Users/{u}", json!([{ "op": "add", "path": "title", "value": "T" }])),
        (
            "operation_for_list",
            Method::PATCH,
            "/Users/{u}",
            json!({ "Operations": { "op": "add", "path": "title", "value": "T" } }),
        ),
        ("empty_operations", Method::PATCH, "/Users/{u}", json!({ "Operations": [] })),
        change("op_in_other_case", json!({ "op": "Replace", "path": "title", "value": "T" })),
        change("empty_path", json!({ "op": "replace", "path": "", "value": { "title": "T" } })),
        change("list_without_path", json!({ "op": "replace", "value": [{ "title": "T" }] })),
        (
            "read_only_in_patch",
            Method::PATCH,
            "/Groups/{g}",
            patch(json!({ "op": "replace", "value": { "id": "{g}", "displayName": "G" } })),
        ),
        change(
            "value_path_without_match",
            json!({ "op": "replace", "path": "emails[type eq \"work\"].value", "value": "w@x.y" }),
        ),
        (
            "remove_with_value",
            Method::PATCH,
            "/Groups/{g}",
            patch(json!({ "op": "remove", "path": "members", "value": [{ "value": "{u}" }] })),
        ),
        find("unquoted_literal", "/Users?filter=externalId eq jyoung"),
        find("complex_as_value", "/Users?filter=manager eq \"x\""),
        find("value_path_in_filter", "/Users?filter=emails[type eq \"work\"].value eq \"a\""),
        find("lone_backslash", "/Users?filter=userName eq \"domain\\user\""),
        find("filter_in_attributes", "/Users?attributes=emails[type eq \"work\"]"),
    ]
}

async fn as_bearer(server: &Server, token: &str, method: Method, path: &str, body: Value) -> Reply {
    let request = server.client.request(method, format!("{}{path}", server.base_url)).bearer_auth(token);
    send(if body.is_null() { request } else { request.json(&body) }).await
}

on_both! {
    /// A quirk is data: each has a stable name and is counted on its connection.
    async fn every_quirk_is_understood_and_counted(server) {
        let user = server.user("ada").await;
        let group = server.group("G", &[]).await;
        let mut named = BTreeSet::new();
        for (name, method, path, body) in odd_requests() {
            let fill = |text: String| text.replace("{u}", &user).replace("{g}", &group);
            let body = serde_json::from_str(&fill(body.to_string())).expect("still JSON");
            let before = quirks(&server).await.get(name).copied().unwrap_or(0);
            let token = server.token.clone();
            let reply = as_bearer(&server, &token, method, &fill(path.to_owned()), body).await;
            assert!(reply.status.is_success(), "{name}: {}", reply.body);
            assert!(quirks(&server).await.get(name).copied().unwrap_or(0) > before, "{name} was not counted");
            named.insert(name);
        }
        // These need a header, a setting or a dialect; `clients` has them.
        named.extend(["raw_token", "unknown_member", "groups_on_user"]);
        assert_eq!(named, Repair::ALL.iter().map(|repair| repair.name()).collect());
    }

    /// What was seen is told with first and last time, a sample that names no value, and its explanation; to the account's
    /// administrators only.
    async fn the_list_of_quirks_tells_where_and_how_often(server) {
        for number in 0..3 {
            let body = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": format!("u{number}"), "active": "True" });
            server.post("/Users", body).await.expect(201);
            server.app.write_quirks().await;
        }
        let path = format!("/connections/{}/quirks", server.connection);
        let list = server.api(Method::GET, &path, None).await.expect(200);
        let [only] = list.items() else { panic!("one quirk, not {}", list.body) };
        let shown = ["name", "sample", "count", "made"].map(|name| only[name].clone());
        assert_eq!(shown, [json!("boolean_as_text"), json!("active"), json!(3), json!("taken as a boolean")]);
        assert!(only["firstSeenAt"].as_str() <= only["lastSeenAt"].as_str(), "{only}");
        let other = server.other_admin_key("other").await;
        let url = format!("{}{path}", server.base_url.replace("/scim/v2", "/api/v1"));
        send(server.client.get(url).bearer_auth(other)).await.expect(404);

        // A request without any quirk leaves no trace.
        let clean = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "clean", "active": true });
        server.post("/Users", clean).await.expect(201);
        server.app.write_quirks().await;
        assert_eq!(quirks(&server).await.len(), 1);
        let first = server.api(Method::GET, &format!("{path}?limit=1"), None).await.expect(200);
        assert_eq!(first.body["nextCursor"], Value::Null);
    }

    /// A refused request is looked at, too.
    async fn a_refused_request_has_quirks(server) {
        server.post("/Users", json!({ "shoeSize": 44 })).await.expect(400);
        has_seen(&server, &["unknown_attribute"]).await;
    }

    /// draft-zollner-scim-interop-profile, cases 50, 57, 91: what a strict connection refuses, and nothing is changed.
    async fn strict_refuses_what_the_profile_refuses(server) {
        speaking(&server, Dialect::Strict).await;
        let emails = json!([{ "value": "w@x.y", "type": "work" }, { "value": "v@x.y", "type": "work" }, { "value": "h@x.y", "type": "home" }]);
        let body = json!({ "userName": "ada", "emails": emails, "name": { "givenName": "Ada", "familyName": "L" } });
        let user = server.post("/Users", body).await.expect(201).id();
        server.user("bob").await;
        let path = format!("/Users/{user}");
        let before = server.get(&path).await.body;
        for (body, scim_type) in [
            (json!({ "userName": "x", "shoeSize": 44 }), "invalidSyntax"),
            (json!({ "userName": "x", "name": { "nick": "X" } }), "invalidSyntax"),
            (json!({ "userName": "x", "name.givenName": "X" }), "invalidSyntax"),
            (json!({ "userName": "x", "department": "X" }), "invalidSyntax"),
            (json!({ "userName": "x", "schemas": ["urn:scim:schemas:core:1.0"] }), "invalidSyntax"),
            (json!({ "userName": "x", "urn:nobody:knows": {} }), "invalidSyntax"),
        ] {
            assert_eq!(server.post("/Users", body.clone()).await.expect(400).scim_type(), scim_type, "{body}");
        }
        for (operation, status, scim_type) in [
            (json!({ "op": "replace", "value": { "title": "T" } }), 400, "invalidSyntax"),
            (json!({ "op": "replace", "path": "shoeSize", "value": 1 }), 400, "invalidSyntax"),
            (json!({ "op": "replace", "path": "emails[type eq \"home\"]", "value": { "value": "n@x.y" } }), 400, "invalidPath"),
            (json!({ "op": "remove", "path": "emails[type eq \"home\"]" }), 400, "invalidPath"),
            (json!({ "op": "replace", "path": "emails[type eq \"work\"].value", "value": "n@x.y" }), 400, "invalidFilter"),
            (json!({ "op": "replace", "path": "emails[type eq \"other\"].value", "value": "n@x.y" }), 400, "noTarget"),
            (json!({ "op": "replace", "path": "userName", "value": "BOB" }), 409, "uniqueness"),
        ] {
            let reply = server.patch(&path, json!([operation])).await.expect(status);
            assert_eq!(reply.scim_type(), scim_type, "{operation}");
        }
        assert_eq!(server.patch(&path, json!([])).await.expect(400).scim_type(), "invalidSyntax");
        assert_eq!(server.post("/Users", json!({ "userName": "Bob" })).await.expect(409).scim_type(), "uniqueness");
        assert_eq!(server.find("/Users", "shoeSize eq \"1\"").await.expect(400).scim_type(), "invalidFilter");
        assert_eq!(server.get(&path).await.body, before);
    }

    /// The rest of the profile works: paths, merging adds, whole replaces, members one by one, and a delete that deletes.
    async fn strict_takes_what_the_profile_takes(server) {
        speaking(&server, Dialect::Strict).await;
        let emails = json!([{ "value": "w@x.y", "type": "work" }, { "value": "h@x.y", "type": "home" }]);
        let body = json!({ "userName": "ada", "emails": emails, "name": { "givenName": "Ada", "familyName": "L" } });
        let user = server.post("/Users", body).await.expect(201).id();
        let path = format!("/Users/{user}");
        let changed = server.patch(&path, json!([
            { "op": "replace", "path": "emails[type eq \"work\"].value", "value": "n@x.y" },
            { "op": "add", "path": "emails[type eq \"other\"].value", "value": "o@x.y" },
            { "op": "add", "path": "name", "value": { "middleName": "M" } },
        ]));
        let changed = changed.await.expect(200).body;
        assert_eq!((&changed["emails"][0]["value"], &changed["name"]["givenName"]), (&json!("n@x.y"), &json!("Ada")));
        assert_eq!(changed["emails"].as_array().map(Vec::len), Some(3));
        let whole = json!([{ "op": "replace", "path": "name", "value": { "familyName": "King" } }]);
        assert_eq!(server.patch(&path, whole).await.expect(200).body["name"], json!({ "familyName": "King" }));
        let group = server.group("G", std::slice::from_ref(&user)).await;
        let out = json!([{ "op": "remove", "path": format!("members[value eq \"{user}\"]") }]);
        assert!(members(&server.patch(&format!("/Groups/{group}"), out).await.expect(200)).is_empty());
        server.delete(&path).await.expect(204);
        server.get(&path).await.expect(404);
        server.user("ada").await;
    }

    /// Conformance is said where it is true, and nowhere else: clients with a closed model stop at the word.
    async fn conformance_is_published_only_where_it_is_true(server) {
        let said = async || server.get("/ServiceProviderConfig").await.expect(200).body.get(CONFORMANT).cloned();
        let told = async || server.get("/Schemas").await.expect(200).body.to_string().contains(CONFORMANT);
        for dialect in [Dialect::Auto, Dialect::Entra, Dialect::Okta] {
            speaking(&server, dialect).await;
            assert_eq!((said().await, told().await), (None, false));
        }
        speaking(&server, Dialect::Strict).await;
        assert_eq!((said().await, told().await), (Some(json!(true)), true));
        let types = server.get("/ResourceTypes").await.expect(200);
        let schemas = server.get("/Schemas").await.expect(200);
        let known: Vec<&Value> = schemas.resources().iter().map(|schema| &schema["id"]).collect();
        for one in types.resources() {
            assert_eq!(one["id"], one["name"]);
            assert!(known.contains(&&one["schema"]), "{one}");
        }
        for schema in schemas.resources().iter().filter(|schema| schema["name"] == "User") {
            for attribute in schema["attributes"].as_array().into_iter().flatten().filter(|one| one["multiValued"] == true) {
                let subs = attribute["subAttributes"].as_array().into_iter().flatten();
                for kind in subs.filter(|sub| sub["name"] == "type") {
                    assert!(kind["canonicalValues"].is_array(), "{}.type", attribute["name"]);
                }
            }
        }
        let path = format!("/connections/{}", server.connection);
        let set = async |settings: Value| server.api(Method::PATCH, &path, Some(json!({ "settings": settings }))).await.expect(200);
        for settings in [json!({ "attributes": "lenient" }), json!({ "onConflict": "upsert" }), json!({ "unknownMembers": "skip" })] {
            set(settings).await;
            assert_eq!(said().await, None);
            set(json!({ "attributes": null, "onConflict": null, "unknownMembers": null })).await;
            assert_eq!(said().await, Some(json!(true)));
        }
        server.policies(&[("scim.delete", "deactivate")]).await;
        assert_eq!(said().await, None, "a delete that does not delete");
    }

    /// The admin API shows what holds; a setting that was made wins over the dialect, and null takes it away.
    async fn settings_win_over_the_dialect(server) {
        let path = format!("/connections/{}", server.connection);
        let shown = async |body: Value| {
            let reply = server.api(Method::PATCH, &path, Some(body)).await.expect(200);
            ["onConflict", "unknownMembers", "attributes"].map(|name| reply.body["settings"][name].as_str().unwrap_or("?").to_owned())
        };
        for (dialect, chosen) in [
            ("auto", ["refuse", "reject", "lenient"]),
            ("entra", ["refuse", "reject", "lenient"]),
            ("okta", ["restore", "skip", "lenient"]),
            ("strict", ["refuse", "reject", "strict"]),
        ] {
            assert_eq!(shown(json!({ "dialect": dialect })).await, chosen, "{dialect}");
        }
        let all = json!({ "settings": { "onConflict": "restore", "unknownMembers": "skip", "attributes": "lenient" } });
        assert_eq!(shown(all).await, ["restore", "skip", "lenient"]);
        assert_eq!(shown(json!({ "dialect": "okta", "settings": { "onConflict": "refuse" } })).await, ["refuse", "skip", "lenient"]);
        let none = json!({ "dialect": "strict", "settings": { "onConflict": null, "unknownMembers": null, "attributes": null } });
        assert_eq!(shown(none).await, ["refuse", "reject", "strict"]);
    }
}

/// The page names every quirk and every dialect.
#[test]
fn the_page_names_every_quirk() {
    let page = include_str!("../../docs/dialects.md");
    for repair in Repair::ALL {
        let line = format!("| `{}` | {} | {} |", repair.name(), repair.sends(), repair.made());
        assert!(page.contains(&line), "docs/dialects.md should have the line:\n{line}");
    }
    for dialect in ["auto", "entra", "okta", "strict"] {
        assert!(page.contains(&format!("`{dialect}`")), "docs/dialects.md does not name {dialect}");
    }
}
