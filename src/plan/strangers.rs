//! Lines of the manifest about packages that are not there, while one of nearly the same name is.
//!
//! A mistyped name protects or withdraws nothing, and nobody would notice. A yank may well outlive all
//! versions of its package, so it takes a near name to tell of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::manifest::{Manifest, Scope};
use crate::plan::Note;
use crate::plan::offer::Offers;
use crate::snapshot::Snapshot;
use crate::text::suggestion;

/// Returns a note of each such name, with its first line.
///
/// `snapshots` are what is published and what is desired.
pub fn notes(manifest: &Manifest, offers: &Offers, snapshots: [&Snapshot; 2]) -> Vec<Note> {
    let lines = lines(manifest);
    if lines.is_empty() {
        return Vec::new();
    }
    let known = known(offers, snapshots);
    let strangers = lines.into_iter().filter(|(name, _)| !known.contains(name));
    let notes = strangers.filter_map(|(name, line)| {
        // What differs in numbers is another version of a library, not a slip of a finger.
        let others = known.iter().copied().filter(|other| words(other) != words(name));
        let near = suggestion(name, others)?.to_owned();
        Some(Note::Stranger { name: name.to_owned(), line, near })
    });
    notes.collect()
}

/// Returns the packages that the manifest names, each with the first line about it.
fn lines(manifest: &Manifest) -> BTreeMap<&str, usize> {
    let exceptions = manifest.yank.iter().chain(manifest.keep.iter());
    let exceptions = exceptions.map(|(name, line)| (name.as_str(), line.reason.line));
    let policies = manifest.retention.policies().filter_map(|policy| match &policy.scope {
        Scope::Packages(names) if names.is_exact() => Some((names.as_str(), policy.line)),
        _ => None,
    });
    let mut lines = BTreeMap::new();
    for (name, line) in exceptions.chain(policies) {
        let first = lines.entry(name).or_insert(line);
        *first = line.min(*first);
    }
    lines
}

fn known<'a>(offers: &'a Offers, snapshots: [&'a Snapshot; 2]) -> BTreeSet<&'a str> {
    let offerings = offers.sources.values().flat_map(|offer| &offer.offerings);
    let offered = offerings.map(|offering| offering.file.control.package().as_str());
    let distributions = snapshots.into_iter().flat_map(|snapshot| snapshot.distributions.values());
    let components = distributions.flat_map(|distribution| distribution.components.values());
    let listed = components.flat_map(|packages| packages.keys()).map(|id| id.name.as_str());
    offered.chain(listed).collect()
}

fn words(name: &str) -> String {
    name.chars().filter(|c| !c.is_ascii_digit()).collect()
}
