//! Who does the next store call: one at a time, as a seed decides.
//!
//! The real code runs on futures and on a rayon pool. With a pool whose only worker is the thread
//! of the simulation itself, and with wakers that only leave a mark, the scheduler knows when
//! everybody waits for either a store call or the clock. Nothing else is left to chance.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use crate::link::Link;

/// Below how many milliseconds the pauses between store calls usually are.
const TEMPO: usize = 400;

/// How much time passes at most when everybody waits for the clock.
const LONGEST_IDLE: Duration = Duration::from_secs(5);

/// Numbers that look random and follow from a seed (splitmix64).
pub struct Dice {
    state: u64,
    tempo: usize,
}

impl Dice {
    /// Returns the dice of a seed.
    pub fn new(seed: u64) -> Self {
        Self { state: seed, tempo: TEMPO }
    }

    /// Makes the pauses between store calls stay below so many milliseconds.
    pub fn set_tempo(&mut self, tempo: usize) {
        self.tempo = tempo;
    }

    /// Returns how long the next store call takes.
    fn pause(&mut self) -> Duration {
        Duration::from_millis(self.below(self.tempo) as u64)
    }

    /// Returns a number from 0 to below `bound`, which is not 0.
    pub fn below(&mut self, bound: usize) -> usize {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % bound as u64).expect("it is below a usize")
    }

    /// Returns one of several things.
    pub fn one_of<T: Copy>(&mut self, things: &[T]) -> T {
        things[self.below(things.len())]
    }

    /// Returns `true` about once in so many times.
    pub fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}

/// A program that runs beside others, with its connection to the store.
pub struct Actor<'a, T> {
    link: Link,
    run: Option<Pin<Box<dyn Future<Output = T> + 'a>>>,
    mark: Arc<Mark>,
    outcome: Option<T>,
    /// For how many turns of others it is held up.
    stalled: usize,
    /// After how many writes it is held up until all others have ended.
    sleeps_at: Option<usize>,
}

/// Remembers that a future wants to be polled.
struct Mark(AtomicBool);

impl Wake for Mark {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl<'a, T> Actor<'a, T> {
    /// Returns an actor that has not begun yet.
    pub fn new(link: &Link, run: impl Future<Output = T> + 'a) -> Self {
        let mark = Arc::new(Mark(AtomicBool::new(true)));
        let run: Pin<Box<dyn Future<Output = T> + 'a>> = Box::pin(run);
        Self {
            link: link.clone(),
            run: Some(run),
            mark,
            outcome: None,
            stalled: 0,
            sleeps_at: None,
        }
    }

    /// Holds it up after so many writes until all others have ended.
    pub fn asleep_at(self, writes: usize) -> Self {
        Self { sleeps_at: Some(writes), ..self }
    }

    /// Lets everybody else go first.
    pub fn last(self) -> Self {
        Self { stalled: usize::MAX, ..self }
    }

    fn is_asleep(&self) -> bool {
        self.sleeps_at.is_some_and(|writes| self.link.writes() >= writes)
    }

    /// Polls it if it wants to be; tells whether it was.
    fn advance(&mut self) -> bool {
        let Some(run) = &mut self.run else { return false };
        if !self.mark.0.swap(false, Ordering::SeqCst) {
            return false;
        }
        let waker = Waker::from(Arc::clone(&self.mark));
        if let Poll::Ready(outcome) = run.as_mut().poll(&mut Context::from_waker(&waker)) {
            self.outcome = Some(outcome);
            self.run = None;
        } else if self.link.is_dead() {
            self.run = None;
        }
        true
    }
}

/// Lets actors run until each has ended or died; returns their outcomes, nothing for the dead.
pub async fn play<T>(mut actors: Vec<Actor<'_, T>>, dice: &mut Dice) -> Vec<Option<T>> {
    prepare();
    let mut idle = Duration::from_millis(TEMPO as u64);
    loop {
        settle(&mut actors).await;
        if actors.iter().all(|actor| actor.run.is_none()) {
            return actors.into_iter().map(|actor| actor.outcome).collect();
        }
        tokio::time::advance(dice.pause()).await;
        match pick(&mut actors, dice) {
            Some(actor) => {
                actor.link.grant(dice);
                idle = Duration::from_millis(TEMPO as u64);
            }
            // Everybody waits for the clock.
            None => {
                tokio::time::advance(idle).await;
                idle = (2 * idle).min(LONGEST_IDLE);
            }
        }
    }
}

/// Picks who is next among those that wait for a store call; now and then one is held up.
fn pick<'a, 'b, T>(
    actors: &'a mut [Actor<'b, T>],
    dice: &mut Dice,
) -> Option<&'a mut Actor<'b, T>> {
    let anybody_awake = actors.iter().any(|actor| actor.run.is_some() && !actor.is_asleep());
    let is_ready = |actor: &Actor<'b, T>| {
        actor.run.is_some() && actor.link.is_waiting() && !(anybody_awake && actor.is_asleep())
    };
    let mut waiting: Vec<_> = actors.iter_mut().filter(|actor| is_ready(actor)).collect();
    if waiting.is_empty() {
        return None;
    }
    let unlucky = dice.below(waiting.len());
    if waiting.len() > 1 && dice.below(24) == 0 {
        waiting[unlucky].stalled = dice.below(120);
    }
    for actor in &mut waiting {
        if actor.stalled != usize::MAX {
            actor.stalled = actor.stalled.saturating_sub(1);
        }
    }
    let mut free: Vec<usize> = (0..waiting.len()).filter(|n| waiting[*n].stalled == 0).collect();
    if free.is_empty() {
        free = (0..waiting.len()).collect();
    }
    Some(waiting.swap_remove(free[dice.below(free.len())]))
}

/// Polls everybody until all wait for a store call, for the clock, or for nothing any more.
async fn settle<T>(actors: &mut [Actor<'_, T>]) {
    loop {
        // Gives the runtime the chance to fire timers, and futures a new budget.
        tokio::task::yield_now().await;
        work();
        let polled = actors.iter_mut().filter_map(|actor| actor.advance().then_some(())).count();
        if polled == 0 {
            return;
        }
    }
}

/// Does what was given to the rayon pool of this thread.
fn work() {
    while rayon::yield_local() == Some(rayon::Yield::Executed) {}
}

/// Makes this thread the only worker of a rayon pool of its own; comes before anything that uses it.
pub fn prepare() {
    thread_local!(static POOL: rayon::ThreadPool = {
        let only_this = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread();
        only_this.build().expect("a thread is in no other pool")
    });
    POOL.with(|_| {});
}
