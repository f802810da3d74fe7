//! Rules of a connection and their bench.

use super::{USER, api_as, entry, event, is_problem, organization};
use crate::support::{Reply, Server, on_both, send};
use reqwest::Method;
use scim_connector::domain::RoleCeiling;
use serde_json::{Value, json};

fn path(server: &Server) -> String {
    format!("/connections/{}/rules", server.connection)
}

async fn put(server: &Server, rules: Value) -> Reply {
    server.api(Method::PUT, &path(server), Some(json!({ "rules": rules }))).await
}

async fn bench(server: &Server, resource: &Value) -> Value {
    let body = json!({ "resource": resource });
    server.api(Method::POST, &format!("{}/test", path(server)), Some(body)).await.expect(200).body
}

/// Two rules that join forces and one that comes too late.
async fn routing(server: &Server) -> [String; 3] {
    server.configure(|connection| connection.role_ceiling = RoleCeiling::FinanceAdmin).await;
    let ids = [
        organization(server, "Sales").await,
        organization(server, "Finance").await,
        server.group("Closers", &[]).await,
    ];
    let rules = json!([
        { "name": "sales", "when": "title co \"sales\"", "set": {
            "organization": "SALES", "groups": [{ "group": "closers", "groupAdmin": true }], "primaryGroup": ids[2] } },
        { "name": "money", "when": "department eq \"finance\" or title co \"controller\"", "set": {
            "organization": ids[1], "roles": ["Finance Admin"], "groups": [{ "group": ids[2], "canSend": false }] } },
        { "name": "all", "when": "userName pr", "set": { "roles": ["User"] } },
    ]);
    put(server, rules).await.expect(200);
    ids
}

on_both! {
    /// E-39: rules are written and read with names, in order.
    async fn rules_are_written_with_names_and_shown_with_names(server) {
        let [_, _, group] = routing(&server).await;
        let read = server.api(Method::GET, &path(&server), None).await.expect(200);
        let rules = read.body["rules"].as_array().expect("rules");
        assert_eq!(rules.len(), 3);
        assert_eq!(rules[0]["set"], json!({
            "organization": "Sales", "groups": [{ "group": "Closers", "groupAdmin": true }], "primaryGroup": "Closers" }));
        assert_eq!(rules[1]["set"], json!({
            "organization": "Finance", "roles": ["Finance Admin"], "groups": [{ "group": "Closers", "canSend": false }] }));
        assert_eq!(rules[2]["set"], json!({ "roles": ["Standard User"] }));
        assert!(rules.iter().all(|rule| rule["id"].is_string()));
        let connection = server.api(Method::GET, &format!("/connections/{}", server.connection), None).await.expect(200);
        assert_eq!((&connection.body["ruleCount"], &connection.body["version"]), (&json!(3), &read.body["version"]));
        assert_eq!(read.header("etag"), connection.header("etag"));

        // What was read can be written back, and changes nothing.
        let same = put(&server, read.body["rules"].clone()).await.expect(200);
        assert_eq!(same.body, read.body);
        let named: Vec<Value> = rules.iter().map(|rule| json!({ "name": rule["name"], "when": rule["when"], "set": rule["set"] })).collect();
        assert_eq!(put(&server, json!(named)).await.expect(200).body, read.body, "a name is enough to know a rule by");

        // An id keeps a rule under another name, at another place.
        let mut moved = vec![rules[2].clone(), rules[0].clone()];
        moved[0]["name"] = json!("everybody");
        let tried = server.api(Method::PUT, &format!("{}?dry_run=true", path(&server)), Some(json!({ "rules": moved }))).await.expect(200);
        assert_eq!(tried.body["result"]["rules"], json!(moved));
        let stale = server.api_request(Method::PUT, &path(&server)).header("If-Match", "W/\"1\"");
        is_problem(&send(stale.json(&json!({ "rules": [] }))).await, 412, "version_conflict");
        let after = put(&server, json!(moved)).await.expect(200);
        assert_eq!(after.body["rules"], json!(moved));
        let entry = entry(&server, "connection.rules_changed").await;
        let fields: Vec<&Value> = entry["changes"].as_array().expect("changes").iter().map(|change| &change["field"]).collect();
        assert_eq!(fields, [&json!("rules[everybody]"), &json!("rules[money]"), &json!("rules.order")]);
        assert_eq!((&entry["changes"][0]["from"], &entry["changes"][0]["to"]), (&rules[2], &moved[0]));
        assert_eq!((&entry["changes"][1]["from"], &entry["changes"][1]["to"]), (&rules[1], &Value::Null));
        assert_eq!(entry["requestId"], after.header("x-request-id"));
        let event = event(&server, "connection.rules_changed").await;
        assert_eq!((&event["subject"]["id"], &event["version"]), (&json!(server.connection.to_string()), &read.body["version"]));

        // Names are those of today.
        let rename = json!([{ "op": "replace", "path": "displayName", "value": "Dealers" }]);
        server.patch(&format!("/Groups/{group}"), rename).await.expect(200);
        let read = server.api(Method::GET, &path(&server), None).await.expect(200);
        assert_eq!(read.body["rules"][1]["set"]["primaryGroup"], "Dealers");
    }

    /// E-37: a mistake is told with its rule and its part; nothing is granted above the ceiling.
    async fn what_a_rule_cannot_be_is_refused(server) {
        organization(&server, "Sales").await;
        let archived = server.group("Old", &[]).await;
        let archive = json!([{ "op": "replace", "path": "urn:ietf:params:scim:schemas:extension:connector:2.0:Group:archived", "value": true }]);
        server.patch(&format!("/Groups/{archived}"), archive).await.expect(200);
        let good = json!({ "name": "good", "when": "userName pr" });
        let rule = |part: &str, value: Value| {
            let mut rule = json!({ "name": "b", "when": "userName pr", "set": {} });
            match part {
                "name" | "when" | "id" => rule[part] = value,
                _ => rule["set"][part] = value,
            }
            rule
        };
        let nothing = "0197a000-0000-7000-8000-000000000000";
        for (status, code, field, value) in [
            (422, "rule_invalid", "name", json!(" ")),
            (422, "rule_invalid", "name", json!("GOOD")),
            (422, "rule_invalid", "id", json!(nothing)),
            (422, "rule_invalid", "id", json!("x")),
            (422, "rule_invalid", "when", json!("")),
            (422, "rule_invalid", "when", json!("title co")),
            (422, "rule_invalid", "when", json!("title is \"x\"")),
            (422, "rule_invalid", "when", json!("shoeSize eq 44")),
            // Rules never see what the server itself decides.
            (422, "rule_invalid", "when", json!("urn:ietf:params:scim:schemas:extension:connector:2.0:User:primaryGroup eq \"Sales\"")),
            (422, "rule_invalid", "roles", json!(["User", "standard_user"])),
            (422, "role_unknown", "roles", json!(["Pilot"])),
            (403, "role_ceiling", "roles", json!(["ADMIN"])),
            (422, "organization_unknown", "organization", json!("Nowhere")),
            (422, "group_unknown", "groups", json!([{ "group": "Nobody" }])),
            (422, "rule_invalid", "groups", json!([{ "group": "Default" }, { "group": "default" }])),
            (409, "group_archived", "groups", json!([{ "group": "Old" }])),
            (422, "group_unknown", "primaryGroup", json!(nothing)),
        ] {
            let rules = json!([good, rule(field, value.clone())]);
            let reply = put(&server, rules.clone()).await;
            is_problem(&reply, status, code);
            assert_eq!((&reply.body["rule"], &reply.body["field"]), (&json!(1), &json!(field)), "{}", reply.body);
            // The bench refuses the same drafts in the same words.
            let body = json!({ "resource": { "userName": "a" }, "rules": rules });
            let tried = server.api(Method::POST, &format!("{}/test", path(&server)), Some(body)).await;
            assert_eq!((tried.code(), &tried.body["detail"]), (code, &reply.body["detail"]));
        }
        let reply = put(&server, json!([rule("when", json!("title co"))])).await;
        assert!(reply.body["detail"].as_str().is_some_and(|text| text.contains("At character 9")), "{}", reply.body);
        let unknown = put(&server, json!([rule("organization", json!("Nowhere"))])).await;
        assert!(unknown.body["detail"].as_str().is_some_and(|text| text.contains("Sales")), "{}", unknown.body);
        let many: Vec<Value> = (0..201).map(|number| json!({ "name": format!("r{number}"), "when": "userName pr" })).collect();
        is_problem(&put(&server, json!(many)).await, 422, "rule_invalid");
        is_problem(&put(&server, json!([{ "name": "a", "when": "userName pr", "then": {} }])).await, 422, "body_invalid");
        assert_eq!(server.api(Method::GET, &path(&server), None).await.expect(200).body["rules"], json!([]));
        put(&server, json!(many[..200])).await.expect(200);

        let other = server.other_admin_key("other").await;
        let test = format!("{}/test", path(&server));
        for (method, path, body) in [
            (Method::GET, path(&server), None),
            (Method::PUT, path(&server), Some(json!({ "rules": [] }))),
            (Method::POST, test, Some(json!({ "resource": { "userName": "a" } }))),
        ] {
            is_problem(&api_as(&server, &other, method, &path, body).await, 404, "not_visible");
        }
    }

    /// E-39, E-07: the bench says what a push then does.
    async fn the_bench_and_a_push_agree(server) {
        routing(&server).await;
        let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        let pushes = [
            json!({ "userName": "a" }),
            json!({ "userName": "b", "title": "Head of Sales" }),
            json!({ "userName": "c", "title": "SALES controller" }),
            json!({ "userName": "d", enterprise: { "department": "Finance" } }),
            json!({ "userName": "e", "title": "sales", USER: { "organization": "Finance" } }),
            json!({ "userName": "f", "title": "sales", USER: { "organization": "Nowhere" } }),
            json!({ "userName": "g", "title": "sales", USER: { "primaryGroup": "Closers" } }),
        ];
        let matched = [vec![2], vec![0, 2], vec![0, 1, 2], vec![1, 2], vec![0, 2], vec![0, 2], vec![0, 2]];
        for (push, expected) in pushes.iter().zip(matched) {
            let verdict = bench(&server, push).await;
            let matches = verdict["matches"].as_array().expect("every rule");
            let which: Vec<usize> = (0..3).filter(|number| matches[*number]["matched"] == true).collect();
            assert_eq!(which, expected, "{verdict}");
            assert_eq!(matches.iter().filter(|one| one["won"].to_string().contains("organization")).count(),
                usize::from(push["userName"] != "a" && push["userName"] != "e"), "{verdict}");

            let made = server.post("/Users", push.clone()).await.expect(201);
            let path = format!("/Users/{}?attributes=roles,{USER}:organization,{USER}:primaryGroup,{USER}:memberships", made.id());
            let user = server.get(&path).await.expect(200).body;
            let set = &verdict["set"];
            let organization = if set["organization"].is_null() { json!("Default") } else { set["organization"].clone() };
            assert_eq!(user[USER]["organization"], organization, "{verdict}");
            let displays = |list: &Value| -> Vec<String> {
                let mut names: Vec<String> = list.as_array().into_iter().flatten().map(|one| one["display"].as_str().unwrap_or_default().to_owned()).collect();
                names.sort();
                names
            };
            let mut roles: Vec<String> = set["roles"].as_array().into_iter().flatten().map(|role| role.as_str().unwrap_or_default().to_owned()).collect();
            roles.sort();
            assert_eq!(displays(&user["roles"]), roles, "{user}");
            let memberships = user[USER]["memberships"].as_array().cloned().unwrap_or_default();
            for given in set["groups"].as_array().into_iter().flatten() {
                let held = memberships.iter().find(|held| held["display"] == given["group"]).expect("he is in it");
                assert_eq!((&held["groupAdmin"], &held["canSend"]), (&given["groupAdmin"], &given["canSend"]), "{held}");
            }
            if set["groups"].is_null() {
                assert_eq!(displays(&json!(memberships)), ["Default"]);
            }
            if let Some(primary) = set["primaryGroup"].as_str() {
                assert_eq!(user[USER]["primaryGroup"], primary);
            }
        }
        // Drafts are tried without being kept, and a body that no push could have is refused.
        let draft = json!([{ "name": "draft", "when": "userName eq \"z\"", "set": { "roles": ["User"] } }]);
        let test = format!("{}/test", path(&server));
        let body = json!({ "resource": { "userName": "Z" }, "rules": draft });
        let verdict = server.api(Method::POST, &test, Some(body)).await.expect(200).body;
        assert_eq!((&verdict["matches"][0]["won"], &verdict["set"]), (&json!(["roles"]), &json!({ "roles": ["Standard User"] })));
        assert_eq!(server.api(Method::GET, &path(&server), None).await.expect(200).body["rules"].as_array().map(Vec::len), Some(3));
        for resource in [json!({}), json!([]), json!({ "userName": "" })] {
            let reply = server.api(Method::POST, &test, Some(json!({ "resource": resource }))).await;
            assert_eq!(reply.status, 422, "{}", reply.body);
        }
    }

    /// E-39: what a rule gave goes when the rule goes, with the next write of the user; what others gave stays.
    async fn what_a_rule_gave_is_withdrawn_when_it_is_no_more(server) {
        routing(&server).await;
        let body = json!({ "userName": "ada", "title": "sales controller", "roles": [{ "value": "standard_user" }] });
        let user = server.post("/Users", body).await.expect(201).id();
        let kept = server.api(Method::GET, &path(&server), None).await.expect(200).body["rules"][1].clone();
        put(&server, json!([kept])).await.expect(200);
        let shown = format!("/Users/{user}?attributes=roles,{USER}:organization,{USER}:memberships");
        let before = server.get(&shown).await.expect(200).body;
        assert_eq!(before[USER]["organization"], "Sales", "nothing happens before the next write");

        let touch = json!([{ "op": "replace", "path": "displayName", "value": "Ada" }]);
        server.patch(&format!("/Users/{user}"), touch.clone()).await.expect(200);
        let after = server.get(&shown).await.expect(200).body;
        assert_eq!(after[USER]["organization"], "Finance");
        assert_eq!(after["roles"].as_array().map(Vec::len), Some(2), "{after}");
        assert_eq!(after[USER]["memberships"][0]["display"], "Closers", "the other rule gives it too");

        put(&server, json!([])).await.expect(200);
        let touch = json!([{ "op": "replace", "path": "displayName", "value": "Ada L" }]);
        server.patch(&format!("/Users/{user}"), touch).await.expect(200);
        let end = server.get(&shown).await.expect(200).body;
        assert_eq!((&end[USER]["organization"], &end[USER]["memberships"][0]["display"]), (&json!("Default"), &json!("Default")));
        assert_eq!(end["roles"], json!([{ "value": "standard_user" }]), "what the push gave stays");

        // A rule that comes back under its id is the same one.
        let back = put(&server, json!([kept])).await.expect(200);
        assert_eq!(back.body["rules"][0]["id"], kept["id"]);
    }
}
