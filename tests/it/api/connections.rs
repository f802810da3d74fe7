//! Connections: settings, changes, what each does to the next push.

use super::{api_as, entry, event, is_problem};
use crate::support::{Server, on_both, send};
use reqwest::Method;
use serde_json::{Value, json};

fn path(server: &Server) -> String {
    format!("/connections/{}", server.connection)
}

async fn change(server: &Server, body: Value) -> crate::support::Reply {
    server.api(Method::PATCH, &path(server), Some(body)).await
}

on_both! {
    async fn a_connection_is_shown_in_full(server) {
        let read = server.api(Method::GET, &path(&server), None).await.expect(200);
        let settings = json!({
            "scope": "account", "onConflict": "refuse", "aboveCeiling": "hold", "unknownMembers": "reject",
            "attributes": "lenient", "groupsOnUsers": false, "managesAttributes": false, "rateLimit": null,
            "allowedAddresses": [],
            "log": { "bodies": true, "maskPersonalData": false, "days": 30, "megabytes": 100 },
        });
        assert_eq!((&read.body["settings"], &read.body["ruleCount"]), (&settings, &json!(0)));
        let known = server.api_request(Method::GET, &path(&server)).header("If-None-Match", read.header("etag"));
        let known = send(known).await.expect(304);
        assert_eq!((known.header("etag"), &known.body), (read.header("etag"), &Value::Null));
        let other = server.api_request(Method::GET, &path(&server)).header("If-None-Match", "W/\"9\"");
        send(other).await.expect(200);

        let group = server.group("Team", &[]).await;
        let body = json!({
            "name": "HR",
            "dialect": "strict",
            "roleCeiling": "finance_admin",
            "settings": { "scope": { "groupAdmin": ["team", group] }, "onConflict": "restore", "managesAttributes": true },
        });
        let made = server.api(Method::POST, "/connections", Some(body)).await.expect(201);
        assert_eq!(made.body["settings"]["scope"], json!({ "groupAdmin": [group] }));
        assert_eq!((&made.body["settings"]["onConflict"], &made.body["settings"]["attributes"]), (&json!("restore"), &json!("strict")));
        let location = made.header("location").to_owned();
        assert!(location.ends_with(&format!("/api/v1/connections/{}", made.id())), "{location}");
        let read = send(server.client.get(location).bearer_auth(&server.admin_key)).await.expect(200);
        assert_eq!(read.body, made.body);
        let again = || server.api_request(Method::POST, "/connections").header("Idempotency-Key", "k");
        let first = send(again().json(&json!({ "name": "x" }))).await.expect(201);
        let replay = send(again().json(&json!({ "name": "x" }))).await.expect(201);
        assert_eq!((replay.header("idempotent-replay"), replay.header("location")), ("true", first.header("location")));
        assert!(first.header("location").ends_with(&first.id()), "{:?}", first.headers);
        let entry = server.api(Method::GET, &format!("/audit?subject={}", made.id()), None).await.expect(200).items()[0].clone();
        assert_eq!((&entry["subject"]["id"], &entry["changes"][0]), (&made.body["id"], &json!({ "field": "name", "from": null, "to": "HR" })));
        assert_eq!(event(&server, "connection.created").await["data"], json!({ "name": "HR" }));
    }

    /// E-37: who administers says how far a connection may go.
    async fn a_connection_is_changed(server) {
        let body = json!({ "name": "Entra", "roleCeiling": "administrator", "settings": { "unknownMembers": "skip" } });
        let tried = server.api(Method::PATCH, &format!("{}?dry_run=true", path(&server)), Some(body.clone())).await.expect(200);
        assert_eq!(tried.body["result"]["version"], 2);
        let after = change(&server, body.clone()).await.expect(200);
        assert_eq!((after.header("etag"), &after.body["name"]), ("W/\"2\"", &json!("Entra")));
        assert_eq!((&after.body["settings"]["unknownMembers"], &after.body["settings"]["attributes"]), (&json!("skip"), &json!("lenient")));
        assert_eq!(server.api(Method::GET, &path(&server), None).await.expect(200).body, after.body);

        let entry = entry(&server, "connection.updated").await;
        let changes = json!([
            { "field": "name", "from": "default", "to": "Entra" },
            { "field": "roleCeiling", "from": "standard_user", "to": "administrator" },
            { "field": "unknownMembers", "from": "reject", "to": "skip" },
        ]);
        assert_eq!((&entry["changes"], &entry["requestId"]), (&changes, &json!(after.header("x-request-id"))));
        let event = event(&server, "connection.updated").await;
        assert_eq!((&event["version"], &event["data"]["attributes"]), (&json!(2), &json!(["name", "roleCeiling", "unknownMembers"])));

        let again = change(&server, body).await.expect(200);
        assert_eq!(again.body["version"], 2);
        let stale = server.api_request(Method::PATCH, &path(&server)).header("If-Match", "W/\"1\"");
        is_problem(&send(stale.json(&json!({ "name": "x" }))).await, 412, "version_conflict");
        let good = server.api_request(Method::PATCH, &path(&server)).header("If-Match", "W/\"2\"");
        send(good.json(&json!({ "name": "x" }))).await.expect(200);
    }

    async fn what_a_connection_cannot_be_is_refused(server) {
        server.api(Method::POST, "/connections", Some(json!({ "name": "Okta" }))).await.expect(201);
        for (status, code, body) in [
            (409, "connection_name_taken", json!({ "name": "okta" })),
            (422, "value_invalid", json!({ "name": " " })),
            (422, "value_invalid", json!({ "dialect": "klingon" })),
            (422, "value_invalid", json!({ "roleCeiling": "owner" })),
            (422, "value_invalid", json!({ "settings": { "onConflict": "merge" } })),
            (422, "value_invalid", json!({ "settings": { "aboveCeiling": "keep" } })),
            (422, "value_invalid", json!({ "settings": { "unknownMembers": "hold" } })),
            (422, "value_invalid", json!({ "settings": { "attributes": "loose" } })),
            (422, "body_invalid", json!({ "settings": { "scope": "everything" } })),
            (422, "body_invalid", json!({ "settings": { "scope": { "groups": [] } } })),
            (422, "body_invalid", json!({ "settings": { "colour": "red" } })),
            (422, "group_unknown", json!({ "settings": { "scope": { "groupAdmin": ["Nobody"] } } })),
        ] {
            let reply = change(&server, body.clone()).await;
            is_problem(&reply, status, code);
            if code == "value_invalid" && body.get("name").is_none() {
                assert!(reply.body["known"].as_array().is_some_and(|known| known.len() > 1), "{}", reply.body);
            }
        }
        assert_eq!(server.api(Method::GET, &path(&server), None).await.expect(200).body["version"], 1);
        let other = server.other_admin_key("other").await;
        for (method, body) in [(Method::GET, None), (Method::PATCH, Some(json!({ "name": "mine" })))] {
            is_problem(&api_as(&server, &other, method, &path(&server), body).await, 404, "not_visible");
        }
    }

    /// E-01: the scope of a connection counts for its next request.
    async fn each_setting_counts_for_the_next_push(server) {
        let user = server.user("ada").await;
        let group = server.group("Team", &[]).await;
        let nobody = "0197a000-0000-7000-8000-000000000000";
        let add = json!([{ "op": "add", "path": "members", "value": [{ "value": nobody }, { "value": user }] }]);
        let team = format!("/Groups/{group}");

        server.patch(&team, add.clone()).await.expect(400);
        change(&server, json!({ "settings": { "unknownMembers": "skip" } })).await.expect(200);
        server.patch(&team, add).await.expect(200);

        let odd = |name: &str| json!({ "userName": name, "shoeSize": 44 });
        server.post("/Users", odd("b")).await.expect(201);
        change(&server, json!({ "settings": { "attributes": "strict" } })).await.expect(200);
        server.post("/Users", odd("c")).await.expect(400);

        let admin = |name: &str| json!({ "userName": name, "roles": [{ "value": "administrator" }] });
        server.post("/Users", admin("d")).await.expect(201);
        change(&server, json!({ "settings": { "aboveCeiling": "reject" } })).await.expect(200);
        let refused = server.post("/Users", admin("e")).await.expect(403);
        assert!(refused.body.to_string().contains("role_ceiling"), "{}", refused.body);

        let leave = json!([{ "op": "replace", "path": "active", "value": false }]);
        server.patch(&format!("/Users/{user}"), leave).await.expect(200);
        server.post("/Users", json!({ "userName": "ada" })).await.expect(409);
        change(&server, json!({ "settings": { "onConflict": "restore" } })).await.expect(200);
        assert_eq!(server.post("/Users", json!({ "userName": "ada" })).await.expect(201).id(), user);

        change(&server, json!({ "settings": { "scope": "users_only" } })).await.expect(200);
        server.get("/Groups").await.expect(403);
        server.get(&team).await.expect(403);
        let all = server.get("/").await.expect(200);
        let are_users = all.resources().iter().all(|found| found["meta"]["resourceType"] == "User");
        assert!(are_users && all.body["totalResults"] != 0, "nor in a search of everything: {}", all.body);
        server.user("f").await;
        change(&server, json!({ "settings": { "scope": "read_only" } })).await.expect(200);
        server.get("/Groups").await.expect(200);
        let refused = server.post("/Users", json!({ "userName": "g" })).await.expect(403);
        assert!(refused.body.to_string().contains("out_of_scope"), "{}", refused.body);
        change(&server, json!({ "settings": { "scope": { "groupAdmin": [group] } } })).await.expect(200);
        server.post("/Users", json!({ "userName": "g" })).await.expect(403);
        let leave = json!([{ "op": "remove", "path": format!("members[value eq \"{user}\"]") }]);
        server.patch(&team, leave).await.expect(200);
        change(&server, json!({ "settings": { "scope": "account" } })).await.expect(200);
        server.user("g").await;
    }
}
