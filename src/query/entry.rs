//! The packages of a repository one by one, with what is known of each.

use std::collections::BTreeMap;

use super::retirement::{Record, Retirement};
use crate::apt::packages::FileFields;
use crate::debian::deb822::Stanza;
use crate::debian::suite::{Codename, Component};
use crate::snapshot::{Distribution, Package, PackageId, Snapshot};
use crate::time::Timestamp;

/// A package as a component of a distribution lists it.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// The distribution's codename.
    pub codename: &'a Codename,
    /// The distribution.
    pub distribution: &'a Distribution,
    /// The component.
    pub component: &'a Component,
    /// Name, version and architecture.
    pub id: &'a PackageId,
    /// The rest.
    pub package: &'a Package,
    /// What became of it, if it is not published any more.
    pub retirement: Option<&'a Retirement>,
}

/// The packages that are asked about.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// Them, in the form of a repository. Of one whose [`Record`] is the state's, only name,
    /// version, architecture and provenance mean anything.
    pub snapshot: Snapshot,
    /// What became of those that are not published any more.
    pub retirements: BTreeMap<Codename, BTreeMap<Component, BTreeMap<PackageId, Retirement>>>,
}

impl Listing {
    /// Returns every package: by distribution, component, name, and from the oldest version to the
    /// newest.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        let distributions = self.snapshot.distributions.iter();
        let components = distributions.flat_map(move |(codename, distribution)| {
            let retirements = self.retirements.get(codename);
            let components = distribution.components.iter();
            components.map(move |(component, packages)| {
                let retirements = retirements.and_then(|components| components.get(component));
                ((codename, distribution), component, packages, retirements)
            })
        });
        components.flat_map(|((codename, distribution), component, packages, retirements)| {
            packages.iter().map(move |(id, package)| {
                let retirement = retirements.and_then(|retirements| retirements.get(id));
                Entry { codename, distribution, component, id, package, retirement }
            })
        })
    }
}

/// What is published.
impl From<Snapshot> for Listing {
    fn from(snapshot: Snapshot) -> Self {
        Self { snapshot, retirements: BTreeMap::new() }
    }
}

impl<'a> Entry<'a> {
    /// Returns its fields.
    pub fn stanza(&self) -> Stanza<'a> {
        Stanza::of_checked(&self.package.stanza)
    }

    /// Returns the name of its source package; none if nothing that describes it is left.
    pub fn source(&self) -> Option<&'a str> {
        let named = self.stanza().get("Source").and_then(|source| source.split([' ', '(']).next());
        self.is_described().then(|| named.unwrap_or(self.id.name.as_str()))
    }

    /// Returns the version of its source package; none if nothing that describes it is left.
    pub fn source_version(&self) -> Option<&'a str> {
        let source = self.stanza().get("Source").and_then(|source| source.split_once('('));
        let named = source.map(|(_, version)| version.trim_end_matches(')').trim());
        self.is_described().then(|| named.unwrap_or(self.id.version.as_str()))
    }

    /// Returns the package file; none if nothing that describes it is left.
    pub fn file(&self) -> Option<&'a FileFields> {
        self.is_described().then_some(&self.package.file)
    }

    /// Tells whether its stanza is one that an index has or had.
    pub fn is_described(&self) -> bool {
        self.retirement.is_none_or(|retirement| retirement.record == Record::Index)
    }

    /// Returns when it was first published; none if nobody took note.
    pub fn published_at(&self) -> Option<Timestamp> {
        Some(self.package.provenance.published_at).filter(|at| *at != Timestamp::UNIX_EPOCH)
    }

    /// Returns the architectures by which it is found: its own, and those whose indices list it.
    pub(super) fn architectures(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let own = &self.id.architecture;
        let others: &[_] = if own.is_all() { &self.distribution.architectures } else { &[] };
        std::iter::once(own.as_str()).chain(others.iter().map(|other| other.as_str()))
    }
}
