//! How one message is read: what is taken and what is refused, and what had to be repaired.

use super::quirk::{Quirk, Repair};

/// Where the RFCs and clients, or clients among themselves, truly disagree. Everything else is repaired for everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Names that the schema does not have are ignored; every shipping client sends some.
    pub unknown_names: bool,
    /// A PATCH operation may come without a path.
    pub operations_without_path: bool,
    /// A PATCH may have no operation at all.
    pub empty_operations: bool,
    /// A value path may mean whole elements, such as `emails[type eq "work"]`.
    pub whole_elements: bool,
    /// A value path may mean several elements at once.
    pub several_elements: bool,
    /// A replace whose value path matches nothing makes the element.
    pub made_elements: bool,
    /// A replace of a complex attribute leaves the parts that it does not name.
    pub merged_parts: bool,
}

impl Rules {
    /// What every client understands at once.
    pub const LENIENT: Self = Self {
        unknown_names: true,
        operations_without_path: true,
        empty_operations: true,
        whole_elements: true,
        several_elements: true,
        made_elements: true,
        merged_parts: true,
    };

    /// draft-zollner-scim-interop-profile.
    pub const STRICT: Self = Self {
        unknown_names: false,
        operations_without_path: false,
        empty_operations: false,
        whole_elements: false,
        several_elements: false,
        made_elements: false,
        merged_parts: false,
    };
}

/// Different quirks of one message that are noted: a body of 90,000 attributes says no more than a few.
const MOST: usize = 20;

/// Characters of a name that are kept: it came from outside.
const LONGEST: usize = 100;

/// Handed down while a message is read. It allocates nothing while there is nothing to repair.
#[derive(Debug)]
pub struct Reading {
    pub rules: Rules,
    pub quirks: Vec<Quirk>,
}

impl Reading {
    pub const fn new(rules: Rules) -> Self {
        Self { rules, quirks: Vec::new() }
    }

    /// For what this program writes itself.
    pub const fn lenient() -> Self {
        Self::new(Rules::LENIENT)
    }

    /// Notes a repair. `sent` is a name; what comes behind a bracket in it may name a person and is cut off.
    pub fn note(&mut self, repair: Repair, sent: &str) {
        if self.quirks.len() >= MOST {
            return;
        }
        let sent: String = sent.split('[').next().unwrap_or_default().chars().take(LONGEST).collect();
        if !self.quirks.iter().any(|quirk| quirk.name == repair.name() && quirk.sent == sent) {
            self.quirks.push(Quirk::new(repair, sent));
        }
    }
}
