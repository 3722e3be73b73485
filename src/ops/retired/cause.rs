//! What the records of generations say of packages that were dropped: pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::debian::suite::{Codename, Component};
use crate::manifest::{Manifest, Mode};
use crate::published::history::Generation;
use crate::query::RetiredBy;
use crate::snapshot::PackageId;
use crate::snapshot::records::Records;
use crate::snapshot::state::{State, package_id};

/// The packages that the current generation or a later one than the next lists.
pub struct Seen<'a> {
    current: &'a State,
    dropped: BTreeMap<Component, BTreeSet<String>>,
}

/// A package by its component and what it is called there.
pub type Named = (Component, PackageId);

impl<'a> Seen<'a> {
    /// Begins with what is published.
    pub fn new(current: &'a State) -> Self {
        Self { current, dropped: BTreeMap::new() }
    }

    /// Returns the packages that an earlier generation was the last to list.
    ///
    /// Generations come from the newest to the oldest.
    pub fn last_listed(&mut self, earlier: &State) -> Vec<Named> {
        let mut last = Vec::new();
        for (component, records) in &earlier.packages {
            let mut current = self.current.packages.get(component).map(Records::reader);
            for (name, _) in records.iter() {
                let is_listed = current.as_mut().is_some_and(|it| it.get(name).is_some());
                let dropped = self.dropped.get(component);
                if is_listed || dropped.is_some_and(|dropped| dropped.contains(name)) {
                    continue;
                }
                let dropped = self.dropped.entry(component.clone()).or_default();
                dropped.insert(name.to_owned());
                last.extend(package_id(name).map(|id| (component.clone(), id)));
            }
        }
        last
    }
}

/// A package that a generation dropped.
#[derive(Clone, Copy)]
pub struct Dropped<'a> {
    /// The distribution.
    pub codename: &'a Codename,
    /// The component.
    pub component: &'a Component,
    /// The package.
    pub id: &'a PackageId,
    /// The sources that had brought it.
    pub sources: &'a BTreeSet<String>,
}

impl Dropped<'_> {
    /// Returns why a generation dropped it, which was made by the manifest; nothing where that
    /// can't be told.
    pub fn by(&self, next: &Generation, manifest: Option<&Manifest>) -> Option<RetiredBy> {
        let Self { codename, component, id, sources } = *self;
        let Generation { release, state } = next;
        if let Some(generation) = state.rollback_of {
            return Some(RetiredBy::Rollback(generation));
        }
        let has_index =
            id.architecture.is_all() || release.architectures.contains(&id.architecture);
        if !release.components.contains(component) || !has_index {
            return Some(RetiredBy::Undeclared);
        }
        let yank = manifest.and_then(|it| it.yank.find(codename, component, &id.name, &id.version));
        if let Some(line) = yank {
            return Some(RetiredBy::Yank(line.reason.text.clone()));
        }
        let remembered = state.remembered.get(component);
        if remembered.is_some_and(|records| records.reader().get(&id.to_string()).is_some()) {
            return Some(RetiredBy::Retention);
        }
        let manifest = manifest?;
        let is_mirror = |name: &String| {
            manifest.sources.get(name).is_some_and(|source| source.mode == Mode::Mirror)
        };
        // What a mirror still offers, and retention drops, is remembered.
        if !sources.is_empty() && sources.iter().all(is_mirror) {
            return Some(RetiredBy::Mirror(sources.iter().cloned().collect()));
        }
        let policy = manifest.retention.policy(codename, component, &id.name);
        policy.map(|_| RetiredBy::Retention)
    }
}
