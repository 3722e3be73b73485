//! From a desired distribution to the bytes of its index files and its Release file.
//!
//! Deterministic: the same distribution, date and publication record give the same bytes,
//! whatever the number of cores.

use std::collections::BTreeSet;
use std::io;

use bytes::Bytes;
use rayon::prelude::*;

use crate::apt::release::{IndexEntry, Release};
use crate::apt::{packages, path};
use crate::compression::{self, Compression};
use crate::debian::architecture::Architecture;
use crate::debian::suite::{Codename, Component};
use crate::digest::Sha256;
use crate::snapshot::Distribution;
use crate::snapshot::state::{Publication, State};
use crate::time::Timestamp;

/// What a suite is built from.
pub struct Build<'a> {
    /// The distribution's codename.
    pub codename: &'a Codename,
    /// What it is to hold.
    pub desired: &'a Distribution,
    /// What is published of it, and the Release file that says so.
    pub published: Option<(&'a Distribution, &'a Release)>,
    /// The `Date:`, in whole seconds.
    pub date: Timestamp,
    /// What the state file records of this publication.
    pub publication: Publication,
}

/// The bytes of one generation of a distribution, not signed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suite {
    /// The distribution.
    pub codename: Codename,
    /// The generation's number.
    pub generation: u64,
    /// The Release file.
    pub release: Release,
    /// The files that differ from what is published; Release lists more than these.
    pub files: Vec<IndexFile>,
}

/// An index file to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexFile {
    /// The path, size and digest that Release lists.
    pub entry: IndexEntry,
    /// The bytes.
    pub bytes: Bytes,
    /// Whether clients without by-hash look for it under its path.
    pub audience: Audience,
}

/// Who reads an index file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// apt and its like: the file gets its canonical name too.
    Clients,
    /// Only this tool, by hash.
    Repoman,
}

impl Suite {
    /// Returns the published `Packages` files that Release lists and this build did not make.
    ///
    /// Which of them have copies is told by `forms`.
    pub fn taken_over(&self, forms: &BTreeSet<Compression>) -> Vec<IndexEntry> {
        let is_copied = |path: &str| {
            let extension = path.rsplit_once("/Packages").map(|(_, extension)| extension);
            extension
                .and_then(Compression::from_extension)
                .is_some_and(|form| forms.contains(&form))
        };
        let built = |entry: &IndexEntry| self.files.iter().any(|file| file.entry == *entry);
        let entries = self.release.files.iter();
        entries.filter(|entry| is_copied(&entry.path) && !built(entry)).cloned().collect()
    }
}

impl Build<'_> {
    /// Returns the suite.
    ///
    /// Indices that list the same as the published ones are taken over from Release unbuilt.
    ///
    /// # Errors
    ///
    /// When a compressor fails, for want of memory.
    pub fn run(self) -> io::Result<Suite> {
        let stale = self.desired.stale_indices(self.published.map(|(before, _)| before));
        let built: io::Result<Vec<_>> = stale.par_iter().map(|index| self.index(*index)).collect();
        let mut outputs: Vec<Output> = built?.concat();
        outputs.extend(self.state()?);
        let mut entries = self.carried_over(&stale);
        entries.extend(outputs.iter().map(|output| output.entry.clone()));
        let release = Release {
            identity: self.desired.identity.clone(),
            date: self.date,
            valid_until: None,
            architectures: self.desired.architectures.clone(),
            components: self.desired.component_order.clone(),
            files: entries.into_iter().collect(),
        };
        Ok(Suite {
            codename: self.codename.clone(),
            generation: self.publication.generation,
            release,
            files: outputs.into_iter().filter_map(Output::into_file).collect(),
        })
    }

    /// Returns the entries of a `Packages` file: uncompressed, and in each form.
    fn index(
        &self,
        (component, architecture): (&Component, &Architecture),
    ) -> io::Result<Vec<Output>> {
        let listed = Distribution::listed(&self.desired.components[component], architecture);
        let text = packages::join(listed.map(|(_, package)| &*package.stanza));
        let path = path::packages(component, architecture);
        outputs(&path, text.into_bytes(), &self.desired.compression, Audience::Clients)
    }

    fn state(&self) -> io::Result<Vec<Output>> {
        let state = State::new(self.publication.clone(), self.codename.to_string(), self.desired);
        let forms = BTreeSet::from([Compression::Gzip]);
        outputs(path::STATE, state.to_bytes(), &forms, Audience::Repoman)
    }

    fn carried_over(&self, stale: &[(&Component, &Architecture)]) -> BTreeSet<IndexEntry> {
        let Some((_, release)) = self.published else {
            return BTreeSet::new();
        };
        let kept = self.desired.components.keys().flat_map(|component| {
            self.desired.architectures.iter().map(move |architecture| (component, architecture))
        });
        let kept = kept.filter(|index| !stale.contains(index));
        let prefixes: Vec<_> = kept.map(|(component, a)| path::packages(component, a)).collect();
        let is_kept = |entry: &&IndexEntry| {
            // `Packages` itself and its compressed forms, nothing that merely begins alike.
            let stem = entry.path.split_once("/Packages").map(|(directory, _)| directory);
            stem.is_some_and(|d| prefixes.iter().any(|p| p.strip_suffix("/Packages") == Some(d)))
        };
        release.files.iter().filter(is_kept).cloned().collect()
    }
}

/// A file that Release lists, and its bytes if they are published.
#[derive(Clone)]
struct Output {
    entry: IndexEntry,
    bytes: Option<Bytes>,
    audience: Audience,
}

impl Output {
    fn into_file(self) -> Option<IndexFile> {
        let Self { entry, bytes, audience } = self;
        bytes.map(|bytes| IndexFile { entry, bytes, audience })
    }
}

/// Returns a text's uncompressed entry and all its published forms.
///
/// The uncompressed entry is there even where no such file is published: without it apt finds
/// the index missing and shows an empty repository.
fn outputs(
    path: &str,
    text: Vec<u8>,
    forms: &BTreeSet<Compression>,
    audience: Audience,
) -> io::Result<Vec<Output>> {
    let output = |path: String, bytes: Bytes, published: bool| Output {
        entry: IndexEntry { path, size: bytes.len() as u64, sha256: Sha256::of(&bytes) },
        bytes: published.then_some(bytes),
        audience,
    };
    let compressed: Vec<&Compression> =
        forms.iter().filter(|form| **form != Compression::None).collect();
    let mut outputs = compressed
        .par_iter()
        .map(|form| {
            let bytes = compression::compress(**form, &text)?;
            Ok(output(format!("{path}{}", form.extension()), bytes.into(), true))
        })
        .collect::<io::Result<Vec<_>>>()?;
    let plain = forms.contains(&Compression::None);
    outputs.insert(0, output(path.to_owned(), text.into(), plain));
    Ok(outputs)
}
