//! JumpCloud (idp.md 4): its activation makes, changes and deletes a test user and a test group.

use super::members;
use crate::support::on_both;
use serde_json::json;

on_both! {
    async fn the_activation_test_leaves_nothing_behind(server) {
        server.get("/Users").await.expect(200);
        let user = server.find("/Users", "userName eq \"test@jumpcloud.invalid\"").await.expect(200);
        assert_eq!(user.body["totalResults"], 0);
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "test@jumpcloud.invalid", "active": true,
            "emails": [{ "value": "test@jumpcloud.invalid", "type": "work", "primary": true }],
            "name": { "givenName": "Test", "familyName": "User" },
        });
        let user = server.post("/Users", body).await.expect(201).id();
        let group = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Test Group" });
        let group = server.post("/Groups", group).await.expect(201).id();
        let (user_path, group_path) = (format!("/Users/{user}"), format!("/Groups/{group}"));

        let changed = server.patch(&user_path, json!([
            { "op": "replace", "path": "name.givenName", "value": "John" },
            { "op": "replace", "path": "name.familyName", "value": "Doe" },
            { "op": "replace", "path": "active", "value": false },
        ]));
        let changed = changed.await.expect(200);
        assert_eq!((&changed.body["name"]["givenName"], &changed.body["active"]), (&json!("John"), &json!(false)));
        let on = json!([{ "op": "replace", "path": "active", "value": true }]);
        assert_eq!(server.patch(&user_path, on).await.expect(200).body["active"], true);

        let member = |op: &str| json!([{ "op": op, "path": "members", "value": [{ "value": user }] }]);
        assert_eq!(members(&server.patch(&group_path, member("add")).await.expect(200)), std::slice::from_ref(&user));
        assert!(members(&server.patch(&group_path, member("remove")).await.expect(200)).is_empty());
        // An earlier connector writes the whole group.
        let whole = json!({ "displayName": "Test Group 2", "members": [{ "value": user }] });
        assert_eq!(server.put(&group_path, whole).await.expect(200).body["displayName"], "Test Group 2");

        server.delete(&user_path).await.expect(204);
        server.delete(&group_path).await.expect(204);
        assert_eq!(server.get("/Users").await.body["totalResults"], 0);
        assert_eq!(server.get("/Groups").await.body["totalResults"], 0);
    }
}
