//! What a repository holds, as the manifest wants it or as the store has it: one type for both.
//!
//! A snapshot knows nothing of files on disk or objects in a store; a plan is the difference
//! between two of them.

pub mod records;
pub mod retired;
pub mod state;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use crate::apt::packages::{FileFields, with_checksums};
use crate::apt::release::Identity;
use crate::compression::Compression;
use crate::debian::architecture::Architecture;
use crate::debian::deb822::Stanza;
use crate::debian::name::PackageName;
use crate::debian::suite::{Codename, Component};
use crate::debian::version::Version;
use crate::digest::Sha256;
use crate::digest::checksum::{ChecksumSet, Sums};
use crate::fingerprint::Fingerprint;
use crate::text::SharedText;
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
    /// The checksums that are listed beside SHA-256.
    pub hashes: ChecksumSet,
    /// Whether there are `Contents` files.
    pub contents: bool,
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

/// The packages of one component: a map that costs nothing to copy as long as it is not changed.
#[derive(Debug, Clone, Default)]
pub struct Packages(Arc<BTreeMap<PackageId, Package>>);

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
    pub stanza: SharedText,
    /// The package file.
    pub file: FileFields,
    /// Where it came from and when.
    pub provenance: Provenance,
}

impl Package {
    /// Returns the section in its stanza, if there is one.
    pub fn section(&self) -> Option<&str> {
        Stanza::of_checked(&self.stanza).get("Section")
    }

    /// Tells whether a `Contents` file says the same of both.
    pub fn has_files_of(&self, other: &Self) -> bool {
        let is_same_file = self.file.sha256 == other.file.sha256;
        is_same_file && (self.stanza == other.stanza || self.section() == other.section())
    }
}

/// Where a published package came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// The names of the sources that brought it.
    pub sources: Arc<BTreeSet<String>>,
    /// When it was first published here.
    pub published_at: Timestamp,
    /// When a newer version first stood beside it; nothing while it is the newest of its name and
    /// architecture in its component.
    pub superseded_at: Option<Timestamp>,
}

/// A package that differs between two maps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difference<'a> {
    /// What the one has.
    pub before: Option<(&'a PackageId, &'a Package)>,
    /// What the other one has.
    pub after: Option<(&'a PackageId, &'a Package)>,
}

impl Packages {
    /// Returns a map without packages.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns what differs, in the order of the names: each package that only one of them has, and
    /// both where they are not equal.
    pub fn differences<'a>(&'a self, other: &'a Self) -> Vec<Difference<'a>> {
        let mut differences = Vec::new();
        if self.is_copy_of(other) {
            return differences;
        }
        let (mut before, mut after) = (self.iter().peekable(), other.iter().peekable());
        loop {
            let order = match (before.peek(), after.peek()) {
                (Some((one, _)), Some((two, _))) => one.cmp(two),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => return differences,
            };
            let difference = Difference {
                before: if order.is_le() { before.next() } else { None },
                after: if order.is_ge() { after.next() } else { None },
            };
            if order.is_ne() || difference.before != difference.after {
                differences.push(difference);
            }
        }
    }

    /// Tells whether the other one is a copy of this, and neither has been changed since.
    pub fn is_copy_of(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Deref for Packages {
    type Target = BTreeMap<PackageId, Package>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// Whoever changes one of several copies gets a map of its own first, which takes its time.
impl DerefMut for Packages {
    fn deref_mut(&mut self) -> &mut Self::Target {
        Arc::make_mut(&mut self.0)
    }
}

impl PartialEq for Packages {
    fn eq(&self, other: &Self) -> bool {
        self.is_copy_of(other) || self.0 == other.0
    }
}

impl Eq for Packages {}

impl FromIterator<(PackageId, Package)> for Packages {
    fn from_iter<I: IntoIterator<Item = (PackageId, Package)>>(packages: I) -> Self {
        Self(Arc::new(packages.into_iter().collect()))
    }
}

impl<const N: usize> From<[(PackageId, Package); N]> for Packages {
    fn from(packages: [(PackageId, Package); N]) -> Self {
        packages.into_iter().collect()
    }
}

impl<'a> IntoIterator for &'a Packages {
    type Item = (&'a PackageId, &'a Package);
    type IntoIter = std::collections::btree_map::Iter<'a, PackageId, Package>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
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

    /// Returns the newest version of each package that an architecture's clients would install.
    ///
    /// Of equal versions it is the one of the architecture whose name is the last.
    pub fn newest<'a>(
        packages: &'a Packages,
        architecture: &'a Architecture,
    ) -> BTreeMap<&'a PackageName, &'a Package> {
        // Ascending versions: the last one stays.
        Self::listed(packages, architecture).map(|(id, package)| (&id.name, package)).collect()
    }

    /// Returns the `Contents` files, by what they list, that list something else than they did
    /// `before`, or in other forms.
    ///
    /// They list the newest versions only.
    pub fn stale_contents(&self, before: Option<&Self>) -> Vec<(&Component, &Architecture)> {
        let is_stale = |(component, architecture): &(&Component, &Architecture)| {
            let before = before.filter(|before| {
                before.contents
                    && before.architectures.contains(architecture)
                    && before.compression == self.compression
                    && before.hashes == self.hashes
            });
            let old = before.and_then(|before| before.components.get(*component));
            let (Some(old), new) = (old, &self.components[*component]) else { return true };
            if old.is_copy_of(new) {
                return false;
            }
            let (old, new) = (Self::newest(old, architecture), Self::newest(new, architecture));
            let is_same = |((one, old), (other, new)): ((_, &&Package), (_, &&Package))| {
                one == other && new.has_files_of(old)
            };
            old.len() != new.len() || !old.iter().zip(&new).all(is_same)
        };
        self.indices().filter(|index| self.contents && is_stale(index)).collect()
    }

    /// Returns what each index lists.
    fn indices(&self) -> impl Iterator<Item = (&Component, &Architecture)> {
        let components = self.components.keys();
        components.flat_map(|component| self.architectures.iter().map(move |a| (component, a)))
    }

    /// Returns the indices that list something else than they did `before`, or in other forms.
    pub fn stale_indices(&self, before: Option<&Self>) -> Vec<(&Component, &Architecture)> {
        let stale = |component: &Component, architecture: &Architecture| {
            let Some(before) = before else { return true };
            let Some(old) = before.components.get(component) else { return true };
            !before.architectures.contains(architecture)
                || before.compression != self.compression
                || before.hashes != self.hashes
                || !is_listed_alike((old, &self.components[component]), architecture)
        };
        self.indices().filter(|(component, architecture)| stale(component, architecture)).collect()
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
            hashes: ChecksumSet::NONE,
            contents: false,
            valid_for: None,
            signed_by: self.signed_by.clone(),
            components: BTreeMap::new(),
            component_order: Vec::new(),
            remembered: Memory::new(),
        }
    }

    /// Returns the package files whose stanzas lack a checksum that the distribution lists.
    pub fn without_checksums(&self) -> impl Iterator<Item = &FileFields> {
        let files = self.components.values().flatten().map(|(_, package)| &package.file);
        files.filter(|file| !file.checksums.has_all(self.hashes))
    }

    /// Gives all stanzas just the checksums that the distribution lists, those from `sums` which they
    /// have not; one that is not there is left out.
    pub fn list_checksums(&mut self, sums: &BTreeMap<Sha256, Sums>) {
        let hashes = self.hashes;
        for packages in self.components.values_mut() {
            let others = packages.iter().filter(|(_, package)| package.file.checksums != hashes);
            let others: Vec<_> = others.map(|(id, _)| id.clone()).collect();
            for id in others {
                let package = packages.get_mut(&id).expect("it was there just now");
                let sums = sums.get(&package.file.sha256).copied().unwrap_or_default();
                package.stanza = with_checksums(&package.stanza, hashes, &sums).into();
                package.file.checksums = hashes;
            }
        }
    }

    /// Returns the number of package entries in all components.
    pub fn package_count(&self) -> usize {
        self.components.values().map(|packages| packages.len()).sum()
    }
}

/// Tells whether the `Packages` file of an architecture lists the same of both.
fn is_listed_alike((one, other): (&Packages, &Packages), architecture: &Architecture) -> bool {
    let listed = |packages| {
        // Stanzas come first, as most are one text, and then need not be read.
        Distribution::listed(packages, architecture).map(|(id, package)| (&package.stanza, id))
    };
    one.is_copy_of(other) || listed(one).eq(listed(other))
}
