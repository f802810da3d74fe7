//! The PatchOp message (RFC 7644 §3.5.2).

use crate::scim::list::member;
use crate::scim::quirk::Repair;
use crate::scim::{Error, Object, Reading, urn};
use serde_json::Value;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Add,
    Replace,
    Remove,
}

impl Action {
    const ALL: [(Self, &'static str); 3] = [(Self::Add, "add"), (Self::Replace, "replace"), (Self::Remove, "remove")];
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
    pub fn decode(body: Value, reading: &mut Reading) -> Result<Self, Error> {
        let operations = match body {
            Value::Array(operations) => {
                reading.note(Repair::BareOperations, "PATCH");
                operations
            }
            Value::Object(mut body) => {
                let named = member(&body, "schemas").and_then(Value::as_array);
                let is_patch = |urn: &Value| urn.as_str().is_some_and(|urn| urn.eq_ignore_ascii_case(urn::PATCH_OP));
                if !named.is_some_and(|urns| urns.iter().any(is_patch)) {
                    reading.note(Repair::MessageSchemaMissing, "PATCH");
                }
                match take(&mut body, "Operations") {
                    Some(Value::Array(operations)) => operations,
                    Some(one @ Value::Object(_)) => {
                        reading.note(Repair::OperationForList, "Operations");
                        vec![one]
                    }
                    _ => return Err(Error::syntax("A PATCH body must have a list named Operations.")),
                }
            }
            _ => return Err(Error::syntax("A PATCH body must be a JSON object with a list named Operations.")),
        };
        if operations.is_empty() {
            if !reading.rules.empty_operations {
                return Err(Error::syntax("Operations is empty; this connection refuses a PATCH that says nothing."));
            }
            reading.note(Repair::EmptyOperations, "Operations");
        }
        let operations = operations.into_iter().map(|value| operation(value, reading)).collect::<Result<_, _>>()?;
        Ok(Self { operations })
    }
}

fn operation(value: Value, reading: &mut Reading) -> Result<Operation, Error> {
    let Value::Object(mut operation) = value else {
        return Err(Error::syntax("Each of Operations must be a JSON object with op, path and value."));
    };
    let sent = member(&operation, "op").and_then(Value::as_str).unwrap_or_default();
    let known = Action::ALL.iter().find(|(_, word)| word.eq_ignore_ascii_case(sent));
    let Some((action, word)) = known.copied() else {
        return Err(Error::syntax("Each of Operations must have an op: add, replace or remove."));
    };
    if sent != word {
        reading.note(Repair::OpInOtherCase, word);
    }
    let path = match take(&mut operation, "path") {
        None | Some(Value::Null) => None,
        Some(Value::String(path)) if path.trim().is_empty() => {
            reading.note(Repair::EmptyPath, "path");
            None
        }
        Some(Value::String(path)) => Some(path),
        Some(_) => return Err(Error::path("A path must be text.")),
    };
    Ok(Operation { action, path, value: take(&mut operation, "value") })
}

fn take(object: &mut Object, name: &str) -> Option<Value> {
    let key = object.keys().find(|key| key.eq_ignore_ascii_case(name))?.clone();
    object.remove(&key)
}
