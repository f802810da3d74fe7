//! Changes that are put off to a quiet hour.

use crate::support::{Server, on_both};
use reqwest::Method;
use serde_json::{Value, json};

const TONIGHT: &str = "2099-01-31T22:00:00.000Z";
const AFTER: i64 = 4_104_000_000_000;

on_both! {
    /// E-21: a move and a role wait for their hour, are seen meanwhile, and then happen.
    async fn changes_wait_for_their_hour(server) {
        let user = server.user("ada").await;
        organization(&server, "Sales").await;
        let put = |path: &str, body: Value| {
            let path = format!("/users/{user}/{path}");
            let server = &server;
            async move { server.api(Method::PUT, &path, Some(body)).await }
        };
        let moving = put("organization", json!({ "organization": "Sales", "effectiveAt": TONIGHT })).await.expect(202);
        assert_eq!((&moving.body["state"], &moving.body["effectiveAt"]), (&json!("pending"), &json!(TONIGHT)));
        let role = put("roles", json!({ "roles": ["finance_admin"], "effectiveAt": TONIGHT })).await.expect(202).id();
        let shown = async || server.api(Method::GET, &format!("/users/{user}"), None).await.expect(200).body;
        assert_eq!(shown().await["organization"]["name"], "Default");

        server.app.run_schedule(server.app.now()).await;
        assert_eq!(states(&server).await, ["pending", "pending"], "not yet");
        server.app.run_schedule(AFTER).await;

        assert_eq!(states(&server).await, ["done", "done"]);
        let after = shown().await;
        assert_eq!((&after["organization"]["name"], &after["roles"][0]["key"]), (&json!("Sales"), &json!("finance_admin")));
        let audit = server.api(Method::GET, &format!("/audit?subject={user}&limit=1"), None).await.body;
        assert_eq!(audit["items"][0]["requestId"], role.as_str(), "the trail leads to what was put off");
    }

    /// E-21: what was put off can be cancelled, once.
    async fn a_change_that_waits_is_cancelled(server) {
        let user = server.user("ada").await;
        let body = json!({ "roles": ["finance_admin"], "effectiveAt": TONIGHT });
        let waiting = server.api(Method::PUT, &format!("/users/{user}/roles"), Some(body)).await.expect(202).id();
        let path = format!("/scheduled-changes/{waiting}");
        server.api(Method::DELETE, &path, None).await.expect(204);
        server.api(Method::DELETE, &path, None).await.expect(422);

        server.app.run_schedule(AFTER).await;

        assert_eq!(states(&server).await, ["cancelled"]);
        let after = server.api(Method::GET, &format!("/users/{user}"), None).await.body;
        assert_eq!(after["roles"], json!([]));
    }

    /// E-21, I-18: the last administrator is looked for when the hour has come; a wrong name and a past hour at once.
    async fn guardrails_are_judged_when_the_hour_has_come(server) {
        let admin = json!({ "email": "root@example.com", "roles": ["administrator"] });
        let root = server.api(Method::POST, "/users", Some(admin.clone())).await.expect(201).id();
        let second = json!({ "email": "second@example.com", "roles": ["administrator"] });
        let second = server.api(Method::POST, "/users", Some(second)).await.expect(201).id();
        for user in [&root, &second] {
            // Invited ones do not count.
            server.api(Method::POST, &format!("/users/{user}/deactivate"), Some(json!({}))).await.expect(200);
            server.api(Method::POST, &format!("/users/{user}/reactivate"), None).await.expect(200);
        }
        let roles = |role: &str, at: &str| Some(json!({ "roles": [role], "effectiveAt": at }));
        let path = format!("/users/{root}/roles");
        server.api(Method::PUT, &path, roles("Astronaut", TONIGHT)).await.expect(422);
        server.api(Method::PUT, &path, roles("standard_user", "2001-01-01T00:00:00Z")).await.expect(422);
        server.api(Method::PUT, &path, roles("standard_user", TONIGHT)).await.expect(202);
        server.api(Method::DELETE, &format!("/users/{second}"), None).await.expect(204);

        server.app.run_schedule(AFTER).await;

        assert_eq!(states(&server).await, ["refused"]);
        let changes = server.api(Method::GET, &format!("/scheduled-changes?user={root}"), None).await.body;
        let why = changes["items"][0]["outcome"].as_str().expect("a sentence");
        assert!(why.contains("active administrator"), "{why}");
    }
}

async fn organization(server: &Server, name: &str) {
    let body = json!({ "name": name, "settingsSet": "Default" });
    server.api(Method::POST, "/organizations", Some(body)).await.expect(201);
}

async fn states(server: &Server) -> Vec<String> {
    let changes = server.api(Method::GET, "/scheduled-changes", None).await.expect(200).body;
    let items = changes["items"].as_array().expect("a list");
    items.iter().map(|change| change["state"].as_str().expect("a word").to_owned()).collect()
}
