//! What a run has written, in part: any subset of one of its phases, or any prefix of all writes.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use crate::client;
use crate::link::Put;
use crate::races::{Grounds, Role, race};
use crate::scene::{Part, alone, once_more, sound, stock};
use crate::schedule::Dice;
use crate::seeds::in_simulated_time;
use crate::world::{Signing, World};

/// How many subsets are tried.
const SUBSETS: u32 = 256;

/// How many journals are cut off at each of their writes.
const JOURNALS: u64 = 40;

/// What runs in part.
#[derive(Debug, Clone, Copy)]
enum Story {
    First,
    Upgrade,
    Removal,
}

/// Who runs after it.
#[derive(Debug, Clone, Copy)]
enum Next {
    Same,
    Other,
}

/// A run of which a part has landed.
#[derive(Debug, Clone, Copy)]
struct Torso {
    signing: Signing,
    story: Story,
    /// The phase that is incomplete; those before it are complete.
    phase: usize,
    /// Which of its writes have landed, one bit each.
    landed: u16,
    next: Next,
}

/// The phases of a publication; within one, writes land in any order.
const PHASES: [fn(&str, Signing) -> bool; 6] = [
    |key, _| key == ".repoman/store.json",
    |key, _| key.starts_with("pool/"),
    |key, _| key == "acme-apt.asc",
    |key, _| ["/by-hash/", "/signatures/", ".repoman/"].iter().any(|part| key.contains(part)),
    |key, signing| key == client::point(signing),
    |key, _| key != "dists/bookworm/Release.gpg",
];

/// Returns the phase that a write belongs to; the seal is the last one.
fn phase(key: &str, signing: Signing) -> usize {
    PHASES.iter().position(|holds| holds(key, signing)).unwrap_or(PHASES.len())
}

impl Torso {
    async fn play(self) {
        let (base, part) = self.base().await;
        let whole = base.fork();
        alone(&whole, part, &[], &mut Dice::new(1)).await;
        let world = base.fork();
        // The clock of what runs next must not be behind the Date of what has landed.
        tokio::time::advance(Duration::from_secs(60)).await;
        for put in self.landed(&whole) {
            let key = put.path.clone();
            world.put(put).unwrap_or_else(|error| panic!("{key}: {error}"));
        }
        let next = match self.next {
            Next::Same => part,
            Next::Other => &stock().rivals[1],
        };
        once_more(&world, next, &mut Dice::new(2)).await;
        once_more(&world, part, &mut Dice::new(3)).await;
        sound(&world, &format!("{self:?}"));
    }

    /// Returns what the run starts from, and what it publishes.
    async fn base(self) -> (Arc<World>, &'static Part) {
        let world = World::new(self.signing);
        let [old, new, _] = &stock().mirrors;
        world.audit(|auditor, _| auditor.allow_removal(&old.packages));
        let (before, part) = match self.story {
            Story::First => (None, &stock().first),
            Story::Upgrade => (Some(&stock().first), &stock().upgrade),
            Story::Removal => (Some(old), new),
        };
        if let Some(before) = before {
            alone(&world, before, &[], &mut Dice::new(0)).await;
        }
        (world, part)
    }

    /// Returns the writes of a whole run that have landed.
    fn landed(self, whole: &World) -> Vec<Put> {
        let writes = whole.writes().into_iter().filter(|put| !is_probe(put));
        let mut of_phase = 0;
        let has_landed = |put: &Put| {
            let phase = phase(put.path.as_ref(), self.signing);
            if phase == self.phase {
                of_phase += 1;
                return self.landed >> (of_phase - 1) & 1 == 1;
            }
            phase < self.phase
        };
        writes.filter(has_landed).collect()
    }
}

/// Tells whether a write only tries the store out; it is deleted again.
fn is_probe(put: &Put) -> bool {
    put.path.as_ref().starts_with(".repoman/probe/")
}

fn torso() -> impl Strategy<Value = Torso> {
    (
        prop_oneof![Just(Signing::Signed), Just(Signing::Unsigned)],
        prop_oneof![Just(Story::First), Just(Story::Upgrade), Just(Story::Removal)],
        0..=PHASES.len(),
        any::<u16>(),
        prop_oneof![Just(Next::Same), Just(Next::Other)],
    )
        .prop_map(|(signing, story, phase, landed, next)| Torso {
            signing,
            story,
            phase,
            landed,
            next,
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(SUBSETS))]

    #[test]
    fn any_subset_of_a_phase_is_gone_on_from(torso in torso()) {
        in_simulated_time(torso.play());
    }
}

/// Publishes first and then races, on one store; returns everything that was written to it.
async fn journal(seed: u64, signing: Signing) -> Vec<Put> {
    let (world, dice) = (World::new(signing), &mut Dice::new(seed));
    Grounds::allow_removals(&world);
    for _ in 0..2 {
        let roles: Vec<_> = (0..2 + dice.below(3)).map(|_| Role::draw(&world, dice)).collect();
        race(&world, &roles, dice).await;
    }
    world.writes()
}

/// Writes a journal to a fresh store; after each write all that is published is read.
async fn read_every_prefix(journal: Vec<Put>, signing: Signing, how: &str) -> usize {
    let world = World::new(signing);
    Grounds::allow_removals(&world);
    let mut generations = 0;
    for (number, put) in journal.into_iter().filter(|put| !is_probe(put)).enumerate() {
        tokio::time::advance(Duration::from_secs(1)).await;
        let key = put.path.clone();
        world.put(put).unwrap_or_else(|error| panic!("{how}, write {number} to {key}: {error}"));
        if let Some(point) = client::commit_point(&world) {
            let read = client::read(&world, &point);
            let read = read.unwrap_or_else(|what| panic!("{how}, after write {number}: {what}"));
            generations = read.number as usize;
        }
    }
    sound(&world, how);
    generations
}

#[tokio::test(start_paused = true)]
async fn every_prefix_of_a_journal_is_a_repository() {
    let mut generations = 0;
    for (seed, signing) in (0..JOURNALS).zip([Signing::Signed, Signing::Unsigned].iter().cycle()) {
        let journal = journal(seed, *signing).await;
        generations += read_every_prefix(journal, *signing, &format!("seed {seed}")).await;
    }
    assert!(generations > 2 * JOURNALS as usize, "{generations}");
}
