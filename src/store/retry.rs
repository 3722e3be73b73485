//! Attempts at a write that must not be repeated blindly.

use std::time::Duration;

/// Attempts, the first one included.
const ATTEMPTS: u32 = 6;

/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How often, and how soon, a write may be tried again.
#[derive(Debug)]
pub(super) struct Attempts {
    left: u32,
    pause: Duration,
    /// How many requests the store had served when it first turned one of these away, or last.
    served: Option<u64>,
}

impl Attempts {
    /// Returns a full set, with a pause of about `first` before the second attempt.
    pub(super) fn new(first: Duration) -> Self {
        Self { left: ATTEMPTS - 1, pause: first, served: None }
    }

    /// Does not count an attempt that was turned away while others were served: the store is there,
    /// and each has its turn.
    ///
    /// `served` is how many requests the store has served so far.
    pub(super) fn excuse(&mut self, served: u64) {
        if self.served.replace(served).is_some_and(|before| before < served) {
            self.left += 1;
            self.pause /= 2;
        }
    }

    /// Waits for the next attempt; returns `false` at once if there is none.
    pub(super) async fn again(&mut self) -> bool {
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        if !self.pause.is_zero() {
            // Spread out, lest writers that were turned away together come back together.
            tokio::time::sleep(self.pause.mul_f64(rand::random_range(0.5..1.0))).await;
        }
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn attempts_go_on_while_others_are_served() {
        let first = Duration::from_millis(100);
        let mut attempts = Attempts::new(first);
        for served in 0..100 {
            attempts.excuse(served);
            assert!(attempts.again().await);
        }
        assert!(attempts.pause <= 2 * first);
        let mut more = 0;
        while {
            attempts.excuse(99);
            attempts.again().await
        } {
            more += 1;
        }
        assert_eq!(more, ATTEMPTS - 2);
    }

    #[tokio::test]
    async fn attempts_come_to_an_end() {
        let mut attempts = Attempts::new(Duration::ZERO);
        let mut made = 1;
        while attempts.again().await {
            made += 1;
        }
        assert_eq!(made, ATTEMPTS);
    }
}
