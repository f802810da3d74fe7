//! Okta (idp.md 3): the recorded conversations in its own dialect, and the discovery of entitlements.

use super::{CU, has_seen, ids, members, speaking};
use crate::recorded::replay;
use crate::support::{Server, on_both, send};
use reqwest::Method;
use scim_connector::domain::Dialect;
use serde_json::{Value, json};

const OKTA_ROLE: &str = "urn:okta:scim:schemas:core:1.0:Role";
const OKTA_ENTITLEMENT: &str = "urn:okta:scim:schemas:core:1.0:Entitlement";

fn person(external_id: &str) -> Value {
    json!({
        "schemas": [CU], "userName": "test.user@okta.local", "externalId": external_id,
        "name": { "givenName": "Test", "familyName": "User" }, "groups": [], "password": "1mz050nq", "active": true,
        "emails": [{ "primary": true, "value": "test.user@okta.local", "type": "work" }], "locale": "en-US",
    })
}

/// The resource types under Okta's URNs, which are all that Okta looks for.
async fn entitlement_types(server: &Server) -> Vec<(String, String)> {
    let types = server.get("/ResourceTypes").await.expect(200);
    assert!(types.body["totalResults"].is_u64(), "it is a list answer: {}", types.body);
    let named = types
        .resources()
        .iter()
        .filter(|one| one["schema"].as_str().is_some_and(|schema| schema.eq(OKTA_ROLE) || schema.eq(OKTA_ENTITLEMENT)));
    let text = |one: &Value, name: &str| one[name].as_str().unwrap_or_default().to_owned();
    named.map(|one| (text(one, "name"), text(one, "endpoint"))).collect()
}

on_both! {
    async fn the_conversation_with_put_in_its_own_dialect(server) {
        speaking(&server, Dialect::Okta).await;
        replay(&server, include_str!("../fixtures/okta_put.json")).await;
    }

    async fn the_conversation_with_patch_in_its_own_dialect(server) {
        speaking(&server, Dialect::Okta).await;
        replay(&server, include_str!("../fixtures/okta_patch.json")).await;
        has_seen(&server, &["read_only_in_patch"]).await;
    }

    async fn the_spec_test_in_its_own_dialect(server) {
        speaking(&server, Dialect::Okta).await;
        let mut first = person("00u1");
        first["userName"] = "first@example.com".into();
        first["name"] = json!({ "givenName": "First", "familyName": "User" });
        first["emails"][0]["value"] = "first@example.com".into();
        server.post("/Users", first).await.expect(201);
        replay(&server, include_str!("../fixtures/okta_spec.json")).await;
    }

    /// idp.md 3.5: "Header" mode sends the token alone.
    async fn the_header_mode_sends_a_bare_token(server) {
        let request = server.client.get(format!("{}/Users?startIndex=1&count=2", server.base_url));
        send(request.header("Authorization", &server.token)).await.expect(200);
        has_seen(&server, &["raw_token"]).await;
    }

    /// B37: Okta has lost its link and creates the deactivated user anew: with the default dialect it has to look for him,
    /// with its own he comes back.
    async fn somebody_is_created_again_after_the_link_was_lost(server) {
        let user = server.post("/Users", person("00u1")).await.expect(201).id();
        let off = json!([{ "op": "replace", "value": { "active": false } }]);
        server.patch(&format!("/Users/{user}"), off).await.expect(200);
        server.post("/Users", person("00u1")).await.expect(409);
        speaking(&server, Dialect::Okta).await;
        let back = server.post("/Users", person("00u1")).await.expect(201);
        assert_eq!((back.id(), &back.body["active"]), (user, &json!(true)));
    }

    /// B27: a 400 is for ever to Okta, so those whom it may add are added.
    async fn an_unknown_member_does_not_stop_the_others(server) {
        speaking(&server, Dialect::Okta).await;
        let ada = server.user("ada").await;
        let group = server.group("Test SCIMv2", &[]).await;
        let push = json!([{ "op": "add", "path": "members", "value": [
            { "value": "0197a000-0000-7000-8000-000000000000", "display": "x" }, { "value": ada, "display": "ada" },
        ] }]);
        assert_eq!(members(&server.patch(&format!("/Groups/{group}"), push).await.expect(200)), [ada]);
        has_seen(&server, &["unknown_member"]).await;
    }

    /// idp.md 3.6, case 128: the call order of a governance app, and what it then pushes.
    async fn entitlements_are_discovered_and_pushed(server) {
        assert_eq!(entitlement_types(&server).await, [], "with the default dialect the account's policy decides");
        speaking(&server, Dialect::Okta).await;
        let types = entitlement_types(&server).await;
        let expected = [("Role", "/Roles"), ("Entitlement", "/Entitlements")];
        assert_eq!(types, expected.map(|(name, endpoint)| (name.to_owned(), endpoint.to_owned())));

        let schemas = server.get("/Schemas").await.expect(200);
        for urn in [OKTA_ROLE, OKTA_ENTITLEMENT] {
            assert!(ids(&schemas).contains(&urn.to_owned()), "{urn} is in /Schemas");
        }
        for (name, endpoint) in &types {
            let first = server.get(&format!("{endpoint}?count=1&startIndex=1")).await.expect(200);
            assert_eq!((&first.body["itemsPerPage"], &first.body["startIndex"]), (&json!(1), &json!(1)));
            let total = first.body["totalResults"].as_u64().expect("a number");
            let mut all = Vec::new();
            for start in 1..=total {
                let page = server.get(&format!("{endpoint}?count=1&startIndex={start}")).await.expect(200);
                let one = &page.resources()[0];
                assert!(one["displayName"].is_string() && one["id"].is_string(), "{one}");
                assert!(name != "Entitlement" || one["type"] == *name, "{one}");
                all.extend(ids(&page));
            }
            all.dedup();
            assert_eq!(all.len() as u64, total);
        }
        let mut body = person("00u7");
        body["roles"] = json!([{ "value": "standard_user", "display": "Standard User" }]);
        body["entitlements"] = json!([{ "value": "billing.view", "display": "billing.view", "type": "Entitlement" }]);
        let user = server.post("/Users", body.clone()).await.expect(201);
        for name in ["roles", "entitlements"] {
            assert_eq!(user.body[name][0]["value"], body[name][0]["value"]);
        }
        let none = json!([{ "op": "replace", "value": { "entitlements": [] } }]);
        let user = server.patch(&format!("/Users/{}", user.id()), none).await.expect(200);
        assert_eq!(user.body.get("entitlements"), None);
    }

    /// The type that a role names can be looked up under the same schema.
    async fn a_single_resource_type_has_the_same_schema(server) {
        speaking(&server, Dialect::Okta).await;
        assert_eq!(server.get("/ResourceTypes/Role").await.expect(200).body["schema"], OKTA_ROLE);
        let request = server.request(Method::GET, &format!("/Schemas/{OKTA_ROLE}"));
        send(request).await.expect(200);
    }
}
