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
use crate::compression::{self, Blocks, Compression};
use crate::debian::architecture::Architecture;
use crate::debian::suite::{Codename, Component};
use crate::digest::{Hasher, Sha256};
use crate::snapshot::Distribution;
use crate::snapshot::retired::Naming;
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
    /// What the state file records of this publication; what the new generation gives up and
    /// takes back is added to it.
    pub publication: Publication,
    /// Names under which nothing may be published: they are deleted, or may be soon.
    pub spent: &'a BTreeSet<String>,
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
    /// Every key by which clients come for packages and indices.
    pub names: BTreeSet<String>,
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
        let mut entries = self.carried_over(&stale);
        entries.extend(outputs.iter().map(|output| output.entry.clone()));
        let mut release = Release {
            identity: self.desired.identity.clone(),
            date: self.date,
            valid_until: None,
            architectures: self.desired.architectures.clone(),
            components: self.desired.component_order.clone(),
            files: entries.iter().cloned().collect(),
        };
        let generation = self.publication.generation;
        let naming = self.naming(&release);
        let names = naming.keys();
        let state = self.state(&naming, &names)?;
        entries.extend(state.iter().map(|output| output.entry.clone()));
        outputs.extend(state);
        release.files = entries.into_iter().collect();
        let files = outputs.into_iter().filter_map(Output::into_file).collect();
        Ok(Suite { codename: self.codename.clone(), generation, release, files, names })
    }

    /// Returns the entries of a `Packages` file: uncompressed, and in each form.
    ///
    /// Where the name of one is spent, blank lines follow the last stanza, which no reader minds:
    /// another content, and so another name. What lists nothing can't have any, as apt wants a
    /// stanza where there is a line; for that its names are never given up.
    fn index(
        &self,
        (component, architecture): (&Component, &Architecture),
    ) -> io::Result<Vec<Output>> {
        let listed = Distribution::listed(&self.desired.components[component], architecture);
        let listed = listed.map(|(_, package)| (&*package.stanza, &package.file.sha256));
        let mut parts = packages::parts(listed);
        let path = path::packages(component, architecture);
        loop {
            let text = Blocks::cut(&parts);
            let outputs = outputs(&path, &text, &self.desired.compression, Audience::Clients)?;
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

    /// Returns the state file of a generation that names these keys.
    fn state(&self, after: &Naming<'_>, names: &BTreeSet<String>) -> io::Result<Vec<Output>> {
        let mut publication = self.publication.clone();
        if let Some((distribution, release)) = self.published {
            let before = Naming { codename: self.codename, distribution, release };
            publication.retired.retire(before.given_up(after));
        }
        publication.retired.reclaim(names);
        let state = State::new(publication, self.codename.to_string(), self.desired);
        let forms = BTreeSet::from([Compression::Gzip]);
        let text = state.to_bytes();
        outputs(path::STATE, &Blocks::uniform(&text), &forms, Audience::Repoman)
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
    text: &Blocks<'_>,
    forms: &BTreeSet<Compression>,
    audience: Audience,
) -> io::Result<Vec<Output>> {
    let file = |form: &Compression| {
        let bytes = Bytes::from(compression::compress(*form, text, None)?);
        let path = format!("{path}{}", form.extension());
        let entry = IndexEntry { path, size: bytes.len() as u64, sha256: Sha256::of(&bytes) };
        Ok(Output { entry, bytes: Some(bytes), audience })
    };
    let (plain, files) =
        rayon::join(|| digest(text), || forms.par_iter().map(file).collect::<io::Result<Vec<_>>>());
    let mut outputs = files?;
    if !forms.contains(&Compression::None) {
        let (sha256, size) = plain;
        let entry = IndexEntry { path: path.to_owned(), size, sha256 };
        outputs.insert(0, Output { entry, bytes: None, audience });
    }
    Ok(outputs)
}

/// Returns the digest and the size of a text.
fn digest(text: &Blocks<'_>) -> (Sha256, u64) {
    let mut hasher = Hasher::new();
    text.pieces().for_each(|piece| hasher.update(piece));
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::apt::packages::FileFields;
    use crate::snapshot::retired::Retired;
    use crate::snapshot::state::ManifestRecord;
    use crate::snapshot::{Package, PackageId, Provenance};

    const POOL: &str = "pool/w/widget/0123456789abcdef/widget_1.0_amd64.deb";

    fn widget() -> (PackageId, Package) {
        let id = PackageId {
            name: "widget".parse().unwrap(),
            version: "1.0".parse().unwrap(),
            architecture: "amd64".parse().unwrap(),
        };
        let file = FileFields { filename: POOL.into(), size: 1, sha256: Sha256::of(b"") };
        let provenance = Provenance {
            sources: BTreeSet::new(),
            published_at: Timestamp::UNIX_EPOCH,
            superseded_at: None,
        };
        (id, Package { stanza: Arc::from("Package: widget\n"), file, provenance })
    }

    fn distribution(packages: impl IntoIterator<Item = (PackageId, Package)>) -> Distribution {
        Distribution {
            identity: crate::apt::release::Identity::default(),
            architectures: vec!["amd64".parse().unwrap()],
            compression: [Compression::Gzip].into(),
            signed_by: vec![],
            components: [("main".parse().unwrap(), packages.into_iter().collect())].into(),
            component_order: vec!["main".parse().unwrap()],
            remembered: Default::default(),
        }
    }

    fn build(
        desired: &Distribution,
        published: Option<(&Distribution, &Release)>,
        spent: &BTreeSet<String>,
    ) -> Suite {
        let publication = Publication {
            tool: "test".into(),
            repository: "acme".into(),
            generation: 1,
            parent: None,
            writer: "writer".into(),
            manifest: ManifestRecord { sha256: Sha256::of(b""), git_commit: None },
            plan: None,
            rollback_of: None,
            allowed: Default::default(),
            purge_after: 7200,
            history: vec![],
            retired: Retired::default(),
        };
        let (codename, date) = (&"bookworm".parse().unwrap(), Timestamp::UNIX_EPOCH);
        Build { codename, desired, published, date, publication, spent }.run().unwrap()
    }

    fn indices(suite: &Suite) -> BTreeSet<String> {
        suite.names.iter().filter(|name| name.contains("/by-hash/")).cloned().collect()
    }

    fn retired(suite: &Suite) -> BTreeSet<String> {
        let state = suite.files.iter().find(|file| file.audience == Audience::Repoman).unwrap();
        let mut bytes = Vec::new();
        let mut decoder =
            compression::decoder(Compression::Gzip, compression::Frames::Several, &state.bytes[..])
                .unwrap();
        std::io::Read::read_to_end(&mut decoder, &mut bytes).unwrap();
        State::parse(&bytes).unwrap().retired.waiting.into_keys().collect()
    }

    #[test]
    fn an_index_whose_name_is_spent_gets_another_one_and_lists_the_same() {
        let desired = distribution([widget()]);
        let mut spent = BTreeSet::new();
        for blank_lines in 0..3 {
            let suite = build(&desired, None, &spent);
            let names = indices(&suite);
            assert_eq!((names.len(), names.is_disjoint(&spent)), (1, true));
            let plain = suite.release.file("main/binary-amd64/Packages").unwrap();
            assert_eq!(plain.size, "Package: widget\n".len() as u64 + blank_lines);
            spent.extend(names);
        }
    }

    #[test]
    fn an_index_that_lists_nothing_keeps_its_name_for_ever() {
        let (empty, full) = (distribution([]), distribution([widget()]));
        let suite = build(&empty, None, &BTreeSet::new());
        let next = build(&full, Some((&empty, &suite.release)), &BTreeSet::new());
        assert_eq!(retired(&next), BTreeSet::new());
        let spent = indices(&suite);
        assert_eq!(indices(&build(&empty, None, &spent)), spent);
    }

    #[test]
    fn what_is_named_no_more_is_retired() {
        let (empty, full) = (distribution([]), distribution([widget()]));
        let suite = build(&full, None, &BTreeSet::new());
        let next = build(&empty, Some((&full, &suite.release)), &BTreeSet::new());
        let mut expected = indices(&suite);
        expected.insert(POOL.to_owned());
        assert_eq!(retired(&next), expected);
        let xz = Distribution { compression: [Compression::Xz].into(), ..full.clone() };
        let next = build(&xz, Some((&full, &suite.release)), &BTreeSet::new());
        let mut expected = indices(&suite);
        expected.insert("dists/bookworm/main/binary-amd64/Packages.gz".to_owned());
        assert_eq!(retired(&next), expected);
    }
}
