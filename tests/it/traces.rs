//! Spans for a collector.

use crate::support::{Folder, send};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// What a collector receives: head and body of each request.
fn collector() -> (String, Receiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound");
    let (sender, received) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (Ok(stream), sender) = (stream, sender.clone()) else { continue };
            std::thread::spawn(move || {
                while let Some(request) = request(&stream) {
                    let _ = sender.send(request);
                    let _ = (&stream).write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                }
            });
        }
    });
    (format!("http://{address}/v1/traces"), received)
}

fn request(mut stream: &TcpStream) -> Option<Vec<u8>> {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        request.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&request).to_lowercase();
    let length = head.split("content-length: ").nth(1)?.split("\r\n").next()?.parse().ok()?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    request.extend(body);
    Some(request)
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

/// Serves one request that belongs to a trace, and ends.
fn serve_one(folder: &Folder, more: &[&str]) {
    let mut running = folder.serve_at("debug", more);
    let base_url = running.printed("SCIM base URL");
    let token = running.printed("SCIM token");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let request = reqwest::Client::new().get(format!("{base_url}/Users?filter=userName eq \"secret-name\""));
        let request = request.header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        send(request.bearer_auth(token)).await.expect(200);
    });
    assert_eq!(running.terminate(), 0);
}

/// The spans of a request reach the collector, below the caller's; nobody is named in them. The log is as it was.
#[test]
fn spans_reach_the_collector() {
    let (folder, (endpoint, received)) = (Folder::new(), collector());
    let file = folder.0.join("settings.toml");
    std::fs::write(&file, format!("[tracing]\notlp_endpoint = \"{endpoint}\"\n")).expect("it is written");
    serve_one(&folder, &["--config", file.to_str().expect("UTF-8")]);
    let sent = received.recv_timeout(Duration::from_secs(20)).expect("spans");
    assert!(contains(&sent, b"POST /v1/traces HTTP/1.1\r\n") && contains(&sent, b"application/x-protobuf"));
    for part in [&b"scim-connector"[..], b"users.list", b"db.read", b"http.response.status_code", b"/scim/v2/Users"] {
        assert!(contains(&sent, part), "{}: {}", String::from_utf8_lossy(part), String::from_utf8_lossy(&sent));
    }
    let trace = 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c_u128.to_be_bytes();
    let parent = 0xb7ad_6b71_6920_3331_u64.to_be_bytes();
    assert!(contains(&sent, &trace) && contains(&sent, &parent), "the caller's trace goes on");
    assert!(!contains(&sent, b"secret-name") && !contains(&sent, b"sct_"), "{}", String::from_utf8_lossy(&sent));
    let log = std::fs::read_to_string(folder.0.join("log")).expect("a log");
    assert!(!log.contains("otel.name") && log.contains("\"answered\""), "{log}");
}

/// Off unless a collector is named.
#[test]
fn nothing_is_sent_by_itself() {
    let (folder, (_, received)) = (Folder::new(), collector());
    serve_one(&folder, &[]);
    assert!(received.try_recv().is_err());
    let log = std::fs::read_to_string(folder.0.join("log")).expect("a log");
    assert!(!log.contains("opentelemetry"), "{log}");
}

/// A collector that is away does not hold anything up, and one by TLS is refused with what to do.
#[test]
fn a_collector_that_is_away_is_no_harm() {
    let folder = Folder::new();
    let file = folder.0.join("settings.toml");
    std::fs::write(&file, "[tracing]\notlp_endpoint = \"http://127.0.0.1:9/v1/traces\"\n").expect("it is written");
    serve_one(&folder, &["--config", file.to_str().expect("UTF-8")]);
    std::fs::write(&file, "[tracing]\notlp_endpoint = \"https://collector/v1/traces\"\n").expect("it is written");
    let output = folder.command(&["serve", "--config", file.to_str().expect("UTF-8")]);
    assert!(!output.status.success() && String::from_utf8_lossy(&output.stderr).contains("must begin with http://"));
}
