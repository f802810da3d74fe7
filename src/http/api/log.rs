//! The provisioning log: what an identity provider asked, and what became of it.

use super::caller::Ids;
use super::list::{Items, List, Paging, shown};
use super::read::Read;
use super::{PREFIX, Problem};
use crate::admin::{self, LogQuery, LogRow, WholeLogRow};
use crate::domain::Id;
use crate::scim::{time, urn};
use axum::Json;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

/// A request to the SCIM interface, without its bodies.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LogEntry)]
#[serde(rename_all = "camelCase")]
pub struct View {
    /// The `x-request-id` of the answer, and the id of the entry.
    #[schema(format = "uuid")]
    request_id: String,
    #[schema(format = DateTime)]
    at: String,
    #[schema(format = "uuid")]
    connection: String,
    /// The token that was sent.
    #[schema(format = "uuid")]
    credential: String,
    client_address: Option<String>,
    user_agent: Option<String>,
    method: String,
    path: String,
    /// The query without its filter.
    query: Option<String>,
    filter: Option<String>,
    resource_type: Option<String>,
    resource_id: Option<String>,
    status: i32,
    /// `read`, `changed`, `no_effect`, `refused` or `failed`.
    outcome: String,
    scim_type: Option<String>,
    /// The stable word for why it was refused.
    code: Option<String>,
    detail: Option<String>,
    /// What was sent otherwise than the RFCs say, as `name`, `sent` and `made`.
    #[schema(value_type = Vec<Object>)]
    quirks: Value,
    /// What changed, as `action`, `subject` and `fields`.
    #[schema(value_type = Vec<Object>)]
    changes: Value,
    duration_micros: i64,
    body_bytes: i64,
    /// Where the entry is with its bodies.
    link: String,
}

/// A request with its bodies.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WholeLogEntry)]
#[serde(rename_all = "camelCase")]
pub struct WholeView {
    #[serde(flatten)]
    entry: View,
    /// The body that was sent, masked; a text with its beginning when it was cut; null when none was sent or none is kept.
    #[schema(value_type = Option<Object>)]
    body: Value,
    body_cut: bool,
    /// The operations of a bulk request that were refused.
    #[schema(value_type = Vec<Object>)]
    failures: Value,
    /// The error that was answered.
    #[schema(value_type = Option<Object>)]
    response: Option<Value>,
}

impl From<LogRow> for View {
    fn from(row: LogRow) -> Self {
        let id = row.id.0;
        Self {
            request_id: id.to_string(),
            at: time::format(id.created()),
            connection: row.connection_id.0.to_string(),
            credential: row.credential_id.0.to_string(),
            client_address: row.client_address,
            user_agent: row.user_agent,
            method: row.method,
            path: row.path,
            query: row.query,
            filter: row.filter,
            resource_type: row.resource_type,
            resource_id: row.resource_id,
            status: row.status,
            outcome: row.outcome,
            scim_type: row.scim_type,
            code: row.code,
            detail: row.detail,
            quirks: serde_json::from_str(&row.quirks).unwrap_or_default(),
            changes: serde_json::from_str(&row.changes).unwrap_or_default(),
            duration_micros: row.micros,
            body_bytes: row.body_bytes,
            link: format!("{PREFIX}/log/{id}"),
        }
    }
}

impl WholeView {
    fn new(entry: WholeLogRow) -> Self {
        let WholeLogRow { row, body_cut, body, failures } = entry;
        let read = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok());
        let body = match body {
            Some(beginning) if body_cut => beginning.into(),
            whole => read(whole).unwrap_or_default(),
        };
        let failures = read(failures).unwrap_or_else(|| Value::Array(Vec::new()));
        let entry = View::from(row);
        let response = entry.detail.is_some().then(|| entry.response());
        Self { body, body_cut, failures, response, entry }
    }
}

impl View {
    /// The error message as it was answered, but for what is masked.
    fn response(&self) -> Value {
        let mut body = json!({ "schemas": [urn::ERROR], "status": self.status.to_string() });
        if let Some(scim_type) = &self.scim_type {
            body["scimType"] = scim_type.as_str().into();
        }
        body["detail"] = self.detail.clone().into();
        if let Some(code) = &self.code {
            body["schemas"] = json!([urn::ERROR, urn::ERROR_DETAIL]);
            body[urn::ERROR_DETAIL] = json!({ "code": code, "requestId": self.request_id });
        }
        body
    }
}

/// Which entries are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub struct Filter {
    /// From this time on.
    #[param(format = DateTime)]
    after: Option<String>,
    /// Before this time.
    #[param(format = DateTime)]
    before: Option<String>,
    /// A status, such as `409`, or a class of them, such as `4xx`.
    status: Option<String>,
    /// Such as `PATCH`.
    method: Option<String>,
    /// Such as `User`.
    resource_type: Option<String>,
    resource_id: Option<String>,
    /// Why it was refused, such as `email_taken`.
    code: Option<String>,
    /// The name of a quirk.
    quirk: Option<String>,
    /// Only those that were refused, also by a failure of the server.
    refused: Option<bool>,
    /// Only writes that were taken and changed nothing.
    no_effect: Option<bool>,
    /// One request.
    request_id: Option<String>,
    /// A part of the path.
    q: Option<String>,
}

impl Filter {
    fn query(&self) -> Result<LogQuery, Problem> {
        let mut query = LogQuery {
            since: moment("after", self.after.as_deref())?,
            before: moment("before", self.before.as_deref())?,
            status: self.status.as_deref().map(statuses).transpose()?,
            method: self.method.as_deref().map(str::to_uppercase),
            resource_type: self.resource_type.clone(),
            resource_id: self.resource_id.clone(),
            code: self.code.clone(),
            quirk: self.quirk.clone(),
            path: self.q.clone(),
            ..LogQuery::default()
        };
        if let Some(id) = &self.request_id {
            let wrong = |_| invalid("requestId", "The parameter requestId is the x-request-id of an answer.");
            query.request = Some(id.parse().map_err(wrong)?);
        }
        if self.refused == Some(true) && query.status.is_none() {
            query.status = Some((400, 599));
        }
        if self.no_effect == Some(true) {
            query.outcome = Some("no_effect".to_owned());
        }
        Ok(query)
    }
}

fn moment(parameter: &'static str, text: Option<&str>) -> Result<Option<Id>, Problem> {
    let Some(text) = text else { return Ok(None) };
    match time::parse(text) {
        Some((milliseconds, _)) => Ok(Some(Id::first_of(milliseconds))),
        None => Err(invalid(parameter, "A time is written as 2026-11-22T08:30:00Z.")),
    }
}

fn statuses(text: &str) -> Result<(i32, i32), Problem> {
    let class =
        text.strip_suffix("xx").and_then(|class| class.parse::<i32>().ok()).filter(|class| (1..=5).contains(class));
    let one = text.parse().ok().filter(|status| (100..=599).contains(status)).map(|status| (status, status));
    let found = class.map(|class| (class * 100, class * 100 + 99)).or(one);
    found.ok_or_else(|| invalid("status", "A status is a number such as 409, or a class such as 4xx."))
}

fn invalid(parameter: &'static str, detail: &str) -> Problem {
    Problem::new(400, "parameter_invalid", detail).extra("parameter", parameter)
}

/// Read the provisioning log of a connection, the newest entry first
///
/// An entry is there about a second after its answer. The bodies are in the entry itself.
#[utoipa::path(get, path = "/connections/{id}/log", tag = "log", params(Paging, Filter),
    responses((status = 200, description = "A page", body = Items<View>)))]
pub async fn list(Ids([id]): Ids<1>, list: List<Filter>) -> Result<Response, Problem> {
    let wanted = list.wanted();
    let query = wanted.filters.query()?;
    Ok(shown(admin::log_page(&wanted.request, &wanted.window, id, query).await?.map(View::from)))
}

/// Read what became of one request, with its bodies
///
/// `id` is the `x-request-id` of an answer; every SCIM error with a code carries this address as `log`.
#[utoipa::path(get, path = "/log/{id}", tag = "log",
    responses((status = 200, description = "The entry", body = WholeView)))]
pub async fn read(Ids([id]): Ids<1>, read: Read) -> Result<Response, Problem> {
    let entry = admin::log_entry(&read.request(), id).await?;
    Ok(Json(WholeView::new(entry)).into_response())
}
