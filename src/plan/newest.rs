//! The newest version of a package, as clients of each architecture see it: what becomes of it decides
//! what a change means to them.
//!
//! A client chooses among the packages of its own architecture and those for `all`.

use std::collections::{BTreeMap, HashSet};

use crate::debian::architecture::Architecture;
use crate::debian::name::PackageName;
use crate::debian::suite::Component;
use crate::debian::version::Version;
use crate::plan::{ChangedFile, Effect, Operation};
use crate::snapshot::Distribution;

/// A package in a component.
pub type Place<'a> = (&'a Component, &'a PackageName);

/// The newest version of each package by the architecture that it is built for.
type Shelves<'a> = BTreeMap<Place<'a>, BTreeMap<&'a Architecture, &'a Version>>;

/// The newest versions before and after a plan.
pub struct Newest<'a> {
    before: Shelves<'a>,
    after: Shelves<'a>,
    /// The architectures that clients have.
    clients: Vec<&'a Architecture>,
}

/// What clients of one architecture lose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setback<'a> {
    /// Their architecture.
    pub client: &'a Architecture,
    /// The version that was the newest.
    pub from: &'a Version,
    /// The one that is the newest afterwards; nothing if none is left.
    pub to: Option<&'a Version>,
}

impl<'a> Newest<'a> {
    /// Looks at the packages that change.
    ///
    /// Where an architecture goes as a whole, that is told of it, and not of each package.
    pub fn new(
        before: Option<&'a Distribution>,
        after: &'a Distribution,
        changed: &HashSet<Place<'_>>,
    ) -> Self {
        let declared = before.map_or(&after.architectures, |before| &before.architectures);
        let stays = |client: &&Architecture| after.architectures.contains(client);
        let is_any_left = declared.iter().any(|client| stays(&client));
        let clients = declared.iter().filter(|client| !is_any_left || stays(client)).collect();
        let before = before.map(|before| shelves(before, changed)).unwrap_or_default();
        Self { before, after: shelves(after, changed), clients }
    }

    /// Returns what clients notice of a version that comes or goes in some architectures.
    pub fn effect(
        &self,
        operation: Operation,
        place: Place<'a>,
        version: &Version,
        files: &[ChangedFile],
    ) -> Option<Effect> {
        match operation {
            Operation::Add => self.gain(place, version, files),
            Operation::Remove => self.loss(place, version, files),
            Operation::Change => None,
        }
    }

    fn gain(&self, place: Place<'a>, version: &Version, files: &[ChangedFile]) -> Option<Effect> {
        let clients = self.clients.iter().filter(|client| is_for(files, client));
        let seen = clients.filter_map(|client| {
            Some((seen(&self.before, place, client)?, seen(&self.after, place, client)?))
        });
        let seen: Vec<_> = seen.collect();
        let upgrade = seen.iter().find(|(from, to)| *to == version && to > from);
        if let Some((from, to)) = upgrade {
            return Some(Effect::Upgrade { from: (*from).clone(), to: (*to).clone() });
        }
        let newer = seen.iter().map(|(_, newest)| *newest).filter(|newest| version < *newest);
        newer.max().map(|newest| Effect::Older { newest: newest.clone() })
    }

    fn loss(&self, place: Place<'a>, version: &Version, files: &[ChangedFile]) -> Option<Effect> {
        let setbacks: Vec<_> = self.setbacks(place);
        let is_hit = |setback: &&Setback<'_>| {
            is_for(files, setback.client) && (setback.to.is_none() || setback.from == version)
        };
        // To have nothing is worse than to have something older.
        let hit = setbacks.iter().filter(is_hit);
        let worst = hit.min_by_key(|setback| setback.to)?;
        let alike = setbacks.iter().filter(|other| is_hit(other) && other.to == worst.to);
        let only: Vec<_> = alike.map(|setback| setback.client.clone()).collect();
        let only = if only.len() == self.seeing(place).count() { Vec::new() } else { only };
        Some(match worst.to {
            None => Effect::Gone { only },
            Some(to) => Effect::Fallback { to: to.clone(), only },
        })
    }

    /// Returns what clients lose of a package, in the order of their architectures' names.
    pub fn setbacks(&self, place: Place<'a>) -> Vec<Setback<'a>> {
        let setback = |client: &'a Architecture| {
            let from = seen(&self.before, place, client)?;
            let to = seen(&self.after, place, client);
            to.is_none_or(|to| to < from).then_some(Setback { client, from, to })
        };
        self.clients.iter().filter_map(|client| setback(client)).collect()
    }

    /// Returns the clients that had a package to choose before.
    pub fn seeing(&self, place: Place<'a>) -> impl Iterator<Item = &'a Architecture> {
        let clients = self.clients.iter().copied();
        clients.filter(move |client| seen(&self.before, place, client).is_some())
    }
}

fn shelves<'a>(distribution: &'a Distribution, changed: &HashSet<Place<'_>>) -> Shelves<'a> {
    let mut shelves = Shelves::new();
    if changed.is_empty() {
        return shelves;
    }
    for (component, packages) in &distribution.components {
        // Ascending versions: the last one stays.
        for id in packages.keys().filter(|id| changed.contains(&(component, &id.name))) {
            let shelf = shelves.entry((component, &id.name)).or_default();
            shelf.insert(&id.architecture, &id.version);
        }
    }
    shelves
}

/// Returns the newest version that a client can choose.
fn seen<'a>(shelves: &Shelves<'a>, place: Place<'a>, client: &Architecture) -> Option<&'a Version> {
    let shelf = shelves.get(&place)?.iter();
    shelf.filter(|(own, _)| own.is_all() || **own == client).map(|(_, version)| *version).max()
}

/// Tells whether any of the files of a version is one for this client.
pub fn is_for(files: &[ChangedFile], client: &Architecture) -> bool {
    files.iter().any(|file| file.architecture.is_all() || file.architecture == *client)
}
