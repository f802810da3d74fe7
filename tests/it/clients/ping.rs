//! PingFederate (idp.md 4): no PATCH; groups are found by listing all of them. PingOne clears with empty texts.

use super::{ids, members};
use crate::support::on_both;
use serde_json::{Value, json};

fn person(active: bool, title: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ping@example.com", "externalId": "p-1",
        "active": active, "title": title, "name": { "givenName": "Ping", "familyName": "Federate" },
        "emails": [{ "value": "ping@example.com", "type": "work", "primary": true }],
    })
}

on_both! {
    async fn everything_is_done_with_put(server) {
        // "Provision disabled users".
        let user = server.post("/Users", person(false, "Clerk")).await.expect(201);
        assert_eq!(user.body["active"], false);
        let (user, path) = (user.id(), format!("/Users/{}", user.id()));
        assert_eq!(server.put(&path, person(true, "Clerk")).await.expect(200).body["active"], true);
        assert_eq!(server.put(&path, person(true, "")).await.expect(200).body.get("title"), None, "PingOne clears it so");

        let mut groups = Vec::new();
        for number in 0..7 {
            groups.push(server.post("/Groups", json!({ "displayName": format!("Group {number}") })).await.expect(201).id());
        }
        let mut listed = Vec::new();
        let mut start = 1;
        loop {
            let page = server.get(&format!("/Groups?startIndex={start}&count=3")).await.expect(200);
            listed.extend(ids(&page));
            start += 3;
            if start > page.body["totalResults"].as_u64().expect("a number") {
                break;
            }
        }
        assert_eq!(listed, groups);
        let whole = |members: Value| json!({ "displayName": "Group 3", "members": members });
        let path_of_group = format!("/Groups/{}", groups[3]);
        let put = server.put(&path_of_group, whole(json!([{ "value": user }]))).await.expect(200);
        assert_eq!(members(&put), std::slice::from_ref(&user));
        assert!(members(&server.put(&path_of_group, whole(json!([]))).await.expect(200)).is_empty());

        assert_eq!(server.put(&path, person(false, "")).await.expect(200).body["active"], false);
        server.delete(&path).await.expect(204);
    }
}
