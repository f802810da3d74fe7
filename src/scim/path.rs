//! Attribute names as clients write them, resolved against the schema table (RFC 7644 §3.10).

use super::quirk::Repair;
use super::schema::{Attribute, ResourceType, Schema};
use super::{Error, Object, Reading};
use serde_json::Value;

/// An attribute, or a sub-attribute of it, of one resource type.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AttributeRef {
    /// Set when the attribute lives under the URN of an extension.
    pub extension: Option<&'static Schema>,
    pub attribute: &'static Attribute,
    pub sub: Option<&'static Attribute>,
}

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Named {
    /// The URN of a schema by itself: the whole extension object, or the whole resource for the core schema.
    Schema(&'static Schema),
    Attribute(AttributeRef),
}

impl AttributeRef {
    /// The attribute that holds the value: the sub-attribute when there is one.
    pub fn leaf(&self) -> &'static Attribute {
        self.sub.unwrap_or(self.attribute)
    }

    pub fn with_sub(self, sub: &'static Attribute) -> Self {
        Self { sub: Some(sub), ..self }
    }

    /// The spelling to show to a person.
    pub fn display(&self) -> String {
        let prefix = self.extension.map(|schema| format!("{}:", schema.id)).unwrap_or_default();
        match self.sub {
            Some(sub) => format!("{prefix}{}.{}", self.attribute.name, sub.name),
            None => format!("{prefix}{}", self.attribute.name),
        }
    }

    /// The value of the whole attribute in a resource.
    pub fn value_in<'r>(&self, resource: &'r Object) -> Option<&'r Value> {
        match self.extension {
            Some(schema) => resource.get(schema.id)?.as_object()?.get(self.attribute.name),
            None => resource.get(self.attribute.name),
        }
    }
}

/// Resolves `attr`, `attr.sub`, `urn:attr`, `urn:attr.sub` or a schema URN. `Ok(None)` means well formed but unknown.
///
/// The longest schema URN of the resource type that is a prefix wins, in any case, so that the dots of `2.0` never
/// split a name; some clients write a dot behind the URN instead of a colon. An attribute of an extension is also
/// found without its URN when the core schema has none of that name: Entra filters by `manager`.
pub fn resolve(text: &str, resource_type: &'static ResourceType) -> Result<Option<Named>, Error> {
    let prefix = resource_type
        .schemas()
        .filter(|schema| text.get(..schema.id.len()).is_some_and(|head| head.eq_ignore_ascii_case(schema.id)))
        .max_by_key(|schema| schema.id.len());
    let Some(schema) = prefix else {
        if text.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("urn:")) {
            return Ok(None);
        }
        let (name, sub) = split(text)?;
        let core = resource_type.core_attribute(name).map(|attribute| (None, attribute));
        let found = core.or_else(|| {
            let mut extensions = resource_type.extensions.iter();
            extensions.find_map(|schema| schema.attribute(name).map(|attribute| (Some(*schema), attribute)))
        });
        return Ok(found.and_then(|(extension, attribute)| with_sub(extension, attribute, sub)));
    };
    let rest = &text[schema.id.len()..];
    if rest.is_empty() {
        return Ok(Some(Named::Schema(schema)));
    }
    let Some(rest) = rest.strip_prefix([':', '.']) else { return Ok(None) };
    let (name, sub) = split(rest)?;
    Ok(if resource_type.is_core(schema) {
        resource_type.core_attribute(name).and_then(|attribute| with_sub(None, attribute, sub))
    } else {
        schema.attribute(name).and_then(|attribute| with_sub(Some(schema), attribute, sub))
    })
}

/// The same, and notes what RFC 7644 §3.10 would write otherwise.
pub fn resolve_noting(
    text: &str,
    resource_type: &'static ResourceType,
    reading: &mut Reading,
) -> Result<Option<Named>, Error> {
    let named = resolve(text, resource_type)?;
    if let Some(Named::Attribute(target)) = named {
        let urn = target.extension.unwrap_or(resource_type.schema).id;
        let behind = text.get(..urn.len()).filter(|head| head.eq_ignore_ascii_case(urn)).map(|_| &text[urn.len()..]);
        match behind {
            Some(rest) if rest.starts_with('.') => reading.note(Repair::DotBehindUrn, &target.display()),
            None if target.extension.is_some() => reading.note(Repair::AttributeWithoutUrn, text),
            _ => {}
        }
    }
    Ok(named)
}

fn with_sub(extension: Option<&'static Schema>, attribute: &'static Attribute, sub: Option<&str>) -> Option<Named> {
    let sub = match sub {
        Some(name) => Some(attribute.sub_attribute(name)?),
        None => None,
    };
    Some(Named::Attribute(AttributeRef { extension, attribute, sub }))
}

/// `name` or `name.sub`. Empty or odd segments are malformed, not unknown: a trailing dot must never be taken for
/// the attribute before it.
fn split(text: &str) -> Result<(&str, Option<&str>), Error> {
    let (name, sub) = match text.split_once('.') {
        Some((name, sub)) => (name, Some(sub)),
        None => (text, None),
    };
    let well_formed = |segment: &str| {
        segment.starts_with(|c: char| c.is_ascii_alphabetic() || c == '$')
            && segment.chars().skip(1).all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
    };
    if !well_formed(name) || !sub.is_none_or(well_formed) {
        return Err(Error::path(format!(
            "\"{text}\" is not an attribute path. Write it as attribute or attribute.sub."
        )));
    }
    Ok((name, sub))
}
