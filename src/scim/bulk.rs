//! Bulk (RFC 7644 §3.7): the message, `bulkId` references, the order in which operations can run.

use super::list::member;
use super::{Error, Object, decode, urn};
use serde_json::{Value, json};
use std::collections::HashMap;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    pub const fn keyword(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// One operation, well formed.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    pub method: Method,
    /// `/Users` or `/Users/{id}`; the id may be `bulkId:…`.
    pub path: String,
    pub bulk_id: Option<String>,
    /// An `If-Match` for this operation (RFC 7644 §3.7).
    pub version: Option<String>,
    pub data: Value,
}

/// An operation or what is wrong with it: one malformed operation must not take the others with it.
pub type Item = Result<Operation, Box<Malformed>>;

/// What can be told of a malformed operation in its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Malformed {
    pub method: Value,
    pub bulk_id: Option<String>,
    pub error: Error,
}

/// The message, read.
#[derive(Debug, PartialEq)]
pub struct BulkRequest {
    /// Stop after so many errors; `None` runs all (some clients send null).
    pub fail_on_errors: Option<u64>,
    pub operations: Vec<Item>,
}

impl BulkRequest {
    pub fn decode(body: Value) -> Result<Self, Error> {
        let Value::Object(body) = body else {
            return Err(Error::syntax("A bulk request must be a JSON object."));
        };
        decode::message_schema(&body, urn::BULK_REQUEST)?;
        let fail_on_errors = match member(&body, "failOnErrors") {
            None => None,
            Some(limit) => match limit.as_u64() {
                Some(0) => None,
                Some(limit) => Some(limit),
                None => return Err(Error::value("failOnErrors must be a whole number.")),
            },
        };
        match member(&body, "Operations") {
            Some(Value::Array(operations)) => {
                Ok(Self { fail_on_errors, operations: operations.iter().map(operation).collect() })
            }
            _ => Err(Error::syntax("A bulk request must have a list named Operations.")),
        }
    }
}

fn operation(value: &Value) -> Item {
    let nothing = Object::new();
    let operation = value.as_object().unwrap_or(&nothing);
    let text = |name: &str| member(operation, name).and_then(Value::as_str).map(str::to_owned);
    let bulk_id = text("bulkId");
    let refuse = |detail: &str| {
        let method = member(operation, "method").cloned().unwrap_or(Value::Null);
        Err(Box::new(Malformed { method, bulk_id: bulk_id.clone(), error: Error::syntax(detail) }))
    };
    let method = match text("method").map(|method| method.to_ascii_uppercase()).as_deref() {
        Some("POST") => Method::Post,
        Some("PUT") => Method::Put,
        Some("PATCH") => Method::Patch,
        Some("DELETE") => Method::Delete,
        _ => return refuse("The method of a bulk operation must be POST, PUT, PATCH or DELETE."),
    };
    let Some(path) = text("path") else { return refuse("A bulk operation must have a path such as /Users.") };
    let data = match member(operation, "data") {
        Some(data) => data.clone(),
        None if method == Method::Delete => Value::Null,
        None => return refuse("A bulk operation must have data, except DELETE."),
    };
    Ok(Operation { method, path, bulk_id, version: text("version"), data })
}

const REFERENCE: &str = "bulkId:";

/// The `bulkId`s that an operation refers to, in its path or anywhere in its data.
pub fn references(operation: &Operation) -> Vec<&str> {
    let mut found: Vec<&str> = operation.path.split('/').filter_map(|part| part.strip_prefix(REFERENCE)).collect();
    collect(&operation.data, &mut found);
    found
}

fn collect<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
    match value {
        Value::String(text) => found.extend(text.strip_prefix(REFERENCE)),
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(members) => members.values().for_each(|member| collect(member, found)),
        _ => {}
    }
}

/// Puts ids in the place of references. `Err` names a reference that nothing in the request answers.
pub fn substitute(operation: &mut Operation, ids: &HashMap<String, String>) -> Result<(), Error> {
    let unknown = |name: &str| {
        Error::value(format!("bulkId:{name} refers to no operation of this request, or to one that failed."))
    };
    if let Some(name) = references(operation).into_iter().find(|name| !ids.contains_key(*name)) {
        return Err(unknown(name));
    }
    let parts = operation
        .path
        .split('/')
        .map(|part| part.strip_prefix(REFERENCE).and_then(|name| ids.get(name)).map_or(part, String::as_str));
    operation.path = parts.collect::<Vec<_>>().join("/");
    fill(&mut operation.data, ids);
    Ok(())
}

fn fill(value: &mut Value, ids: &HashMap<String, String>) {
    match value {
        Value::String(text) => {
            if let Some(id) = text.strip_prefix(REFERENCE).and_then(|name| ids.get(name)) {
                *text = id.clone();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| fill(item, ids)),
        Value::Object(members) => members.values_mut().for_each(|member| fill(member, ids)),
        _ => {}
    }
}

/// The order in which to run the operations: as sent, but what is referred to goes first. Operations that refer to
/// each other in a circle keep the order they were sent in (RFC 7644 §3.7.1).
pub fn order(operations: &[Item]) -> Vec<usize> {
    let by_bulk_id: HashMap<&str, usize> = operations
        .iter()
        .enumerate()
        .filter_map(|(index, item)| item.as_ref().ok()?.bulk_id.as_deref().map(|id| (id, index)))
        .collect();
    let mut visited = vec![false; operations.len()];
    let mut order = Vec::with_capacity(operations.len());
    for start in 0..operations.len() {
        // Depth first with a stack of its own: a chain of a thousand references must not use the thread's.
        let mut stack = vec![(start, false)];
        while let Some((index, done)) = stack.pop() {
            if done {
                order.push(index);
                continue;
            }
            if std::mem::replace(&mut visited[index], true) {
                continue;
            }
            stack.push((index, true));
            if let Ok(operation) = &operations[index] {
                let needed = references(operation).into_iter().rev().filter_map(|name| by_bulk_id.get(name));
                stack.extend(needed.filter(|&&needed| !visited[needed]).map(|&needed| (needed, false)));
            }
        }
    }
    order
}

/// The answer to one operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    pub method: Value,
    pub bulk_id: Option<String>,
    pub status: u16,
    pub location: Option<String>,
    pub version: Option<String>,
    /// The error body of a failed operation.
    pub response: Option<Value>,
}

/// The BulkResponse message.
pub fn render(outcomes: &[Outcome]) -> Value {
    let operations: Vec<Value> = outcomes
        .iter()
        .map(|outcome| {
            let mut operation = Object::new();
            let members = [
                // RFC 7643 §2.5: what the client did not say is left out, not null.
                ("method", Some(outcome.method.clone()).filter(|method| !method.is_null())),
                ("status", Some(outcome.status.to_string().into())),
                ("bulkId", outcome.bulk_id.clone().map(Value::from)),
                ("location", outcome.location.clone().map(Value::from)),
                ("version", outcome.version.clone().map(Value::from)),
                ("response", outcome.response.clone()),
            ];
            for (name, value) in members {
                if let Some(value) = value {
                    operation.insert(name.to_owned(), value);
                }
            }
            operation.into()
        })
        .collect();
    json!({ "schemas": [urn::BULK_RESPONSE], "Operations": operations })
}
