//! `dateTime` values (RFC 7643 §2.3.5) in whole milliseconds: PostgreSQL and clients round differently below that.

use jiff::Timestamp;

/// Milliseconds since 1970 as RFC 3339 in UTC, always with three digits, so that text order is time order.
pub fn format(milliseconds: i64) -> String {
    let time = Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::UNIX_EPOCH);
    format!("{time:.3}")
}

/// An instant as a client wrote it: the whole milliseconds before it, and whether something was cut off.
///
/// Clients send up to seven fractional digits and any offset; a time without an offset is taken as UTC.
pub fn parse(text: &str) -> Option<(i64, bool)> {
    let time = match text.parse::<Timestamp>() {
        Ok(time) => time,
        Err(_) => {
            let local: jiff::civil::DateTime = text.parse().ok()?;
            local.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp()
        }
    };
    let nanoseconds = time.as_nanosecond();
    let milliseconds = i64::try_from(nanoseconds.div_euclid(1_000_000)).ok()?;
    Some((milliseconds, nanoseconds.rem_euclid(1_000_000) != 0))
}
