//! Decisions for the product.

use super::person::{direct, get, organization, person, team};
use crate::support::{Server, on_both};
use reqwest::Method;
use scim_connector::domain::{Catalogue, Preset};
use serde_json::{Value, json};

/// The codes of the reasons against it; none when it is allowed.
async fn against(server: &Server, user: &str, question: &str) -> Vec<String> {
    let reply = get(server, &format!("/users/{user}/decisions/{question}")).await.expect(200);
    let reasons = reply.body["reasons"].as_array().expect("reasons");
    assert_eq!(reply.body["allowed"], reasons.is_empty(), "{}", reply.body);
    assert!(reasons.iter().all(|reason| reason["detail"].as_str().is_some_and(|detail| detail.ends_with('.'))));
    reasons.iter().map(|reason| reason["code"].as_str().unwrap().to_owned()).collect()
}

on_both! {
    /// E-02, E-22, E-32, B-06, A-16: who may sign in, edit and start sessions follows from status, organization and groups.
    async fn the_product_asks_and_is_told_why_not(server) {
        let none: &[&str] = &[];
        let invited = person(&server, "invited@example.com", json!({})).await;
        direct(&server).await;
        let group = team(&server, "Sales", &[]).await;
        let other = team(&server, "Legal", &[]).await;
        let id = person(&server, "ada@example.com", json!({ "groups": ["Sales"] })).await;
        for question in ["can-sign-in", "can-edit-session", "can-send", &format!("can-send?group={group}"), "can-send?group=sales"] {
            assert_eq!(against(&server, &id, question).await, none, "{question}");
            assert_eq!(against(&server, &invited, question).await[0], "user_invited", "{question}");
        }
        assert_eq!(against(&server, &id, &format!("can-send?group={other}")).await, ["no_send_group"]);
        let wrong = get(&server, &format!("/users/{id}/decisions/can-send?group=nothing")).await.expect(422);
        assert_eq!(wrong.code(), "group_unknown");

        let flags = json!({ "canSend": false });
        server.api(Method::PATCH, &format!("/groups/{group}/members/{id}"), Some(flags)).await.expect(200);
        assert_eq!(against(&server, &id, "can-send").await, ["no_send_group"]);
        assert_eq!(against(&server, &id, "can-send?group=Sales").await, ["no_send_group"]);
        assert_eq!(against(&server, &id, "can-sign-in").await, none);

        server.api(Method::POST, &format!("/users/{id}/deactivate"), None).await.expect(200);
        for question in ["can-sign-in", "can-edit-session", "can-send", "can?capability=sessions.create"] {
            assert!(against(&server, &id, question).await.contains(&"user_inactive".to_owned()), "{question}");
        }
        server.api(Method::DELETE, &format!("/users/{id}"), None).await.expect(204);
        assert_eq!(against(&server, &id, "can-sign-in").await, ["user_removed"]);
    }

    /// E-32: a user without organization cannot start sessions, and one cures it at once.
    async fn an_organization_cures_at_once(server) {
        direct(&server).await;
        server.policies(&[("organization.fallback", "park")]).await;
        let id = person(&server, "ada@example.com", json!({ "roles": ["standard_user"] })).await;
        assert_eq!(against(&server, &id, "can-send").await, ["user_unplaced"]);
        assert_eq!(against(&server, &id, "can-sign-in").await.len(), 0);
        organization(&server, "North", "north@example.com").await;
        server.api(Method::PUT, &format!("/users/{id}/organization"), Some(json!({ "organization": "North" }))).await.expect(200);
        assert_eq!(against(&server, &id, "can-send").await.len(), 0);
        let settings = get(&server, &format!("/users/{id}/effective-settings")).await.expect(200);
        assert_eq!(settings.body["sender"]["email"], "north@example.com");
    }

    /// P2-06..P2-09: three roles; each allows what the portal says, capability by capability.
    async fn roles_allow_what_the_portal_says(server) {
        direct(&server).await;
        assert_eq!(Catalogue::built_in(Preset::Portal).roles.len(), 3);
        let everyday = ["sessions.create", "sessions.edit", "sessions.send", "templates.use"];
        let billing = ["billing.view", "billing.edit"];
        let admin = ["admin.users", "admin.groups", "admin.settings"];
        for (role, email, allowed) in [
            ("Organization admin", "a@example.com", [everyday.as_slice(), &billing, &admin].concat()),
            ("User", "u@example.com", everyday.to_vec()),
            ("Finance Admin", "f@example.com", billing.to_vec()),
        ] {
            let id = person(&server, email, json!({ "roles": [role] })).await;
            for capability in [everyday.as_slice(), &billing, &admin].concat() {
                let reasons = against(&server, &id, &format!("can?capability={capability}")).await;
                let expected: &[&str] = if allowed.contains(&capability) { &[] } else { &["capability_missing"] };
                assert_eq!(reasons, expected, "{role} {capability}");
            }
        }
        let nobody = person(&server, "n@example.com", json!({})).await;
        assert_eq!(against(&server, &nobody, "can?capability=sessions.create").await, ["capability_missing"]);
        for capability in ["sessions.destroy", "*", "billing.*"] {
            let reply = get(&server, &format!("/users/{nobody}/decisions/can?capability={capability}")).await.expect(422);
            assert!(reply.body["detail"].as_str().is_some_and(|detail| detail.contains("billing.view")), "{}", reply.body);
        }
        assert_eq!(get(&server, &format!("/users/{nobody}/decisions/can")).await.expect(400).code(), "parameter_invalid");
    }

    /// P2-20: what a group's role allows is allowed as long as the user is in the group.
    async fn an_inherited_role_allows_while_it_is_inherited(server) {
        server.policies(&[("groups.grant_roles", "on"), ("activation.admin", "direct")]).await;
        let id = person(&server, "ada@example.com", json!({})).await;
        let body = json!({ "name": "Money", "roles": ["finance_admin"], "members": [id] });
        let group = server.api(Method::POST, "/groups", Some(body)).await.expect(201).id();
        assert_eq!(against(&server, &id, "can?capability=billing.view").await.len(), 0);
        let user = get(&server, &format!("/users/{id}")).await.body;
        let inherited = json!({ "value": "finance_admin", "display": "Finance Admin", "origin": format!("group:{group}"), "via": "Money" });
        assert_eq!((&user["effectiveRoles"], &user["roles"]), (&json!([inherited]), &json!([])));
        let found = get(&server, "/users?role=Finance%20Admin").await;
        assert_eq!(found.items().len(), 1);
        server.api(Method::POST, &format!("/groups/{group}/members"), Some(json!({ "remove": [id] }))).await.expect(200);
        assert_eq!(against(&server, &id, "can?capability=billing.view").await, ["capability_missing"]);
        assert_eq!(get(&server, &format!("/users/{id}")).await.body["effectiveRoles"], Value::Array(vec![]));
    }
}
