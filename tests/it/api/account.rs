//! The account: policies, and the way out of personal mode.

use super::{GROUP, USER, api_as, entry, event, is_problem, key_of, organization};
use crate::support::{Database, Server, on_both, send};
use reqwest::Method;
use scim_connector::domain::RoleCeiling;
use serde_json::{Value, json};

async fn set(server: &Server, key: &str, value: &str) -> crate::support::Reply {
    server.api(Method::PATCH, "/account", Some(json!({ "policies": { key: value } }))).await
}

/// A group that makes its members administrators; the policy is on.
async fn admins(server: &Server, members: &[&str]) -> String {
    set(server, "groups.grant_roles", "on").await.expect(200);
    let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
    let body =
        json!({ "displayName": "Admins", "members": members, GROUP: { "roles": [{ "value": "administrator" }] } });
    server.post("/Groups", body).await.expect(201).id()
}

async fn direct_admin(server: &Server, name: &str) -> String {
    server.configure(|connection| connection.role_ceiling = RoleCeiling::Administrator).await;
    let body = json!({ "userName": name, "roles": [{ "value": "administrator" }] });
    server.post("/Users", body).await.expect(201).id()
}

on_both! {
    /// E-10: an administrator reads and sets what the account does.
    async fn policies_are_shown_and_set(server) {
        let before = server.api(Method::GET, "/account", None).await.expect(200);
        let policies = before.body["policies"].as_object().expect("all policies");
        assert_eq!((policies.len() > 20, &policies["groups.grant_roles"]), (true, &json!("off")));
        for part in ["defaultOrganization", "defaultGroup"] {
            assert_eq!((&before.body[part]["name"], before.body[part]["id"].is_string()), (&json!("Default"), true));
        }
        let body = json!({ "policies": { "scim.delete": "deactivate", "invitation.ttl_days": 3 } });
        let tried = server.api(Method::PATCH, "/account?dry_run=true", Some(body.clone())).await.expect(200);
        assert_eq!((&tried.body["status"], &tried.body["result"]["version"]), (&json!(200), &json!(2)));
        assert_eq!(server.api(Method::GET, "/account", None).await.expect(200).body, before.body);

        let after = server.api(Method::PATCH, "/account", Some(body.clone())).await.expect(200);
        assert_eq!((after.header("etag"), &after.body["version"]), ("W/\"2\"", &json!(2)));
        assert_eq!(after.body["policies"]["invitation.ttl_days"], "3");
        assert_eq!(server.api(Method::GET, "/account", None).await.expect(200).body, after.body);
        // It counts for the next push: the user is there after DELETE.
        let id = server.user("ada@example.com").await;
        server.delete(&format!("/Users/{id}")).await.expect(204);
        assert_eq!(server.get(&format!("/Users/{id}")).await.expect(200).body["active"], false);

        let entry = entry(&server, "account.updated").await;
        let changes = json!([
            { "field": "invitation.ttl_days", "from": "7", "to": "3" },
            { "field": "scim.delete", "from": "remove", "to": "deactivate" },
        ]);
        assert_eq!((&entry["changes"], &entry["actor"]), (&changes, &json!("account")));
        assert_eq!(entry["requestId"], after.header("x-request-id"));
        assert_eq!(entry["subject"], json!({ "kind": "account", "id": server.account.to_string() }));
        let event = event(&server, "account.updated").await;
        assert_eq!(event["version"], 2);
        assert_eq!(event["data"]["policies"]["scim.delete"], json!({ "from": "remove", "to": "deactivate" }));

        // The same again changes nothing.
        let again = server.api(Method::PATCH, "/account", Some(body)).await.expect(200);
        assert_eq!(again.body, after.body);
        assert_eq!(server.api(Method::GET, "/audit?action=account.updated", None).await.expect(200).items().len(), 1);
    }

    async fn what_a_policy_takes_is_told(server) {
        let reply = set(&server, "groups.mode", "both").await;
        is_problem(&reply, 422, "value_invalid");
        assert_eq!((&reply.body["field"], &reply.body["known"]), (&json!("groups.mode"), &json!(["multiple", "single"])));
        assert!(reply.body["detail"].as_str().is_some_and(|text| text.contains("multiple, single")), "{}", reply.body);
        for days in ["0", "366", "-1", "seven"] {
            let reply = set(&server, "invitation.ttl_days", days).await;
            is_problem(&reply, 422, "value_invalid");
            assert_eq!(reply.body["known"], json!(["1 to 365"]));
        }
        let reply = set(&server, "groups.colour", "red").await;
        is_problem(&reply, 422, "value_invalid");
        let known = reply.body["known"].as_array().expect("the keys");
        assert!(known.contains(&json!("groups.mode")) && known.len() > 20, "{known:?}");
        for (status, code, body) in [
            (422, "body_invalid", json!({ "policies": { "scim.delete": "remove" }, "name": "other" })),
            (422, "body_invalid", json!({ "policies": [] })),
            (422, "body_invalid", json!({})),
            (422, "value_invalid", json!({ "policies": { "groups.grant_roles": true } })),
            (422, "value_invalid", json!({ "policies": { "scim.delete": "deactivate", "x": "y" } })),
        ] {
            is_problem(&server.api(Method::PATCH, "/account", Some(body)).await, status, code);
        }
        assert_eq!(server.api(Method::GET, "/account", None).await.expect(200).body["version"], 1);
        let stale = server.api_request(Method::PATCH, "/account").header("If-Match", "W/\"9\"");
        let stale = send(stale.json(&json!({ "policies": { "scim.delete": "deactivate" } }))).await;
        is_problem(&stale, 412, "version_conflict");
    }

    /// P2-20, E-41: groups begin and cease to make administrators at once; never the last of them is lost.
    async fn the_policy_of_group_roles_makes_and_unmakes_administrators(server) {
        let inherited = server.user("heir@example.com").await;
        server.configure(|connection| connection.role_ceiling = RoleCeiling::Administrator).await;
        admins(&server, &[&inherited]).await;
        let own = key_of(&server, &inherited).await;
        api_as(&server, &own, Method::GET, "/account", None).await.expect(200);

        let last = set(&server, "groups.grant_roles", "off").await;
        is_problem(&last, 409, "last_active_admin");
        let tried = server.api(Method::PATCH, "/account?dry_run=true", Some(json!({ "policies": { "groups.grant_roles": "off" } })));
        is_problem(&tried.await, 409, "last_active_admin");
        api_as(&server, &own, Method::GET, "/account", None).await.expect(200);

        direct_admin(&server, "root@example.com").await;
        let body = json!({ "policies": { "groups.grant_roles": "off" } });
        let own_goal = api_as(&server, &own, Method::PATCH, "/account", Some(body)).await;
        is_problem(&own_goal, 409, "self_removal");
        set(&server, "groups.grant_roles", "off").await.expect(200);
        is_problem(&api_as(&server, &own, Method::GET, "/account", None).await, 403, "admin_required");
        // A push of something else leaves it so.
        let rename = json!([{ "op": "replace", "path": "displayName", "value": "Heir" }]);
        server.patch(&format!("/Users/{inherited}"), rename).await.expect(200);
        is_problem(&api_as(&server, &own, Method::GET, "/account", None).await, 403, "admin_required");

        set(&server, "groups.grant_roles", "on").await.expect(200);
        api_as(&server, &own, Method::GET, "/account", None).await.expect(200);
    }

    /// What users have stays when the account wants one of each; it counts for the next change.
    async fn single_modes_leave_what_there_is(server) {
        server.configure(|connection| connection.role_ceiling = RoleCeiling::Administrator).await;
        let body = json!({ "userName": "ada", "roles": [{ "value": "administrator" }, { "value": "standard_user" }] });
        let user = server.post("/Users", body).await.expect(201).id();
        let groups = [server.group("A", std::slice::from_ref(&user)).await, server.group("B", std::slice::from_ref(&user)).await];
        let body = json!({ "policies": { "roles.cardinality": "single", "groups.mode": "single" } });
        server.api(Method::PATCH, "/account", Some(body)).await.expect(200);

        let path = format!("/Users/{user}");
        let rename = json!([{ "op": "replace", "path": "displayName", "value": "Ada" }]);
        let same = server.patch(&path, rename).await.expect(200);
        assert_eq!(same.body["roles"].as_array().map(Vec::len), Some(2));
        assert_eq!(same.body["groups"].as_array().map(Vec::len), Some(2));
        let more = json!([{ "op": "add", "path": "roles", "value": [{ "value": "finance_admin" }] }]);
        let more = server.patch(&path, more).await.expect(400);
        assert!(more.body.to_string().contains("role_cardinality"), "{}", more.body);
        let fewer = json!([{ "op": "remove", "path": "roles[value eq \"standard_user\"]" }]);
        assert_eq!(server.patch(&path, fewer).await.expect(200).body["roles"].as_array().map(Vec::len), Some(1));
        let third = server.group("C", std::slice::from_ref(&user)).await;
        let after = server.get(&path).await.expect(200);
        assert_eq!(after.body["groups"].as_array().map(Vec::len), Some(1), "{groups:?}");
        assert_eq!(after.body["groups"][0]["value"], third);
    }

    /// I-02, I-08, I-10: nothing but the way out works in personal mode; afterwards everything does.
    async fn personal_mode_is_left_by_activation(server) {
        let taken = organization(&server, "Sales").await;
        let path = "/account/activate-organization";
        is_problem(&server.api(Method::POST, path, None).await, 409, "organization_mode_active");
        set(&server, "account.mode", "personal").await.expect(200);

        for path in ["/Users", "/Groups", "/ServiceProviderConfig", "/Users/x", "/Schemas"] {
            let reply = server.get(path).await.expect(403);
            assert!(reply.body.to_string().contains("organization_mode_required"), "{path}: {}", reply.body);
        }
        server.post("/Users", json!({ "userName": "ada" })).await.expect(403);
        for path in ["/audit", "/events"] {
            is_problem(&server.api(Method::GET, path, None).await, 409, "organization_mode_required");
        }
        let connection = format!("/connections/{}", server.connection);
        for path in ["/account", "/connections", &connection, "/admin-keys"] {
            server.api(Method::GET, path, None).await.expect(200);
        }
        server.api(Method::POST, "/admin-keys", None).await.expect(201);

        let with = |name: &str| Some(json!({ "organization": name }));
        let reply = server.api(Method::POST, path, with("SALES ")).await;
        is_problem(&reply, 409, "organization_name_taken");
        assert_eq!(reply.body["holder"], taken);
        is_problem(&server.api(Method::POST, path, with("  ")).await, 422, "value_invalid");
        let stale = server.api_request(Method::POST, path).header("If-Match", "W/\"1\"").json(&json!({}));
        is_problem(&send(stale).await, 412, "version_conflict");
        let tried = server.api(Method::POST, &format!("{path}?dry_run=true"), with("Acme")).await.expect(200);
        assert_eq!(tried.body["result"]["defaultOrganization"]["name"], "Acme");
        server.get("/Users").await.expect(403);

        let active = server.api(Method::POST, path, with("Acme")).await.expect(200);
        assert_eq!(active.body["policies"]["account.mode"], "organization");
        assert_eq!(active.body["defaultOrganization"]["name"], "Acme");
        server.get("/ServiceProviderConfig").await.expect(200);
        let body = json!({ "userName": "ada", USER: { "organization": "acme" } });
        assert_eq!(server.post("/Users", body).await.expect(201).body[USER]["organization"], "Acme");
        is_problem(&server.api(Method::POST, path, None).await, 409, "organization_mode_active");
        let entry = entry(&server, "account.organization_activated").await;
        assert_eq!(entry["changes"][0], json!({ "field": "account.mode", "from": "personal", "to": "organization" }));
        let renamed = super::entry(&server, "organization.updated").await;
        assert_eq!(renamed["changes"][0], json!({ "field": "displayName", "from": "Default", "to": "Acme" }));
        event(&server, "account.organization_activated").await;

        // Without a name the organization keeps the one it has.
        set(&server, "account.mode", "personal").await.expect(200);
        let again = server.api(Method::POST, path, Some(json!({}))).await.expect(200);
        assert_eq!(again.body["defaultOrganization"]["name"], "Acme");
    }

    /// The account of another key is never seen or changed.
    async fn policies_of_another_account_stay(server) {
        let other = server.other_admin_key("other").await;
        let body = json!({ "policies": { "scim.delete": "deactivate" } });
        api_as(&server, &other, Method::PATCH, "/account", Some(body)).await.expect(200);
        let own = server.api(Method::GET, "/account", None).await.expect(200);
        assert_eq!((&own.body["policies"]["scim.delete"], &own.body["version"]), (&json!("remove"), &json!(1)));
        for path in ["/audit", "/events"] {
            assert_eq!(server.api(Method::GET, path, None).await.expect(200).items().len(), 0, "{path}");
        }
    }
}

/// E-36: a change of policy, ceiling or rules counts for the very next request, also on another server.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_administrator_sets_counts_at_once_on_every_replica() {
    let one = Server::start(Database::Postgres).await;
    let two = Server::start_on(one.url.clone(), |_| ()).await;
    for round in 0..3 {
        for (here, there) in [(&one, &two), (&two, &one)] {
            let name =
                |what: &str| format!("{what}{round}{}", here.base_url.len() + usize::from(std::ptr::eq(here, &two)));
            // Both know the account and the connection as they were.
            here.get("/Users?count=0").await.expect(200);
            there.get("/Users?count=0").await.expect(200);
            set(here, "roles.unknown", "reject").await.expect(200);
            let body = json!({ "userName": name("a"), "roles": [{ "value": "pilot" }] });
            there.post("/Users", body.clone()).await.expect(400);
            set(here, "roles.unknown", "keep").await.expect(200);
            there.post("/Users", body).await.expect(201);

            let connection = format!("/connections/{}", here.connection);
            let ceiling = |word: &str| Some(json!({ "roleCeiling": word, "settings": { "aboveCeiling": "reject" } }));
            let body = |what: &str| json!({ "userName": name(what), "roles": [{ "value": "administrator" }] });
            here.api(Method::PATCH, &connection, ceiling("administrator")).await.expect(200);
            there.post("/Users", body("b")).await.expect(201);
            here.api(Method::PATCH, &connection, ceiling("standard_user")).await.expect(200);
            there.post("/Users", body("c")).await.expect(403);

            let rules =
                json!({ "rules": [{ "name": "all", "when": "userName pr", "set": { "roles": ["standard_user"] } }] });
            here.api(Method::PUT, &format!("{connection}/rules"), Some(rules)).await.expect(200);
            let made = there.post("/Users", json!({ "userName": name("d") })).await.expect(201);
            assert_eq!(made.body["roles"][0]["value"], "standard_user");
            here.api(Method::PUT, &format!("{connection}/rules"), Some(json!({ "rules": [] }))).await.expect(200);
            let made = there.post("/Users", json!({ "userName": name("e") })).await.expect(201);
            assert_eq!(made.body.get("roles"), None);
        }
    }
}
