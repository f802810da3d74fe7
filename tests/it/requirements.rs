//! Which test proves which requirement: `docs/requirements.md`, made from `tests/requirements.toml` and from the doc
//! comments of the tests, so that it cannot say more than the tests do.
//!
//! A test names what it proves in its doc comment: `E-03`, `E-03, E-22`, `A-15..A-17`. Then
//! `UPDATE_DOCS=1 cargo test --test it requirements` writes the table anew.

use crate::architecture::rust_files;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

/// The letters of the ids, what each guide is about, and how many requirements it has.
const GUIDES: &[(&str, &str, usize)] = &[
    ("E", "Groups and users of an e-signature tenant", 46),
    ("A", "Group assignment and users in multiple groups", 45),
    ("P2", "Organization admin portal", 29),
    ("I", "Organization user management and invitations", 32),
    ("B", "Users, groups and bulk work", 24),
];

const HEAD: &str = "# Requirements and the tests that prove them\n\n\
    Made by a test from `tests/requirements.toml` and from the ids in the doc comments of the tests: \
    `UPDATE_DOCS=1 cargo test --test it requirements` writes it, and the test fails while it is out of date.\n";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Requirement {
    statement: String,
    /// The part that must exist before there is anything to prove.
    part: Option<Part>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Part {
    Invitation,
    AccessKey,
    GroupAdministrator,
    ImportExport,
    Console,
}

impl Part {
    fn state(&self) -> &'static str {
        match self {
            Self::Invitation => "not yet: invitations",
            Self::AccessKey => "not yet: access keys",
            Self::GroupAdministrator => "not yet: group administrators",
            Self::ImportExport => "not yet: import and export",
            Self::Console => "not yet: console",
        }
    }
}

/// By guide, then by id.
type Requirements = BTreeMap<String, BTreeMap<String, Requirement>>;

/// A function, and the ids that its doc comment names.
struct Claim {
    name: String,
    is_test: bool,
    ids: BTreeSet<String>,
}

#[test]
fn the_table_of_requirements_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/requirements.md");
    let table = table(&requirements(), &claims());
    if env::var_os("UPDATE_DOCS").is_some_and(|value| value == "1") {
        fs::create_dir_all(path.with_file_name("")).expect("a folder for the table");
        fs::write(&path, &table).expect("the table is written");
    }
    let on_disk = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        on_disk == table,
        "docs/requirements.md does not say what the tests say. \
         Run `UPDATE_DOCS=1 cargo test --test it requirements` and commit the file.",
    );
}

#[test]
fn tests_and_requirements_know_the_same_ids() {
    let requirements = requirements();
    let mut wrong = Vec::new();
    for (guide, _, count) in GUIDES {
        let expected: Vec<String> = (1..=*count).map(|number| format!("{guide}-{number:02}")).collect();
        let listed: Vec<String> = requirements.get(*guide).into_iter().flat_map(BTreeMap::keys).cloned().collect();
        assert!(listed == expected, "tests/requirements.toml must list {guide}-01 to {guide}-{count}: {listed:?}");
    }
    assert_eq!(requirements.len(), GUIDES.len(), "tests/requirements.toml has no other guide");

    for Claim { name, is_test, ids } in claims() {
        if !is_test && !ids.is_empty() {
            wrong.push(format!("{name} names {} but is no test that runs; name them at the test", joined(&ids, ", ")));
        }
        for id in ids {
            match requirements.values().find_map(|guide| guide.get(&id)) {
                None => wrong.push(format!("{name} names {id}, which tests/requirements.toml does not list")),
                Some(Requirement { part: Some(_), .. }) => {
                    wrong.push(format!("{name} proves {id}: take its `part` out of tests/requirements.toml"));
                }
                Some(_) => (),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn ids_are_read_from_prose() {
    for (text, expected) in [
        ("Nothing but RFC 7644, UTF-8, Entra E18, P-22 and CVE-2024.", Ok("")),
        ("E-03, E-22: a leaver (see P2-17/I-06).", Ok("E-03 E-22 I-06 P2-17")),
        ("The flags, A-15..A-17.", Ok("A-15 A-16 A-17")),
        ("E-03, E-04 and E-03 again", Ok("E-03 E-04")),
        ("A-15..17", Err("A-15..17")),
        ("A-15..E-17", Err("A-15..E-17")),
        ("A-17..A-15", Err("A-17..A-15")),
        ("A-15–A-17", Err("A-15–A-17")),
        ("E-3", Err("E-3")),
    ] {
        let found = ids_in(text).map(|ids| joined(&ids, " "));
        assert_eq!(found.as_deref().map_err(String::as_str), expected, "{text}");
    }
}

#[test]
fn tests_are_told_from_their_helpers() {
    let text = [
        "on_both! {",
        "    /// E-02",
        "    /// and E-03.",
        "    async fn both(server) {",
        "    }",
        "}",
        "/// E-04",
        "#[test]",
        "fn plain() {",
        "}",
        "/// E-05",
        "#[tokio::test(worker_threads = 2)]",
        "async fn of_tokio() {",
        "/// E-06",
        "#[test]",
        "#[ignore]",
        "fn ignored() {",
        "/// E-07",
        "pub async fn helper(server: &Server) {",
        "/// E-08",
        "async fn method(self) {",
        "/// E-09",
        "const LIMIT: usize = 1;",
    ];
    let found: Vec<String> = claims_in("file", &text.join("\n"))
        .iter()
        .map(|claim| format!("{} {} {}", claim.name, claim.is_test, joined(&claim.ids, " ")))
        .collect();
    assert_eq!(
        found,
        [
            "file::both true E-02 E-03",
            "file::plain true E-04",
            "file::of_tokio true E-05",
            "file::ignored false E-06",
            "file::helper false E-07",
            "file::method false E-08",
            "file::const LIMIT: usize = 1; false E-09",
        ]
    );
}

fn requirements() -> Requirements {
    toml::from_str(include_str!("../requirements.toml")).expect("tests/requirements.toml is read")
}

/// What all tests claim, in an order that no file system changes.
fn claims() -> Vec<Claim> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let mut files = rust_files(&root);
    files.sort();
    let claims = files.iter().flat_map(|file| {
        let module = file.strip_prefix(&root).expect("below tests/it").with_extension("");
        let module = module.to_string_lossy().replace(['/', '\\'], "::");
        let text = fs::read_to_string(file).expect("a test file");
        claims_in(module.trim_end_matches("::mod"), &text)
    });
    claims.collect()
}

/// The commented items of a file. Read by lines: rustfmt keeps an attribute and the head of a function on lines of their own.
fn claims_in(module: &str, text: &str) -> Vec<Claim> {
    let (mut comment, mut attributes) = (String::new(), String::new());
    let mut claims = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(words) = line.strip_prefix("///") {
            comment += words;
        } else if line.starts_with("#[") {
            attributes += line;
        } else {
            let ids = ids_in(&comment)
                .unwrap_or_else(|word| panic!("{module}: {word} is no id; write E-03, or A-15..A-17 for several"));
            if !ids.is_empty() {
                let item = line.split_once("fn ").and_then(|(_, tail)| tail.split(['(', '<']).next()).unwrap_or(line);
                let is_test = is_for_both(line) || runs(&attributes);
                claims.push(Claim { name: format!("{module}::{item}"), is_test, ids });
            }
            comment.clear();
            attributes.clear();
        }
    }
    claims
}

/// Only in `on_both!` has a parameter no type.
fn is_for_both(line: &str) -> bool {
    let parameters = line.strip_prefix("async fn ").and_then(|head| head.split_once('(')?.1.split_once(')'));
    parameters.is_some_and(|(name, _)| {
        !name.is_empty() && name != "self" && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

fn runs(attributes: &str) -> bool {
    (attributes.contains("#[test]") || attributes.contains("#[tokio::test")) && !attributes.contains("#[ignore")
}

/// The ids in a text. A word that begins like an id and is none is the error: it would be lost silently.
fn ids_in(text: &str) -> Result<BTreeSet<String>, String> {
    let mut ids = BTreeSet::new();
    for word in text.split(|c: char| !c.is_alphanumeric() && !"-–.".contains(c)) {
        let word = word.trim_matches(['.', '-', '–']);
        let (from, to) = word.split_once("..").unwrap_or((word, word));
        match (parsed(from), parsed(to)) {
            (Some((guide, first)), Some((same, last))) if guide == same && first <= last => {
                ids.extend((first..=last).map(|number| format!("{guide}-{number:02}")));
            }
            _ if looks_like_an_id(word) => return Err(word.to_owned()),
            _ => (),
        }
    }
    Ok(ids)
}

fn joined(ids: &BTreeSet<String>, between: &str) -> String {
    ids.iter().map(String::as_str).collect::<Vec<_>>().join(between)
}

fn parsed(id: &str) -> Option<(&str, u8)> {
    let (guide, number) = id.split_once('-')?;
    let is_id = GUIDES.iter().any(|(known, ..)| *known == guide) && number.len() == 2;
    number.parse().ok().filter(|_| is_id).map(|number| (guide, number))
}

fn looks_like_an_id(word: &str) -> bool {
    let tail = GUIDES.iter().find_map(|(guide, ..)| word.strip_prefix(guide)?.strip_prefix('-'));
    tail.is_some_and(|tail| tail.starts_with(|c: char| c.is_ascii_digit()))
}

fn table(requirements: &Requirements, claims: &[Claim]) -> String {
    let (mut proved, mut open, mut without_part) = (0, 0, 0);
    let mut guides = String::new();
    for (guide, title, _) in GUIDES {
        write!(guides, "\n## {guide}: {title}\n\n| Id | Requirement | Proved by |\n|---|---|---|\n").expect("a string");
        for (id, requirement) in requirements.get(*guide).into_iter().flatten() {
            let tests = claims.iter().filter(|claim| claim.is_test && claim.ids.contains(id));
            let tests: Vec<String> = tests.map(|claim| format!("`{}`", claim.name)).collect();
            let state = match &requirement.part {
                _ if !tests.is_empty() => {
                    proved += 1;
                    tests.join("<br>")
                }
                Some(part) => {
                    without_part += 1;
                    part.state().to_owned()
                }
                None => {
                    open += 1;
                    "not yet".to_owned()
                }
            };
            writeln!(guides, "| {id} | {} | {state} |", requirement.statement).expect("a string");
        }
    }
    format!("{HEAD}\n{proved} proved, {open} not yet, {without_part} in parts that are not built.\n{guides}")
}
