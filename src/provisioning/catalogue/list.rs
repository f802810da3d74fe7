//! Reading them. Elsewhere a list never falls back to memory, because it grows with the account; what is listed here is
//! configuration: a handful of entries that came with the account itself and are in memory already.

use super::types::ReadOnly;
use crate::provisioning::render::{Answer, Body};
use crate::provisioning::{Error, Request, Service};
use crate::scim::cursor::{Position, Scope};
use crate::scim::filter::{Unknown, bind, key, matches, parse};
use crate::scim::list::{ListResponse, Paging, Query};
use crate::scim::path::{AttributeRef, Named, resolve};
use crate::scim::project::Projection;
use crate::scim::schema::ResourceType;
use crate::scim::{Error as ScimError, Object, etag};
use serde_json::{Value, json};

/// A list (RFC 7644 §3.4.2). Every connection may read it, whatever its scope: it tells what roles can be pushed.
pub fn list_of_catalogue<T: ReadOnly>(
    service: &Service,
    request: &Request,
    query: &Query,
) -> Result<ListResponse, Error> {
    let resource_type = T::RESOURCE_TYPE;
    let projection = Projection::new(query.attributes.as_deref(), query.excluded_attributes.as_deref(), resource_type);
    let mut found: Vec<Object> =
        all::<T>(request).into_iter().map(|entry| with_meta(request, entry, resource_type)).collect();
    if let Some(text) = &query.filter {
        let filter = request.reading(|reading| bind(parse(text, reading)?, resource_type, Unknown::Refuse, reading))?;
        found.retain(|entry| matches(&filter, entry));
    }
    if let Some(name) = &query.sort_by {
        let target = sort_target(name, resource_type)?;
        found.sort_by_cached_key(|entry| sort_key(entry, target));
        if query.descending {
            found.reverse();
        }
    }
    let (size, total) = (query.page_size(service.settings.capabilities.page)?, found.len() as u64);
    let scope = Scope {
        account: &request.caller.account.to_string(),
        query: scope(resource_type, query),
        count: query.count.unwrap_or(service.settings.capabilities.page.default),
    };
    let (skip, start) = match &query.paging {
        Paging::Index { start } => (start - 1, Some(*start)),
        Paging::Cursor(None) => (0, None),
        Paging::Cursor(Some(cursor)) => {
            let position = service.cursors.open(cursor, &scope, request.now)?;
            (position.id.parse().unwrap_or_default(), None)
        }
    };
    let next = skip.saturating_add(size);
    let next_cursor = if start.is_none() && size > 0 && next < total {
        let position = Position { resource_type: 0, key: None, id: next.to_string(), total };
        Some(service.cursors.issue(&scope, position, request.now)?)
    } else {
        None
    };
    let bounded = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let page = found.into_iter().skip(bounded(skip)).take(bounded(size));
    let resources = page.map(|entry| Value::Object(projection.apply(entry, resource_type)).to_string()).collect();
    Ok(ListResponse { total, start, resources, next_cursor })
}

fn all<T: ReadOnly>(request: &Request) -> Vec<Object> {
    T::all(&request.caller.tenant, request.caller.choices().okta_names)
}

/// Everything of a query that a cursor is bound to (RFC 9865 §2: only the cursor may differ from page to page).
fn scope(resource_type: &ResourceType, query: &Query) -> String {
    let Query { filter, sort_by, descending, paging: _, count: _, attributes, excluded_attributes } = query;
    let name = resource_type.name;
    format!("{name}|{filter:?}|{sort_by:?}|{descending}|{attributes:?}|{excluded_attributes:?}")
}

/// One entry (RFC 7644 §3.4.1).
pub fn read_of_catalogue<T: ReadOnly>(request: &Request, id: &str, projection: &Projection) -> Result<Answer, Error> {
    let resource_type = T::RESOURCE_TYPE;
    let named = |entry: &Object| entry.get("id").and_then(Value::as_str) == Some(id);
    let found = all::<T>(request).into_iter().find(named);
    let not_found = || Error::NotFound { resource_type: resource_type.name, id: id.to_owned() };
    let entry = with_meta(request, found.ok_or_else(not_found)?, resource_type);
    Ok(Answer {
        version: request.caller.tenant.version,
        is_told_by_version: true,
        location: location(request, id, resource_type),
        body: Body::Text(Value::Object(projection.apply(entry, resource_type)).to_string()),
    })
}

/// The version is that of the account, whose part the catalogue is.
fn with_meta(request: &Request, mut entry: Object, resource_type: &ResourceType) -> Object {
    let id = entry.get("id").and_then(Value::as_str).unwrap_or_default();
    let meta = json!({
        "resourceType": resource_type.name,
        "location": location(request, id, resource_type),
        "version": etag::format(request.caller.tenant.version),
    });
    entry.insert("meta".to_owned(), meta);
    entry
}

fn location(request: &Request, id: &str, resource_type: &ResourceType) -> String {
    format!("{}{}/{id}", request.base_url, resource_type.endpoint)
}

fn sort_target(name: &str, resource_type: &'static ResourceType) -> Result<AttributeRef, Error> {
    match resolve(name, resource_type) {
        Ok(Some(Named::Attribute(target))) if !target.attribute.multi_valued && target.leaf().filterable => Ok(target),
        _ => {
            Err(ScimError::value(format!("sortBy cannot be \"{name}\": it is not an attribute with an order.")).into())
        }
    }
}

/// What has no value comes last (RFC 7644 §3.4.2.3).
fn sort_key(entry: &Object, target: AttributeRef) -> (bool, String) {
    let value = target.value_in(entry).and_then(|value| match target.sub {
        Some(sub) => value.get(sub.name),
        None => Some(value),
    });
    match value {
        Some(Value::String(text)) => (false, key(target.leaf(), text)),
        Some(value) => (false, value.to_string()),
        None => (true, String::new()),
    }
}
