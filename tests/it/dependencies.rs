//! What the program is made of: licences that a product can ship, crates from the registry alone, no C libraries that
//! somebody would have to install, and a reason for each direct dependency.

use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use serde_json::Value;
use std::process::Command;

const LICENCES: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Each would need something on the machine beyond a C compiler, or would bring a second way to do TLS.
const BANNED: &[&str] = &["openssl-sys", "pq-sys", "native-tls", "mysqlclient-sys", "aws-lc-sys"];

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON")
}

/// Whether an SPDX expression can be met with the licences above.
fn is_allowed(expression: &str) -> bool {
    let plain = expression.replace(['(', ')'], "").replace('/', " OR ");
    plain.split(" AND ").all(|part| part.split(" OR ").any(|licence| LICENCES.contains(&licence.trim())))
}

#[test]
fn every_crate_may_be_shipped() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().expect("packages");
    assert!(packages.len() > 100, "the whole graph is listed");
    let mut wrong = Vec::new();
    for package in packages {
        let name = package["name"].as_str().expect("a name");
        let licence = package["license"].as_str().unwrap_or("none");
        if !is_allowed(licence) {
            wrong.push(format!("{name}: licence {licence}"));
        }
        if BANNED.contains(&name) {
            wrong.push(format!("{name}: banned"));
        }
        let source = package["source"].as_str().unwrap_or("");
        if !source.is_empty() && !source.starts_with("registry+") {
            wrong.push(format!("{name}: from {source}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_direct_dependency_says_why() {
    let manifest = include_str!("../../Cargo.toml");
    let mut section = "";
    let mut reason = false;
    let mut silent = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            section = line;
        }
        let is_dependency = section.contains("dependencies]") && line.contains(" = ");
        if is_dependency && !reason {
            silent.push(line);
        }
        // One reason may stand above several lines.
        reason = line.starts_with('#') || (is_dependency && reason);
    }
    assert!(silent.is_empty(), "{}", silent.join("\n"));
}

/// SQLite locks nothing of the whole process and no connection of its own: `.cargo/config.toml` says why, and is in force.
#[test]
fn sqlite_is_compiled_for_one_connection_a_thread() {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        compile_options: String,
    }
    let mut connection = SqliteConnection::establish(":memory:").expect("SQLite opens");
    let options: Vec<Row> = diesel::sql_query("PRAGMA compile_options").load(&mut connection).expect("they are told");
    let has = |option: &str| options.iter().any(|row| row.compile_options == option);
    assert!(has("THREADSAFE=2"));
    assert!(!has("ENABLE_MEMORY_MANAGEMENT"));
}
