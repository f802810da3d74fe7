//! The protocol as a pure library, and what is done to it with any input.

// The targets name the library as the tests do.
extern crate self as scim_connector;

#[path = "../../src/expr.rs"]
pub mod expr;
#[path = "../../src/scim/mod.rs"]
pub mod scim;
pub mod targets;
