//! Members of a PATCH: left out, null, or a value.

use crate::scim::Object;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// `Some(None)` is null, which takes away what is there. A member that is left out is `None` by `serde(default)`.
pub fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Puts a member into a resource unless it was left out.
pub fn put(resource: &mut Object, name: &str, value: Option<Option<impl Into<Value>>>) {
    if let Some(value) = value {
        resource.insert(name.to_owned(), value.map_or(Value::Null, Into::into));
    }
}
