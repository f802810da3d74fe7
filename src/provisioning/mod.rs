//! The bridge: the only place that knows the protocol *and* the model. SCIM resources become domain values here and
//! back, and each SCIM request is one use case.
//!
//! A use case that writes is a function of `&mut Tx`, so that a bulk request can put many into one transaction.

mod authenticate;
mod bulk;
mod error;
mod fields;
mod groups;
mod list;
mod profile;
mod refusal;
mod render;
mod users;
mod verbs;

pub use authenticate::authenticate;
pub use bulk::bulk;
pub use error::Error;
pub use groups::Groups;
pub use list::{list, search_everything};
pub use refusal::Refusal;
pub use render::{Answer, Body, MEMBERS_IN_A_PIECE, write_members};
pub use users::Users;
pub use verbs::{Verbs, create, delete, patch, read, replace};

use crate::domain::{Dialect, Id};
use crate::scim::cursor::Cursors;
use crate::scim::decode::Strictness;
use crate::scim::discovery::Capabilities;
use crate::storage::{Db, Places};
use std::sync::Arc;

/// What every use case works with. Cheap to clone.
#[derive(Clone)]
pub struct Service {
    pub db: Db,
    pub cursors: Cursors,
    pub places: Arc<Places>,
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
}

/// Who asks: a connection that has proved itself.
#[derive(Debug, Clone, Copy)]
pub struct Caller {
    pub account: Id,
    pub connection: Id,
    pub token: Id,
    pub dialect: Dialect,
}

impl Caller {
    fn strictness(&self) -> Strictness {
        match self.dialect {
            Dialect::Strict => Strictness::Strict,
            Dialect::Auto | Dialect::Entra | Dialect::Okta => Strictness::Lenient,
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
}

impl Service {
    /// A request of `caller` at `now`.
    pub fn request(&self, caller: Caller, now: i64) -> Request {
        let base_url = Arc::clone(&self.settings.base_url);
        Request { caller, now, base_url, group_answer_members: self.settings.group_answer_members }
    }
}

/// Tells the log which names were sent and mean nothing here. Names are not secrets; values may be.
fn log_ignored(ignored: &[String]) {
    if !ignored.is_empty() {
        tracing::info!(?ignored, "attributes that are not in the schema were ignored");
    }
}
