//! Real inputs to begin with: what identity providers send, one a line.

pub const FILTERS: &str = include_str!("../corpus/filters.txt");
pub const PATHS: &str = include_str!("../corpus/paths.txt");
pub const PATCHES: &str = include_str!("../corpus/patches.txt");
pub const USERS: &str = include_str!("../corpus/users.txt");
pub const GROUPS: &str = include_str!("../corpus/groups.txt");
pub const QUERIES: &str = include_str!("../corpus/queries.txt");
pub const CURSORS: &str = include_str!("../corpus/cursors.txt");
pub const BULKS: &str = include_str!("../corpus/bulks.txt");

pub fn lines(corpus: &'static str) -> Vec<&'static str> {
    corpus.lines().filter(|line| !line.is_empty()).collect()
}
