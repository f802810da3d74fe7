//! The result and the catalogue for programs.

use serde::Serialize;

use super::{CaseResult, Counts, LeftBehind, Run, count};
use crate::case::{Case, Need, Profile};
use crate::rules::RULES;

/// The whole run as one document.
pub fn document(run: &Run) -> Result<String, serde_json::Error> {
    #[derive(Serialize)]
    struct Document<'d> {
        suite: &'static str,
        base_url: &'d str,
        #[serde(skip_serializing_if = "Option::is_none")]
        profile: Option<Profile>,
        #[serde(flatten)]
        counts: Counts,
        #[serde(skip_serializing_if = "Option::is_none")]
        left_behind: Option<LeftBehind>,
        cases: &'d [CaseResult],
    }
    serde_json::to_string_pretty(&Document {
        suite: concat!("scim-conformance ", env!("CARGO_PKG_VERSION")),
        base_url: &run.base_url,
        profile: run.profile,
        counts: count(&run.results),
        left_behind: run.left_behind,
        cases: &run.results,
    })
}

/// The cases without running them.
pub fn catalogue(cases: &[Case]) -> Result<String, serde_json::Error> {
    #[derive(Serialize)]
    struct Entry<'d> {
        group: &'d str,
        id: &'d str,
        title: &'d str,
        profiles: &'d [Profile],
        source: &'d str,
        needs: &'d [Need],
    }
    let of_case = |case: &'_ Case| -> serde_json::Result<serde_json::Value> {
        serde_json::to_value(Entry {
            group: &case.group,
            id: &case.id,
            title: &case.title,
            profiles: &case.profiles,
            source: &case.source,
            needs: &case.needs,
        })
    };
    let mut entries = cases.iter().map(of_case).collect::<Result<Vec<_>, _>>()?;
    for rule in &RULES {
        let (id, title, source) = (rule.id, rule.title, rule.source);
        entries.push(serde_json::to_value(Entry {
            group: "Rules for every answer",
            id,
            title,
            profiles: &[],
            source,
            needs: &[],
        })?);
    }
    serde_json::to_string_pretty(&entries)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::tests::run;
    use super::*;

    #[test]
    fn every_case_has_its_verdict_and_every_failure_its_trouble() {
        let document: Value = serde_json::from_str(&document(&run()).unwrap()).unwrap();
        assert_eq!(document["passed"], 1);
        assert_eq!(document["cases"][1]["outcome"], "skipped");
        assert_eq!(document["cases"][1]["reason"], "needs <bulk>");
        assert_eq!(document["cases"][2]["trouble"]["before"][0], "POST /Users → 201");
        assert_eq!(document["left_behind"]["users"], 0);
    }
}
