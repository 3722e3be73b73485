//! A writer that is held up at any of its writes while another one publishes, or dies of it.

use std::sync::Arc;

use crate::link::{Fault, Flaw};
use crate::scene::{Part, Program, alone, once_more, sound, stock};
use crate::schedule::{Actor, Dice, play};
use crate::world::{Signing, World};

/// A run that is held up at one of its writes, and one that goes on meanwhile.
pub struct Stall {
    /// Who is held up.
    pub sleeper: &'static Part,
    /// Who is not.
    pub other: &'static Part,
    /// The write of the sleeper that has to wait.
    pub sleeps_at: usize,
    /// What goes wrong with the other.
    pub flaws: Vec<Flaw>,
}

impl Stall {
    /// Plays it; returns how many writes each has sent.
    pub async fn play(&self, world: &Arc<World>, dice: &mut Dice) -> (usize, usize) {
        let first = Program::new(world, self.sleeper, &[], dice);
        let second = Program::new(world, self.other, &self.flaws, dice);
        let sleeper = Actor::new(&first.link, first.play(world));
        let other = Actor::new(&second.link, second.play(world));
        play(vec![sleeper.asleep_at(self.sleeps_at), other.last()], dice).await;
        if self.flaws.is_empty() {
            // Nobody died, so there is nothing to make up for.
            world.audit(|auditor, world| auditor.copies(world));
        }
        (first.link.writes(), second.link.writes())
    }
}

/// Holds a writer up at each of its writes while another one publishes; returns the number of
/// writes of both, for those who want the other one to die meanwhile.
async fn stall_everywhere(
    before: &Arc<World>,
    [sleeper, other]: [&'static Part; 2],
) -> (usize, usize) {
    let (mut slept, mut sent) = (0, 0);
    for sleeps_at in 0.. {
        let world = before.fork();
        let dice = &mut Dice::new(sleeps_at as u64);
        let writes =
            Stall { sleeper, other, sleeps_at, flaws: Vec::new() }.play(&world, dice).await;
        once_more(&world, other, dice).await;
        sound(&world, &format!("asleep at write {sleeps_at}"));
        (slept, sent) = (slept.max(writes.0), sent.max(writes.1));
        if writes.0 <= sleeps_at {
            break;
        }
    }
    (slept, sent)
}

/// Holds a writer up at each of its writes, and has the other one die at each of its own meanwhile.
///
/// A sleeper that wakes up may put copies of its own generation where the dead one left those of an
/// earlier one, which the next run has to notice.
async fn stall_and_die_everywhere(before: &Arc<World>, rivals: [&'static Part; 2]) {
    let [sleeper, other] = rivals;
    let (slept, sent) = stall_everywhere(before, rivals).await;
    for fault in [Fault::DiesBefore, Fault::DiesAfter] {
        for (sleeps_at, at) in (0..slept).flat_map(|one| (0..sent).map(move |two| (one, two))) {
            let world = before.fork();
            let dice = &mut Dice::new(at as u64);
            let flaws = vec![Flaw::Write(at, fault)];
            Stall { sleeper, other, sleeps_at, flaws }.play(&world, dice).await;
            once_more(&world, other, dice).await;
            sound(&world, &format!("asleep at write {sleeps_at}, {fault:?} at write {at}"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_addition_goes_on_after_any_pause() {
    for signing in [Signing::Signed, Signing::Unsigned] {
        let base = World::new(signing);
        alone(&base, &stock().first, &[], &mut Dice::new(0)).await;
        stall_and_die_everywhere(&base, [&stock().upgrade, &stock().rivals[0]]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_removal_goes_on_after_any_pause() {
    let [first, second, third] = &stock().mirrors;
    for signing in [Signing::Signed, Signing::Unsigned] {
        let base = World::new(signing);
        alone(&base, first, &[], &mut Dice::new(0)).await;
        for part in [first, second, third] {
            base.audit(|auditor, _| auditor.allow_removal(&part.packages));
        }
        stall_and_die_everywhere(&base, [second, third]).await;
    }
}
