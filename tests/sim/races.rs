//! Two to four writers of one repository at once, in orders that seeds decide.

use std::sync::Arc;

use crate::auditor::Invariant;
use crate::link::{Fault, Link};
use crate::scene::{Ending, Part, alone, apply, once_more, sound, stock};
use crate::schedule::{Actor, Dice, play};
use crate::world::{Signing, World};

/// How many seeds are tried unless the environment says otherwise.
const SEEDS: u64 = 500;

/// What goes wrong with a writer, if anything: the write of that number.
type Flaw = Option<(usize, Fault)>;

/// Returns the seeds to try: one alone, or as many as are asked for.
fn seeds() -> std::ops::Range<u64> {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    match number("REPOMAN_SIM_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("REPOMAN_SIM_SEEDS").unwrap_or(SEEDS),
    }
}

/// Runs rivals at once on a world, some of them with a fault, and then one of them once more.
pub async fn race(world: &Arc<World>, rivals: &[&Part], faults: &[Flaw], dice: &mut Dice) {
    let links: Vec<_> = faults.iter().map(|fault| Link::new(world, *fault)).collect();
    let runs: Vec<_> =
        (0..rivals.len()).map(|n| format!("run-{n}-{:08x}", dice.below(1 << 32))).collect();
    let actors = rivals.iter().zip(&links).zip(&runs);
    let actors = actors.map(|((part, link), run)| {
        Actor::new(link, async move {
            let ending = apply(world, link, part, run).await;
            // At once: what others publish later must not be of use to it.
            world.audit(|auditor, _| auditor.judge(run, &part.packages, &ending));
            ending
        })
    });
    let endings = play(actors.collect(), dice).await;
    for (ending, fault) in endings.iter().zip(faults) {
        if fault.is_none() && *ending != Some(Ending::Done) {
            let what = format!("a rival without a fault ended with {ending:?}");
            world.audit(|auditor, _| {
                auditor.violated(Invariant::Convergence, what);
            });
        }
    }
    once_more(world, rivals[dice.below(rivals.len())], dice).await;
}

/// Picks rivals and what goes wrong with them.
fn cast(dice: &mut Dice) -> (Vec<&'static Part>, Vec<Flaw>) {
    let mut parts: Vec<&Part> = stock().rivals.iter().collect();
    parts.push(&stock().upgrade);
    let count = 2 + dice.below(3);
    let rivals: Vec<_> = (0..count).map(|_| parts.swap_remove(dice.below(parts.len()))).collect();
    let faults = [
        Fault::DiesBefore,
        Fault::DiesAfter,
        Fault::Unheard,
        Fault::Unsent,
        Fault::Repeated,
        Fault::Late,
    ];
    let fault = |dice: &mut Dice| match dice.below(3) {
        0 => Some((dice.below(24), faults[dice.below(faults.len())])),
        _ => None,
    };
    let faults = (0..count).map(|_| fault(dice)).collect();
    (rivals, faults)
}

/// Plays one seed, on top of a first publication or as one.
async fn race_with(seed: u64, base: &Arc<World>) {
    let dice = &mut Dice::new(seed);
    let world = base.fork();
    let (rivals, faults) = cast(dice);
    race(&world, &rivals, &faults, dice).await;
    sound(&world, &format!("REPOMAN_SIM_SEED={seed} plays it again; faults: {faults:?}"));
}

async fn races_for_an_upgrade(signing: Signing) {
    let base = World::new(signing);
    alone(&base, &stock().first, None, &mut Dice::new(0)).await;
    for seed in seeds() {
        race_with(seed, &base).await;
    }
}

async fn races_for_the_first_publication(signing: Signing) {
    for seed in seeds() {
        race_with(seed, &World::new(signing)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn rivals_lose_nothing_of_each_other() {
    races_for_an_upgrade(Signing::Signed).await;
}

#[tokio::test(start_paused = true)]
async fn rivals_without_signatures_lose_nothing_of_each_other() {
    races_for_an_upgrade(Signing::Unsigned).await;
}

#[tokio::test(start_paused = true)]
async fn rivals_for_the_first_publication_lose_nothing_of_each_other() {
    races_for_the_first_publication(Signing::Signed).await;
}

#[tokio::test(start_paused = true)]
async fn rivals_for_the_first_unsigned_publication_lose_nothing_of_each_other() {
    races_for_the_first_publication(Signing::Unsigned).await;
}

#[tokio::test(start_paused = true)]
async fn a_seed_always_plays_the_same_run() {
    let base = World::new(Signing::Signed);
    alone(&base, &stock().first, None, &mut Dice::new(0)).await;
    let mut journals = Vec::new();
    for seed in [7, 8, 7] {
        let world = base.fork();
        let dice = &mut Dice::new(seed);
        let (rivals, faults) = cast(dice);
        race(&world, &rivals, &faults, dice).await;
        journals.push(world.journal());
    }
    assert_eq!(journals[0], journals[2]);
    assert_ne!(journals[0], journals[1]);
}
