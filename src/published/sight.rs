//! How old what a run knows of a store is.

use std::time::Duration;

use tokio::time::Instant;

use crate::time::Timestamp;

/// For how long a run may build on what it has read, in deletions and in swaps.
///
/// Whatever it knows not to be in use could be in use by then, and the other way round.
pub const GOOD_FOR: Duration = Duration::from_secs(30 * 60);

/// When a run began to read a store.
///
/// Two clocks are asked: one never jumps, the other goes on while the machine sleeps.
#[derive(Debug, Clone, Copy)]
pub struct Sight {
    began: Instant,
    ended: Instant,
    wall: Timestamp,
}

impl Sight {
    /// Begins now, which is `wall` by the clock of this machine.
    pub fn begin(wall: Timestamp) -> Self {
        let began = Instant::now();
        Self { began, ended: began, wall }
    }

    /// Ends now: everything has been read.
    pub fn end(self) -> Self {
        Self { ended: Instant::now(), ..self }
    }

    /// Returns how long ago it ended, by the clock that never jumps. So much later at least it is for
    /// the store, too, than the latest time that was read.
    pub fn since(&self) -> Duration {
        self.ended.elapsed()
    }

    /// Returns how long ago that was, by whichever clock says that it was longer.
    pub fn age(&self, wall: Timestamp) -> Duration {
        let passed = wall.as_second().saturating_sub(self.wall.as_second());
        self.began.elapsed().max(Duration::from_secs(passed.try_into().unwrap_or_default()))
    }

    /// Tells whether it is too long ago to build on.
    pub fn is_outdated(&self, wall: Timestamp) -> bool {
        self.age(wall) >= GOOD_FOR
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn either_clock_ends_it() {
        let sight = Sight::begin(at(1000));
        assert!(!sight.is_outdated(at(1000)));
        assert!(sight.is_outdated(at(1000 + 1800)), "the machine has slept");
        tokio::time::advance(GOOD_FOR).await;
        assert!(sight.is_outdated(at(10)), "the wall clock was put back");
    }
}
