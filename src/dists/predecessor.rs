//! The published generation that a build goes on from: what of its files can be used again.
//!
//! Nothing of it is needed, and nothing of it decides what comes out: a file that is not at hand,
//! or not what this program would make, is only built from the start.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::apt::path;
use crate::apt::release::{IndexEntry, Release};
use crate::compression::{self, Blocks, Compression, Edition, WORTH_REUSE};
use crate::dists::text::{self, Index};
use crate::snapshot::Distribution;
use crate::snapshot::state::Encoders;
use crate::text::SharedText;

/// A published generation of a distribution.
#[derive(Debug, Clone, Copy)]
pub struct Predecessor<'a> {
    /// What it holds.
    pub distribution: &'a Distribution,
    /// Its Release file.
    pub release: &'a Release,
    /// What compressed its index files.
    pub encoders: &'a Encoders,
    /// Index files that Release lists, verified, by path: see [`Self::reusable`].
    pub files: &'a BTreeMap<String, Bytes>,
    /// The texts of its indices, verified, by path; those that are not at hand are hashed.
    pub texts: &'a BTreeMap<String, SharedText>,
}

impl<'a> Predecessor<'a> {
    /// Returns the files that a build of `desired` takes blocks from, if it has them.
    ///
    /// These are files of large indices that have to be built again; a small one is compressed
    /// sooner than it is fetched. The state always is.
    pub fn reusable(&self, desired: &Distribution) -> Vec<&'a IndexEntry> {
        let Self { distribution, release, encoders, .. } = self;
        let mut files = Vec::new();
        let packages = desired.stale_indices(Some(distribution)).into_iter();
        let packages = packages.map(|(component, a)| path::packages(component, a));
        let contents = desired.stale_contents(Some(distribution)).into_iter();
        let contents = contents.map(|(component, a)| path::contents(component, a));
        for path in packages.chain(contents) {
            if release.file(&path).is_none_or(|plain| plain.size < WORTH_REUSE) {
                continue;
            }
            let forms = desired.compression.iter();
            files.extend(forms.filter_map(|form| {
                let entry = release.file(&format!("{path}{}", form.extension()))?;
                encoders.are_ours(&entry.path, *form).then_some(entry)
            }));
        }
        let is_large = release.file(path::STATE).is_some_and(|plain| plain.size >= WORTH_REUSE);
        let is_ours = encoders.are_ours(path::STATE_FILE, Compression::Gzip);
        files.extend(release.file(path::STATE_FILE).filter(|_| is_large && is_ours));
        files
    }

    /// Returns the published text of the state, if its file is at hand.
    pub(super) fn state(&self) -> Option<Vec<u8>> {
        let (file, plain) = (self.files.get(path::STATE_FILE)?, self.release.file(path::STATE)?);
        // The digest of the file is right, and so is that of what it holds.
        compression::decompress(Compression::Gzip, file, plain.size).ok()
    }

    /// Returns the published text of an index, if a file of it is at hand.
    ///
    /// It is looked whether it is that text: an index that another program wrote may list the
    /// same in another order.
    pub(super) fn text<'b>(&self, index: Index<'b>) -> Option<Blocks<'b>>
    where
        'a: 'b,
    {
        let (component, architecture) = index;
        let path = path::packages(component, architecture);
        let mut forms = Compression::ALL.into_iter();
        forms.find(|form| self.files.contains_key(&format!("{path}{}", form.extension())))?;
        let plain = self.release.file(&path)?;
        let mut parts = text::parts(self.distribution.components.get(component)?, architecture);
        text::lengthen(&mut parts, plain.size);
        let text = Blocks::cut(&parts);
        let is_that = match self.texts.get(&path) {
            Some(published) => text::is_same(&text, published.as_bytes()),
            None => text::digest(&text) == (plain.sha256, plain.size),
        };
        is_that.then_some(text)
    }

    /// Returns what an index's new file of this path may take blocks from.
    pub(super) fn edition<'b>(
        &'b self,
        text: &'b Blocks<'b>,
        path: &str,
        form: Compression,
    ) -> Option<Edition<'b>> {
        let file = self.files.get(path).filter(|_| self.encoders.are_ours(path, form))?;
        Some(Edition { text, file })
    }

    /// Tells whether the very same file is published: a text that is built again need not differ.
    pub(super) fn has(&self, entry: &IndexEntry) -> bool {
        // Release lists the plain text whether or not it is published.
        let is_published = text::form(&entry.path)
            .is_some_and(|form| self.distribution.compression.contains(&form));
        is_published && self.release.file(&entry.path) == Some(entry)
    }
}
