//! Values of conditions that are neither text nor versions: sizes and points in time.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::time::{Span, Timestamp, shifted, whole_second};

/// A number of bytes: `10485760`, `10MB`, `4 kB`; units are powers of 1000.
///
/// Displayed as the number alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(pub u64);

/// A day in UTC, or a second: what can be compared with the time of a publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// `2026-11-20`, from its first second to its last.
    Day(Date),
    /// `2026-11-20T10:00:00Z`, a whole second.
    Second(Timestamp),
}

/// The text is not a size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a size; write a number of bytes, or one with a unit: `512`, `4kB`, `10MB`, `2GB`")]
pub struct SizeError;

/// The text is neither a day nor a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a point in time; write a day or a time in UTC: `2026-11-20`, `2026-11-20T10:00:00Z`")]
pub struct MomentError;

impl FromStr for Size {
    type Err = SizeError;

    fn from_str(text: &str) -> Result<Self, SizeError> {
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (digits, unit) = text.split_at(digits);
        let factor: u64 = match unit.trim_start().to_ascii_lowercase().as_str() {
            "" | "b" => 1,
            "kb" => 1_000,
            "mb" => 1_000_000,
            "gb" => 1_000_000_000,
            "tb" => 1_000_000_000_000,
            _ => return Err(SizeError),
        };
        let count: u64 = digits.parse().map_err(|_| SizeError)?;
        count.checked_mul(factor).map(Self).ok_or(SizeError)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Moment {
    /// Returns how `at` lies to this: equal if it is within the day or second.
    pub fn order_of(self, at: Timestamp) -> Ordering {
        let (start, end) = match self {
            Self::Day(date) => (midnight(date), date.tomorrow().map_or(Timestamp::MAX, midnight)),
            Self::Second(start) => (start, shifted(start, 1)),
        };
        if at < start {
            Ordering::Less
        } else if at < end {
            Ordering::Equal
        } else {
            Ordering::Greater
        }
    }
}

fn midnight(date: Date) -> Timestamp {
    // Timestamps end a little before the calendar does.
    let end = if date.year() > 0 { Timestamp::MAX } else { Timestamp::MIN };
    date.to_zoned(TimeZone::UTC).map_or(end, |zoned| zoned.timestamp())
}

impl FromStr for Moment {
    type Err = MomentError;

    fn from_str(text: &str) -> Result<Self, MomentError> {
        const DAY: usize = "2026-11-20".len();
        if text.len() == DAY {
            return text.parse().map(Self::Day).map_err(|_| MomentError);
        }
        let at: Timestamp = text.parse().map_err(|_| MomentError)?;
        Ok(Self::Second(whole_second(at)))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(date) => date.fmt(f),
            Self::Second(at) => at.fmt(f),
        }
    }
}

/// Returns how long ago `since` was, in the largest unit of which there are two, rounded down.
pub(super) fn age(since: Timestamp, now: Timestamp) -> Span {
    let seconds = seconds_since(since, now);
    let unit = [86_400, 3600, 60].into_iter().find(|unit| seconds >= 2 * unit).unwrap_or(1);
    Span::seconds(seconds / unit * unit)
}

/// Returns the seconds from `since` to `now`; none if that is in the future.
pub(super) fn seconds_since(since: Timestamp, now: Timestamp) -> u64 {
    u64::try_from(now.as_second() - since.as_second()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_take_units() {
        for (text, size) in
            [("0", 0), ("512", 512), ("4kB", 4000), ("4 KB", 4000), ("2GB", 2_000_000_000)]
        {
            assert_eq!(text.parse(), Ok(Size(size)), "{text}");
        }
        for text in ["", "MB", "1.5MB", "-1", "1PB", "1 m", "99999999999999999999", "9999999999TB"]
        {
            assert_eq!(text.parse::<Size>(), Err(SizeError), "{text}");
        }
    }

    #[test]
    fn a_day_is_all_of_its_seconds() {
        let order = |moment: &str, at: &str| {
            moment.parse::<Moment>().unwrap().order_of(at.parse().unwrap())
        };
        assert_eq!(order("2026-11-20", "2026-11-19T23:59:59Z"), Ordering::Less);
        assert_eq!(order("2026-11-20", "2026-11-20T00:00:00Z"), Ordering::Equal);
        assert_eq!(order("2026-11-20", "2026-11-20T23:59:59Z"), Ordering::Equal);
        assert_eq!(order("2026-11-20", "2026-11-21T00:00:00Z"), Ordering::Greater);
        assert_eq!(order("2026-11-20T10:00:00Z", "2026-11-20T10:00:00Z"), Ordering::Equal);
        assert_eq!(order("2026-11-20T10:00:00.5+01:00", "2026-11-20T09:00:00Z"), Ordering::Equal);
        assert_eq!(order("9999-12-31", "9999-12-30T22:00:00Z"), Ordering::Less);
        for text in ["", "2026-13-01", "20261120", "yesterday", "2026-11-20T10:00"] {
            assert_eq!(text.parse::<Moment>(), Err(MomentError), "{text}");
        }
    }

    #[test]
    fn ages_round_down() {
        let at = |second| Timestamp::from_second(second).unwrap();
        for (seconds, text) in
            [(0, "0s"), (119, "119s"), (180, "3m"), (7300, "2h"), (200_000, "2d")]
        {
            assert_eq!(age(at(0), at(seconds)).to_string(), text);
        }
        assert_eq!(age(at(9), at(0)), Span::seconds(0));
    }
}
