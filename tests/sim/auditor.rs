//! Judges every state of the store, and what programs say of it, by named invariants.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use repoman::digest::Sha256;

use crate::client::{self, DISTRIBUTION, Generation, Reference};
use crate::scene::Ending;
use crate::seal;
use crate::world::{Signing, World};

/// What must hold. Numbers and words are those of the protocol's design.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
    /// I1: whatever was ever served, every file that it names exists, byte for byte.
    Readable,
    /// I2: what was published is in every later generation, until a plan removes it.
    NothingLost,
    /// I3: nothing of a generation is visible under a name that changes before its swap.
    InvisibleUntilTheSwap,
    /// I4: after any crash the same command reaches its end, and then has nothing to do.
    Convergence,
    /// I5: of several writers on one base one wins; the rest build on it.
    OneWinner,
    /// I6: success is reported for what is published, and a loss for what is not.
    HonestOutcome,
    /// I8: the copies are those of the current generation, after at most one more apply.
    CopiesConverge,
}

/// An invariant that did not hold.
#[derive(Debug, Clone)]
pub struct Violation {
    /// Which one.
    pub invariant: Invariant,
    what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.invariant, self.what)
    }
}

/// Remembers what was served and promised.
#[derive(Debug, Clone, Default)]
pub struct Auditor {
    chain: Vec<Generation>,
    served: BTreeMap<String, Reference>,
    promised: BTreeSet<String>,
    removable: BTreeSet<String>,
    violations: Vec<Violation>,
}

impl Auditor {
    /// Lets these packages vanish: a plan of this simulation removes them.
    pub fn allow_removal(&mut self, packages: &BTreeSet<String>) {
        self.removable.extend(packages.iter().cloned());
    }

    /// Returns what did not hold so far.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// Records that an invariant does not hold.
    pub fn violated(&mut self, invariant: Invariant, what: impl Into<String>) {
        self.violations.push(Violation { invariant, what: what.into() });
    }

    /// Looks at the store after a write to `key`: I1, I2, I3 and I5.
    pub fn look(&mut self, world: &World, key: &str) {
        match key.strip_prefix(DISTRIBUTION) {
            Some("InRelease") => self.commit_point(world),
            Some("Release") if world.signing == Signing::Unsigned => self.commit_point(world),
            Some("Release" | "Release.gpg") => {}
            Some(path) if is_mutable(path) => self.copy(world, path, key),
            _ => {}
        }
        if let Some(reference) = self.served.get(key)
            && let Err(what) = client::check(world, reference)
        {
            self.violated(Invariant::Readable, what);
        }
    }

    fn commit_point(&mut self, world: &World) {
        let Some(point) = client::commit_point(world) else {
            return self.violated(Invariant::Readable, "there is no commit point any more");
        };
        let sha256 = Sha256::of(&point).to_string();
        if self.chain.last().is_some_and(|last| last.sha256 == sha256) {
            return;
        }
        match client::read(world, &point) {
            Ok(generation) => self.follow(generation),
            Err(what) => self.violated(Invariant::Readable, what),
        }
    }

    /// Takes a new generation.
    fn follow(&mut self, generation: Generation) {
        let expected = self.chain.last().map(|last| (last.number, last.sha256.clone()));
        let number = expected.as_ref().map_or(1, |(number, _)| number + 1);
        if generation.parent != expected || generation.number != number {
            let what = format!(
                "generation {} is built on {:?}, and replaced {expected:?}",
                generation.number, generation.parent
            );
            self.violated(Invariant::OneWinner, what);
        }
        let before = self.chain.last().map(|last| last.packages.clone()).unwrap_or_default();
        for package in before.union(&self.promised.clone()) {
            if !generation.packages.contains(package) && !self.removable.contains(package) {
                let what = format!("{package} is not in generation {}", generation.number);
                self.violated(Invariant::NothingLost, what);
            }
        }
        let objects = generation.objects.iter().cloned();
        self.served.extend(objects.map(|reference| (reference.key.clone(), reference)));
        self.chain.push(generation);
    }

    /// Looks at an object that follows the commit point.
    fn copy(&mut self, world: &World, path: &str, key: &str) {
        let Some(bytes) = world.read(key) else { return };
        let sha256 = Sha256::of(&bytes).to_string();
        let mut indices = self.chain.iter().filter_map(|generation| generation.indices.get(path));
        if !indices.any(|listed| *listed == sha256) {
            self.violated(Invariant::InvisibleUntilTheSwap, format!("{key} is of no generation"));
        }
    }

    /// Compares what a run reports with what is published: I6.
    pub fn judge(&mut self, run: &str, brought: &BTreeSet<String>, ending: &Ending) {
        let packages = self.chain.last().map(|last| last.packages.clone()).unwrap_or_default();
        let is_published = self.chain.iter().any(|generation| generation.writer == run);
        match ending {
            Ending::Done => {
                let needed = brought.difference(&self.removable);
                if needed.clone().any(|package| !packages.contains(package)) {
                    let what = format!("{run} reported {brought:?}, and there is {packages:?}");
                    self.violated(Invariant::HonestOutcome, what);
                }
                self.promised.extend(brought.iter().cloned());
            }
            Ending::NotDone(why) if is_published => {
                let what = format!("{run} is published, and reported: {why}");
                self.violated(Invariant::HonestOutcome, what);
            }
            Ending::Published(why) if !is_published => {
                let what = format!("{run} is not published, and reported: {why}");
                self.violated(Invariant::HonestOutcome, what);
            }
            Ending::NotDone(_) | Ending::Published(_) | Ending::Unsettled(_) => {}
        }
    }

    /// Looks whether the copies are those of the current generation: I8.
    pub fn copies(&mut self, world: &World) {
        let Some(last) = self.chain.last() else { return };
        let mut copies = last.indices.clone();
        if world.signing == Signing::Signed {
            let point = client::commit_point(world).unwrap_or_default();
            let text = client::signed_text(&point).unwrap_or_default();
            let signature = seal::signature(text.as_bytes());
            copies.insert("Release".to_owned(), Sha256::of(text.as_bytes()).to_string());
            copies.insert("Release.gpg".to_owned(), Sha256::of(signature.as_bytes()).to_string());
        }
        for (path, sha256) in &copies {
            let key = format!("{DISTRIBUTION}{path}");
            let there = world.read(&key).map(|bytes| Sha256::of(&bytes).to_string());
            if there.as_ref() != Some(sha256) {
                self.violated(Invariant::CopiesConverge, format!("{key} lags behind"));
            }
        }
    }
}

/// Tells whether a name below a distribution is one that gets another content now and then.
fn is_mutable(path: &str) -> bool {
    !path.contains("/by-hash/") && !path.starts_with("repoman/signatures/")
}
