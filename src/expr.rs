//! One tree for every condition of this project.
//!
//! The same shape is used in three vocabularies, one a step: names and literals as they were written
//! (`scim::filter::parse`), attributes of a schema with typed values (`scim::filter::bind`), and fields of
//! the model (`domain`). Storage compiles the last one to SQL; PATCH value paths evaluate the second one in
//! memory. What the operators mean is said here, once.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::decompose_compatible;

/// A condition over fields `F` and literal values `V`.
///
/// There is no "not equal": `a ne b` is `not (a eq b)`, so that it is also true where `a` is absent.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr<F, V> {
    /// Known without looking: an attribute that this resource type can never or always match.
    Const(bool),
    And(Vec<Expr<F, V>>),
    Or(Vec<Expr<F, V>>),
    Not(Box<Expr<F, V>>),
    /// The field has a value.
    Present(F),
    Compare(F, Op, V),
    /// One element of the multi-valued field satisfies the whole inner condition.
    Any(F, Box<Expr<F, V>>),
}

/// Comparison operators (RFC 7644 §3.4.2.2). A comparison with an absent field is false.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    Equal,
    Contains,
    StartsWith,
    EndsWith,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl<F, V> Expr<F, V> {
    /// Negation, as a constructor.
    pub fn negate(self) -> Self {
        match self {
            Self::Const(known) => Self::Const(!known),
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    /// The same condition in another vocabulary: every leaf is translated by `leaf`, which sees `Present`,
    /// `Compare` and `Any` nodes only.
    pub fn translate<G, W, E>(self, leaf: &mut impl FnMut(Self) -> Result<Expr<G, W>, E>) -> Result<Expr<G, W>, E> {
        Ok(match self {
            Self::Const(known) => Expr::Const(known),
            Self::And(terms) => Expr::And(translate_all(terms, leaf)?),
            Self::Or(terms) => Expr::Or(translate_all(terms, leaf)?),
            Self::Not(inner) => inner.translate(leaf)?.negate(),
            node => leaf(node)?,
        })
    }
}

fn translate_all<F, V, G, W, E>(
    terms: Vec<Expr<F, V>>,
    leaf: &mut impl FnMut(Expr<F, V>) -> Result<Expr<G, W>, E>,
) -> Result<Vec<Expr<G, W>>, E> {
    terms.into_iter().map(|term| term.translate(leaf)).collect()
}

/// A typed literal, ready to be compared. Text is already folded where the attribute ignores case.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Text(String),
    Bool(bool),
    Number(f64),
    /// Milliseconds since 1970, UTC.
    Time(i64),
}

/// What two texts are compared by where case does not matter: letters of any width, case and composition become one form
/// (RFC 7644 §5 and §7.8; RFC 8265 §3.3.2). Each character is lowered by itself, so that a part of a text folds to a part
/// of the folded text (a capital sigma would not, at the end of a word).
///
/// Folding happens here and never in a database, because SQLite and PostgreSQL disagree on `lower('É')`.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            // Half and full width forms.
            '\u{3000}' | '\u{ff01}'..='\u{ffee}' => {
                decompose_compatible(letter, |part| folded.extend(part.to_lowercase()));
            }
            _ => folded.extend(letter.to_lowercase()),
        }
    }
    folded.nfc().collect()
}
