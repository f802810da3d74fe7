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
mod load;
mod pattern;
mod report;
mod rules;
mod run;
mod server;
mod session;
mod sign_in;
mod step;
mod template;
mod walk;

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::{env, fs};

use clap::Parser;

use crate::args::{Args, ReportKind};
use crate::case::Case;
use crate::client::Client;
use crate::report::{CaseResult, LeftBehind, Run, Terminal};
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
        list(&cases, args)?;
        return Ok(0);
    }
    let client = client(args)?;
    let server = server::meet(&client, args)?;
    let before = server::totals(&client);
    let runner = Runner::new(&client, &server, args);

    let talks = args.report == ReportKind::Terminal || args.report_file.is_some();
    let colours = io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none_or(|no| no.is_empty());
    let mut terminal = Terminal::new(colours);
    let mut results: Vec<CaseResult> = Vec::with_capacity(cases.len() + RULES.len());
    let mut note = |result: CaseResult| {
        if talks {
            say(&terminal.lines(&result));
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

    let run = Run {
        base_url: args.base_url.clone().unwrap_or_default(),
        profile: args.profile,
        results,
        left_behind: left_behind(before, server::totals(&client)),
    };
    if talks {
        say(&terminal.summary(&run));
    }
    write_report(args, &run)?;
    Ok(report::count(&run.results).failed)
}

/// A client with a token: the one that was given, or one from the token endpoint.
fn client(args: &Args) -> Result<Client, String> {
    let base_url = args.base_url.as_deref().ok_or("--base-url is needed")?;
    let (token, secret) = (args.token.as_deref(), args.client_secret.as_deref());
    let mut client = Client::new(base_url, token.unwrap_or_default(), args.other_token.as_deref(), secret);
    match (token, args.token_endpoint()) {
        (Some(_), _) => {}
        (None, Some(endpoint)) => client.use_token(&endpoint.token(&client)?),
        (None, None) => return Err("--token, or --token-url with --client-id and --client-secret, is needed".into()),
    }
    Ok(client)
}

fn left_behind(before: [Option<u64>; 2], after: [Option<u64>; 2]) -> Option<LeftBehind> {
    let more = |index: usize| -> Option<i64> {
        let (before, after) = (before[index]?, after[index]?);
        Some(i64::try_from(after).ok()? - i64::try_from(before).ok()?)
    };
    Some(LeftBehind { users: more(0)?, groups: more(1)? })
}

fn write_report(args: &Args, run: &Run) -> Result<(), String> {
    let document = match args.report {
        ReportKind::Terminal if args.report_file.is_none() => return Ok(()),
        ReportKind::Terminal => {
            let mut plain = Terminal::new(false);
            let lines: String = run.results.iter().map(|result| plain.lines(result)).collect();
            lines + &plain.summary(run)
        }
        ReportKind::Json => report::json(run).map_err(|error| error.to_string())? + "\n",
        ReportKind::Junit => report::junit(run).map_err(|error| error.to_string())? + "\n",
    };
    match &args.report_file {
        Some(file) => fs::write(file, document).map_err(|error| format!("{}: {error}", file.display())),
        None => {
            say(&document);
            // Standard output is one document; the line for people goes beside it.
            eprintln!("{}", report::last_line(report::count(&run.results)));
            Ok(())
        }
    }
}

/// Writes to standard output. A reader who has seen enough (`| head`) is no error.
fn say(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

fn list(cases: &[Case], args: &Args) -> Result<(), String> {
    if args.report == ReportKind::Json {
        say(&(report::json_catalogue(cases).map_err(|error| error.to_string())? + "\n"));
        return Ok(());
    }
    let mut group = "";
    for case in cases {
        if group != case.group {
            say(&format!("{}{}\n", if group.is_empty() { "" } else { "\n" }, case.group));
            group = &case.group;
        }
        let profiles: Vec<String> = case.profiles.iter().map(ToString::to_string).collect();
        say(&format!("{:<5} {} [{}]\n      {}\n", case.id, case.title, profiles.join(", "), case.source));
    }
    say("\nRules for every answer\n");
    for rule in &RULES {
        say(&format!("{:<5} {}\n      {}\n", rule.id, rule.title, rule.source));
    }
    Ok(())
}
