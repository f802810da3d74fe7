//! The bridge: the only place that knows the protocol *and* the model. SCIM resources become domain values here and
//! back, and each SCIM request is one use case.
//!
//! A use case that writes is a function of `&mut Tx`, so that a bulk request can put many into one transaction.

mod asked;
mod authenticate;
mod bulk;
mod catalogue;
mod dialect;
mod error;
mod features;
mod fields;
mod foundations;
mod groups;
mod guard;
mod known_tokens;
mod list;
mod log;
mod memberships;
mod notes;
mod oauth;
mod organizations;
mod plain;
mod profile;
mod refusal;
mod render;
mod rules;
mod settings_sets;
pub mod stored;
mod tenants;
mod users;
mod verbs;

pub use asked::Asked;
pub use authenticate::{administrator, authenticate, presume};
pub use bulk::bulk;
pub use catalogue::{Entitlements, ReadOnly, Roles, list_of_catalogue, read_of_catalogue};
pub use dialect::Choices;
pub use error::Error;
pub use foundations::{lay_foundations, rename_first_organization};
pub use groups::{Groups, switch_group_roles};
pub use guard::settle;
pub use known_tokens::KnownTokens;
pub use list::{list, plain_page, search_everything};
pub use log::{Figures as LogFigures, Mask, Options as LogOptions, Recorder, Seen};
pub use notes::{Noted, NotedCaller, NotedChange, NotedFailure, Notes};
pub use oauth::{GrantError, Granted, OAuth, OAuthSettings, TokenRequest, grant};
pub use organizations::Organizations;
pub use refusal::Refusal;
pub use render::{Answer, Body, MEMBERS_IN_A_PIECE, write_members};
pub use rules::{BoundRule, Outcome, evaluate, forget_role};
pub use settings_sets::SettingsSets;
pub use tenants::{Source, Tenants};
pub use users::{
    Trial, Users, attribute_changes, blocked_reasons, effective_roles, find_group, find_organization, trial,
    unknown_organization,
};
pub use verbs::{Created, Verbs, create, delete, patch, read, replace};

use crate::domain::{Account, Actor, Discovery, Guard, Id, Scope};
use crate::scim::Reading;
use crate::scim::cursor::Cursors;
use crate::scim::discovery::{Capabilities, Publication};
use crate::scim::list::PageLimits;
use crate::scim::quirk::{Quirk, Repair};
use crate::scim::schema::{GROUP, ResourceType, USER};
use crate::storage::{Db, Places, Tx};
use std::sync::Arc;

/// What every use case works with. Cheap to clone.
#[derive(Clone)]
pub struct Service {
    pub db: Db,
    /// The provisioning log.
    pub log: Db,
    pub cursors: Cursors,
    pub places: Arc<Places>,
    pub tenants: Arc<Tenants>,
    pub known_tokens: Arc<KnownTokens>,
    pub oauth: Arc<OAuth>,
    pub settings: Settings,
}

/// What an operator may set.
#[derive(Clone)]
pub struct Settings {
    /// The address of the SCIM interface as clients see it, without a trailing slash.
    pub base_url: Arc<str>,
    pub capabilities: Capabilities,
    /// A PATCH of a group with more members is answered without a body.
    pub group_answer_members: i64,
    /// Milliseconds before its end from which on a credential is warned of.
    pub warn_before: i64,
}

/// Who asks, having proved it: a connection, or an administrator.
#[derive(Debug, Clone)]
pub struct Caller {
    pub account: Id,
    /// Nil for an administrator.
    pub connection: Id,
    pub actor: Actor,
    /// The credential.
    pub token: Id,
    /// The person that the credential stands for, when it is one's own.
    pub user: Option<Id>,
    pub tenant: Arc<Account>,
    /// Nobody's connection for an administrator.
    pub source: Arc<Source>,
    pub request_id: Arc<str>,
    pub notes: Arc<Notes>,
}

impl Caller {
    /// What its connection chooses where clients disagree.
    pub fn choices(&self) -> Choices {
        Choices::of(&self.source.connection)
    }

    /// How much discovery tells this connection.
    pub fn publication(&self, page: PageLimits) -> Publication {
        let choices = self.choices();
        Publication {
            model: choices.tells_model || self.tenant.policies.discovery == Discovery::Full,
            okta_names: choices.okta_names,
            profile: choices.conforms(&self.tenant.policies, page),
        }
    }

    /// P-25: refuses what the connection's scope leaves out.
    fn check_scope(&self, resource_type: &ResourceType, writes: bool) -> Result<(), Guard> {
        match &self.source.connection.settings.scope {
            Scope::ReadOnly if writes => Err(Guard::OutOfScope("only read")),
            Scope::UsersOnly if resource_type.name != USER.name => Err(Guard::OutOfScope("only provision users")),
            Scope::GroupAdmin(_) if writes && resource_type.name != GROUP.name => {
                Err(Guard::OutOfScope("only change the members of its groups"))
            }
            _ => Ok(()),
        }
    }
}

/// One request: who asks, when, and what the answer needs to know.
#[derive(Clone)]
pub struct Request {
    pub caller: Caller,
    /// Milliseconds since 1970.
    pub now: i64,
    pub base_url: Arc<str>,
    /// See `Settings`.
    pub group_answer_members: i64,
    /// The reason that was given for it.
    pub why: Option<String>,
    /// The word by which an administrator confirms what he was warned of.
    pub confirm: Option<String>,
    tenants: Arc<Tenants>,
}

impl Request {
    /// Reads a message as the caller's connection wants it read, and notes what had to be repaired, also when the message
    /// is refused in the end.
    pub fn reading<T, E: Into<Error>>(&self, work: impl FnOnce(&mut Reading) -> Result<T, E>) -> Result<T, Error> {
        let mut reading = Reading::new(self.caller.choices().rules);
        let result = work(&mut reading);
        if !reading.quirks.is_empty() {
            log_ignored(&reading);
            self.caller.notes.quirks(reading.quirks);
        }
        result.map_err(Into::into)
    }

    /// The connection whose rules hold for a user: the caller's, or that of the user for an administrator.
    pub async fn source_of(&self, tx: &mut Tx<'_>, connection: Id) -> Result<Arc<Source>, Error> {
        if matches!(self.caller.actor, Actor::Connection(_)) || connection == Id::NIL {
            return Ok(Arc::clone(&self.caller.source));
        }
        match tx.connection(self.caller.account, connection).await? {
            Some(row) => self.tenants.source(tx, self.caller.account, connection, row.version).await,
            None => Ok(Arc::clone(&self.caller.source)),
        }
    }
}

impl Service {
    /// A request of `caller` at `now`.
    pub fn request(&self, caller: Caller, now: i64) -> Request {
        let base_url = Arc::clone(&self.settings.base_url);
        let tenants = Arc::clone(&self.tenants);
        let group_answer_members = self.settings.group_answer_members;
        Request { caller, now, base_url, group_answer_members, why: None, confirm: None, tenants }
    }
}

/// Tells the log which names were sent and mean nothing here. Names are not secrets; values may be.
fn log_ignored(reading: &Reading) {
    let unknown = |quirk: &&Quirk| quirk.name == Repair::UnknownAttribute.name();
    let ignored: Vec<&str> = reading.quirks.iter().filter(unknown).map(|quirk| quirk.sent.as_str()).collect();
    if !ignored.is_empty() {
        tracing::info!(?ignored, "attributes that are not in the schema were ignored");
    }
}
