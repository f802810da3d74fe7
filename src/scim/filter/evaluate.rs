//! Filters over one resource in memory: PATCH value paths, and the yardstick that the SQL compiler is tested against.

use super::Filter;
use super::bind::key;
use crate::expr::{Expr, Op, Value};
use crate::scim::path::AttributeRef;
use crate::scim::{Object, time};
use serde_json::Value as Json;

/// Whether a resource in canonical form satisfies the filter.
pub fn matches(filter: &Filter, resource: &Object) -> bool {
    walk(filter, &|field: &AttributeRef| {
        let value = field.value_in(resource)?;
        match field.sub {
            Some(sub) => value.get(sub.name),
            None => Some(value),
        }
    })
}

/// Whether one element of a multi-valued attribute satisfies the inside of a value path.
pub fn element_matches(filter: &Filter, element: &Json) -> bool {
    walk(filter, &|field: &AttributeRef| match field.sub {
        Some(sub) => element.get(sub.name),
        None => Some(element),
    })
}

fn walk<'r>(filter: &Filter, value_of: &dyn Fn(&AttributeRef) -> Option<&'r Json>) -> bool {
    match filter {
        Expr::Const(known) => *known,
        Expr::And(terms) => terms.iter().all(|term| walk(term, value_of)),
        Expr::Or(terms) => terms.iter().any(|term| walk(term, value_of)),
        Expr::Not(inner) => !walk(inner, value_of),
        Expr::Present(field) => value_of(field).is_some_and(is_assigned),
        Expr::Compare(field, op, expected) => {
            value_of(field).is_some_and(|actual| compare(field, actual, *op, expected))
        }
        Expr::Any(field, inner) => match value_of(field) {
            Some(Json::Array(elements)) => elements.iter().any(|element| element_matches(inner, element)),
            _ => false,
        },
    }
}

fn is_assigned(value: &Json) -> bool {
    match value {
        Json::Null => false,
        Json::Array(elements) => !elements.is_empty(),
        Json::Object(members) => !members.is_empty(),
        _ => true,
    }
}

fn compare(field: &AttributeRef, actual: &Json, op: Op, expected: &Value) -> bool {
    match (actual, expected) {
        (Json::String(actual), Value::Text(expected)) => compare_text(&key(field.leaf(), actual), op, expected),
        (Json::String(actual), Value::Time(expected)) => {
            time::parse(actual).is_some_and(|(actual, _)| compare_order(&actual, op, expected))
        }
        (Json::Bool(actual), Value::Bool(expected)) => op == Op::Equal && actual == expected,
        (Json::Number(actual), Value::Number(expected)) => {
            actual.as_f64().is_some_and(|actual| compare_order(&actual, op, expected))
        }
        _ => false,
    }
}

/// Both sides are already folded where case does not matter. Order is that of Unicode code points.
pub fn compare_text(actual: &str, op: Op, expected: &str) -> bool {
    match op {
        Op::Contains => actual.contains(expected),
        Op::StartsWith => actual.starts_with(expected),
        Op::EndsWith => actual.ends_with(expected),
        op => compare_order(actual, op, expected),
    }
}

fn compare_order<T: PartialOrd + ?Sized>(actual: &T, op: Op, expected: &T) -> bool {
    match op {
        Op::Equal => actual == expected,
        Op::Greater => actual > expected,
        Op::GreaterOrEqual => actual >= expected,
        Op::Less => actual < expected,
        Op::LessOrEqual => actual <= expected,
        Op::Contains | Op::StartsWith | Op::EndsWith => false,
    }
}
