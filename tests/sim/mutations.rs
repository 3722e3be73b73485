//! The protocol with one step left out or done in another way: the auditor has to notice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use repoman::mutation::{Mutation, Switch};
use repoman::ops::gc::Scope;

use crate::auditor::Invariant;
use crate::link::{Fault, Flaw};
use crate::races::{Grounds, play_seed};
use crate::scene::{Program, alone, once_more, stock};
use crate::schedule::{Actor, Dice, play};
use crate::stalls::Stall;
use crate::world::World;

/// How many seeds a mutation is given to do harm, after the scenes that don't depend on luck.
const SEEDS: u64 = 200;

/// How many writes of a program are tried in such a scene; none has more.
const WRITES: usize = 12;

/// Which invariants each mutation violates; there may be others.
const HARM: [(Mutation, &[Invariant]); 14] = [
    (Mutation::PackagesLast, &[Invariant::Readable]),
    (Mutation::IndicesLast, &[Invariant::Readable]),
    (Mutation::NoHistory, &[Invariant::Recorded]),
    (Mutation::BorrowedId, &[Invariant::OwnId, Invariant::HonestOutcome]),
    (Mutation::SameDate, &[Invariant::DateGrows]),
    (Mutation::NoPause, &[Invariant::LaterSecond]),
    (Mutation::BlindSwap, &[Invariant::NothingLost, Invariant::OneWinner]),
    (Mutation::NoReadBack, &[Invariant::HonestOutcome]),
    (Mutation::LoserIsDone, &[Invariant::HonestOutcome]),
    (Mutation::CopiesFirst, &[Invariant::InvisibleUntilTheSwap]),
    (Mutation::BlindCopies, &[Invariant::CopiesConverge]),
    (Mutation::SealFirst, &[Invariant::CopiesConverge]),
    (Mutation::NoGrace, &[Invariant::Readable]),
    (Mutation::OldNames, &[Invariant::Readable]),
];

/// What is played.
#[derive(Debug, Clone, Copy)]
enum Scene {
    /// A mirror is held up at this write until another one has published.
    Stall(usize),
    /// A mirror dies of this write.
    Death(usize),
    /// The answer to this write gets lost.
    Unheard(usize),
    /// A sweep is held up at this write while a mirror goes back to what it withdrew two hours ago.
    Sweep(usize),
    /// Whatever the seed decides.
    Seed(u64),
}

impl Scene {
    fn all() -> impl Iterator<Item = Self> {
        let certain = (0..WRITES)
            .flat_map(|at| [Self::Stall(at), Self::Death(at), Self::Unheard(at), Self::Sweep(at)]);
        certain.chain((0..SEEDS).map(Self::Seed))
    }

    /// Plays it; returns what is violated.
    async fn play(self, grounds: &Grounds) -> BTreeSet<Invariant> {
        let dice = &mut Dice::new(0);
        let [_, sleeper, other] = &stock().mirrors;
        let world = match self {
            Self::Seed(seed) => play_seed(seed, grounds).await.0,
            Self::Stall(sleeps_at) => {
                let world = grounds.mirrored();
                Stall { sleeper, other, sleeps_at, flaws: Vec::new() }.play(&world, dice).await;
                once_more(&world, other, dice).await;
                world
            }
            Self::Death(at) => flawed(grounds, Flaw::Write(at, Fault::DiesBefore)).await,
            Self::Sweep(at) => swept(grounds, at).await,
            Self::Unheard(at) => flawed(grounds, Flaw::Write(at, Fault::Unheard)).await,
        };
        world.audit(|auditor, _| auditor.violations().iter().map(|v| v.invariant).collect())
    }
}

/// Plays a mirror with a flaw, and once more without.
async fn flawed(grounds: &Grounds, flaw: Flaw) -> Arc<World> {
    let (world, dice, part) = (grounds.mirrored(), &mut Dice::new(0), &stock().mirrors[2]);
    alone(&world, part, &[flaw], dice).await;
    once_more(&world, part, dice).await;
    world
}

/// Has a mirror go back while a sweep is held up, and go forth again at once.
async fn swept(grounds: &Grounds, sleeps_at: usize) -> Arc<World> {
    let (world, dice, [old, new, _]) = (grounds.mirrored(), &mut Dice::new(0), &stock().mirrors);
    alone(&world, new, &[], dice).await;
    tokio::time::advance(Duration::from_secs(121 * 60)).await;
    let sweeper = Program::new(&world, new, &[], dice);
    let writer = Program::new(&world, old, &[], dice);
    let sweep = async { sweeper.sweep(&world, Scope::GivenUp).await.0 };
    let sweep = Actor::new(&sweeper.link, sweep).asleep_at(sleeps_at);
    play(vec![sweep, Actor::new(&writer.link, writer.play(&world)).last()], dice).await;
    once_more(&world, new, dice).await;
    once_more(&world, old, dice).await;
    world
}

/// Returns the first scene in which a mutation violates an invariant.
async fn first_harm(
    mutation: Mutation,
    invariant: Invariant,
    grounds: &Grounds,
) -> Result<Scene, BTreeMap<Invariant, u64>> {
    let _switch = Switch::on(mutation);
    let mut others = BTreeMap::new();
    for scene in Scene::all() {
        let violated = scene.play(grounds).await;
        if violated.contains(&invariant) {
            return Ok(scene);
        }
        for other in violated {
            *others.entry(other).or_default() += 1;
        }
    }
    Err(others)
}

#[tokio::test(start_paused = true)]
async fn every_step_that_is_left_out_is_missed() {
    let grounds = Grounds::new().await;
    for (mutation, harm) in HARM {
        for invariant in harm {
            let found = first_harm(mutation, *invariant, &grounds).await;
            println!("{mutation:?} violates {invariant:?}: {found:?}");
            let scene = found.unwrap_or_else(|others| {
                panic!("{mutation:?} does not violate {invariant:?}, but {others:?}")
            });
            // It is the mutation that is caught, not the scene.
            assert_eq!(scene.play(&grounds).await, BTreeSet::new(), "{mutation:?}, {scene:?}");
        }
    }
}

#[test]
fn every_mutation_has_its_harm() {
    assert_eq!(HARM.map(|(mutation, _)| mutation), Mutation::ALL);
}
