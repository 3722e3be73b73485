//! What all distributions of a repository have given up together.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::apt::path;
use crate::debian::suite::Codename;
use crate::mutation::{self, Mutation};
use crate::published::{Head, Published};
use crate::snapshot::retired::Naming;
use crate::time::{Span, Timestamp, shifted};

/// No run goes by a shorter time than this, whatever a state says.
pub const LEAST: Span = Span::seconds(2 * 3600);

/// The names that are given up and that no distribution names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenUp {
    names: BTreeMap<String, Standing>,
    /// The shortest and the longest time that the manifest or any distribution says that a name
    /// stays: runs with different manifests are each held to the one that is safe.
    shortest: Span,
    longest: Span,
}

/// How a name stands that is given up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Standing {
    /// When the last distribution gave it up.
    since: Timestamp,
    /// The distributions that wait for its deletion.
    waiting: BTreeSet<Codename>,
    /// Whether some distribution has marked it as deleted.
    is_swept: bool,
}

impl GivenUp {
    /// Returns what the distributions of a repository have given up, `purge_after` being what the
    /// manifest says.
    pub fn new(published: &Published, purge_after: Span) -> Self {
        let mut names: BTreeMap<String, Standing> = BTreeMap::new();
        for (codename, head) in &published.heads {
            let retired = &head.state.retired;
            for (key, since) in retired.waiting_since(head.last_modified) {
                let standing = names.entry(key.clone()).or_default();
                standing.since = standing.since.max(since);
                standing.waiting.insert(codename.clone());
            }
            for key in retired.swept.keys() {
                names.entry(key.clone()).or_default().is_swept = true;
            }
        }
        for (codename, head) in &published.heads {
            if let Some(naming) = published.naming(codename) {
                let named = naming.keys_like(&mut names.keys());
                named.for_each(|name| drop(names.remove(&*name)));
            }
            records(codename, head).for_each(|name| drop(names.remove(&name)));
        }
        let states = published.heads.values().map(|head| &head.state);
        let spans = states.map(|state| Span::seconds(state.purge_after)).chain([purge_after]);
        let spans: BTreeSet<Span> = spans.map(|span| span.max(LEAST)).collect();
        let shortest = spans.first().copied().unwrap_or(LEAST);
        let longest = spans.last().copied().unwrap_or(LEAST);
        Self { names, shortest, longest }
    }

    /// Returns the names under which nothing may be published at that time: they are deleted, or
    /// their wait is half over.
    pub fn spent(&self, at: Timestamp) -> BTreeSet<String> {
        if mutation::is_on(Mutation::OldNames) {
            return BTreeSet::new();
        }
        let is_spent = |standing: &Standing| standing.is_swept || at >= self.reuse_end(standing);
        let names = self.names.iter().filter(|(_, standing)| is_spent(standing));
        names.map(|(name, _)| name.clone()).collect()
    }

    /// Returns when the first of the names of a generation is spent that can have another name
    /// instead; nothing if none of them is given up.
    ///
    /// The copies under canonical names can have no other. Where one comes back just when it is
    /// deleted, the next apply finds it missing.
    pub fn first_spent(&self, generation: Naming<'_>) -> Option<Timestamp> {
        if mutation::is_on(Mutation::OldNames) {
            return None;
        }
        let standings = generation.keys_like(&mut self.names.keys()).filter_map(|name| {
            let standing = self.names.get(&*name)?;
            (!path::is_canonical(&name)).then_some(standing)
        });
        let end = |standing: &Standing| {
            if standing.is_swept { Timestamp::MIN } else { self.reuse_end(standing) }
        };
        standings.map(end).min()
    }

    /// Returns the names that may be deleted at that time, in order, with the distributions that
    /// wait for that.
    pub fn due(&self, at: Timestamp) -> impl Iterator<Item = (&String, &BTreeSet<Codename>)> {
        let is_due =
            move |standing: &Standing| !standing.waiting.is_empty() && self.end(standing) <= at;
        self.names
            .iter()
            .filter(move |(name, standing)| is_due(standing) && path::is_disposable(name))
            .map(|(name, standing)| (name, &standing.waiting))
    }

    /// Returns the names that wait for their deletion and when each may be deleted.
    pub fn waiting(&self) -> impl Iterator<Item = (&String, Timestamp)> {
        let waiting = self.names.iter().filter(|(_, standing)| !standing.waiting.is_empty());
        waiting.map(|(name, standing)| (name, self.end(standing)))
    }

    /// Tells whether a name is given up.
    pub fn contains(&self, name: &str) -> bool {
        self.names.contains_key(name)
    }

    fn end(&self, standing: &Standing) -> Timestamp {
        if mutation::is_on(Mutation::NoGrace) {
            return standing.since;
        }
        shifted(standing.since, seconds(self.longest))
    }

    fn reuse_end(&self, standing: &Standing) -> Timestamp {
        shifted(standing.since, seconds(self.shortest) / 2)
    }
}

/// Returns every name that is in use, some more than once: what the current generations name, and the records of these
/// and of those before them that are kept.
pub(super) fn used(published: &Published) -> impl Iterator<Item = Cow<'_, str>> {
    published.heads.iter().flat_map(|(codename, head)| {
        let named = published.naming(codename).into_iter().flat_map(Naming::keys);
        named.chain(records(codename, head).map(Cow::Owned))
    })
}

/// Returns the names of the records of a generation, and of those before it that are kept.
fn records(codename: &Codename, head: &Head) -> impl Iterator<Item = String> {
    let generations = head.state.history.iter().cloned().chain([head.ancestor()]);
    generations.flat_map(|generation| generation.keys(codename))
}

fn seconds(span: Span) -> i64 {
    i64::try_from(span.as_seconds()).unwrap_or(i64::MAX)
}
