//! Answers that don't say what happened: each write of a run gets each of them once.

use std::sync::Arc;

use crate::link::{Fault, Flaw};
use crate::scene::{Ending, Part, alone, once_more, sound, stock};
use crate::schedule::Dice;
use crate::world::{Signing, World};

const FAULTS: [Fault; 4] = [Fault::Unheard, Fault::Unsent, Fault::Repeated, Fault::Late];

/// Gives every write of a part each of the answers; all of them can be overcome.
async fn mishear_everywhere(before: &Arc<World>, part: &'static Part) {
    for fault in FAULTS {
        for seed in 0..2 {
            let mut writes = usize::MAX;
            for at in 0.. {
                if at >= writes {
                    break;
                }
                let world = before.fork();
                let dice = &mut Dice::new(seed);
                let (ending, sent) = alone(&world, part, &[Flaw::Write(at, fault)], dice).await;
                writes = sent;
                let how = format!("seed {seed}, {fault:?} at write {at}");
                let is_done = matches!(ending, Some(Ending::Done(Some(_))));
                assert!(is_done, "{how}: {ending:?}\n{}", world.journal());
                once_more(&world, part, dice).await;
                sound(&world, &how);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_first_publication_gets_over_any_answer() {
    for signing in [Signing::Signed, Signing::Unsigned] {
        mishear_everywhere(&World::new(signing), &stock().first).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_upgrade_gets_over_any_answer() {
    for signing in [Signing::Signed, Signing::Unsigned] {
        let world = World::new(signing);
        alone(&world, &stock().first, &[], &mut Dice::new(0)).await;
        mishear_everywhere(&world, &stock().upgrade).await;
    }
}
