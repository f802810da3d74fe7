//! The documents that a newcomer follows with curl are run as they stand.
//!
//! All `sh` blocks of a document are one script; a `python` or `js` block is a program of its own that runs at its place,
//! with what the script exported. A `json` block below one is part of what its last line printed: every member that is
//! shown must be there, and `…` stands for anything.

use crate::support::{Database, Folder, fresh};
use scim_connector::domain::Policies;
use serde_json::Value;
use std::process::{Command, Stdio};

/// The story of joiner, mover, leaver and rehire.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_story_is_true() {
    run("docs/story.md").await;
}

/// E-44: what the page shows for curl, Python and Node does what it says.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_examples_for_clients_are_true() {
    let fetches = Command::new("node").args(["-e", "fetch"]).stderr(Stdio::null()).status();
    assert!(
        fetches.is_ok_and(|status| status.success()),
        "The examples of docs/clients.md need Node 18 or later. tests/run installs it on Debian; elsewhere install nodejs."
    );
    run("docs/clients.md").await;
}

/// E-45: the index of the documents leads to every page, and to nothing else.
#[test]
fn the_index_links_every_page() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let index = std::fs::read_to_string(folder.join("README.md")).expect("the index");
    let links: Vec<&str> = index.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next()).collect();
    let dead: Vec<&&str> = links.iter().filter(|link| !folder.join(link).is_file()).collect();
    assert!(dead.is_empty(), "docs/README.md links to {dead:?}, which are not there");
    let files = std::fs::read_dir(&folder).expect("the documents").map(|file| file.expect("a file").file_name());
    let pages = files.filter_map(|name| name.into_string().ok()).filter(|name| name.ends_with(".md"));
    let lost: Vec<String> = pages.filter(|name| name != "README.md" && !links.contains(&name.as_str())).collect();
    assert!(lost.is_empty(), "docs/README.md does not link to {lost:?}");
    for page in ["story.md", "roles.md", "settings-sets.md", "environments.md"] {
        assert!(links.contains(&page), "docs/README.md does not link to {page}");
    }
}

/// E-45: no link of a document leads nowhere.
#[test]
fn every_link_leads_to_a_file() {
    let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    for folder in [docs.clone(), docs.join("guides"), docs.join("../conformance"), docs.join("..")] {
        let files = std::fs::read_dir(&folder).expect("a folder").map(|file| file.expect("a file").path());
        for page in files.filter(|file| file.extension().is_some_and(|ending| ending == "md")) {
            let text = std::fs::read_to_string(&page).expect("a page");
            let links = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#', ' ']).next());
            let is_dead = |link: &&str| !link.is_empty() && !link.contains(':') && !folder.join(link).exists();
            let dead: Vec<&str> = links.filter(is_dead).collect();
            assert!(dead.is_empty(), "{} links to {dead:?}, which are not there", page.display());
        }
    }
}

/// E-46: every policy is described, and every refusal with what to do about it.
#[test]
fn the_model_page_names_every_policy_and_every_code() {
    let read = |file: &str| {
        std::fs::read_to_string(format!("{}/{file}", env!("CARGO_MANIFEST_DIR"))).expect("a file of the project")
    };
    let page = read("docs/model.md");
    let missing: Vec<&str> = Policies::KEYS.iter().copied().filter(|key| !page.contains(&format!("`{key}`"))).collect();
    assert!(missing.is_empty(), "docs/model.md does not name {missing:?}");
    let guard = read("src/domain/guard.rs");
    let codes = guard.split("=> \"").skip(1).filter_map(|rest| rest.split('"').next());
    let missing: Vec<&str> = codes.filter(|code| !page.contains(&format!("`{code}`"))).collect();
    assert!(missing.is_empty(), "docs/model.md does not name {missing:?}");
}

struct Block {
    script: String,
    expected: Option<Value>,
}

impl Block {
    /// A program that an interpreter reads from its standard input.
    fn program(interpreter: &str, program: &str) -> Self {
        Self { script: format!("{interpreter} <<'END OF PROGRAM'\n{program}END OF PROGRAM\n"), expected: None }
    }
}

async fn run(document: &'static str) {
    let text = std::fs::read_to_string(format!("{}/{document}", env!("CARGO_MANIFEST_DIR"))).expect("the document");
    let blocks = blocks(&text);
    assert!(blocks.len() > 5, "{document} has no blocks to run");
    let (url, folder) = fresh(Database::Sqlite).await;
    let place = Folder::new();
    let listen = {
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        free.local_addr().expect("bound").to_string()
    };
    let script = blocks.iter().enumerate().map(|(number, block)| format!("{}\necho '=== {number}'\n", block.script));
    let script = format!("set -euo pipefail\ntrap 'kill 0' EXIT\n{}", script.collect::<String>());
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_scim-connector"));
    let path =
        format!("{}:{}", program.parent().expect("a folder").display(), std::env::var("PATH").unwrap_or_default());
    let scim_connector::storage::DatabaseUrl::Sqlite(file) = url else { unreachable!("it is SQLite") };
    let mut command = Command::new("setsid");
    command.args(["bash", "-c", &script]).current_dir(&place.0).env("PATH", path);
    command.env("BASE", format!("http://{listen}")).env("SCIM_CONNECTOR_LISTEN", &listen);
    command.env("SCIM_CONNECTOR_DATABASE", format!("sqlite:{}", file.display()));
    command.stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.output()).await.expect("it ends").expect("bash runs");
    let (printed, log) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let mut rest = printed.as_ref();
    for (number, block) in blocks.iter().enumerate() {
        let Some((part, behind)) = rest.split_once(&format!("=== {number}\n")) else {
            panic!("{document} broke off here:\n{}\n{rest}\n{log}", block.script);
        };
        rest = behind;
        if let Some(expected) = &block.expected {
            let found = last_value(part).unwrap_or_else(|| panic!("no JSON from\n{}\n{part}\n{log}", block.script));
            assert!(shows(expected, &found), "{}\nprinted {found:#}\nand not {expected:#}", block.script);
        }
    }
    let _ = folder.map(std::fs::remove_dir_all);
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut fenced = text.split("```").skip(1).step_by(2);
    while let Some(block) = fenced.next().map(|block| block.split_once('\n').unwrap_or_default()) {
        match block {
            ("sh", script) => blocks.push(Block { script: script.to_owned(), expected: None }),
            ("python", program) => blocks.push(Block::program("python3 -", program)),
            ("js", program) => blocks.push(Block::program("node --input-type=module -", program)),
            ("json", shown) => {
                let value = serde_json::from_str(shown).unwrap_or_else(|error| panic!("{error}: {shown}"));
                blocks.last_mut().expect("a script above it").expected = Some(value);
            }
            _ => {}
        }
    }
    blocks
}

/// The last JSON value that was printed.
fn last_value(printed: &str) -> Option<Value> {
    serde_json::Deserializer::from_str(printed.get(printed.find(['{', '[', '"', 't', 'f'])?..)?)
        .into_iter()
        .map_while(Result::ok)
        .last()
}

/// Whether a value has everything that the document shows.
fn shows(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::String(any), _) if any == "…" => !found.is_null(),
        (Value::Object(expected), Value::Object(found)) => {
            expected.iter().all(|(name, expected)| found.get(name).is_some_and(|found| shows(expected, found)))
        }
        (Value::Array(expected), Value::Array(found)) => {
            expected.len() == found.len() && expected.iter().zip(found).all(|(expected, found)| shows(expected, found))
        }
        _ => expected == found,
    }
}
