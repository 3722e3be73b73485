//! Takes what sources offer into a distribution.
//!
//! All that is offered under one name, version and architecture is judged together, so that the order
//! of sources decides nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use similar::{ChangeTag, TextDiff};

use crate::apt::packages::{FileFields, stanza};
use crate::apt::path::PoolFile;
use crate::debian::suite::{Codename, Component};
use crate::digest::Sha256;
use crate::digest::checksum::ChecksumSet;
use crate::manifest::{Manifest, OnConflict};
use crate::plan::ground::Ground;
use crate::plan::offer::OfferedFile;
use crate::plan::promotion::{Origin, Promoted};
use crate::plan::{Note, Origins};
use crate::snapshot::{Distribution, Package, PackageId, Provenance};
use crate::time::shifted;

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

/// Why there is no desired state.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Obstacle {
    /// Two files claim to be one version.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// A promotion that mirrors has nothing, now or later.
    #[error("source `{source_name}`: {from} has nothing that it promotes")]
    NothingToPromote {
        /// The source.
        source_name: String,
        /// The component that it takes from.
        from: String,
    },
    /// What promotions offer changes with what they bring about.
    #[error("what {} promote depends on what they promote", source_list(.sources))]
    Unsettled {
        /// The sources.
        sources: Vec<String>,
    },
}

/// Returns sources as messages name them: `source.a and source.b`.
fn source_list(sources: &[String]) -> String {
    let names: Vec<_> = sources.iter().map(|name| format!("source.{name}")).collect();
    names.join(" and ")
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

/// What one source offers to one component.
#[derive(Clone, Copy)]
pub struct Candidate<'a> {
    /// The source.
    pub source: &'a str,
    /// The component.
    pub component: &'a Component,
    /// The package.
    pub content: Content<'a>,
}

/// Where an offered package is.
#[derive(Clone, Copy)]
pub enum Content<'a> {
    /// In a file that is not in the pool yet, as far as the source knows.
    File(&'a OfferedFile),
    /// In the pool, where another component lists it.
    Listed(&'a Package, &'a Promoted),
}

impl Candidate<'_> {
    /// Returns the digest of its bytes.
    pub fn sha256(&self) -> Sha256 {
        match self.content {
            Content::File(file) => file.sha256,
            Content::Listed(package, _) => package.file.sha256,
        }
    }

    /// Returns where it is, as messages name it.
    fn place(&self) -> String {
        match self.content {
            Content::File(file) => file.path.display().to_string(),
            Content::Listed(package, promoted) => {
                format!("{} of {}", package.file.filename, promoted.from())
            }
        }
    }
}

/// What may become of a published file under whose version another one is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replacement {
    /// The other one takes its place, if somebody accepts that danger.
    Dangerous,
    /// It stays, and the offer is refused.
    Refused,
}

/// What an intake has taken, and what it has not.
#[derive(Debug, Default)]
pub struct Taken {
    /// Where the bytes of offered files are, by the key that they get in the pool.
    pub files: BTreeMap<String, Upload>,
    /// What stands in the way.
    pub conflicts: BTreeSet<Conflict>,
    /// Where promoted packages come from that were not there before.
    pub origins: Origins,
    /// What was left alone.
    pub notes: BTreeSet<Note>,
    /// What sources gave way to that nobody offers.
    pub gave_way_to: BTreeSet<(Component, PackageId)>,
}

/// Takes offered packages into one distribution.
pub struct Intake<'a> {
    ground: Ground<'a>,
    codename: &'a Codename,
    replacement: Replacement,
    /// What became of the offers.
    pub taken: Taken,
}

impl<'a> Intake<'a> {
    /// Returns an intake that has taken nothing.
    pub fn new(ground: Ground<'a>, codename: &'a Codename, replacement: Replacement) -> Self {
        Self { ground, codename, replacement, taken: Taken::default() }
    }

    /// Takes all that is offered under one identity, or nothing of it if it is not one file.
    pub fn take(
        &mut self,
        into: &mut Distribution,
        id: &PackageId,
        candidates: Vec<Candidate<'a>>,
    ) {
        let wanted = self.wanted(into, id, candidates);
        let conflicts = self.conflicts(into, id, &wanted);
        if conflicts.is_empty() {
            self.note_origins(into, id, &wanted);
            for candidate in wanted {
                self.list(into, id, candidate);
            }
        }
        self.taken.conflicts.extend(conflicts);
    }

    /// Returns the candidates without those that give way to other bytes of a published version.
    ///
    /// Where a source that does not give way has such bytes, they are what is published in the end,
    /// and what the others are held against; or the next plan would take what this one leaves.
    fn wanted(
        &mut self,
        into: &Distribution,
        id: &PackageId,
        mut candidates: Vec<Candidate<'a>>,
    ) -> Vec<Candidate<'a>> {
        // What is in the pool already needs no second object there.
        candidates.sort_by_key(|candidate| matches!(candidate.content, Content::File(_)));
        let listed = into.components.iter();
        let listed =
            listed.filter_map(|(component, packages)| Some((component, packages.get(id)?)));
        let published: BTreeSet<Sha256> =
            listed.clone().map(|(_, package)| package.file.sha256).collect();
        if published.is_empty() {
            return candidates;
        }
        let sources = &self.ground.manifest.sources;
        let gives_way = |candidate: &Candidate<'_>| {
            let source = sources.get(candidate.source);
            source.is_some_and(|source| source.on_conflict == OnConflict::Keep)
        };
        let firm = candidates.iter().find(|candidate| !gives_way(candidate));
        let content = firm.map_or(published, |firm| [firm.sha256()].into());
        let is_offered = |sha256: Sha256| candidates.iter().any(|other| other.sha256() == sha256);
        let alone = listed.filter(|(_, package)| !is_offered(package.file.sha256));
        let alone = alone.map(|(component, _)| (component.clone(), id.clone()));
        let before = candidates.len();
        let alone: Vec<_> = alone.collect();
        candidates.retain(|candidate| {
            let is_same = content.iter().all(|sha256| *sha256 == candidate.sha256());
            let is_wanted = is_same || !gives_way(candidate);
            if !is_wanted {
                self.taken.notes.insert(Note::Kept {
                    source: candidate.source.to_owned(),
                    package: id.to_string(),
                    codename: self.codename.clone(),
                });
            }
            is_wanted
        });
        if candidates.len() < before {
            self.taken.gave_way_to.extend(alone);
        }
        candidates
    }

    /// Returns why the candidates can't be listed: one version has one content in a distribution.
    fn conflicts(
        &self,
        into: &Distribution,
        id: &PackageId,
        wanted: &[Candidate<'_>],
    ) -> Vec<Conflict> {
        let Some(first) = wanted.first() else { return Vec::new() };
        let others = wanted.iter().filter(|other| other.sha256() != first.sha256());
        let among: Vec<_> = others
            .map(|other| {
                let (place, stanza) = (first.place(), self.listed(first).stanza);
                self.conflict(id, (place, &stanza, ConflictWith::Offered), other)
            })
            .collect();
        if !among.is_empty() {
            return among;
        }
        let stays = |component: &Component| {
            self.replacement == Replacement::Refused
                || wanted.iter().all(|candidate| candidate.component != component)
        };
        let published = into.components.iter().filter_map(|(component, packages)| {
            let package = packages.get(id)?;
            (package.file.sha256 != first.sha256() && stays(component)).then_some(package)
        });
        published
            .map(|package| {
                let place = package.file.filename.to_string();
                self.conflict(id, (place, &package.stanza, ConflictWith::Published), first)
            })
            .collect()
    }

    fn conflict(
        &self,
        id: &PackageId,
        (first, stanza, with): (String, &str, ConflictWith),
        second: &Candidate<'_>,
    ) -> Conflict {
        Conflict {
            codename: self.codename.clone(),
            package: id.to_string(),
            first,
            second: second.place(),
            with,
            difference: difference(stanza, &self.listed(second).stanza),
        }
    }

    /// Notes where what is new here comes from.
    fn note_origins(&mut self, into: &Distribution, id: &PackageId, wanted: &[Candidate<'_>]) {
        for Candidate { source, component, content } in wanted {
            let Content::Listed(package, promoted) = content else { continue };
            let listed = into.components.get(*component).and_then(|packages| packages.get(id));
            if listed.is_none_or(|listed| listed.file.sha256 != package.file.sha256) {
                let origin = promoted.origin(package, self.ground.now);
                let place = (Component::clone(component), id.clone());
                let origins: &mut BTreeMap<String, Origin> =
                    self.taken.origins.entry(place).or_default();
                origins.insert((*source).to_owned(), origin);
            }
        }
    }

    /// Lists a candidate, in the place of a file with other bytes if there is one.
    fn list(&mut self, into: &mut Distribution, id: &PackageId, candidate: Candidate<'_>) {
        let Some(packages) = into.components.get_mut(candidate.component) else { return };
        let published = packages.get(id);
        if let Some(same) = published.filter(|p| p.file.sha256 == candidate.sha256()) {
            if let Some(sources) = claimed(same, candidate.source, self.ground.manifest) {
                let same = packages.get_mut(id).expect("it was there just now");
                same.provenance.sources = Arc::new(sources);
            }
            return;
        }
        // In whole seconds, by which `log` tells one content from the other.
        let earliest = published.map(|old| shifted(old.provenance.published_at, 1));
        let mut package = self.listed(&candidate);
        let published_at = &mut package.provenance.published_at;
        *published_at = earliest.map_or(*published_at, |earliest| earliest.max(*published_at));
        let remembered = into.remembered.get(candidate.component).and_then(|ids| ids.get(id));
        if let Some(remembered) = remembered {
            // It was here before, and is as old as it was.
            package.provenance.published_at = remembered.published_at;
            package.provenance.superseded_at = remembered.superseded_at;
        }
        if let Content::File(OfferedFile { path, size, sha256, .. }) = candidate.content {
            let upload = Upload { path: path.clone(), size: *size, sha256: *sha256 };
            self.taken.files.insert(package.file.filename.to_string(), upload);
        }
        packages.insert(id.clone(), package);
    }

    /// Returns a candidate as an index lists it that has not listed it so far.
    fn listed(&self, candidate: &Candidate<'_>) -> Package {
        let sources = Arc::new(BTreeSet::from([candidate.source.to_owned()]));
        let published_at = self.ground.now;
        let provenance = Provenance { sources, published_at, superseded_at: None };
        match candidate.content {
            Content::File(file) => self.stored(file, provenance),
            // Its name is alive, whatever is given up: the component that it comes from has it.
            Content::Listed(package, _) => Package { provenance, ..package.clone() },
        }
    }

    /// Returns a file as an index lists it, under the first of its names that is not spent.
    fn stored(&self, file: &OfferedFile, provenance: Provenance) -> Package {
        let control = &file.control;
        let pool_file = PoolFile {
            source: control.source_name(),
            package: control.package(),
            version: control.version(),
            architecture: control.architecture(),
            digest: &file.sha256,
        };
        let filename = pool_file.living_key(|key| self.ground.spent.contains(key));
        let filename = filename.into();
        let checksums = ChecksumSet::NONE;
        let fields = FileFields { filename, size: file.size, sha256: file.sha256, checksums };
        Package { stanza: stanza(control, &fields).into(), file: fields, provenance }
    }
}

/// What says nothing of how the content of two files differs.
const LEFT_OUT: [&str; 3] = ["Filename:", "MD5sum:", "SHA512:"];

/// Returns the lines that two stanzas don't share; where the files lie is of no interest.
pub fn difference(first: &str, second: &str) -> Vec<String> {
    let diff = TextDiff::from_lines(first, second);
    let changes = diff.iter_all_changes().filter(|change| change.tag() != ChangeTag::Equal);
    changes
        .filter(|change| !LEFT_OUT.iter().any(|field| change.value().starts_with(field)))
        .map(|change| format!("{} {}", change.tag(), change.value().trim_end()))
        .collect()
}

/// Returns who brings a package that is listed already and that a source offers, if that is news.
///
/// Where sources brought it that are not declared any more, the declared one takes its place:
/// a renamed mirror so goes on to remove what it brought under its old name.
fn claimed(package: &Package, source: &str, manifest: &Manifest) -> Option<BTreeSet<String>> {
    let known = &package.provenance.sources;
    let is_declared = |name: &&String| manifest.sources.contains_key(*name);
    if known.contains(source) && known.iter().all(|name| is_declared(&name)) {
        return None;
    }
    let declared = known.iter().filter(is_declared).cloned();
    Some(declared.chain([source.to_owned()]).collect())
}
