//! What a case file may say. Every struct here mirrors one table of the TOML; the README explains the keys.
//!
//! Unknown keys are refused everywhere: a misspelt expectation that is silently ignored would be a case that
//! always passes.

use std::collections::BTreeMap;
use std::fmt;

use clap::ValueEnum;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// One `.toml` file of cases.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseFile {
    pub case: Vec<Case>,
}

/// One behaviour of a server, proven by a few requests.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What its file is about: the comment in the file's first line.
    #[serde(skip)]
    pub group: String,
    pub id: String,
    pub title: String,
    pub profiles: Vec<Profile>,
    /// Who asks for this behaviour: an RFC section, a vendor's document, an issue thread.
    pub source: String,
    /// Resources that must exist before the first step.
    #[serde(default)]
    pub given: Vec<String>,
    /// What the server or the command line must offer, else the case is skipped.
    #[serde(default)]
    pub needs: Vec<Need>,
    /// Run the whole case once for each of these texts, as `{{variant}}`.
    #[serde(default)]
    pub each: Vec<String>,
    /// Texts of its own: variable name → text.
    #[serde(default, rename = "let")]
    pub own: Pairs,
    pub step: Vec<Step>,
}

/// The clients whose traffic a case stands for; `rfc` is what the standards themselves demand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    Rfc,
    Okta,
    Entra,
    Onelogin,
    Jumpcloud,
    Ping,
    Sailpoint,
    Authentik,
    Hr,
    Ipsie,
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rfc => "rfc",
            Self::Okta => "okta",
            Self::Entra => "entra",
            Self::Onelogin => "onelogin",
            Self::Jumpcloud => "jumpcloud",
            Self::Ping => "ping",
            Self::Sailpoint => "sailpoint",
            Self::Authentik => "authentik",
            Self::Hr => "hr",
            Self::Ipsie => "ipsie",
        })
    }
}

/// A precondition that the suite cannot create by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// A second token, of another account.
    OtherToken,
    /// A token endpoint and a client that it knows.
    TokenUrl,
    Sort,
    Etag,
    Bulk,
    Cursor,
    /// The server promises to refuse what the interoperability profile forbids, …
    Strict,
    /// … or it does not promise that, so it may take what clients really send.
    Lenient,
    /// A POST of somebody who is there changes him, …
    Upsert,
    /// … or is refused.
    NoUpsert,
    /// The person asked for the cases that take their time.
    Load,
    /// Requests that are answered later (RFC 9967).
    Async,
    /// Security events, and where to poll for them (RFC 9967, RFC 8936).
    Events,
    /// A resource type of roles, …
    Roles,
    /// … with the attributes of draft-ietf-scim-roles-entitlements, …
    RolesDraft,
    /// … and one of entitlements.
    Entitlements,
    /// The file that the server writes its log to.
    ServerLog,
}

/// Which credential a step sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Credential {
    #[default]
    Main,
    Other,
    /// The main token without the word Bearer in front.
    Raw,
    Wrong,
    None,
}

/// One request, or the same request many times, and what must come back.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    #[serde(default)]
    pub name: String,
    /// Without these the step is left out, and the case goes on.
    #[serde(default)]
    pub needs: Vec<Need>,
    /// Method and path, sent exactly as written once the variables are filled in: `GET /Users?count=1`.
    pub send: String,
    #[serde(default, rename = "as")]
    pub credential: Credential,
    /// Query parameters whose values the suite percent-encodes.
    #[serde(default)]
    pub query: Pairs,
    /// Extra headers; an empty text takes a default header away.
    #[serde(default)]
    pub headers: Pairs,
    pub body: Option<String>,
    /// The operations of a PATCH; the envelope is added.
    pub patch: Option<String>,
    /// A form instead of a body, as token endpoints want it.
    #[serde(default)]
    pub form: Pairs,
    /// Send once for each of these texts, as `{{it}}`.
    #[serde(default)]
    pub each: Vec<String>,
    /// Send this many times in a row, with `{{i}}` from 1.
    pub repeat: Option<usize>,
    /// Send this many times at once, with `{{i}}` from 1.
    pub parallel: Option<usize>,
    /// Follow a list to its end.
    pub walk: Option<Walk>,
    /// Send at a steady rate.
    pub load: Option<Load>,
    /// Do the step only when the answer before had one of these statuses.
    pub when: Option<Statuses>,
    pub expect: Expect,
    /// Variable name → JSON pointer into the answer (or `header:Name`).
    #[serde(default)]
    pub save: Pairs,
    /// A client's own limit. Printed beside the time it took, never judged: the network is not the server's.
    pub max_ms: Option<u64>,
    /// Send again until the answer is as expected, for at most so many seconds.
    pub within: Option<u64>,
    /// When the answer is not as expected the case is skipped for this reason: the server does not have what
    /// the case is about.
    pub skip: Option<String>,
    /// Texts that the server's log must not have, beside the credentials.
    #[serde(default)]
    pub unlogged: Vec<String>,
    /// The answer may come from something in front of the server: leave it out of the wire rules.
    #[serde(default)]
    pub loose: bool,
}

/// How to page through a list.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Walk {
    pub by: Paging,
    /// Page size to ask for; absent means that the request carries no `count`.
    pub count: Option<usize>,
    /// How many resources there must be in all.
    pub total: Option<usize>,
}

/// So many requests a second for so long. Every answer is judged, 429 too.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Load {
    pub rate: u32,
    pub seconds: u32,
    /// Stop at the first answer with this status and judge that one alone.
    pub until: Option<u16>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Paging {
    Index,
    Cursor,
}

/// What must come back.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    pub status: Option<Statuses>,
    /// For `parallel`: how many answers of each status.
    #[serde(default)]
    pub counts: BTreeMap<String, usize>,
    /// Header name → pattern.
    #[serde(default)]
    pub headers: BTreeMap<String, Value>,
    /// A JSON pattern.
    pub body: Option<String>,
    /// An Error body with this `scimType`; `any` leaves the type open.
    pub error: Option<String>,
    /// No body at all.
    #[serde(default)]
    pub empty: bool,
}

/// One status or several allowed ones.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Statuses {
    One(u16),
    Several(Vec<u16>),
}

impl Statuses {
    pub fn allow(&self, status: u16) -> bool {
        match self {
            Self::One(one) => *one == status,
            Self::Several(several) => several.contains(&status),
        }
    }
}

impl fmt::Display for Statuses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(one) => write!(f, "{one}"),
            Self::Several(several) => {
                let texts: Vec<String> = several.iter().map(u16::to_string).collect();
                f.write_str(&texts.join(" or "))
            }
        }
    }
}

/// A table of texts that keeps its order.
#[derive(Debug, Clone, Default)]
pub struct Pairs(pub Vec<(String, String)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table of texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

impl Case {
    /// Finds contradictions that the shape of the file cannot rule out.
    pub fn check(&self) -> Result<(), String> {
        if self.step.is_empty() {
            return Err(format!("case {}: no step", self.id));
        }
        for (index, step) in self.step.iter().enumerate() {
            step.check().map_err(|problem| format!("case {}, step {}: {problem}", self.id, index + 1))?;
        }
        Ok(())
    }
}

impl Step {
    fn check(&self) -> Result<(), String> {
        let many = [
            !self.each.is_empty(),
            self.repeat.is_some(),
            self.parallel.is_some(),
            self.walk.is_some(),
            self.load.is_some(),
        ];
        if many.iter().filter(|&&used| used).count() > 1 {
            return Err("only one of each, repeat, parallel, walk and load".into());
        }
        let bodies = [self.body.is_some(), self.patch.is_some(), !self.form.0.is_empty()];
        if bodies.iter().filter(|&&used| used).count() > 1 {
            return Err("only one of body, patch and form".into());
        }
        if self.expect.status.is_none() && self.expect.counts.is_empty() {
            return Err("expect.status is missing".into());
        }
        if !self.expect.counts.is_empty() && self.parallel.is_none() {
            return Err("expect.counts belongs to parallel".into());
        }
        let path = self.send.split_once(' ').map(|(_, path)| path).unwrap_or_default();
        if !self.send.starts_with("{{") && !path.starts_with('/') && !path.starts_with("{{") {
            return Err(format!("send must be METHOD /path, not {:?}", self.send));
        }
        Ok(())
    }
}
