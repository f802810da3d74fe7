//! From names and literals to attributes and typed values.

use super::{Filter, Literal, ParsedFilter};
use crate::expr::{Expr, Op, Value, fold};
use crate::scim::path::{AttributeRef, Named, resolve_noting};
use crate::scim::quirk::Repair;
use crate::scim::schema::{Attribute, ResourceType, Type};
use crate::scim::{Error, Reading, ScimType, decode, time};

/// What becomes of a condition on an attribute that the resource type does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// RFC 7644 §3.4.2.2: an endpoint of one type refuses it. Never an unfiltered list.
    Refuse,
    /// A search over several types: a resource without the attribute does not match.
    NoMatch,
}

/// Binds a filter to a resource type.
pub fn bind(
    filter: ParsedFilter<'_>,
    resource_type: &'static ResourceType,
    unknown: Unknown,
    reading: &mut Reading,
) -> Result<Filter, Error> {
    filter.translate(&mut |node| {
        let name = match &node {
            Expr::Present(name) | Expr::Compare(name, ..) | Expr::Any(name, _) => *name,
            _ => return Err(Error::filter("The filter is not understood.")),
        };
        let target = match resolve_noting(name, resource_type, reading).map_err(as_filter_error)? {
            Some(Named::Attribute(target)) => target,
            Some(Named::Schema(_)) | None if unknown == Unknown::NoMatch => return Ok(Expr::Const(false)),
            Some(Named::Schema(_)) | None => {
                return Err(Error::filter(format!(
                    "{} has no attribute \"{name}\". See {} in /Schemas for the names.",
                    resource_type.name, resource_type.schema.id
                )));
            }
        };
        if is_resource_type(target) {
            return Ok(Expr::Const(resource_type_matches(&node, resource_type)));
        }
        filterable(target.attribute, target)?;
        match node {
            Expr::Present(_) => Ok(over_elements(target, Expr::Present)),
            Expr::Compare(_, op, literal) => compare(with_value_sub(target, reading)?, op, &literal, reading),
            Expr::Any(_, inner) if target.sub.is_none() => bind_element(*inner, target, reading),
            _ => {
                Err(Error::filter(format!("\"{name}\" cannot be followed by a bracket. Only a complex attribute can.")))
            }
        }
    })
}

/// Binds the inside of a value path to the sub-attributes of `parent`.
pub fn bind_element(filter: ParsedFilter<'_>, parent: AttributeRef, reading: &mut Reading) -> Result<Filter, Error> {
    if parent.attribute.kind != Type::Complex {
        return Err(Error::filter(format!("{} has no parts to choose by.", parent.display())));
    }
    let inner = filter.translate(&mut |node| {
        let sub = |name: &str| {
            let sub = parent
                .attribute
                .sub_attribute(name)
                .ok_or_else(|| Error::filter(format!("{} has no sub-attribute \"{name}\".", parent.display())))?;
            filterable(sub, parent.with_sub(sub))?;
            Ok(parent.with_sub(sub))
        };
        match node {
            Expr::Present(name) => Ok(Expr::Present(sub(name)?)),
            Expr::Compare(name, op, literal) => typed(sub(name)?, op, &literal, reading),
            _ => Err(Error::filter("A value path cannot stand inside another one.")),
        }
    })?;
    Ok(if parent.attribute.multi_valued { Expr::Any(parent, Box::new(inner)) } else { inner })
}

/// `meta.resourceType` is known from the endpoint, so it is decided here.
fn is_resource_type(target: AttributeRef) -> bool {
    target.attribute.name == "meta" && target.sub.is_some_and(|sub| sub.name == "resourceType")
}

fn resource_type_matches(node: &ParsedFilter<'_>, resource_type: &ResourceType) -> bool {
    match node {
        Expr::Compare(_, op, literal) => super::evaluate::compare_text(resource_type.name, *op, literal.text()),
        _ => true,
    }
}

/// A complex attribute used as a simple one stands for its `value`: `manager eq "x"`, `emails co "x"`.
fn with_value_sub(target: AttributeRef, reading: &mut Reading) -> Result<AttributeRef, Error> {
    if target.leaf().kind != Type::Complex {
        return Ok(target);
    }
    match target.attribute.value_attribute() {
        Some(value) => {
            // RFC 7644 §3.4.2.2 does so itself with `emails co "example.org"`.
            if !target.attribute.multi_valued {
                reading.note(Repair::ComplexAsValue, target.attribute.name);
            }
            Ok(target.with_sub(value))
        }
        None => Err(Error::filter(format!(
            "{} is complex. Name one of its parts, such as {}.{}.",
            target.display(),
            target.display(),
            target.attribute.sub_attributes.first().map_or("value", |sub| sub.name)
        ))),
    }
}

fn compare(target: AttributeRef, op: Op, literal: &Literal, reading: &mut Reading) -> Result<Filter, Error> {
    let condition = typed(target, op, literal, reading)?;
    Ok(match condition {
        // `emails.value eq null` is "no element has a value".
        Expr::Not(present) => over_elements(target, |_| *present).negate(),
        condition => over_elements(target, |_| condition),
    })
}

/// A condition on a multi-valued attribute asks for one element that satisfies it.
fn over_elements(target: AttributeRef, condition: impl FnOnce(AttributeRef) -> Filter) -> Filter {
    let whole = AttributeRef { sub: None, ..target };
    if target.attribute.multi_valued && (target.sub.is_some() || target.attribute.kind != Type::Complex) {
        Expr::Any(whole, Box::new(condition(target)))
    } else {
        condition(target)
    }
}

fn typed(target: AttributeRef, op: Op, literal: &Literal, reading: &mut Reading) -> Result<Filter, Error> {
    let leaf = target.leaf();
    if let Literal::Word(word) = literal
        && word.eq_ignore_ascii_case("null")
    {
        return match op {
            Op::Equal => Ok(Expr::Present(target).negate()),
            _ => Err(Error::filter("null can only be compared with eq and ne.")),
        };
    }
    match (literal, leaf.kind) {
        (Literal::Quoted(_), Type::Boolean) => reading.note(Repair::BooleanAsText, &target.display()),
        (Literal::Quoted(_), Type::Integer) => reading.note(Repair::NumberAsText, &target.display()),
        (Literal::Word(_), kind) if !matches!(kind, Type::Boolean | Type::Integer) => {
            reading.note(Repair::UnquotedLiteral, &target.display());
        }
        _ => {}
    }
    let unsupported = |reason: &str| Err(Error::filter(format!("{} is {reason}.", target.display())));
    let is_text_search = matches!(op, Op::Contains | Op::StartsWith | Op::EndsWith);
    match leaf.kind {
        Type::Boolean if op != Op::Equal => unsupported("a boolean and can only be compared with eq and ne"),
        // Entra writes roles[primary eq "True"].
        Type::Boolean => match decode::boolean(literal.text()) {
            Some(flag) => Ok(Expr::Compare(target, op, Value::Bool(flag))),
            None => unsupported(&format!("a boolean: compare it with true or false, not {:?}", literal.text())),
        },
        Type::DateTime if is_text_search => unsupported("a time and has no co, sw and ew"),
        Type::DateTime => match time::parse(literal.text()) {
            Some((milliseconds, cut)) => {
                Ok(Expr::Compare(target, whole_milliseconds(op, cut), Value::Time(milliseconds)))
            }
            None => unsupported(&format!("a time: write it as 2026-01-31T08:00:00Z, not {:?}", literal.text())),
        },
        Type::Integer if is_text_search => unsupported("a number and has no co, sw and ew"),
        Type::Integer => match literal.text().parse() {
            Ok(number) => Ok(Expr::Compare(target, op, Value::Number(number))),
            Err(_) => unsupported(&format!("a number: compare it with one, not {:?}", literal.text())),
        },
        Type::Binary if op != Op::Equal => unsupported("binary and can only be compared with eq and ne"),
        Type::Complex => unsupported("complex: name one of its parts"),
        _ if literal.text().contains('\0') => unsupported("text and cannot hold a NUL character"),
        _ => Ok(Expr::Compare(target, op, Value::Text(key(leaf, literal.text())))),
    }
}

/// Stored times are whole milliseconds, so a finer literal moves the bound instead of being compared.
fn whole_milliseconds(op: Op, cut: bool) -> Op {
    match op {
        Op::GreaterOrEqual if cut => Op::Greater,
        Op::Less if cut => Op::LessOrEqual,
        op => op,
    }
}

/// What a text of this attribute is compared by.
pub fn key(attribute: &Attribute, text: &str) -> String {
    if attribute.case_exact { text.to_owned() } else { fold(text) }
}

fn filterable(attribute: &Attribute, target: AttributeRef) -> Result<(), Error> {
    if attribute.filterable && target.leaf().filterable {
        return Ok(());
    }
    Err(Error::filter(format!("{} cannot be used in a filter.", target.display())))
}

fn as_filter_error(error: Error) -> Error {
    Error::new(ScimType::InvalidFilter, error.detail)
}
