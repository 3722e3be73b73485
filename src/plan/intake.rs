//! Takes what sources offer into a distribution.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use similar::{ChangeTag, TextDiff};

use crate::apt::packages::{FileFields, stanza};
use crate::apt::path::PoolFile;
use crate::debian::suite::Codename;
use crate::digest::Sha256;
use crate::manifest::Manifest;
use crate::plan::draft::Ground;
use crate::plan::offer::{OfferedFile, Offering, SourceOffer};
use crate::snapshot::{Distribution, Package, PackageId, Provenance};
use crate::time::Timestamp;

/// A package file to upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Where its bytes are.
    pub path: PathBuf,
    /// Its size in bytes.
    pub size: u64,
    /// Its digest.
    pub sha256: Sha256,
}

/// Two different files claim to be the same version of a package in one distribution.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("{codename}: `{package}` exists twice with different content: {first}, {second}")]
pub struct Conflict {
    /// The distribution.
    pub codename: Codename,
    /// `name version architecture`.
    pub package: String,
    /// Where the one is: a file of a source, or a published object.
    pub first: String,
    /// Where the other is.
    pub second: String,
    /// Whether one of them is published already.
    pub with: ConflictWith,
    /// The lines of their stanzas that differ, each with `-` (first) or `+` (second) before it.
    pub difference: Vec<String>,
}

/// What an offered file is in conflict with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConflictWith {
    /// Another offered file.
    Offered,
    /// A published file.
    Published,
}

/// Returns what a source offers to a distribution.
pub fn offerings<'a>(
    source: &'a str,
    offer: &'a SourceOffer,
    codename: &'a Codename,
) -> impl Iterator<Item = (&'a str, &'a Offering)> {
    let here = offer.offerings.iter().filter(move |offering| offering.codename == *codename);
    here.map(move |offering| (source, offering))
}

/// Takes offered files into distributions.
pub struct Intake<'a> {
    manifest: &'a Manifest,
    spent: &'a BTreeSet<String>,
    now: Timestamp,
    /// Where the bytes of offered files are, by the key that they get in the pool.
    pub files: BTreeMap<String, Upload>,
    /// What stands in the way.
    pub conflicts: Vec<Conflict>,
}

impl<'a> Intake<'a> {
    /// Returns an intake that has taken nothing.
    pub fn new(ground: Ground<'a>) -> Self {
        let Ground { manifest, spent, now, .. } = ground;
        Self { manifest, spent, now, files: BTreeMap::new(), conflicts: Vec::new() }
    }

    /// Takes an offered file into a distribution, if that has the component.
    pub fn take(&mut self, into: &mut Distribution, source: &str, offering: &Offering) {
        let file = &offering.file;
        let id = file.id();
        if let Some(conflict) = self.conflict(into, &id, offering) {
            self.conflicts.push(conflict);
            return;
        }
        let Some(packages) = into.components.get_mut(&offering.component) else {
            return;
        };
        if let Some(package) = packages.get_mut(&id) {
            claim(package, source, self.manifest);
            return;
        }
        let mut package = self.listed(file, source);
        let remembered = into.remembered.get(&offering.component).and_then(|ids| ids.get(&id));
        if let Some(remembered) = remembered {
            // It was here before, and is as old as it was.
            package.provenance.published_at = remembered.published_at;
            package.provenance.superseded_at = remembered.superseded_at;
        }
        let upload = Upload { path: file.path.clone(), size: file.size, sha256: file.sha256 };
        self.files.insert(package.file.filename.clone(), upload);
        packages.insert(id, package);
    }

    /// Returns the conflict with a file of the same identity in any component there.
    fn conflict(
        &self,
        into: &Distribution,
        id: &PackageId,
        offering: &Offering,
    ) -> Option<Conflict> {
        let file = &offering.file;
        let packages = into.components.values().filter_map(|packages| packages.get(id));
        let other = packages.into_iter().find(|package| package.file.sha256 != file.sha256)?;
        let key = &other.file.filename;
        let (first, with) = match self.files.get(key) {
            Some(upload) => (upload.path.display().to_string(), ConflictWith::Offered),
            None => (key.clone(), ConflictWith::Published),
        };
        Some(Conflict {
            codename: offering.codename.clone(),
            package: id.to_string(),
            first,
            second: file.path.display().to_string(),
            with,
            difference: difference(&other.stanza, &self.listed(file, "").stanza),
        })
    }

    /// Returns a file as an index lists it that has not listed it so far.
    fn listed(&self, file: &OfferedFile, source: &str) -> Package {
        let control = &file.control;
        let pool_file = PoolFile {
            source: control.source_name(),
            package: control.package(),
            version: control.version(),
            architecture: control.architecture(),
            digest: &file.sha256,
        };
        let filename = pool_file.living_key(|key| self.spent.contains(key));
        let fields = FileFields { filename, size: file.size, sha256: file.sha256 };
        let sources = BTreeSet::from([source.to_owned()]);
        Package {
            stanza: Arc::from(stanza(control, &fields)),
            file: fields,
            provenance: Provenance { sources, published_at: self.now, superseded_at: None },
        }
    }
}

/// Returns the lines that two stanzas don't share; where the files lie is of no interest.
fn difference(first: &str, second: &str) -> Vec<String> {
    let diff = TextDiff::from_lines(first, second);
    let changes = diff.iter_all_changes().filter(|change| change.tag() != ChangeTag::Equal);
    changes
        .filter(|change| !change.value().starts_with("Filename:"))
        .map(|change| format!("{} {}", change.tag(), change.value().trim_end()))
        .collect()
}

/// Records that a source offers a package that is listed already.
///
/// Where sources brought it that are not declared any more, the declared one takes its place:
/// a renamed mirror so goes on to remove what it brought under its old name.
fn claim(package: &mut Package, source: &str, manifest: &Manifest) {
    let sources = &mut package.provenance.sources;
    sources.retain(|name| manifest.sources.contains_key(name));
    sources.insert(source.to_owned());
}
