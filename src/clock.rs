//! The time, in whole milliseconds: PostgreSQL and clients round differently below that.

/// Milliseconds since 1970, UTC.
pub fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
