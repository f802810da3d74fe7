//! Leaving and coming back, and the guardrails around it, in the admin API.

use super::person::{
    admin, api_as, audit, default_group, direct, get, groups_of, key_of, organization, person, refused, state, team,
    tried,
};
use crate::support::on_both;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

on_both! {
    /// E-03, E-22..E-24, B-06: deactivation takes access and nothing else, and reactivation gives back exactly that.
    async fn a_user_leaves_and_comes_back(server) {
        direct(&server).await;
        let more = json!({ "roles": ["standard_user"], "title": "Analyst", "folders": ["A"] });
        let id = person(&server, "ada@example.com", more).await;
        team(&server, "Sales", &[&id]).await;
        let before = get(&server, &format!("/users/{id}")).await.body;
        let tried = tried(&server, Method::POST, &format!("/users/{id}/deactivate"), json!({ "reason": "left" })).await;
        assert_eq!(tried["result"]["status"], "inactive");

        let left = server.api(Method::POST, &format!("/users/{id}/deactivate"), Some(json!({ "reason": "left" }))).await.expect(200);
        assert_eq!((&left.body["status"], &left.body["active"]), (&json!("inactive"), &json!(false)));
        assert_eq!(left.body["blockedReasons"], json!(["user_inactive"]));
        assert_eq!((&left.body["memberships"], &left.body["roles"]), (&before["memberships"], &before["roles"]));
        let entry = &audit(&server, Some(&id)).await[0];
        assert_eq!((entry.action.as_str(), entry.why.as_deref()), ("user.deactivated", Some("left")));
        assert_eq!(server.find("/Users", "active eq false").await.resources().len(), 1);
        let again = server.api(Method::POST, &format!("/users/{id}/deactivate"), None).await.expect(200);
        assert_eq!(again.body["version"], left.body["version"]);

        let mut back = server.api(Method::POST, &format!("/users/{id}/reactivate"), None).await.expect(200).body;
        for name in ["version", "updatedAt"] {
            back[name] = before[name].clone();
        }
        assert_eq!(back, before);
        assert_eq!(audit(&server, Some(&id)).await[0].action, "user.reactivated");
    }

    /// P-13: whom an administrator makes is invited, unless the account says otherwise.
    async fn a_new_user_is_invited_first(server) {
        let id = person(&server, "ada@example.com", json!({})).await;
        let user = get(&server, &format!("/users/{id}")).await.body;
        assert_eq!((&user["status"], &user["active"]), (&json!("invited"), &json!(true)));
        assert_eq!(server.find("/Users", "urn:ietf:params:scim:schemas:extension:connector:2.0:User:status eq \"invited\"").await.resources().len(), 1);
    }

    /// I-06, I-19, B-08: a removed user is a tombstone: read here, gone over SCIM, changed by nobody; what he had is free.
    async fn a_removed_user_is_never_changed(server) {
        direct(&server).await;
        let id = person(&server, "ada@example.com", json!({ "displayName": "Ada", "externalId": "1" })).await;
        let group = team(&server, "Sales", &[]).await;
        let tried = tried(&server, Method::POST, &format!("/users/{id}/remove"), json!({ "reason": "x" })).await;
        assert_eq!((&tried["status"], &tried["result"]), (&json!(204), &Value::Null));
        server.api(Method::POST, &format!("/users/{id}/remove"), Some(json!({ "reason": "left" }))).await.expect(204);
        let tombstone = get(&server, &format!("/users/{id}")).await.expect(200).body;
        assert_eq!((&tombstone["status"], &tombstone["displayName"]), (&json!("removed"), &json!("Ada")));
        assert!(tombstone["removedAt"].is_string());
        let entry = &audit(&server, Some(&id)).await[0];
        assert_eq!((entry.action.as_str(), entry.why.as_deref()), ("user.removed", Some("left")));
        server.get(&format!("/Users/{id}")).await.expect(404);

        let path = format!("/users/{id}");
        for (method, path, body) in [
            (Method::PATCH, path.clone(), json!({ "title": "x" })),
            (Method::PATCH, path.clone(), json!({})),
            (Method::PUT, format!("{path}/organization"), json!({ "organization": "Default" })),
            (Method::PUT, format!("{path}/memberships"), json!({ "memberships": [] })),
            (Method::PUT, format!("{path}/roles"), json!({ "roles": [] })),
            (Method::POST, format!("{path}/deactivate"), json!({})),
            (Method::POST, format!("{path}/reactivate"), json!({})),
            (Method::POST, format!("{path}/remove"), json!({})),
            (Method::DELETE, path.clone(), Value::Null),
            (Method::POST, format!("/groups/{group}/members"), json!({ "add": [{ "user": id }] })),
            (Method::PATCH, format!("/groups/{group}/members/{id}"), json!({ "canSend": false })),
            (Method::PATCH, format!("/groups/{group}"), json!({ "members": [id] })),
            (Method::POST, "/groups".to_owned(), json!({ "name": "Legal", "members": [id] })),
        ] {
            refused(&server, (method, &path, body), 409, "user_removed").await;
        }
        let again = person(&server, "ada@example.com", json!({ "externalId": "1" })).await;
        assert_eq!(get(&server, &format!("/users/{again}")).await.body["previousUserId"], json!(id));
    }

    /// E-34, I-18, I-25: the last active administrator stays, by whatever way; after another is appointed it works at once.
    async fn the_last_administrator_stays(server) {
        direct(&server).await;
        let boss = admin(&server, "boss@example.com").await;
        let path = format!("/users/{boss}");
        let ways = |path: &str| {
            [
                (Method::POST, format!("{path}/deactivate"), json!({})),
                (Method::POST, format!("{path}/remove"), json!({})),
                (Method::DELETE, path.to_owned(), Value::Null),
                (Method::PUT, format!("{path}/roles"), json!({ "roles": ["standard_user"] })),
                (Method::PATCH, path.to_owned(), json!({ "roles": [] })),
            ]
        };
        for (method, path, body) in ways(&path) {
            refused(&server, (method, &path, body), 409, "last_active_admin").await;
        }
        // Neither one who is invited nor one who has left counts.
        server.policies(&[("activation.admin", "invite")]).await;
        admin(&server, "invited@example.com").await;
        direct(&server).await;
        let second = admin(&server, "second@example.com").await;
        server.api(Method::POST, &format!("/users/{second}/deactivate"), None).await.expect(200);
        refused(&server, (Method::DELETE, &path, Value::Null), 409, "last_active_admin").await;
        server.api(Method::POST, &format!("/users/{second}/reactivate"), None).await.expect(200);
        server.api(Method::POST, &format!("{path}/deactivate"), None).await.expect(200);
        server.api(Method::DELETE, &path, None).await.expect(204);
        refused(&server, (Method::DELETE, &format!("/users/{second}"), Value::Null), 409, "last_active_admin").await;
    }

    /// I-18: an administrator by his group counts too, and the guard looks at leaving, deleting and changing the group.
    async fn an_administrator_by_his_group_stays_too(server) {
        server.policies(&[("groups.grant_roles", "on"), ("activation.admin", "direct")]).await;
        let boss = person(&server, "boss@example.com", json!({})).await;
        let body = json!({ "name": "Admins", "roles": ["Administrator"], "members": [boss] });
        let group = server.api(Method::POST, "/groups", Some(body)).await.expect(201).id();
        let path = format!("/groups/{group}");
        for (method, path, body) in [
            (Method::PATCH, path.clone(), json!({ "roles": [] })),
            (Method::PATCH, path.clone(), json!({ "members": [] })),
            (Method::POST, format!("{path}/members"), json!({ "remove": [boss] })),
            (Method::PUT, format!("/users/{boss}/memberships"), json!({ "memberships": [] })),
            (Method::POST, format!("/users/{boss}/deactivate"), json!({})),
            (Method::DELETE, format!("/users/{boss}"), Value::Null),
        ] {
            refused(&server, (method, &path, body), 409, "last_active_admin").await;
        }
        admin(&server, "second@example.com").await;
        server.api(Method::PATCH, &path, Some(json!({ "roles": [] }))).await.expect(200);
    }

    /// I-18: where each organization needs an administrator, the last one cannot be moved away.
    async fn the_last_administrator_of_an_organization_stays(server) {
        direct(&server).await;
        server.policies(&[("guard.last_admin_scope", "organization")]).await;
        organization(&server, "North", "north@example.com").await;
        admin(&server, "boss@example.com").await;
        let north = person(&server, "north@example.com", json!({ "roles": ["ADMIN"], "organization": "North" })).await;
        let path = format!("/users/{north}/organization");
        refused(&server, (Method::PUT, &path, json!({ "organization": "Default" })), 409, "last_active_admin").await;
        person(&server, "other@example.com", json!({ "roles": ["ADMIN"], "organization": "North" })).await;
        server.api(Method::PUT, &path, Some(json!({ "organization": "Default" }))).await.expect(200);
    }

    /// I-24: an administrator neither removes, deactivates nor demotes himself; others may.
    async fn nobody_removes_himself(server) {
        direct(&server).await;
        let (ada, bob) = (admin(&server, "ada@example.com").await, admin(&server, "bob@example.com").await);
        let key = key_of(&server, &ada).await;
        let before = state(&server).await;
        let path = format!("/users/{ada}");
        for (method, path, body) in [
            (Method::POST, format!("{path}/deactivate"), json!({})),
            (Method::POST, format!("{path}/remove"), json!({})),
            (Method::DELETE, path.clone(), Value::Null),
            (Method::PUT, format!("{path}/roles"), json!({ "roles": [] })),
        ] {
            let reply = api_as(&server, &key, method, &path, body).await.expect(409);
            assert_eq!(reply.code(), "self_removal", "{path}");
        }
        assert_eq!(state(&server).await, before);
        api_as(&server, &key, Method::PATCH, &path, json!({ "title": "Chief" })).await.expect(200);
        api_as(&server, &key, Method::DELETE, &format!("/users/{bob}"), Value::Null).await.expect(204);
        assert_eq!(audit(&server, Some(&bob)).await[0].actor, format!("user:{ada}"));
    }

    /// I-25: of two administrators who remove each other at the same instant, one stays.
    async fn two_who_are_removed_at_once_leave_one(server) {
        direct(&server).await;
        let (ada, bob) = (admin(&server, "ada@example.com").await, admin(&server, "bob@example.com").await);
        let remove = |id: &str| {
            let path = format!("/users/{id}");
            let server = &server;
            async move { server.api(Method::DELETE, &path, None).await.status.as_u16() }
        };
        let mut statuses = [0; 2];
        (statuses[0], statuses[1]) = tokio::join!(remove(&ada), remove(&bob));
        statuses.sort_unstable();
        assert_eq!(statuses, [204, 409]);
        assert_eq!(get(&server, "/users?role=administrator&status=active").await.items().len(), 1);
    }

    /// A repeated request is done once, and a try is not done at all.
    async fn a_request_that_is_repeated_is_done_once(server) {
        let request = || {
            let request = server.api_request(Method::POST, "/users").header("Idempotency-Key", "k");
            crate::support::send(request.json(&json!({ "email": "ada@example.com" })))
        };
        let (first, second) = (request().await.expect(201), request().await.expect(201));
        assert_eq!((&first.body, second.header("idempotent-replay")), (&second.body, "true"));
        let tried = tried(&server, Method::POST, "/users", json!({ "email": "bob@example.com" })).await;
        assert_eq!((&tried["status"], &tried["result"]["userName"]), (&json!(201), &json!("bob@example.com")));
        let group = default_group(&server).await;
        assert_eq!(get(&server, &format!("/groups/{group}")).await.body["memberCount"], 1);
    }

    /// E-19, E-42: the change feed tells a move and a deactivation with what they mean for sessions.
    async fn the_feed_tells_what_it_means_for_sessions(server) {
        direct(&server).await;
        organization(&server, "North", "north@example.com").await;
        let id = person(&server, "ada@example.com", json!({})).await;
        server.api(Method::PUT, &format!("/users/{id}/organization"), Some(json!({ "organization": "North" }))).await.expect(200);
        server.api(Method::POST, &format!("/users/{id}/deactivate"), Some(json!({ "reason": "left" }))).await.expect(200);
        let account = server.account;
        for _ in 0..100 {
            let work = async move |tx: &mut scim_connector::storage::Tx<'_>| tx.events(account, 0, 100).await;
            let events = server.app.service.db.read::<_, scim_connector::storage::Error, _>(work).await.expect("events");
            let of = |kind: &str| {
                let found = events.iter().find(|event| event.kind == kind && event.subject_id == id)?;
                serde_json::from_str::<Value>(&found.data).ok()
            };
            if let (Some(moved), Some(left)) = (of("user.organization_changed"), of("user.deactivated")) {
                assert_eq!((&moved["effective"], &moved["to"]["name"]), (&json!("future_sessions"), &json!("North")));
                assert_eq!((&left["affectsRunningSessions"], &left["reason"]), (&json!(false), &json!("left")));
                assert_eq!(groups_of(&get(&server, &format!("/users/{id}")).await.body), ["Default"]);
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the events did not come");
    }
}
