//! `dateTime` values (RFC 7643 §2.3.5) in whole milliseconds: PostgreSQL and clients round differently below that.

use jiff::Timestamp;
use jiff::civil::DateTime;

/// Milliseconds since 1970 as RFC 3339 in UTC, always with three digits, so that text order is time order.
pub fn format(milliseconds: i64) -> String {
    let time = Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::UNIX_EPOCH);
    format!("{time:.3}")
}

/// An instant as a client wrote it: the whole milliseconds before it, and whether something was cut off.
///
/// Clients send up to seven fractional digits and any offset. A time without an offset is taken as UTC, and so is the
/// last day of the year 9999, which stands for "never" and which a timestamp with an offset cannot reach.
pub fn parse(text: &str) -> Option<(i64, bool)> {
    let nanoseconds = match text.parse::<Timestamp>() {
        Ok(time) => time.as_nanosecond(),
        Err(_) => {
            let local: DateTime = text.trim_end_matches(['Z', 'z']).parse().ok()?;
            local.duration_since(DateTime::constant(1970, 1, 1, 0, 0, 0, 0)).as_nanos()
        }
    };
    let milliseconds = i64::try_from(nanoseconds.div_euclid(1_000_000)).ok()?;
    Some((milliseconds, nanoseconds.rem_euclid(1_000_000) != 0))
}
