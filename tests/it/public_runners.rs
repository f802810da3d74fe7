//! The public compliance runners, from PyPI: each on an account of its own. `conformance/runners/run` installs them.

use crate::support::on_both;
use std::path::Path;
use std::process::Command;

on_both! {
    /// No failure beyond the exceptions that the judges in `conformance/runners` name.
    async fn find_nothing_wrong(server) {
        for runner in ["scim2-cli", "scim-sanity", "scimschema", "schemathesis"] {
            let (base_url, token) = (server.base_url.clone(), server.other_account(runner).await);
            let logs = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("runners-{:?}", server.database));
            let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance/runners/run");
            let run = move || {
                Command::new(script).args([&base_url, &token, runner]).env("RUNNERS_LOGS", logs).output().expect("bash runs")
            };
            let output = tokio::task::spawn_blocking(run).await.expect("the runner ends");
            let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            assert!(output.status.success(), "{runner}: {said}{complained}");
            println!("{}", said.trim_end());
        }
    }
}
