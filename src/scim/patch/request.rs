//! The PatchOp message (RFC 7644 §3.5.2).

use crate::scim::list::member;
use crate::scim::{Error, Object};
use serde_json::Value;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Add,
    Replace,
    Remove,
}

/// One operation as it was sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    pub action: Action,
    pub path: Option<String>,
    /// `None` when absent; a null is `Some(Value::Null)`.
    pub value: Option<Value>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct PatchRequest {
    pub operations: Vec<Operation>,
}

impl PatchRequest {
    /// Reads the message. A bare list of operations is taken too, as RFC 7644 §3.7.3 prints it (erratum 5050);
    /// names and `op` in any case, because Entra writes `Add` and `Replace`.
    pub fn decode(body: Value) -> Result<Self, Error> {
        let operations = match body {
            Value::Array(operations) => operations,
            Value::Object(mut body) => match take(&mut body, "Operations") {
                Some(Value::Array(operations)) => operations,
                Some(one @ Value::Object(_)) => vec![one],
                _ => return Err(Error::syntax("A PATCH body must have a list named Operations.")),
            },
            _ => return Err(Error::syntax("A PATCH body must be a JSON object with a list named Operations.")),
        };
        Ok(Self { operations: operations.into_iter().map(operation).collect::<Result<_, _>>()? })
    }
}

fn operation(value: Value) -> Result<Operation, Error> {
    let Value::Object(mut operation) = value else {
        return Err(Error::syntax("Each of Operations must be a JSON object with op, path and value."));
    };
    let action = match member(&operation, "op").and_then(Value::as_str).map(str::to_ascii_lowercase).as_deref() {
        Some("add") => Action::Add,
        Some("replace") => Action::Replace,
        Some("remove") => Action::Remove,
        _ => return Err(Error::syntax("Each of Operations must have an op: add, replace or remove.")),
    };
    let path = match take(&mut operation, "path") {
        None | Some(Value::Null) => None,
        Some(Value::String(path)) if path.trim().is_empty() => None,
        Some(Value::String(path)) => Some(path),
        Some(_) => return Err(Error::path("A path must be text.")),
    };
    Ok(Operation { action, path, value: take(&mut operation, "value") })
}

fn take(object: &mut Object, name: &str) -> Option<Value> {
    let key = object.keys().find(|key| key.eq_ignore_ascii_case(name))?.clone();
    object.remove(&key)
}
