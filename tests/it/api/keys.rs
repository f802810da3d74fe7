//! Tokens and admin keys that stand for a person.

use super::{GROUP, api_as, entry, is_problem, key_of};
use crate::support::{Server, on_both, send};
use reqwest::Method;
use scim_connector::domain::RoleCeiling;
use serde_json::{Value, json};

/// A user with roles, and a name to call him by.
async fn person(server: &Server, name: &str, roles: &[&str]) -> String {
    server.configure(|connection| connection.role_ceiling = RoleCeiling::Administrator).await;
    let roles: Vec<Value> = roles.iter().map(|role| json!({ "value": role })).collect();
    let body = json!({ "userName": format!("{name}@example.com"), "displayName": name, "roles": roles });
    server.post("/Users", body).await.expect(201).id()
}

on_both! {
    /// E-01, E-10, I-07, I-29, P2-01: a key of one's own opens what its holder may see, at this moment.
    async fn a_key_of_ones_own_needs_an_active_administrator(server) {
        let (ada, bob) = (person(&server, "Ada", &["administrator"]).await, person(&server, "Bob", &["standard_user"]).await);
        let (her, his) = (key_of(&server, &ada).await, key_of(&server, &bob).await);
        api_as(&server, &her, Method::GET, "/account", None).await.expect(200);
        for (method, path) in [
            (Method::GET, "/account"),
            (Method::GET, "/audit"),
            (Method::GET, "/connections/x"),
            (Method::PATCH, "/account"),
            (Method::POST, "/admin-keys"),
        ] {
            let reply = api_as(&server, &his, method, path, None).await;
            is_problem(&reply, 403, "admin_required");
            let detail = reply.body["detail"].as_str().expect("a sentence");
            assert!(detail.contains("Administrator access is required") && detail.contains("Ada"), "{detail}");
        }
        // It counts at once, both ways.
        let grant = json!([{ "op": "replace", "path": "roles", "value": [{ "value": "administrator" }] }]);
        server.patch(&format!("/Users/{bob}"), grant).await.expect(200);
        api_as(&server, &his, Method::GET, "/account", None).await.expect(200);
        let leave = json!([{ "op": "replace", "path": "active", "value": false }]);
        server.patch(&format!("/Users/{ada}"), leave).await.expect(200);
        is_problem(&api_as(&server, &her, Method::GET, "/account", None).await, 403, "admin_required");
        server.delete(&format!("/Users/{ada}")).await.expect(204);
        is_problem(&api_as(&server, &her, Method::GET, "/account", None).await, 403, "admin_required");
    }

    /// I-24: nobody removes, deactivates or demotes himself with a credential that stands for him.
    async fn nobody_removes_himself(server) {
        let (ada, bob) = (person(&server, "Ada", &["administrator"]).await, person(&server, "Bob", &["administrator"]).await);
        let path = format!("/connections/{}/tokens", server.connection);
        let made = server.api(Method::POST, &path, Some(json!({ "user": ada, "expiresInDays": 1 }))).await.expect(201);
        assert_eq!((&made.body["user"], made.body["expiresAt"].is_string()), (&json!(ada), true));
        let secret = made.body["secret"].as_str().expect("it is shown once").to_owned();
        let as_ada = |method: Method, id: &str| {
            server.client.request(method, format!("{}/Users/{id}", server.base_url)).bearer_auth(&secret)
        };
        let patch = |operation: Value| json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation] });
        let off = patch(json!({ "op": "replace", "path": "active", "value": false }));
        let demoted = patch(json!({ "op": "replace", "path": "roles", "value": [{ "value": "standard_user" }] }));
        for request in [
            as_ada(Method::DELETE, &ada),
            as_ada(Method::PATCH, &ada).json(&off),
            as_ada(Method::PATCH, &ada).json(&demoted),
        ] {
            let reply = send(request).await.expect(403);
            assert!(reply.body.to_string().contains("self_removal"), "{}", reply.body);
        }
        // Not by way of a group, either.
        server.policies(&[("groups.grant_roles", "on")]).await;
        let body = json!({
            "displayName": "Admins", "members": [{ "value": ada }],
            GROUP: { "roles": [{ "value": "administrator" }] },
        });
        let group = server.post("/Groups", body).await.expect(201).id();
        server.patch(&format!("/Users/{ada}"), json!([{ "op": "remove", "path": "roles" }])).await.expect(200);
        let leave = patch(json!({ "op": "remove", "path": format!("members[value eq \"{ada}\"]") }));
        let groups = format!("{}/Groups/{group}", server.base_url);
        let reply = send(server.client.patch(&groups).bearer_auth(&secret).json(&leave)).await.expect(403);
        assert!(reply.body.to_string().contains("self_removal"), "{}", reply.body);
        let reply = send(server.client.delete(&groups).bearer_auth(&secret)).await.expect(403);
        assert!(reply.body.to_string().contains("self_removal"), "{}", reply.body);
        // Others are another matter.
        send(as_ada(Method::PATCH, &bob).json(&off)).await.expect(200);
        send(as_ada(Method::DELETE, &bob)).await.expect(204);
    }

    async fn a_credential_shows_its_user_and_its_address(server) {
        let user = server.user("ada").await;
        let tokens = format!("/connections/{}/tokens", server.connection);
        for (path, action) in [(tokens.as_str(), "token"), ("/admin-keys", "admin_key")] {
            let made = server.api(Method::POST, path, Some(json!({ "user": user }))).await.expect(201);
            let location = made.header("location").to_owned();
            let read = send(server.client.get(&location).bearer_auth(&server.admin_key)).await.expect(200);
            assert_eq!((&read.body["user"], &read.body["id"], read.body.get("secret")), (&json!(user), &made.body["id"], None));
            let plain = server.api(Method::POST, path, None).await.expect(201);
            assert_eq!(plain.body["user"], Value::Null);
            for wrong in ["x", "0197a000-0000-7000-8000-000000000000"] {
                let reply = server.api(Method::POST, path, Some(json!({ "user": wrong }))).await;
                is_problem(&reply, 422, "value_invalid");
                assert_eq!(reply.body["field"], "user");
            }
            let created = entry(&server, &format!("{action}.created")).await;
            assert_eq!(created["subject"]["kind"], action);
            let address = location.split("/api/v1").nth(1).expect("below the prefix").to_owned();
            server.api(Method::DELETE, &address, None).await.expect(204);
            server.api(Method::DELETE, &address, None).await.expect(204);
            let revoked = server.api(Method::GET, &format!("/audit?action={action}.revoked"), None).await.expect(200);
            assert_eq!(revoked.items().len(), 1, "revoking again is nothing new");
            assert_eq!(revoked.items()[0]["subject"]["id"], made.body["id"]);
            let other = server.other_admin_key(action).await;
            is_problem(&api_as(&server, &other, Method::GET, &address, None).await, 404, "not_visible");
        }
        server.delete(&format!("/Users/{user}")).await.expect(204);
        let reply = server.api(Method::POST, "/admin-keys", Some(json!({ "user": user }))).await;
        is_problem(&reply, 422, "value_invalid");
    }
}
