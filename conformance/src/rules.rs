//! Rules that hold for every answer, whatever the question was.
//!
//! They are watched during the whole run and reported as cases of their own (`W1`, `W2`, …). Repeating them in
//! every case would turn one wrong header into two hundred failures.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use crate::client::{Request, Response};

const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// RFC 7644 table 9, RFC 7644 section 3.12 and RFC 9865 section 2.
const SCIM_TYPES: [&str; 13] = [
    "invalidFilter",
    "tooMany",
    "uniqueness",
    "mutability",
    "invalidSyntax",
    "invalidPath",
    "noTarget",
    "invalidValue",
    "invalidVers",
    "sensitive",
    "invalidCursor",
    "expiredCursor",
    "invalidCount",
];

/// One rule: what it says, who says it, and a test that names the offence.
pub struct Rule {
    pub id: &'static str,
    pub title: &'static str,
    pub source: &'static str,
    broken: fn(&Request, &Response) -> Option<String>,
}

pub const RULES: [Rule; 8] = [
    Rule {
        id: "W1",
        title: "every body is application/scim+json",
        source: "RFC 7644 3.1 and 8.1; the Microsoft validator checks the header",
        broken: media_type,
    },
    Rule {
        id: "W2",
        title: "every error has an Error body whose status is the HTTP status as a text",
        source: "RFC 7644 3.12, erratum 6893; Okta SPEC steps 4, 11, 12",
        broken: error_body,
    },
    Rule { id: "W3", title: "204 has no body", source: "RFC 9110 15.3.5", broken: no_content },
    Rule {
        id: "W4",
        title: "no member of an answer is null",
        source: "RFC 7643 2.5; Entra refuses null-valued keys in /Schemas",
        broken: null_member,
    },
    Rule {
        id: "W5",
        title: "lists count what they carry, in integers, and name nothing twice",
        source: "RFC 7644 3.4.2; Okta O9; ory/polis PR#4054; Infisical#6554",
        broken: list_shape,
    },
    Rule {
        id: "W6",
        title: "201 carries a Location that is the absolute meta.location",
        source: "RFC 7644 3.3; scimgateway#110",
        broken: location,
    },
    Rule { id: "W7", title: "no answer carries a password", source: "RFC 7643 4.1.1", broken: password },
    Rule { id: "W8", title: "an ETag header and meta.version are the same", source: "RFC 7644 3.14", broken: version },
];

/// What the run has seen so far.
#[derive(Default)]
pub struct Watch {
    answers: AtomicUsize,
    seen: Mutex<Vec<Offence>>,
}

/// One broken rule in one answer.
#[derive(Debug, Clone)]
pub struct Offence {
    pub rule: &'static str,
    pub request: String,
    pub what: String,
    pub came: String,
}

impl Watch {
    pub fn look(&self, request: &Request, response: &Response) {
        self.answers.fetch_add(1, Ordering::Relaxed);
        for rule in &RULES {
            if let Some(what) = (rule.broken)(request, response) {
                let offence = Offence { rule: rule.id, request: request.describe(), what, came: response.describe() };
                if let Ok(mut seen) = self.seen.lock() {
                    seen.push(offence);
                }
            }
        }
    }

    pub fn answers(&self) -> usize {
        self.answers.load(Ordering::Relaxed)
    }

    pub fn offences(&self, rule: &str) -> Vec<Offence> {
        self.seen
            .lock()
            .map(|seen| seen.iter().filter(|offence| offence.rule == rule).cloned().collect())
            .unwrap_or_default()
    }
}

fn media_type(_: &Request, response: &Response) -> Option<String> {
    if response.text.is_empty() {
        return None;
    }
    let header = response.header("Content-Type").unwrap_or("nothing");
    let kind = header.split(';').next().unwrap_or_default().trim();
    (!kind.eq_ignore_ascii_case("application/scim+json")).then(|| format!("Content-Type is {header}"))
}

fn error_body(_: &Request, response: &Response) -> Option<String> {
    if response.status < 400 {
        return None;
    }
    let Some(body) = &response.json else {
        return Some("the body is not JSON".into());
    };
    if !names_schema(body, ERROR) {
        return Some(format!("schemas does not name {ERROR}"));
    }
    if body.get("status") != Some(&Value::from(response.status.to_string())) {
        return Some(format!("status is {:?} in the body and {} in HTTP", body.get("status"), response.status));
    }
    match body.get("scimType") {
        Some(Value::String(kind)) if SCIM_TYPES.contains(&kind.as_str()) => None,
        None => None,
        Some(other) => Some(format!("scimType is {other}, which no RFC knows")),
    }
}

fn no_content(_: &Request, response: &Response) -> Option<String> {
    (response.status == 204 && !response.text.is_empty()).then(|| "204 with a body".into())
}

fn null_member(_: &Request, response: &Response) -> Option<String> {
    fn find(value: &Value, at: &str) -> Option<String> {
        match value {
            Value::Object(members) => members.iter().find_map(|(key, member)| {
                let here = format!("{at}/{key}");
                if member.is_null() { Some(here) } else { find(member, &here) }
            }),
            Value::Array(items) => items.iter().find_map(|item| find(item, at)),
            _ => None,
        }
    }
    find(response.json.as_ref()?, "").map(|place| format!("{place} is null"))
}

fn list_shape(_: &Request, response: &Response) -> Option<String> {
    let body = response.json.as_ref().filter(|body| names_schema(body, LIST))?;
    let empty = Vec::new();
    let resources = match body.get("Resources") {
        Some(Value::Array(resources)) => resources,
        None => &empty,
        Some(_) => return Some("Resources is not an array".into()),
    };
    for name in ["totalResults", "itemsPerPage", "startIndex"] {
        if body.get(name).is_some_and(|number| !number.is_u64()) {
            return Some(format!("{name} is not a whole number"));
        }
    }
    if let Some(items) = body.get("itemsPerPage").and_then(Value::as_u64)
        && usize::try_from(items).ok() != Some(resources.len())
    {
        return Some(format!("itemsPerPage is {items}, Resources has {}", resources.len()));
    }
    if body.get("startIndex").and_then(Value::as_u64) == Some(0) {
        return Some("startIndex is 0".into());
    }
    let mut ids: Vec<&str> = resources.iter().filter_map(|resource| resource.get("id")?.as_str()).collect();
    ids.sort_unstable();
    ids.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| format!("{} is on the page twice", pair[0]))
}

fn location(request: &Request, response: &Response) -> Option<String> {
    let body = response.json.as_ref()?;
    if request.method != "POST" || response.status != 201 {
        return None;
    }
    let header = response.header("Location").unwrap_or("nothing");
    // A client that chooses attributes may have chosen to do without meta.
    let chosen = request.path.contains("ttributes=");
    let member = match body.pointer("/meta/location").and_then(Value::as_str) {
        Some(location) => location,
        None if chosen => header,
        None => "nothing",
    };
    if header != member {
        return Some(format!("Location is {header}, meta.location is {member}"));
    }
    (!header.starts_with("http://") && !header.starts_with("https://"))
        .then(|| format!("Location is not absolute: {header}"))
}

fn password(_: &Request, response: &Response) -> Option<String> {
    fn find(value: &Value) -> bool {
        match value {
            Value::Object(members) => {
                members.iter().any(|(key, member)| key.eq_ignore_ascii_case("password") || find(member))
            }
            Value::Array(items) => items.iter().any(find),
            _ => false,
        }
    }
    find(response.json.as_ref()?).then(|| "there is a member named password".into())
}

fn version(_: &Request, response: &Response) -> Option<String> {
    let header = response.header("ETag")?;
    let member = response.json.as_ref()?.pointer("/meta/version")?.as_str()?;
    (header != member).then(|| format!("ETag is {header}, meta.version is {member}"))
}

fn names_schema(body: &Value, urn: &str) -> bool {
    body.get("schemas")
        .and_then(Value::as_array)
        .is_some_and(|schemas| schemas.iter().any(|schema| schema.as_str() == Some(urn)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    fn answer(status: u16, body: Value) -> Response {
        Response { status, headers: Vec::new(), text: body.to_string(), json: Some(body), took: Duration::ZERO }
    }

    fn get() -> Request {
        Request::new("GET", "/Users", None)
    }

    #[test]
    fn an_error_says_its_status_as_a_text() {
        let text = json!({"schemas": [ERROR], "status": "404"});
        let number = json!({"schemas": [ERROR], "status": 404});
        let other = json!({"schemas": [ERROR], "status": "404", "scimType": "notFound"});
        assert_eq!(error_body(&get(), &answer(404, text.clone())), None);
        assert!(error_body(&get(), &answer(403, text)).is_some());
        assert!(error_body(&get(), &answer(404, number)).is_some());
        assert!(error_body(&get(), &answer(404, other)).is_some());
    }

    #[test]
    fn a_list_counts_what_it_carries() {
        let list = |items: u64, ids: [&str; 2]| {
            let resources: Vec<Value> = ids.iter().map(|id| json!({"id": id})).collect();
            let body = json!({"schemas": [LIST], "totalResults": 9, "itemsPerPage": items, "Resources": resources});
            list_shape(&get(), &answer(200, body))
        };
        assert_eq!(list(2, ["a", "b"]), None);
        assert!(list(100, ["a", "b"]).is_some());
        assert!(list(2, ["a", "a"]).is_some());
    }

    #[test]
    fn a_null_is_found_wherever_it_is() {
        let body = json!({"a": [{"b": 1}, {"c": {"d": null}}]});
        assert!(null_member(&get(), &answer(200, body)).is_some_and(|what| what.contains("/a/c/d")));
    }
}
