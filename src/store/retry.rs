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
}

impl Attempts {
    /// Returns a full set, with a pause of about `first` before the second attempt.
    pub(super) fn new(first: Duration) -> Self {
        Self { left: ATTEMPTS - 1, pause: first }
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
