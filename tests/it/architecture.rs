//! Who may know whom: the arrows of the picture in `src/lib.rs`, read from the `use` lines.

use std::fs;
use std::path::{Path, PathBuf};

/// Each part of the program and the parts that it may name. `scim`, `domain` and `expr` stay pure.
const ARROWS: &[(&str, &[&str])] = &[
    ("expr", &[]),
    ("scim", &["expr"]),
    ("domain", &["expr"]),
    ("tls", &[]),
    ("jose", &["domain", "tls"]),
    ("storage", &["domain", "expr", "tls"]),
    ("provisioning", &["scim", "domain", "storage", "expr", "jose"]),
    ("admin", &["provisioning", "scim", "storage", "domain", "expr", "jose"]),
    ("clock", &[]),
    ("config", &["domain", "storage"]),
    ("limits", &["config", "domain"]),
    ("metrics", &["domain", "limits", "provisioning", "storage"]),
    ("app", &["admin", "clock", "config", "jose", "limits", "metrics", "provisioning", "scim", "storage"]),
    ("http", &["app", "provisioning", "admin", "limits", "metrics", "scim", "domain"]),
    ("cli", &["app", "admin", "clock", "config", "http", "domain", "scim", "storage"]),
    ("lib", &[]),
    ("main", &[]),
];

/// Crates that only one part may name.
const FENCED: &[(&str, &[&str])] = &[
    ("diesel", &["storage"]),
    ("axum", &["http"]),
    ("clap", &["cli"]),
    ("nom", &["scim"]),
    ("prometheus_client", &["metrics"]),
];

#[test]
fn no_part_knows_more_than_the_picture_shows() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    for file in rust_files(&root) {
        let text = fs::read_to_string(&file).expect("a source file");
        let relative = file.strip_prefix(&root).expect("below src");
        let first = relative.components().next().expect("a name").as_os_str().to_string_lossy();
        let part = first.trim_end_matches(".rs");
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == part) else {
            wrong.push(format!("{} belongs to no part of the picture", relative.display()));
            continue;
        };
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            for known in named_after(line, "crate::") {
                if known != part && !allowed.contains(&known) && ARROWS.iter().any(|(name, _)| *name == known) {
                    wrong.push(format!("{}:{}: {part} must not know {known}", relative.display(), number + 1));
                }
            }
            for (krate, homes) in FENCED {
                if line.trim_start().starts_with(&format!("use {krate}::")) && !homes.contains(&part) {
                    wrong.push(format!("{}:{}: only {homes:?} may use {krate}", relative.display(), number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The words that follow a prefix in a line.
fn named_after<'l>(line: &'l str, prefix: &str) -> Vec<&'l str> {
    let tails = line.split(prefix).skip(1);
    tails.map(|tail| tail.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default()).collect()
}

pub fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries
        .flat_map(|path| match path.is_dir() {
            true => rust_files(&path),
            false => vec![path],
        })
        .filter(|path| path.extension().is_some_and(|ending| ending == "rs"))
        .collect()
}
