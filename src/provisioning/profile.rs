//! Canonical resources as what the model keeps of them.

use super::Error;
use crate::domain::{Email, Id, Name, Profile, check_indexed};
use crate::expr::fold;
use crate::scim::Object;
use crate::scim::decode::finish;
use crate::scim::filter::key;
use crate::scim::schema::{Attribute, ResourceType, Schema, Type};
use serde_json::Value;

/// What has a column or a table of its own, or is never compared.
const ELSEWHERE: &[&str] = &["id", "externalId", "userName", "displayName", "groups", "members"];

/// A resource with its id, in its final shape.
pub fn with_id(mut resource: Object, id: Id, resource_type: &'static ResourceType) -> Object {
    resource.insert("id".to_owned(), id.to_string().into());
    finish(resource, resource_type)
}

/// The stored form of a finished resource.
pub fn of(resource: &Object, resource_type: &'static ResourceType) -> Profile {
    let mut search = Object::new();
    for (name, value) in resource {
        if name == "schemas" {
            let urns = value.as_array().into_iter().flatten();
            let elements: Vec<Value> =
                urns.map(|urn| Object::from_iter([("value".to_owned(), urn.clone())]).into()).collect();
            search.insert(name.clone(), elements.into());
        } else if let Some(schema) = resource_type.extension(name) {
            search.insert(name.clone(), searchable_extension(value, schema));
        } else if let Some(attribute) =
            resource_type.core_attribute(name).filter(|_| !ELSEWHERE.contains(&name.as_str()))
        {
            search.insert(name.clone(), searchable(value, attribute));
        }
    }
    Profile { body: Value::Object(resource.clone()).to_string(), search: Value::Object(search).to_string() }
}

fn searchable_extension(value: &Value, schema: &'static Schema) -> Value {
    let members = value.as_object().into_iter().flatten();
    let kept = members.filter_map(|(name, value)| Some((name.clone(), searchable(value, schema.attribute(name)?))));
    Value::Object(kept.collect())
}

/// Everything as folded text, so that both databases compare it alike; the primary element of a list first, because
/// an order goes by it.
fn searchable(value: &Value, attribute: &'static Attribute) -> Value {
    match value {
        Value::String(text) => key(attribute, text).into(),
        Value::Bool(flag) => flag.to_string().into(),
        Value::Array(elements) => {
            let (primary, others): (Vec<&Value>, Vec<&Value>) =
                elements.iter().partition(|element| element.get("primary") == Some(&Value::Bool(true)));
            let in_order = primary.into_iter().chain(others).map(|element| searchable(element, attribute));
            if attribute.kind == Type::Complex {
                return in_order.collect();
            }
            // The elements of a simple list are asked for by `value` like those of others.
            in_order.map(|value| Value::from(Object::from_iter([("value".to_owned(), value)]))).collect()
        }
        Value::Object(parts) => {
            let kept = parts.iter().filter_map(|(name, value)| {
                let sub = attribute.sub_attribute(name).filter(|sub| sub.filterable)?;
                Some((name.clone(), searchable(value, sub)))
            });
            Value::Object(kept.collect())
        }
        Value::Number(number) => number.as_i64().map_or(Value::Null, |number| ordered(number).into()),
        Value::Null => Value::Null,
    }
}

/// A whole number as text that has the same order, so that both databases compare and sort it like any other.
pub fn ordered(number: i64) -> String {
    format!("{:020}", number.cast_unsigned() ^ (1 << 63))
}

/// The e-mail addresses of a user in canonical form.
pub fn emails(resource: &Object) -> Vec<Email> {
    let elements = resource.get("emails").and_then(Value::as_array).into_iter().flatten();
    let folded = |email: &Value, part: &str| email.get(part).and_then(Value::as_str).map(fold);
    elements
        .map(|email| Email {
            value_key: folded(email, "value"),
            type_key: folded(email, "type"),
            display_key: folded(email, "display"),
            primary: email.get("primary").and_then(Value::as_bool),
        })
        .collect()
}

/// The text of a simple attribute.
pub fn text<'r>(resource: &'r Object, name: &str) -> Option<&'r str> {
    resource.get(name).and_then(Value::as_str)
}

/// The externalId, which has an index.
pub fn external_id(resource: &Object) -> Result<Option<String>, Error> {
    let external_id = text(resource, "externalId");
    external_id.map(|external_id| check_indexed("externalId", external_id)).transpose()?;
    Ok(external_id.map(str::to_owned))
}

/// The displayName of what cannot be without one.
pub fn display_name(resource: &Object) -> Result<Name, Error> {
    Ok(Name::new("displayName", text(resource, "displayName").unwrap_or_default())?)
}
