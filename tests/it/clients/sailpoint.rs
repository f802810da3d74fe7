//! SailPoint (idp.md 4): reads discovery by name, aggregates everything, and may write groups on users.

use super::{has_seen, ids, members};
use crate::support::on_both;
use serde_json::{Value, json};

on_both! {
    async fn discovery_aggregation_and_changes(server) {
        for path in ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas"] {
            server.get(path).await.expect(200);
        }
        for name in ["User", "Group"] {
            let one = server.get(&format!("/ResourceTypes/{name}")).await.expect(200);
            let schema = one.body["schema"].as_str().expect("a schema").to_owned();
            assert_eq!(server.get(&format!("/Schemas/{schema}")).await.expect(200).body["id"], schema);
        }
        let mut made = Vec::new();
        for number in 0..5 {
            made.push(server.user(&format!("sail{number}")).await);
        }
        let mut found = Vec::new();
        for start in [1, 3, 5] {
            let page = server.get(&format!("/Users?startIndex={start}&count=2&attributes=userName,groups")).await.expect(200);
            found.extend(ids(&page));
        }
        assert_eq!(found, made);
        let path = format!("/Users/{}", made[0]);
        let off = json!([{ "op": "replace", "path": "active", "value": false }]);
        assert_eq!(server.patch(&path, off).await.expect(200).body["active"], false);
        server.delete(&path).await.expect(204);
    }

    /// `updateGroupsViaUsers`: ignored as RFC 7643 wants it, and taken where the connection was told to.
    async fn groups_written_on_users_are_taken_where_it_was_chosen(server) {
        let [sales, staff] = [server.group("Sales", &[]).await, server.group("Staff", &[]).await];
        let body = |groups: Value| json!({ "userName": "sail", "groups": groups });
        let user = server.post("/Users", body(json!([{ "value": sales }]))).await.expect(201);
        assert_eq!(user.body.get("groups"), None);
        let path = format!("/Users/{}", user.id());

        server.configure(|connection| connection.settings.groups_on_users = true).await;
        let of_user = async || {
            let shown = server.get(&path).await.expect(200).body;
            let elements = shown["groups"].as_array().cloned().unwrap_or_default();
            elements.iter().map(|group| group["value"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
        };
        server.put(&path, body(json!([{ "value": sales, "display": "Sales" }, { "value": staff }]))).await.expect(200);
        assert_eq!(of_user().await, [sales.clone(), staff.clone()]);
        assert_eq!(members(&server.get(&format!("/Groups/{sales}")).await), [user.id()]);
        server.put(&path, json!({ "userName": "sail" })).await.expect(200);
        assert_eq!(of_user().await.len(), 2, "what is not said stays");
        let leave = json!([{ "op": "remove", "path": format!("groups[value eq \"{sales}\"]") }]);
        server.patch(&path, leave).await.expect(200);
        assert_eq!(of_user().await, std::slice::from_ref(&staff));
        let join = json!([{ "op": "add", "path": "groups", "value": [{ "value": sales }] }]);
        server.patch(&path, join).await.expect(200);
        assert_eq!(of_user().await.len(), 2);
        server.put(&path, body(json!([]))).await.expect(200);
        assert!(of_user().await.is_empty());
        has_seen(&server, &["groups_on_user"]).await;
    }

    /// litellm PR#17420: an aggregated group names people whom nobody provisioned: nobody is made.
    async fn a_group_push_makes_no_users(server) {
        let push = json!({ "displayName": "Aggregated", "members": [{ "value": "somebody@example.com" }] });
        server.post("/Groups", push).await.expect(400);
        assert_eq!(server.get("/Users").await.body["totalResults"], 0);
    }
}
