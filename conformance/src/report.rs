//! Results, for people and for programs.

use serde::Serialize;

use crate::case::Profile;

/// The verdict on one case.
#[derive(Debug, Serialize)]
pub struct CaseResult {
    pub id: String,
    pub title: String,
    pub profiles: Vec<Profile>,
    pub source: String,
    #[serde(flatten)]
    pub outcome: Outcome,
    pub notes: Vec<String>,
    pub ms: u128,
}

#[derive(Debug, Serialize)]
#[serde(tag = "outcome", rename_all = "lowercase")]
pub enum Outcome {
    Passed,
    Failed { trouble: Box<Trouble> },
    Skipped { reason: String },
}

/// Where a case failed.
#[derive(Debug, Serialize)]
pub struct Trouble {
    pub step: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    pub request: String,
    pub expected: Vec<String>,
    pub came: String,
}

/// How many of each.
#[derive(Debug, Default, Clone, Copy, Serialize)]
pub struct Counts {
    pub passed: usize,
    pub failed: usize,
    pub skipped: usize,
}

pub fn count(results: &[CaseResult]) -> Counts {
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

/// The line that other programs may look for.
pub fn last_line(counts: Counts) -> String {
    format!("{} passed, {} failed, {} skipped", counts.passed, counts.failed, counts.skipped)
}

/// One case for a person.
pub fn lines(result: &CaseResult) -> String {
    let mut out = match &result.outcome {
        Outcome::Passed => head("ok", result),
        Outcome::Skipped { reason } => format!("{} ({reason})", head("skip", result)),
        Outcome::Failed { trouble } => {
            let mut out = head("FAIL", result);
            block(&mut out, "source:", &result.source);
            block(&mut out, "step:", &trouble.step);
            block(&mut out, "variant:", trouble.variant.as_deref().unwrap_or_default());
            block(&mut out, "request:", &trouble.request);
            for expected in &trouble.expected {
                block(&mut out, "expected:", expected);
            }
            block(&mut out, "came:", &trouble.came);
            out
        }
    };
    for note in &result.notes {
        out.push_str("\n     ");
        out.push_str(note);
    }
    out.push('\n');
    out
}

fn head(word: &str, result: &CaseResult) -> String {
    format!("{word:<4} {:<5} {}", result.id, result.title)
}

fn block(out: &mut String, label: &str, text: &str) {
    for (index, line) in text.lines().enumerate() {
        let label = if index == 0 { label } else { "" };
        out.push_str(&format!("\n     {label:<9} {line}"));
    }
}

/// The end of a run for a person.
pub fn summary(results: &[CaseResult]) -> String {
    let failed: Vec<&str> = results
        .iter()
        .filter(|result| matches!(result.outcome, Outcome::Failed { .. }))
        .map(|result| result.id.as_str())
        .collect();
    let list = if failed.is_empty() { String::new() } else { format!("failed: {}\n", failed.join(", ")) };
    format!("\n{list}{}\n", last_line(count(results)))
}

/// The whole run as one JSON document.
pub fn json(base_url: &str, results: &[CaseResult]) -> Result<String, serde_json::Error> {
    #[derive(Serialize)]
    struct Document<'d> {
        base_url: &'d str,
        #[serde(flatten)]
        counts: Counts,
        cases: &'d [CaseResult],
    }
    serde_json::to_string_pretty(&Document { base_url, counts: count(results), cases: results })
}
