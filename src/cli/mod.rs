//! The command line: one file a command. It decodes, calls one use case, and shows the result.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "results and errors of a command go there")]

mod account;
mod admin_key;
mod backup;
mod connection;
mod doctor;
mod files;
mod log;
mod migrate;
mod output;
mod serve;
mod token;

use crate::config::Config;
use crate::storage::{DatabaseUrl, Db, without_password};
use clap::{Parser, Subcommand};
use output::Output;
use std::path::PathBuf;
use std::process::ExitCode;

/// SCIM 2.0 provisioning connector.
#[derive(Debug, Parser)]
#[command(name = "scim-connector", version, max_term_width = 100)]
struct Arguments {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Args)]
struct Global {
    /// sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME [default: sqlite:data/scim-connector.db]
    #[arg(long, global = true, env = "SCIM_CONNECTOR_DATABASE", hide_env_values = true, value_name = "URL")]
    database: Option<String>,
    /// A TOML file with settings
    #[arg(long, global = true, env = "SCIM_CONNECTOR_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Machine-readable output
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Open the database, migrate it, serve
    Serve(serve::Arguments),
    /// Accounts
    #[command(subcommand)]
    Account(account::Command),
    /// Connections: one identity provider or HR system each
    #[command(subcommand)]
    Connection(connection::Command),
    /// SCIM tokens of connections
    #[command(subcommand)]
    Token(token::Command),
    /// Keys for the admin API of an account
    #[command(subcommand)]
    AdminKey(admin_key::Command),
    /// Migrations by themselves
    #[command(subcommand)]
    Migrate(migrate::Command),
    /// A consistent copy of an SQLite database, while it serves or not
    Backup(backup::Arguments),
    /// Configuration, database, clock, address: one line each; fails when something is wrong
    Doctor(doctor::Arguments),
}

/// What a command fails with: a sentence for a person.
#[derive(Debug)]
pub struct Failure(String);

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

impl Failure {
    fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}

/// Runs the command line: 0 for success, 1 for failure, 2 for wrong usage.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure(sentence)) => {
            eprintln!("error: {sentence}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { global, command } = arguments;
    let mut config = Config::load(global.config.as_deref()).map_err(|error| {
        Failure::new(format!("The settings cannot be used: {error}. Correct the file or the environment."))
    })?;
    if let Some(database) = &global.database {
        config.database.clone_from(database);
    }
    let output = Output { json: global.json };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            Command::Serve(arguments) => serve::run(config, output, arguments).await,
            Command::Doctor(arguments) => doctor::run(&config, output, &arguments).await,
            Command::Migrate(command) => migrate::run(&open(&config).await?, output, command).await,
            Command::Backup(arguments) => backup::run(&existing(&config).await?, &arguments),
            Command::Account(command) => account::run(&migrated(&config).await?, output, command).await,
            Command::Connection(command) => connection::run(&migrated(&config).await?, output, command).await,
            Command::Token(command) => token::run(&migrated(&config).await?, output, command).await,
            Command::AdminKey(command) => admin_key::run(&migrated(&config).await?, output, command).await,
        }
    })
}

fn database_url(config: &Config) -> Result<DatabaseUrl, Failure> {
    config.database.parse().map_err(|hint| {
        Failure::new(format!("The database \"{}\" is not understood: {hint}.", without_password(&config.database)))
    })
}

async fn open(config: &Config) -> Result<Db, Failure> {
    Ok(Db::open(&database_url(config)?, config.storage_options()).await?)
}

/// A database that must be there: a mistyped path must not become a new, empty one.
async fn existing(config: &Config) -> Result<Db, Failure> {
    if let DatabaseUrl::Sqlite(path) = database_url(config)?
        && !path.exists()
    {
        return Err(Failure::new(format!("There is no database at {}. Check --database.", path.display())));
    }
    open(config).await
}

/// A database that has all tables: commands work before the first server does.
async fn migrated(config: &Config) -> Result<Db, Failure> {
    let db = open(config).await?;
    db.migrate().await?;
    Ok(db)
}
