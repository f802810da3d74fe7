//! What clients send otherwise than the RFCs say, and what is made of it.

/// One such thing. It names attributes and shapes, never a value that could be about a person.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Quirk {
    /// A stable word, such as `boolean_as_text`.
    pub name: &'static str,
    /// Such as `active: a text`.
    pub sent: String,
    /// Such as `taken as a boolean`.
    pub made: &'static str,
}
