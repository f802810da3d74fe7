//! Stored resources as JSON. The stored text is completed with what others decide and sent as it is; it is taken
//! apart only when a projection asks for less.

use super::Request;
use super::users::Facts;
use crate::domain::Id;
use crate::scim::project::Projection;
use crate::scim::schema::{CONNECTOR_GROUP, CONNECTOR_USER, GROUP, ResourceType, Schema, USER};
use crate::scim::{Object, etag, time};
use crate::storage::rows::{Stored, to_json};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt::Write;
use std::sync::Arc;

/// A resource ready to send.
#[derive(Debug)]
pub struct Answer {
    pub version: i64,
    /// Whether the version tells all of the body: the names of groups change without it.
    pub is_told_by_version: bool,
    pub location: String,
    pub body: Body,
}

/// The JSON text, or the parts of one that is too long to be in memory at once.
#[derive(Debug)]
pub enum Body {
    Text(String),
    Members { before: String, members: Vec<Id>, after: String, base_url: Arc<str> },
}

/// What `meta` takes beside the address that stands in it.
const ROOM_FOR_META: usize = 192;

/// Members that are written into one piece of a long answer.
pub const MEMBERS_IN_A_PIECE: usize = 1_000;

/// A user with what is shown beside the stored resource.
pub fn user(request: &Request, stored: &Stored, facts: &Facts, projection: &Projection) -> Answer {
    let mut list = String::new();
    if !facts.groups.is_empty() {
        list.push_str(",\"groups\":[");
        for (index, (id, name)) in facts.groups.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            let base = &request.base_url;
            let _ = write!(
                list,
                "{comma}{{\"value\":\"{id}\",\"$ref\":\"{base}/Groups/{id}\",\"display\":{},\"type\":\"direct\"}}",
                Value::from(name.as_str())
            );
        }
        list.push(']');
    }
    // Names of groups and organizations change without the user's version.
    let is_told_by_version = list.is_empty() && facts.extension.is_empty();
    let body = with_extension(&stored.body, &CONNECTOR_USER, &facts.extension);
    Answer { is_told_by_version, ..complete(request, stored, &body, &list, projection, &USER) }
}

/// The stored text with more attributes of the connector's extension, which is the last member where it is there.
fn with_extension<'b>(body: &'b str, schema: &Schema, more: &Object) -> Cow<'b, str> {
    if more.is_empty() {
        return body.into();
    }
    let members: Vec<String> =
        more.iter().map(|(name, value)| format!("{}:{value}", Value::from(name.as_str()))).collect();
    let members = members.join(",");
    let opening = format!("\"{}\":{{", schema.id);
    if body.contains(&opening) {
        return format!("{},{members}}}}}", body.strip_suffix("}}").unwrap_or(body)).into();
    }
    // `schemas` is the first member, and no URN holds a bracket.
    let body = body.replacen(']', &format!(",\"{}\"]", schema.id), 1);
    format!("{},{opening}{members}}}}}", open(&body)).into()
}

/// A group with its members, `None` when they are not wanted, and more attributes of the connector's extension.
pub fn group(
    request: &Request,
    stored: &Stored,
    members: Option<Vec<Id>>,
    extension: &Object,
    projection: &Projection,
) -> Answer {
    let members = members.unwrap_or_default();
    let body = with_extension(&stored.body, &CONNECTOR_GROUP, extension);
    if members.len() > MEMBERS_IN_A_PIECE && projection.is_default() {
        let location = location(request, &GROUP, stored);
        let before = format!("{},\"members\":[", open(&body));
        let mut after = "]".to_owned();
        close(&mut after, &GROUP, stored, &location);
        let base_url = Arc::clone(&request.base_url);
        return Answer {
            version: stored.version,
            is_told_by_version: true,
            location,
            body: Body::Members { before, members, after, base_url },
        };
    }
    let mut list = String::new();
    if !members.is_empty() {
        list.push_str(",\"members\":[");
        write_members(&mut list, &members, &request.base_url, true);
        list.push(']');
    }
    complete(request, stored, &body, &list, projection, &GROUP)
}

/// Writes members as JSON objects with commas between them, and before the first one unless the list begins with it.
pub fn write_members(text: &mut String, members: &[Id], base_url: &str, first: bool) {
    for (index, id) in members.iter().enumerate() {
        let comma = if index > 0 || !first { "," } else { "" };
        let _ = write!(text, "{comma}{{\"value\":\"{id}\",\"$ref\":\"{base_url}/Users/{id}\",\"type\":\"User\"}}");
    }
}

/// Any stored resource by its body, with more members as text that begins with a comma.
fn complete(
    request: &Request,
    stored: &Stored,
    body: &str,
    list: &str,
    projection: &Projection,
    resource_type: &'static ResourceType,
) -> Answer {
    let location = location(request, resource_type, stored);
    let mut text = String::with_capacity(body.len() + list.len() + location.len() + ROOM_FOR_META);
    text.push_str(open(body));
    text.push_str(list);
    close(&mut text, resource_type, stored, &location);
    if !projection.is_default()
        && let Ok(resource) = serde_json::from_str::<Object>(&text)
    {
        text = Value::Object(projection.apply(resource, resource_type)).to_string();
    }
    Answer { version: stored.version, is_told_by_version: true, location, body: Body::Text(text) }
}

/// The same with core attributes that stand elsewhere; they take the place of stored ones.
pub fn beside(
    request: &Request,
    stored: &Stored,
    facts: Object,
    projection: &Projection,
    resource_type: &'static ResourceType,
) -> Answer {
    let is_told_by_version = facts.is_empty();
    let body: Cow<'_, str> = match serde_json::from_str::<Object>(&stored.body) {
        Ok(mut resource) if !facts.is_empty() => {
            resource.extend(facts);
            Value::Object(resource).to_string().into()
        }
        _ => stored.body.as_str().into(),
    };
    Answer { is_told_by_version, ..complete(request, stored, &body, "", projection, resource_type) }
}

/// A stored body without its closing brace.
fn open(body: &str) -> &str {
    body.strip_suffix('}').unwrap_or(body)
}

fn location(request: &Request, resource_type: &ResourceType, stored: &Stored) -> String {
    format!("{}{}/{}", request.base_url, resource_type.endpoint, stored.id.0)
}

/// Writes `meta` (RFC 7643 §3.1) and the closing brace.
fn close(text: &mut String, resource_type: &ResourceType, stored: &Stored, location: &str) {
    let created = time::format(stored.id.0.created());
    let is_unchanged = stored.last_modified == stored.id.0.created();
    let last_modified = if is_unchanged { created.clone() } else { time::format(stored.last_modified) };
    let (name, location, version) = (resource_type.name, to_json(&location), to_json(&etag::format(stored.version)));
    let _ = write!(
        text,
        ",\"meta\":{{\"resourceType\":\"{name}\",\"created\":\"{created}\",\"lastModified\":\"{last_modified}\",\
         \"location\":{location},\"version\":{version}}}}}"
    );
}

impl Body {
    /// The text of a body that is in memory.
    pub fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Members { mut before, members, after, base_url } => {
                write_members(&mut before, &members, &base_url, true);
                before + &after
            }
        }
    }
}
