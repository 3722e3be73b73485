//! The one place where what is published changes.

use std::time::Duration;

use crate::commit::script::{Point, RELEASE};
use crate::mutation::{self, Mutation};
use crate::store::{Replacement, Store, StoreError};
use crate::time::Timestamp;

/// How the attempt to publish a generation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a generation that lost has to be planned again on what won"]
pub enum Swap {
    /// It is published.
    Won,
    /// Somebody else published another one meanwhile; nothing of ours is visible.
    Lost,
    /// It was not tried: what the generation was built on is known for too long.
    Outdated {
        /// The store's present time, if it was asked for.
        store_time: Option<Timestamp>,
    },
}

/// Replaces the commit point, provided that it still is what the generation was built on; returns its
/// new version, or that somebody else was faster.
///
/// It is tried more than once only as long as `still` allows it.
///
/// # Errors
///
/// When the store refuses, or can't tell how it ended.
pub async fn swap(
    store: &Store,
    point: &Point,
    still: &(dyn Fn() -> bool + Sync),
) -> Result<Replacement, StoreError> {
    let mut base = point.base.clone();
    if mutation::is_on(Mutation::BlindSwap) {
        base = store.head(&point.key).await?.map(|entry| entry.etag);
    }
    let bytes = point.bytes.clone();
    store.replace_while(&point.key, bytes, base.as_ref(), &RELEASE, still).await
}

/// So old a swap is past for any clock that is not off by days.
const LONG_AGO: i64 = 86_400;

/// Returns how long to wait so that the next write gets a later Last-Modified second.
///
/// apt asks with If-Modified-Since: of two generations within one second it would never see
/// the second one. `last_modified` is the store's clock and `now` ours, so a store that is
/// ahead makes us wait for at most two seconds. Ours may be ahead, too: unless it is the store's own,
/// a second must have passed since the store was read, `since` then.
pub fn pause(
    last_modified: Option<Timestamp>,
    now: Timestamp,
    since: Option<Duration>,
) -> Duration {
    let Some(last_modified) = last_modified.filter(|_| !mutation::is_on(Mutation::NoPause)) else {
        return Duration::ZERO;
    };
    let next = (last_modified.as_second() + 1) * 1000;
    let wait = next.saturating_sub(now.as_millisecond()).clamp(0, 2000);
    let wait = Duration::from_millis(wait.unsigned_abs());
    match since {
        Some(since) if now.as_second() - last_modified.as_second() < LONG_AGO => {
            wait.max(Duration::from_secs(1).saturating_sub(since))
        }
        _ => wait,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_millisecond(milliseconds).unwrap()
    }

    #[test]
    fn the_second_of_the_last_write_is_waited_out() {
        assert_eq!(pause(Some(at(5000)), at(5200), None), Duration::from_millis(800));
        assert_eq!(pause(Some(at(5000)), at(6000), None), Duration::ZERO);
        assert_eq!(pause(None, at(5200), None), Duration::ZERO);
    }

    #[test]
    fn a_clock_of_our_own_is_not_believed_to_be_right() {
        let since = |milliseconds| Some(Duration::from_millis(milliseconds));
        let wait = |milliseconds| pause(Some(at(5000)), at(9_000_000), since(milliseconds));
        assert_eq!(wait(300), Duration::from_millis(700));
        assert_eq!(wait(1000), Duration::ZERO);
        assert_eq!(pause(Some(at(5000)), at(90_000_000), since(0)), Duration::ZERO);
    }

    #[test]
    fn a_store_far_ahead_does_not_hold_us_up() {
        assert_eq!(pause(Some(at(9_000_000)), at(5200), None), Duration::from_secs(2));
    }
}
