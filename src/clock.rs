//! The time, in whole milliseconds: PostgreSQL and clients round differently below that.

/// Milliseconds since 1970, UTC.
#[expect(clippy::disallowed_methods, reason = "the one place that asks for the time")]
pub fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
