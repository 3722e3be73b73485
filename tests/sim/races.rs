//! Two to four programs at once, of which anything may go wrong, as seeds decide.

use std::sync::Arc;

use crate::auditor::Invariant;
use crate::link::{Fault, Flaw, Misread};
use crate::scene::{Consent, Ending, Part, Program, alone, once_more, stock};
use crate::schedule::{Actor, Dice, play};
use crate::seeds;
use crate::world::{Signing, World};

/// How many seeds are played unless the environment says otherwise.
const SEEDS: u64 = 10_000;

/// What a write may meet with.
const FAULTS: [Fault; 7] = [
    Fault::DiesBefore,
    Fault::DiesAfter,
    Fault::Unheard,
    Fault::Unsent,
    Fault::Repeated,
    Fault::Late,
    Fault::Slow,
];

/// What a read may meet with.
const MISREADS: [Misread; 3] = [Misread::Failed, Misread::Torn, Misread::Slow];

/// By how many seconds a clock may be wrong.
const CLOCKS: [i64; 9] = [-6 * 3600, -3600, -90, -11, -5, 5, 90, 3600, 6 * 3600];

/// Below how many milliseconds the pauses between store calls are.
const TEMPOS: [usize; 4] = [5, 50, 400, 4000];

/// What is published when a race begins.
pub struct Grounds(Vec<Arc<World>>);

impl Grounds {
    /// Returns stores with nothing in them, with a publication, and with two; signed and not.
    pub async fn new() -> Self {
        let mut worlds = Vec::new();
        for signing in [Signing::Signed, Signing::Unsigned] {
            let dice = &mut Dice::new(0);
            worlds.push(World::new(signing));
            for part in [&stock().first, &stock().mirrors[0]] {
                let world = worlds.last().expect("one was pushed").fork();
                alone(&world, part, &[], dice).await;
                worlds.push(world);
            }
        }
        Self(worlds)
    }

    /// Returns a fork of one of them.
    fn pick(&self, dice: &mut Dice) -> Arc<World> {
        Self::fork(&self.0[dice.below(self.0.len())])
    }

    /// Returns a fork of the signed one that a mirror has published to.
    pub fn mirrored(&self) -> Arc<World> {
        Self::fork(&self.0[2])
    }

    fn fork(world: &World) -> Arc<World> {
        let world = world.fork();
        Self::allow_removals(&world);
        world
    }

    /// Lets whatever the mirrors bring vanish.
    pub fn allow_removals(world: &World) {
        for part in &stock().mirrors {
            world.audit(|auditor, _| auditor.allow_removal(&part.packages));
        }
    }
}

/// A program of a race, and what becomes of it.
pub struct Role {
    program: Program,
    flaws: Vec<Flaw>,
    /// The write at which it is held up until all others have ended.
    sleeps_at: Option<usize>,
}

impl Role {
    /// Returns a program with which nothing goes wrong.
    pub fn of(part: &'static Part, world: &Arc<World>, dice: &mut Dice) -> Self {
        let program = Program::new(world, part, &[], dice);
        Self { program, flaws: Vec::new(), sleeps_at: None }
    }

    /// Draws one.
    pub fn draw(world: &Arc<World>, dice: &mut Dice) -> Self {
        let stock = stock();
        let applied = stock.rivals.iter().chain(&stock.mirrors).chain([&stock.upgrade]);
        // Who pushes needs the rules of something that was applied before.
        let pushed = stock.pushes.iter().filter(|_| world.has_publication());
        let parts: Vec<&Part> = applied.chain(pushed).collect();
        let part = dice.one_of(&parts);
        let flaws = flaws(dice);
        let program = Program {
            ahead: if dice.one_in(4) { dice.one_of(&CLOCKS) } else { 0 },
            consent: match dice.below(12) {
                0 => Consent::FirstPlan,
                1 => Consent::FirstTry,
                _ => Consent::Everything,
            },
            ..Program::new(world, part, &flaws, dice)
        };
        let sleeps_at = dice.one_in(8).then(|| dice.below(20));
        Self { program, flaws, sleeps_at }
    }

    /// Returns whether it has to end well.
    fn must_end_well(&self, ending: Option<&Ending>) -> bool {
        let may_give_way = self.program.consent != Consent::Everything;
        self.flaws.is_empty()
            // Whether a clock is really behind is judged where it is reported.
            && ending != Some(&Ending::ClockBehind)
            && !(may_give_way && ending == Some(&Ending::GaveWay))
    }
}

/// Draws what goes wrong with a program, mostly nothing.
fn flaws(dice: &mut Dice) -> Vec<Flaw> {
    let mut flaws = Vec::new();
    while flaws.len() < 3 && dice.one_in(3) {
        flaws.push(match dice.below(3) {
            0 => Flaw::Read(dice.below(30), dice.one_of(&MISREADS)),
            _ => Flaw::Write(dice.below(24), dice.one_of(&FAULTS)),
        });
    }
    flaws
}

/// Runs programs at once; returns how each ended, nothing for the dead.
pub async fn race(world: &Arc<World>, roles: &[Role], dice: &mut Dice) -> Vec<Option<Ending>> {
    let actors = roles.iter().map(|role| {
        let actor = Actor::new(&role.program.link, role.program.play(world));
        match role.sleeps_at {
            Some(writes) => actor.asleep_at(writes),
            None => actor,
        }
    });
    let endings = play(actors.collect(), dice).await;
    for (ending, role) in endings.iter().zip(roles) {
        let is_done = matches!(ending, Some(Ending::Done(_)));
        if !is_done && role.must_end_well(ending.as_ref()) {
            let what = format!("a program without a flaw ended with {ending:?}");
            world.audit(|auditor, _| auditor.violated(Invariant::Convergence, what));
        }
    }
    endings
}

/// Plays one seed to its end, and a program once more; returns the world that it leaves, and how
/// each program ended.
pub async fn play_seed(seed: u64, grounds: &Grounds) -> (Arc<World>, Vec<Option<Ending>>) {
    let dice = &mut Dice::new(seed);
    let tempo = dice.one_of(&TEMPOS);
    dice.set_tempo(tempo);
    let world = grounds.pick(dice);
    let roles: Vec<_> = (0..2 + dice.below(3)).map(|_| Role::draw(&world, dice)).collect();
    let endings = race(&world, &roles, dice).await;
    if roles.iter().all(|role| role.flaws.is_empty()) {
        // Nothing went wrong, so there is nothing to make up for.
        world.audit(|auditor, world| auditor.copies(world));
    }
    once_more(&world, roles[dice.below(roles.len())].program.part, dice).await;
    (world, endings)
}

#[test]
fn programs_beside_each_other_keep_every_invariant() {
    let seeds = seeds::asked_for(SEEDS);
    let count = seeds.end - seeds.start;
    let seen = seeds::hold(seeds);
    println!("{seen:?}");
    let all = ["dead", "done", "not needed", "gave way", "clock behind", "unsettled", "unread"];
    for name in all.into_iter().filter(|_| count >= 1000) {
        assert!(seen.contains_key(name), "no program was {name}: {seen:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_seed_always_plays_the_same_run() {
    let grounds = Grounds::new().await;
    let mut journals = Vec::new();
    for seed in [7, 8, 7] {
        journals.push(play_seed(seed, &grounds).await.0.journal());
    }
    assert_eq!(journals[0], journals[2]);
    assert_ne!(journals[0], journals[1]);
}
