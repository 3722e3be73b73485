//! Stores that don't do what they say: the auditor has to find each of them out.

use std::collections::BTreeSet;

use object_store::PutMode;

use crate::auditor::Invariant;
use crate::link::Put;
use crate::races::{Role, race};
use crate::scene::{alone, once_more, stock};
use crate::schedule::Dice;
use crate::stalls::Stall;
use crate::world::{Signing, World};

/// How a store deceives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lie {
    /// It ignores the condition of a swap.
    IgnoresConditions,
    /// It ignores the conditions of copies.
    IgnoresCopies,
    /// It says that a swap was won that was not carried out.
    BoastsOfSwaps,
    /// It does not keep index files.
    DropsIndices,
    /// It does not keep package files.
    DropsPackages,
    /// It keeps index files only when the swap is over.
    SwapsFirst,
    /// It keeps the commit point only when a copy is written.
    SwapsLast,
    /// It keeps other bytes than it was given, of the same number.
    AltersPackages,
    /// It does not keep copies.
    DropsCopies,
    /// It says that index files are there that are not.
    DeniesIndices,
    /// It carries out requests that have been on their way for hours.
    TakesAnyRequest,
}

/// What a store does with a write.
pub enum Treatment {
    /// It carries it out.
    Honest(Put),
    /// It tries to carry it out, and confirms it in any case.
    Boast(Put),
    /// It forgets it, and confirms it.
    Drop,
    /// It forgets it, and says that the object is there.
    Deny,
    /// It carries it out after the next one that clients see, and confirms it now.
    PutOff,
}

/// What kind of object a key names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Point,
    Index,
    Copy,
    Package,
    Other,
}

fn kind(key: &str) -> Kind {
    match key {
        "dists/bookworm/Release" => Kind::Point,
        key if key.starts_with("pool/") => Kind::Package,
        key if key.contains("/by-hash/") => Kind::Index,
        key if key.starts_with("dists/") => Kind::Copy,
        _ => Kind::Other,
    }
}

impl Lie {
    /// Returns what the store does with a write.
    pub fn treat(self, mut put: Put) -> Treatment {
        match (self, kind(put.path.as_ref())) {
            (Self::IgnoresConditions, Kind::Point) | (Self::IgnoresCopies, Kind::Copy) => {
                put.options.mode = PutMode::Overwrite;
                Treatment::Honest(put)
            }
            (Self::BoastsOfSwaps, Kind::Point) => Treatment::Boast(put),
            (Self::DropsIndices, Kind::Index)
            | (Self::DropsPackages, Kind::Package)
            | (Self::DropsCopies, Kind::Copy) => Treatment::Drop,
            (Self::SwapsFirst, Kind::Index) | (Self::SwapsLast, Kind::Point) => Treatment::PutOff,
            (Self::AltersPackages, Kind::Package) => {
                put.payload = vec![b'?'; put.payload.content_length()].into();
                Treatment::Honest(put)
            }
            (Self::DeniesIndices, Kind::Index) => Treatment::Deny,
            _ => Treatment::Honest(put),
        }
    }
}

/// Returns the invariants that are violated when an upgrade meets a lying store.
async fn caught_alone(lie: Lie) -> BTreeSet<Invariant> {
    let world = World::new(Signing::Unsigned);
    let dice = &mut Dice::new(1);
    alone(&world, &stock().first, &[], dice).await;
    world.lie(lie);
    alone(&world, &stock().upgrade, &[], dice).await;
    once_more(&world, &stock().upgrade, dice).await;
    world.audit(|auditor, _| auditor.violations().iter().map(|v| v.invariant).collect())
}

/// Returns the invariants that are violated when rivals meet a lying store.
async fn caught_in_races(lie: Lie) -> BTreeSet<Invariant> {
    let mut caught = BTreeSet::new();
    for seed in 0..20 {
        let world = World::new(Signing::Unsigned);
        let dice = &mut Dice::new(seed);
        alone(&world, &stock().first, &[], dice).await;
        world.lie(lie);
        let [one, two, three, _] = &stock().rivals;
        let rivals = [one, two, three].map(|part| Role::of(part, &world, dice));
        race(&world, &rivals, dice).await;
        once_more(&world, one, dice).await;
        world.audit(|auditor, _| caught.extend(auditor.violations().iter().map(|v| v.invariant)));
    }
    caught
}

/// Returns the invariants that are violated when a writer wakes up beside a lying store.
async fn caught_after_a_pause(lie: Lie) -> BTreeSet<Invariant> {
    let mut caught = BTreeSet::new();
    let [first, sleeper, other] = &stock().mirrors;
    for sleeps_at in 0..14 {
        let world = World::new(Signing::Signed);
        let dice = &mut Dice::new(0);
        alone(&world, first, &[], dice).await;
        world.lie(lie);
        Stall { sleeper, other, sleeps_at, flaws: Vec::new() }.play(&world, dice).await;
        once_more(&world, other, dice).await;
        world.audit(|auditor, _| caught.extend(auditor.violations().iter().map(|v| v.invariant)));
    }
    caught
}

#[tokio::test(start_paused = true)]
async fn a_store_that_lets_copies_go_back_is_caught() {
    let caught = caught_after_a_pause(Lie::IgnoresCopies).await;
    assert!(caught.contains(&Invariant::CopiesConverge), "{caught:?}");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_loses_or_alters_objects_is_caught() {
    for (lie, invariant) in [
        (Lie::DropsIndices, Invariant::Readable),
        (Lie::DropsPackages, Invariant::Readable),
        (Lie::AltersPackages, Invariant::Readable),
        (Lie::SwapsFirst, Invariant::Readable),
        (Lie::SwapsLast, Invariant::InvisibleUntilTheSwap),
        (Lie::DropsCopies, Invariant::CopiesConverge),
        (Lie::DeniesIndices, Invariant::Convergence),
    ] {
        let caught = caught_alone(lie).await;
        assert!(caught.contains(&invariant), "{lie:?}: {caught:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_without_conditions_is_caught() {
    let caught = caught_in_races(Lie::IgnoresConditions).await;
    assert!(caught.contains(&Invariant::OneWinner), "{caught:?}");
    assert!(caught.contains(&Invariant::NothingLost), "{caught:?}");
    let caught = caught_in_races(Lie::BoastsOfSwaps).await;
    assert!(caught.contains(&Invariant::HonestOutcome), "{caught:?}");
}
