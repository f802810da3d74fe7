//! Is an answer what a step expects?

use serde_json::{Value, json};

use crate::case::Expect;
use crate::client::Response;
use crate::pattern::differences;
use crate::template::{Vars, render};

const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// Everything about an answer that is not as expected. A wrong status stands alone: the body then belongs to
/// another story, and comparing it would only make noise.
pub fn judge(expect: &Expect, response: &Response, vars: &Vars<'_>) -> Vec<String> {
    if let Some(statuses) = &expect.status
        && !statuses.allow(response.status)
    {
        return vec![format!("status: expected {statuses}, came {}", response.status)];
    }
    let mut found = Vec::new();
    for (name, pattern) in &expect.headers {
        match fill(pattern, vars) {
            Ok(pattern) => {
                let header = response.header(name).map(Value::from);
                let wrong = differences(&pattern, header.as_ref());
                found.extend(wrong.into_iter().map(|problem| problem.replacen("the body", name, 1)));
            }
            Err(problem) => found.push(problem),
        }
    }
    if let Some(kind) = &expect.error {
        found.extend(judge_error(kind, response));
    }
    if expect.empty && !response.text.is_empty() {
        found.push("the body: expected nothing at all".into());
    }
    if let Some(pattern) = &expect.body {
        match render(pattern, vars).and_then(|text| {
            serde_json::from_str(&text).map_err(|error| format!("the case's own pattern is not JSON: {error}"))
        }) {
            Ok(pattern) => found.extend(differences(&pattern, response.json.as_ref())),
            Err(problem) => found.push(problem),
        }
    }
    found
}

/// Templates inside the texts of a header pattern.
fn fill(pattern: &Value, vars: &Vars<'_>) -> Result<Value, String> {
    Ok(match pattern {
        Value::String(text) => Value::String(render(text, vars)?),
        Value::Object(members) => {
            let mut filled = serde_json::Map::new();
            for (key, member) in members {
                filled.insert(key.clone(), fill(member, vars)?);
            }
            Value::Object(filled)
        }
        other => other.clone(),
    })
}

fn judge_error(kind: &str, response: &Response) -> Vec<String> {
    let mut pattern = json!({
        "schemas": {"$contains": ERROR},
        "status": response.status.to_string(),
        "detail": {"$type": "string", "$not": ""},
    });
    if kind != "any" {
        pattern["scimType"] = Value::from(kind);
    }
    differences(&pattern, response.json.as_ref())
}
