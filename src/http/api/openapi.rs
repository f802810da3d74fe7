//! The OpenAPI document: what the handlers declare, and what all operations have in common.

use super::PREFIX;
use super::write::Trying;
use crate::app::App;
use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use serde_json::{Value, json};
use utoipa::IntoParams;
use utoipa::openapi::OpenApi;

/// The errors of every operation.
const ALWAYS: &[(&str, &str)] = &[
    ("400", "A parameter, a header or the JSON cannot be read"),
    ("401", "No admin key, or one that is not good"),
    ("403", "The key stands for somebody who may not do this, such as one who is no administrator (admin_required)"),
    ("409", "The account is in personal mode (organization_mode_required)"),
    ("414", "The address is too long"),
    ("429", "The key sends too much, or the address failed to authenticate too often; go on after Retry-After"),
    ("431", "The headers are too long"),
    ("503", "The database is busy or out of reach; try again shortly"),
];

/// The errors of an operation on one thing.
const OF_ONE: &[(&str, &str)] = &[("404", "It is not there, or of another account (not_visible)")];

/// The errors of every write.
const OF_WRITES: &[(&str, &str)] = &[
    ("409", "The state of the account does not allow it; `code` says why"),
    ("412", "It has changed since the version of If-Match (version_conflict)"),
    ("413", "The body is too long"),
    ("422", "A value is not good, or the Idempotency-Key was used for another request"),
];

/// Serves the document to everybody: it tells nothing of an account.
pub fn router(document: OpenApi) -> Router<App> {
    let text = complete(serde_json::to_value(document).unwrap_or_default()).to_string();
    Router::new()
        .route("/openapi.json", get(move || async move { ([(CONTENT_TYPE, "application/json")], text.clone()) }))
}

fn complete(mut document: Value) -> Value {
    document["info"] = json!({
        "title": "Admin API",
        "version": env!("CARGO_PKG_VERSION"),
        "description": "What administrators and the product's own programs see and steer of one account.",
    });
    document["servers"] = json!([{ "url": PREFIX }]);
    document["security"] = json!([{ "adminKey": [] }]);
    document["components"]["securitySchemes"] = json!({ "adminKey": { "type": "http", "scheme": "bearer" } });
    document["components"]["schemas"]["Problem"] = problem();
    document["components"]["schemas"]["DryRun"] = dry_run();
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    for (path, methods) in paths {
        for (method, operation) in methods.as_object_mut().into_iter().flatten() {
            extend(path, method, operation);
        }
    }
    document
}

/// Adds to an operation what it shares with others; what it says itself stays.
fn extend(path: &str, method: &str, operation: &mut Value) {
    let is_write = method != "get";
    let tag = operation["tags"][0].as_str().unwrap_or_default();
    let name = operation["operationId"].as_str().unwrap_or_default();
    operation["operationId"] = format!("{tag}.{name}").into();

    let mut parameters: Vec<Value> = operation["parameters"].as_array().cloned().unwrap_or_default();
    let names = path.split('{').skip(1).filter_map(|rest| rest.split('}').next());
    let ids = names.map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }));
    let known = parameters.clone();
    parameters.extend(ids.filter(|id| !known.iter().any(|known| known["in"] == "path" && known["name"] == id["name"])));
    if is_write {
        parameters.extend(documented::<Trying>());
        parameters.extend([
            header("If-Match", "The ETag that was read; the request is refused when there is a newer version."),
            header("Idempotency-Key", "The same key with the same request gives the same answer for 24 hours."),
        ]);
    }
    operation["parameters"] = parameters.into();

    let of_one = if path.contains('{') { OF_ONE } else { &[] };
    let of_writes = if is_write { OF_WRITES } else { &[] };
    for (status, description) in ALWAYS.iter().chain(of_one).chain(of_writes) {
        if operation["responses"][status].is_null() {
            operation["responses"][status] = json!({
                "description": description,
                "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
            });
        }
    }
    if is_write {
        let tried = json!({ "$ref": "#/components/schemas/DryRun" });
        match operation.pointer_mut("/responses/200/content/application~1json/schema") {
            Some(shown) => *shown = json!({ "oneOf": [shown.take(), tried] }),
            None => {
                operation["responses"]["200"] = json!({
                    "description": "What would happen, when dry_run is true",
                    "content": { "application/json": { "schema": tried } },
                });
            }
        }
    }
}

fn documented<P: IntoParams>() -> Vec<Value> {
    P::into_params(|| None).into_iter().filter_map(|parameter| serde_json::to_value(parameter).ok()).collect()
}

fn header(name: &str, description: &str) -> Value {
    json!({ "name": name, "in": "header", "description": description, "schema": { "type": "string" } })
}

fn problem() -> Value {
    json!({
        "type": "object",
        "description": "An error (RFC 9457). Some codes come with more members, such as `holder` or `field`.",
        "required": ["type", "title", "status", "detail", "code", "requestId"],
        "properties": {
            "type": { "type": "string" },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string", "description": "A sentence that says what to do." },
            "code": { "type": "string", "description": "A stable word for programs." },
            "requestId": { "type": "string" },
        },
    })
}

fn dry_run() -> Value {
    json!({
        "type": "object",
        "required": ["dryRun", "status", "result", "warnings"],
        "properties": {
            "dryRun": { "const": true },
            "status": { "type": "integer", "description": "The status that the answer would have had." },
            "result": { "description": "The body that the answer would have had." },
            "warnings": { "type": "array", "items": { "type": "object" } },
        },
    })
}
