//! Errors (RFC 7644 §3.12): whatever comes in, the answer is one of SCIM, never a 5xx, and nothing is stored.

use crate::support::{Database, Reply, Server, on_both, send};
use reqwest::Method;
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

on_both! {
    async fn every_error_has_the_form_of_scim(server) {
        let missing = "/Users/0197a000-0000-7000-8000-000000000000";
        let wrong = server.base_url.replace("/scim/v2", "/nothing/here");
        for (status, request) in [
            (400, server.request(Method::POST, "/Users").body("{")),
            (400, server.request(Method::POST, "/Users").body("")),
            (400, server.request(Method::POST, "/Users").body("[]")),
            (400, server.request(Method::POST, "/Users").body("\u{feff}{\"userName\":\"bom\"}")),
            (400, server.request(Method::POST, "/Users").body(&b"{\"userName\":\"\xff\"}"[..])),
            (400, server.request(Method::GET, "/Users?filter=nonsense")),
            (401, server.client.get(format!("{}/Users", server.base_url))),
            (404, server.request(Method::GET, missing)),
            (404, server.request(Method::GET, "/Users/%00")),
            (404, server.request(Method::GET, "/Users/%ff")),
            (404, server.request(Method::GET, "/Users/a%2Fb")),
            (404, server.request(Method::GET, "/Robots")),
            (404, server.client.get(wrong).bearer_auth(&server.token)),
            (413, server.request(Method::POST, "/Users").body(" ".repeat(1_048_577))),
            (501, server.request(Method::GET, "/Me")),
        ] {
            is_scim_error(&send(request).await, status);
        }
    }

    /// RFC 9110 §15.5.6: 405 says what is possible.
    async fn a_wrong_method_is_answered_with_what_is_possible(server) {
        for (method, path, possible) in [
            (Method::DELETE, "/Users", "GET,HEAD,POST"),
            (Method::PATCH, "/Groups", "GET,HEAD,POST"),
            (Method::POST, "/Users/x", "GET,HEAD,PUT,PATCH,DELETE"),
            (Method::POST, "/Schemas", "GET,HEAD"),
            (Method::POST, "/ServiceProviderConfig", "GET,HEAD"),
            (Method::POST, "/ResourceTypes", "GET,HEAD"),
            (Method::GET, "/Bulk", "POST"),
            (Method::PUT, "/.search", "POST"),
            (Method::OPTIONS, "/Users", "GET,HEAD,POST"),
        ] {
            let reply = send(server.request(method.clone(), path).body("test")).await;
            is_scim_error(&reply, 405);
            assert_eq!(sorted(reply.header("allow")), sorted(possible), "{method} {path}");
        }
    }

    /// The request id of an error is the one of its header and stands in the body where there is a code.
    async fn every_answer_has_a_request_id(server) {
        let good = server.get("/Users").await.expect(200);
        let bad = server.get("/Users?filter=nonsense").await.expect(400);
        assert_ne!(good.header("x-request-id"), bad.header("x-request-id"));
        let detail = &bad.body["urn:ietf:params:scim:api:messages:connector:2.0:ErrorDetail"];
        assert_eq!(
            (&detail["requestId"], &detail["code"]),
            (&json!(bad.header("x-request-id")), &json!("filter_invalid"))
        );
    }

    /// Names are indexed, so they have a length; a longer one is refused before the database sees it.
    async fn texts_that_no_index_can_hold_are_refused(server) {
        let (fits, long) = ("é".repeat(512), "é".repeat(513));
        let user = json!({ "userName": fits, "displayName": fits, "externalId": fits, "emails": [{ "value": fits }] });
        server.post("/Users", user).await.expect(201);
        server.post("/Groups", json!({ "displayName": fits, "externalId": fits })).await.expect(201);
        for (path, body) in [
            ("/Users", json!({ "userName": long })),
            ("/Users", json!({ "userName": "a", "displayName": long })),
            ("/Users", json!({ "userName": "a", "externalId": long })),
            ("/Users", json!({ "userName": "a", "emails": [long] })),
            ("/Groups", json!({ "displayName": long })),
            ("/Groups", json!({ "displayName": "a", "externalId": long })),
            ("/Users", json!({ "userName": "  " })),
            ("/Groups", json!({ "displayName": "" })),
        ] {
            let reply = server.post(path, body).await;
            is_scim_error(&reply, 400);
            assert_eq!(reply.scim_type(), "invalidValue", "{}", reply.body);
        }
        assert_eq!(stored(&server).await, [1, 1]);
        let title = "long ".repeat(20_000);
        server.post("/Users", json!({ "userName": "b", "title": title })).await.expect(201);
    }

    /// What JSON can say and databases cannot store, and what no parser should die of.
    async fn strange_json_is_refused_and_stores_nothing(server) {
        let deep = format!("{{\"userName\":\"a\",\"title\":{}{}}}", "[".repeat(50_000), "]".repeat(50_000));
        let nested = format!("{{\"userName\":\"a\",\"name\":{}1{}}}", "{\"a\":".repeat(120), "}".repeat(120));
        for body in [
            r#"{"userName":"a\u0000b"}"#,
            r#"{"userName":"a","title":"\u0000"}"#,
            r#"{"userName":"\ud800"}"#,
            r#"{"userName":"a","name":{"givenName":"\udc00x"}}"#,
            r#"{"userName":"a","title":1e999}"#,
            r#"{"userName":"a","active":2}"#,
            r#"{"userName":"a","active":"perhaps"}"#,
            r#"{"userName":{}}"#,
            r#"{"userName":["a","b"]}"#,
            r#"{"userName":null}"#,
            r#"{"userName":"a","emails":[[]]}"#,
            r#"{"userName":"a","emails":true}"#,
            r#"{"userName":"a","x509Certificates":[{"value":"not base64!"}]}"#,
            r#"{"userName":"a"} trailing"#,
            r#"{'userName':'a'}"#,
            "null",
            "42",
            "\"text\"",
            &deep,
        ] {
            let reply = send(server.request(Method::POST, "/Users").body(body.to_owned())).await;
            is_scim_error(&reply, 400);
        }
        assert_eq!(stored(&server).await, [0, 0]);

        // These are odd but can be understood; each of them leaves at most one user that can be read and listed.
        for body in [
            r#"{"userName":"one","userName":"two"}"#,
            r#"{"userName":"three","USERNAME":"four"}"#,
            r#"{"userName":99999999999999999999999999999999}"#,
            r#"{"userName":"a","title":-0.0}"#,
            r#"{"userName":1e308}"#,
            r#"{"userName":"\ud83d\ude00 \u202e","displayName":"\uffff\u0001"}"#,
            &nested,
        ] {
            let reply = send(server.request(Method::POST, "/Users").body(body.to_owned())).await;
            assert!(!reply.status.is_server_error(), "{body}: {}", reply.body);
            if reply.status == 201 {
                assert_eq!(server.get(&format!("/Users/{}", reply.id())).await.expect(200).body, reply.body);
                server.get("/Users?filter=displayName pr&sortBy=displayName").await.expect(200);
            }
        }
    }

    /// The same through PATCH: a refused operation leaves the resource and its version as they were.
    async fn a_refused_patch_changes_nothing(server) {
        let user = server.user("ada").await;
        let path = format!("/Users/{user}");
        let before = server.get(&path).await.body;
        let fine = json!({ "op": "replace", "path": "title", "value": "changed" });
        for (operation, status) in [
            (json!({ "op": "replace", "path": "userName", "value": "" }), 400),
            (json!({ "op": "remove", "path": "userName" }), 400),
            (json!({ "op": "replace", "path": "userName", "value": "x".repeat(513) }), 400),
            (json!({ "op": "replace", "path": "nickName", "value": "a\u{0}b" }), 400),
            (json!({ "op": "replace", "path": "id", "value": "other" }), 400),
            (json!({ "op": "replace", "path": "meta.created", "value": "2020-01-01T00:00:00Z" }), 400),
            (json!({ "op": "multiply", "path": "title", "value": "x" }), 400),
            (json!({ "op": "add", "path": "emails[", "value": "x" }), 400),
            (json!({ "op": "add", "path": "emails[type eq \"work\" and", "value": "x" }), 400),
            (json!({ "op": "add", "path": ["title"], "value": "x" }), 400),
            (json!({ "op": "remove" }), 400),
            (json!({ "op": "replace", "value": "text" }), 400),
            (json!("replace"), 400),
        ] {
            is_scim_error(&server.patch(&path, json!([fine, operation])).await, status);
        }
        assert_eq!(server.get(&path).await.body, before);
    }
}

/// contract.md: the answer comes before the identity provider gives up, also when its own body never comes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_takes_too_long_is_given_up() {
    let impatient = Server::start_with(Database::Sqlite, |config| config.server.request_timeout_seconds = 1).await;
    let address = impatient.base_url.replace("http://", "").replace("/scim/v2", "");
    let head = format!("POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: {}\r\n", impatient.token);
    let exchange = move || {
        let mut stream = TcpStream::connect(address).expect("the server listens");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("it can be set");
        stream.write_all(format!("{head}Content-Length: 100\r\n\r\n{{").as_bytes()).expect("it is taken");
        let mut answer = vec![0; 4096];
        let length = stream.read(&mut answer).expect("an answer within ten seconds");
        String::from_utf8_lossy(&answer[..length]).to_lowercase()
    };
    let answer = tokio::task::spawn_blocking(exchange).await.expect("it ends");
    for part in ["http/1.1 503", "retry-after: 5", "application/scim+json", "x-request-id: ", "messages:2.0:error"] {
        assert!(answer.contains(part), "{part}: {answer}");
    }
}

/// RFC 9112 §9.3: a request that is refused before its body was read leaves the connection as it was, so that the client
/// gets the answer and can send the next request.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_leaves_the_connection_open() {
    let server = Server::start(Database::Sqlite).await;
    let address = server.base_url.replace("http://", "").replace("/scim/v2", "");
    for (refused, status) in [("POST /scim/v2/Users", "401"), ("PATCH /scim/v2/Schemas", "405"), ("PUT /none", "404")] {
        let address = address.clone();
        let exchange = move || {
            let mut stream = TcpStream::connect(address).expect("the server listens");
            stream.set_read_timeout(Some(Duration::from_secs(10))).expect("it can be set");
            stream.write_all(format!("{refused} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n").as_bytes())?;
            // Long enough for an answer that does not wait for the body.
            std::thread::sleep(Duration::from_millis(100));
            stream.write_all(b"{}GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")?;
            let mut answers = String::new();
            stream.read_to_string(&mut answers).map(|_| answers)
        };
        let answers = tokio::task::spawn_blocking(exchange).await.expect("it ends").expect("the connection holds");
        assert!(answers.starts_with(&format!("HTTP/1.1 {status} ")), "{refused}: {answers}");
        assert!(answers.contains("HTTP/1.1 200 "), "{refused}: {answers}");
    }
}

#[track_caller]
fn is_scim_error(reply: &Reply, status: u16) {
    assert_eq!(reply.status.as_u16(), status, "{}", reply.body);
    assert_eq!(reply.header("content-type"), "application/scim+json");
    assert!(!reply.header("x-request-id").is_empty());
    let schemas = reply.body["schemas"].as_array().unwrap_or_else(|| panic!("no schemas in {}", reply.body));
    assert!(schemas.contains(&json!("urn:ietf:params:scim:api:messages:2.0:Error")), "{}", reply.body);
    assert_eq!(reply.body["status"], status.to_string());
    assert!(reply.body["detail"].as_str().is_some_and(|detail| detail.ends_with('.')), "{}", reply.body);
}

/// How many users and groups there are.
async fn stored(server: &Server) -> [u64; 2] {
    let total = async |path: &str| server.get(path).await.expect(200).body["totalResults"].as_u64().unwrap_or_default();
    [total("/Users").await, total("/Groups").await]
}

fn sorted(methods: &str) -> Vec<&str> {
    let mut methods: Vec<&str> = methods.split(',').map(str::trim).collect();
    methods.sort_unstable();
    methods
}
