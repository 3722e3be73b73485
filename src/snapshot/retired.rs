//! What a distribution has given up: names that wait for their deletion, and names that are gone.
//!
//! Pure bookkeeping from one generation to the next. A name is *retired* by the generation that
//! names it no more, *swept* by one whose run has deleted it, and forgotten when nobody can be
//! about to delete it any more. What may be deleted when is decided elsewhere.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::apt::path;
use crate::apt::release::{IndexEntry, Release};
use crate::debian::suite::Codename;
use crate::digest::Sha256;
use crate::snapshot::Distribution;
use crate::time::Timestamp;

/// How many earlier generations keep their record, state and signature.
pub const KEPT: usize = 30;

/// For how long, in seconds, a name that was deleted must not be used again.
///
/// Whoever is about to delete it has looked at the store before it was marked: for half an hour a
/// look is good, for half an hour a request may be on its way, and half an hour is to spare.
pub const MOURNING: i64 = 90 * 60;

/// The names that a distribution has given up.
///
/// Each has the time of the commit point that carries the mark, in seconds since 1970 by the
/// store's own clock. A state can't know the time of its own commit point: it has nothing there,
/// and the next generation fills it in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retired {
    /// Named no more, and not deleted yet: since when.
    #[serde(default)]
    pub waiting: BTreeMap<String, Option<i64>>,
    /// Deleted: when that was marked.
    #[serde(default)]
    pub swept: BTreeMap<String, Option<i64>>,
}

impl Retired {
    /// Returns what the next generation takes over.
    ///
    /// `committed` is when the store took the commit point of the generation that this is of;
    /// `deleted` are keys of which the store has confirmed that they are gone.
    pub fn inherited(&self, committed: Timestamp, deleted: &BTreeSet<String>) -> Self {
        let committed = committed.as_second();
        let (gone, waiting) = filled(&self.waiting, committed)
            .partition::<BTreeMap<_, _>, _>(|(key, _)| deleted.contains(key));
        let mourned = filled(&self.swept, committed)
            .filter(|(_, at)| at.is_none_or(|at| committed.saturating_sub(at) < MOURNING));
        let swept = mourned.chain(gone.into_keys().map(|key| (key, None))).collect();
        Self { waiting, swept }
    }

    /// Gives up names, as of the generation that this is of.
    ///
    /// Those that have been given up before keep their time.
    pub fn retire(&mut self, keys: impl IntoIterator<Item = String>) {
        for key in keys {
            if !self.swept.contains_key(&key) {
                self.waiting.entry(key).or_insert(None);
            }
        }
    }

    /// Returns all names that have been given up.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.waiting.keys().chain(self.swept.keys())
    }

    /// Takes names back that the generation that this is of names.
    pub fn reclaim(&mut self, keys: impl IntoIterator<Item = impl AsRef<str>>) {
        let mut keys = keys.into_iter();
        while !(self.waiting.is_empty() && self.swept.is_empty())
            && let Some(key) = keys.next()
        {
            self.waiting.remove(key.as_ref());
            self.swept.remove(key.as_ref());
        }
    }

    /// Returns the names that wait for their deletion, and since when.
    ///
    /// `committed` is when the store took the commit point of the generation that this is of.
    pub fn waiting_since(
        &self,
        committed: Timestamp,
    ) -> impl Iterator<Item = (&String, Timestamp)> {
        self.waiting.iter().map(move |(key, at)| {
            let at = at.and_then(|at| Timestamp::from_second(at).ok());
            (key, at.unwrap_or(committed))
        })
    }
}

/// Returns marks with the times that the commit point has decided.
fn filled(
    marks: &BTreeMap<String, Option<i64>>,
    committed: i64,
) -> impl Iterator<Item = (String, Option<i64>)> {
    marks.iter().map(move |(key, at)| (key.clone(), at.or(Some(committed))))
}

/// An earlier generation whose record is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ancestor {
    /// Its number.
    pub generation: u64,
    /// The digest of its InRelease.
    pub in_release: Sha256,
    /// The digest of its state file, as it is stored.
    pub state: Sha256,
}

impl Ancestor {
    /// Returns every key that is kept of an earlier generation: its record, its state, and its
    /// detached signature, which an unsigned distribution has not.
    pub fn keys(&self, codename: &Codename) -> [String; 3] {
        [
            path::history(codename, self.generation, &self.in_release),
            path::by_hash(codename, path::STATE, &self.state),
            path::signature(codename, &self.in_release),
        ]
    }
}

/// Returns the history of the generation after `base`, newest last, and which ancestors it keeps no
/// more.
pub fn succeed(history: &[Ancestor], base: Ancestor) -> (Vec<Ancestor>, Vec<Ancestor>) {
    let mut history: Vec<_> = history.iter().cloned().chain([base]).collect();
    let kept = history.split_off(history.len().saturating_sub(KEPT));
    (kept, history)
}

/// A generation of a distribution, as far as it names objects.
#[derive(Clone, Copy)]
pub struct Naming<'a> {
    /// The distribution's codename.
    pub codename: &'a Codename,
    /// What it holds.
    pub distribution: &'a Distribution,
    /// Its Release file; whether that lists the state is of no matter.
    pub release: &'a Release,
}

impl<'a> Naming<'a> {
    /// Returns every key by which clients come for packages and indices, some more than once.
    pub fn keys(self) -> impl Iterator<Item = Cow<'a, str>> {
        let packages = self.distribution.components.values().flatten();
        let packages = packages.map(|(_, package)| Cow::Borrowed(&*package.file.filename));
        packages.chain(self.index_keys().map(Cow::Owned))
    }

    /// Returns those of [`Self::keys`] that may be among `names`, and some others.
    ///
    /// Names of package files lie all over the memory, and there are many of them. To look at those
    /// only that are as long as one of a few names is much faster.
    pub fn keys_like(
        self,
        names: &mut dyn Iterator<Item = &String>,
    ) -> impl Iterator<Item = Cow<'a, str>> + use<'a> {
        let sizes: BTreeSet<usize> = names.map(String::len).collect();
        let packages = self.distribution.components.values().flatten();
        let packages = packages.map(|(_, package)| &package.file.filename);
        let packages = packages.filter(move |name| sizes.contains(&name.size()));
        packages.map(|name| Cow::Borrowed(&**name)).chain(self.index_keys().map(Cow::Owned))
    }

    fn index_keys(self) -> impl Iterator<Item = String> {
        self.indices().flat_map(move |entry| {
            [
                path::by_hash(self.codename, &entry.path, &entry.sha256),
                path::in_distribution(self.codename, &entry.path),
            ]
        })
    }

    /// Returns what this generation names and the one after it does not.
    ///
    /// Not the names of indices that list nothing: an empty index has only one content, so it must
    /// always be free to come back.
    pub fn given_up(self, after: Self) -> BTreeSet<String> {
        let is_empty = |entry: &&IndexEntry| {
            let plain = path::split_form(&entry.path).map(|(path, _)| path);
            plain.and_then(|path| self.release.file(path)).is_some_and(|plain| plain.size == 0)
        };
        let by_hash = |entry: &IndexEntry| path::by_hash(self.codename, &entry.path, &entry.sha256);
        let free: BTreeSet<_> = self.indices().filter(is_empty).map(by_hash).collect();
        let mut keys: BTreeSet<String> = self.index_keys().collect();
        for (component, packages) in &self.distribution.components {
            let kept = after.distribution.components.get(component).cloned().unwrap_or_default();
            let gone = packages.differences(&kept).into_iter().filter_map(|change| change.before);
            keys.extend(gone.map(|(_, package)| package.file.filename.to_string()));
        }
        // What was here and is the same there need not be looked for.
        for key in after.keys_like(&mut keys.iter()) {
            keys.remove(&*key);
        }
        keys.retain(|key| !free.contains(key));
        keys
    }

    /// Returns the index files that are published, in each of their forms.
    fn indices(self) -> impl Iterator<Item = &'a IndexEntry> {
        self.release.files.iter().filter(move |entry| {
            let form = path::split_form(&entry.path).map(|(_, form)| form);
            form.is_some_and(|form| self.distribution.compression.contains(&form))
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn keys(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn retired(names: &[&str]) -> Retired {
        let mut retired = Retired::default();
        retired.retire(keys(names));
        retired
    }

    #[test]
    fn a_name_is_retired_at_the_time_of_its_commit_point() {
        let first = retired(&["a"]);
        assert_eq!(first.waiting["a"], None);
        let mut second = first.inherited(at(100), &keys(&[]));
        second.retire(keys(&["a", "b"]));
        let third = second.inherited(at(200), &keys(&[]));
        assert_eq!((third.waiting["a"], third.waiting["b"]), (Some(100), Some(200)));
        let since: Vec<_> = second.waiting_since(at(200)).map(|(_, at)| at.as_second()).collect();
        assert_eq!(since, [100, 200]);
    }

    #[test]
    fn a_name_that_is_deleted_is_mourned_and_then_forgotten() {
        let marked = retired(&["a"]).inherited(at(100), &keys(&["a"]));
        assert_eq!((marked.waiting.len(), marked.swept["a"]), (0, None));
        let early = marked.inherited(at(500), &keys(&[]));
        assert_eq!(early.swept["a"], Some(500));
        let late = early.inherited(at(500 + MOURNING - 1), &keys(&[]));
        assert_eq!(late.swept["a"], Some(500));
        assert_eq!(late.inherited(at(500 + MOURNING), &keys(&[])), Retired::default());
    }

    #[test]
    fn a_name_that_is_used_again_is_not_retired_any_more() {
        let mut retired = retired(&["a", "b"]);
        retired.reclaim(keys(&["a", "c"]));
        assert_eq!(retired.waiting.keys().collect::<Vec<_>>(), ["b"]);
    }

    #[test]
    fn thirty_generations_are_kept() {
        let ancestor = |generation| Ancestor {
            generation,
            in_release: Sha256::of(b""),
            state: Sha256::of(b""),
        };
        let mut history = Vec::new();
        let mut dropped = Vec::new();
        for generation in 1..=32 {
            let (kept, gone) = succeed(&history, ancestor(generation));
            dropped.extend(gone.into_iter().map(|ancestor| ancestor.generation));
            history = kept;
        }
        assert_eq!((history.len(), history[0].generation), (KEPT, 3));
        assert_eq!(dropped, [1, 2]);
    }

    /// What happens in one generation: names given up, taken back, and deleted.
    type Round = (BTreeSet<u8>, BTreeSet<u8>, BTreeSet<u8>);

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_name_is_never_both_waiting_and_swept_and_only_a_deletion_ends_its_wait(
            rounds in proptest::collection::vec(any::<Round>(), 1..8)
        ) {
            let names = |numbers: &BTreeSet<u8>| -> BTreeSet<String> {
                numbers.iter().map(|number| (number % 8).to_string()).collect()
            };
            let mut retired = Retired::default();
            for (second, (given_up, taken_back, deleted)) in (1..).zip(&rounds) {
                let before = retired.clone();
                let (given_up, taken_back) = (names(given_up), names(taken_back));
                let deleted = names(deleted);
                retired = retired.inherited(at(second * 1000), &deleted);
                retired.retire(given_up.clone());
                retired.reclaim(&taken_back);
                prop_assert!(retired.waiting.keys().all(|key| !retired.swept.contains_key(key)));
                for key in before.waiting.keys() {
                    let is_there = retired.waiting.contains_key(key);
                    prop_assert!(is_there || taken_back.contains(key) || deleted.contains(key));
                }
                for key in given_up.difference(&taken_back) {
                    let is_there =
                        retired.waiting.contains_key(key) || retired.swept.contains_key(key);
                    prop_assert!(is_there);
                }
            }
        }
    }
}
