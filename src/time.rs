//! Points in time and spans, in the forms that Release files and manifests use.

use std::fmt;
use std::str::FromStr;

pub use jiff::Timestamp;
use jiff::fmt::strtime;

/// Where the present time comes from; only `cli` has one.
pub type Clock = dyn Fn() -> Timestamp + Send + Sync;

/// Returns `at` as Release's `Date:` has it: `Fri, 20 Nov 2026 10:00:00 UTC`.
///
/// Source: repository format, "Date, Valid-Until"; apt accepts only UTC, GMT, Z and +0000.
pub fn release_date(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S UTC").to_string()
}

/// Reads a Release date as apt does; any zone but UTC is an error.
pub fn parse_release_date(text: &str) -> Result<Timestamp, DateError> {
    let (moment, zone) = text.trim().rsplit_once(' ').ok_or(DateError)?;
    if !matches!(zone, "UTC" | "GMT" | "Z" | "+0000") {
        return Err(DateError);
    }
    let parsed = strtime::parse("%a, %d %b %Y %H:%M:%S", moment).map_err(|_| DateError)?;
    let civil = parsed.to_datetime().map_err(|_| DateError)?;
    let zoned = civil.to_zoned(jiff::tz::TimeZone::UTC).map_err(|_| DateError)?;
    Ok(zoned.timestamp())
}

/// Returns `at` without its fraction of a second; nothing that is published is finer.
pub fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).expect("a second that a timestamp had is in range")
}

/// Returns the date alone: `2026-11-20`.
pub fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

/// Returns date and time without seconds: `2026-11-20 10:00 UTC`.
pub fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// Returns `at` moved by a number of seconds, held at the ends of the calendar.
pub fn shifted(at: Timestamp, seconds: i64) -> Timestamp {
    let end = if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX };
    at.checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap_or(end)
}

/// The text is not a date as Release files have them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a Release date such as `Fri, 20 Nov 2026 10:00:00 UTC`")]
pub struct DateError;

/// A span of time as manifests write it: `90m`, `12h`, `14d`, `2w`; whole seconds, never negative.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(u64);

/// The text is not a span such as `14d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a duration; write a whole number and a unit: `30s`, `90m`, `12h`, `14d`, `2w`")]
pub struct SpanError;

impl Span {
    /// Returns a span of so many seconds.
    pub const fn seconds(count: u64) -> Self {
        Self(count)
    }

    /// Returns the span from one point in time to another; none if that is not later.
    pub fn between(from: Timestamp, to: Timestamp) -> Self {
        Self(u64::try_from(to.as_second() - from.as_second()).unwrap_or_default())
    }

    /// Returns the time that the span ends at if it begins at `from`.
    pub fn after(self, from: Timestamp) -> Timestamp {
        shifted(from, i64::try_from(self.0).unwrap_or(i64::MAX))
    }

    /// Returns the length in the largest unit that it has one of, up to days: `9d`, not `9d 3h`.
    pub fn roughly(self) -> String {
        let units = [(86_400, 'd'), (3600, 'h'), (60, 'm')];
        let fitting = units.into_iter().find(|(length, _)| self.0 >= *length);
        let (length, unit) = fitting.unwrap_or((1, 's'));
        format!("{}{unit}", self.0 / length)
    }

    /// Returns the length in seconds.
    pub const fn as_seconds(self) -> u64 {
        self.0
    }
}

impl FromStr for Span {
    type Err = SpanError;

    fn from_str(text: &str) -> Result<Self, SpanError> {
        let unit = text.chars().next_back().ok_or(SpanError)?;
        let factor = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            'w' => 604_800,
            _ => return Err(SpanError),
        };
        let digits = &text[..text.len() - 1];
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(SpanError);
        }
        let count: u64 = digits.parse().map_err(|_| SpanError)?;
        count.checked_mul(factor).map(Self).ok_or(SpanError)
    }
}

/// Shows the length in the largest unit that it is a multiple of, up to days: whoever wrote `14d`
/// looks for that, and whoever wrote `2w` knows it.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(86_400, 'd'), (3600, 'h'), (60, 'm')];
        let fitting = units
            .into_iter()
            .find(|(length, _)| self.0 >= *length && self.0.is_multiple_of(*length));
        let (length, unit) = fitting.unwrap_or((1, 's'));
        write!(f, "{}{unit}", self.0 / length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn release_dates_survive_a_round_trip() {
        let text = "Fri, 20 Nov 2026 10:00:00 UTC";
        let at = parse_release_date(text).expect("a valid date");
        assert_eq!(release_date(at), text);
        assert_eq!(parse_release_date("Thu, 1 Jan 1970 00:00:00 GMT"), Ok(Timestamp::UNIX_EPOCH));
    }

    #[test]
    fn dates_that_apt_refuses_are_refused() {
        for text in ["", "garbage", "2026-11-20T10:00:00Z", "Fri, 20 Nov 2026 10:00:00 +0100"] {
            assert_eq!(parse_release_date(text), Err(DateError), "{text}");
        }
    }

    #[test]
    fn spans_read_and_print_in_the_largest_whole_unit_up_to_days() {
        let cases = [("14d", "14d"), ("2w", "14d"), ("90m", "90m"), ("36h", "36h"), ("0s", "0s")];
        for (text, printed) in cases {
            assert_eq!(text.parse::<Span>().map(|span| span.to_string()), Ok(printed.into()));
        }
        for text in ["", "d", "14", "-1d", "1.5h", "1y", "99999999999999999999d", "1é"] {
            assert_eq!(text.parse::<Span>(), Err(SpanError), "{text}");
        }
    }
}
