//! A black-box conformance suite for SCIM 2.0 servers.
//!
//! It speaks HTTP and links nothing of any server, so it can judge every server and can never be right by
//! sharing a mistake with one. `main` reads the command line and decides the exit code; `catalogue` brings the
//! cases, `run` runs them, `report` writes the result.

#![expect(clippy::print_stderr, reason = "what went wrong is told there")]

mod args;
mod case;
mod catalogue;
mod client;
mod fixture;
mod judge;
mod pattern;
mod report;
mod rules;
mod run;
mod server;
mod session;
mod step;
mod template;
mod walk;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Parser;

use crate::args::{Args, ReportKind};
use crate::case::Case;
use crate::client::Client;
use crate::report::CaseResult;
use crate::rules::RULES;
use crate::run::Runner;

fn main() -> ExitCode {
    match suite(&Args::parse()) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(1),
        Err(problem) => {
            eprintln!("scim-conformance: {problem}");
            ExitCode::from(2)
        }
    }
}

/// Runs what was asked for and answers how many cases failed.
fn suite(args: &Args) -> Result<usize, String> {
    let rule_ids: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
    let cases = catalogue::load(args.cases.as_deref())?;
    let cases = catalogue::select(cases, args.profile, &args.only, &rule_ids)?;
    if args.list {
        list(&cases);
        return Ok(0);
    }
    let (Some(base_url), Some(token)) = (&args.base_url, &args.token) else {
        return Err("--base-url and --token are needed".into());
    };
    let client = Client::new(base_url, token, args.other_token.as_deref());
    let server = server::meet(&client, args.other_token.is_some())?;
    let runner = Runner::new(&client, &server);

    let mut results: Vec<CaseResult> = Vec::with_capacity(cases.len() + RULES.len());
    let mut note = |result: CaseResult| {
        if args.report == ReportKind::Terminal {
            say(&report::lines(&result));
        }
        results.push(result);
    };
    for case in &cases {
        note(runner.run(case));
    }
    for verdict in runner.wire_rules() {
        if args.only.is_empty() || args.only.iter().any(|wanted| catalogue::names(wanted, &verdict.id)) {
            note(verdict);
        }
    }

    match args.report {
        ReportKind::Terminal => say(&report::summary(&results)),
        ReportKind::Json => {
            let document = report::json(base_url, &results).map_err(|error| error.to_string())?;
            say(&format!(
                "{document}
"
            ));
            // Standard output is one JSON document; the line for people goes beside it.
            eprintln!("{}", report::last_line(report::count(&results)));
        }
    }
    Ok(report::count(&results).failed)
}

/// Writes to standard output. A reader who has seen enough (`| head`) is no error.
fn say(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

fn list(cases: &[Case]) {
    for case in cases {
        let profiles: Vec<String> = case.profiles.iter().map(ToString::to_string).collect();
        say(&format!("{:<5} {} [{}]\n", case.id, case.title, profiles.join(", ")));
    }
    for rule in &RULES {
        say(&format!("{:<5} {} [every answer]\n", rule.id, rule.title));
    }
}
