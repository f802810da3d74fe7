//! The wire catalogue: what identity providers really send, by number. The cases are data in `conformance/cases`; the
//! black-box suite runs them against the server of the test.

use crate::support::on_both;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

on_both! {
    async fn every_case_passes(server) {
        let other = server.other_account("other").await;
        let (base_url, token) = (server.base_url.clone(), server.token.clone());
        let run = move || {
            Command::new(suite())
                .args(["--base-url", &base_url, "--token", &token, "--other-token", &other])
                .output()
                .expect("the suite runs")
        };
        let output = tokio::task::spawn_blocking(run).await.expect("the suite ends");
        let text = String::from_utf8_lossy(&output.stdout);
        let failures: Vec<&str> = text.split("\nFAIL").skip(1).collect();
        assert!(output.status.success(), "{}{}", failures.join("\nFAIL"), String::from_utf8_lossy(&output.stderr));
        let passed = text.lines().find_map(|line| line.split_once(" passed, ")?.0.parse().ok()).unwrap_or(0);
        assert!(passed >= 170, "only {passed} cases ran: {text}");
    }
}

/// The suite's program, beside the server's; built when it is not there.
fn suite() -> &'static Path {
    static SUITE: OnceLock<PathBuf> = OnceLock::new();
    SUITE.get_or_init(|| {
        let built =
            Command::new(env!("CARGO")).args(["build", "--quiet", "--locked", "-p", "scim-conformance"]).status();
        assert!(built.is_ok_and(|status| status.success()), "the conformance suite does not build");
        Path::new(env!("CARGO_BIN_EXE_scim-connector")).with_file_name("scim-conformance")
    })
}
