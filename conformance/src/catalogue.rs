//! Where the cases come from: built in, or a folder.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::case::{Case, CaseFile, Profile};

const BUILT_IN: [(&str, &str); 8] = [
    ("61-discovery.toml", include_str!("../cases/61-discovery.toml")),
    ("62-lookup.toml", include_str!("../cases/62-lookup.toml")),
    ("63-create.toml", include_str!("../cases/63-create.toml")),
    ("64-update.toml", include_str!("../cases/64-update.toml")),
    ("65-delete.toml", include_str!("../cases/65-delete.toml")),
    ("66-groups.toml", include_str!("../cases/66-groups.toml")),
    ("67-bulk.toml", include_str!("../cases/67-bulk.toml")),
    ("68-boundaries.toml", include_str!("../cases/68-boundaries.toml")),
];

/// All cases, in the order of their files.
pub fn load(folder: Option<&Path>) -> Result<Vec<Case>, String> {
    let mut cases = Vec::new();
    match folder {
        None => {
            for (name, text) in BUILT_IN {
                cases.extend(parse(name, text)?);
            }
        }
        Some(folder) => {
            for path in files_of(folder)? {
                let name = path.display().to_string();
                let text = fs::read_to_string(&path).map_err(|error| format!("{name}: {error}"))?;
                cases.extend(parse(&name, &text)?);
            }
        }
    }
    let mut seen = BTreeSet::new();
    for case in &cases {
        case.check()?;
        if !seen.insert(case.id.as_str()) {
            return Err(format!("two cases have the id {}", case.id));
        }
    }
    Ok(cases)
}

fn parse(name: &str, text: &str) -> Result<Vec<Case>, String> {
    toml::from_str::<CaseFile>(text).map(|file| file.case).map_err(|error| format!("{name}: {error}"))
}

fn files_of(folder: &Path) -> Result<Vec<std::path::PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut files: Vec<_> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    files.sort();
    if files.is_empty() {
        return Err(format!("{}: no .toml file in this folder", folder.display()));
    }
    Ok(files)
}

/// Does `wanted` name this id? A bare number also means its lettered parts.
pub fn names(wanted: &str, id: &str) -> bool {
    match id.strip_prefix(wanted) {
        Some("") => true,
        Some(rest) => rest.bytes().all(|byte| byte.is_ascii_alphabetic()),
        None => false,
    }
}

/// The cases of a profile and of a list of ids; an id that names nothing is a mistake worth stopping for.
pub fn select(
    cases: Vec<Case>,
    profile: Option<Profile>,
    only: &[String],
    also_known: &[&str],
) -> Result<Vec<Case>, String> {
    for wanted in only {
        let known = cases.iter().map(|case| case.id.as_str()).chain(also_known.iter().copied());
        if !known.into_iter().any(|id| names(wanted, id)) {
            return Err(format!("there is no case {wanted}; --list names them"));
        }
    }
    Ok(cases
        .into_iter()
        .filter(|case| profile.is_none_or(|profile| case.profiles.contains(&profile)))
        .filter(|case| only.is_empty() || only.iter().any(|wanted| names(wanted, &case.id)))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catalogue numbers that have no case here, and why.
    const LEFT_OUT: [(u32, &str); 9] = [
        (13, "the token endpoint is configured per server; a black box knows no client secret"),
        (18, "sustained load is the business of the load tools"),
        (91, "strict mode is a setting of the connection"),
        (125, "upsert mode is a setting of the connection"),
        (126, "asynchronous requests"),
        (127, "security events are received elsewhere"),
        (128, "entitlement resource types are not a part of every server"),
        (129, "role resource types are a draft"),
        (134, "logs are not visible from outside"),
    ];

    #[test]
    fn the_built_in_cases_parse_and_have_ids_of_their_own() {
        let cases = load(None).unwrap();
        assert!(cases.len() > 130, "only {} cases", cases.len());
        for case in &cases {
            assert!(!case.profiles.is_empty(), "case {}: no profile", case.id);
            assert!(!case.source.is_empty() && !case.title.is_empty(), "case {}", case.id);
        }
    }

    #[test]
    fn every_number_of_the_catalogue_has_a_case_or_a_reason() {
        let cases = load(None).unwrap();
        for number in 1..=135_u32 {
            let covered = cases.iter().any(|case| names(&number.to_string(), &case.id));
            let left_out = LEFT_OUT.iter().any(|(known, _)| *known == number);
            assert!(covered != left_out, "case {number}: covered {covered}, left out {left_out}");
        }
    }

    #[test]
    fn a_number_names_its_parts_and_nothing_else() {
        assert!(names("37", "37") && names("37", "37b") && names("37b", "37b"));
        assert!(!names("3", "37") && !names("37b", "37"));
    }

    /// A pattern is only read when a server has come that far; a typing mistake should not wait for that.
    #[test]
    fn patterns_and_patches_are_json_once_the_variables_are_filled_in() {
        for case in load(None).unwrap() {
            for step in &case.step {
                for text in [&step.expect.body, &step.patch].into_iter().flatten() {
                    let filled = fill_with_zeros(text);
                    let json: Result<serde_json::Value, _> = serde_json::from_str(&filled);
                    assert!(json.is_ok(), "case {}: {json:?} in {filled}", case.id);
                }
            }
        }
    }

    #[test]
    fn every_variable_of_a_case_is_defined_by_it() {
        const EVERYWHERE: [&str; 17] = [
            "CU", "CG", "EU", "PO", "LR", "ERR", "SR", "BR", "BRESP", "tag", "run", "number", "spc", "i", "it",
            "variant", "fill",
        ];
        for case in load(None).unwrap() {
            let given = case.given.iter().filter_map(|entry| entry.split(':').nth(1));
            let saved = case.step.iter().flat_map(|step| &step.save.0);
            let known: BTreeSet<&str> =
                EVERYWHERE.into_iter().chain(given).chain(saved.map(|(name, _)| name.as_str())).collect();
            for text in texts(&case) {
                for name in variables(text) {
                    assert!(known.contains(name), "case {}: {name} in {text}", case.id);
                }
            }
        }
    }

    fn fill_with_zeros(text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (inside, after) = after.split_once("}}").unwrap();
            out.push_str(before);
            if !inside.starts_with("#for") && inside != "/for" {
                out.push('0');
            }
            rest = after;
        }
        out + rest
    }

    fn texts(case: &Case) -> Vec<&str> {
        let mut texts: Vec<&str> = case.each.iter().map(String::as_str).collect();
        for step in &case.step {
            texts.push(&step.send);
            texts.extend(step.each.iter().map(String::as_str));
            let bodies = [&step.body, &step.patch, &step.expect.body];
            texts.extend(bodies.into_iter().flatten().map(String::as_str));
            let pairs = step.query.0.iter().chain(&step.headers.0);
            texts.extend(pairs.map(|(_, value)| value.as_str()));
        }
        texts
    }

    /// The first word of every `{{…}}`.
    fn variables(text: &str) -> impl Iterator<Item = &str> {
        text.split("{{")
            .skip(1)
            .filter(|inside| !inside.starts_with(['#', '/']))
            .filter_map(|inside| inside.split(['.', '[', '|', '}', ' ']).next())
    }
}
