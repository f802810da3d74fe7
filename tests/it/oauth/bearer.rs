//! Tokens of the customer's own issuer as the credential of each request: Entra without a secret.

use super::issuer::{claims, raw};
use super::*;
use crate::support::on_both;

const AUDIENCE: &str = "8adf8e6e-67b2-4cf2-a259-e3dc5476c621";

async fn trust(server: &Server, body: Value) -> Reply {
    let path = format!("/connections/{}/trusted-issuers", server.connection);
    server.api(Method::POST, &path, Some(body)).await
}

on_both! {
    starting start;

    /// idp.md 2.5: the token of a configured issuer for a configured audience opens the interface.
    async fn a_trusted_issuer_opens_the_interface(server) {
        let key = Key::rsa("one");
        let issuer = Issuer::start(&[&key]).await;
        let body = json!({ "issuer": issuer.url, "audience": AUDIENCE, "jwksUri": issuer.keys_uri() });
        let made = trust(&server, body.clone()).await.expect(201);
        let token = key.sign(&claims(&issuer.url, "somebody", AUDIENCE));
        // The same token with each request.
        for _ in 0..3 {
            open(&server, &token).await.expect(200);
        }
        let raw_header = server.client.get(format!("{}/Users", server.base_url)).header("authorization", &token);
        send(raw_header).await.expect(200);
        assert_eq!(issuer.fetches(), 1);
        server.app.write_last_uses().await;
        let path = format!("/trusted-issuers/{}", made.id());
        assert!(server.api(Method::GET, &path, None).await.expect(200).body["lastUsedAt"].is_string());

        // Keys that were fetched stay good while the issuer is out of reach.
        issuer.go_down();
        open(&server, &token).await.expect(200);

        let narrow = json!({
            "issuer": issuer.url, "audience": AUDIENCE, "jwksUri": issuer.keys_uri(), "claims": { "appid": "ours" },
        });
        let changed = server.api(Method::PUT, &path, Some(narrow)).await.expect(200);
        assert_eq!(changed.body["trust"]["claims"], json!({ "appid": "ours" }));
        is_unauthorized(&open(&server, &token).await, "claim");
        let mut fitting = claims(&issuer.url, "somebody", AUDIENCE);
        fitting["appid"] = json!("ours");
        open(&server, &key.sign(&fitting)).await.expect(200);

        server.api(Method::DELETE, &path, None).await.expect(204);
        is_unauthorized(&open(&server, &key.sign(&fitting)).await, "No connection trusts");
        // What was revoked stands in nobody's way.
        trust(&server, body).await.expect(201);
    }

    /// Done when 2, for tokens that are shown directly.
    async fn a_token_that_is_not_as_configured_is_refused(server) {
        let (key, other) = (Key::rsa("one"), Key::other_rsa("one"));
        let body = json!({ "issuer": "https://idp.example", "audience": AUDIENCE, "jwks": key.set() });
        trust(&server, body).await.expect(201);
        let but = |name: &str, value: Value| {
            let mut claims = claims("https://idp.example", "somebody", AUDIENCE);
            claims[name] = value;
            claims
        };
        let good = but("x", json!(1));
        for (token, word) in [
            (raw(&json!({ "alg": "none" }), &good, b""), "algorithm"),
            (raw(&json!({ "alg": "HS256", "kid": "one" }), &good, b"x"), "algorithm"),
            (other.sign(&good), "signature"),
            (Key::ec("else").sign(&good), "kid"),
            (key.sign(&but("aud", json!("else"))), "No connection trusts"),
            (key.sign(&but("iss", json!("https://else.example"))), "No connection trusts"),
            (key.sign(&but("exp", json!(now() - 100))), "expired"),
            (key.sign(&but("nbf", json!(now() + 100))), "not valid yet"),
            ("a.b.c".to_owned(), "not known"),
            (format!("{}.x", key.sign(&good)), "not known"),
        ] {
            is_unauthorized(&open(&server, &token).await, word);
        }
        open(&server, &key.sign(&good)).await.expect(200);
    }

    /// A token must never belong to two connections.
    async fn an_ambiguous_issuer_is_refused(server) {
        let key = Key::rsa("one");
        let with = |subject: Value| json!({
            "issuer": "https://idp.example", "audience": AUDIENCE, "subject": subject, "jwks": key.set(),
        });
        let first = trust(&server, with(json!("a"))).await.expect(201);
        trust(&server, with(json!("b"))).await.expect(201);
        for subject in [json!("a"), Value::Null] {
            assert_eq!(trust(&server, with(subject)).await.expect(409).code(), "trusted_issuer_taken");
        }
        // Nor in another account.
        let other = server.other_admin_key("other").await;
        let url = format!("{}/api/v1/connections", root(&server));
        let listed = send(server.client.get(&url).bearer_auth(&other)).await.expect(200);
        let connection = listed.items()[0]["id"].as_str().expect("an id").to_owned();
        let url = format!("{url}/{connection}/trusted-issuers");
        let taken = send(server.client.post(&url).bearer_auth(&other).json(&with(json!("a")))).await.expect(409);
        assert!(!taken.body.to_string().contains(&server.connection.to_string()), "{}", taken.body);
        send(server.client.post(&url).bearer_auth(&other).json(&with(json!("c")))).await.expect(201);
        let path = format!("/trusted-issuers/{}", first.id());
        let moved = server.api(Method::PUT, &path, Some(with(json!("b")))).await;
        assert_eq!(moved.expect(409).code(), "trusted_issuer_taken");
        for (subject, status) in [("a", 200), ("b", 200), ("c", 200), ("d", 401)] {
            open(&server, &key.sign(&claims("https://idp.example", subject, AUDIENCE))).await.expect(status);
        }
    }
}
