//! A distribution is removed: by runs that die or sleep, beside others that publish to it, and it
//! comes back before and after what it had is deleted.

use std::sync::Arc;
use std::time::Duration;

use repoman::ops::gc::Scope;
use tokio::time::sleep;

use crate::link::{Fault, Flaw, Link};
use crate::scene::{Ending, Part, Program, alone, once_more, sound, stock};
use crate::schedule::{Actor, Dice, play};
use crate::world::{Signing, World};

const BOTH: [Signing; 2] = [Signing::Signed, Signing::Unsigned];

fn minutes(count: u64) -> Duration {
    Duration::from_secs(60 * count)
}

/// Returns a repository with one publication, of which everything may vanish.
async fn published(signing: Signing) -> Arc<World> {
    let world = World::new(signing);
    let stock = stock();
    for part in stock.back.iter().chain(&stock.pushes) {
        world.audit(|auditor, _| auditor.allow_removal(&part.packages));
    }
    publish(&world, &stock.first).await;
    world
}

async fn publish(world: &Arc<World>, part: &'static Part) {
    let (ending, _) = alone(world, part, &[], &mut Dice::new(0)).await;
    assert!(matches!(ending, Some(Ending::Done(_))), "{ending:?}\n{}", world.journal());
}

/// Sweeps, to the end or to a death; returns the number of deleted objects.
async fn sweep(world: &Arc<World>, scope: Scope, flaws: &[Flaw]) -> Option<usize> {
    let sweeper = Program::new(world, &stock().end, flaws, &mut Dice::new(0));
    let actor = Actor::new(&sweeper.link, sweeper.sweep(world, scope));
    let (ending, deleted) = play(vec![actor], &mut Dice::new(0)).await.pop().flatten()?;
    assert!(matches!(ending, Ending::Done(_)), "{ending:?}\n{}", world.journal());
    Some(deleted)
}

/// Lets everything have its time, and looks whether only what is needed is there then: I7.
async fn tidy(world: &Arc<World>) {
    for _ in 0..3 {
        tokio::time::advance(minutes(121)).await;
        sweep(world, Scope::Everything, &[]).await;
    }
    world.audit(|auditor, world| auditor.tidy(world));
}

fn packages(world: &World) -> usize {
    world.keys().iter().filter(|key| key.starts_with("pool/")).count()
}

#[tokio::test(start_paused = true)]
async fn what_is_removed_keeps_what_clients_come_for_and_then_loses_it() {
    for signing in BOTH {
        let world = published(signing).await;
        publish(&world, &stock().end).await;
        tokio::time::advance(minutes(119)).await;
        assert_eq!((sweep(&world, Scope::GivenUp, &[]).await, packages(&world)), (Some(0), 2));
        tokio::time::advance(minutes(2)).await;
        assert_eq!(sweep(&world, Scope::GivenUp, &[]).await.map(|deleted| deleted > 2), Some(true));
        assert_eq!(packages(&world), 0);
        tidy(&world).await;
        once_more(&world, &stock().end, &mut Dice::new(0)).await;
        sound(&world, "removed");
    }
}

#[tokio::test(start_paused = true)]
async fn an_apply_that_publishes_anything_sweeps_what_is_removed() {
    for signing in BOTH {
        let world = published(signing).await;
        publish(&world, &stock().end).await;
        tokio::time::advance(minutes(121)).await;
        // It has something to do: the other distribution was never published with this package.
        let other = Program::new(&world, &stock().other, &[], &mut Dice::new(0));
        let actor = Actor::new(&other.link, other.play(&world));
        let ending = play(vec![actor], &mut Dice::new(0)).await.pop().flatten();
        assert!(matches!(ending, Some(Ending::Done(_))), "{ending:?}");
        assert_eq!(packages(&world), 1, "{}", world.journal());
        sound(&world, "swept by an apply");
    }
}

#[tokio::test(start_paused = true)]
async fn a_removal_of_all_survives_its_death_at_any_write() {
    for (signing, fault) in BOTH
        .into_iter()
        .flat_map(|signing| [Fault::DiesBefore, Fault::DiesAfter].map(|fault| (signing, fault)))
    {
        let before = published(signing).await;
        for at in 0.. {
            let world = before.fork();
            let dice = &mut Dice::new(at as u64);
            let (ending, _) = alone(&world, &stock().end, &[Flaw::Write(at, fault)], dice).await;
            once_more(&world, &stock().end, dice).await;
            tidy(&world).await;
            sound(&world, &format!("{fault:?} at write {at}"));
            if ending.is_some() {
                break;
            }
        }
    }
}

/// Holds one writer up at each of its writes while another one publishes; and the other way round.
#[tokio::test(start_paused = true)]
async fn whoever_comes_last_of_a_removal_and_a_publication_is_obeyed() {
    let stock = stock();
    for (signing, other) in BOTH
        .into_iter()
        .flat_map(|signing| [&stock.back[1], &stock.pushes[0]].map(|other| (signing, other)))
    {
        let before = published(signing).await;
        for [sleeper, awake] in [[&stock.end, other], [other, &stock.end]] {
            for sleeps_at in 0..16 {
                let world = before.fork();
                let dice = &mut Dice::new(sleeps_at as u64);
                let [first, second] =
                    [sleeper, awake].map(|part| Program::new(&world, part, &[], dice));
                let sleeper = Actor::new(&first.link, first.play(&world)).asleep_at(sleeps_at);
                let awake = Actor::new(&second.link, second.play(&world)).last();
                play(vec![sleeper, awake], dice).await;
                world.audit(|auditor, world| auditor.copies(world));
                once_more(&world, &stock.end, dice).await;
                tidy(&world).await;
                sound(&world, &format!("asleep at write {sleeps_at}"));
            }
        }
    }
}

/// What happens between a removal and the return, in minutes and with or without a sweep.
const RETURNS: [(u64, bool, u64); 6] = [
    (10, false, 0),
    (55, true, 0),
    (65, false, 0),
    (125, false, 0),
    (125, true, 0),
    (125, true, 600),
];

#[tokio::test(start_paused = true)]
async fn a_distribution_comes_back_at_any_time() {
    for (signing, (before, is_swept, after)) in
        BOTH.into_iter().flat_map(|signing| RETURNS.map(|case| (signing, case)))
    {
        let world = published(signing).await;
        for round in 0..3 {
            publish(&world, &stock().end).await;
            tokio::time::advance(minutes(before)).await;
            if is_swept {
                sweep(&world, Scope::GivenUp, &[]).await;
            }
            tokio::time::advance(minutes(after)).await;
            publish(&world, &stock().back[0]).await;
            once_more(&world, &stock().back[0], &mut Dice::new(round)).await;
        }
        tidy(&world).await;
        sound(&world, &format!("{before} {is_swept} {after}"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_sweeper_that_sleeps_deletes_nothing_of_what_came_back() {
    for signing in BOTH {
        let before = published(signing).await;
        publish(&before, &stock().end).await;
        tokio::time::advance(minutes(121)).await;
        let before = before.fork_now();
        for (nap, sleeps_at) in [20, 600].into_iter().flat_map(|nap| (0..8).map(move |n| (nap, n)))
        {
            let world = before.fork();
            let asleep = Program::new(&world, &stock().end, &[], &mut Dice::new(0));
            let awake = Link::new(&world, &[]);
            let others = async {
                sleep(minutes(1)).await;
                for part in [&stock().back[0], &stock().end, &stock().back[1]] {
                    let other = Program::new(&world, part, &[], &mut Dice::new(nap));
                    Program { link: awake.clone(), ..other.clone() }.play(&world).await;
                    Program { link: awake.clone(), ..other }.sweep(&world, Scope::GivenUp).await;
                    sleep(minutes(nap / 4)).await;
                }
            };
            let run = async {
                asleep.sweep(&world, Scope::GivenUp).await;
            };
            let sleeper = Actor::new(&asleep.link, run).asleep_at(sleeps_at);
            play(vec![sleeper, Actor::new(&awake, others).last()], &mut Dice::new(0)).await;
            tidy(&world).await;
            sound(&world, &format!("asleep at write {sleeps_at} for {nap} minutes"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn anybody_at_once_is_in_nobody_s_way() {
    for (signing, seed) in BOTH.into_iter().flat_map(|signing| (0..16).map(move |n| (signing, n))) {
        let world = published(signing).await;
        publish(&world, if seed % 2 == 0 { &stock().end } else { &stock().back[1] }).await;
        tokio::time::advance(minutes([55, 121][seed as usize / 2 % 2])).await;
        let dice = &mut Dice::new(seed);
        let parts = [&stock().end, &stock().back[0], &stock().back[1], &stock().end];
        let programs = parts.map(|part| Program::new(&world, part, &[], dice));
        let actors = programs.iter().enumerate().map(|(n, program)| {
            let world = &world;
            Actor::new(&program.link, async move {
                match n {
                    3 => program.sweep(world, Scope::Everything).await.0,
                    _ => program.play(world).await,
                }
            })
        });
        let endings = play(actors.collect(), dice).await;
        let is_done = |ending: &Option<Ending>| matches!(ending, Some(Ending::Done(_)));
        assert!(endings.iter().all(is_done), "seed {seed}: {endings:?}\n{}", world.journal());
        tidy(&world).await;
        sound(&world, &format!("seed {seed}"));
    }
}
