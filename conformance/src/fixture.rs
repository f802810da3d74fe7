//! `given`: the resources a case needs before its first step.
//!
//! * `user:u`, `group:g`: one resource, as `{{u}}`
//! * `users:m:20`, `groups:k:5`: a numbered family, as `{{m[1]}}` … `{{m[20]}}` and `{{m.count}}`
//! * `member:g:u`: makes `u` (or the whole family `u`) a member of `g`

use serde_json::{Map, Value, json};

use crate::client::Request;
use crate::session::Session;
use crate::template::{Vars, render};

/// Creates one entry of `given` and defines its variables.
pub fn create(entry: &str, vars: &mut Vars<'_>, session: &Session<'_>) -> Result<(), String> {
    let parts: Vec<&str> = entry.split(':').collect();
    match parts.as_slice() {
        ["user", name] => one("Users", name, name, vars, session),
        ["group", name] => one("Groups", name, name, vars, session),
        ["users", name, count] => family("Users", name, count, vars, session),
        ["groups", name, count] => family("Groups", name, count, vars, session),
        ["member", group, member] => join(group, member, vars, session),
        _ => Err(format!("given: nobody knows what {entry:?} means")),
    }
}

fn family(kind: &str, name: &str, count: &str, vars: &mut Vars<'_>, session: &Session<'_>) -> Result<(), String> {
    let count: usize = count.parse().map_err(|_| format!("given: {count:?} is not a number"))?;
    for number in 1..=count {
        one(kind, &format!("{name}[{number}]"), &format!("{name}{number:04}"), vars, session)?;
    }
    vars.set(format!("{name}.count"), count);
    Ok(())
}

fn one(kind: &str, variable: &str, label: &str, vars: &mut Vars<'_>, session: &Session<'_>) -> Result<(), String> {
    let tag = render("{{tag}}", vars)?;
    let body = if kind == "Users" { user(&tag, label) } else { group(&tag, label) };
    let response = session.send(&Request::new("POST", format!("/{kind}"), Some(body.to_string())))?;
    let Some(Value::Object(answer)) = response.json.as_ref().filter(|_| response.status == 201) else {
        return Err(format!("given {variable}: POST /{kind} answered {}", response.describe()));
    };
    vars.set(variable, overlay(body, answer));
    Ok(())
}

/// What was sent, overlaid with what the server made of it: a case may use an attribute that the server
/// left out of its answer.
fn overlay(sent: Value, answer: &Map<String, Value>) -> Value {
    let mut merged = match sent {
        Value::Object(sent) => sent,
        _ => Map::new(),
    };
    for (key, value) in answer {
        merged.insert(key.clone(), value.clone());
    }
    Value::Object(merged)
}

fn user(tag: &str, label: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": format!("{tag}-{label}@example.com"),
        "externalId": format!("Ext-{tag}-{label}"),
        "name": {"givenName": "Given", "familyName": format!("Family {tag} {label}")},
        "displayName": format!("Person {tag} {label}"),
        "emails": [{"value": format!("{tag}-{label}@example.com"), "type": "work", "primary": true}],
        "active": true,
    })
}

fn group(tag: &str, label: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
        "displayName": format!("Group {tag} {label}"),
        "externalId": format!("Ext-{tag}-{label}"),
    })
}

fn join(group: &str, member: &str, vars: &mut Vars<'_>, session: &Session<'_>) -> Result<(), String> {
    let many = vars.get(&format!("{member}.count")).is_some();
    let elements = if many {
        format!("{{{{#for i in 1..{member}.count}}}}{{\"value\":\"{{{{{member}[i]}}}}\"}}{{{{/for}}}}")
    } else {
        format!("{{\"value\":\"{{{{{member}}}}}\"}}")
    };
    let body = format!(
        "{{\"schemas\":[\"{{{{PO}}}}\"],\"Operations\":[{{\"op\":\"add\",\"path\":\"members\",\"value\":[{elements}]}}]}}"
    );
    let path = render(&format!("/Groups/{{{{{group}}}}}"), vars)?;
    let response = session.send(&Request::new("PATCH", path, Some(render(&body, vars)?)))?;
    if matches!(response.status, 200 | 204) {
        Ok(())
    } else {
        Err(format!("given member:{group}:{member}: PATCH answered {}", response.describe()))
    }
}
