//! The program as a person runs it, against a server in a few lines that keeps users and does not know better.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

/// Users and groups by path, and how often each request was made.
#[derive(Default)]
struct Kept {
    resources: BTreeMap<String, Value>,
    last: usize,
    requests: usize,
}

/// A server on a free port for the life of the test process; its address.
fn server() -> (String, Arc<Mutex<Kept>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let kept = Arc::new(Mutex::new(Kept::default()));
    let shared = Arc::clone(&kept);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let kept = Arc::clone(&shared);
            thread::spawn(move || converse(stream, &kept));
        }
    });
    (address, kept)
}

fn converse(mut stream: TcpStream, kept: &Mutex<Kept>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let (mut length, mut token) = (0, String::new());
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).unwrap();
            let Some((name, value)) = header.trim().split_once(": ") else { break };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse().unwrap(),
                "authorization" => token = value.to_owned(),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let mut parts = line.split(' ');
        let (method, path) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let (status, answer) = answer(method, path, &token, &body, kept);
        let text = answer.map(|answer| answer.to_string()).unwrap_or_default();
        let head = format!(
            "HTTP/1.1 {status} X\r\nContent-Type: application/scim+json\r\nContent-Length: {}\r\n\r\n",
            text.len()
        );
        if stream.write_all((head + &text).as_bytes()).is_err() {
            return;
        }
    }
}

fn answer(method: &str, path: &str, token: &str, body: &[u8], kept: &Mutex<Kept>) -> (u16, Option<Value>) {
    let mut kept = kept.lock().unwrap();
    kept.requests += 1;
    let path = path.split('?').next().unwrap_or_default();
    if path == "/oauth/token" {
        let good = String::from_utf8_lossy(body).contains("client_secret=sesame");
        let token = json!({"access_token": "open-sesame", "token_type": "Bearer", "expires_in": 3600});
        return if good { (200, Some(token)) } else { (401, Some(json!({"error": "invalid_client"}))) };
    }
    if token != "Bearer open-sesame" {
        return (401, Some(json!({"status": "401"})));
    }
    match (method, path) {
        ("GET", "/ServiceProviderConfig" | "/ResourceTypes") => (200, Some(json!({}))),
        ("GET", "/Users" | "/Groups") => {
            let total = kept.resources.keys().filter(|key| key.starts_with(path)).count();
            (200, Some(json!({"totalResults": total})))
        }
        ("POST", "/Users" | "/Groups") => {
            kept.last += 1;
            let id = kept.last.to_string();
            let mut resource: Value = serde_json::from_slice(body).unwrap();
            resource["id"] = json!(id);
            kept.resources.insert(format!("{path}/{id}"), resource.clone());
            (201, Some(resource))
        }
        ("GET", path) => kept.resources.get(path).map_or((404, None), |resource| (200, Some(resource.clone()))),
        ("DELETE", path) => kept.resources.remove(path).map_or((404, None), |_| (204, None)),
        _ => (405, None),
    }
}

const CASES: &str = r##"# Three <cases>.
[[case]]
id = "P"
title = "passes"
profiles = ["rfc"]
source = "a & b"
given = ["users:m:3"]
[[case.step]]
send = "GET /Users/{{m[2]}}"
expect.status = 200

[[case]]
id = "F"
title = "fails"
profiles = ["rfc"]
source = "a & b"
given = ["user:u", "group:g"]
[[case.step]]
send = "GET /Users/{{u}}"
headers = { X-Told = "open-sesame" }
expect.status = 418

[[case]]
id = "S1"
title = "is skipped for what the server lacks"
profiles = ["rfc"]
source = "a & b"
needs = ["bulk"]
[[case.step]]
send = "POST /Bulk"
expect.status = 200

[[case]]
id = "S2"
title = "is skipped by itself"
profiles = ["rfc"]
source = "a & b"
[[case.step]]
send = "GET /Nothing"
expect.status = 200
skip = "there is nothing"
"##;

/// A folder with these cases; gone with the test.
struct Folder(PathBuf);

impl Folder {
    fn with(cases: &str) -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let name = format!("scim-conformance-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("some.toml"), cases).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn program(arguments: &[&str]) -> Output {
    let mut command = Command::new(Path::new(env!("CARGO_BIN_EXE_scim-conformance")));
    for name in
        ["SCIM_BASE_URL", "SCIM_TOKEN", "SCIM_OTHER_TOKEN", "SCIM_TOKEN_URL", "SCIM_CLIENT_ID", "SCIM_CLIENT_SECRET"]
    {
        command.env_remove(name);
    }
    command.args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn it_ends_with_0_when_all_is_well_1_when_a_case_fails_and_2_when_nothing_could_be_tried() {
    let (address, _) = server();
    let folder = Folder::with(CASES);
    let cases = folder.0.display().to_string();
    let base = ["--base-url", &address, "--cases", &cases];
    let code = |more: &[&str]| program(&[&base, more].concat()).status.code();
    assert_eq!(code(&["--token", "open-sesame", "--only", "P,S1,S2"]), Some(0));
    assert_eq!(code(&["--token", "open-sesame"]), Some(1));
    assert_eq!(code(&["--token", "wrong"]), Some(2));
    assert_eq!(code(&[]), Some(2), "no credential");
    assert_eq!(code(&["--token", "open-sesame", "--only", "Q"]), Some(2), "no such case");
    assert_eq!(
        program(&["--base-url", "http://127.0.0.1:1", "--token", "open-sesame"]).status.code(),
        Some(2),
        "no server"
    );
    assert_eq!(program(&["--profile", "nobody"]).status.code(), Some(2));
}

#[test]
fn the_text_says_what_failed_and_why_and_never_the_token() {
    let (address, _) = server();
    let folder = Folder::with(CASES);
    let output =
        program(&["--base-url", &address, "--token", "open-sesame", "--cases", &folder.0.display().to_string()]);
    let said = text(&output.stdout);
    assert!(said.starts_with("Three <cases>\nok   P     passes\nFAIL F     fails\n"), "{said}");
    assert!(said.contains("expected: status: expected 418, came 200"), "{said}");
    assert!(said.contains("before:   POST /Users → 201"), "{said}");
    assert!(
        said.contains("skip S1    is skipped for what the server lacks (the server does not advertise bulk)"),
        "{said}"
    );
    assert!(said.contains("skip S2    is skipped by itself (there is nothing)"), "{said}");
    assert!(said.contains("X-Told: ***") && !said.contains("open-sesame"), "{said}");
    let last = said.lines().last().unwrap_or_default();
    assert!(last.ends_with(" failed, 2 skipped") && last.contains(" passed, "), "{last}");
}

#[test]
fn nothing_is_left_behind_by_cases_that_fail() {
    let (address, kept) = server();
    let folder = Folder::with(CASES);
    let file = folder.0.join("report.json");
    let cases = folder.0.display().to_string();
    let report = file.display().to_string();
    program(&[
        "--base-url",
        &address,
        "--token",
        "open-sesame",
        "--cases",
        &cases,
        "--report",
        "json",
        "--report-file",
        &report,
    ]);
    let report: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    assert_eq!(report["left_behind"], json!({"users": 0, "groups": 0}));
    let kept = kept.lock().unwrap();
    assert!(kept.last >= 5 && kept.resources.is_empty(), "{:?}", kept.resources);
}

#[test]
fn reports_for_programs_are_one_document_on_standard_output() {
    let (address, _) = server();
    let folder = Folder::with(CASES);
    let cases = folder.0.display().to_string();
    let report =
        |kind: &str| program(&["--base-url", &address, "--token", "open-sesame", "--cases", &cases, "--report", kind]);
    let json = report("json");
    let document: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(document["cases"][1]["outcome"], "failed");
    assert!(text(&json.stderr).contains(" failed, 2 skipped"));
    let junit = text(&report("junit").stdout);
    assert!(junit.starts_with("<?xml"), "{junit}");
    assert!(junit.contains(r#"<testsuite name="Three &lt;cases&gt;""#), "{junit}");
    assert!(junit.contains("a &amp; b"), "the source of the failure: {junit}");
    assert!(!junit.contains("open-sesame"), "{junit}");
}

#[test]
fn a_token_can_come_from_the_token_endpoint() {
    let (address, _) = server();
    let folder = Folder::with(CASES);
    let (cases, url) = (folder.0.display().to_string(), format!("{address}/oauth/token"));
    let base = ["--base-url", &address, "--cases", &cases, "--only", "P", "--token-url", &url, "--client-id", "me"];
    let good = program(&[&base[..], &["--client-secret", "sesame"]].concat());
    assert_eq!(good.status.code(), Some(0), "{}", text(&good.stderr));
    let bad = program(&[&base[..], &["--client-secret", "wrong"]].concat());
    assert_eq!(bad.status.code(), Some(2));
    assert!(text(&bad.stderr).contains("invalid_client"), "{}", text(&bad.stderr));
}

#[test]
fn the_list_needs_no_server() {
    let output = program(&["--list"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).contains("\n6a    a wrong token is a 401 in SCIM form [rfc, okta]\n"));
    let json = program(&["--list", "--profile", "hr", "--report", "json"]);
    let entries: Value = serde_json::from_slice(&json.stdout).unwrap();
    let entries = entries.as_array().unwrap();
    let of_cases = entries.iter().filter(|entry| entry["profiles"].as_array().is_some_and(|all| !all.is_empty()));
    for entry in of_cases {
        assert!(entry["profiles"].as_array().unwrap().contains(&json!("hr")), "{entry}");
        assert!(entry["source"].as_str().is_some_and(|source| !source.is_empty()), "{entry}");
    }
}
