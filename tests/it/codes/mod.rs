//! Every error code, provoked through the real binary.
//!
//! One scenario for each code of `docs/errors.md`, as small as it can be: what else such a run does
//! is told by the stories. Codes that nobody can provoke from outside are listed with the reason.

mod applying;
mod manifest;
mod others;
mod packages;
mod store;
mod trust;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::thread;

use crate::support::{Deb, Run, TestRepo};

/// A way to provoke a code.
struct Scenario {
    /// The code.
    code: &'static str,
    /// The exit status.
    status: i32,
    /// What leads there; returns the run that ends with it.
    run: fn() -> Run,
}

/// Shortens the tables.
const fn scenario(code: &'static str, status: i32, run: fn() -> Run) -> Scenario {
    Scenario { code, status, run }
}

/// The codes that no story can provoke, each with the reason.
const OUT_OF_REACH: &[(&str, &str)] = &[
    ("RM6010", "the store would have to be slow for half an hour"),
    ("RM9001", "the compressors fail only where memory is short"),
    ("RM9005", "the kernel would have to refuse a signal handler"),
];

/// Runs scenarios, some at once since most of them wait, and holds their ends against the table.
#[track_caller]
fn play(scenarios: &[Scenario]) {
    let wrong = |Scenario { code, status, run }: &Scenario| {
        let run = run();
        let is_right = run.code == *status && run.said(&format!("error[{code}]: "));
        (!is_right).then(|| format!("{code} with {status} did not end so:\n{run}\n"))
    };
    let some = |scenarios: &[Scenario]| scenarios.iter().filter_map(wrong).collect::<String>();
    let wrong: String = thread::scope(|scope| {
        let share = scenarios.len().div_ceil(4);
        let threads: Vec<_> =
            scenarios.chunks(share).map(|share| scope.spawn(move || some(share))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{wrong}");
}

/// Returns a repository with widget 1.0 to publish.
fn unpublished() -> TestRepo {
    let repo = TestRepo::new();
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo
}

/// Returns a repository with widget 1.0 published.
fn published() -> TestRepo {
    let repo = unpublished();
    repo.apply();
    repo
}

#[test]
fn every_code_has_a_scenario() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/errors.md");
    let page = fs::read_to_string(page).unwrap();
    let headings = page.lines().filter_map(|line| line.strip_prefix("### ")?.split(' ').next());
    let documented: BTreeSet<_> = headings.collect();
    let tables = [
        applying::SCENARIOS,
        others::SCENARIOS,
        packages::SCENARIOS,
        store::SCENARIOS,
        trust::SCENARIOS,
    ];
    let played = tables.into_iter().flatten().map(|scenario| scenario.code);
    let played: Vec<_> =
        played.chain(manifest::codes()).chain(OUT_OF_REACH.iter().map(|(code, _)| *code)).collect();
    let provoked: BTreeSet<_> = played.iter().copied().collect();
    let differing: Vec<_> = provoked.symmetric_difference(&documented).collect();
    assert!(differing.is_empty(), "without a scenario, or without a section: {differing:?}");
    assert_eq!(provoked.len(), played.len(), "a code stands twice");
}
