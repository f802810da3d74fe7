//! One case from its fixtures to its verdict.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::args::Args;
use crate::case::{Case, Step};
use crate::client::Client;
use crate::fixture;
use crate::pattern::shorten;
use crate::report::{CaseResult, Outcome, Trouble};
use crate::rules::{RULES, Watch};
use crate::server::Server;
use crate::session::Session;
use crate::step::{self, Failure};
use crate::template::{Vars, render};

/// Short names for the URNs, so that a case stays readable.
const URNS: [(&str, &str); 9] = [
    ("CU", "urn:ietf:params:scim:schemas:core:2.0:User"),
    ("CG", "urn:ietf:params:scim:schemas:core:2.0:Group"),
    ("EU", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"),
    ("PO", "urn:ietf:params:scim:api:messages:2.0:PatchOp"),
    ("LR", "urn:ietf:params:scim:api:messages:2.0:ListResponse"),
    ("ERR", "urn:ietf:params:scim:api:messages:2.0:Error"),
    ("SR", "urn:ietf:params:scim:api:messages:2.0:SearchRequest"),
    ("BR", "urn:ietf:params:scim:api:messages:2.0:BulkRequest"),
    ("BRESP", "urn:ietf:params:scim:api:messages:2.0:BulkResponse"),
];

/// Runs cases against one server under names that no other run uses.
pub struct Runner<'r> {
    client: &'r Client,
    server: &'r Server,
    watch: Watch,
    /// What the command line adds to the variables of every case.
    told: Vec<(&'static str, String)>,
    server_log: Option<&'r Path>,
    run: String,
    /// A number that no other case of any run has, for attributes that clients fill with numbers.
    number: AtomicU64,
}

impl<'r> Runner<'r> {
    pub fn new(client: &'r Client, server: &'r Server, args: &'r Args) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let millis = u64::try_from(now.as_millis()).unwrap_or_default();
        let run = format!("cf{millis:x}");
        let server_log = args.server_log.as_deref();
        let number = AtomicU64::new(millis * 1000);
        Self { client, server, watch: Watch::default(), told: told(args), server_log, run, number }
    }

    pub fn run(&self, case: &Case) -> CaseResult {
        let started = Instant::now();
        let mut notes = Vec::new();
        let outcome = match case.needs.iter().find_map(|need| self.server.lacks(*need)) {
            Some(reason) => Outcome::Skipped { reason: reason.to_owned() },
            None => self.all_variants(case, &mut notes),
        };
        CaseResult {
            group: case.group.clone(),
            id: case.id.clone(),
            title: case.title.clone(),
            profiles: case.profiles.clone(),
            source: case.source.clone(),
            outcome,
            notes,
            ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        }
    }

    fn all_variants(&self, case: &Case, notes: &mut Vec<String>) -> Outcome {
        if case.each.is_empty() {
            return self.one_variant(case, &format!("{}-{}", self.run, case.id), None, notes);
        }
        for (number, variant) in case.each.iter().enumerate() {
            let tag = format!("{}-{}-{}", self.run, case.id, number + 1);
            let outcome = self.one_variant(case, &tag, Some(variant), notes);
            if !matches!(outcome, Outcome::Passed) {
                return outcome;
            }
        }
        Outcome::Passed
    }

    fn one_variant(&self, case: &Case, tag: &str, variant: Option<&String>, notes: &mut Vec<String>) -> Outcome {
        let session = Session::new(self.client, &self.watch, self.server_log);
        let outcome = self.steps(case, tag, variant, &session, notes);
        let trail = session.trail();
        session.clean_up();
        let Err(failure) = outcome else { return Outcome::Passed };
        if let Some(reason) = failure.skip {
            return Outcome::Skipped { reason };
        }
        let trouble = Trouble {
            before: trail,
            step: failure.step,
            variant: variant.cloned(),
            request: failure.request,
            expected: failure.expected,
            came: failure.came,
        };
        Outcome::Failed { trouble: Box::new(trouble.masked(|text| self.client.mask(text))) }
    }

    fn steps(
        &self,
        case: &Case,
        tag: &str,
        variant: Option<&String>,
        session: &Session<'_>,
        notes: &mut Vec<String>,
    ) -> Result<(), Failure> {
        let mut vars = self.vars(tag);
        for entry in &case.given {
            fixture::create(entry, &mut vars, session).map_err(|problem| before_the_steps(entry, problem))?;
        }
        if let Some(text) = variant {
            let text = render(text, &vars).map_err(|problem| before_the_steps("each", problem))?;
            vars.set("variant", text);
        }
        for (name, text) in &case.own.0 {
            let text = render(text, &vars).map_err(|problem| before_the_steps("let", problem))?;
            vars.set(name.as_str(), text);
        }
        let mut last_status = None;
        for step in &case.step {
            let lacks = step.needs.iter().any(|need| self.server.lacks(*need).is_some());
            if lacks || is_off(step, last_status) {
                continue;
            }
            let done = step::perform(step, &mut vars, session)?;
            last_status = done.last_status.or(last_status);
            notes.extend(done.note);
        }
        Ok(())
    }

    fn vars(&self, tag: &str) -> Vars<'static> {
        let mut vars = Vars::default();
        for (name, urn) in URNS {
            vars.set(name, urn);
        }
        vars.set("run", self.run.as_str());
        vars.set("tag", tag);
        vars.set("number", self.number.fetch_add(1, Ordering::Relaxed));
        vars.set("spc", self.server.config.clone());
        vars.set("types", self.server.endpoints());
        for (name, value) in &self.told {
            vars.set(*name, value.as_str());
        }
        vars
    }

    /// The verdicts on the rules that every answer was held against.
    pub fn wire_rules(&self) -> Vec<CaseResult> {
        RULES
            .iter()
            .map(|rule| {
                let offences = self.watch.offences(rule.id);
                let outcome = match offences.first() {
                    None => Outcome::Passed,
                    Some(first) => {
                        let trouble = Trouble {
                            before: Vec::new(),
                            step: format!("{} of {} answers", offences.len(), self.watch.answers()),
                            variant: None,
                            request: first.request.clone(),
                            expected: vec![rule.title.to_owned(), shorten(&first.what, 400)],
                            came: first.came.clone(),
                        };
                        Outcome::Failed { trouble: Box::new(trouble.masked(|text| self.client.mask(text))) }
                    }
                };
                CaseResult {
                    group: "Rules for every answer".to_owned(),
                    id: rule.id.to_owned(),
                    title: rule.title.to_owned(),
                    profiles: Vec::new(),
                    source: rule.source.to_owned(),
                    outcome,
                    notes: Vec::new(),
                    ms: 0,
                }
            })
            .collect()
    }
}

fn is_off(step: &Step, last_status: Option<u16>) -> bool {
    step.when.as_ref().is_some_and(|when| !last_status.is_some_and(|status| when.allow(status)))
}

fn before_the_steps(what: &str, problem: String) -> Failure {
    Failure {
        step: format!("given {what}"),
        request: String::new(),
        expected: vec!["the preconditions of the case".into()],
        came: problem,
        skip: None,
    }
}

fn told(args: &Args) -> Vec<(&'static str, String)> {
    let mut told = Vec::new();
    if let Some(endpoint) = args.token_endpoint() {
        told.push(("basic", endpoint.basic()));
        told.push(("token_origin", endpoint.origin().to_owned()));
        told.extend([("token_url", endpoint.url), ("client_id", endpoint.id), ("client_secret", endpoint.secret)]);
    }
    told.extend(args.events_url.clone().map(|url| ("events_url", url)));
    told
}
