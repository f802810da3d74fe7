//! The command line: what a person may ask for.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use crate::case::Profile;
use crate::sign_in::TokenEndpoint;

/// Checks any SCIM 2.0 server from the outside. All it needs is a base URL and a credential.
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
    #[arg(
        long,
        env = "SCIM_TOKEN",
        value_name = "TOKEN",
        hide_env_values = true,
        required_unless_present_any = ["list", "token_url"]
    )]
    pub token: Option<String>,

    /// A token of another account on the same server; without it the cross-account cases are skipped
    #[arg(long, env = "SCIM_OTHER_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    pub other_token: Option<String>,

    /// The OAuth 2.0 token endpoint; it is tested, and without --token the token comes from there
    #[arg(long, env = "SCIM_TOKEN_URL", value_name = "URL", requires = "client_id", requires = "client_secret")]
    pub token_url: Option<String>,

    /// The client's id at the token endpoint
    #[arg(long, env = "SCIM_CLIENT_ID", value_name = "ID", requires = "token_url")]
    pub client_id: Option<String>,

    /// The client's secret at the token endpoint
    #[arg(long, env = "SCIM_CLIENT_SECRET", value_name = "SECRET", hide_env_values = true, requires = "token_url")]
    pub client_secret: Option<String>,

    /// The server takes a POST of somebody who is there for a change of him
    #[arg(long)]
    pub upsert: bool,

    /// Also measure the rate that one connection may push at; takes half a minute
    #[arg(long)]
    pub load: bool,

    /// The file that the server under test writes its log to; it is searched for secrets
    #[arg(long, value_name = "FILE")]
    pub server_log: Option<PathBuf>,

    /// Where the server's security events can be polled (RFC 8936), with the same token
    #[arg(long, value_name = "URL")]
    pub events_url: Option<String>,

    /// Run only the cases that matter to this client
    #[arg(long, value_enum)]
    pub profile: Option<Profile>,

    /// Run only these cases; a bare number also selects its parts (37 selects 37a, 37b, …), a star stands for
    /// any ending (rfc-7644-3.4*)
    #[arg(long, value_name = "ID,ID…", value_delimiter = ',')]
    pub only: Vec<String>,

    /// Name the selected cases with their sources and stop
    #[arg(long)]
    pub list: bool,

    /// How to write the result
    #[arg(long, value_enum, default_value_t = ReportKind::Terminal)]
    pub report: ReportKind,

    /// Write the report into this file; the terminal then shows the text
    #[arg(long, value_name = "FILE")]
    pub report_file: Option<PathBuf>,

    /// Read the cases from this folder instead of the built-in ones
    #[arg(long, value_name = "DIR")]
    pub cases: Option<PathBuf>,
}

impl Args {
    pub fn token_endpoint(&self) -> Option<TokenEndpoint> {
        let (url, id, secret) = (self.token_url.clone()?, self.client_id.clone()?, self.client_secret.clone()?);
        Some(TokenEndpoint { url, id, secret })
    }
}

/// The shapes of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportKind {
    Terminal,
    Json,
    Junit,
}
