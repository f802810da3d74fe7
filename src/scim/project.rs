//! `attributes` and `excludedAttributes` (RFC 7644 §3.9).

use super::Object;
use super::path::{AttributeRef, Named, resolve};
use super::schema::{Attribute, ResourceType, Returned, Schema};
use serde_json::Value;

/// Which attributes an answer carries. Both lists may be given: the first chooses, the second takes away.
#[derive(Debug, Clone, PartialEq)]
pub struct Projection {
    included: Option<Vec<Named>>,
    excluded: Vec<Named>,
}

impl Projection {
    /// Everything that is returned by default.
    pub const DEFAULT: Self = Self { included: None, excluded: Vec::new() };

    /// Reads the two lists of names. Unknown names are ignored; of `emails[type eq "work"]` counts what stands before
    /// the bracket.
    pub fn new(included: Option<&[String]>, excluded: Option<&[String]>, resource_type: &'static ResourceType) -> Self {
        let known = |names: &[String]| -> Vec<Named> {
            let plain = names.iter().filter_map(|name| name.split('[').next());
            let mut distinct = Vec::new();
            for named in plain.filter_map(|name| resolve(name.trim(), resource_type).ok().flatten()) {
                if !distinct.contains(&named) {
                    distinct.push(named);
                }
            }
            distinct
        };
        Self {
            included: included.filter(|names| !names.is_empty()).map(known),
            excluded: excluded.map(known).unwrap_or_default(),
        }
    }

    pub fn is_default(&self) -> bool {
        self.included.is_none() && self.excluded.is_empty()
    }

    /// Whether a list of wanted attributes was given.
    pub fn includes_some(&self) -> bool {
        self.included.is_some()
    }

    /// Whether any part of a core attribute is wanted, so that what nobody reads is not even loaded.
    pub fn wants(&self, name: &str, resource_type: &'static ResourceType) -> bool {
        let Some(attribute) = resource_type.core_attribute(name) else { return false };
        let whole = AttributeRef { extension: None, attribute, sub: None };
        let included = match &self.included {
            None => attribute.returned == Returned::Default || attribute.returned == Returned::Always,
            Some(names) => names.iter().any(|named| match named {
                Named::Attribute(named) => named.extension.is_none() && named.attribute == attribute,
                Named::Schema(schema) => resource_type.is_core(schema) && schema.attribute(name).is_some(),
            }),
        };
        included && !self.excludes(&whole)
    }

    /// The same for an attribute of an extension.
    pub fn wants_of(&self, schema: &'static Schema, name: &str) -> bool {
        let Some(attribute) = schema.attribute(name) else { return false };
        let whole = AttributeRef { extension: Some(schema), attribute, sub: None };
        let included = match &self.included {
            None => attribute.returned == Returned::Default || attribute.returned == Returned::Always,
            Some(names) => names.iter().any(|named| match named {
                Named::Attribute(named) => same_attribute(named, &whole),
                Named::Schema(named) => named.id == schema.id,
            }),
        };
        included && !self.excludes(&whole)
    }

    /// Takes away what is not wanted. `schemas` and `id` always stay.
    pub fn apply(&self, resource: Object, resource_type: &'static ResourceType) -> Object {
        if self.is_default() {
            return resource;
        }
        let mut projected = Object::new();
        for (name, value) in resource {
            if let Some(attribute) = resource_type.core_attribute(&name) {
                if let Some(value) =
                    self.part(AttributeRef { extension: None, attribute, sub: None }, value, resource_type)
                {
                    projected.insert(name, value);
                }
            } else if let (Some(schema), Value::Object(members)) = (resource_type.extension(&name), value) {
                let mut kept = Object::new();
                for (member, value) in members {
                    let Some(attribute) = schema.attribute(&member) else { continue };
                    let whole = AttributeRef { extension: Some(schema), attribute, sub: None };
                    if let Some(value) = self.part(whole, value, resource_type) {
                        kept.insert(member, value);
                    }
                }
                if !kept.is_empty() {
                    projected.insert(name, kept.into());
                }
            }
        }
        projected
    }

    fn part(&self, whole: AttributeRef, value: Value, resource_type: &'static ResourceType) -> Option<Value> {
        if whole.attribute.returned == Returned::Always {
            return Some(value);
        }
        if self.excludes(&whole) {
            return None;
        }
        let subs = match &self.included {
            None => None,
            Some(names) => Some(included_subs(names, &whole, resource_type)?),
        };
        let excluded: Vec<&Attribute> = self.excluded.iter().filter_map(|named| sub_of(named, &whole)).collect();
        let keep = |name: &str| {
            let chosen = subs.as_ref().is_none_or(|subs| subs.is_empty() || subs.iter().any(|sub| sub.name == name));
            chosen && !excluded.iter().any(|sub| sub.name == name)
        };
        match value {
            Value::Object(parts) => non_empty(parts.into_iter().filter(|(name, _)| keep(name)).collect()),
            Value::Array(elements) => {
                let elements: Vec<Value> = elements
                    .into_iter()
                    .filter_map(|element| match element {
                        Value::Object(parts) => non_empty(parts.into_iter().filter(|(name, _)| keep(name)).collect()),
                        simple => Some(simple),
                    })
                    .collect();
                (!elements.is_empty()).then_some(Value::Array(elements))
            }
            simple => Some(simple),
        }
    }

    fn excludes(&self, whole: &AttributeRef) -> bool {
        whole.attribute.returned != Returned::Always
            && self.excluded.iter().any(|named| match named {
                Named::Attribute(named) => named == whole,
                Named::Schema(schema) => whole.extension.is_some_and(|extension| extension.id == schema.id),
            })
    }
}

/// The wanted sub-attributes of one attribute: `None` when it is not wanted at all, empty when all of it is.
fn included_subs(
    names: &[Named],
    whole: &AttributeRef,
    resource_type: &'static ResourceType,
) -> Option<Vec<&'static Attribute>> {
    let mut subs = Vec::new();
    let mut wanted = false;
    for named in names {
        match named {
            Named::Attribute(named) if same_attribute(named, whole) => match named.sub {
                None => return Some(Vec::new()),
                Some(sub) => {
                    wanted = true;
                    subs.push(sub);
                }
            },
            Named::Schema(schema) => {
                let home = whole.extension.unwrap_or(resource_type.schema);
                if home.id == schema.id {
                    return Some(Vec::new());
                }
            }
            Named::Attribute(_) => {}
        }
    }
    wanted.then_some(subs)
}

fn same_attribute(one: &AttributeRef, other: &AttributeRef) -> bool {
    one.attribute == other.attribute && one.extension.map(|schema| schema.id) == other.extension.map(|schema| schema.id)
}

fn sub_of(named: &Named, whole: &AttributeRef) -> Option<&'static Attribute> {
    match named {
        Named::Attribute(named) if same_attribute(named, whole) => named.sub,
        _ => None,
    }
}

fn non_empty(parts: Object) -> Option<Value> {
    (!parts.is_empty()).then_some(Value::Object(parts))
}
