//! What is given up and deleted, beside writers that use it again, sleepers, deaths and odd clocks.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

#[cfg(debug_assertions)]
use repoman::mutation::{Mutation, Switch};
use repoman::ops::gc::Scope;
use tokio::time::sleep;

use crate::auditor::Invariant;
use crate::client;
use crate::lies::Lie;
use crate::link::{Fault, Flaw, Link};
use crate::scene::{Ending, Part, Program, alone, sound, stock};
use crate::schedule::{Actor, Dice, play};
use crate::world::{Signing, World};

const HOUR: i64 = 3600;

const BOTH: [Signing; 2] = [Signing::Signed, Signing::Unsigned];

fn minutes(count: u64) -> Duration {
    Duration::from_secs(60 * count)
}

/// Lets time pass while nobody does anything.
async fn pass(count: u64) {
    tokio::time::advance(minutes(count)).await;
}

/// Returns a program on a machine whose clock is so many seconds ahead; what it publishes is the
/// mirror's, if it publishes anything.
fn program(world: &Arc<World>, mirror: usize, ahead: i64) -> Program {
    let part = &stock().mirrors[mirror];
    Program { ahead, ..Program::new(world, part, &[], &mut Dice::new(0)) }
}

/// Sweeps alone, to the end or to a death; returns the number of deleted objects.
async fn sweep(world: &Arc<World>, scope: Scope, flaws: &[Flaw]) -> Option<usize> {
    let sweeper = Program { link: Link::new(world, flaws), ..program(world, 0, 0) };
    sweep_by(world, scope, &sweeper).await
}

async fn sweep_by(world: &Arc<World>, scope: Scope, sweeper: &Program) -> Option<usize> {
    let actor = Actor::new(&sweeper.link, sweeper.sweep(world, scope));
    let (ending, deleted) = play(vec![actor], &mut Dice::new(0)).await.pop().flatten()?;
    assert!(is_done(&ending), "{ending:?}\n{}", world.journal());
    Some(deleted)
}

async fn publish(world: &Arc<World>, part: &'static Part) {
    let (ending, _) = alone(world, part, &[], &mut Dice::new(0)).await;
    assert!(ending.as_ref().is_some_and(is_done), "{ending:?}\n{}", world.journal());
}

/// Publishes by a machine whose clock is so many seconds ahead.
async fn publish_off(world: &Arc<World>, part: &'static Part, ahead: i64) {
    let program = Program { part, ..program(world, 0, ahead) };
    let actor = Actor::new(&program.link, program.play(world));
    let ending = play(vec![actor], &mut Dice::new(0)).await.pop().flatten();
    assert!(ending.as_ref().is_some_and(is_done), "{ending:?}\n{}", world.journal());
}

fn is_done(ending: &Ending) -> bool {
    matches!(ending, Ending::Done(_))
}

/// Asserts that each of several programs came to a good end.
#[track_caller]
fn all_done(endings: &[Option<Ending>], how: &str, world: &World) {
    let all_done = endings.iter().all(|ending| ending.as_ref().is_some_and(is_done));
    assert!(all_done, "{how}: {endings:?}\n{}", world.journal());
}

/// Returns a repository in which the mirror's first generation was replaced by its second one: a
/// package file and an index less.
async fn replaced(signing: Signing) -> Arc<World> {
    replaced_off(signing, 0).await
}

/// Returns such a repository from a machine whose clock is so many seconds ahead.
async fn replaced_off(signing: Signing, ahead: i64) -> Arc<World> {
    let world = World::new(signing);
    let parts = &stock().mirrors;
    for part in parts {
        world.audit(|auditor, _| auditor.allow_removal(&part.packages));
    }
    publish_off(&world, &parts[0], ahead).await;
    publish_off(&world, &parts[1], ahead).await;
    world
}

/// Returns the pool keys of the first generation's package that the second one has not.
fn lives(world: &World) -> Vec<String> {
    let keys = world.keys().into_iter();
    keys.filter(|key| key.starts_with("pool/") && key.contains("tool_1.0")).collect()
}

/// Sweeps, and looks whether only what is needed is there then: I7.
async fn tidy(world: &Arc<World>, scope: Scope) {
    tidy_off(world, scope, 0).await;
}

/// Sweeps by a machine whose clock is so many seconds ahead.
///
/// What runs leave behind that die or lose takes a look at everything, and one time more: it is
/// given up first, after it was mourned if somebody has made it anew under a name that is gone.
async fn tidy_off(world: &Arc<World>, scope: Scope, ahead: i64) {
    let times = if scope == Scope::Everything { 3 } else { 2 };
    for _ in 0..times {
        pass(121).await;
        sweep_by(world, scope, &program(world, 0, ahead)).await;
    }
    world.audit(|auditor, world| auditor.tidy(world));
}

#[tokio::test(start_paused = true)]
async fn what_is_given_up_stays_for_its_time_and_then_goes() {
    for signing in BOTH {
        let world = replaced(signing).await;
        pass(119).await;
        assert_eq!(sweep(&world, Scope::GivenUp, &[]).await, Some(0));
        pass(2).await;
        assert_eq!(lives(&world).len(), 1);
        assert_eq!(sweep(&world, Scope::GivenUp, &[]).await, Some(2));
        assert_eq!(lives(&world).len(), 0);
        assert_eq!(sweep(&world, Scope::GivenUp, &[]).await, Some(0), "it is gone already");
        tidy(&world, Scope::GivenUp).await;
        sound(&world, "swept");
    }
}

#[tokio::test(start_paused = true)]
async fn an_apply_sweeps_before_it_publishes() {
    for signing in BOTH {
        let world = replaced(signing).await;
        pass(121).await;
        publish(&world, &stock().mirrors[2]).await;
        assert_eq!(lives(&world).len(), 0);
        for round in 0..8 {
            pass(70 * (round % 3)).await;
            publish(&world, &stock().mirrors[round as usize % 3]).await;
        }
        tidy(&world, Scope::GivenUp).await;
        sound(&world, "swept by applies");
    }
}

/// What happens between the removal of a package and its return, in minutes and with or without
/// a sweep, and whether it comes back under its old name.
const RETURNS: [(u64, bool, u64, bool); 6] = [
    (10, false, 0, true),
    (55, true, 0, true),
    (65, false, 0, false),
    (125, false, 0, false),
    (125, true, 0, false),
    (125, true, 600, false),
];

#[tokio::test(start_paused = true)]
async fn a_package_that_comes_back_late_gets_another_name() {
    for (signing, (before, is_swept, after, is_same)) in
        BOTH.into_iter().flat_map(|signing| RETURNS.map(|case| (signing, case)))
    {
        let world = replaced(signing).await;
        let old: BTreeSet<_> = lives(&world).into_iter().collect();
        pass(before).await;
        if is_swept {
            sweep(&world, Scope::GivenUp, &[]).await;
        }
        pass(after).await;
        publish(&world, &stock().mirrors[0]).await;
        let how = format!("{before} {is_swept} {after}");
        let new: BTreeSet<_> = lives(&world).into_iter().collect();
        assert_eq!(new.is_subset(&old), is_same, "{how}: {new:?}");
        // The same indices as before, and back and forth again.
        for round in [1, 0, 1] {
            pass(30).await;
            publish(&world, &stock().mirrors[round]).await;
        }
        tidy(&world, Scope::GivenUp).await;
        sound(&world, &how);
    }
}

#[tokio::test(start_paused = true)]
async fn records_of_generations_that_are_not_kept_go() {
    let world = World::new(Signing::Signed);
    for part in &stock().mirrors {
        world.audit(|auditor, _| auditor.allow_removal(&part.packages));
    }
    for round in 0..34 {
        publish(&world, &stock().mirrors[round % 3]).await;
    }
    let records = |world: &World| {
        let is_record = |key: &String| key.starts_with(".repoman/history/");
        world.keys().into_iter().filter(is_record).count()
    };
    assert_eq!(records(&world), 34);
    tidy(&world, Scope::GivenUp).await;
    assert_eq!(records(&world), 31);
    sound(&world, "three more than are kept");
}

#[tokio::test(start_paused = true)]
async fn a_name_is_free_again_when_it_was_mourned() {
    let world = replaced(Signing::Unsigned).await;
    let [first, second, third] = &stock().mirrors;
    let old = lives(&world);
    pass(121).await;
    publish(&world, third).await;
    assert_eq!(lives(&world), [""; 0]);
    pass(95).await;
    publish(&world, second).await;
    publish(&world, third).await;
    publish(&world, first).await;
    assert_eq!(lives(&world), old);
    tidy(&world, Scope::GivenUp).await;
    sound(&world, "forgotten and used again");
}

/// A program that sleeps while others do something.
struct Nap<F> {
    /// The program.
    run: F,
    /// What it publishes.
    part: &'static Part,
    /// What the others do.
    others: Others,
    /// Their clocks, in seconds ahead.
    ahead: i64,
}

/// What happens while somebody sleeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Others {
    /// The mirror's packages come and go, and each time somebody sweeps.
    Publish,
    /// Nobody publishes; somebody sweeps.
    Sweep,
    /// A second distribution gives a package up, and then somebody sweeps.
    GiveUp,
}

impl Others {
    /// Returns what is published, one after the other.
    fn parts(self) -> Vec<&'static Part> {
        let stock = stock();
        match self {
            Self::Publish => [0, 1, 2, 0].map(|mirror: usize| &stock.mirrors[mirror]).into(),
            Self::Sweep => Vec::new(),
            Self::GiveUp => vec![&stock.shared[2]],
        }
    }
}

impl<F: AsyncFn(&Arc<World>, &Program)> Nap<F> {
    /// Has it sleep at each of its writes.
    async fn everywhere(&self, before: &Arc<World>) {
        let world = before.fork();
        let awake = self.sleeper(&world);
        let alone = Actor::new(&awake.link, (self.run)(&world, &awake));
        play(vec![alone], &mut Dice::new(0)).await;
        let writes = awake.link.writes();
        assert!(writes > 2, "{}", world.journal());
        for (minutes, sleeps_at) in
            [20, 600].into_iter().flat_map(|nap| (0..writes).map(move |at| (nap, at)))
        {
            let world = before.fork();
            self.play(&world, minutes, sleeps_at).await;
            let others = self.others;
            if others != Others::GiveUp {
                tidy_off(&world, Scope::Everything, self.ahead).await;
            }
            sound(&world, &format!("{others:?} for {minutes} minutes at write {sleeps_at}"));
        }
    }

    fn sleeper(&self, world: &Arc<World>) -> Program {
        Program { part: self.part, ..program(world, 0, 0) }
    }

    /// Plays it once.
    async fn play(&self, world: &Arc<World>, nap: u64, sleeps_at: usize) {
        let (asleep, awake) = (self.sleeper(world), Link::new(world, &[]));
        let others = async {
            sleep(minutes(1)).await;
            let mut endings = Vec::new();
            let parts = self.others.parts();
            for round in 0..4 {
                let other = || Program { link: awake.clone(), ..program(world, 0, self.ahead) };
                if let Some(part) = parts.get(round) {
                    endings.push(Some(Program { part, ..other() }.play(world).await));
                }
                endings.push(Some(other().sweep(world, Scope::GivenUp).await.0));
                sleep(minutes(nap / 4)).await;
            }
            all_done(&endings, &format!("{nap} at {sleeps_at}"), world);
        };
        let sleeper = Actor::new(&asleep.link, (self.run)(world, &asleep));
        let actors = vec![sleeper.asleep_at(sleeps_at), Actor::new(&awake, others).last()];
        play(actors, &mut Dice::new(sleeps_at as u64)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_sweeper_that_sleeps_deletes_nothing_that_came_back() {
    let run = async |world: &Arc<World>, sleeper: &Program| {
        sleeper.sweep(world, Scope::GivenUp).await;
    };
    for (signing, ahead) in BOTH.into_iter().flat_map(|signing| [0, -5, 5].map(|h| (signing, h))) {
        let (ahead, part, others) = (ahead * HOUR, &stock().mirrors[0], Others::Publish);
        let world = replaced_off(signing, ahead).await;
        pass(121).await;
        Nap { run, part, others, ahead }.everywhere(&world.fork_now()).await;
    }
}

/// Has a writer sleep that brings a package back which was given up so many minutes ago.
async fn sleep_on_a_return(signing: Signing, wait: u64, others: Others) {
    let run = async |world: &Arc<World>, sleeper: &Program| {
        sleeper.play(world).await;
    };
    let world = replaced(signing).await;
    pass(wait).await;
    let part = &stock().mirrors[0];
    Nap { run, part, others, ahead: 0 }.everywhere(&world.fork_now()).await;
}

#[tokio::test(start_paused = true)]
async fn a_writer_that_sleeps_names_nothing_that_is_deleted() {
    for signing in BOTH {
        sleep_on_a_return(signing, 55, Others::Publish).await;
        sleep_on_a_return(signing, 55, Others::Sweep).await;
    }
    sleep_on_a_return(Signing::Unsigned, 121, Others::Publish).await;
}

#[tokio::test(start_paused = true)]
async fn a_writer_that_sleeps_names_nothing_that_another_distribution_gives_up() {
    let run = async |world: &Arc<World>, sleeper: &Program| {
        sleeper.play(world).await;
    };
    for signing in BOTH {
        let world = World::new(signing);
        publish(&world, &stock().shared[0]).await;
        let (part, others) = (&stock().shared[1], Others::GiveUp);
        Nap { run, part, others, ahead: 0 }.everywhere(&world.fork_now()).await;
    }
}

/// Tells whether clients of the first distribution can install the tool.
fn has_tool(world: &World) -> bool {
    let published = client::read(world, &client::commit_point(world).unwrap()).unwrap();
    published.packages.iter().any(|package| package.starts_with("tool "))
}

#[tokio::test(start_paused = true)]
async fn a_promotion_that_sleeps_names_nothing_that_is_given_up_where_it_comes_from() {
    let run = async |world: &Arc<World>, sleeper: &Program| {
        // Who slept on a request may have to say that it is lost.
        let is_promoted = is_done(&sleeper.play(world).await);
        assert!(!is_promoted || has_tool(world), "{}", world.journal());
        // What it named was given up by the other distribution at most an hour before.
        sleep(minutes(121)).await;
        sleeper.sweep(world, Scope::GivenUp).await;
        sound(world, "swept after the promotion");
    };
    for signing in BOTH {
        let world = World::new(signing);
        publish(&world, &stock().shared[0]).await;
        let awake = world.fork_now();
        publish(&awake, &stock().promotion).await;
        assert!(has_tool(&awake) && !has_tool(&world));
        let (part, others) = (&stock().promotion, Others::GiveUp);
        Nap { run, part, others, ahead: 0 }.everywhere(&world.fork_now()).await;
    }
}

#[cfg(debug_assertions)]
#[tokio::test(start_paused = true)]
async fn a_promotion_beside_a_sweep_without_grace_is_caught() {
    let _switch = Switch::on(Mutation::NoGrace);
    let run = async |world: &Arc<World>, sleeper: &Program| {
        sleeper.play(world).await;
    };
    let world = World::new(Signing::Unsigned);
    publish(&world, &stock().shared[0]).await;
    let (world, part) = (world.fork_now(), &stock().promotion);
    let nap = Nap { run, part, others: Others::GiveUp, ahead: 0 };
    let mut caught = Vec::new();
    for sleeps_at in 0..4 {
        let world = world.fork();
        nap.play(&world, 20, sleeps_at).await;
        caught.extend(world.audit(|auditor, _| auditor.violations().to_vec()));
    }
    let caught: Vec<_> = caught.iter().map(ToString::to_string).collect();
    assert!(caught.iter().any(|what| what.contains("tool_1.0")), "{caught:?}");
}

#[tokio::test(start_paused = true)]
async fn a_rollback_that_sleeps_names_nothing_that_is_deleted() {
    let run = async |world: &Arc<World>, sleeper: &Program| {
        sleeper.rollback(world, 1).await;
    };
    for (signing, others) in
        BOTH.into_iter().flat_map(|signing| [Others::Publish, Others::Sweep].map(|o| (signing, o)))
    {
        let world = replaced(signing).await;
        pass(55).await;
        let part = &stock().mirrors[0];
        Nap { run, part, others, ahead: 0 }.everywhere(&world.fork_now()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_rollback_copies_what_may_soon_be_deleted_and_refuses_what_was() {
    for (signing, (wait, is_swept, names)) in BOTH.into_iter().flat_map(|signing| {
        [(30, false, Some(1)), (70, false, Some(2)), (130, false, Some(1)), (130, true, None)]
            .map(|case| (signing, case))
    }) {
        let world = replaced(signing).await;
        pass(wait).await;
        if is_swept {
            sweep(&world, Scope::GivenUp, &[]).await;
        }
        let program = program(&world, 0, 0);
        let actor = Actor::new(&program.link, program.rollback(&world, 1));
        let ending = play(vec![actor], &mut Dice::new(0)).await.pop().flatten();
        let how = format!("after {wait} minutes: {ending:?}");
        assert_eq!(ending.as_ref().is_some_and(is_done), names.is_some(), "{how}");
        if let Some(names) = names {
            assert_eq!(lives(&world).len(), names, "{how}");
        }
        tidy(&world, Scope::GivenUp).await;
        sound(&world, &how);
    }
}

#[tokio::test(start_paused = true)]
async fn a_sweep_that_dies_forgets_nothing() {
    for (signing, fault) in BOTH
        .into_iter()
        .flat_map(|signing| [Fault::DiesBefore, Fault::DiesAfter].map(|fault| (signing, fault)))
    {
        let base = replaced(signing).await;
        pass(121).await;
        let base = base.fork_now();
        for at in 0.. {
            let world = base.fork();
            let deleted = sweep(&world, Scope::GivenUp, &[Flaw::Write(at, fault)]).await;
            tidy(&world, Scope::Everything).await;
            sound(&world, &format!("{fault:?} at write {at}"));
            if deleted.is_some() {
                break;
            }
        }
        for at in 0.. {
            let world = base.fork();
            let dice = &mut Dice::new(at as u64);
            let flaws = [Flaw::Write(at, fault)];
            let (ending, _) = alone(&world, &stock().mirrors[2], &flaws, dice).await;
            publish(&world, &stock().mirrors[0]).await;
            tidy(&world, Scope::Everything).await;
            sound(&world, &format!("{fault:?} at write {at} of an apply"));
            if ending.is_some() {
                break;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn sweepers_and_writers_at_once_are_in_nobody_s_way() {
    for (signing, seed) in BOTH.into_iter().flat_map(|signing| (0..16).map(move |n| (signing, n))) {
        let world = replaced(signing).await;
        pass([55, 121][seed as usize % 2]).await;
        let dice = &mut Dice::new(seed);
        let mirror = dice.below(3);
        let programs: Vec<_> = (0..4).map(|_| program(&world, mirror, 0)).collect();
        let actors = programs.iter().enumerate().map(|(n, program)| {
            let world = &world;
            Actor::new(&program.link, async move {
                match n {
                    0 => program.play(world).await,
                    1 => program.sweep(world, Scope::Everything).await.0,
                    _ => program.sweep(world, Scope::GivenUp).await.0,
                }
            })
        });
        let endings = play(actors.collect(), dice).await;
        all_done(&endings, &format!("seed {seed}"), &world);
        tidy(&world, Scope::Everything).await;
        sound(&world, &format!("seed {seed}"));
    }
}

#[tokio::test(start_paused = true)]
async fn clocks_that_are_hours_off_decide_nothing() {
    for (signing, ahead) in BOTH
        .into_iter()
        .flat_map(|signing| [-5 * HOUR, -HOUR, HOUR, 5 * HOUR].map(|ahead| (signing, ahead)))
    {
        let world = World::new(signing);
        let [first, second, third] = &stock().mirrors;
        for part in [first, second, third] {
            world.audit(|auditor, _| auditor.allow_removal(&part.packages));
        }
        let how = format!("{} h", ahead / HOUR);
        let parts = [first, second, first, third, second, first, third, first];
        for (round, part) in parts.into_iter().enumerate() {
            publish_off(&world, part, ahead).await;
            pass([1, 58, 62, 125][round % 4]).await;
            sweep_by(&world, Scope::GivenUp, &program(&world, 0, -ahead)).await;
        }
        tidy_off(&world, Scope::Everything, ahead).await;
        sound(&world, &how);
    }
}

#[tokio::test(start_paused = true)]
async fn orphans_of_dead_uploads_go_beside_an_upload_that_lives() {
    for (signing, fault) in BOTH
        .into_iter()
        .flat_map(|signing| [Fault::DiesBefore, Fault::DiesAfter].map(|fault| (signing, fault)))
    {
        for at in 0..14 {
            let world = World::new(signing);
            publish(&world, &stock().first).await;
            let dice = &mut Dice::new(at as u64);
            alone(&world, &stock().upgrade, &[Flaw::Write(at, fault)], dice).await;
            let part = &stock().rivals[at % 4];
            let upload = Program { part, ..program(&world, 0, 0) };
            let sweeper = program(&world, 0, 0);
            let sweep = async { sweeper.sweep(&world, Scope::Everything).await.0 };
            let actors = vec![
                Actor::new(&upload.link, upload.play(&world)),
                Actor::new(&sweeper.link, sweep),
            ];
            let endings = play(actors, dice).await;
            let how = format!("{fault:?} at write {at}");
            all_done(&endings, &how, &world);
            tidy(&world, Scope::Everything).await;
            publish(&world, &stock().upgrade).await;
            tidy(&world, Scope::Everything).await;
            sound(&world, &how);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_takes_requests_of_yesterday_is_caught() {
    let world = replaced(Signing::Unsigned).await;
    pass(121).await;
    world.lie(Lie::TakesAnyRequest);
    let (asleep, awake) = (program(&world, 0, 0), Link::new(&world, &[]));
    let others = async {
        for mirror in [2, 1, 2, 0] {
            let other = Program { link: awake.clone(), ..program(&world, mirror, 0) };
            other.play(&world).await;
            sleep(minutes(95)).await;
        }
    };
    let sleeper = async {
        asleep.sweep(&world, Scope::GivenUp).await;
    };
    let sleeper = Actor::new(&asleep.link, sleeper).asleep_at(2);
    let actors = vec![sleeper, Actor::new(&awake, others).last()];
    play(actors, &mut Dice::new(0)).await;
    let caught: BTreeSet<_> =
        world.audit(|auditor, _| auditor.violations().iter().map(|v| v.invariant).collect());
    assert!(caught.contains(&Invariant::Readable), "{caught:?}\n{}", world.journal());
}
