//! From attributes of the schema to fields of the model, for filters and orders.

use super::profile::ordered;
use crate::domain::{Condition, FIRST, Field};
use crate::expr::{Expr, Op, Value};
use crate::scim::Error;
use crate::scim::filter::{Filter, compare_text};
use crate::scim::path::{AttributeRef, Named, resolve};
use crate::scim::schema::{CONNECTOR_GROUP, CONNECTOR_USER, ResourceType, Type};

/// A bound filter in the words of the model.
pub fn condition(filter: Filter) -> Result<Condition, Error> {
    filter.translate(&mut |node| {
        Ok(match node {
            Expr::Present(target) => Expr::Present(field(target)),
            Expr::Compare(target, op, value) => match (field(target), value) {
                (field @ Field::Profile(_), Value::Number(number)) => compare_number(field, op, number),
                (field, value) => Expr::Compare(field, op, value),
            },
            Expr::Any(list, inner) => Expr::Any(field(list), Box::new(element(list, *inner)?)),
            Expr::Const(_) | Expr::And(_) | Expr::Or(_) | Expr::Not(_) => {
                return Err(Error::filter("The filter is not understood."));
            }
        })
    })
}

/// What is kept as ordered text is compared as such. Kept numbers are whole: 2.5 lies between two of them.
fn compare_number(field: Field, op: Op, number: f64) -> Condition {
    #[expect(clippy::cast_possible_truncation, reason = "the cast saturates, which is what is wanted")]
    let whole = number.floor() as i64;
    let op = match op {
        _ if number.fract() == 0.0 => op,
        Op::Equal => return Expr::Const(false),
        Op::GreaterOrEqual => Op::Greater,
        Op::Less => Op::LessOrEqual,
        op => op,
    };
    Expr::Compare(field, op, Value::Text(ordered(whole)))
}

/// What one attribute is in the model.
fn field(target: AttributeRef) -> Field {
    if target.extension.is_none() {
        match (target.attribute.name, target.sub.map(|sub| sub.name)) {
            ("id", _) => return Field::Id,
            ("userName", _) => return Field::UserName,
            ("displayName", _) => return Field::DisplayName,
            ("externalId", _) => return Field::ExternalId,
            ("active", _) => return Field::Active,
            ("meta", Some("created")) => return Field::Created,
            ("meta", Some("lastModified")) => return Field::LastModified,
            ("emails", None) => return Field::Emails,
            ("groups", None) => return Field::Groups,
            ("members", None) => return Field::Members,
            // Every resource has all of it.
            ("meta", None) => return Field::Id,
            _ => {}
        }
    }
    if let Some(schema) = target.extension.filter(|schema| [CONNECTOR_USER.id, CONNECTOR_GROUP.id].contains(&schema.id))
    {
        match (schema.id == CONNECTOR_USER.id, target.attribute.name) {
            (true, "status") => return Field::Status,
            (true, "organization") => return Field::Organization,
            (true, "username") => return Field::Username,
            (true, "primaryGroup") => return Field::PrimaryGroup,
            (true, "memberships") => return Field::Memberships,
            (false, "archived") => return Field::Archived,
            (false, "default") => return Field::Default,
            (false, "memberCount") => return Field::MemberCount,
            (false, "memberSettings") => return Field::MemberSettings,
            _ => {}
        }
    }
    Field::Profile(path(target))
}

fn path(target: AttributeRef) -> Vec<&'static str> {
    let parts = [target.extension.map(|schema| schema.id), Some(target.attribute.name), target.sub.map(|sub| sub.name)];
    parts.into_iter().flatten().collect()
}

fn element(list: AttributeRef, inner: Filter) -> Result<Condition, Error> {
    inner.translate(&mut |node| {
        Ok(match node {
            Expr::Present(part) | Expr::Compare(part, ..) if fixed(list, part).is_some() => {
                Expr::Const(fixed_matches(&node, fixed(list, part).unwrap_or_default()))
            }
            Expr::Present(part) => Expr::Present(Field::Element(name(part))),
            Expr::Compare(part, op, value) => Expr::Compare(Field::Element(name(part)), op, value),
            _ => return Err(Error::filter("A value path cannot stand inside another one.")),
        })
    })
}

/// A simple list keeps its elements under `value`.
fn name(part: AttributeRef) -> &'static str {
    part.sub.map_or("value", |sub| sub.name)
}

/// The `type` of a member and of a membership is the same for all.
fn fixed(list: AttributeRef, part: AttributeRef) -> Option<&'static str> {
    match (list.attribute.name, name(part)) {
        ("members", "type") => Some("user"),
        ("groups", "type") => Some("direct"),
        _ => None,
    }
}

fn fixed_matches(node: &Filter, actual: &str) -> bool {
    match node {
        Expr::Compare(_, op, Value::Text(expected)) => compare_text(actual, *op, expected),
        Expr::Compare(_, op, _) => *op != Op::Equal,
        _ => true,
    }
}

/// What `sortBy` means (RFC 7644 §3.4.2.3): of a list its primary or first element, of a complex attribute its value.
pub fn sort_field(name: &str, resource_type: &'static ResourceType) -> Result<Field, Error> {
    let refused = |why: &str| Error::value(format!("sortBy cannot be \"{name}\": {why}."));
    let Some(Named::Attribute(target)) = resolve(name, resource_type).map_err(|_| refused("it is not an attribute"))?
    else {
        return Err(refused("it is not an attribute"));
    };
    let target = match target.attribute.value_attribute() {
        Some(value) if target.sub.is_none() => target.with_sub(value),
        _ => target,
    };
    if !target.attribute.filterable || !target.leaf().filterable {
        return Err(refused("it is not kept or not comparable"));
    }
    match (target.attribute.name, target.extension) {
        ("groups" | "members" | "schemas", None) => Err(refused("it has no order")),
        (
            "organization" | "primaryGroup" | "memberships" | "memberSettings" | "archived" | "default" | "memberCount",
            Some(_),
        ) if target.attribute.of_the_account
            || target.extension.is_some_and(|schema| schema.id == CONNECTOR_GROUP.id) =>
        {
            Err(refused("it has no order"))
        }
        // Written as text beside the others, because the column is a boolean.
        ("active", None) => Ok(Field::Profile(vec!["active"])),
        _ if target.leaf().kind == Type::Complex => Err(refused("name one of its parts")),
        _ if target.attribute.multi_valued => {
            let mut path = path(AttributeRef { sub: None, ..target });
            path.extend([FIRST, name_of(target)]);
            Ok(Field::Profile(path))
        }
        ("meta", None) if target.leaf().name == "resourceType" => Ok(Field::Id),
        _ => Ok(field(target)),
    }
}

fn name_of(target: AttributeRef) -> &'static str {
    target.leaf().name
}
