//! Versions and preconditions (RFC 7644 §3.14, RFC 9110 §13.1).

/// The weak entity tag of a version; also `meta.version`.
pub fn format(version: i64) -> String {
    format!("W/\"{version}\"")
}

/// The value of an `If-Match` or `If-None-Match` header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// `*`
    Any,
    /// Weak and strong tags are the same here: a version never has two representations.
    Tags(Vec<String>),
}

impl Condition {
    pub fn parse(header: &str) -> Self {
        if header.trim() == "*" {
            return Self::Any;
        }
        let tags = header.split(',').map(|tag| {
            let tag = tag.trim();
            tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"').to_owned()
        });
        Self::Tags(tags.collect())
    }

    /// Whether the current version of an existing resource is meant.
    pub fn matches(&self, version: i64) -> bool {
        match self {
            Self::Any => true,
            Self::Tags(tags) => tags.contains(&version.to_string()),
        }
    }
}
