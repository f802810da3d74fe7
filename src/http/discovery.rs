//! `/ServiceProviderConfig`, `/ResourceTypes`, `/Schemas` (RFC 7644 §4).

use super::answer::{Failure, json, value};
use super::extract::{Authenticated, LastPart};
use crate::app::App;
use crate::provisioning::Refusal;
use crate::scim::discovery;
use crate::scim::list::ListResponse;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use serde_json::Value;

pub async fn service_provider_config(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    uri: Uri,
) -> Result<Response, Failure> {
    refuse_filter(&uri)?;
    let settings = &app.service.settings;
    let publication = caller.publication(settings.capabilities.page);
    let document = discovery::service_provider_config(&settings.capabilities, &settings.base_url, publication);
    Ok(value(StatusCode::OK, &document))
}

pub async fn resource_types(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    uri: Uri,
) -> Result<Response, Failure> {
    refuse_filter(&uri)?;
    let settings = &app.service.settings;
    Ok(list(&discovery::resource_types(&settings.base_url, caller.publication(settings.capabilities.page))))
}

pub async fn resource_type(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    LastPart(name): LastPart,
) -> Result<Response, Failure> {
    let settings = &app.service.settings;
    one(discovery::known_resource_types(&settings.base_url, caller.publication(settings.capabilities.page)), &name)
}

pub async fn schemas(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    uri: Uri,
) -> Result<Response, Failure> {
    refuse_filter(&uri)?;
    let settings = &app.service.settings;
    Ok(list(&discovery::schemas(&settings.base_url, caller.publication(settings.capabilities.page))))
}

pub async fn schema(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    LastPart(urn): LastPart,
) -> Result<Response, Failure> {
    // Some clients escape the colons of a URN.
    let urn = urn.replace("%3A", ":").replace("%3a", ":");
    let settings = &app.service.settings;
    one(discovery::known_schemas(&settings.base_url, caller.publication(settings.capabilities.page)), &urn)
}

fn list(documents: &[Value]) -> Response {
    let total = documents.len() as u64;
    let resources = documents.iter().map(Value::to_string).collect();
    let page = ListResponse { total, start: Some(1), resources, next_cursor: None };
    json(StatusCode::OK, page.render())
}

fn one(documents: Vec<Value>, id: &str) -> Result<Response, Failure> {
    let same = |document: &&Value| document["id"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(id));
    match documents.iter().find(same) {
        Some(document) => Ok(value(StatusCode::OK, document)),
        None => Err(Failure(Refusal::new(
            404,
            format!("There is nothing named \"{id}\" here. Read the list for what there is."),
        ))),
    }
}

/// RFC 7644 §4: "If a filter is provided, the service provider SHOULD respond with 403".
fn refuse_filter(uri: &Uri) -> Result<(), Failure> {
    let mut names = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).map(|(name, _)| name);
    if names.any(|name| name.eq_ignore_ascii_case("filter")) {
        return Err(Failure(Refusal::new(403, "The discovery documents cannot be filtered. Read them whole.")));
    }
    Ok(())
}
