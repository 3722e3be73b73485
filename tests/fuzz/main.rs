//! The fuzz targets on the stable toolchain: the seeds as they are, and some thousand mutations.
//!
//! This finds what is easily broken, in seconds; `cargo fuzz` finds the rest. A run is a function of
//! its seed: `REPOMAN_FUZZ_SEED=n`, and `REPOMAN_FUZZ_INPUTS=n` inputs for each target.

#![expect(clippy::unwrap_used, reason = "a run that can't be set up has failed")]

mod mutation;
#[path = "../../fuzz/src/lib.rs"]
mod targets;

use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};

use mutation::Mutator;
use targets::{TARGETS, Target};

/// So many mutated inputs each target gets unless more are asked for.
const INPUTS: u64 = 2000;

fn number(variable: &str, default: u64) -> u64 {
    let text = std::env::var(variable);
    text.map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{variable} is no number")))
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

/// Returns the seeds of a target, by name.
fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let path = directory().join("seeds").join(target);
    let entries = fs::read_dir(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let seed = |entry: fs::DirEntry| {
        (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())
    };
    let mut seeds: Vec<_> = entries.map(|entry| seed(entry.unwrap())).collect();
    seeds.sort();
    seeds
}

/// Tries an input; one that breaks a promise is kept and named.
fn attempt(name: &str, target: Target, input: &[u8], origin: &str) {
    if panic::catch_unwind(AssertUnwindSafe(|| target(input))).is_err() {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{name}"));
        fs::write(&path, input).unwrap();
        panic!("`{name}` breaks on {origin}; the input is kept in {}", path.display());
    }
}

/// Plays one target: all of its seeds, then mutations of them.
fn play(name: &str) {
    let (name, target) = TARGETS.into_iter().find(|(other, _)| *other == name).unwrap();
    let seeds = seeds(name);
    for (seed, input) in &seeds {
        attempt(name, target, input, &format!("the seed {seed}"));
    }
    let (seed, count) = (number("REPOMAN_FUZZ_SEED", 1), number("REPOMAN_FUZZ_INPUTS", INPUTS));
    let inputs: Vec<_> = seeds.into_iter().map(|(_, input)| input).collect();
    let mut mutator = Mutator::new(seed, &inputs);
    for round in 0..count {
        let input = mutator.next_input();
        attempt(name, target, &input, &format!("input {round} of REPOMAN_FUZZ_SEED={seed}"));
    }
}

#[test]
fn every_target_has_seeds_and_a_harness() {
    for (name, _) in TARGETS {
        assert!(!seeds(name).is_empty(), "{name}");
        let harness = directory().join("fuzz_targets").join(name).with_extension("rs");
        assert!(fs::read_to_string(harness).unwrap().contains(&format!("repoman_fuzz::{name}(")));
    }
}

#[test]
fn manifests_hold_what_is_promised() {
    play("manifest");
}

#[test]
fn versions_hold_what_is_promised() {
    play("version");
}

#[test]
fn relations_hold_what_is_promised() {
    play("relation");
}

#[test]
fn queries_hold_what_is_promised() {
    play("query");
}

#[test]
fn stanzas_hold_what_is_promised() {
    play("deb822");
}

#[test]
fn release_files_hold_what_is_promised() {
    play("release");
}

#[test]
fn packages_hold_what_is_promised() {
    play("deb");
}
