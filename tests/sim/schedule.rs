//! Who does the next store call: one at a time, as a seed decides.
//!
//! The real code runs on futures and on the rayon pool. With one rayon thread, which works in
//! the order of arrival, and with wakers that only leave a mark, the scheduler knows when
//! everybody waits for either a store call or the clock. Nothing else is left to chance.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Once, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use crate::link::Link;

/// Numbers that look random and follow from a seed (splitmix64).
pub struct Dice(u64);

impl Dice {
    /// Returns the dice of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns a number from 0 to below `bound`, which is not 0.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % bound as u64).expect("it is below a usize")
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
    loop {
        settle(&mut actors).await;
        if actors.iter().all(|actor| actor.run.is_none()) {
            return actors.into_iter().map(|actor| actor.outcome).collect();
        }
        tokio::time::advance(Duration::from_millis(dice.below(400) as u64)).await;
        if let Some(actor) = pick(&mut actors, dice) {
            actor.link.grant(dice);
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
        fence();
        let polled = actors.iter_mut().filter_map(|actor| actor.advance().then_some(())).count();
        if polled == 0 {
            return;
        }
    }
}

/// Waits until the rayon pool has done what it was given.
fn fence() {
    let (sender, receiver) = mpsc::channel();
    rayon::spawn(move || sender.send(()).expect("the receiver waits"));
    receiver.recv().expect("the pool runs everything that it is given");
}

/// Makes the rayon pool work in the order of arrival; comes before anything that uses it.
pub fn prepare() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let one_worker = rayon::ThreadPoolBuilder::new().num_threads(1);
        one_worker.build_global().expect("nobody has used the pool before");
    });
}
