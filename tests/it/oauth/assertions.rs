//! Client assertions (RFC 7523): Entra's workload identity federation, and clients that speak for themselves.

use super::issuer::{claims, raw};
use super::secrets::library_call;
use super::*;
use crate::support::on_both;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use oauth2::basic::BasicClient;
use oauth2::{AuthType, ClientId, HttpRequest, TokenResponse, TokenUrl};

const SUBJECT: &str = "11111111-2222-3333-4444-555555555555";
const AUDIENCE: &str = "api://scim-app";

/// A client that trusts an issuer as Entra's workload identity federation needs it.
async fn federated(server: &Server, issuer: &Issuer) -> String {
    let trust = json!({
        "issuer": issuer.url, "audiences": [AUDIENCE], "subject": SUBJECT, "jwksUri": issuer.keys_uri(),
    });
    client(server, json!({ "name": "Entra", "trust": trust })).await
}

/// Good claims but for some members.
fn but(issuer: &Issuer, members: Value) -> Value {
    let mut claims = claims(&issuer.url, SUBJECT, AUDIENCE);
    for (name, value) in members.as_object().expect("members") {
        match value {
            Value::Null => drop(claims.as_object_mut().expect("claims").remove(name)),
            value => claims[name] = value.clone(),
        }
    }
    claims
}

on_both! {
    starting start;

    /// Wire case 13: RS256 and ES256, keys that are exchanged, with a real OAuth client.
    async fn an_identity_provider_gets_tokens_by_assertion(server) {
        let (old, new) = (Key::rsa("one"), Key::ec("two"));
        let issuer = Issuer::start(&[&old]).await;
        let id = federated(&server, &issuer).await;
        for _ in 0..3 {
            let reply = ask_with_assertion(&server, &id, &old.sign(&but(&issuer, json!({})))).await;
            open(&server, &access_token(&reply)).await.expect(200);
            let seconds = reply.body["expires_in"].as_i64().expect("seconds");
            assert!((3600..=21_600).contains(&seconds));
        }
        assert_eq!(issuer.fetches(), 1, "keys are kept by their names");

        issuer.publish(&[&new]);
        let url = TokenUrl::new(format!("{}/oauth/token", root(&server))).expect("a URL");
        let oauth = BasicClient::new(ClientId::new(id.clone())).set_auth_type(AuthType::RequestBody).set_token_uri(url);
        let http = server.client.clone();
        let call = |request: HttpRequest| library_call(http.clone(), request);
        let assertion = new.sign(&but(&issuer, json!({ "aud": ["other", AUDIENCE] })));
        let token = oauth
            .exchange_client_credentials()
            .add_extra_param("client_assertion_type", ASSERTION_TYPE)
            .add_extra_param("client_assertion", &assertion)
            .request_async(&call)
            .await
            .expect("a token");
        open(&server, token.access_token().secret()).await.expect(200);
        assert_eq!(issuer.fetches(), 2, "an unknown name fetches them again");
        // The key that was taken back is no longer believed.
        let late = old.sign(&but(&issuer, json!({})));
        is_error(&ask_with_assertion(&server, &id, &late).await, 401, "invalid_client", "kid");
    }

    /// IPSIE, RFC 7523 §3: a client that speaks for itself, with keys that an administrator entered.
    async fn a_client_speaks_for_itself(server) {
        let key = Key::ec("mine");
        let id = client(&server, json!({ "name": "x", "trust": { "jwks": key.set() } })).await;
        for audience in [root(&server), format!("{}/oauth/token", root(&server))] {
            access_token(&ask_with_assertion(&server, &id, &key.sign(&claims(&id, &id, &audience))).await);
        }
        // Its id may stand in the assertion alone.
        let assertion = key.sign(&claims(&id, &id, &root(&server)));
        let form = [("grant_type", "client_credentials"), ("client_assertion_type", ASSERTION_TYPE),
            ("client_assertion", assertion.as_str())];
        access_token(&ask(&server, &form).await);
        let wrong = key.sign(&claims(&id, &id, "https://else.example"));
        is_error(&ask_with_assertion(&server, &id, &wrong).await, 401, "invalid_client", "aud");
    }

    /// Done when 2: unsigned, shared secrets, wrong audience, expired, not yet valid, unknown key.
    async fn an_assertion_that_is_not_as_configured_is_refused(server) {
        let (key, other) = (Key::rsa("one"), Key::other_rsa("one"));
        let issuer = Issuer::start(&[&key]).await;
        let id = federated(&server, &issuer).await;
        let good = but(&issuer, json!({}));
        let public = key.public().to_string();
        let shared = |algorithm| {
            let header = Header { kid: Some("one".to_owned()), ..Header::new(algorithm) };
            jsonwebtoken::encode(&header, &good, &EncodingKey::from_secret(public.as_bytes())).expect("it is signed")
        };
        let mut critical = key.header();
        (critical.kid, critical.crit) = (Some("one".to_owned()), Some(vec!["exp".to_owned()]));
        let mut own_key = other.header();
        (own_key.kid, own_key.jwk) = (Some("mine".to_owned()), serde_json::from_value(other.public()).ok());
        let mut shown = key.sign(&good);
        shown.truncate(shown.len() - 6);
        for (assertion, word) in [
            (raw(&json!({ "alg": "none" }), &good, b""), "algorithm"),
            (raw(&json!({ "alg": "None", "kid": "one" }), &good, b""), "algorithm"),
            (shared(Algorithm::HS256), "algorithm"),
            (shared(Algorithm::HS512), "algorithm"),
            (raw(&json!({ "alg": "RS512", "kid": "one" }), &good, b"x"), "algorithm"),
            (raw(&json!({ "kid": "one" }), &good, b"x"), "cannot be read"),
            (key.sign_under(&critical, &good), "crit"),
            (Key::other_rsa("else").sign(&good), "kid"),
            (other.sign_under(&own_key, &good), "kid"),
            (Key::ec("one").sign(&good), "kid"),
            (other.sign(&good), "signature"),
            (shown, "signature"),
            (key.sign(&but(&issuer, json!({ "iss": "https://else.example" }))), "iss"),
            (key.sign(&but(&issuer, json!({ "iss": null }))), "iss"),
            (key.sign(&but(&issuer, json!({ "aud": "api://else" }))), "aud"),
            (key.sign(&but(&issuer, json!({ "aud": null }))), "aud"),
            (key.sign(&but(&issuer, json!({ "aud": 7 }))), "aud"),
            (key.sign(&but(&issuer, json!({ "sub": "somebody" }))), "sub"),
            (key.sign(&but(&issuer, json!({ "sub": null }))), "sub"),
            (key.sign(&but(&issuer, json!({ "exp": now() - 61 }))), "expired"),
            (key.sign(&but(&issuer, json!({ "exp": null }))), "exp"),
            (key.sign(&but(&issuer, json!({ "exp": "soon" }))), "exp"),
            (key.sign(&but(&issuer, json!({ "exp": now() + 200_000 }))), "24 hours"),
            (key.sign(&but(&issuer, json!({ "nbf": now() + 120 }))), "not valid yet"),
            (key.sign(&but(&issuer, json!({ "iat": now() + 120 }))), "not valid yet"),
        ] {
            is_error(&ask_with_assertion(&server, &id, &assertion).await, 401, "invalid_client", word);
        }
        assert!(issuer.fetches() <= 5, "unknown names do not fetch without end: {}", issuer.fetches());
        // Clocks may differ by a little.
        for members in [json!({ "exp": now() - 20 }), json!({ "nbf": now() + 20 }), json!({ "exp": now() as f64 + 30.5 })] {
            access_token(&ask_with_assertion(&server, &id, &key.sign(&but(&issuer, members))).await);
        }
    }

    /// RFC 7523 §3, 7: an assertion is used once; one without `jti` as well.
    async fn an_assertion_is_used_once(server) {
        let key = Key::rsa("one");
        let issuer = Issuer::start(&[&key]).await;
        let id = federated(&server, &issuer).await;
        for members in [json!({}), json!({ "jti": null })] {
            let claims = but(&issuer, members);
            let assertion = key.sign(&claims);
            access_token(&ask_with_assertion(&server, &id, &assertion).await);
            is_error(&ask_with_assertion(&server, &id, &assertion).await, 401, "invalid_client", "before");
            let mut again = claims.clone();
            again["exp"] = (now() + 200).into();
            let again = ask_with_assertion(&server, &id, &key.sign(&again)).await;
            match claims.get("jti") {
                Some(_) => is_error(&again, 401, "invalid_client", "before"),
                None => drop(access_token(&again)),
            }
        }
        // The same at the same time: one of them.
        let assertion = key.sign(&but(&issuer, json!({})));
        let asked = (0..8).map(|_| ask_with_assertion(&server, &id, &assertion));
        let replies = futures_util::future::join_all(asked).await;
        assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1);

        let body = json!({ "trust": {
            "issuer": issuer.url, "audiences": [AUDIENCE], "subject": SUBJECT, "jwksUri": issuer.keys_uri(),
            "allowReuse": true,
        } });
        server.api(Method::PATCH, &format!("/oauth-clients/{id}"), Some(body)).await.expect(200);
        let assertion = key.sign(&but(&issuer, json!({})));
        for _ in 0..2 {
            access_token(&ask_with_assertion(&server, &id, &assertion).await);
        }
    }

    /// What is no longer trusted takes its access tokens along.
    async fn a_changed_trust_ends_its_access_tokens(server) {
        let key = Key::ec("one");
        let issuer = Issuer::start(&[&key]).await;
        let id = federated(&server, &issuer).await;
        let secret = secret(&server, &id).await.1;
        let by_secret = access_token(&ask_with_secret(&server, &id, &secret).await);
        let by_assertion = access_token(&ask_with_assertion(&server, &id, &key.sign(&but(&issuer, json!({})))).await);
        let path = format!("/oauth-clients/{id}");
        server.api(Method::PATCH, &path, Some(json!({ "name": "renamed" }))).await.expect(200);
        open(&server, &by_assertion).await.expect(200);
        let changed = server.api(Method::PATCH, &path, Some(json!({ "trust": null }))).await.expect(200);
        assert_eq!(changed.body["trust"], Value::Null);
        is_unauthorized(&open(&server, &by_assertion).await, "revoked");
        open(&server, &by_secret).await.expect(200);
        let late = ask_with_assertion(&server, &id, &key.sign(&but(&issuer, json!({})))).await;
        is_error(&late, 401, "invalid_client", "takes no assertions");
    }

    /// What an administrator must not enter is said when he enters it.
    async fn a_trust_that_cannot_work_is_refused(server) {
        let path = format!("/connections/{}/oauth-clients", server.connection);
        let (key, uri) = (Key::ec("one"), "https://login.example.com/keys");
        let mut private = key.set();
        private["keys"][0]["d"] = json!("secret");
        for (trust, field) in [
            (json!({}), "jwksUri"),
            (json!({ "jwksUri": uri, "jwks": key.set() }), "jwksUri"),
            (json!({ "jwksUri": "http://login.example.com/keys" }), "jwksUri"),
            (json!({ "jwksUri": "file:///etc/passwd" }), "jwksUri"),
            (json!({ "jwksUri": "https://ada:secret@login.example.com/keys" }), "jwksUri"),
            (json!({ "jwks": { "keys": [] } }), "jwks"),
            (json!({ "jwks": [] }), "jwks"),
            (json!({ "jwks": private }), "jwks"),
            (json!({ "jwks": { "keys": [{ "kty": "oct", "k": "c2VjcmV0" }] } }), "jwks"),
            (json!({ "jwks": Key::short_rsa("one").set() }), "jwks"),
            (json!({ "jwksUri": uri, "issuer": "https://login.example.com" }), "subject"),
            (json!({ "jwksUri": uri, "audiences": [] }), "audiences"),
            (json!({ "jwksUri": uri, "algorithms": [] }), "algorithms"),
        ] {
            let reply = server.api(Method::POST, &path, Some(json!({ "name": "x", "trust": trust }))).await.expect(422);
            assert_eq!(reply.body["field"], field, "{}", reply.body);
        }
        for word in ["none", "HS256", "EdDSA", "rs256"] {
            let body = json!({ "name": "x", "trust": { "jwksUri": uri, "algorithms": [word] } });
            assert_eq!(server.api(Method::POST, &path, Some(body)).await.expect(422).code(), "value_invalid");
        }
        let long = json!({ "name": "x", "trust": { "jwksUri": uri, "audiences": ["x".repeat(600)] } });
        server.api(Method::POST, &path, Some(long)).await.expect(422);
        assert!(server.api(Method::GET, &path, None).await.expect(200).items().is_empty());
    }
}

/// Whoever administers an account cannot make the server look around in its own network.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_are_not_fetched_from_private_addresses() {
    let server = Server::start(Database::Sqlite).await;
    let path = format!("/connections/{}/oauth-clients", server.connection);
    for uri in ["http://127.0.0.1:9/keys", "https://127.0.0.1/keys", "https://169.254.169.254/x", "https://[::1]/keys"]
    {
        let body = json!({ "name": "x", "trust": { "jwksUri": uri } });
        assert_eq!(server.api(Method::POST, &path, Some(body)).await.expect(422).body["field"], "jwksUri", "{uri}");
    }
    // A name is judged by where it leads when it is fetched.
    let id =
        client(&server, json!({ "name": "x", "trust": { "jwksUri": "https://localhost.localdomain:9/keys" } })).await;
    let assertion = Key::ec("one").sign(&claims(&id, &id, &root(&server)));
    let reply = ask_with_assertion(&server, &id, &assertion).await;
    is_error(&reply, 503, "temporarily_unavailable", "Try again");
}

/// A replay is noticed on every replica.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_assertion_is_used_once_on_all_replicas() {
    let server = start(Database::Postgres).await;
    let address = root(&server);
    let second = Server::start_on(server.url.clone(), |config| {
        local(config);
        config.public_url = address;
    })
    .await;
    let key = Key::rsa("one");
    let id = client(&server, json!({ "name": "x", "trust": { "jwks": key.set() } })).await;
    let assertion = key.sign(&claims(&id, &id, &root(&server)));
    access_token(&ask_with_assertion(&server, &id, &assertion).await);
    is_error(&ask_with_assertion(&second, &id, &assertion).await, 401, "invalid_client", "before");
}
