//! Measures the server as it is shipped: builds it, starts it on SQLite and on PostgreSQL, seeds databases of each size, runs
//! the workloads in rounds with baselines beside every slice, and says which targets are met.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "results and progress of a program for people")]

mod args;
mod baseline;
mod bench;
mod client;
mod cluster;
mod drive;
mod failure;
mod figures;
mod machine;
mod people;
mod postgres;
mod prepare;
mod report;
mod run;
mod seed;
mod server;
mod store;
mod table;
mod targets;
mod workloads;

use args::{Arguments, Baseline};
use clap::Parser;
use failure::Result;
use report::Report;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match act(&arguments) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// 0 when every answer was right, whatever the targets say.
fn act(arguments: &Arguments) -> Result<ExitCode> {
    if let Some(baseline) = &arguments.baseline {
        serve(baseline)?;
        return Ok(ExitCode::SUCCESS);
    }
    let report = match &arguments.from {
        Some(path) => Report::read(path)?,
        None => {
            let report = run::run(arguments)?;
            report.write(&arguments.json)?;
            report
        }
    };
    println!("{}\n\n{}", table::text(&report.figures), report.verdict());
    if let Some(path) = &arguments.docs {
        std::fs::write(path, report.page())?;
    }
    let errors: u64 = report.figures.iter().map(|figure| figure.errors).sum();
    if errors > 0 {
        println!("{errors} answers were wrong");
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

fn serve(baseline: &Baseline) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match baseline {
            Baseline::ServeHello { address } => baseline::serve_hello(*address).await,
            Baseline::ServeCeiling { address, path } => baseline::serve_ceiling(*address, path).await,
        }
    })
}
