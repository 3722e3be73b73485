//! From a desired distribution to the bytes of its index files and its Release file.
//!
//! Deterministic: the same distribution, date and publication record give the same bytes,
//! whatever the number of cores.

mod contents;
mod predecessor;
#[cfg(test)]
mod tests;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use bytes::Bytes;
use rayon::prelude::*;

use crate::apt::release::{IndexEntry, Release};
use crate::apt::{self, packages, path};
use crate::compression::{self, Blocks, Compression, Edition, Part};
use crate::debian::suite::Codename;
use crate::digest::Sha256;
use crate::digest::checksum::{Checksum, ChecksumSet, Md5, Summer};
use crate::snapshot::Distribution;
use crate::snapshot::retired::Naming;
use crate::snapshot::state::{self, Encoders, Origins, Publication, State};
use crate::time::Timestamp;

pub use contents::{ContentsDraft, ContentsText, FileLists};
pub use predecessor::Predecessor;
use text::Index;

/// What the index files of a suite are built from.
pub struct Build<'a> {
    /// The distribution's codename.
    pub codename: &'a Codename,
    /// What it is to hold.
    pub desired: &'a Distribution,
    /// The `Contents` files that differ from what is published, by their paths.
    pub contents: &'a BTreeMap<String, ContentsText>,
    /// What is published of it.
    pub published: Option<Predecessor<'a>>,
    /// Names under which nothing may be published: they are deleted, or may be soon.
    pub spent: &'a BTreeSet<String>,
}

/// The index files of a build: most of its work, which needs nothing that the generation is told only
/// when it is published.
pub struct Draft {
    outputs: Vec<Output>,
    origins: Origins,
}

/// When a generation is published, and what its state records of that.
pub struct Imprint {
    /// The `Date:`, in whole seconds.
    pub date: Timestamp,
    /// What the state file records; what the new generation gives up and takes back is added to it.
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

impl Draft {
    /// Tells whether one of its files would have one of these names.
    pub fn has_any(&self, codename: &Codename, names: &BTreeSet<String>) -> bool {
        let name = |entry: &IndexEntry| path::by_hash(codename, &entry.path, &entry.sha256);
        !names.is_empty() && self.outputs.iter().any(|output| names.contains(&name(&output.entry)))
    }
}

impl Suite {
    /// Returns the published index files that Release lists and this build did not make.
    ///
    /// Which of them have copies is told by `forms`.
    pub fn taken_over(&self, forms: &BTreeSet<Compression>) -> Vec<IndexEntry> {
        let is_copied = |path: &str| text::form(path).is_some_and(|form| forms.contains(&form));
        let built = |entry: &IndexEntry| self.files.iter().any(|file| file.entry == *entry);
        let entries = self.release.files.iter();
        entries.filter(|entry| is_copied(&entry.path) && !built(entry)).cloned().collect()
    }
}

impl Build<'_> {
    /// Makes the index files.
    ///
    /// Indices that list the same as the published ones are taken over from Release unbuilt.
    ///
    /// # Errors
    ///
    /// When a compressor fails, for want of memory.
    pub fn draft(&self) -> io::Result<Draft> {
        let before = self.published.as_ref().map(|before| before.distribution);
        let stale = self.desired.stale_indices(before);
        let (built, origins) = rayon::join(
            || stale.par_iter().map(|index| self.index(*index)).collect::<io::Result<Vec<_>>>(),
            || Origins::of(self.desired),
        );
        let contents = self.contents.par_iter().map(|(path, text)| self.contents(path, text));
        let contents: io::Result<Vec<_>> = contents.collect();
        let outputs = built?.into_iter().chain(contents?).flatten().collect();
        Ok(Draft { outputs, origins })
    }

    /// Returns the suite that has these index files.
    ///
    /// # Errors
    ///
    /// As for [`Self::draft`].
    pub fn finish(&self, draft: Draft, imprint: Imprint) -> io::Result<Suite> {
        let Draft { mut outputs, origins } = draft;
        let Imprint { date, publication } = imprint;
        let mut entries = self.carried_over(&outputs);
        entries.extend(outputs.iter().map(|output| output.entry.clone()));
        let mut release = Release {
            identity: self.desired.identity.clone(),
            date,
            valid_until: self.desired.valid_for.map(|span| span.after(date)),
            architectures: self.desired.architectures.clone(),
            components: self.desired.component_order.clone(),
            files: entries.iter().cloned().collect(),
        };
        let generation = publication.generation;
        let mut state = self.state(publication, self.naming(&release), origins);
        state.encoders = self.encoders(&release)?;
        let state = self.state_file(&state)?;
        entries.extend(state.iter().map(|output| output.entry.clone()));
        outputs.extend(state);
        release.files = entries.into_iter().collect();
        let before = self.published.as_ref();
        let is_new = |file: &IndexFile| before.is_none_or(|before| !before.has(&file.entry));
        let files = outputs.into_iter().filter_map(Output::into_file).filter(is_new).collect();
        Ok(Suite { codename: self.codename.clone(), generation, release, files })
    }

    /// Returns the entries of a `Packages` file: uncompressed, and in each form.
    ///
    /// Where the name of one is spent, blank lines follow the last stanza, which no reader minds:
    /// another content, and so another name. What lists nothing can't have any, as apt wants a
    /// stanza where there is a line; for that its names are never given up.
    fn index(&self, index: Index<'_>) -> io::Result<Vec<Output>> {
        let (component, architecture) = index;
        let path = path::packages(component, architecture);
        let before = self.published.as_ref().and_then(|before| Some((before, before.text(index)?)));
        let edition = |path: &str, form| {
            let (before, text) = before.as_ref()?;
            before.edition(text, path, form)
        };
        let parts = text::parts(&self.desired.components[component], architecture);
        self.forms(&path, parts, edition)
    }

    /// Returns the entries of a `Contents` file, as [`Self::index`] does of a `Packages` file.
    fn contents(
        &self,
        path: &str,
        ContentsText { text, earlier }: &ContentsText,
    ) -> io::Result<Vec<Output>> {
        let earlier = Blocks::cut(&apt::contents::parts(earlier));
        let edition = |path: &str, form| self.published.as_ref()?.edition(&earlier, path, form);
        self.forms(path, apt::contents::parts(text), edition)
    }

    /// Returns the entries of an index: uncompressed, and in each form, under names that are not
    /// spent.
    fn forms<'b>(
        &self,
        path: &str,
        mut parts: Vec<Part<'b>>,
        edition: impl Fn(&str, Compression) -> Option<Edition<'b>> + Copy + Sync,
    ) -> io::Result<Vec<Output>> {
        loop {
            let text = Blocks::cut(&parts);
            let forms = &self.desired.compression;
            let outputs =
                outputs(path, &text, (forms, self.desired.hashes), Audience::Clients, edition)?;
            if parts.is_empty() || !outputs.iter().any(|output| self.is_spent(output)) {
                return Ok(outputs);
            }
            parts.push(packages::EMPTY_LINE);
        }
    }

    fn is_spent(&self, output: &Output) -> bool {
        let IndexEntry { path, sha256, .. } = &output.entry;
        let is_stored = output.bytes.is_some();
        is_stored && self.spent.contains(&path::by_hash(self.codename, path, sha256))
    }

    fn naming<'a>(&'a self, release: &'a Release) -> Naming<'a> {
        Naming { codename: self.codename, distribution: self.desired, release }
    }

    /// Returns the state of a generation that names these keys.
    fn state(&self, mut publication: Publication, after: Naming<'_>, origins: Origins) -> State {
        if let Some(Predecessor { distribution, release, .. }) = &self.published {
            let before = Naming { codename: self.codename, distribution, release };
            publication.retired.retire(before.given_up(after));
        }
        let named = after.keys_like(&mut publication.retired.names());
        publication.retired.reclaim(named);
        State::new(publication, self.codename.to_string(), self.desired, origins)
    }

    /// Returns the entries of the state.
    fn state_file(&self, state: &State) -> io::Result<Vec<Output>> {
        let (text, earlier) = rayon::join(
            || state.to_bytes(),
            || self.published.as_ref().and_then(|before| Some((before, before.state()?))),
        );
        let cut = |text| Blocks::cut(&state::parts(text));
        let (text, earlier) = rayon::join(
            || cut(&text),
            || earlier.as_ref().map(|(before, text)| (before, cut(text))),
        );
        let edition = |path: &str, form| {
            let (before, text) = earlier.as_ref()?;
            before.edition(text, path, form)
        };
        let forms = BTreeSet::from([Compression::Gzip]);
        outputs(path::STATE, &text, (&forms, self.desired.hashes), Audience::Repoman, edition)
    }

    /// Returns what compressed the index files of a Release file, where that is known, and the state.
    fn encoders(&self, release: &Release) -> io::Result<Encoders> {
        let own = compression::encoder(Compression::Gzip)?.to_owned();
        let mut encoders = BTreeMap::from([(path::STATE_FILE.to_owned(), own)]);
        for entry in &release.files {
            let before = self.published.as_ref();
            let carried = before.filter(|before| before.release.files.contains(entry));
            let encoder = match (carried, text::form(&entry.path)) {
                (_, None | Some(Compression::None)) => continue,
                (Some(before), _) => before.encoders.0.get(&entry.path).cloned(),
                (None, Some(form)) => Some(compression::encoder(form)?.to_owned()),
            };
            encoders.extend(encoder.map(|encoder| (entry.path.clone(), encoder)));
        }
        Ok(Encoders(encoders))
    }

    /// Returns what Release lists of the published indices that were not built again.
    fn carried_over(&self, built: &[Output]) -> BTreeSet<IndexEntry> {
        let Some(Predecessor { release, .. }) = &self.published else {
            return BTreeSet::new();
        };
        let indices = self.desired.components.keys().flat_map(|component| {
            self.desired.architectures.iter().map(move |architecture| (component, architecture))
        });
        let paths = indices.flat_map(|(component, architecture)| {
            let contents = self.desired.contents.then(|| path::contents(component, architecture));
            [path::packages(component, architecture)].into_iter().chain(contents)
        });
        let index =
            |entry: &IndexEntry| path::split_form(&entry.path).map(|(index, _)| index.to_owned());
        let built: BTreeSet<_> = built.iter().filter_map(|output| index(&output.entry)).collect();
        let kept: BTreeSet<_> = paths.filter(|path| !built.contains(path)).collect();
        let is_kept = |entry: &&IndexEntry| index(entry).is_some_and(|index| kept.contains(&index));
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

/// Returns the MD5 checksum of a text in pieces, if it is to be listed.
fn md5<'a>(pieces: impl Iterator<Item = &'a [u8]>, hashes: ChecksumSet) -> Option<Md5> {
    let wanted = hashes.iter().filter(|checksum| *checksum == Checksum::Md5).collect();
    if wanted == ChecksumSet::NONE {
        return None;
    }
    let mut summer = Summer::new(wanted);
    pieces.for_each(|piece| summer.update(piece));
    summer.finish().md5
}

/// Returns a text's uncompressed entry and all its published forms.
///
/// The uncompressed entry is there even where no such file is published: without it apt finds
/// the index missing and shows an empty repository.
fn outputs<'a>(
    path: &str,
    text: &Blocks<'_>,
    (forms, hashes): (&BTreeSet<Compression>, ChecksumSet),
    audience: Audience,
    edition: impl Fn(&str, Compression) -> Option<Edition<'a>> + Copy + Sync,
) -> io::Result<Vec<Output>> {
    let file = |form: &Compression| {
        let path = format!("{path}{}", form.extension());
        let bytes = Bytes::from(compression::compress(*form, text, edition(&path, *form))?);
        let (size, md5) = (bytes.len() as u64, md5([&*bytes].into_iter(), hashes));
        let entry = IndexEntry { path, size, sha256: Sha256::of(&bytes), md5 };
        Ok(Output { entry, bytes: Some(bytes), audience })
    };
    let (plain, files) = rayon::join(
        || text::digest(text),
        || forms.par_iter().map(file).collect::<io::Result<Vec<_>>>(),
    );
    let mut outputs = files?;
    if !forms.contains(&Compression::None) {
        let (sha256, size) = plain;
        let md5 = md5(text.pieces(), hashes);
        let entry = IndexEntry { path: path.to_owned(), size, sha256, md5 };
        outputs.insert(0, Output { entry, bytes: None, audience });
    }
    Ok(outputs)
}
