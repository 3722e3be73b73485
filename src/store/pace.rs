//! How many requests are under way at once: as many as were asked for, and fewer while the store
//! asks to slow down.
//!
//! Additive increase and multiplicative decrease, as TCP has it: a store that turns requests away
//! gets half as many at once after a pause, and one more for each round that it serves. So writers
//! that share a store find their shares, and none has to know what it can bear.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// The longest pause after a request that was turned away.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Lets requests through at a pace that the store can bear.
#[derive(Debug)]
pub(super) struct Gate {
    pace: Mutex<Pace>,
    changed: Notify,
}

/// Leave for one request, until it is dropped.
#[derive(Debug)]
#[must_use = "the request that it is for counts as over once it is dropped"]
pub(super) struct Slot<'a>(&'a Gate);

impl Gate {
    /// Returns one that lets through so many requests at once until the store has had enough; then
    /// none for a while, at first for as long as `pause`.
    pub(super) fn new(most: usize, pause: Duration) -> Self {
        Self { pace: Mutex::new(Pace::new(most, pause)), changed: Notify::new() }
    }

    /// Waits until one more request may be sent.
    pub(super) async fn enter(&self) -> Slot<'_> {
        loop {
            // Before the look, lest a change between the two goes unnoticed.
            let changed = self.changed.notified();
            let turn = self.pace().enter(Instant::now());
            match turn {
                Turn::Now => return Slot(self),
                Turn::At(time) => sleep_until(time).await,
                Turn::AfterOthers => changed.await,
            }
        }
    }

    /// Takes note of a request that was turned away.
    pub(super) fn turned_away(&self) {
        self.pace().turned_away(Instant::now());
    }

    /// Takes note of a request that was served.
    pub(super) fn served(&self) {
        self.pace().served();
        self.changed.notify_waiters();
    }

    /// Returns how many requests were served so far.
    pub(super) fn count(&self) -> u64 {
        self.pace().count
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.0.pace().under_way -= 1;
        self.0.changed.notify_waiters();
    }
}

/// When a request may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Now,
    At(Instant),
    /// When one of those that are under way is over, or more are allowed.
    AfterOthers,
}

/// What is under way, and what may be; it knows no clock.
#[derive(Debug)]
struct Pace {
    /// How many may be under way at best, and now.
    most: usize,
    limit: usize,
    under_way: usize,
    /// How many were served since the limit has changed, and altogether.
    gained: usize,
    count: u64,
    /// How long nothing is sent when a request is turned away, at first, and next time.
    first_pause: Duration,
    pause: Duration,
    closed_until: Option<Instant>,
}

impl Pace {
    fn new(most: usize, first_pause: Duration) -> Self {
        Self {
            most,
            limit: most,
            under_way: 0,
            gained: 0,
            count: 0,
            first_pause,
            pause: first_pause,
            closed_until: None,
        }
    }

    fn enter(&mut self, now: Instant) -> Turn {
        match self.closed_until.filter(|until| now < *until) {
            Some(until) => Turn::At(until),
            None if self.under_way >= self.limit => Turn::AfterOthers,
            None => {
                self.under_way += 1;
                Turn::Now
            }
        }
    }

    fn turned_away(&mut self, now: Instant) {
        // Those that were sent together are turned away together, and that is one reason only.
        if self.closed_until.is_some_and(|until| now < until) {
            return;
        }
        self.closed_until = Some(now + self.pause);
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        self.limit = (self.limit / 2).max(1);
        self.gained = 0;
    }

    fn served(&mut self) {
        self.pause = self.first_pause;
        self.count += 1;
        self.gained += 1;
        if self.gained >= self.limit && self.limit < self.most {
            self.limit += 1;
            self.gained = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::future::join_all;

    use super::*;

    const PAUSE: Duration = Duration::from_millis(100);

    /// Enters as often as possible, and returns how often that was.
    fn fill(pace: &mut Pace, now: Instant) -> usize {
        std::iter::repeat_with(|| pace.enter(now)).take_while(|turn| *turn == Turn::Now).count()
    }

    #[tokio::test]
    async fn a_store_that_turns_away_gets_half_after_a_pause() {
        let (mut pace, now) = (Pace::new(32, PAUSE), Instant::now());
        assert_eq!((fill(&mut pace, now), pace.enter(now)), (32, Turn::AfterOthers));
        // All of one round count once.
        (0..20).for_each(|_| pace.turned_away(now));
        assert_eq!(pace.enter(now), Turn::At(now + PAUSE));
        pace.under_way = 0;
        let mut then = now + PAUSE;
        assert_eq!(fill(&mut pace, then), 16);
        for limit in [8, 4, 2, 1, 1, 1, 1, 1] {
            pace.turned_away(then);
            let Turn::At(until) = pace.enter(then) else { panic!("it is closed") };
            assert!(until - then > PAUSE && until - then <= LONGEST_PAUSE);
            (then, pace.under_way) = (until, 0);
            assert_eq!(fill(&mut pace, then), limit);
        }
    }

    #[tokio::test]
    async fn a_store_that_serves_gets_one_more_each_round_up_to_what_was_asked_for() {
        let (mut pace, now) = (Pace::new(4, PAUSE), Instant::now());
        (0..3).for_each(|step| pace.turned_away(now + step * Duration::from_secs(9)));
        assert_eq!((pace.limit, pace.pause), (1, Duration::from_millis(800)));
        let limits: Vec<_> = (0..12).map(|_| (pace.served(), pace.limit).1).collect();
        assert_eq!(limits, [2, 2, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4]);
        // After a request that was served, the next pause is a short one.
        assert_eq!((pace.pause, pace.count), (PAUSE, 12));
    }

    #[tokio::test(start_paused = true)]
    async fn all_get_through_a_store_that_bears_three_at_once() {
        const BEARS: usize = 3;
        let gate = Gate::new(16, PAUSE);
        let (under_way, refusals) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let request = async || {
            loop {
                let slot = gate.enter().await;
                let is_borne = under_way.fetch_add(1, Ordering::Relaxed) < BEARS;
                tokio::time::sleep(Duration::from_millis(20)).await;
                under_way.fetch_sub(1, Ordering::Relaxed);
                match is_borne {
                    true => gate.served(),
                    false => gate.turned_away(),
                }
                drop(slot);
                if is_borne {
                    return;
                }
                refusals.fetch_add(1, Ordering::Relaxed);
            }
        };
        join_all((0..400).map(|_| request())).await;
        assert_eq!((gate.count(), gate.pace().under_way), (400, 0));
        // Without an adapting pace there would be some thousand.
        let refusals = refusals.load(Ordering::Relaxed);
        assert!(refusals < 200, "{refusals}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_is_given_up_leaves_its_place() {
        let gate = Gate::new(1, PAUSE);
        let slot = gate.enter().await;
        let waiting = tokio::time::timeout(Duration::from_secs(1), gate.enter());
        assert!(waiting.await.is_err());
        drop(slot);
        drop(gate.enter().await);
    }
}
