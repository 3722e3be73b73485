//! Judges every state of the store, and what programs say of it, by named invariants.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use repoman::digest::Sha256;
use repoman::time::{Timestamp, shifted};

use crate::client::{self, DISTRIBUTION, Generation, Reference};
use crate::scene::{Ending, Part, Program};
use crate::seal;
use crate::world::{Signing, World};

/// How far, in seconds, a Date may at least be ahead of a clock without being in the way.
const TOLERANCE: i64 = 8;

/// What must hold. Numbers and words are those of the protocol's design.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
    /// I1: whatever was served lately, every file that it names exists, byte for byte.
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
    /// I7: once everything has had its time, and was swept, only what is needed is there.
    NothingLeftBehind,
    /// I8: the copies are those of the current generation, after at most one more apply.
    CopiesConverge,
    /// The Date of a generation is later than that of the one before.
    DateGrows,
    /// A generation has a later Last-Modified second than the one before: apt asks by it.
    LaterSecond,
    /// No generation has the id of the one before, so that of two writers on one base each knows its
    /// own. A run may win twice, where it lost in another distribution in between.
    OwnId,
    /// Of each generation but those long ago there is the commit point, the state, the signature.
    Recorded,
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

/// For how many seconds what is given up has to stay: what the manifest of the simulation says.
const PURGE_AFTER: i64 = 2 * 3600;

/// How many generations before the current one keep their records.
const KEPT: usize = 30;

/// Where the other distribution lies, which nobody looks at.
const OTHERS: [&str; 2] = ["dists/trixie/", ".repoman/history/trixie/"];

/// An object that was served, and until when.
#[derive(Debug, Clone)]
struct Served {
    reference: Reference,
    /// When the last generation was replaced that named it; nothing as long as one does.
    until: Option<Timestamp>,
}

/// Remembers what was served and promised.
#[derive(Debug, Clone, Default)]
pub struct Auditor {
    chain: Vec<Generation>,
    served: BTreeMap<String, Served>,
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
        if let Some(Served { reference, until }) = self.served.get(key)
            && let Err(what) = client::check(world, reference)
        {
            if until.is_none_or(|until| world.now() < shifted(until, PURGE_AFTER)) {
                self.violated(Invariant::Readable, what);
            } else {
                self.served.remove(key);
            }
        }
        let is_kept = self.kept().any(|generation| generation.records.contains_key(key));
        if is_kept && world.read(key).is_none() {
            self.violated(Invariant::Recorded, format!("{key} is missing"));
        }
    }

    /// Returns the generations whose records are kept, the current one included.
    fn kept(&self) -> impl Iterator<Item = &Generation> {
        self.chain.iter().rev().take(KEPT + 1)
    }

    fn commit_point(&mut self, world: &World) {
        let Some(point) = client::commit_point(world) else {
            return self.violated(Invariant::Readable, "there is no commit point any more");
        };
        if self.chain.last().is_some_and(|last| last.sha256 == point.sha256) {
            return;
        }
        match client::read(world, &point) {
            Ok(generation) => self.follow(world, generation),
            Err(what) => self.violated(Invariant::Readable, what),
        }
    }

    /// Takes a new generation.
    fn follow(&mut self, world: &World, generation: Generation) {
        let expected = self.chain.last().map(|last| (last.number, last.sha256));
        let number = expected.as_ref().map_or(1, |(number, _)| number + 1);
        if generation.parent != expected || generation.number != number {
            let what = format!(
                "generation {} is built on {:?}, and replaced {expected:?}",
                generation.number, generation.parent
            );
            self.violated(Invariant::OneWinner, what);
        }
        self.compare(&generation);
        for (key, sha256) in &generation.records {
            if world.read(key).is_none_or(|record| record.sha256 != *sha256) {
                self.violated(Invariant::Recorded, format!("{key} is missing, or is another one"));
            }
        }
        let before = self.chain.last().map(|last| last.packages.clone()).unwrap_or_default();
        for package in before.union(&self.promised.clone()) {
            if !generation.packages.contains(package) && !self.removable.contains(package) {
                let what = format!("{package} is not in generation {}", generation.number);
                self.violated(Invariant::NothingLost, what);
            }
        }
        for served in self.served.values_mut() {
            served.until.get_or_insert(world.now());
        }
        let objects = generation.objects.iter().cloned();
        let served = objects.map(|reference| Served { reference, until: None });
        self.served.extend(served.map(|served| (served.reference.key.clone(), served)));
        self.chain.push(generation);
    }

    /// Holds a new generation against those before it.
    fn compare(&mut self, new: &Generation) {
        let Some(last) = self.chain.last() else { return };
        let (dates, seconds) = ([last.date, new.date], [last, new].map(|g| g.written.as_second()));
        if last.writer == new.writer {
            self.violated(Invariant::OwnId, format!("{} was there before", new.writer));
        }
        if dates[0] >= dates[1] {
            self.violated(Invariant::DateGrows, format!("{dates:?}"));
        }
        if seconds[0] >= seconds[1] {
            self.violated(Invariant::LaterSecond, format!("generation {}", new.number));
        }
    }

    /// Looks at an object that follows the commit point.
    fn copy(&mut self, world: &World, path: &str, key: &str) {
        let Some(copy) = world.read(key) else { return };
        let mut indices = self.chain.iter().filter_map(|generation| generation.indices.get(path));
        if !indices.any(|listed| *listed == copy.sha256) {
            self.violated(Invariant::InvisibleUntilTheSwap, format!("{key} is of no generation"));
        }
    }

    /// Compares what a program reports with what is published: I6.
    pub fn judge(&mut self, program: &Program, now: Timestamp, ending: &Ending) {
        let Program { part: Part { packages, .. }, run, .. } = program;
        let own = self.chain.iter().find(|generation| generation.writer == *run);
        let is_published = own.is_some();
        let is_honest = match ending {
            Ending::Done(Some(number)) => own.is_some_and(|own| own.number == *number),
            Ending::Done(None) => true,
            Ending::NotDone(_) | Ending::GaveWay => !is_published,
            Ending::ClockBehind => !is_published && self.date() > Some(shifted(now, TOLERANCE)),
            // Of a generation that somebody else published where copies were only repaired.
            Ending::Incomplete(number, _) => self.chain.iter().any(|one| one.number == *number),
            Ending::Vanished(_) => is_published,
            // Whoever could only not read what is published has to say that it is.
            Ending::Unread(_) => !is_published,
            Ending::Unsettled(_) => true,
        };
        if !is_honest {
            let what = format!("{run} reported {ending:?}, and is published: {is_published}");
            self.violated(Invariant::HonestOutcome, what);
        }
        if !matches!(ending, Ending::Done(_)) {
            return;
        }
        if !self.chain.iter().any(|generation| packages.is_subset(&generation.packages)) {
            let what = format!("{run} reported {packages:?}, which no generation has");
            self.violated(Invariant::HonestOutcome, what);
        }
        let needed = packages.difference(&self.removable);
        let now = self.chain.last().map(|last| last.packages.clone()).unwrap_or_default();
        if needed.clone().any(|package| !now.contains(package)) {
            let what = format!("{run} reported {packages:?}, and there is {now:?}");
            self.violated(Invariant::HonestOutcome, what);
        }
        self.promised.extend(packages.iter().cloned());
    }

    /// Returns the Date of the current generation.
    pub fn date(&self) -> Option<Timestamp> {
        self.chain.last().map(|last| last.date)
    }

    /// Looks whether anything is there that nothing needs: I7.
    ///
    /// Indices that list nothing may stay: they have but one name.
    pub fn tidy(&mut self, world: &World) {
        let Some(last) = self.chain.last() else { return };
        let mut needed: BTreeSet<String> =
            self.kept().flat_map(|generation| generation.records.keys().cloned()).collect();
        needed.extend(last.objects.iter().map(|reference| reference.key.clone()));
        let copies = last.indices.keys().map(|path| path.as_str());
        let copies = copies.chain(["InRelease", "Release", "Release.gpg"]);
        needed.extend(copies.map(|path| format!("{DISTRIBUTION}{path}")));
        let empty = Sha256::of(b"").to_string();
        let is_needed = |key: &str| {
            let stays = ["acme-apt.asc", ".repoman/store.json"];
            let is_own = !OTHERS.iter().any(|prefix| key.starts_with(prefix));
            !is_own || needed.contains(key) || stays.contains(&key) || key.ends_with(&empty)
        };
        let left: Vec<_> = world.keys().into_iter().filter(|key| !is_needed(key)).collect();
        if !left.is_empty() {
            self.violated(Invariant::NothingLeftBehind, left.join(" "));
        }
    }

    /// Looks whether the copies are those of the current generation: I8.
    pub fn copies(&mut self, world: &World) {
        let Some(last) = self.chain.last() else { return };
        let mut copies = last.indices.clone();
        if world.signing == Signing::Signed {
            let point = client::commit_point(world).map(|point| point.bytes).unwrap_or_default();
            let text = client::signed_text(&point).unwrap_or_default();
            let signature = seal::signature(text.as_bytes());
            copies.insert("Release".to_owned(), Sha256::of(text.as_bytes()));
            copies.insert("Release.gpg".to_owned(), Sha256::of(signature.as_bytes()));
        }
        for (path, sha256) in &copies {
            let key = format!("{DISTRIBUTION}{path}");
            let there = world.read(&key).map(|copy| copy.sha256);
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
