//! The result for continuous integration: one suite for each group.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};

use super::{CaseResult, Outcome, Run, groups, terminal};

pub fn document(run: &Run) -> Result<String, SerializeError> {
    let mut report = Report::new("scim-conformance");
    for (group, results) in groups(&run.results) {
        let mut suite = TestSuite::new(group);
        suite.add_test_cases(results.iter().map(of_case));
        report.add_test_suite(suite);
    }
    report.set_time(Duration::from_millis(run.results.iter().map(|result| result.ms).sum()));
    report.to_string()
}

fn of_case(result: &CaseResult) -> TestCase {
    let mut status = match &result.outcome {
        Outcome::Passed => TestCaseStatus::success(),
        Outcome::Skipped { .. } => TestCaseStatus::skipped(),
        Outcome::Failed { .. } => TestCaseStatus::non_success(NonSuccessKind::Failure),
    };
    match &result.outcome {
        Outcome::Passed => {}
        Outcome::Skipped { reason } => {
            status.set_message(reason.as_str());
        }
        Outcome::Failed { trouble } => {
            status.set_type("expectation");
            status.set_message(trouble.expected.first().map(String::as_str).unwrap_or_default());
            status.set_description(terminal::trouble(result, trouble));
        }
    }
    let mut case = TestCase::new(format!("{} {}", result.id, result.title), status);
    case.set_classname(result.group.as_str()).set_time(Duration::from_millis(result.ms));
    if !result.notes.is_empty() {
        case.set_system_out(result.notes.join("\n"));
    }
    case
}

#[cfg(test)]
mod tests {
    use super::super::tests::run;
    use super::*;

    #[test]
    fn it_counts_and_names_everything() {
        let xml = document(&run()).unwrap();
        assert!(xml.contains(r#"tests="3""#) && xml.contains(r#"failures="1""#) && xml.contains(r#"skipped="1""#));
        assert!(xml.contains(r#"<skipped message="needs &lt;bulk&gt;""#), "{xml}");
        assert!(xml.contains("status: expected 200, came 500"), "{xml}");
    }

    /// What a server answers may be anything, and a report that cannot be read reports nothing.
    #[test]
    fn it_is_xml_whatever_a_server_says() {
        let xml = document(&run()).unwrap();
        assert!(!xml.contains("<html>") && !xml.contains("]]>&"), "{xml}");
        assert!(!xml.contains(['\u{0}', '\u{1}', '\u{1b}']), "{xml}");
        let read = Report::deserialize_from_str(&xml).unwrap();
        assert_eq!(read.test_suites.len(), 1);
    }
}
