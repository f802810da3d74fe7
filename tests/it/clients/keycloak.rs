//! Extensions of Keycloak (idp.md 4): discovery first, e-mails without a type, booleans as text.

use super::{CU, has_seen, ids};
use crate::support::on_both;
use serde_json::json;

on_both! {
    async fn from_discovery_to_the_end(server) {
        server.get("/ServiceProviderConfig").await.expect(200);
        server.get("/ResourceTypes").await.expect(200);
        let spc = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig".to_owned();
        assert!(ids(&server.get("/Schemas").await.expect(200)).contains(&spc), "suvera#6 stops without it");
        let body = json!({
            "schemas": [CU], "userName": "key@example.com", "externalId": "kc-1", "active": true,
            "name": { "givenName": "Key", "familyName": "Cloak" }, "emails": [{ "value": "key@example.com", "primary": true }],
        });
        let user = server.post("/Users", body).await.expect(201).id();
        let path = format!("/Users/{user}");
        for active in ["false", "true"] {
            let reply = server.patch(&path, json!([{ "op": "replace", "value": { "active": active } }])).await.expect(200);
            assert_eq!(reply.body["active"], active == "true");
        }
        let group = server.group("Realm", std::slice::from_ref(&user)).await;
        server.delete(&format!("/Groups/{group}")).await.expect(204);
        server.delete(&path).await.expect(204);
        has_seen(&server, &["boolean_as_text"]).await;
    }
}
