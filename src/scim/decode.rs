//! From JSON as clients send it to a resource in canonical form (RFC 7643 §2).
//!
//! What shipping clients get wrong is repaired here and nowhere else: names in any case, booleans and numbers as
//! strings and the other way round, one object where a list belongs, a bare string for an object with a `value`,
//! null and empty strings for "unassigned", a JSON text inside a role's value.

use super::path::{AttributeRef, Named, resolve};
use super::quirk::Repair;
use super::schema::{Attribute, Mutability, ResourceType, Schema, Type};
use super::{Error, Object, Reading, time, urn};
use base64::Engine;
use serde_json::Value;
use std::collections::HashSet;

/// Decodes the body of a POST or PUT. Read-only attributes are ignored (RFC 7644 §3.3, §3.5.1).
pub fn resource(body: Value, resource_type: &'static ResourceType, reading: &mut Reading) -> Result<Object, Error> {
    let Value::Object(body) = body else {
        return Err(Error::syntax(format!(
            "The body must be a JSON object that describes one {}.",
            resource_type.name
        )));
    };
    let mut resource = Object::new();
    let mut listed = None;
    for (name, value) in body {
        if name.eq_ignore_ascii_case("schemas") {
            listed = check_schemas(&value, resource_type, reading)?;
            continue;
        }
        match resolve(&name, resource_type) {
            Ok(Some(Named::Attribute(target))) => {
                if is_path(&name, target) {
                    if !reading.rules.unknown_names {
                        ignore(&name, reading)?;
                    }
                    let odd = if target.sub.is_some() || name.contains(':') {
                        Repair::PathAsName
                    } else {
                        Repair::AttributeWithoutUrn
                    };
                    reading.note(odd, &name);
                }
                check_parts(target.attribute, &value, reading)?;
                put(&mut resource, target, value, reading)?;
            }
            Ok(Some(Named::Schema(schema))) => extension(&mut resource, schema, resource_type, value, reading)?,
            Ok(None) | Err(_) => ignore(&name, reading)?,
        }
    }
    for attribute in resource_type.schema.attributes.iter().filter(|attribute| attribute.is_required_by_itself()) {
        if !resource.contains_key(attribute.name) {
            return Err(Error::value(format!("{} is required and must not be empty.", attribute.name)));
        }
    }
    compare_schemas(listed, &resource, resource_type, reading);
    Ok(finish(resource, resource_type))
}

/// Whether the name of a member is more than the name of a core attribute: members have no paths (RFC 7643 §2.1).
fn is_path(name: &str, target: AttributeRef) -> bool {
    target.sub.is_some() || target.extension.is_some() || name.contains(':')
}

fn extension(
    resource: &mut Object,
    schema: &'static Schema,
    resource_type: &'static ResourceType,
    value: Value,
    reading: &mut Reading,
) -> Result<(), Error> {
    let members = match value {
        Value::Object(members) => members,
        Value::Null => return Ok(()),
        _ => return Err(Error::value(format!("{} must be a JSON object.", schema.id))),
    };
    for (name, value) in members {
        if name.eq_ignore_ascii_case("schemas") {
            reading.note(Repair::SchemasInExtension, schema.id);
            continue;
        }
        match schema.attribute(&name) {
            Some(attribute) => {
                check_parts(attribute, &value, reading)?;
                let extension = (!resource_type.is_core(schema)).then_some(schema);
                put(resource, AttributeRef { extension, attribute, sub: None }, value, reading)?;
            }
            None => ignore(&format!("{}:{name}", schema.id), reading)?,
        }
    }
    Ok(())
}

/// Notes unknown parts of a complex value, or refuses them. `displayName` of a manager and `display` of a member are
/// in every client's habit and known to be derived.
pub(super) fn check_parts(attribute: &'static Attribute, value: &Value, reading: &mut Reading) -> Result<(), Error> {
    if attribute.kind != Type::Complex {
        return Ok(());
    }
    let elements = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    for name in elements.iter().filter_map(Value::as_object).flat_map(Object::keys) {
        let derived = matches!((attribute.name, name.as_str()), ("manager", "displayName") | ("members", "display"));
        if attribute.sub_attribute(name).is_none() && !derived {
            ignore(&format!("{}.{name}", attribute.name), reading)?;
        }
    }
    Ok(())
}

/// Notes an unknown name, or refuses it.
pub(super) fn ignore(name: &str, reading: &mut Reading) -> Result<(), Error> {
    if !reading.rules.unknown_names {
        return Err(Error::syntax(format!(
            "\"{name}\" is not in the schema, and this connection refuses unknown names."
        )));
    }
    reading.note(Repair::UnknownAttribute, name);
    Ok(())
}

/// Which schemas of a resource type `schemas` lists: one bit each, the core schema first.
type Listed = u32;

/// RFC 7643 §3 wants `schemas`; its absence and unknown URNs harm nobody (OneLogin sends a URN of SCIM 1.0).
fn check_schemas(
    value: &Value,
    resource_type: &'static ResourceType,
    reading: &mut Reading,
) -> Result<Option<Listed>, Error> {
    let wrong = || Error::syntax("schemas must be a list of URNs.");
    let urns = match value {
        Value::String(_) => {
            reading.note(Repair::ValueForList, "schemas");
            std::slice::from_ref(value)
        }
        Value::Null => return Ok(None),
        Value::Array(urns) => urns.as_slice(),
        _ => return Err(wrong()),
    };
    let mut listed = 0;
    for urn in urns {
        let urn = urn.as_str().ok_or_else(wrong)?;
        match resource_type.schemas().position(|schema| schema.id.eq_ignore_ascii_case(urn)) {
            Some(bit) => listed |= 1 << bit,
            None if reading.rules.unknown_names => reading.note(Repair::UnknownSchema, urn),
            None => {
                let detail = format!("The schema \"{urn}\" does not belong to {}.", resource_type.name);
                return Err(Error::syntax(detail));
            }
        }
    }
    Ok(Some(listed))
}

/// RFC 7643 §3: `schemas` lists what the resource has. What it has is looked at; the list is only compared.
fn compare_schemas(
    listed: Option<Listed>,
    resource: &Object,
    resource_type: &'static ResourceType,
    reading: &mut Reading,
) {
    let Some(listed) = listed else {
        reading.note(Repair::SchemasMissing, resource_type.name);
        return;
    };
    for (bit, schema) in resource_type.schemas().enumerate() {
        let has = resource_type.is_core(schema) || resource.contains_key(schema.id);
        match (has, listed & (1 << bit) != 0) {
            (true, false) => reading.note(Repair::SchemaNotListed, schema.id),
            (false, true) => reading.note(Repair::SchemaWithoutObject, schema.id),
            _ => {}
        }
    }
}

fn put(resource: &mut Object, target: AttributeRef, value: Value, reading: &mut Reading) -> Result<(), Error> {
    if target.attribute.mutability == Mutability::ReadOnly {
        return Ok(());
    }
    let home = home(resource, target.extension);
    match target.sub {
        None => {
            if let Some(value) = attribute(target.attribute, value, reading)? {
                home.insert(target.attribute.name.to_owned(), value);
            }
        }
        // A dotted name at the top level, such as `name.givenName`.
        Some(sub) => {
            if let Some(value) = element(sub, value, reading)?
                && sub.mutability != Mutability::ReadOnly
                && !target.attribute.multi_valued
            {
                let parent = home.entry(target.attribute.name).or_insert_with(|| Object::new().into());
                if let Some(parent) = parent.as_object_mut() {
                    parent.insert(sub.name.to_owned(), value);
                }
            }
        }
    }
    Ok(())
}

/// The object that holds the attributes of the core schema or of an extension, made when absent.
pub(super) fn home<'r>(resource: &'r mut Object, extension: Option<&'static Schema>) -> &'r mut Object {
    let Some(schema) = extension else { return resource };
    let slot = resource.entry(schema.id).or_insert(Value::Null);
    if !slot.is_object() {
        *slot = Value::Object(Object::new());
    }
    slot.as_object_mut().unwrap_or_else(|| unreachable!("an object was just put there"))
}

/// A whole attribute in canonical form; `None` when it is unassigned (RFC 7643 §2.5).
pub fn attribute(attribute: &'static Attribute, value: Value, reading: &mut Reading) -> Result<Option<Value>, Error> {
    if !attribute.multi_valued {
        let value = match value {
            // Entra sends a manager as a list of one.
            Value::Array(mut list) if list.len() <= 1 => {
                reading.note(Repair::ListForValue, attribute.name);
                list.pop().unwrap_or(Value::Null)
            }
            Value::Array(_) => return Err(Error::value(format!("{} takes one value, not a list.", attribute.name))),
            value => value,
        };
        return element(attribute, value, reading);
    }
    let list = match value {
        Value::Array(list) => list,
        Value::Null => Vec::new(),
        one => {
            if one.as_str() != Some("") {
                reading.note(Repair::ValueForList, attribute.name);
            }
            vec![one]
        }
    };
    check_count(attribute, list.len())?;
    let decoded = list.into_iter().filter_map(|item| element(attribute, item, reading).transpose());
    let mut elements = decoded.collect::<Result<Vec<Value>, Error>>()?;
    if keep_one_primary(&mut elements, None) {
        reading.note(Repair::SeveralPrimaries, attribute.name);
    }
    // An element that is there twice counts once.
    let mut seen = HashSet::with_capacity(elements.len());
    elements.retain(|element| seen.insert(element.to_string()));
    Ok((!elements.is_empty()).then_some(Value::Array(elements)))
}

/// Elements of a list that stands inside a resource; members are rows of their own and are not bounded.
const MAX_ELEMENTS: usize = 1_000;

/// Refuses a list that every later read of the resource would carry along.
fn check_count(attribute: &Attribute, count: usize) -> Result<(), Error> {
    if count > MAX_ELEMENTS && attribute.name != "members" {
        return Err(Error::value(format!(
            "{} takes at most {MAX_ELEMENTS} values; it would have {count}.",
            attribute.name
        )));
    }
    Ok(())
}

/// One value in canonical form: of a singular attribute, of a sub-attribute, or one element of a list.
pub fn element(attribute: &'static Attribute, value: Value, reading: &mut Reading) -> Result<Option<Value>, Error> {
    let wrong = |expected: &str| Err(Error::value(format!("{} must be {expected}.", attribute.name)));
    match (attribute.kind, value) {
        (_, Value::Null) => Ok(None),
        (Type::Complex, Value::Object(members)) => complex(attribute, members, reading),
        (Type::Complex, value @ (Value::String(_) | Value::Number(_))) => bare(attribute, value, reading),
        (Type::Complex, _) => wrong("a JSON object"),
        // A flat string that names something is also taken as the object that other attributes would have.
        (Type::String, Value::Object(mut parts)) if attribute.of_the_account => {
            reading.note(Repair::ObjectForText, attribute.name);
            let named = ["value", "display"].into_iter().find_map(|name| parts.remove(name));
            element(attribute, named.unwrap_or(Value::Null), reading)
        }
        (_, Value::String(text)) if text.is_empty() => {
            reading.note(Repair::EmptyText, attribute.name);
            Ok(None)
        }
        (_, Value::String(text)) if text.contains('\0') => wrong("text without NUL characters"),
        (Type::Boolean, Value::Bool(value)) => Ok(Some(value.into())),
        (Type::Boolean, Value::String(text)) => match boolean(&text) {
            Some(flag) => {
                reading.note(Repair::BooleanAsText, attribute.name);
                Ok(Some(flag.into()))
            }
            None => wrong("true or false"),
        },
        (Type::Boolean, _) => wrong("true or false"),
        (Type::Integer, Value::Number(number)) if number.is_i64() => Ok(Some(number.into())),
        (Type::Integer, _) => wrong("a whole number"),
        (Type::DateTime, Value::String(text)) if time::parse(&text).is_some() => Ok(Some(text.into())),
        (Type::DateTime, _) => wrong("a time such as 2026-01-31T08:00:00Z"),
        (Type::Binary, Value::String(text)) if is_base64(&text) => Ok(Some(text.into())),
        (Type::Binary, _) => wrong("base64 text"),
        (Type::String | Type::Reference, Value::String(text)) => Ok(Some(text.into())),
        (Type::String | Type::Reference, Value::Number(number)) => {
            reading.note(Repair::NumberForText, attribute.name);
            Ok(Some(number.to_string().into()))
        }
        (Type::String | Type::Reference, Value::Bool(value)) => {
            reading.note(Repair::BooleanForText, attribute.name);
            Ok(Some(value.to_string().into()))
        }
        (Type::String | Type::Reference, _) => wrong("text"),
    }
}

/// A boolean in any case.
pub fn boolean(text: &str) -> Option<bool> {
    [true, false].into_iter().find(|flag| text.eq_ignore_ascii_case(if *flag { "true" } else { "false" }))
}

fn complex(attribute: &'static Attribute, members: Object, reading: &mut Reading) -> Result<Option<Value>, Error> {
    let mut parts = Object::new();
    for (name, value) in unpack_role(attribute, members, reading) {
        let Some(sub) = attribute.sub_attribute(&name) else { continue };
        if sub.mutability == Mutability::ReadOnly {
            continue;
        }
        if let Some(value) = element(sub, value, reading).map_err(|error| within(attribute, error))? {
            parts.insert(sub.name.to_owned(), value);
        }
    }
    // In the order of the schema, so that equal elements are equal as text.
    let ordered = attribute.sub_attributes.iter().map(|sub| sub.name);
    let canonical: Object = ordered.filter_map(|name| parts.remove_entry(name)).collect();
    Ok((!canonical.is_empty()).then_some(Value::Object(canonical)))
}

/// `"manager": "id"` for `"manager": {"value": "id"}`.
fn bare(attribute: &'static Attribute, value: Value, reading: &mut Reading) -> Result<Option<Value>, Error> {
    let Some(sub) = attribute.value_attribute() else {
        return Err(Error::value(format!("{} must be a JSON object.", attribute.name)));
    };
    if value.as_str().is_some_and(str::is_empty) {
        reading.note(Repair::EmptyText, attribute.name);
        return Ok(None);
    }
    reading.note(Repair::TextForObject, attribute.name);
    complex(attribute, Object::from_iter([(sub.name.to_owned(), value)]), reading)
}

/// Entra's complex app roles arrive as a JSON text in `value`. What does not parse stays as it is.
fn unpack_role(attribute: &Attribute, mut members: Object, reading: &mut Reading) -> Object {
    if !matches!(attribute.name, "roles" | "entitlements") {
        return members;
    }
    while let Some(mut unpacked) = packed(&members) {
        reading.note(Repair::JsonInText, attribute.name);
        if let Some(display) = unpacked.remove("displayName") {
            unpacked.entry("display").or_insert(display);
        }
        members.remove("value");
        unpacked.extend(members);
        members = unpacked;
    }
    members
}

fn packed(members: &Object) -> Option<Object> {
    let text = members.get("value")?.as_str().filter(|text| text.starts_with('{'))?;
    serde_json::from_str::<Object>(text).ok().filter(|unpacked| unpacked.contains_key("value"))
}

fn within(attribute: &Attribute, error: Error) -> Error {
    Error { detail: format!("{}.{}", attribute.name, error.detail), ..error }
}

fn is_base64(text: &str) -> bool {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};
    let compact: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    STANDARD.decode(&compact).is_ok() || URL_SAFE.decode(&compact).is_ok()
}

/// RFC 7643 §2.4: `primary` is true at most once. The winner is the element that was named, else the last one. True when
/// another one was, too.
pub(super) fn keep_one_primary(elements: &mut [Value], winner: Option<usize>) -> bool {
    let is_primary = |element: &Value| element.get("primary") == Some(&Value::Bool(true));
    let winner = winner.or_else(|| elements.iter().rposition(is_primary));
    let mut others = false;
    for (index, element) in elements.iter_mut().enumerate() {
        if Some(index) != winner && is_primary(element) {
            element["primary"] = Value::Bool(false);
            others = true;
        }
    }
    others
}

/// Puts a resource into its final shape: `schemas` as the content demands (RFC 7643 §3.1), attributes in the order of
/// the schema, empty extensions gone, and what this server derives from what was sent.
pub fn finish(mut resource: Object, resource_type: &'static ResourceType) -> Object {
    let mut ordered = Object::new();
    let mut schemas = vec![Value::from(resource_type.schema.id)];
    for schema in resource_type.extensions {
        if let Some(Value::Object(members)) = resource.get_mut(schema.id) {
            refer_to_manager(members);
        }
        match resource.get(schema.id) {
            Some(Value::Object(members)) if !members.is_empty() => schemas.push(schema.id.into()),
            _ => drop(resource.remove(schema.id)),
        }
    }
    ordered.insert("schemas".to_owned(), schemas.into());
    let core = resource_type.schema.attributes.iter().filter(|attribute| attribute.mutability != Mutability::WriteOnly);
    let names = ["id", "externalId"].into_iter().chain(core.map(|attribute| attribute.name));
    for name in names.chain(resource_type.extensions.iter().map(|schema| schema.id)) {
        if let Some(value) = resource.remove(name) {
            ordered.insert(name.to_owned(), value);
        }
    }
    ordered
}

/// `manager.$ref` as it was sent while it names the manager, else a relative reference (RFC 7643 §2.3.7), which does
/// not depend on the server's address.
fn refer_to_manager(enterprise: &mut Object) {
    let Some(Value::Object(manager)) = enterprise.get_mut("manager") else { return };
    let Some(id) = manager.get("value").and_then(Value::as_str).map(|id| format!("/{id}")) else {
        enterprise.remove("manager");
        return;
    };
    if !manager.get("$ref").and_then(Value::as_str).is_some_and(|reference| reference.ends_with(&id)) {
        manager.insert("$ref".to_owned(), format!("../Users{id}").into());
    }
}

/// Checks the `schemas` of a message where the protocol names one (RFC 7644 §3.4.3, §3.7).
pub fn message_schema(body: &Object, expected: &'static str) -> Result<(), Error> {
    let named = super::list::member(body, "schemas").and_then(Value::as_array);
    let found =
        named.is_some_and(|urns| urns.iter().filter_map(Value::as_str).any(|urn| urn.eq_ignore_ascii_case(expected)));
    if found {
        return Ok(());
    }
    let what = if expected == urn::BULK_REQUEST { "bulk request" } else { "search request" };
    Err(Error::syntax(format!("A {what} must have \"schemas\": [\"{expected}\"].")))
}
