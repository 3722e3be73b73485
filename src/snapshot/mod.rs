//! What a repository holds, as the manifest wants it or as the store has it: one type for both.
//!
//! A snapshot knows nothing of files on disk or objects in a store; a plan is the difference
//! between two of them.

pub mod retired;
pub mod state;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::apt::packages::FileFields;
use crate::apt::release::Identity;
use crate::compression::Compression;
use crate::debian::architecture::Architecture;
use crate::debian::name::PackageName;
use crate::debian::suite::{Codename, Component};
use crate::debian::version::Version;
use crate::fingerprint::Fingerprint;
use crate::time::{Span, Timestamp};

/// A repository: its distributions by codename.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The distributions.
    pub distributions: BTreeMap<Codename, Distribution>,
    /// Names under which nothing may be published: they are deleted, or may be soon.
    pub spent: BTreeSet<String>,
}

/// One distribution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Distribution {
    /// What its Release file says of it.
    pub identity: Identity,
    /// The architectures that have indices, in the declared order.
    pub architectures: Vec<Architecture>,
    /// The forms in which `Packages` files are published.
    pub compression: BTreeSet<Compression>,
    /// How long after its `Date` a generation is valid; for ever if nothing is said.
    pub valid_for: Option<Span>,
    /// The keys that sign it; none for an unsigned repository.
    pub signed_by: Vec<Fingerprint>,
    /// The packages by component; every declared component has an entry.
    pub components: BTreeMap<Component, Packages>,
    /// The components in the declared order.
    pub component_order: Vec<Component>,
    /// What retention removed and a source may offer again: it must not come back as new.
    pub remembered: Memory,
}

/// Where packages came from that are not listed any more, by component.
pub type Memory = BTreeMap<Component, BTreeMap<PackageId, Provenance>>;

/// The packages of one component.
pub type Packages = BTreeMap<PackageId, Package>;

/// What a package is called within a component: never twice with other bytes.
///
/// Displayed as `name version architecture`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PackageId {
    /// The name.
    pub name: PackageName,
    /// The version.
    pub version: Version,
    /// The architecture, or `all`.
    pub architecture: Architecture,
}

impl std::fmt::Display for PackageId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {}", self.name, self.version, self.architecture)
    }
}

/// A package as an index lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// Its stanza, with the final newline.
    pub stanza: Arc<str>,
    /// The package file.
    pub file: FileFields,
    /// Where it came from and when.
    pub provenance: Provenance,
}

/// Where a published package came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// The names of the sources that brought it.
    pub sources: BTreeSet<String>,
    /// When it was first published here.
    pub published_at: Timestamp,
    /// When a newer version first stood beside it; nothing while it is the newest of its name and
    /// architecture in its component.
    pub superseded_at: Option<Timestamp>,
}

impl Distribution {
    /// Returns the packages that the `Packages` file of an architecture lists: its own and `all`.
    pub fn listed<'a>(
        packages: &'a Packages,
        architecture: &'a Architecture,
    ) -> impl Iterator<Item = (&'a PackageId, &'a Package)> + Clone {
        packages
            .iter()
            .filter(move |(id, _)| id.architecture == *architecture || id.architecture.is_all())
    }

    /// Returns the indices that list something else than they did `before`, or in other forms.
    pub fn stale_indices(&self, before: Option<&Self>) -> Vec<(&Component, &Architecture)> {
        let stale = |component: &Component, architecture: &Architecture| {
            let Some(before) = before else { return true };
            let Some(old) = before.components.get(component) else { return true };
            !before.architectures.contains(architecture)
                || before.compression != self.compression
                || !Self::listed(old, architecture)
                    .map(|(id, package)| (id, &package.stanza))
                    .eq(Self::listed(&self.components[component], architecture)
                        .map(|(id, package)| (id, &package.stanza)))
        };
        self.components
            .keys()
            .flat_map(|component| self.architectures.iter().map(move |a| (component, a)))
            .filter(|(component, architecture)| stale(component, architecture))
            .collect()
    }

    /// Tells whether it is what stays of a distribution that was removed.
    ///
    /// A manifest declares no distribution without components, so nothing else has none.
    pub fn is_removed(&self) -> bool {
        self.component_order.is_empty()
    }

    /// Returns what stays of it when it is removed: its name, and nothing to install.
    ///
    /// It is valid for ever: nobody could renew it once the repository itself has ended.
    pub fn tombstone(&self) -> Self {
        Self {
            identity: self.identity.clone(),
            architectures: Vec::new(),
            compression: self.compression.clone(),
            valid_for: None,
            signed_by: self.signed_by.clone(),
            components: BTreeMap::new(),
            component_order: Vec::new(),
            remembered: Memory::new(),
        }
    }

    /// Returns the number of package entries in all components.
    pub fn package_count(&self) -> usize {
        self.components.values().map(BTreeMap::len).sum()
    }
}
