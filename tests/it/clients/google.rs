//! Google Workspace (idp.md 4): users only; suspended, then deleted after a delay.

use crate::support::on_both;
use serde_json::json;

on_both! {
    async fn from_the_probe_to_the_end(server) {
        assert_eq!(server.get("/Users?count=1").await.expect(200).body["totalResults"], 0);
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "go@example.com", "active": true,
            "emails": [{ "value": "go@example.com", "primary": true }], "name": { "givenName": "Go", "familyName": "Ogle" },
        });
        let user = server.post("/Users", body.clone()).await.expect(201).id();
        let path = format!("/Users/{user}");
        let found = server.find("/Users", "userName eq \"go@example.com\"").await.expect(200);
        assert_eq!(found.resources()[0]["id"], user.as_str());
        let mut changed = body;
        changed["title"] = "Clerk".into();
        assert_eq!(server.put(&path, changed).await.expect(200).body["title"], "Clerk");
        for active in [false, true, false] {
            let suspend = json!([{ "op": "replace", "path": "active", "value": active }]);
            assert_eq!(server.patch(&path, suspend).await.expect(200).body["active"], active);
        }
        server.delete(&path).await.expect(204);
        assert_eq!(server.find("/Users", "userName eq \"go@example.com\"").await.body["totalResults"], 0);
    }
}
