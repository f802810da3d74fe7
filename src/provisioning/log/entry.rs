//! A request that is over, as the log keeps it.

use super::mask::Mask;
use crate::domain::{Id, LogSettings};
use crate::provisioning::notes::{Noted, NotedCaller, NotedChange, NotedFailure};
use crate::provisioning::refusal::Refusal;
use crate::scim::schema::ALL_RESOURCE_TYPES;
use crate::scim::urn;
use crate::storage::rows::{LogRow, WholeLogRow, to_json};
use serde::Serialize;
use serde_json::{Value, json};

/// What is kept of a body, in bytes.
const LONGEST_BODY: usize = 64 * 1024;
/// What is kept of other texts, in bytes.
const LONGEST_TEXT: usize = 2048;
/// Changes and failures of one request that are told one by one, and fields of one change.
const MOST_TOLD: usize = 100;

/// A request that is over, as it was seen.
#[derive(Debug)]
pub struct Seen {
    /// The id of the request; it begins with the time.
    pub id: Id,
    pub caller: NotedCaller,
    pub noted: Noted,
    pub method: String,
    pub path: String,
    pub query: Option<String>,
    pub user_agent: Option<String>,
    pub client_address: Option<String>,
    pub status: u16,
    pub refusal: Option<Refusal>,
    /// The address of the resource that was made.
    pub location: Option<String>,
    pub micros: i64,
    pub body: Option<Vec<u8>>,
    /// Requests like this one that came right behind it and are not written down.
    pub more: usize,
}

impl Seen {
    /// What it takes in memory, nearly.
    pub fn weight(&self) -> usize {
        let body = self.body.as_ref().map_or(0, Vec::len);
        1024 + body + self.path.len() + self.query.as_ref().map_or(0, String::len)
    }

    /// The entry, masked.
    pub fn into_row(self, settings: &LogSettings) -> WholeLogRow {
        let mask = if settings.mask_personal_data { Mask::Personal } else { Mask::Secrets };
        let done = self.status < 400;
        let changes: &[NotedChange] = if done { &self.noted.changes } else { &[] };
        let outcome = outcome(&self.method, &self.path, self.status, !changes.is_empty());
        let changes = told_changes(changes);
        let failures = &self.noted.failures;
        let failures =
            (done && !failures.is_empty()).then(|| told(failures.iter().map(|one| failure(one, mask)), failures.len()));
        let quirks = self.noted.quirks.iter();
        let quirks = quirks.map(|quirk| json!({ "name": quirk.name, "sent": quirk.sent, "made": quirk.made }));
        let (query, filter) = self.query.as_deref().map_or((None, None), |query| parameters(query, mask));
        let (resource_type, resource_id) = resource(&self.path, self.location.as_deref());
        let body_bytes = self.body.as_ref().map_or(0, Vec::len);
        let (body, body_cut) = match self.body.filter(|_| settings.bodies) {
            Some(bytes) => kept_body(bytes, mask, done),
            None => (None, false),
        };
        let mut detail = self.refusal.as_ref().map(|refusal| refusal.detail.clone());
        if self.more > 0 {
            let more = format!(" ({} more like this came within a moment and are not written down.)", self.more);
            detail.get_or_insert_default().push_str(&more);
        }
        let mut entry = WholeLogRow {
            row: LogRow {
                account_id: self.caller.account.into(),
                connection_id: self.caller.connection.into(),
                id: self.id.into(),
                size: 0,
                status: self.status.into(),
                outcome: outcome.to_owned(),
                micros: self.micros,
                method: clean(&self.method),
                path: clean(&mask.path(&self.path)),
                query,
                filter,
                resource_type: resource_type.map(str::to_owned),
                resource_id: resource_id.map(|id| clean(&mask.path(id))),
                user_agent: self.user_agent.map(|agent| clean(&mask_agent(&agent))),
                credential_id: self.caller.token.into(),
                client_address: self.client_address,
                scim_type: self.refusal.as_ref().and_then(|refusal| Some(refusal.scim_type?.keyword().to_owned())),
                code: self.refusal.as_ref().and_then(|refusal| refusal.code).map(str::to_owned),
                detail: detail.map(|detail| clean(&mask.sentence(&detail))),
                quirks: clean_json(Value::from_iter(quirks)),
                changes,
                body_bytes: i64::try_from(body_bytes).unwrap_or(i64::MAX),
            },
            body_cut,
            body,
            failures: failures.map(clean_json),
        };
        entry.row.size = size(&entry);
        entry
    }
}

/// What became of a request, in a word.
fn outcome(method: &str, path: &str, status: u16, changed: bool) -> &'static str {
    match status {
        500.. => "failed",
        400.. => "refused",
        _ if changed => "changed",
        _ if matches!(method, "GET" | "HEAD") || path.ends_with("/.search") || path.starts_with("/oauth/") => "read",
        _ => "no_effect",
    }
}

/// A change as it is told.
#[derive(Serialize)]
struct ToldChange<'c> {
    action: &'c str,
    subject: &'c str,
    fields: Vec<&'c str>,
}

/// Changes as JSON text. There are some with nearly every entry, so they are written without a detour.
fn told_changes(changes: &[NotedChange]) -> String {
    match changes {
        [] => "[]".to_owned(),
        few if few.len() <= MOST_TOLD => to_json(&few.iter().map(change).collect::<Vec<_>>()),
        many => told(many.iter().map(|one| json!(change(one))), many.len()).to_string(),
    }
}

fn change(change: &NotedChange) -> ToldChange<'_> {
    let mut fields: Vec<&str> = Vec::new();
    for field in &change.fields {
        if !fields.contains(&field.as_str()) && fields.len() < MOST_TOLD {
            fields.push(field);
        }
    }
    ToldChange { action: change.action, subject: &change.subject, fields }
}

fn failure(failure: &NotedFailure, mask: Mask) -> Value {
    let NotedFailure { place, method, bulk_id, response } = failure;
    json!({
        "place": place,
        "method": method.as_str().map(clean),
        "bulkId": bulk_id.as_deref().map(clean),
        "status": response["status"],
        "scimType": response["scimType"],
        "code": response[urn::ERROR_DETAIL]["code"],
        "detail": response["detail"].as_str().map(|detail| clean(&mask.sentence(detail))),
    })
}

/// The first of a list, and how many more there are.
fn told(all: impl Iterator<Item = Value>, count: usize) -> Value {
    let mut told: Vec<Value> = all.take(MOST_TOLD).collect();
    if count > MOST_TOLD {
        told.push(json!({ "more": count - MOST_TOLD }));
    }
    told.into()
}

/// The query without its filter, and the filter.
fn parameters(query: &str, mask: Mask) -> (Option<String>, Option<String>) {
    let mut filter = None;
    let mut others = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let shown = mask.parameter(&name, &value);
        if name.eq_ignore_ascii_case("filter") {
            filter = Some(clean(&shown));
        } else {
            others.append_pair(&name, &shown);
        }
    }
    (Some(others.finish()).filter(|others| !others.is_empty()).map(|others| clean(&others)), filter)
}

/// The resource type and the id that a path names; a new resource has its id in its address.
fn resource<'t>(path: &'t str, location: Option<&'t str>) -> (Option<&'static str>, Option<&'t str>) {
    let mut parts = path.trim_start_matches('/').split('/').skip(2);
    let endpoint = parts.next().unwrap_or_default();
    let found =
        ALL_RESOURCE_TYPES.iter().find(|resource_type| resource_type.endpoint.trim_start_matches('/') == endpoint);
    let Some(found) = found else { return (None, None) };
    let made = location.and_then(|location| location.rsplit('/').next());
    (Some(found.name), parts.next().filter(|part| *part != ".search").or(made))
}

/// A body as it is kept, and whether that is its beginning only. What is no JSON cannot be masked, so nothing of it is kept.
/// Most bodies were read as JSON before and have nothing to mask; those are not read again, which would cost most of the log.
fn kept_body(bytes: Vec<u8>, mask: Mask, is_json: bool) -> (Option<String>, bool) {
    let mut text = match String::from_utf8(bytes) {
        Ok(text) if is_json && mask.leaves(&text) => text,
        Ok(text) => match serde_json::from_str::<Value>(&text) {
            Ok(mut value) => {
                mask.value(&mut value);
                value.to_string()
            }
            Err(_) => return (None, false),
        },
        Err(_) => return (None, false),
    };
    let cut = text.len() > LONGEST_BODY;
    if cut {
        text.truncate(text.floor_char_boundary(LONGEST_BODY));
    }
    (Some(text), cut)
}

/// A client may have put its secret where its name should be.
fn mask_agent(agent: &str) -> String {
    agent.split(' ').map(|word| Mask::Secrets.parameter("", word)).collect::<Vec<_>>().join(" ")
}

/// A text that every database takes, and not too long.
fn clean(text: &str) -> String {
    let end = text.floor_char_boundary(text.len().min(LONGEST_TEXT));
    text[..end].replace('\0', "\u{FFFD}")
}

/// JSON text; characters that a database does not take are escaped in it.
fn clean_json(value: Value) -> String {
    value.to_string()
}

fn size(entry: &WholeLogRow) -> i64 {
    let row = &entry.row;
    let optional = [
        &row.query,
        &row.filter,
        &row.resource_type,
        &row.resource_id,
        &row.user_agent,
        &row.client_address,
        &row.scim_type,
        &row.code,
        &row.detail,
        &entry.body,
        &entry.failures,
    ];
    let texts = row.outcome.len() + row.method.len() + row.path.len() + row.quirks.len() + row.changes.len();
    let texts = texts + optional.into_iter().flatten().map(String::len).sum::<usize>();
    // The ids, the numbers and what the database adds.
    i64::try_from(texts + 150).unwrap_or(i64::MAX)
}
