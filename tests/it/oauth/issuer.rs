//! An issuer of tokens on this machine, whose keys can be exchanged.

use super::now;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use p256::pkcs8::EncodePrivateKey;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;

pub struct Key {
    pub id: String,
    algorithm: Algorithm,
    sign: EncodingKey,
}

impl Key {
    pub fn rsa(id: &str) -> Self {
        Self::of(id, include_bytes!("../fixtures/oauth/rsa-one.der"))
    }

    pub fn other_rsa(id: &str) -> Self {
        Self::of(id, include_bytes!("../fixtures/oauth/rsa-two.der"))
    }

    pub fn short_rsa(id: &str) -> Self {
        Self::of(id, include_bytes!("../fixtures/oauth/rsa-short.der"))
    }

    fn of(id: &str, der: &[u8]) -> Self {
        Self { id: id.to_owned(), algorithm: Algorithm::RS256, sign: EncodingKey::from_rsa_der(der) }
    }

    /// A new one each time.
    pub fn ec(id: &str) -> Self {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).expect("random bytes");
        let key = p256::SecretKey::from_slice(&bytes).expect("a key").to_pkcs8_der().expect("it is written");
        Self { id: id.to_owned(), algorithm: Algorithm::ES256, sign: EncodingKey::from_ec_der(key.as_bytes()) }
    }

    pub fn public(&self) -> Value {
        let mut key = Jwk::from_encoding_key(&self.sign, self.algorithm).expect("a public key");
        key.common.key_id = Some(self.id.clone());
        serde_json::to_value(key).expect("JSON")
    }

    pub fn set(&self) -> Value {
        json!({ "keys": [self.public()] })
    }

    pub fn sign(&self, claims: &Value) -> String {
        let mut header = Header::new(self.algorithm);
        header.kid = Some(self.id.clone());
        self.sign_under(&header, claims)
    }

    pub fn sign_under(&self, header: &Header, claims: &Value) -> String {
        jsonwebtoken::encode(header, claims, &self.sign).expect("it is signed")
    }

    pub fn header(&self) -> Header {
        Header::new(self.algorithm)
    }
}

/// A JWT of these parts with any signature.
pub fn raw(header: &Value, claims: &Value, signature: &[u8]) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{}", part(header), part(claims), URL_SAFE_NO_PAD.encode(signature))
}

/// Good claims; a `jti` of their own.
pub fn claims(issuer: &str, subject: &str, audience: &str) -> Value {
    json!({
        "iss": issuer, "sub": subject, "aud": audience, "iat": now(), "nbf": now(), "exp": now() + 300,
        "jti": uuid::Uuid::now_v7().to_string(),
    })
}

/// Serves a JWK set and counts how often it is fetched.
pub struct Issuer {
    pub url: String,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    keys: Mutex<Vec<Value>>,
    fetches: AtomicUsize,
    is_down: AtomicBool,
}

impl Issuer {
    pub async fn start(keys: &[&Key]) -> Self {
        let state = Arc::new(State::default());
        let served = Arc::clone(&state);
        let serve = move || async move {
            served.fetches.fetch_add(1, Ordering::SeqCst);
            // Requests that come at the same time meet.
            tokio::time::sleep(Duration::from_millis(50)).await;
            let keys = served.keys.lock().expect("not poisoned").clone();
            match served.is_down.load(Ordering::SeqCst) {
                true => (StatusCode::INTERNAL_SERVER_ERROR, String::new()),
                false => (StatusCode::OK, json!({ "keys": keys }).to_string()),
            }
        };
        let away = || async { axum::response::Redirect::temporary("/keys") };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let router = Router::new().route("/keys", get(serve)).route("/away", get(away));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let service = TowerToHyperService::new(router.clone());
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        let issuer = Self { url, state };
        issuer.publish(keys);
        issuer
    }

    pub fn publish(&self, keys: &[&Key]) {
        *self.state.keys.lock().expect("not poisoned") = keys.iter().map(|key| key.public()).collect();
    }

    pub fn keys_uri(&self) -> String {
        format!("{}/keys", self.url)
    }

    pub fn fetches(&self) -> usize {
        self.state.fetches.load(Ordering::SeqCst)
    }

    pub fn go_down(&self) {
        self.state.is_down.store(true, Ordering::SeqCst);
    }
}
