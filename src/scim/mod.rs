//! The protocol as a pure library: text and JSON in, values out (RFC 7643, 7644, 9865).
//!
//! Nothing here knows the product, a database, a socket or the time.

pub mod bulk;
pub mod cursor;
pub mod decode;
pub mod discovery;
pub mod error;
pub mod etag;
pub mod filter;
pub mod list;
pub mod patch;
pub mod path;
pub mod project;
pub mod quirk;
pub mod reading;
pub mod schema;
pub mod time;
pub mod urn;

pub use error::{Error, ScimType};
pub use reading::{Reading, Rules};

/// A resource or a part of it in canonical form: names spelled as in the schema, values of the declared type,
/// nothing unassigned.
pub type Object = serde_json::Map<String, serde_json::Value>;
