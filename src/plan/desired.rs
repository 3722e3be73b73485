//! The desired state: a function of the manifest, the offers, what is published, and the clock.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use similar::{ChangeTag, TextDiff};

use crate::apt::packages::{FileFields, stanza};
use crate::apt::path::PoolFile;
use crate::apt::release::{Identity, Pin};
use crate::debian::suite::{Codename, Component};
use crate::digest::Sha256;
use crate::manifest::{Manifest, Mode};
use crate::plan::Note;
use crate::plan::offer::{OfferedFile, Offering, Offers, SourceOffer};
use crate::snapshot::{Distribution, Package, PackageId, Packages, Provenance, Snapshot};
use crate::time::{Span, Timestamp};

/// What should be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desired {
    /// The desired repository.
    pub snapshot: Snapshot,
    /// Where the bytes of offered files are, by the key that they get in the pool.
    pub files: BTreeMap<String, Upload>,
    /// What a person should know of how it came about.
    pub notes: Vec<Note>,
    /// For how long what is given up stays in the store.
    pub purge_after: Span,
}

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

/// Returns the desired state, or every conflict that stands in its way.
///
/// `now` becomes the time at which new packages are first published. No file gets a name that is
/// spent.
///
/// # Errors
///
/// When one version has different bytes in one distribution, whoever offers them.
pub fn desired(
    manifest: &Manifest,
    offers: &Offers,
    published: &Snapshot,
    now: Timestamp,
) -> Result<Desired, Vec<Conflict>> {
    let mut snapshot = Snapshot::default();
    let mut conflicts = Vec::new();
    let mut files = BTreeMap::new();
    for (codename, declared) in &manifest.distributions {
        let before = published.distributions.get(codename);
        let mut distribution = declared_distribution(manifest, declared, before);
        let withdrawn = withdraw(&mut distribution, manifest, offers, codename);
        let mut intake = Intake {
            manifest,
            codename,
            spent: &published.spent,
            now,
            distribution,
            conflicts: Vec::new(),
        };
        let all = offers.sources.iter().flat_map(|(name, offer)| offerings(name, offer, codename));
        for (source, offering) in all {
            intake.take(source, offering, &mut files);
        }
        conflicts.append(&mut intake.conflicts);
        remove(&mut intake.distribution, &withdrawn);
        supersede(&mut intake.distribution, now);
        snapshot.distributions.insert(codename.clone(), intake.distribution);
    }
    if !conflicts.is_empty() {
        conflicts.sort();
        conflicts.dedup();
        return Err(conflicts);
    }
    let mut notes = undeclared(manifest, published);
    notes.extend(different_bytes(&snapshot));
    Ok(Desired { snapshot, files, notes, purge_after: manifest.purge_after })
}

/// Returns a distribution as the manifest declares it, with what is already published in it.
fn declared_distribution(
    manifest: &Manifest,
    declared: &crate::manifest::Distribution,
    before: Option<&Distribution>,
) -> Distribution {
    let published = |component: &Component| -> Packages {
        let packages = before.and_then(|before| before.components.get(component));
        packages
            .into_iter()
            .flatten()
            .filter(|(id, _)| is_declared(&declared.architectures, id))
            .map(|(id, package)| (id.clone(), package.clone()))
            .collect()
    };
    Distribution {
        identity: identity(declared),
        architectures: declared.architectures.clone(),
        compression: declared.compression.iter().copied().collect(),
        signed_by: manifest.signing.keys.iter().map(|key| key.fingerprint).collect(),
        components: declared
            .components
            .iter()
            .map(|component| (component.clone(), published(component)))
            .collect(),
        component_order: declared.components.clone(),
    }
}

fn is_declared(
    architectures: &[crate::debian::architecture::Architecture],
    id: &PackageId,
) -> bool {
    id.architecture.is_all() || architectures.contains(&id.architecture)
}

fn identity(declared: &crate::manifest::Distribution) -> Identity {
    let pin = match (declared.not_automatic, declared.but_automatic_upgrades) {
        (true, true) => Pin::UpgradesOnly,
        (true, false) => Pin::NotAutomatic,
        (false, _) => Pin::Automatic,
    };
    Identity {
        origin: declared.origin.clone(),
        label: declared.label.clone(),
        suite: declared.suite.clone(),
        version: declared.version.clone(),
        codename: declared.codename.to_string(),
        description: declared.description.clone(),
        pin,
    }
}

/// What mirror sources brought and offer no more.
type Withdrawn = BTreeSet<(Component, PackageId)>;

/// Strikes mirror sources off what they brought and offer no more, and returns all of that.
///
/// A source that is not in this run says nothing; one that the manifest does not declare any
/// more orphans what it brought, and that stays.
fn withdraw(
    distribution: &mut Distribution,
    manifest: &Manifest,
    offers: &Offers,
    codename: &Codename,
) -> Withdrawn {
    let mut withdrawn = Withdrawn::new();
    for source in manifest.sources.values().filter(|source| source.mode == Mode::Mirror) {
        let Some(offer) = offers.sources.get(&source.name) else {
            continue;
        };
        let offered: BTreeSet<(&Component, PackageId)> = offerings(&source.name, offer, codename)
            .map(|(_, offering)| (&offering.component, offering.file.id()))
            .collect();
        for (component, packages) in &mut distribution.components {
            if !offer.is_complete(codename, component) {
                continue;
            }
            for (id, package) in packages {
                let gone = !offered.contains(&(component, id.clone()));
                if gone && package.provenance.sources.remove(&source.name) {
                    withdrawn.insert((component.clone(), id.clone()));
                }
            }
        }
    }
    withdrawn
}

/// Removes what was withdrawn, unless another source brought it too or offers it now.
fn remove(distribution: &mut Distribution, withdrawn: &Withdrawn) {
    for (component, packages) in &mut distribution.components {
        packages.retain(|id, package| {
            !package.provenance.sources.is_empty()
                || !withdrawn.contains(&(component.clone(), id.clone()))
        });
    }
}

/// Notes which versions have a newer one beside them, and since when.
fn supersede(distribution: &mut Distribution, now: Timestamp) {
    for packages in distribution.components.values_mut() {
        let mut newer = BTreeSet::new();
        for (id, package) in packages.iter_mut().rev() {
            let superseded_at = &mut package.provenance.superseded_at;
            if newer.insert((&id.name, &id.architecture)) {
                *superseded_at = None;
            } else {
                superseded_at.get_or_insert(now);
            }
        }
    }
}

fn offerings<'a>(
    source: &'a str,
    offer: &'a SourceOffer,
    codename: &'a Codename,
) -> impl Iterator<Item = (&'a str, &'a Offering)> {
    let here = offer.offerings.iter().filter(move |offering| offering.codename == *codename);
    here.map(move |offering| (source, offering))
}

/// Takes offered files into one distribution.
struct Intake<'a> {
    manifest: &'a Manifest,
    codename: &'a Codename,
    spent: &'a BTreeSet<String>,
    now: Timestamp,
    distribution: Distribution,
    conflicts: Vec<Conflict>,
}

impl Intake<'_> {
    fn take(&mut self, source: &str, offering: &Offering, files: &mut BTreeMap<String, Upload>) {
        let file = &offering.file;
        let id = file.id();
        if let Some(conflict) = self.conflict(&id, file, files) {
            self.conflicts.push(conflict);
            return;
        }
        let Some(packages) = self.distribution.components.get_mut(&offering.component) else {
            return;
        };
        if let Some(package) = packages.get_mut(&id) {
            claim(package, source, self.manifest);
            return;
        }
        let package = listed(file, source, self.spent, self.now);
        let upload = Upload { path: file.path.clone(), size: file.size, sha256: file.sha256 };
        files.insert(package.file.filename.clone(), upload);
        packages.insert(id, package);
    }

    /// Returns the conflict with a file of the same identity in any component here.
    fn conflict(
        &self,
        id: &PackageId,
        file: &OfferedFile,
        files: &BTreeMap<String, Upload>,
    ) -> Option<Conflict> {
        let other = self
            .distribution
            .components
            .values()
            .filter_map(|packages| packages.get(id))
            .find(|package| package.file.sha256 != file.sha256)?;
        let key = &other.file.filename;
        let (first, with) = match files.get(key) {
            Some(upload) => (upload.path.display().to_string(), ConflictWith::Offered),
            None => (key.clone(), ConflictWith::Published),
        };
        Some(Conflict {
            codename: self.codename.clone(),
            package: format!("{} {} {}", id.name, id.version, id.architecture),
            first,
            second: file.path.display().to_string(),
            with,
            difference: difference(&other.stanza, &listed(file, "", self.spent, self.now).stanza),
        })
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

/// Returns a file as an index lists it that has not listed it so far.
fn listed(file: &OfferedFile, source: &str, spent: &BTreeSet<String>, now: Timestamp) -> Package {
    let control = &file.control;
    let pool_file = PoolFile {
        source: control.source_name(),
        package: control.package(),
        version: control.version(),
        architecture: control.architecture(),
        digest: &file.sha256,
    };
    let filename = pool_file.living_key(|key| spent.contains(key));
    let fields = FileFields { filename, size: file.size, sha256: file.sha256 };
    let sources = BTreeSet::from([source.to_owned()]);
    Package {
        stanza: Arc::from(stanza(control, &fields)),
        file: fields,
        provenance: Provenance { sources, published_at: now, superseded_at: None },
    }
}

fn undeclared(manifest: &Manifest, published: &Snapshot) -> Vec<Note> {
    let published = published.distributions.keys();
    published
        .filter(|codename| !manifest.distributions.contains_key(*codename))
        .map(|codename| Note::Undeclared(codename.clone()))
        .collect()
}

/// Returns a note for each version that has other bytes in a second distribution.
fn different_bytes(snapshot: &Snapshot) -> Vec<Note> {
    let mut seen: BTreeMap<&PackageId, (&Codename, Sha256)> = BTreeMap::new();
    let mut notes = BTreeSet::new();
    if snapshot.distributions.len() < 2 {
        return Vec::new();
    }
    for (codename, distribution) in &snapshot.distributions {
        for (id, package) in distribution.components.values().flatten() {
            let (first, sha256) = *seen.entry(id).or_insert((codename, package.file.sha256));
            if sha256 != package.file.sha256 {
                notes.insert(Note::DifferentBytes {
                    package: format!("{} {} {}", id.name, id.version, id.architecture),
                    distributions: (first.clone(), codename.clone()),
                });
            }
        }
    }
    notes.into_iter().collect()
}
