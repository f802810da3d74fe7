//! Organizations, settings sets and roles of the admin API: the same guardrails as over SCIM.

use super::is_problem;
use crate::support::{Reply, Server, on_both, send};
use reqwest::Method;
use serde_json::{Value, json};

const USER: &str = "urn:ietf:params:scim:schemas:extension:connector:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:extension:connector:2.0:Group";

async fn post(server: &Server, path: &str, body: Value) -> Reply {
    server.api(Method::POST, path, Some(body)).await
}

async fn change(server: &Server, path: &str, body: Value) -> Reply {
    server.api(Method::PATCH, path, Some(body)).await
}

async fn read(server: &Server, path: &str) -> Reply {
    server.api(Method::GET, path, None).await
}

async fn delete(server: &Server, path: &str) -> Reply {
    server.api(Method::DELETE, path, None).await
}

on_both! {
    /// E-08, E-09, E-33, I-09: made, read, changed and deleted; codes as over SCIM.
    async fn organizations_and_settings_sets_are_steered(server) {
        let body = json!({
            "name": "Mails", "sender": { "name": "Sales", "email": "sales@example.com" },
            "expiration": { "days": 30, "reminderDays": 3 },
        });
        let set = post(&server, "/settings-sets", body.clone()).await.expect(201);
        assert_eq!((&set.body["sender"], &set.body["usedBy"]), (&body["sender"], &json!([])));
        assert_eq!((set.header("etag"), &set.body["default"]), ("W/\"1\"", &json!(false)));
        let set_path = format!("/settings-sets/{}", set.id());

        let made = post(&server, "/organizations", json!({ "name": "Sales", "settingsSet": "mails" })).await.expect(201);
        assert_eq!(made.body["settingsSet"], json!({ "id": set.id(), "name": "Mails" }));
        assert_eq!((&made.body["userCount"], &made.body["default"]), (&json!(0), &json!(false)));
        assert_eq!((&made.body["version"], made.header("etag")), (&json!(1), "W/\"1\""));
        let path = format!("/organizations/{}", made.id());
        assert_eq!(read(&server, &path).await.expect(200).body, made.body);
        let list = read(&server, "/organizations").await.expect(200);
        assert_eq!((list.items().len(), &list.items()[1]), (2, &made.body));
        assert_eq!(list.items()[0]["default"], true);
        let first = read(&server, "/organizations?limit=1").await.expect(200);
        let next = format!("/organizations?limit=1&cursor={}", first.body["nextCursor"].as_str().expect("more"));
        assert_eq!(read(&server, &next).await.expect(200).items(), std::slice::from_ref(&made.body));

        let again = post(&server, "/organizations", json!({ "name": "SALES", "settingsSet": "Mails" })).await;
        is_problem(&again, 409, "organization_name_taken");
        assert_eq!(again.body["holder"], made.body["id"]);
        let again = post(&server, "/settings-sets", json!({ "name": "mails" })).await;
        is_problem(&again, 409, "settings_set_name_taken");
        for body in [json!({ "name": "New" }), json!({ "name": "New", "settingsSet": "nobody" })] {
            let reply = post(&server, "/organizations", body).await;
            is_problem(&reply, 422, "settings_set_required");
            assert!(reply.body["detail"].as_str().is_some_and(|detail| detail.contains("Default, Mails")));
        }
        let wrong = json!({ "name": "New", "sender": { "email": "nobody" } });
        is_problem(&post(&server, "/settings-sets", wrong).await, 422, "email_invalid");
        let wrong = json!({ "expiration": { "days": 3 } });
        is_problem(&change(&server, &set_path, wrong).await, 422, "value_invalid");

        let user = json!({ "userName": "ada", USER: { "organization": "Sales" } });
        let user = server.post("/Users", user).await.expect(201).id();
        is_problem(&delete(&server, &path).await, 409, "organization_has_users");
        is_problem(&delete(&server, &set_path).await, 409, "settings_set_in_use");
        assert_eq!(read(&server, &path).await.body["userCount"], 1);
        assert_eq!(read(&server, &set_path).await.body["usedBy"], json!([{ "id": made.id(), "name": "Sales" }]));

        let cure = change(&server, &set_path, json!({ "sender": { "email": "new@example.com" } })).await.expect(200);
        assert_eq!(cure.body["sender"], json!({ "name": "Sales", "email": "new@example.com" }));
        assert_eq!((&cure.body["expiration"], &cure.body["version"]), (&body["expiration"], &json!(2)));
        let shown = server.get(&format!("/Users/{user}?attributes={USER}:sender")).await.expect(200);
        assert_eq!(shown.body[USER]["sender"]["email"], "new@example.com");

        let moved = change(&server, &path, json!({ "settingsSet": "Default", "externalId": "x" })).await.expect(200);
        assert_eq!((&moved.body["settingsSet"]["name"], &moved.body["externalId"]), (&json!("Default"), &json!("x")));
        let same = change(&server, &path, json!({ "name": "Sales" })).await.expect(200);
        assert_eq!(same.body["version"], 2, "nothing was changed");
        let cleared = change(&server, &path, json!({ "externalId": null })).await.expect(200);
        assert_eq!((&cleared.body["externalId"], &cleared.body["version"]), (&Value::Null, &json!(3)));
        let stale = send(server.api_request(Method::PATCH, &path).json(&json!({ "name": "B" })).header("If-Match", "W/\"1\""));
        is_problem(&stale.await, 412, "version_conflict");
        delete(&server, &set_path).await.expect(204);
        server.delete(&format!("/Users/{user}")).await.expect(204);
        delete(&server, &path).await.expect(204);
        is_problem(&read(&server, &path).await, 404, "not_visible");
        let default = format!("/organizations/{}", list.items()[0]["id"].as_str().expect("an id"));
        is_problem(&delete(&server, &default).await, 409, "default_protected");
    }

    /// Invariant 8, and what is only tried changes nothing.
    async fn another_account_and_a_dry_run_change_nothing(server) {
        let tried = post(&server, "/organizations?dry_run=true", json!({ "name": "Sales", "settingsSet": "Default" })).await;
        assert_eq!((&tried.expect(200).body["status"]), (&json!(201)));
        assert_eq!(read(&server, "/organizations").await.items().len(), 1);
        let mine = read(&server, "/organizations").await.items()[0]["id"].as_str().expect("an id").to_owned();
        let set = read(&server, "/settings-sets").await.items()[0]["id"].as_str().expect("an id").to_owned();
        let key = server.other_admin_key("other").await;
        let url = server.base_url.replace("/scim/v2", "/api/v1");
        for path in [format!("/organizations/{mine}"), format!("/settings-sets/{set}")] {
            for method in [Method::GET, Method::DELETE] {
                let reply = send(server.client.request(method, format!("{url}{path}")).bearer_auth(&key)).await;
                is_problem(&reply, 404, "not_visible");
            }
        }
        let body = json!({ "name": "Mine", "settingsSet": set });
        let reply = send(server.client.post(format!("{url}/organizations")).bearer_auth(&key).json(&body)).await;
        is_problem(&reply, 422, "settings_set_required");
    }

    /// E-05: the account adds roles of its own; what is built in or in use stays.
    async fn roles_are_added_changed_and_deleted(server) {
        let list = read(&server, "/roles").await.expect(200);
        let keys: Vec<&Value> = list.items().iter().map(|role| &role["key"]).collect();
        assert_eq!(keys, ["administrator", "standard_user", "finance_admin"]);
        assert_eq!((&list.items()[0]["builtIn"], &list.items()[0]["isAdmin"]), (&json!(true), &json!(true)));

        let body = json!({ "key": "designer", "name": "Designer", "aliases": ["Artist"], "capabilities": ["templates.*", "brand.edit"] });
        let made = post(&server, "/roles", body).await.expect(201);
        assert_eq!((&made.body["builtIn"], &made.body["userCount"]), (&json!(false), &json!(0)));
        assert_eq!(read(&server, "/roles/designer").await.expect(200).body, made.body);
        for (key, name) in [("designer", "Other"), ("other", "ARTIST"), ("other", "user")] {
            let reply = post(&server, "/roles", json!({ "key": key, "name": name })).await;
            is_problem(&reply, 409, "role_name_taken");
        }
        for body in [
            json!({ "key": "No", "name": "No" }), json!({ "key": "no", "name": " " }),
            json!({ "key": "no", "name": "No", "capabilities": ["all of it"] }),
            json!({ "key": "no", "name": "No", "aliases": [""] }),
        ] {
            is_problem(&post(&server, "/roles", body).await, 422, "value_invalid");
        }
        let scim = server.get("/Roles/designer").await.expect(200);
        assert_eq!(scim.body["displayName"], "Designer");
        let entitlements = server.get("/Entitlements").await.expect(200).body.to_string();
        assert!(entitlements.contains("brand.edit") && !entitlements.contains("templates.*"), "{entitlements}");

        let ada = json!({ "userName": "ada", "roles": [{ "value": "artist" }] });
        let ada = server.post("/Users", ada).await.expect(201).id();
        assert_eq!(read(&server, "/roles/designer").await.body["userCount"], 1);
        is_problem(&delete(&server, "/roles/designer").await, 409, "role_in_use");
        is_problem(&change(&server, "/roles/designer", json!({ "isAdmin": true })).await, 409, "role_in_use");
        let renamed = change(&server, "/roles/designer", json!({ "name": "Artist", "aliases": ["Designer"] })).await.expect(200);
        assert_eq!((&renamed.body["name"], &renamed.body["capabilities"]), (&json!("Artist"), &made.body["capabilities"]));
        let shown = server.get(&format!("/Users/{ada}?attributes={USER}:effectiveRoles")).await.expect(200);
        assert_eq!(shown.body[USER]["effectiveRoles"][0]["display"], "Artist");
        let stale = send(server.api_request(Method::DELETE, "/roles/designer").header("If-Match", "W/\"1\"")).await;
        is_problem(&stale, 412, "version_conflict");

        for key in ["administrator", "standard_user"] {
            is_problem(&delete(&server, &format!("/roles/{key}")).await, 409, "role_built_in");
            is_problem(&change(&server, &format!("/roles/{key}"), json!({ "name": "X" })).await, 409, "role_built_in");
        }
        for path in ["/roles/nobody", "/roles/design_r", "/roles/%ff"] {
            is_problem(&delete(&server, path).await, 404, "not_visible");
        }
        server.delete(&format!("/Users/{ada}")).await.expect(204);

        server.policies(&[("groups.grant_roles", "on")]).await;
        let group = json!({ "displayName": "Artists", GROUP: { "roles": [{ "value": "designer" }] } });
        let group = server.post("/Groups", group).await.expect(201).id();
        is_problem(&delete(&server, "/roles/designer").await, 409, "role_in_use");
        server.delete(&format!("/Groups/{group}")).await.expect(204);
        let key = server.other_admin_key("other").await;
        let url = server.base_url.replace("/scim/v2", "/api/v1");
        let other = send(server.client.get(format!("{url}/roles/designer")).bearer_auth(&key)).await;
        is_problem(&other, 404, "not_visible");
        change(&server, "/roles/designer", json!({ "isAdmin": true })).await.expect(200);
        delete(&server, "/roles/designer").await.expect(204);
        server.get("/Roles/designer").await.expect(404);
        let page = read(&server, "/roles?limit=2").await.expect(200);
        let next = format!("/roles?limit=2&cursor={}", page.body["nextCursor"].as_str().expect("more"));
        let rest = read(&server, &next).await.expect(200);
        assert_eq!((rest.items().len(), &rest.items()[0]["key"]), (1, &json!("finance_admin")));
    }

    /// A rule that gave a deleted role gives the rest, so the next push is not refused for it.
    async fn rules_forget_a_deleted_role(server) {
        use scim_connector::domain::{Id, Rule, RuleSet};
        server.policies(&[("roles.unknown", "reject")]).await;
        post(&server, "/roles", json!({ "key": "designer", "name": "Designer" })).await.expect(201);
        server.configure(|connection| {
            let roles = vec!["designer".to_owned(), "standard_user".to_owned()];
            let set = RuleSet { roles, ..RuleSet::default() };
            connection.rules.rules =
                vec![Rule { id: Id::new(), name: "all".to_owned(), when: "userName pr".to_owned(), set }];
        }).await;
        delete(&server, "/roles/designer").await.expect(204);
        let ada = server.post("/Users", json!({ "userName": "ada" })).await.expect(201);
        assert_eq!(ada.body["roles"].as_array().map(Vec::len), Some(1));
        assert_eq!(ada.body["roles"][0]["value"], "standard_user");
    }
}
