//! For how long a published Release is valid, and when it has to be signed again.

use crate::time::{Span, Timestamp};

/// How a published generation stands with regard to its `Valid-Until`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Validity {
    /// It is valid for ever.
    #[default]
    Unlimited,
    /// Half of its time is not over yet.
    Fresh {
        /// Its `Valid-Until`.
        until: Timestamp,
        /// When half of its time is over.
        half: Timestamp,
    },
    /// More than half of its time is over, or all of it.
    Waning {
        /// Its `Valid-Until`.
        until: Timestamp,
    },
}

impl Validity {
    /// Returns how a Release of that date stands at `now`.
    ///
    /// Only when more than half of its time is over, it is signed again: a run at every hour would
    /// publish a generation at every hour otherwise, and one that comes late has the other half.
    pub fn of(date: Timestamp, valid_until: Option<Timestamp>, now: Timestamp) -> Self {
        let Some(until) = valid_until else { return Self::Unlimited };
        let half = half(Span::between(date, until)).after(date);
        if now > half { Self::Waning { until } } else { Self::Fresh { until, half } }
    }
}

/// Returns half of a span, in whole seconds.
pub fn half(span: Span) -> Span {
    Span::seconds(span.as_seconds() / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_release_wanes_once_more_than_half_of_its_time_is_over() {
        let of = |now| Validity::of(at(1000), Some(at(3000)), at(now));
        let fresh = Validity::Fresh { until: at(3000), half: at(2000) };
        assert_eq!([of(0), of(1000), of(2000)], [fresh; 3]);
        assert_eq!([of(2001), of(9000)], [Validity::Waning { until: at(3000) }; 2]);
        assert_eq!(Validity::of(at(1000), None, at(9000)), Validity::Unlimited);
    }
}
