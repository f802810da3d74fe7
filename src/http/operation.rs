//! The name of what a request wants, for metrics and traces: one of a fixed set, whatever is sent.

use super::api;
use axum::http::Method;

/// Such as `users.create`, `groups.patch`, `bulk`, `api.connections.rules.put`, `healthz`. `path` is the route, with its
/// parameters in braces.
pub fn name(method: &Method, path: Option<&str>) -> String {
    let Some(path) = path else { return "unknown".to_owned() };
    if api::is_below(path) {
        return format!("api{}.{}", words(path.strip_prefix(api::PREFIX).unwrap_or(path)), word(method));
    }
    match path.strip_prefix("/scim/v2") {
        Some(path) => scim(method, path),
        None => words(path).trim_start_matches('.').to_owned(),
    }
}

fn scim(method: &Method, path: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    match parts[..] {
        [] => "everything.list".to_owned(),
        [".search"] => "everything.search".to_owned(),
        [kind @ ("ServiceProviderConfig" | "ResourceTypes" | "Schemas" | "openapi.json"), ..] => {
            format!("discovery.{}", kind.trim_end_matches(".json")).to_lowercase()
        }
        [single @ ("Bulk" | "Me")] => single.to_lowercase(),
        [kind, ".search"] => format!("{}.search", kind.to_lowercase()),
        [kind, _, ..] => format!("{}.{}", kind.to_lowercase(), if is_read(method) { "read" } else { of_one(method) }),
        [kind] => format!("{}.{}", kind.to_lowercase(), if is_read(method) { "list" } else { of_all(method) }),
    }
}

fn is_read(method: &Method) -> bool {
    method == Method::GET || method == Method::HEAD
}

fn of_one(method: &Method) -> &'static str {
    match *method {
        Method::PUT => "replace",
        _ => word(method),
    }
}

fn of_all(method: &Method) -> &'static str {
    match *method {
        Method::POST => "create",
        _ => word(method),
    }
}

/// A method that is not known is not told: anybody can make one up.
fn word(method: &Method) -> &'static str {
    match *method {
        Method::GET | Method::HEAD => "get",
        Method::POST => "post",
        Method::PUT => "put",
        Method::PATCH => "patch",
        Method::DELETE => "delete",
        _ => "other",
    }
}

/// The constant parts of a path, each behind a dot.
fn words(path: &str) -> String {
    let parts = path.split('/').filter(|part| !part.is_empty() && !part.starts_with('{'));
    parts.map(|part| format!(".{}", part.trim_start_matches('.'))).collect()
}
