//! OneLogin (idp.md 4): a template that an administrator edits, PUT for users, PATCH for groups.

use super::{has_seen, members};
use crate::support::{on_both, send};
use reqwest::Method;
use serde_json::{Value, json};

/// The published template of the core connector: a URN of SCIM 1.0, macros that are not set, an e-mail by itself.
fn template(active: bool, title: &str) -> Value {
    json!({
        "schemas": ["urn:scim:schemas:core:1.0"],
        "userName": "one@example.com", "externalId": "", "title": title, "active": active,
        "name": { "givenName": "One", "familyName": "Login", "formatted": "" },
        "emails": { "value": "one@example.com" },
        "addresses": [{ "locality": "Lund" }],
        "manager": { "value": "", "displayName": "" },
    })
}

on_both! {
    async fn from_the_connect_button_to_the_end(server) {
        let nobody = server.find("/Users", "userName eq \"7a1f@onelogin.invalid\"").await.expect(200);
        assert_eq!(nobody.body["totalResults"], 0);

        let request = server.request(Method::POST, "/Users").header("accept", "application/json");
        let made = send(request.json(&template(true, ""))).await.expect(201);
        let user = made.id();
        assert_eq!(made.body["emails"], json!([{ "value": "one@example.com" }]));
        assert_eq!((made.body.get("title"), made.body.get("externalId")), (None, None));

        let path = format!("/Users/{user}");
        let changed = server.put(&path, template(true, "Clerk")).await.expect(200);
        assert_eq!(changed.body["title"], "Clerk");
        assert_eq!(server.put(&path, template(false, "Clerk")).await.expect(200).body["active"], false);
        assert_eq!(server.put(&path, template(true, "Clerk")).await.expect(200).body["active"], true);

        let group = server.post("/Groups", json!({ "displayName": "Sales" })).await.expect(201).id();
        let path_of_group = format!("/Groups/{group}");
        let change = |op: &str| json!([{ "op": op, "path": "members", "value": [{ "value": user }] }]);
        let added = server.patch(&path_of_group, change("add")).await.expect(200);
        assert_eq!(members(&added), std::slice::from_ref(&user));
        assert!(members(&server.patch(&path_of_group, change("remove")).await.expect(200)).is_empty());

        server.delete(&path).await.expect(204);
        server.get(&path).await.expect(404);
        has_seen(&server, &[
            "unknown_schema", "schema_not_listed", "value_for_list", "empty_text", "attribute_without_urn", "remove_with_value",
        ]).await;
    }
}
