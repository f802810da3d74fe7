//! The keys of both sides: ours are exchanged without a gap, those of issuers are fetched with measure.

use super::issuer::claims;
use super::*;
use crate::support::on_both;
use scim_connector::storage::rows::SigningKeyRow;
use scim_connector::storage::{Error as StorageError, Tx};
use std::collections::BTreeSet;

const MINUTE: i64 = 60 * 1000;
const DAY: i64 = 24 * 60 * MINUTE;

/// Makes every signing key older, and lets the server see to its keys.
async fn age(server: &Server, by: i64) {
    let work = async move |tx: &mut Tx<'_>| {
        for key in tx.signing_keys().await? {
            tx.delete_signing_key(&key.id).await?;
            tx.insert_signing_key(&SigningKeyRow { created_at: key.created_at - by, ..key }).await?;
        }
        Ok(())
    };
    let db = &server.app.service.db;
    db.write::<(), StorageError, _>(work).await.expect("the keys are written");
    server.app.service.oauth.refresh_keys(db, server.app.now()).await.expect("the keys are read");
}

async fn published(server: &Server) -> BTreeSet<String> {
    let keys = send(server.client.get(format!("{}/oauth/jwks", root(server)))).await.expect(200);
    let keys = keys.body["keys"].as_array().expect("keys").clone();
    keys.iter().map(|key| key["kid"].as_str().expect("a name").to_owned()).collect()
}

fn key_of(token: &str) -> String {
    jsonwebtoken::decode_header(token).expect("a header").kid.expect("a name")
}

on_both! {
    /// A new key is published before it signs; the old one is good until the last of its tokens has ended.
    async fn our_signing_keys_are_exchanged_without_a_gap(server) {
        let id = client(&server, json!({ "name": "x" })).await;
        let secret = secret(&server, &id).await.1;
        let old = access_token(&ask_with_secret(&server, &id, &secret).await);
        assert_eq!(published(&server).await, BTreeSet::from([key_of(&old)]));

        age(&server, 91 * DAY).await;
        assert_eq!(published(&server).await.len(), 2);
        let still = access_token(&ask_with_secret(&server, &id, &secret).await);
        assert_eq!(key_of(&still), key_of(&old));

        age(&server, 6 * MINUTE).await;
        let new = access_token(&ask_with_secret(&server, &id, &secret).await);
        assert_ne!(key_of(&new), key_of(&old));
        for token in [&old, &still, &new] {
            open(&server, token).await.expect(200);
        }

        age(&server, 7 * 60 * MINUTE).await;
        assert_eq!(published(&server).await, BTreeSet::from([key_of(&new)]));
        open(&server, &new).await.expect(200);
        is_unauthorized(&open(&server, &old).await, "kid");
    }
}

/// A replica learns of a key that another one has made.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_learns_a_new_key_from_a_token() {
    let server = Server::start(Database::Postgres).await;
    let address = root(&server);
    let second = Server::start_on(server.url.clone(), |config| config.public_url = address).await;
    let id = client(&server, json!({ "name": "x" })).await;
    let secret = secret(&server, &id).await.1;
    age(&server, 91 * DAY).await;
    age(&server, 6 * MINUTE).await;
    let token = access_token(&ask_with_secret(&server, &id, &secret).await);
    assert!(!published(&second).await.contains(&key_of(&token)));
    open(&second, &token).await.expect(200);
    assert!(published(&second).await.contains(&key_of(&token)));
}

on_both! {
    starting start;

    /// However many unknown keys are named, an issuer is asked a few times a minute; requests at the same time share one
    /// answer.
    async fn unknown_keys_do_not_make_the_server_a_weapon(server) {
        let key = Key::ec("one");
        let issuer = Issuer::start(&[&key]).await;
        let trust = json!({ "jwksUri": issuer.keys_uri() });
        let id = client(&server, json!({ "name": "x", "trust": trust })).await;
        let good = || key.sign(&claims(&id, &id, &root(&server)));
        let asked: Vec<String> = (0..10).map(|_| good()).collect();
        let replies = futures_util::future::join_all(asked.iter().map(|one| ask_with_assertion(&server, &id, one))).await;
        replies.iter().for_each(|reply| drop(access_token(reply)));
        assert_eq!(issuer.fetches(), 1);

        for number in 0..20 {
            let stranger = Key::ec(&format!("unknown-{number}"));
            let reply = ask_with_assertion(&server, &id, &stranger.sign(&claims(&id, &id, &root(&server)))).await;
            is_error(&reply, 401, "invalid_client", "kid");
        }
        assert_eq!(issuer.fetches(), 5, "the default of oauth.key_fetches_per_minute");
        access_token(&ask_with_assertion(&server, &id, &good()).await);
    }

    /// No keys yet: it is the issuer that is out of reach, and the client may try again.
    async fn an_issuer_that_was_never_reached_is_no_refusal(server) {
        let key = Key::ec("one");
        let issuer = Issuer::start(&[&key]).await;
        issuer.go_down();
        let id = client(&server, json!({ "name": "x", "trust": { "jwksUri": issuer.keys_uri() } })).await;
        let reply = ask_with_assertion(&server, &id, &key.sign(&claims(&id, &id, &root(&server)))).await;
        is_error(&reply, 503, "temporarily_unavailable", "Try again");
        assert_eq!(reply.header("retry-after"), "5");
        let body = json!({ "issuer": issuer.url, "audience": "a", "jwksUri": issuer.keys_uri() });
        let path = format!("/connections/{}/trusted-issuers", server.connection);
        server.api(Method::POST, &path, Some(body)).await.expect(201);
        let reply = open(&server, &key.sign(&claims(&issuer.url, "s", "a"))).await.expect(503);
        assert_eq!(reply.header("retry-after"), "5");
        // No redirect is followed, wherever it leads.
        let away = json!({ "jwksUri": format!("{}/away", issuer.url) });
        let id = client(&server, json!({ "name": "y", "trust": away })).await;
        ask_with_assertion(&server, &id, &key.sign(&claims(&id, &id, &root(&server)))).await.expect(503);
    }
}
