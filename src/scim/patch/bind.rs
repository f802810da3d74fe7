//! From operations to changes: unknown, read-only and malformed targets are settled before any database work.

use super::{Action, Change, Operation, PatchRequest, Selection};
use crate::expr::{Expr, Op};
use crate::scim::decode;
use crate::scim::filter::{Literal, ParsedFilter, bind_element, parse_path};
use crate::scim::path::{AttributeRef, Named, resolve, resolve_noting};
use crate::scim::quirk::Repair;
use crate::scim::schema::{Attribute, Mutability, ResourceType, Schema, Type};
use crate::scim::{Error, Object, Reading, ScimType};
use serde_json::Value;

/// Binds every operation to the schema: the changes of the whole request, in order. `id` is the id of the resource that
/// is patched.
pub fn bind(
    request: PatchRequest,
    resource_type: &'static ResourceType,
    id: &str,
    reading: &mut Reading,
) -> Result<Vec<Change>, Error> {
    let mut binder = Binder { resource_type, id, reading, changes: Vec::new(), inside: 0 };
    for Operation { action, path, value } in request.operations {
        match path {
            Some(path) => binder.with_path(action, &path, value)?,
            None => binder.without_path(action, value)?,
        }
    }
    Ok(binder.changes)
}

/// Binds a whole resource as changes of another one: what it does not name stays, what it says is null goes.
pub fn bind_resource(
    resource: Object,
    resource_type: &'static ResourceType,
    reading: &mut Reading,
) -> Result<Vec<Change>, Error> {
    let mut binder = Binder { resource_type, id: "", reading, changes: Vec::new(), inside: 0 };
    binder.attributes(Action::Replace, resource)?;
    Ok(binder.changes)
}

struct Binder<'a> {
    resource_type: &'static ResourceType,
    id: &'a str,
    reading: &'a mut Reading,
    changes: Vec<Change>,
    /// Changes so far, but for those of members.
    inside: usize,
}

/// Changes of one PATCH: each costs time in a transaction that others wait for. Members are taken together instead.
const MAX_CHANGES: usize = 1_000;

impl Binder<'_> {
    fn with_path(&mut self, action: Action, text: &str, value: Option<Value>) -> Result<(), Error> {
        if action != Action::Remove && value.is_none() {
            return Err(Error::value(format!("The operation on \"{text}\" has no value.")));
        }
        let path = parse_path(text)?;
        let target = match resolve_noting(path.name, self.resource_type, self.reading)? {
            Some(Named::Attribute(target)) => target,
            Some(Named::Schema(schema)) if path.filter.is_none() => return self.whole_schema(action, schema, value),
            Some(Named::Schema(_)) | None => {
                return decode::ignore(text, self.reading);
            }
        };
        if target.attribute.mutability == Mutability::ReadOnly {
            return self.read_only(target, value);
        }
        let selection = match path.filter {
            Some(filter) => Some(self.selection(filter, target)?),
            None => None,
        };
        // A member is nothing but its value, so there is no other way to take one away.
        let takes_member = action == Action::Remove && target.attribute.name == "members";
        if selection.is_some() && path.sub.is_none() && !takes_member && !self.reading.rules.whole_elements {
            return Err(Error::path(format!(
                "\"{text}\" means whole elements, which this connection refuses. Name a part, such as {}.",
                format_args!("{text}.value")
            )));
        }
        let target = match path.sub {
            None => target,
            Some(sub) => match target.attribute.sub_attribute(sub) {
                Some(sub) => target.with_sub(sub),
                None => return decode::ignore(text, self.reading),
            },
        };
        self.change(Change { action, target, selection, value })
    }

    fn selection(&mut self, filter: ParsedFilter<'_>, target: AttributeRef) -> Result<Selection, Error> {
        if !target.attribute.multi_valued || target.sub.is_some() {
            return Err(Error::path(format!("{} is not a list, so a filter cannot choose from it.", target.display())));
        }
        let template = template(&filter, target, self.reading)?;
        match bind_element(filter, target, self.reading).map_err(|error| Error::path(error.detail))? {
            Expr::Any(_, filter) => Ok(Selection { filter: *filter, template }),
            filter => Ok(Selection { filter, template }),
        }
    }

    /// RFC 7644 §3.5.2.1, §3.5.2.3: without a path the value is a set of attributes. Each name is read as a path,
    /// because Entra sends dotted and URN-qualified ones here.
    fn without_path(&mut self, action: Action, value: Option<Value>) -> Result<(), Error> {
        if !self.reading.rules.operations_without_path {
            return Err(Error::syntax(
                "Each operation must have a path; this connection refuses operations without one.",
            ));
        }
        if action == Action::Remove {
            return Err(Error::new(
                ScimType::NoTarget,
                "A remove operation must have a path that says what to remove.",
            ));
        }
        let attributes = match value {
            Some(Value::Object(attributes)) => attributes,
            Some(Value::Array(mut list)) if list.len() == 1 && list[0].is_object() => {
                self.reading.note(Repair::ListWithoutPath, "value");
                match list.pop() {
                    Some(Value::Object(attributes)) => attributes,
                    _ => Object::new(),
                }
            }
            _ => {
                return Err(Error::value(
                    "An operation without a path must have a JSON object of attributes as its value.",
                ));
            }
        };
        self.attributes(action, attributes)
    }

    fn attributes(&mut self, action: Action, attributes: Object) -> Result<(), Error> {
        for (name, value) in attributes {
            let found = resolve(name.split('[').next().unwrap_or(&name), self.resource_type);
            if let Ok(Some(Named::Attribute(target))) = found
                && (target.sub.is_some() || name.contains([':', '[']))
            {
                self.reading.note(Repair::PathAsName, &name);
            }
            match found {
                // `schemas`, `id`, `meta` come along from clients that send the whole resource.
                Ok(Some(Named::Attribute(target))) if target.attribute.mutability == Mutability::ReadOnly => {
                    self.reading.note(Repair::ReadOnlyInPatch, target.attribute.name);
                }
                Ok(None) | Err(_) if !name.contains('[') => decode::ignore(&name, self.reading)?,
                _ => self.with_path(action, &name, Some(value))?,
            }
        }
        Ok(())
    }

    /// The URN of a schema as the target: each attribute by itself.
    fn whole_schema(&mut self, action: Action, schema: &'static Schema, value: Option<Value>) -> Result<(), Error> {
        if self.resource_type.is_core(schema) {
            return self.without_path(action, value);
        }
        let target = |attribute| AttributeRef { extension: Some(schema), attribute, sub: None };
        match value {
            Some(Value::Object(attributes)) if action != Action::Remove => {
                for (name, value) in attributes {
                    match schema.attribute(&name) {
                        Some(attribute) => {
                            self.change(Change {
                                action,
                                target: target(attribute),
                                selection: None,
                                value: Some(value),
                            })?;
                        }
                        None if name.eq_ignore_ascii_case("schemas") => {
                            self.reading.note(Repair::SchemasInExtension, schema.id);
                        }
                        None => decode::ignore(&format!("{}:{name}", schema.id), self.reading)?,
                    }
                }
                Ok(())
            }
            Some(Value::Null) | None => schema.attributes.iter().try_for_each(|attribute| {
                self.change(Change { action: Action::Remove, target: target(attribute), selection: None, value: None })
            }),
            Some(_) if action == Action::Remove => self.whole_schema(action, schema, None),
            Some(_) => Err(Error::value(format!("The value of {} must be a JSON object.", schema.id))),
        }
    }

    /// RFC 7644 §3.5.2: a change of a readOnly attribute is refused, unless it changes nothing.
    fn read_only(&mut self, target: AttributeRef, value: Option<Value>) -> Result<(), Error> {
        let same_id = target.attribute.name == "id" && value.as_ref().and_then(Value::as_str) == Some(self.id);
        if same_id || target.attribute.name == "schemas" {
            self.reading.note(Repair::ReadOnlyInPatch, target.attribute.name);
            return Ok(());
        }
        Err(Error::mutability(format!("{} is read-only and cannot be changed.", target.display())))
    }

    fn change(&mut self, change: Change) -> Result<(), Error> {
        let target = change.target;
        // Read-only parts are derived from their siblings; clients send them along.
        if target.leaf().mutability == Mutability::ReadOnly {
            return Ok(());
        }
        if let Some(value) = change.value.as_ref().filter(|_| target.sub.is_none()) {
            decode::check_parts(target.attribute, value, self.reading)?;
        }
        if change.action != Action::Remove && change.value == Some(Value::Null) {
            self.reading.note(Repair::NullForRemove, target.attribute.name);
        }
        let mut unassigned = |value: &Option<Value>| match value {
            Some(value) => {
                decode::attribute(target.attribute, value.clone(), self.reading).map(|value| value.is_none())
            }
            None => Ok(true),
        };
        if target.attribute.is_required_by_itself() && (change.action == Action::Remove || unassigned(&change.value)?) {
            return Err(Error::mutability(format!("{} is required and cannot be removed.", target.display())));
        }
        self.changes.push(change);
        if target.attribute.name != "members" {
            self.inside += 1;
        }
        if self.inside > MAX_CHANGES {
            return Err(Error::value(format!("A PATCH makes at most {MAX_CHANGES} changes. Split it.")));
        }
        Ok(())
    }
}

/// The equality terms of a filter that must all hold, as an element.
fn template(filter: &ParsedFilter<'_>, target: AttributeRef, reading: &mut Reading) -> Result<Object, Error> {
    let mut element = Object::new();
    let terms = match filter {
        Expr::And(terms) => terms.as_slice(),
        one => std::slice::from_ref(one),
    };
    for term in terms {
        if let Expr::Compare(name, Op::Equal, literal) = term
            && let Some(sub) = target.attribute.sub_attribute(name)
            && let Some(value) = decode::element(sub, literal_value(sub, literal), reading)?
        {
            element.insert(sub.name.to_owned(), value);
        }
    }
    Ok(element)
}

fn literal_value(attribute: &Attribute, literal: &Literal) -> Value {
    match literal {
        Literal::Word(word) if word.eq_ignore_ascii_case("null") => Value::Null,
        Literal::Word(word) if attribute.kind == Type::Boolean => {
            decode::boolean(word).map_or_else(|| Value::from(word.as_str()), Value::Bool)
        }
        literal => Value::from(literal.text()),
    }
}
