//! A member of a body in its three states.

use serde::{Deserialize, Deserializer};

/// Left out, null, or a value: a PATCH leaves alone, clears, or sets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Said<T> {
    #[default]
    Not,
    Null,
    Is(T),
}

impl<T> Said<T> {
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Is(value) => Some(value),
            Self::Not | Self::Null => None,
        }
    }

    pub fn is_said(&self) -> bool {
        !matches!(self, Self::Not)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Said<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Null, Self::Is))
    }
}
