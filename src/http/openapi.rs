//! The OpenAPI document of the SCIM interface.
//!
//! It describes what every client may rely on. What is tolerated beyond it (names in any case, odd PATCH shapes) is left
//! out on purpose: a description of it would invite new clients to send it.

use crate::app::App;
use crate::domain::MAX_INDEXED;
use crate::scim::urn;
use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

pub async fn document(State(app): State<App>) -> Json<Value> {
    Json(describe(&app.service.settings.base_url))
}

/// The whole document.
pub fn describe(base_url: &str) -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "SCIM 2.0 provisioning",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Users and groups by RFC 7643, RFC 7644 and RFC 9865.",
        },
        "servers": [{ "url": base_url }],
        "security": [{ "token": [] }],
        "components": {
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
            "schemas": schemas(),
        },
        "paths": {
            "/ServiceProviderConfig": { "get": discovery("What the server supports") },
            "/ResourceTypes": { "get": discovery("The resource types") },
            "/ResourceTypes/{id}": { "get": with_id(discovery("One resource type")) },
            "/Schemas": { "get": discovery("The schemas") },
            "/Schemas/{id}": { "get": with_id(discovery("One schema")) },
            "/Users": collection("User", "userName"),
            "/Users/{id}": resource("User"),
            "/Users/.search": { "post": search() },
            "/Groups": collection("Group", "displayName"),
            "/Groups/{id}": resource("Group"),
            "/Groups/.search": { "post": search() },
            "/.search": { "post": search() },
            "/Bulk": { "post": operation("Many operations at once", "200", "BulkResponse", Some("BulkRequest")) },
        },
    })
}

/// A name that must be there. Numbers and booleans are taken for their text, and a list of one for its element.
fn name() -> Value {
    let text = json!({ "type": "string", "minLength": 1, "maxLength": MAX_INDEXED, "pattern": "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$" });
    let one = json!({ "anyOf": [text, { "type": "number" }, { "type": "boolean" }] });
    json!({ "anyOf": [one, { "type": "array", "minItems": 1, "maxItems": 1, "items": one }] })
}

/// A text that may be left out; null and an empty list say the same.
fn text(limit: Option<usize>) -> Value {
    let mut text = json!({ "type": "string", "pattern": "^[^\\u0000]*$" });
    if let Some(limit) = limit {
        text["maxLength"] = limit.into();
    }
    let one = json!({ "anyOf": [text, { "type": "number" }, { "type": "boolean" }, { "type": "null" }] });
    json!({ "anyOf": [one, { "type": "array", "maxItems": 1, "items": one }] })
}

fn schemas() -> Value {
    let (name, text, indexed) = (name(), text(None), text(Some(MAX_INDEXED)));
    let urns = json!({ "anyOf": [{ "type": "array", "items": { "type": "string" } }, { "type": "string" }, { "type": "null" }] });
    let meta = json!({
        "type": "object",
        "required": ["resourceType", "location"],
        "properties": {
            "resourceType": { "type": "string" },
            "created": { "type": "string", "format": "date-time" },
            "lastModified": { "type": "string", "format": "date-time" },
            "location": { "type": "string", "format": "uri" },
            "version": { "type": "string" },
        },
    });
    json!({
        "User": {
            "type": "object",
            "required": ["userName"],
            "properties": {
                "schemas": urns,
                "userName": name,
                "displayName": indexed,
                "title": text,
                "nickName": text,
            },
        },
        "Group": {
            "type": "object",
            "required": ["displayName"],
            "properties": {
                "schemas": urns,
                "displayName": name,
            },
        },
        "StoredUser": stored("User", &meta),
        "StoredGroup": stored("Group", &meta),
        "Document": { "type": "object" },
        "ListResponse": {
            "type": "object",
            "required": ["schemas", "totalResults", "Resources"],
            "properties": {
                "schemas": { "const": [urn::LIST_RESPONSE] },
                "totalResults": { "type": "integer", "minimum": 0 },
                "startIndex": { "type": "integer", "minimum": 1 },
                "itemsPerPage": { "type": "integer", "minimum": 0 },
                "nextCursor": { "type": "string" },
                "Resources": { "type": "array", "items": { "type": "object" } },
            },
        },
        "SearchRequest": {
            "type": "object",
            "required": ["schemas"],
            "properties": {
                "schemas": { "const": [urn::SEARCH_REQUEST] },
                "filter": { "type": ["string", "null"], "pattern": "^(id|externalId) eq \"[A-Za-z0-9]{1,20}\"$" },
                "startIndex": { "type": ["integer", "null"] },
                "count": { "type": ["integer", "null"] },
            },
        },
        "PatchUser": patch(&["displayName", "title", "nickName"]),
        "PatchGroup": patch(&["externalId"]),
        "BulkRequest": {
            "type": "object",
            "required": ["schemas", "Operations"],
            "properties": {
                "schemas": { "const": [urn::BULK_REQUEST] },
                "Operations": { "type": "array" },
            },
        },
        "BulkResponse": {
            "type": "object",
            "required": ["schemas", "Operations"],
            "properties": {
                "schemas": { "const": [urn::BULK_RESPONSE] },
                "Operations": {
                    "type": "array",
                    "items": { "type": "object", "required": ["status"], "properties": { "status": { "type": "string" } } },
                },
            },
        },
        "Error": {
            "type": "object",
            "required": ["schemas", "status", "detail"],
            "properties": {
                "schemas": { "type": "array", "items": { "type": "string" }, "contains": { "const": urn::ERROR } },
                "status": { "type": "string" },
                "scimType": { "type": "string" },
                "detail": { "type": "string", "minLength": 1 },
            },
        },
    })
}

fn stored(resource: &str, meta: &Value) -> Value {
    let name = if resource == "User" { "userName" } else { "displayName" };
    json!({
        "type": "object",
        "required": ["schemas", "id", "meta", name],
        "properties": {
            "schemas": { "type": "array", "items": { "type": "string" }, "minItems": 1 },
            "id": { "type": "string", "format": "uuid" },
            "meta": meta,
            "active": { "type": "boolean" },
        },
    })
}

/// Operations on the attributes of that name take text; those on a name that is not in the schema take anything and
/// change nothing.
fn patch(paths: &[&str]) -> Value {
    let operation = |path: Value, value: Value| {
        json!({
            "type": "object",
            "required": ["op", "path", "value"],
            "properties": { "op": { "enum": ["add", "replace"] }, "path": path, "value": value },
        })
    };
    let known = operation(json!({ "enum": paths }), text(Some(MAX_INDEXED)));
    let any = operation(json!({ "type": "string", "pattern": "^[A-Za-z][A-Za-z0-9]*$" }), json!({}));
    json!({
        "type": "object",
        "required": ["Operations"],
        "properties": { "Operations": { "type": "array", "items": { "anyOf": [known, any] } } },
    })
}

fn operation(summary: &str, status: &str, answer: &str, body: Option<&str>) -> Value {
    let content = |schema: &str| json!({ "application/scim+json": { "schema": { "$ref": format!("#/components/schemas/{schema}") } } });
    let mut operation = json!({
        "summary": summary,
        "responses": {
            status: { "description": "Done", "content": content(answer) },
            "default": { "description": "Refused, with the reason", "content": content("Error") },
        },
    });
    if let Some(body) = body {
        operation["requestBody"] = json!({ "required": true, "content": content(body) });
    }
    operation
}

fn discovery(summary: &str) -> Value {
    operation(summary, "200", "Document", None)
}

fn search() -> Value {
    operation("A query in a body", "200", "ListResponse", Some("SearchRequest"))
}

fn collection(resource: &str, name: &str) -> Value {
    let mut list = operation("List or search", "200", "ListResponse", None);
    let filter = format!("^{name} eq \"[A-Za-z0-9]{{1,20}}\"$");
    list["parameters"] = json!([
        { "name": "filter", "in": "query", "schema": { "type": "string", "pattern": filter } },
        { "name": "startIndex", "in": "query", "schema": { "type": "integer" } },
        { "name": "count", "in": "query", "schema": { "type": "integer" } },
        { "name": "sortBy", "in": "query", "schema": { "enum": ["id", name, "externalId", "meta.lastModified"] } },
        { "name": "sortOrder", "in": "query", "schema": { "enum": ["ascending", "descending"] } },
        { "name": "attributes", "in": "query", "schema": { "type": "string" } },
        { "name": "excludedAttributes", "in": "query", "schema": { "type": "string" } },
    ]);
    let answer = format!("Stored{resource}");
    let mut create = operation("Create", "201", &answer, Some(resource));
    // A connection that upserts changes somebody who is there.
    create["responses"]["200"] = create["responses"]["201"].clone();
    json!({ "get": list, "post": create })
}

fn resource(resource: &str) -> Value {
    let answer = format!("Stored{resource}");
    let patch = format!("Patch{resource}");
    let mut methods = json!({
        "get": operation("Read", "200", &answer, None),
        "put": operation("Replace", "200", &answer, Some(resource)),
        "patch": operation("Change", "200", &answer, Some(&patch)),
        "delete": operation("Delete", "204", &answer, None),
    });
    if resource == "Group" {
        methods["patch"]["responses"]["204"] =
            json!({ "description": "Done; the group is too large to show each time" });
    }
    methods["delete"]["responses"]["204"] = json!({ "description": "Done" });
    methods["parameters"] = id_parameter();
    methods
}

fn with_id(mut operation: Value) -> Value {
    operation["parameters"] = id_parameter();
    operation
}

fn id_parameter() -> Value {
    json!([{ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } }])
}
