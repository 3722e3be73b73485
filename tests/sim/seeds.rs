//! Plays seeds on all cores, each thread with a runtime and a clock of its own.

use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::AssertUnwindSafe;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use futures::FutureExt as _;

use crate::races::{Grounds, play_seed};
use crate::scene::verdict;

/// Returns the seeds to play: one alone, or as many as the environment asks for.
pub fn asked_for(otherwise: u64) -> Range<u64> {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    match number("REPOMAN_SIM_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("REPOMAN_SIM_SEEDS").unwrap_or(otherwise),
    }
}

/// Runs a simulation on a runtime of its own, whose clock stands still unless it is turned.
pub fn in_simulated_time<T>(simulation: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().start_paused(true).build().unwrap();
    runtime.block_on(simulation)
}

/// What became of the seeds that were played.
#[derive(Default)]
struct Score {
    /// The endings of programs, by name, and how often there was each.
    endings: BTreeMap<&'static str, u64>,
    /// The first seed that failed, and how.
    failure: Option<(u64, String)>,
}

/// Asserts that every invariant holds with every seed, and returns how often programs ended how.
///
/// Where one fails, it says how to play that one again.
#[track_caller]
pub fn hold(seeds: Range<u64>) -> BTreeMap<&'static str, u64> {
    let next = AtomicU64::new(seeds.start);
    let score = Mutex::default();
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| in_simulated_time(play_all(&next, seeds.end, &score)));
        }
    });
    let Score { endings, failure } = score.into_inner().unwrap();
    if let Some((seed, what)) = failure {
        panic!("REPOMAN_SIM_SEED={seed} plays it again:\n{what}");
    }
    endings
}

/// Plays seeds until there are none left, or somebody found one that fails.
async fn play_all(next: &AtomicU64, end: u64, score: &Mutex<Score>) {
    let grounds = Grounds::new().await;
    while score.lock().unwrap().failure.is_none() {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= end {
            return;
        }
        // A panic of the code under test is a failure of the seed as well.
        let played = AssertUnwindSafe(play_seed(seed, &grounds)).catch_unwind().await;
        let mut score = score.lock().unwrap();
        let verdict = match played {
            Ok((world, endings)) => {
                for ending in endings {
                    let name = ending.map_or("dead", |ending| ending.name());
                    *score.endings.entry(name).or_default() += 1;
                }
                verdict(&world)
            }
            Err(_) => Err("it panicked, as told above".to_owned()),
        };
        if let Err(what) = verdict {
            score.failure.get_or_insert((seed, what));
        }
    }
}
