//! Results, for people and for programs.

mod json;
mod junit;
mod terminal;

pub use json::{catalogue as json_catalogue, document as json};
pub use junit::document as junit;
pub use terminal::{Terminal, last_line};

use serde::Serialize;

use crate::case::Profile;

/// The verdict on one case.
#[derive(Debug, Serialize)]
pub struct CaseResult {
    pub group: String,
    pub id: String,
    pub title: String,
    pub profiles: Vec<Profile>,
    pub source: String,
    #[serde(flatten)]
    pub outcome: Outcome,
    pub notes: Vec<String>,
    pub ms: u64,
}

#[derive(Debug, Serialize)]
#[serde(tag = "outcome", rename_all = "lowercase")]
pub enum Outcome {
    Passed,
    Failed { trouble: Box<Trouble> },
    Skipped { reason: String },
}

/// Where a case failed.
#[derive(Debug, Clone, Serialize)]
pub struct Trouble {
    /// The requests before, with their statuses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<String>,
    pub step: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    pub request: String,
    pub expected: Vec<String>,
    pub came: String,
}

impl Trouble {
    /// Without the credentials, wherever the server or the request may have put them.
    pub fn masked(self, mask: impl Fn(&str) -> String) -> Self {
        let all = |texts: Vec<String>| texts.iter().map(|text| mask(text)).collect();
        Self {
            before: all(self.before),
            step: mask(&self.step),
            variant: self.variant.map(|text| mask(&text)),
            request: mask(&self.request),
            expected: all(self.expected),
            came: mask(&self.came),
        }
    }
}

/// A whole run.
#[derive(Debug)]
pub struct Run {
    pub base_url: String,
    pub profile: Option<Profile>,
    pub results: Vec<CaseResult>,
    pub left_behind: Option<LeftBehind>,
}

/// How many more there are after the run than before.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LeftBehind {
    pub users: i64,
    pub groups: i64,
}

/// How many of each.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub passed: usize,
    pub failed: usize,
    pub skipped: usize,
}

pub fn count<'r>(results: impl IntoIterator<Item = &'r CaseResult>) -> Counts {
    let mut counts = Counts::default();
    for result in results {
        match result.outcome {
            Outcome::Passed => counts.passed += 1,
            Outcome::Failed { .. } => counts.failed += 1,
            Outcome::Skipped { .. } => counts.skipped += 1,
        }
    }
    counts
}

/// The results by group, in the order of the run.
fn groups(results: &[CaseResult]) -> impl Iterator<Item = (&str, &[CaseResult])> {
    results.chunk_by(|one, next| one.group == next.group).map(|group| (group[0].group.as_str(), group))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A run with one verdict of each kind, and a text that no format may let through as it is.
    pub fn run() -> Run {
        let result = |id: &str, outcome: Outcome| CaseResult {
            group: "Finding <users>".into(),
            id: id.into(),
            title: "a & b".into(),
            profiles: vec![Profile::Rfc],
            source: "RFC 7644 3.4".into(),
            outcome,
            notes: Vec::new(),
            ms: 12,
        };
        let trouble = Trouble {
            before: vec!["POST /Users → 201".into()],
            step: "a step".into(),
            variant: None,
            request: "GET /Users?filter=a%20eq%20\"b\"".into(),
            expected: vec!["status: expected 200, came 500".into()],
            came: "500\n<html>]]>&\u{1}\u{0}\u{1b}[31mred</html>".into(),
        };
        Run {
            base_url: "http://host/scim/v2".into(),
            profile: None,
            results: vec![
                result("1", Outcome::Passed),
                result("2", Outcome::Skipped { reason: "needs <bulk>".into() }),
                result("3", Outcome::Failed { trouble: Box::new(trouble) }),
            ],
            left_behind: Some(LeftBehind::default()),
        }
    }

    #[test]
    fn what_is_masked_is_nowhere() {
        let trouble = Trouble {
            before: vec!["GET /Users?t=hush → 200".into()],
            step: "hush".into(),
            variant: Some("hush".into()),
            request: "Authorization: Bearer hush".into(),
            expected: vec!["not hush".into()],
            came: "hush".into(),
        };
        let masked = trouble.masked(|text| text.replace("hush", "***"));
        assert!(!serde_json::to_string(&masked).unwrap().contains("hush"));
    }

    #[test]
    fn results_come_in_their_groups() {
        let mut run = run();
        run.results[2].group = "Another".into();
        let names: Vec<(&str, usize)> = groups(&run.results).map(|(name, group)| (name, group.len())).collect();
        assert_eq!(names, [("Finding <users>", 2), ("Another", 1)]);
        assert_eq!(count(&run.results), Counts { passed: 1, failed: 1, skipped: 1 });
    }
}
