//! The command line: what a person may ask for.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use crate::case::Profile;

/// Checks any SCIM 2.0 server from the outside. All it needs is a base URL and a token.
///
/// The suite creates users and groups under names of its own and deletes them again. Point it at a test
/// account, not at one that people work in.
#[derive(Debug, Parser)]
#[command(name = "scim-conformance", version)]
pub struct Args {
    /// Where the server's SCIM endpoints start, for example https://host/scim/v2
    #[arg(long, env = "SCIM_BASE_URL", value_name = "URL", required_unless_present = "list")]
    pub base_url: Option<String>,

    /// The bearer token, without the word Bearer
    #[arg(long, env = "SCIM_TOKEN", value_name = "TOKEN", hide_env_values = true, required_unless_present = "list")]
    pub token: Option<String>,

    /// A token of another account on the same server; without it the cross-account cases are skipped
    #[arg(long, env = "SCIM_OTHER_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    pub other_token: Option<String>,

    /// Run only the cases that matter to this client
    #[arg(long, value_enum)]
    pub profile: Option<Profile>,

    /// Run only these cases; a bare number also selects its parts (37 selects 37a, 37b, …)
    #[arg(long, value_name = "ID,ID…", value_delimiter = ',')]
    pub only: Vec<String>,

    /// Name the selected cases and stop
    #[arg(long)]
    pub list: bool,

    /// How to write the result
    #[arg(long, value_enum, default_value_t = ReportKind::Terminal)]
    pub report: ReportKind,

    /// Read the cases from this folder instead of the built-in ones
    #[arg(long, value_name = "DIR")]
    pub cases: Option<PathBuf>,
}

/// The two shapes of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportKind {
    Terminal,
    Json,
}
