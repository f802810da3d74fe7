//! PATCH (RFC 7644 §3.5.2): message → changes bound to the schema → a changed resource.

mod apply;
mod bind;
mod request;

pub use apply::apply;
pub use bind::{bind, bind_resource};
pub use request::{Action, Operation, PatchRequest};

use super::Object;
use super::filter::Filter;
use super::path::AttributeRef;
use serde_json::Value;

/// One change to one attribute; an operation without a path becomes several.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    pub action: Action,
    pub target: AttributeRef,
    pub selection: Option<Selection>,
    /// As it was sent; `None` when there was no value.
    pub value: Option<Value>,
}

/// Elements of a multi-valued attribute, chosen by a value path.
#[derive(Debug, Clone, PartialEq)]
pub struct Selection {
    pub filter: Filter,
    /// What an element must look like to be chosen, from the equality terms, as they were written. An element is
    /// made from it where none is found: Entra replaces `emails[type eq "work"].value` on users without e-mail.
    pub template: Object,
}
