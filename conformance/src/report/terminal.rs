//! The result for a person: one line for each case, and for a failure all that is needed to see why.

use std::fmt::Write as _;

use super::{CaseResult, Counts, Outcome, Run, Trouble, count, groups};

/// Writes case after case, with a headline where another group begins.
#[derive(Debug, Default)]
pub struct Terminal {
    group: String,
    colours: bool,
}

impl Terminal {
    pub fn new(colours: bool) -> Self {
        Self { group: String::new(), colours }
    }

    /// One case.
    pub fn lines(&mut self, result: &CaseResult) -> String {
        let mut out = String::new();
        if self.group != result.group {
            let _ =
                writeln!(out, "{}{}", if self.group.is_empty() { "" } else { "\n" }, self.paint("1", &result.group));
            self.group.clone_from(&result.group);
        }
        match &result.outcome {
            Outcome::Passed => out.push_str(&self.head("32", "ok", result)),
            Outcome::Skipped { reason } => {
                let _ = write!(out, "{} ({reason})", self.head("33", "skip", result));
            }
            Outcome::Failed { trouble: failed } => {
                out.push_str(&self.head("31", "FAIL", result));
                out.push_str(&trouble(result, failed));
            }
        }
        for note in &result.notes {
            let _ = write!(out, "\n     {note}");
        }
        out.push('\n');
        out
    }

    fn head(&self, colour: &str, word: &str, result: &CaseResult) -> String {
        format!("{} {:<5} {}", self.paint(colour, &format!("{word:<4}")), result.id, result.title)
    }

    fn paint(&self, colour: &str, text: &str) -> String {
        if self.colours { format!("\u{1b}[{colour}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// The end of a run.
    pub fn summary(&self, run: &Run) -> String {
        let mut out = String::from("\n");
        for (group, results) in groups(&run.results) {
            let _ = writeln!(out, "{:<58} {}", group, last_line(count(results)));
        }
        let failed: Vec<&str> = run
            .results
            .iter()
            .filter(|result| matches!(result.outcome, Outcome::Failed { .. }))
            .map(|result| result.id.as_str())
            .collect();
        if !failed.is_empty() {
            let _ = writeln!(out, "\n{} {}", self.paint("31", "failed:"), failed.join(", "));
        }
        if let Some(left) = run.left_behind.filter(|left| left.users != 0 || left.groups != 0) {
            let _ = writeln!(out, "\nmore than before the run: {} users, {} groups", left.users, left.groups);
        }
        let _ = write!(out, "\n{}\n", last_line(count(&run.results)));
        out
    }
}

/// The line that other programs may look for.
pub fn last_line(counts: Counts) -> String {
    format!("{} passed, {} failed, {} skipped", counts.passed, counts.failed, counts.skipped)
}

/// Why a case failed, below its title.
pub fn trouble(result: &CaseResult, trouble: &Trouble) -> String {
    let mut out = String::new();
    block(&mut out, "source:", &result.source);
    block(&mut out, "before:", &trouble.before.join("\n"));
    block(&mut out, "step:", &trouble.step);
    block(&mut out, "variant:", trouble.variant.as_deref().unwrap_or_default());
    block(&mut out, "request:", &trouble.request);
    for expected in &trouble.expected {
        block(&mut out, "expected:", expected);
    }
    block(&mut out, "came:", &trouble.came);
    out
}

fn block(out: &mut String, label: &str, text: &str) {
    for (index, line) in text.lines().enumerate() {
        let label = if index == 0 { label } else { "" };
        let _ = write!(out, "\n     {label:<9} {line}");
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::run;
    use super::*;

    #[test]
    fn a_failure_shows_its_request_and_its_answer() {
        let run = run();
        let mut terminal = Terminal::new(false);
        let text: String = run.results.iter().map(|result| terminal.lines(result)).collect();
        assert_eq!(text.matches("Finding <users>").count(), 1, "one headline: {text}");
        assert!(text.contains("ok   1     a & b\n"), "{text}");
        assert!(text.contains("skip 2     a & b (needs <bulk>)\n"), "{text}");
        for line in
            ["FAIL 3", "source:   RFC 7644 3.4", "before:   POST /Users → 201", "request:  GET", "came:     500"]
        {
            assert!(text.contains(line), "{line} in {text}");
        }
    }

    #[test]
    fn the_last_line_counts() {
        let summary = Terminal::new(false).summary(&run());
        assert!(summary.ends_with("\n1 passed, 1 failed, 1 skipped\n"), "{summary}");
        assert!(summary.contains("failed: 3\n"));
        assert!(!summary.contains("more than before"), "{summary}");
    }
}
