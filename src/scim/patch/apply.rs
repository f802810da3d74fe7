//! Changes applied to a resource in canonical form. All or nothing: an error leaves the caller's copy as it was.

use super::{Action, Change, Selection};
use crate::scim::decode::{attribute, element, finish, home, keep_one_primary};
use crate::scim::filter::element_matches;
use crate::scim::quirk::Repair;
use crate::scim::schema::{Attribute, Mutability, ResourceType, Type};
use crate::scim::{Error, Object, Reading, ScimType};
use serde_json::Value;

/// The resource after all changes (RFC 7644 §3.5.2). Equal to what came in when nothing changed.
pub fn apply(
    changes: Vec<Change>,
    resource: &Object,
    resource_type: &'static ResourceType,
    reading: &mut Reading,
) -> Result<Object, Error> {
    let mut changed = resource.clone();
    for change in changes {
        let home = home(&mut changed, change.target.extension);
        let slot = home.remove(change.target.attribute.name);
        if let Some(value) = changed_attribute(change, slot, reading)? {
            home.insert(value.0.to_owned(), value.1);
        }
    }
    Ok(finish(changed, resource_type))
}

/// The new value of one attribute, with its name; `None` when it is unassigned now.
fn changed_attribute(
    change: Change,
    old: Option<Value>,
    reading: &mut Reading,
) -> Result<Option<(&'static str, Value)>, Error> {
    let whole = change.target.attribute;
    let value = if whole.multi_valued {
        let elements = match old {
            Some(Value::Array(elements)) => elements,
            _ => Vec::new(),
        };
        // Elements may have become equal, or hold what is only taken apart when it is read.
        let elements = changed_elements(change, elements, reading)?;
        attribute(whole, Value::Array(elements), reading)?
    } else if whole.kind == Type::Complex {
        changed_complex(change, old, reading)?
    } else {
        match (change.action, change.value) {
            (Action::Remove, _) | (_, None) => None,
            (_, Some(value)) => match attribute(whole, value, reading)? {
                // An empty `active` says neither yes nor no: it must not bring anybody back.
                None if whole.kind == Type::Boolean => old,
                new => new,
            },
        }
    };
    Ok(value.map(|value| (whole.name, value)))
}

/// RFC 7644 §3.5.2.3: sub-attributes that are not named stay, but where a replace means the whole.
fn changed_complex(change: Change, old: Option<Value>, reading: &mut Reading) -> Result<Option<Value>, Error> {
    let mut parts = match old {
        Some(Value::Object(parts)) => parts,
        _ => Object::new(),
    };
    match (change.target.sub, change.action, change.value) {
        (None, Action::Remove, _) | (None, _, None) => parts.clear(),
        (None, action, Some(value)) => match attribute(change.target.attribute, value.clone(), reading)? {
            None if !is_parts(&value) => parts.clear(),
            new => {
                if action == Action::Replace && !reading.rules.merged_parts {
                    parts.clear();
                }
                merge(&mut parts, change.target.attribute, &value, new);
            }
        },
        (Some(sub), Action::Remove, _) => drop(parts.remove(sub.name)),
        (Some(sub), _, value) => assign(&mut parts, sub, value, reading)?,
    }
    Ok((!parts.is_empty()).then_some(Value::Object(parts)))
}

/// RFC 7643 §2.5, and an empty text, which some clients send for it.
fn is_unassigned(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(elements) => elements.is_empty(),
        Value::Object(parts) => parts.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn is_parts(value: &Value) -> bool {
    value.as_object().is_some_and(|parts| !parts.is_empty())
}

/// Puts the new parts over the old ones; a part sent as null or empty goes.
fn merge(parts: &mut Object, whole: &'static Attribute, sent: &Value, new: Option<Value>) {
    for name in sent.as_object().into_iter().flat_map(Object::keys) {
        if let Some(sub) = whole.sub_attribute(name)
            && sub.mutability != Mutability::ReadOnly
        {
            parts.remove(sub.name);
        }
    }
    if let Some(Value::Object(new)) = new {
        parts.extend(new);
    }
}

fn assign(
    parts: &mut Object,
    sub: &'static Attribute,
    value: Option<Value>,
    reading: &mut Reading,
) -> Result<(), Error> {
    match element(sub, value.unwrap_or(Value::Null), reading)? {
        Some(value) => drop(parts.insert(sub.name.to_owned(), value)),
        None => drop(parts.remove(sub.name)),
    }
    Ok(())
}

fn changed_elements(change: Change, mut elements: Vec<Value>, reading: &mut Reading) -> Result<Vec<Value>, Error> {
    let whole = change.target.attribute;
    match (change.selection, change.target.sub) {
        (None, None) => match (change.action, change.value) {
            (Action::Remove, None | Some(Value::Null)) => elements.clear(),
            // A value that names nothing is not the same as no value.
            (Action::Remove, Some(value)) => {
                reading.note(Repair::RemoveWithValue, whole.name);
                remove_named(&mut elements, whole, value, reading)?;
            }
            (Action::Replace, value) => elements = listed(whole, value, reading)?,
            (Action::Add, value) => {
                for new in listed(whole, value, reading)? {
                    add_element(&mut elements, new);
                }
            }
        },
        (None, Some(sub)) => {
            let all = vec![true; elements.len()];
            if change.action != Action::Remove && all.len() > 1 {
                return Err(Error::path(format!(
                    "{0} has several values. Say which one, such as {0}[type eq \"work\"].{1}.",
                    whole.name, sub.name
                )));
            }
            change_parts(&mut elements, all, change.action, sub, change.value, Some(Object::new()), reading)?;
        }
        (Some(selection), Some(sub)) => {
            let chosen = chosen(&elements, &selection, whole, reading)?;
            let template = (!selection.template.is_empty()).then_some(selection.template);
            change_parts(&mut elements, chosen, change.action, sub, change.value, template, reading)?;
        }
        (Some(selection), None) => {
            let chosen = chosen(&elements, &selection, whole, reading)?;
            change_whole_elements(&mut elements, chosen, change.action, whole, change.value, selection, reading)?;
        }
    }
    Ok(elements)
}

fn listed(whole: &'static Attribute, value: Option<Value>, reading: &mut Reading) -> Result<Vec<Value>, Error> {
    match attribute(whole, value.unwrap_or(Value::Null), reading)? {
        Some(Value::Array(elements)) => Ok(elements),
        _ => Ok(Vec::new()),
    }
}

/// Which elements a value path means, one flag for each.
fn chosen(elements: &[Value], selection: &Selection, whole: &Attribute, reading: &Reading) -> Result<Vec<bool>, Error> {
    let chosen: Vec<bool> = elements.iter().map(|element| element_matches(&selection.filter, element)).collect();
    let count = chosen.iter().filter(|chosen| **chosen).count();
    if count > 1 && !reading.rules.several_elements {
        return Err(Error::filter(format!(
            "The filter in the path means {count} values of {}; this connection changes one at a time. Name it, such as \
             {}[value eq \"…\"].",
            whole.name, whole.name
        )));
    }
    Ok(chosen)
}

/// Whether a change whose filter matches nothing may make the element, or else an error. A replace has nothing to
/// replace (RFC 7644 §3.5.2.3: `noTarget`); Entra sends one all the same.
fn check_made(action: Action, attribute: &Attribute, reading: &mut Reading) -> Result<(), Error> {
    if action == Action::Replace && !reading.rules.made_elements {
        return Err(no_target(attribute));
    }
    reading.note(Repair::ValuePathWithoutMatch, attribute.name);
    Ok(())
}

fn among<'e>(elements: &'e mut [Value], chosen: &'e [bool]) -> impl Iterator<Item = &'e mut Value> {
    elements.iter_mut().zip(chosen).filter(|(_, chosen)| **chosen).map(|(element, _)| element)
}

/// Keeps the elements that were not chosen, and of the chosen ones those that `stays` says.
fn retain(elements: &mut Vec<Value>, chosen: &[bool], stays: impl Fn(&Value) -> bool) {
    let mut flags = chosen.iter();
    elements.retain(|element| !flags.next().copied().unwrap_or(false) || stays(element));
}

/// RFC 7644 §3.5.2.1: a value that is already there is not added again. The same value and type with other parts
/// is the same element.
fn add_element(elements: &mut Vec<Value>, new: Value) {
    let same = |old: &Value| {
        old == &new
            || (new.get("value").is_some()
                && old.get("value") == new.get("value")
                && old.get("type") == new.get("type"))
    };
    let index = elements.iter().position(same).unwrap_or(elements.len());
    let primary = new.get("primary") == Some(&Value::Bool(true));
    match (elements.get_mut(index), new) {
        (Some(Value::Object(old)), Value::Object(new)) => old.extend(new),
        (Some(_), _) => {}
        (None, new) => elements.push(new),
    }
    if primary {
        keep_one_primary(elements, Some(index));
    }
}

/// `remove` with a value takes away those elements only: Entra removes members this way.
fn remove_named(
    elements: &mut Vec<Value>,
    whole: &'static Attribute,
    value: Value,
    reading: &mut Reading,
) -> Result<(), Error> {
    for gone in listed(whole, Some(value), reading)? {
        elements.retain(|element| match gone.get("value") {
            Some(value) => element.get("value") != Some(value),
            None => element != &gone,
        });
    }
    Ok(())
}

/// Changes one part of the chosen elements, or makes the element that should have been there.
fn change_parts(
    elements: &mut Vec<Value>,
    mut chosen: Vec<bool>,
    action: Action,
    sub: &'static Attribute,
    value: Option<Value>,
    template: Option<Object>,
    reading: &mut Reading,
) -> Result<(), Error> {
    let value = match action {
        Action::Remove => None,
        _ => element(sub, value.unwrap_or(Value::Null), reading)?,
    };
    let Some(value) = value else {
        for parts in among(elements, &chosen).filter_map(Value::as_object_mut) {
            parts.remove(sub.name);
        }
        // An element of which only the label is left says nothing.
        let says = |element: &Value| {
            element.as_object().is_some_and(|parts| parts.keys().any(|name| name != "type" && name != "primary"))
        };
        retain(elements, &chosen, says);
        return Ok(());
    };
    if !chosen.contains(&true) {
        let template = template.ok_or_else(|| no_target(sub))?;
        // Without a filter there was nothing to match.
        if !template.is_empty() {
            check_made(action, sub, reading)?;
        }
        elements.push(Value::Object(template));
        chosen.push(true);
    }
    for parts in among(elements, &chosen).filter_map(Value::as_object_mut) {
        parts.insert(sub.name.to_owned(), value.clone());
    }
    settle_primary(elements, &chosen);
    Ok(())
}

fn change_whole_elements(
    elements: &mut Vec<Value>,
    mut chosen: Vec<bool>,
    action: Action,
    whole: &'static Attribute,
    value: Option<Value>,
    selection: Selection,
    reading: &mut Reading,
) -> Result<(), Error> {
    let takes_away = action == Action::Remove || value.as_ref().is_none_or(is_unassigned);
    if takes_away {
        retain(elements, &chosen, |_| false);
        return Ok(());
    }
    let new = listed(whole, value, reading)?;
    // Nothing but parts that the schema does not have.
    if new.is_empty() {
        return Ok(());
    }
    let [Value::Object(new)] = new.as_slice() else {
        return Err(Error::value(format!("The value for one of {} must be one JSON object.", whole.name)));
    };
    let mut parts = selection.template;
    parts.extend(new.clone());
    if !chosen.contains(&true) {
        check_made(action, whole, reading)?;
        elements.push(Value::Null);
        chosen.push(true);
    }
    for slot in among(elements, &chosen) {
        match (slot, action) {
            (Value::Object(old), Action::Add) => old.extend(new.clone()),
            (slot, _) => *slot = Value::Object(parts.clone()),
        }
    }
    settle_primary(elements, &chosen);
    Ok(())
}

/// A touched element that is primary now takes the place of the old one.
fn settle_primary(elements: &mut [Value], touched: &[bool]) {
    let is_primary = |element: &Value| element.get("primary") == Some(&Value::Bool(true));
    let winner = elements.iter().zip(touched).rposition(|(element, touched)| *touched && is_primary(element));
    if winner.is_some() {
        let _ = keep_one_primary(elements, winner);
    }
}

/// RFC 7644 §3.5.2.3: nothing was found, and the filter does not say what to make.
fn no_target(attribute: &Attribute) -> Error {
    let detail = format!("No element matches the filter in the path, so there is no {} to change.", attribute.name);
    Error::new(ScimType::NoTarget, detail)
}
