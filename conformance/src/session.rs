//! One case's conversation with the server: every answer passes the wire rules, and everything that a case
//! creates is remembered, so that it can be deleted whether the case passes or fails.

use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;

use crate::case::Credential;
use crate::client::{Client, Request, Response};
use crate::rules::Watch;

pub struct Session<'r> {
    client: &'r Client,
    watch: &'r Watch,
    server_log: Option<&'r Path>,
    created: Mutex<Vec<(Credential, String)>>,
    /// Every request so far with its status, for the report of a failure.
    trail: Mutex<Vec<String>>,
}

impl<'r> Session<'r> {
    pub fn new(client: &'r Client, watch: &'r Watch, server_log: Option<&'r Path>) -> Self {
        Self { client, watch, server_log, created: Mutex::new(Vec::new()), trail: Mutex::new(Vec::new()) }
    }

    pub fn send(&self, request: &Request) -> Result<Response, String> {
        let response = self.send_loose(request)?;
        self.watch.look(request, &response);
        Ok(response)
    }

    /// Without the wire rules: the answer may be a proxy's.
    pub fn send_loose(&self, request: &Request) -> Result<Response, String> {
        let response = self.client.send(request)?;
        let paths = created_by(request, &response);
        if let Ok(mut created) = self.created.lock() {
            created.extend(paths.into_iter().map(|path| (request.credential, path)));
        }
        if let Ok(mut trail) = self.trail.lock() {
            trail.push(format!("{} → {}", request.line(), response.status));
        }
        Ok(response)
    }

    /// The last requests before the one that failed.
    pub fn trail(&self) -> Vec<String> {
        const MOST: usize = 8;
        let trail = self.trail.lock().map(|trail| trail.clone()).unwrap_or_default();
        let before = trail.len().saturating_sub(1);
        trail[before.saturating_sub(MOST)..before].to_vec()
    }

    /// What of these texts, and which credential, the server has written into its log.
    pub fn logged(&self, texts: &[String]) -> Result<Vec<String>, String> {
        // A log may be written behind the requests.
        const PATIENCE: Duration = Duration::from_secs(1);
        let Some(file) = self.server_log else { return Ok(Vec::new()) };
        sleep(PATIENCE);
        let log = fs::read(file).map_err(|error| format!("--server-log {}: {error}", file.display()))?;
        let log = String::from_utf8_lossy(&log);
        let mut found: Vec<String> =
            texts.iter().filter(|text| log.contains(text.as_str())).map(|text| format!("the text {text}")).collect();
        if self.client.secrets().into_iter().any(|secret| log.contains(secret)) {
            found.push("a credential of this run".into());
        }
        Ok(found)
    }

    /// Deletes in reverse order. What is gone already is fine, and what refuses is not this case's verdict.
    pub fn clean_up(self) {
        let created = self.created.into_inner().unwrap_or_default();
        for (credential, path) in created.into_iter().rev() {
            let mut request = Request::new("DELETE", path, None);
            request.credential = credential;
            let _ = self.client.send(&request);
        }
    }
}

/// The paths of the resources that an answer says were created.
fn created_by(request: &Request, response: &Response) -> Vec<String> {
    let Some(body) = &response.json else {
        return Vec::new();
    };
    let path = request.path.split('?').next().unwrap_or_default().trim_matches('/');
    if request.method != "POST" || path.contains('/') || path == ".search" {
        return Vec::new();
    }
    if path.eq_ignore_ascii_case("Bulk") {
        let operations = body.get("Operations").and_then(Value::as_array);
        return operations.into_iter().flatten().filter_map(created_in_bulk).collect();
    }
    match body.get("id").and_then(Value::as_str) {
        Some(id) if matches!(response.status, 200 | 201) => vec![format!("/{path}/{id}")],
        _ => Vec::new(),
    }
}

fn created_in_bulk(operation: &Value) -> Option<String> {
    let method = operation.get("method")?.as_str()?;
    if !method.eq_ignore_ascii_case("POST") || operation.get("status")?.as_str()? != "201" {
        return None;
    }
    let mut parts = operation.get("location")?.as_str()?.rsplit('/');
    let (id, kind) = (parts.next()?, parts.next()?);
    Some(format!("/{kind}/{id}"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    fn created(path: &str, status: u16, body: Value) -> Vec<String> {
        let response =
            Response { status, headers: Vec::new(), text: body.to_string(), json: Some(body), took: Duration::ZERO };
        created_by(&Request::new("POST", path, None), &response)
    }

    #[test]
    fn only_what_was_created_is_remembered() {
        let user = json!({"id": "7"});
        assert_eq!(created("/Users?attributes=userName", 201, user.clone()), ["/Users/7"]);
        assert!(created("/Users/.search", 200, user.clone()).is_empty());
        assert!(created("/Users", 409, user).is_empty());
    }

    #[test]
    fn a_bulk_answer_names_what_it_created() {
        let body = json!({"Operations": [
            {"method": "POST", "status": "201", "location": "https://host/scim/v2/Users/7"},
            {"method": "PATCH", "status": "200", "location": "https://host/scim/v2/Users/8"},
            {"method": "POST", "status": "409", "bulkId": "x"},
        ]});
        assert_eq!(created("/Bulk", 200, body), ["/Users/7"]);
    }
}
