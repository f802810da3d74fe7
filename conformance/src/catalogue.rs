//! Where the cases come from: built in, or a folder.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::case::{Case, CaseFile, Profile};

/// Every file under `cases/`; the build script lists them.
const BUILT_IN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/cases.rs"));

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
    let file: CaseFile = toml::from_str(text).map_err(|error| format!("{name}: {error}"))?;
    let group = group_of(name, text);
    Ok(file.case.into_iter().map(|case| Case { group: group.clone(), ..case }).collect())
}

/// What a file is about: the comment in its first line, else its name.
fn group_of(name: &str, text: &str) -> String {
    let comment = text.lines().next().and_then(|line| line.strip_prefix('#')).map(|line| {
        let line = line.trim();
        line.split_once(". ").map_or(line, |(sentence, _)| sentence).trim_end_matches('.')
    });
    match comment {
        Some(comment) if !comment.is_empty() => comment.to_owned(),
        _ => Path::new(name).file_stem().unwrap_or_default().to_string_lossy().into_owned(),
    }
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

/// Does `wanted` name this id? A bare number also means its lettered parts; a star means any ending.
pub fn names(wanted: &str, id: &str) -> bool {
    if let Some(start) = wanted.strip_suffix('*') {
        return id.starts_with(start);
    }
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
    use clap::ValueEnum as _;

    use super::*;

    #[test]
    fn the_built_in_cases_parse_and_have_ids_of_their_own() {
        let cases = load(None).unwrap();
        assert!(cases.len() > 170, "only {} cases", cases.len());
        for case in &cases {
            assert!(!case.profiles.is_empty(), "case {}: no profile", case.id);
            assert!(!case.source.is_empty() && !case.title.is_empty(), "case {}", case.id);
            assert!(!case.group.contains(".toml"), "case {}: its file does not say what it is about", case.id);
        }
    }

    #[test]
    fn every_number_of_the_catalogue_has_a_case() {
        let cases = load(None).unwrap();
        let missing: Vec<u32> =
            (1..=135).filter(|number: &u32| !cases.iter().any(|case| names(&number.to_string(), &case.id))).collect();
        assert!(missing.is_empty(), "no case for {missing:?}");
    }

    #[test]
    fn every_profile_is_a_test_of_its_own() {
        for profile in Profile::value_variants() {
            let cases = select(load(None).unwrap(), Some(*profile), &[], &[]).unwrap();
            assert!(cases.len() >= 10, "{profile} has only {} cases", cases.len());
        }
    }

    #[test]
    fn every_case_file_is_built_in() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
        assert_eq!(load(Some(&folder)).unwrap().len(), load(None).unwrap().len());
    }

    #[test]
    fn a_number_names_its_parts_and_nothing_else() {
        assert!(names("37", "37") && names("37", "37b") && names("37b", "37b"));
        assert!(!names("3", "37") && !names("37b", "37"));
        assert!(names("rfc-7*", "rfc-7644-a") && !names("rfc-7*", "rfc-9865"));
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
        const EVERYWHERE: [&str; 24] = [
            "CU",
            "CG",
            "EU",
            "PO",
            "LR",
            "ERR",
            "SR",
            "BR",
            "BRESP",
            "tag",
            "run",
            "number",
            "spc",
            "i",
            "it",
            "variant",
            "fill",
            "token_url",
            "token_origin",
            "client_id",
            "client_secret",
            "basic",
            "events_url",
            "types",
        ];
        for case in load(None).unwrap() {
            let given = case.given.iter().filter_map(|entry| entry.split(':').nth(1));
            let saved = case.step.iter().flat_map(|step| &step.save.0);
            let named = saved.chain(&case.own.0).map(|(name, _)| name.split('[').next().unwrap_or(name));
            let known: BTreeSet<&str> = EVERYWHERE.into_iter().chain(given).chain(named).collect();
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
        texts.extend(case.own.0.iter().map(|(_, text)| text.as_str()));
        for step in &case.step {
            texts.push(&step.send);
            texts.extend(step.each.iter().map(String::as_str));
            let bodies = [&step.body, &step.patch, &step.expect.body];
            texts.extend(bodies.into_iter().flatten().map(String::as_str));
            texts.extend(step.unlogged.iter().map(String::as_str));
            let pairs = step.query.0.iter().chain(&step.headers.0).chain(&step.form.0);
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
