//! The wire catalogue: what identity providers really send, by number. The cases are data in `conformance/cases`; the
//! black-box suite runs them against the server of the test. A profile is a choice among the cases, so a run of all of them is
//! a run of every profile; each kind of connection gets a run of its own.

use crate::support::{Folder, Server, on_both};
use reqwest::Method;
use scim_connector::domain::{Dialect, OnConflict, RateLimit};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The suite is quicker than any client.
const FAST: RateLimit = RateLimit { per_second: 10_000, burst: 10_000 };

on_both! {
    async fn every_case_of_every_profile_passes(server) {
        server.configure(|connection| connection.settings.rate_limit = Some(FAST)).await;
        let other = server.other_account("other").await;
        let report = suite(&server, &server.token, &["--other-token", &other]).await;
        passed(&report, 440);
    }

    async fn every_case_passes_on_a_strict_connection(server) {
        server.configure(|connection| {
            connection.dialect = Dialect::Strict;
            connection.settings.rate_limit = Some(FAST);
        }).await;
        let report = suite(&server, &server.token, &[]).await;
        passed(&report, 400);
        for id in ["50b", "57b", "91a", "91b", "91c"] {
            assert_eq!(outcome(&report, id), "passed", "{id}");
        }
    }

    async fn every_case_passes_on_a_connection_that_upserts(server) {
        server.configure(|connection| {
            connection.settings.on_conflict = OnConflict::Upsert.into();
            connection.settings.rate_limit = Some(FAST);
        }).await;
        let report = suite(&server, &server.token, &["--upsert"]).await;
        passed(&report, 420);
        for id in ["125a", "125b", "125c", "125d"] {
            assert_eq!(outcome(&report, id), "passed", "{id}");
        }
    }

    /// 25 requests a second are answered, many more are told when to come back, and a second account does not notice. The
    /// limit is so low that the slowest machine is above it.
    async fn every_case_about_load_passes(server) {
        server.configure(|connection| {
            connection.settings.rate_limit = Some(RateLimit { per_second: 27, burst: 40 });
        }).await;
        let other = server.other_account("other").await;
        let report = suite(&server, &server.token, &["--other-token", &other, "--load", "--only", "18"]).await;
        passed(&report, 4);
    }

    /// The token endpoint, with the suite's own token from there.
    async fn every_case_about_tokens_passes(server) {
        let path = format!("/connections/{}/oauth-clients", server.connection);
        let client = server.api(Method::POST, &path, Some(json!({ "name": "suite" }))).await.expect(201).id();
        let path = format!("/oauth-clients/{client}/client-secrets");
        let made = server.api(Method::POST, &path, Some(json!({}))).await.expect(201);
        let secret = made.body["secret"].as_str().expect("shown once");
        let url = server.base_url.replace("/scim/v2", "/oauth/token");
        let base = ["--base-url", &server.base_url, "--token-url", &url, "--client-id", &client, "--client-secret", secret];
        let report = in_background(&[&base[..], &["--only", "1,13"]].concat()).await;
        passed(&report, 9);
    }

    /// A case that fails cleans up as well as one that passes.
    async fn a_case_that_fails_leaves_nothing_behind(server) {
        let folder = Folder::new();
        std::fs::write(folder.0.join("fails.toml"), FAILS).expect("the folder can be written");
        let cases = folder.0.display().to_string();
        let report = suite(&server, &server.token, &["--cases", &cases]).await;
        assert_eq!((outcome(&report, "X1"), outcome(&report, "X2")), ("failed", "failed"));
        assert_eq!(report["left_behind"], json!({ "users": 0, "groups": 0 }));
    }
}

/// Case 134: what the program writes into its log while all kinds of secrets come along.
#[test]
fn no_secret_is_in_the_log_of_the_program() {
    let folder = Folder::new();
    let server = folder.serve_at("debug", &[]);
    let (base_url, token) = (server.printed("SCIM base URL"), server.printed("SCIM token"));
    let log = folder.0.join("log").display().to_string();
    let report = run(&["--base-url", &base_url, "--token", &token, "--server-log", &log, "--only", "134"]);
    assert_eq!(outcome(&report, "134"), "passed", "{report:#}");
}

const FAILS: &str = r##"
[[case]]
id = "X1"
title = "creates, and then expects what cannot be"
profiles = ["rfc"]
source = "nobody"
given = ["users:m:3", "group:g", "member:g:m"]
[[case.step]]
send = "POST /Users"
body = '{"schemas": ["{{CU}}"], "userName": "{{tag}}@example.com"}'
expect.status = 418

[[case]]
id = "X2"
title = "the same in bulk"
profiles = ["rfc"]
source = "nobody"
[[case.step]]
send = "POST /Bulk"
body = '''{"schemas": ["{{BR}}"], "Operations": [
  {"method": "POST", "path": "/Users", "bulkId": "u", "data": {"schemas": ["{{CU}}"], "userName": "{{tag}}@example.com"}},
  {"method": "POST", "path": "/Groups", "bulkId": "g", "data": {"schemas": ["{{CG}}"], "displayName": "Group {{tag}}"}}
]}'''
expect.status = 418
"##;

/// The report of a run of the suite against this server.
async fn suite(server: &Server, token: &str, more: &[&str]) -> Value {
    in_background(&[&["--base-url", &server.base_url, "--token", token], more].concat()).await
}

async fn in_background(arguments: &[&str]) -> Value {
    let arguments: Vec<String> = arguments.iter().copied().map(str::to_owned).collect();
    let run = move || run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    tokio::task::spawn_blocking(run).await.expect("the suite ends")
}

fn run(arguments: &[&str]) -> Value {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let name = format!("catalogue-{}-{}.json", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let mut command = Command::new(program());
    let output = command.args(["--report", "json", "--report-file"]).arg(&file).args(arguments).output();
    let complaint = output.map(|output| String::from_utf8_lossy(&output.stderr).into_owned()).expect("the suite runs");
    let report = std::fs::read(&file).unwrap_or_else(|error| panic!("no report: {error}: {complaint}"));
    let _ = std::fs::remove_file(file);
    serde_json::from_slice(&report).expect("the report is JSON")
}

/// Nothing failed, as much as this passed, and nothing was left behind.
fn passed(report: &Value, least: u64) {
    let failed = report["cases"].as_array().expect("cases").iter().filter(|case| case["outcome"] == "failed");
    let failed: Vec<String> = failed.map(|case| format!("{case:#}")).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(report["passed"].as_u64().is_some_and(|passed| passed >= least), "only {} passed", report["passed"]);
    assert_eq!(report["left_behind"], json!({ "users": 0, "groups": 0 }));
}

fn outcome<'r>(report: &'r Value, id: &str) -> &'r str {
    let cases = report["cases"].as_array().expect("cases");
    cases.iter().find(|case| case["id"] == id).and_then(|case| case["outcome"].as_str()).unwrap_or("not there")
}

/// The suite's program, beside the server's; built when it is not there.
fn program() -> &'static Path {
    static SUITE: OnceLock<PathBuf> = OnceLock::new();
    SUITE.get_or_init(|| {
        let built =
            Command::new(env!("CARGO")).args(["build", "--quiet", "--locked", "-p", "scim-conformance"]).status();
        assert!(built.is_ok_and(|status| status.success()), "the conformance suite does not build");
        Path::new(env!("CARGO_BIN_EXE_scim-connector")).with_file_name("scim-conformance")
    })
}
