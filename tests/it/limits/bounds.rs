//! Sizes, slowness, load, and the headers of every answer.

use super::{code, number};
use crate::support::{Database, Server, on_both, send};
use reqwest::Method;
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

fn connect(base_url: &str) -> TcpStream {
    let address = base_url.replace("http://", "").replace("/scim/v2", "");
    let stream = TcpStream::connect(address).expect("the server listens");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("it can be set");
    stream
}

/// What comes next, in small letters.
fn read(stream: &mut TcpStream) -> String {
    let mut answer = vec![0; 4096];
    let length = stream.read(&mut answer).expect("an answer");
    String::from_utf8_lossy(&answer[..length]).to_lowercase()
}

/// The head of a request with a body that is still to come.
fn head(token: &str, length: usize) -> String {
    format!("POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\nContent-Length: {length}\r\n\r\n")
}

on_both! {
    /// An address or headers that are too long are refused in the form of the interface, and before anything is looked up.
    async fn long_heads_are_refused(server) {
        let filter = |length: usize| format!("/Users?filter=userName eq \"{}\"", "a".repeat(length));
        server.get(&filter(10_000)).await.expect(200);
        let reply = server.get(&filter(17_000)).await.expect(414);
        assert_eq!((code(&reply), reply.header("content-type")), ("uri_too_long", "application/scim+json"));
        assert!(reply.body["detail"].as_str().is_some_and(|detail| detail.contains(".search")), "{}", reply.body);
        let reply = server.api(Method::GET, &format!("/users?q={}", "a".repeat(17_000)), None).await.expect(414);
        assert_eq!((reply.code(), reply.header("content-type")), ("uri_too_long", "application/problem+json"));

        let with = |length: usize| server.request(Method::GET, "/Users").header("x-long", "a".repeat(length));
        send(with(20_000)).await.expect(200);
        let reply = send(with(40_000)).await.expect(431);
        assert_eq!((code(&reply), reply.header("content-type")), ("headers_too_large", "application/scim+json"));
        // Far beyond, hyper answers itself.
        send(with(90_000)).await.expect(431);
        let many = (0..150).fold(server.request(Method::GET, "/Users"), |request, n| request.header(format!("x-{n}"), "1"));
        send(many).await.expect(431);
        server.get("/Users").await.expect(200);
    }

    /// An answer is data for the program that asked.
    async fn every_answer_protects_itself(server) {
        let user = server.user("ada").await;
        let api = server.base_url.replace("/scim/v2", "/api/v1/account");
        let root = server.base_url.replace("/scim/v2", "");
        let plain = |url: String| server.client.get(url);
        let with_token = |path: &str| server.request(Method::GET, path);
        for (request, status) in [
            (with_token(&format!("/Users/{user}")), 200),
            (with_token("/Users/nobody"), 404),
            (with_token("/Schemas"), 200),
            (plain(format!("{}/Users", server.base_url)), 401),
            (plain(api), 401),
            (plain(format!("{root}/nothing")), 404),
            (plain(format!("{root}/healthz")), 200),
            (plain(format!("{root}/metrics")), 200),
        ] {
            let reply = send(request).await.expect(status);
            for (name, value) in [
                ("x-content-type-options", "nosniff"),
                ("cache-control", "no-store"),
                ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
                ("referrer-policy", "no-referrer"),
                ("strict-transport-security", ""),
            ] {
                assert_eq!(reply.header(name), value, "{name}");
            }
        }
        // A version is compared as before.
        let read = server.get(&format!("/Users/{user}")).await.expect(200);
        let again = with_token(&format!("/Users/{user}?excludedAttributes=groups")).header("if-none-match", read.header("etag"));
        let again = send(again).await.expect(304);
        assert_eq!(again.header("etag"), read.header("etag"));
    }
}

/// A body that comes byte by byte ends with the time of the request.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trickle_is_cut_off() {
    let server = Server::start_with(Database::Sqlite, |config| config.server.request_timeout_seconds = 1).await;
    let (base_url, token) = (server.base_url.clone(), server.token.clone());
    let trickle = move || {
        let mut stream = connect(&base_url);
        stream.write_all(head(&token, 1000).as_bytes()).expect("it is taken");
        let mut writer = stream.try_clone().expect("a second handle");
        let begun = Instant::now();
        std::thread::spawn(move || {
            while begun.elapsed() < Duration::from_secs(15) && writer.write_all(b" ").is_ok() {
                std::thread::sleep(Duration::from_millis(50));
            }
        });
        let answer = read(&mut stream);
        let mut rest = Vec::new();
        // Whatever else comes, the connection ends.
        let _ = stream.read_to_end(&mut rest);
        (answer, begun.elapsed())
    };
    let (answer, took) = tokio::task::spawn_blocking(trickle).await.expect("it ends");
    assert!(answer.starts_with("http/1.1 503") && answer.contains("\"code\":\"timeout\""), "{answer}");
    assert!(took < Duration::from_secs(14), "it ended by itself");
}

/// What is too much is refused at once; those who watch the server are answered all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_much_at_once_is_refused() {
    let server = Server::start_with(Database::Sqlite, |config| config.limits.in_flight = 1).await;
    let body = json!({ "userName": "ada" }).to_string();
    let mut first = connect(&server.base_url);
    // A request whose body has not arrived takes no place of others.
    first.write_all(head(&server.token, body.len()).as_bytes()).expect("it is taken");
    server.get("/Users").await.expect(200);
    let place = server.app.limits.in_flight.take().expect("there is one");
    let refused = server.get("/Users").await.expect(503);
    assert_eq!((code(&refused), number(&refused, "retry-after")), ("overloaded", 1));
    let api = server.api(Method::GET, "/account", None).await.expect(503);
    assert_eq!((api.code(), api.header("content-type")), ("overloaded", "application/problem+json"));
    let root = server.base_url.replace("/scim/v2", "");
    for path in ["/healthz", "/readyz"] {
        send(server.client.get(format!("{root}{path}"))).await.expect(200);
    }
    let metrics = send(server.client.get(format!("{root}/metrics"))).await.expect(200);
    assert!(metrics.body.to_string().contains("scim_connector_requests_in_flight 1"), "{}", metrics.body);
    let token = server.token.clone();
    let arrives = move || {
        first.write_all(body.as_bytes()).expect("it is taken");
        (read(&mut first), first, body)
    };
    let (answer, mut first, body) = tokio::task::spawn_blocking(arrives).await.expect("it ends");
    assert!(answer.starts_with("http/1.1 503") && answer.contains("\"code\":\"overloaded\""), "{answer}");
    drop(place);
    let again = move || {
        first.write_all(format!("{}{body}", head(&token, body.len())).as_bytes()).expect("it is taken");
        read(&mut first)
    };
    let answer = tokio::task::spawn_blocking(again).await.expect("it ends");
    assert!(answer.starts_with("http/1.1 201"), "{answer}");
    server.get("/Users").await.expect(200);
}

/// A connection more than there may be is served when another one ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_wait_for_each_other() {
    let server = Server::start_with(Database::Sqlite, |config| config.limits.connections = 1).await;
    let idle = connect(&server.base_url);
    let later = tokio::spawn({
        let request = server.request(Method::GET, "/Users");
        async move { send(request).await.status }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!later.is_finished());
    drop(idle);
    assert_eq!(later.await.expect("it ends"), 200);
}

/// Only when clients come by TLS, and then on every answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_is_asked_for_where_it_is_spoken() {
    let server = Server::start(Database::Sqlite).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    let db = server.app.service.db.clone();
    let config = scim_connector::config::Config::load(None).expect("the defaults are good");
    let app = scim_connector::app::App::new(db, &config, "https://scim.example.com").await.expect("an app");
    tokio::spawn(scim_connector::http::serve(listener, app, std::future::pending()));
    let reply = send(server.client.get(format!("http://{address}/scim/v2/Users"))).await.expect(401);
    assert_eq!(reply.header("strict-transport-security"), "max-age=31536000");
}
