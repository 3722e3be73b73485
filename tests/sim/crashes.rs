//! A program dies at each of its writes, before or after it, and is run again.

use std::sync::Arc;

use crate::link::{Fault, Flaw};
use crate::scene::{Part, alone, once_more, sound, stock};
use crate::schedule::Dice;
use crate::world::{Signing, World};

/// In how many orders the writes of a phase are tried for each place of a crash: what has landed
/// of the phase is another subset each time.
const ORDERS: u64 = 6;

/// Has a part die at every write; returns the number of ends that were looked at.
async fn die_everywhere(before: &Arc<World>, part: &'static Part) -> usize {
    let mut ends = 0;
    for fault in [Fault::DiesBefore, Fault::DiesAfter] {
        for seed in 0..ORDERS {
            for at in 0.. {
                let world = before.fork();
                let dice = &mut Dice::new(seed);
                let (ending, writes) = alone(&world, part, &[Flaw::Write(at, fault)], dice).await;
                if ending.is_some() {
                    assert!(writes <= at, "it outlived its own death");
                    break;
                }
                once_more(&world, part, dice).await;
                sound(&world, &format!("seed {seed}, {fault:?} at write {at}"));
                ends += 1;
            }
        }
    }
    ends
}

#[tokio::test(start_paused = true)]
async fn a_first_publication_survives_its_death_at_any_write() {
    for signing in [Signing::Signed, Signing::Unsigned] {
        let ends = die_everywhere(&World::new(signing), &stock().first).await;
        assert!(ends >= 2 * 10 * ORDERS as usize, "{ends}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_upgrade_survives_its_death_at_any_write() {
    for signing in [Signing::Signed, Signing::Unsigned] {
        let world = World::new(signing);
        alone(&world, &stock().first, &[], &mut Dice::new(0)).await;
        let ends = die_everywhere(&world, &stock().upgrade).await;
        assert!(ends >= 2 * 8 * ORDERS as usize, "{ends}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_push_survives_its_death_at_any_write() {
    for signing in [Signing::Signed, Signing::Unsigned] {
        let world = World::new(signing);
        alone(&world, &stock().first, &[], &mut Dice::new(0)).await;
        let ends = die_everywhere(&world, &stock().pushes[1]).await;
        assert!(ends >= 2 * 6 * ORDERS as usize, "{ends}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_removal_survives_its_death_at_any_write() {
    let [old, new, _] = &stock().mirrors;
    for signing in [Signing::Signed, Signing::Unsigned] {
        let world = World::new(signing);
        alone(&world, old, &[], &mut Dice::new(0)).await;
        let gone = old.packages.difference(&new.packages).cloned().collect();
        world.audit(|auditor, _| auditor.allow_removal(&gone));
        die_everywhere(&world, new).await;
    }
}
