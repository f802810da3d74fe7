//! The bench itself: a run with tiny numbers measures everything without one wrong answer.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The server that this build has made, beside the bench; built when only the bench was.
fn server() -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_bench")).with_file_name("scim-connector");
    if !path.exists() {
        let built = Command::new(env!("CARGO")).args(["build", "--workspace", "--bins", "--quiet"]).status().unwrap();
        assert!(built.success());
    }
    path
}

const WORKLOADS: [&str; 20] = [
    "start to first answer",
    "W1 create",
    "W2 lookup userName eq",
    "W3 read by id",
    "W4 patch active, one user",
    "W4 patch active, random users",
    "W5 first page by index",
    "W5 middle page by index",
    "W5 last page by index",
    "W5 first page by cursor",
    "W5 middle page by cursor",
    "W5 last page by cursor",
    "W5 walk of all pages by index",
    "W5 walk of all pages by cursor",
    "W6 add or remove one member, of 100",
    "W6 displayName eq, of 100",
    "W6 id eq and members eq, of 100",
    "W6 GET group, of 100",
    "W6 GET user in 50 groups",
    "Bulk of 1,000 creates, per create",
];

/// Every workload gives figures on both databases, beside its baseline; every answer is right; users that were put into the
/// database directly are found; the page has the targets and the notes.
#[test]
fn a_quick_run_measures_everything() {
    let folder = std::env::temp_dir().join(format!("scim-connector-bench-test-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (json, page) = (folder.join("figures.json"), folder.join("page.md"));
    let mut bench = Command::new(env!("CARGO_BIN_EXE_bench"));
    bench.arg("--quick").arg("--server").arg(server()).arg("--json").arg(&json).arg("--docs").arg(&page);
    let ran = bench.output().unwrap();
    assert!(ran.status.success(), "{}\n{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    let report: Value = serde_json::from_str(&std::fs::read_to_string(&json).unwrap()).unwrap();
    let page = std::fs::read_to_string(&page).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let figures = report["figures"].as_array().unwrap();
    for database in ["sqlite", "postgres"] {
        for workload in WORKLOADS {
            let is_mine = |figure: &&Value| figure["database"] == database && figure["workload"] == workload;
            let mine: Vec<&Value> = figures.iter().filter(is_mine).collect();
            assert!(!mine.is_empty(), "{workload} on {database} was not measured");
            for figure in mine {
                assert!(figure["calls"].as_u64().unwrap() > 0, "{figure}");
                assert_eq!(figure["errors"], 0, "{figure}");
                assert!(figure["p50"].as_f64().unwrap() > 0.0, "{figure}");
                assert!(workload.starts_with("start") || figure["beside"]["p50"].as_f64().unwrap() > 0.0, "{figure}");
            }
        }
    }
    let replicas = figures.iter().find(|figure| figure["workload"] == "change at one replica, read at all").unwrap();
    assert_eq!(replicas["errors"], 0, "{replicas}");
    assert!(page.contains("| W2 lookup userName eq, 160 users | SQLite | p50 ≤ 100 µs |"), "{page}");
    assert!(page.contains("## How to read this") && page.contains("## All figures"), "{page}");
}

/// A program that is not there is named in one sentence.
#[test]
fn a_server_that_is_not_there_is_an_error() {
    let mut bench = Command::new(env!("CARGO_BIN_EXE_bench"));
    let ran = bench.args(["--quick", "--only", "sqlite", "--server", "/nowhere/scim-connector"]).output().unwrap();
    assert!(!ran.status.success());
    assert!(String::from_utf8_lossy(&ran.stderr).contains("/nowhere/scim-connector"), "{ran:?}");
}
