//! Tokens are rotated with an overlap, and whoever administers them is warned in time.

use super::*;
use crate::support::{Folder, on_both};
use std::time::{Duration, Instant};

async fn token(server: &Server, body: Value) -> Reply {
    server.api(Method::POST, &format!("/connections/{}/tokens", server.connection), Some(body)).await.expect(201)
}

async fn rotate(server: &Server, id: &str, body: Value) -> Reply {
    server.api(Method::POST, &format!("/tokens/{id}/rotate"), Some(body)).await
}

fn text(reply: &Reply, name: &str) -> String {
    reply.body[name].as_str().unwrap_or_else(|| panic!("no {name} in {}", reply.body)).to_owned()
}

on_both! {
    /// Both are good until the overlap has passed.
    async fn a_token_is_rotated_with_an_overlap(server) {
        let old = token(&server, json!({ "expiresInDays": 90 })).await;
        let path = format!("/tokens/{}", old.id());
        let new = rotate(&server, &old.id(), json!({ "overlapDays": 3 })).await.expect(200);
        for credential in [text(&old, "secret"), text(&new, "secret")] {
            open(&server, &credential).await.expect(200);
        }
        let read = server.api(Method::GET, &path, None).await.expect(200);
        assert_eq!((&read.body["replacedBy"], read.header("etag")), (&new.body["id"], "W/\"2\""));
        // The old one ends with the overlap, the new one is good for as long as the old one was.
        let days = |reply: &Reply| {
            let at = |name: &str| text(reply, name).parse::<jiff::Timestamp>().expect("a time");
            (at("expiresAt").duration_since(at("createdAt")).as_secs() + 60) / 86_400
        };
        assert_eq!((days(&read), days(&new)), (3, 90));

        let again = rotate(&server, &old.id(), json!({})).await;
        assert!(text(&again.expect(422), "detail").contains("successor"));
        let last = rotate(&server, &new.id(), json!({ "overlapDays": 0 })).await.expect(200);
        is_unauthorized(&open(&server, &text(&new, "secret")).await, "expired");
        open(&server, &text(&last, "secret")).await.expect(200);
        let ended = rotate(&server, &new.id(), json!({})).await;
        assert!(text(&ended.expect(422), "detail").contains("expired"));
        let far = rotate(&server, &last.id(), json!({ "overlapDays": 400 })).await.expect(422);
        assert_eq!(far.body["field"], "overlapDays");

        let audit = server.api(Method::GET, &format!("/audit?subject={}", old.id()), None).await.expect(200);
        let entry = audit.items().iter().find(|entry| entry["action"] == "token.rotated").expect("an entry");
        assert_eq!(entry["changes"][0], json!({ "field": "replacedBy", "from": null, "to": new.body["id"] }));
        assert!(!audit.body.to_string().contains("sct_"));
        // One that is revoked stays so.
        server.api(Method::DELETE, &path, None).await.expect(204);
        is_unauthorized(&open(&server, &text(&old, "secret")).await, "revoked");
    }

    async fn a_dry_run_rotates_nothing(server) {
        let old = token(&server, json!({})).await;
        let path = format!("/tokens/{}/rotate", old.id());
        let tried = server.api(Method::POST, &format!("{path}?dry_run=true"), Some(json!({}))).await.expect(200);
        assert!(tried.body["result"].get("secret").is_none());
        let read = server.api(Method::GET, &format!("/tokens/{}", old.id()), None).await.expect(200);
        assert_eq!((&read.body["replacedBy"], &read.body["expiresAt"]), (&Value::Null, &Value::Null));
        let key = || server.api_request(Method::POST, &path).header("Idempotency-Key", "k").json(&json!({}));
        assert!(send(key()).await.expect(200).body["secret"].is_string());
        assert_eq!(send(key()).await.expect(409).code(), "idempotency_secret_shown");
    }

    /// Credentials that end soon are named, until they have a successor.
    async fn what_ends_soon_is_warned_of(server) {
        let connection = format!("/connections/{}", server.connection);
        let read = || server.api(Method::GET, &connection, None);
        let quiet = read().await.expect(200);
        assert!(quiet.body.get("warnings").is_none());
        let soon = token(&server, json!({ "expiresInDays": 10 })).await;
        let late = token(&server, json!({ "expiresInDays": 30 })).await;
        assert_eq!((&soon.body["expiresSoon"], &late.body["expiresSoon"]), (&json!(true), &json!(false)));
        let id = client(&server, json!({ "name": "x" })).await;
        let secrets = format!("/oauth-clients/{id}/client-secrets");
        let secret = server.api(Method::POST, &secrets, Some(json!({ "expiresInDays": 5 }))).await.expect(201);
        assert_eq!(secret.body["expiresSoon"], true);

        // A warning comes without a new version, so the answer is sent whole.
        let known = server.api_request(Method::GET, &connection).header("If-None-Match", quiet.header("etag"));
        let warned = send(known).await.expect(200);
        let warnings: Vec<(&str, &str)> = warned.body["warnings"].as_array().expect("warnings").iter()
            .map(|warning| (warning["code"].as_str().expect("a code"), warning["link"].as_str().expect("a link")))
            .collect();
        let links = [format!("/api/v1/client-secrets/{}", secret.id()), format!("/api/v1/tokens/{}", soon.id())];
        assert_eq!(warnings, [("client_secret_expires", links[0].as_str()), ("token_expires", links[1].as_str())]);

        rotate(&server, &soon.id(), json!({ "expiresInDays": 90 })).await.expect(200);
        server.api(Method::DELETE, &format!("/client-secrets/{}", secret.id()), None).await.expect(204);
        assert!(read().await.expect(200).body.get("warnings").is_none());
        assert_eq!(server.api(Method::GET, &format!("/tokens/{}", soon.id()), None).await.expect(200).body["expiresSoon"], false);
    }
}

/// A server says in its log, when it starts and then every day, what ends soon.
#[test]
fn what_ends_soon_is_named_in_the_log() {
    let folder = Folder::new();
    folder.serve(&[]).terminate();
    for days in ["5d", "50d"] {
        folder.run(&["token", "create", "--account", "default", "--connection", "default", "--expires-in", days]);
    }
    let _running = folder.serve(&[]);
    let (begun, log) = (Instant::now(), || std::fs::read_to_string(folder.0.join("log")).unwrap_or_default());
    while !log().contains("a token ends soon") {
        assert!(begun.elapsed() < Duration::from_secs(60), "{}", log());
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(log().matches("a token ends soon").count(), 1, "{}", log());
}
