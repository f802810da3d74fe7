//! The grammar of RFC 7644 §3.4.2.2 figure 1, and what clients send beyond it: a sub-attribute after a value path,
//! literals without quotes, keywords in any case, a lone backslash in a string.
//!
//! One grammar serves filters and PATCH paths.

use super::{Literal, ParsedFilter};
use crate::expr::{Expr, Op};
use crate::scim::quirk::Repair;
use crate::scim::{Error, Reading};
use nom::branch::alt;
use nom::bytes::complete::{tag_no_case, take_while1};
use nom::character::complete::{char, multispace0, multispace1};
use nom::combinator::{not, opt, peek};
use nom::error::{ErrorKind, ParseError};
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};

/// Characters of a filter or path that are read at most.
pub const MAX_LENGTH: usize = 16 * 1024;
const MAX_DEPTH: usize = 32;
const MAX_TERMS: usize = 256;

/// Characters on each side of a mistake that the error shows.
const NEAR: usize = 20;

/// A PATCH path (RFC 7644 §3.5.2 figure 7): a name, one element of it, a part of that element.
#[derive(Debug, PartialEq)]
pub struct ParsedPath<'a> {
    pub name: &'a str,
    pub filter: Option<ParsedFilter<'a>>,
    pub sub: Option<&'a str>,
}

/// Reads a whole filter.
pub fn parse<'a>(text: &'a str, reading: &mut Reading) -> Result<ParsedFilter<'a>, Error> {
    let grammar = Grammar::default();
    let filter = complete(text, |input| or_terms(input, &grammar)).map_err(Error::filter)?;
    if grammar.part_behind_value_path.get() {
        reading.note(Repair::ValuePathInFilter, "filter");
    }
    if text.contains('\\') && has_lone_backslash(text) {
        reading.note(Repair::LoneBackslash, "filter");
    }
    Ok(filter)
}

/// Whether a backslash in a well-formed filter starts no escape. Backslashes stand in strings only.
fn has_lone_backslash(text: &str) -> bool {
    let mut rest = text;
    while let Some((_, behind)) = rest.split_once('\\') {
        match escape(behind) {
            Some((_, after)) => rest = after,
            None => return true,
        }
    }
    false
}

/// Reads a whole PATCH path.
pub fn parse_path(text: &str) -> Result<ParsedPath<'_>, Error> {
    complete(text, path).map_err(Error::path)
}

type Parsed<'a, T> = IResult<&'a str, T, Trouble<'a>>;

/// Where the text stopped making sense, and why.
#[derive(Debug)]
struct Trouble<'a> {
    at: &'a str,
    reason: &'static str,
}

impl<'a> ParseError<&'a str> for Trouble<'a> {
    fn from_error_kind(at: &'a str, _: ErrorKind) -> Self {
        Self { at, reason: "this is not understood" }
    }

    fn append(_: &'a str, _: ErrorKind, other: Self) -> Self {
        other
    }
}

/// An error that no alternative can mend.
fn fail<'a, T>(at: &'a str, reason: &'static str) -> Parsed<'a, T> {
    Err(nom::Err::Failure(Trouble { at, reason }))
}

fn complete<'a, T>(text: &'a str, parser: impl Fn(&'a str) -> Parsed<'a, T>) -> Result<T, String> {
    if text.len() > MAX_LENGTH {
        return Err(format!("It is longer than {MAX_LENGTH} characters. Split the request."));
    }
    let trouble = match delimited(multispace0, parser, multispace0).parse(text) {
        Ok(("", value)) => return Ok(value),
        Ok((rest, _)) => Trouble { at: rest, reason: "nothing more was expected here" },
        Err(nom::Err::Error(trouble) | nom::Err::Failure(trouble)) => trouble,
        Err(nom::Err::Incomplete(_)) => Trouble { at: "", reason: "it ends too early" },
    };
    let position = text[..text.len() - trouble.at.len()].chars().count() + 1;
    let from = position.saturating_sub(1 + NEAR);
    let near: String = text.chars().skip(from).take(position - 1 - from + NEAR).collect();
    Err(format!("At character {position}, near {near:?}: {}.", trouble.reason))
}

/// What bounds a filter while it is read.
#[derive(Default)]
struct Grammar {
    depth: std::cell::Cell<usize>,
    terms: std::cell::Cell<usize>,
    inside_value_path: std::cell::Cell<bool>,
    part_behind_value_path: std::cell::Cell<bool>,
}

impl Grammar {
    /// Counts one more level of nesting around `inner`.
    fn nested<'a, T>(&self, input: &'a str, inner: impl FnOnce() -> Parsed<'a, T>) -> Parsed<'a, T> {
        if self.depth.get() == MAX_DEPTH {
            return fail(input, "it is nested too deeply");
        }
        self.depth.set(self.depth.get() + 1);
        let result = inner();
        self.depth.set(self.depth.get() - 1);
        result
    }
}

fn or_terms<'a>(input: &'a str, grammar: &Grammar) -> Parsed<'a, ParsedFilter<'a>> {
    let (rest, terms) = joined(input, "or", |input| and_terms(input, grammar))?;
    Ok((rest, one_or(terms, Expr::Or)))
}

fn and_terms<'a>(input: &'a str, grammar: &Grammar) -> Parsed<'a, ParsedFilter<'a>> {
    let (rest, terms) = joined(input, "and", |input| term(input, grammar))?;
    Ok((rest, one_or(terms, Expr::And)))
}

/// One or more terms with a keyword between them.
fn joined<'a, T>(input: &'a str, word: &'static str, term: impl Fn(&'a str) -> Parsed<'a, T>) -> Parsed<'a, Vec<T>> {
    let (mut rest, first) = term(input)?;
    let mut terms = vec![first];
    while let Ok((after, _)) = preceded(multispace0, keyword(word)).parse(rest) {
        let (after, next) = preceded(multispace0, &term).parse(after)?;
        terms.push(next);
        rest = after;
    }
    Ok((rest, terms))
}

fn one_or<'a>(
    mut terms: Vec<ParsedFilter<'a>>,
    many: impl FnOnce(Vec<ParsedFilter<'a>>) -> ParsedFilter<'a>,
) -> ParsedFilter<'a> {
    match terms.len() {
        1 => terms.remove(0),
        _ => many(terms),
    }
}

/// A word in any case that is not the beginning of a longer one.
fn keyword<'a>(word: &'static str) -> impl Parser<&'a str, Output = &'a str, Error = Trouble<'a>> {
    terminated(tag_no_case(word), not(peek(take_while1(is_name_char))))
}

fn term<'a>(input: &'a str, grammar: &Grammar) -> Parsed<'a, ParsedFilter<'a>> {
    let (rest, negated) = opt(terminated(keyword("not"), (multispace0, peek(char('('))))).parse(input)?;
    let rest = rest.trim_start();
    if let Some(inside) = rest.strip_prefix('(') {
        let (rest, inner) = grammar.nested(rest, || spaced(inside, |input| or_terms(input, grammar)))?;
        let (rest, _) = close(rest, ')', "a closing parenthesis is missing")?;
        return Ok((rest, if negated.is_some() { inner.negate() } else { inner }));
    }
    grammar.terms.set(grammar.terms.get() + 1);
    if grammar.terms.get() > MAX_TERMS {
        return fail(input, "it has too many conditions");
    }
    attribute_term(rest, grammar)
}

/// `attr op value`, `attr pr`, `attr[filter]`, `attr[filter].sub op value`.
fn attribute_term<'a>(input: &'a str, grammar: &Grammar) -> Parsed<'a, ParsedFilter<'a>> {
    let (rest, name) = name(input)?;
    let (rest, element) = value_path(rest, grammar)?;
    let Some(element) = element else { return comparison(rest, name) };
    let (rest, sub) = opt(preceded(char('.'), take_while1(is_name_char))).parse(rest)?;
    let Some(sub) = sub else { return Ok((rest, Expr::Any(name, Box::new(element)))) };
    let (rest, last) = comparison(rest, sub)?;
    grammar.part_behind_value_path.set(true);
    let any = |last| Expr::Any(name, Box::new(Expr::And(vec![element, last])));
    // `ne` negates the whole: no element of that kind has this value.
    Ok((
        rest,
        match last {
            Expr::Not(equal) => any(*equal).negate(),
            other => any(other),
        },
    ))
}

fn value_path<'a>(input: &'a str, grammar: &Grammar) -> Parsed<'a, Option<ParsedFilter<'a>>> {
    let Some(inside) = input.strip_prefix('[') else { return Ok((input, None)) };
    if grammar.inside_value_path.replace(true) {
        return fail(input, "a value path cannot stand inside another one");
    }
    let (rest, filter) = grammar.nested(input, || spaced(inside, |input| or_terms(input, grammar)))?;
    grammar.inside_value_path.set(false);
    let (rest, _) = close(rest, ']', "a closing bracket is missing")?;
    Ok((rest, Some(filter)))
}

fn comparison<'a>(input: &'a str, name: &'a str) -> Parsed<'a, ParsedFilter<'a>> {
    let word: Parsed<'a, &str> = preceded(multispace1, take_while1(|c: char| c.is_ascii_alphabetic())).parse(input);
    let Ok((rest, word)) = word else {
        return fail(input, "an operator is missing: eq, ne, co, sw, ew, gt, ge, lt, le or pr");
    };
    let op = match word.to_ascii_lowercase().as_str() {
        "pr" => return Ok((rest, Expr::Present(name))),
        "eq" | "ne" => Op::Equal,
        "co" => Op::Contains,
        "sw" => Op::StartsWith,
        "ew" => Op::EndsWith,
        "gt" => Op::Greater,
        "ge" => Op::GreaterOrEqual,
        "lt" => Op::Less,
        "le" => Op::LessOrEqual,
        _ => {
            return fail(
                input.trim_start(),
                "this operator does not exist: use eq, ne, co, sw, ew, gt, ge, lt, le or pr",
            );
        }
    };
    let (rest, value) = preceded(multispace1::<&str, Trouble>, literal).parse(rest).or_else(|error| match error {
        nom::Err::Error(_) => fail(rest, "a value is missing behind the operator"),
        failure => Err(failure),
    })?;
    let equal = Expr::Compare(name, op, value);
    Ok((rest, if word.eq_ignore_ascii_case("ne") { equal.negate() } else { equal }))
}

fn literal(input: &str) -> Parsed<'_, Literal> {
    let word = take_while1(|c: char| !c.is_whitespace() && !matches!(c, ')' | ']' | '"'));
    alt((quoted, word.map(|word: &str| Literal::Word(word.to_owned())))).parse(input)
}

/// A JSON string. A backslash that starts no escape stands for itself, because clients send `domain\user`.
fn quoted(input: &str) -> Parsed<'_, Literal> {
    let (inside, _) = char('"').parse(input)?;
    let mut text = String::new();
    let mut rest = inside.chars();
    while let Some(c) = rest.next() {
        match c {
            '"' => return Ok((rest.as_str(), Literal::Quoted(text))),
            '\\' => match escape(rest.as_str()) {
                Some((c, after)) => {
                    text.push(c);
                    rest = after.chars();
                }
                None => text.push('\\'),
            },
            c => text.push(c),
        }
    }
    fail(input, "a closing quote is missing")
}

/// The character behind a backslash (RFC 8259 §7) and what follows it.
fn escape(input: &str) -> Option<(char, &str)> {
    let mut rest = input.chars();
    let c = match rest.next()? {
        c @ ('"' | '\\' | '/') => c,
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => return unicode_escape(rest.as_str()),
        _ => return None,
    };
    Some((c, rest.as_str()))
}

fn unicode_escape(input: &str) -> Option<(char, &str)> {
    let unit = |text: &str| {
        let digits = text.get(..4).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
        u32::from_str_radix(digits, 16).ok()
    };
    let first = unit(input)?;
    if let Some(c) = char::from_u32(first) {
        return Some((c, &input[4..]));
    }
    let second = unit(input[4..].strip_prefix("\\u")?)?;
    let mut pair = char::decode_utf16([u16::try_from(first).ok()?, u16::try_from(second).ok()?]);
    Some((pair.next()?.ok()?, &input[10..]))
}

fn path(input: &str) -> Parsed<'_, ParsedPath<'_>> {
    let (rest, name) = name(input)?;
    let (rest, filter) = value_path(rest, &Grammar::default())?;
    let (rest, sub) = match &filter {
        Some(_) => opt(preceded(char('.'), take_while1(is_name_char))).parse(rest)?,
        None => (rest, None),
    };
    Ok((rest, ParsedPath { name, filter, sub }))
}

/// An attribute path with its URN, not yet taken apart: only the schema table knows where a URN ends.
fn name(input: &str) -> Parsed<'_, &str> {
    take_while1(|c| is_name_char(c) || matches!(c, ':' | '.'))(input).map_err(|_: nom::Err<Trouble>| {
        nom::Err::Failure(Trouble { at: input, reason: "an attribute name is missing" })
    })
}

fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '$')
}

fn spaced<'a, T>(input: &'a str, inner: impl Fn(&'a str) -> Parsed<'a, T>) -> Parsed<'a, T> {
    delimited(multispace0, inner, multispace0).parse(input)
}

fn close<'a>(input: &'a str, bracket: char, reason: &'static str) -> Parsed<'a, ()> {
    match input.strip_prefix(bracket) {
        Some(rest) => Ok((rest, ())),
        None => fail(input, reason),
    }
}
