//! Stored resources as JSON. The stored text is completed with what others decide and sent as it is; it is taken
//! apart only when a projection asks for less.

use super::Request;
use crate::domain::Id;
use crate::scim::project::Projection;
use crate::scim::schema::{GROUP, ResourceType, USER};
use crate::scim::{Object, etag, time};
use crate::storage::rows::Stored;
use serde_json::Value;
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

/// Members that are written into one piece of a long answer.
pub const MEMBERS_IN_A_PIECE: usize = 1_000;

/// A user with the groups he is in.
pub fn user(request: &Request, stored: &Stored, groups: &[(Id, String)], projection: &Projection) -> Answer {
    let mut list = String::new();
    if !groups.is_empty() && projection.wants("groups", &USER) {
        list.push_str(",\"groups\":[");
        for (index, (id, name)) in groups.iter().enumerate() {
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
    Answer { is_told_by_version: list.is_empty(), ..complete(request, stored, &list, projection, &USER) }
}

/// A group with its members; `None` when they are not wanted.
pub fn group(request: &Request, stored: &Stored, members: Option<Vec<Id>>, projection: &Projection) -> Answer {
    let members = members.unwrap_or_default();
    if members.len() > MEMBERS_IN_A_PIECE && projection.is_default() {
        let location = location(request, &GROUP, stored);
        let before = format!("{},\"members\":[", open(&stored.body));
        let after = format!("]{}}}", meta(&GROUP, stored, &location));
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
    complete(request, stored, &list, projection, &GROUP)
}

/// Writes members as JSON objects with commas between them, and before the first one unless the list begins with it.
pub fn write_members(text: &mut String, members: &[Id], base_url: &str, first: bool) {
    for (index, id) in members.iter().enumerate() {
        let comma = if index > 0 || !first { "," } else { "" };
        let _ = write!(text, "{comma}{{\"value\":\"{id}\",\"$ref\":\"{base_url}/Users/{id}\",\"type\":\"User\"}}");
    }
}

fn complete(
    request: &Request,
    stored: &Stored,
    list: &str,
    projection: &Projection,
    resource_type: &'static ResourceType,
) -> Answer {
    let location = location(request, resource_type, stored);
    let mut text = format!("{}{list}{}}}", open(&stored.body), meta(resource_type, stored, &location));
    if !projection.is_default()
        && let Ok(resource) = serde_json::from_str::<Object>(&text)
    {
        text = Value::Object(projection.apply(resource, resource_type)).to_string();
    }
    Answer { version: stored.version, is_told_by_version: true, location, body: Body::Text(text) }
}

/// A stored body without its closing brace.
fn open(body: &str) -> &str {
    body.strip_suffix('}').unwrap_or(body)
}

fn location(request: &Request, resource_type: &ResourceType, stored: &Stored) -> String {
    format!("{}{}/{}", request.base_url, resource_type.endpoint, stored.id.0)
}

/// RFC 7643 §3.1.
fn meta(resource_type: &ResourceType, stored: &Stored, location: &str) -> String {
    format!(
        ",\"meta\":{{\"resourceType\":\"{}\",\"created\":\"{}\",\"lastModified\":\"{}\",\"location\":{},\"version\":{}}}",
        resource_type.name,
        time::format(stored.id.0.created()),
        time::format(stored.last_modified),
        Value::from(location),
        Value::from(etag::format(stored.version)),
    )
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
