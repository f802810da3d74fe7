//! Filters (RFC 7644 §3.4.2.2): text → tree → tree over the schema → evaluated, or handed on to be compiled to SQL.

mod bind;
mod evaluate;
mod parse;

pub use bind::{Unknown, bind, bind_element, key};
pub use evaluate::{compare_text, element_matches, matches};
pub use parse::{MAX_LENGTH, ParsedPath, parse, parse_path};

use super::path::AttributeRef;
use crate::expr::{Expr, Value};

/// A literal as it was written; the attribute's type decides what it means.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// In quotes.
    Quoted(String),
    /// Without quotes: `true`, `null`, a number, and what clients forget to quote.
    Word(String),
}

impl Literal {
    /// The characters, quoted or not.
    pub fn text(&self) -> &str {
        match self {
            Self::Quoted(text) | Self::Word(text) => text,
        }
    }
}

/// A filter as it was written.
pub type ParsedFilter<'a> = Expr<&'a str, Literal>;

/// A filter over the attributes of one resource type. Inside `Any` the fields name sub-attributes of its field.
pub type Filter = Expr<AttributeRef, Value>;
