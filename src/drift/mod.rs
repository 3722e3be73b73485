//! Published against what is really in the store; it writes nothing, ever.
//!
//! [`read()`] gathers [`Facts`] and stops only at a store that does not answer; [`judge()`] turns
//! them into items. Where a plan refuses to go on at the first thing wrong, this goes on: whoever
//! has to mend a store wants to know all of it.

mod indices;
mod judge;
mod read;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;

use crate::apt::packages::FileFields;
use crate::apt::release::Release;
use crate::apt::sources_entry::SourcesEntry;
use crate::debian::suite::Codename;
use crate::digest::Sha256;
use crate::fingerprint::Fingerprint;
use crate::manifest::KeyPatterns;
use crate::plan::Copies;
use crate::published::Head;
use crate::published::descriptor::Trial;
use crate::sign::{PublicKey, SignatureStatus, VerifyError};
use crate::snapshot::state::State;
use crate::store::{Entry, Object, StoreError};
use crate::time::Timestamp;

pub use judge::judge;
pub use read::read;

/// What a store is held against.
#[derive(Debug, Clone)]
pub struct Expected {
    /// `[repository] name`.
    pub name: String,
    /// The keys that the manifest defines, with the names of those that sign; none if it declares
    /// an unsigned repository.
    pub keys: BTreeMap<Fingerprint, Option<String>>,
    /// The distributions that the manifest declares.
    pub declared: BTreeSet<Codename>,
    /// The sources entries for clients, by key.
    pub entries: BTreeMap<String, SourcesEntry>,
    /// Objects that are none of the repository's business, if nothing in it needs them.
    pub unmanaged: KeyPatterns,
    /// The present time.
    pub now: Timestamp,
}

/// How much is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// What decides and what is small: Release files, indices, keyring, client files. Of the rest
    /// the listing tells names and sizes.
    Listing,
    /// Package files, too: all of their bytes.
    Content,
}

/// From where a store is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum View {
    /// By its owner, who can list it.
    #[default]
    Inside,
    /// By anybody, who sees only what something names.
    Outside,
}

/// What was found in a store.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The listing, by key.
    pub objects: BTreeMap<String, Entry>,
    /// Names in the listing that can be no keys.
    pub unlistable: Vec<String>,
    /// The keys that clients download.
    pub keyring: Keyring,
    /// The distributions that have a commit point.
    pub distributions: BTreeMap<Codename, DistributionFacts>,
    /// The sources entries that are there, by key.
    pub entries: BTreeMap<String, Bytes>,
    /// What is known of the store's conditional writes.
    pub trial: Option<Trial>,
    /// The objects of which a web server did not tell whether they are there, with the reasons.
    pub unknown: BTreeMap<String, String>,
    /// The statuses, other than 404, with which a web server denied objects.
    pub denied: BTreeMap<String, u16>,
    /// From where it was all looked at.
    pub view: View,
    /// The digests of what was read to the end for [`Depth::Content`], by key.
    pub digests: BTreeMap<String, Sha256>,
}

/// The published keyring.
#[derive(Debug, Clone, Default)]
pub enum Keyring {
    /// It is not there.
    #[default]
    Missing,
    /// There is something else in its place.
    Unreadable,
    /// Its keys.
    Keys(Vec<PublicKey>),
}

/// What was found of a distribution.
#[derive(Debug, Clone)]
pub struct DistributionFacts {
    /// The commit point's key.
    pub key: String,
    /// The commit point.
    pub object: Object,
    /// Who signed it.
    pub signature: Signature,
    /// The Release file in it, signed or not; or why there is none.
    pub release: Result<Release, String>,
    /// The state, if it can be read.
    pub state: Option<State>,
    /// The index files and the state file, in all of their forms.
    pub files: Vec<FileFacts>,
    /// The packages of each index that can be read, by `component/architecture`.
    pub packages: BTreeMap<String, Vec<FileFields>>,
    /// Whether the copies are those of the commit point; nobody can tell without a state.
    pub copies: Copies,
    /// Whether `Release.gpg` is a signature of the `Release` beside it.
    pub seal: Seal,
}

/// What a detached signature is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seal {
    /// Nobody can tell: there is no such pair, it changed since the listing, or there are no keys.
    Unchecked,
    /// It vouches for the text of the commit point.
    Holds,
    /// It vouches for another text.
    Outdated,
    /// It vouches for nothing, for this reason.
    Broken(String),
}

/// Who signed a commit point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signature {
    /// The manifest names no keys to hold it against.
    Unchecked,
    /// It is a plain Release file.
    Absent,
    /// There is no keyring to verify it with.
    Unverifiable,
    /// It is no clear-signed text.
    Malformed(&'static str),
    /// These.
    By(Vec<SignatureStatus>),
}

/// A file that a Release lists and that has to be there under its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFacts {
    /// Its key.
    pub key: String,
    /// What it is an index of, as [`DistributionFacts::packages`] has it, or the path of a `Contents`
    /// file; nothing for the state.
    pub index: Option<String>,
    /// What was found there.
    pub content: Content,
    /// Where it is not intact: whether its copy is.
    pub has_copy: bool,
}

/// What was found under a hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// What Release lists.
    Intact,
    /// Nothing.
    Missing,
    /// Something else.
    Altered,
    /// What Release lists, but it makes no sense.
    Unreadable(String),
}

/// Why there are no facts.
#[derive(Debug, thiserror::Error)]
pub enum DriftError {
    /// The store did not answer as it should.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// GnuPG can't verify anything.
    #[error("signatures can't be verified")]
    Verify(#[source] VerifyError),
}

/// A package file as indices list it.
#[derive(Debug, Clone)]
struct Listed {
    size: u64,
    sha256: Sha256,
    /// The indices, in the order of their names; there are few of them, and many packages.
    by: Vec<Arc<str>>,
}

impl Listed {
    /// Returns the indices that list it.
    fn indices(&self) -> BTreeSet<String> {
        self.by.iter().map(|index| index.to_string()).collect()
    }
}

impl Facts {
    /// Returns the package files that all readable indices list, by key.
    fn listed(&self) -> BTreeMap<&str, Listed> {
        let mut listed: BTreeMap<&str, Listed> = BTreeMap::new();
        for (codename, distribution) in &self.distributions {
            for (index, files) in &distribution.packages {
                let index: Arc<str> = format!("{codename}/{index}").into();
                for file in files {
                    let FileFields { filename, size, sha256, .. } = file;
                    let new = || Listed { size: *size, sha256: *sha256, by: Vec::new() };
                    let by = &mut listed.entry(filename).or_insert_with(new).by;
                    // A damaged index may list a file twice.
                    if by.last() != Some(&index) {
                        by.push(Arc::clone(&index));
                    }
                }
            }
        }
        listed
    }

    /// Returns the digests that package files must have: of those that are there with the right
    /// size. Whatever is missing, or has another size, is told without reading it.
    fn digests_due(&self) -> BTreeMap<String, Sha256> {
        let is_there = |key: &str, size| self.objects.get(key).is_some_and(|e| e.size == size);
        let listed = self.listed();
        let packages = listed.iter().filter(|(key, listed)| is_there(key, listed.size));
        packages.map(|(key, listed)| ((*key).to_owned(), listed.sha256)).collect()
    }
}

impl DistributionFacts {
    /// Returns the generation that is published, if it can be read.
    fn head(&self) -> Option<Head> {
        Some(Head {
            key: self.key.clone(),
            etag: self.object.etag.clone(),
            bytes: self.object.bytes.clone(),
            sha256: Sha256::of(&self.object.bytes),
            last_modified: self.object.last_modified,
            release: self.release.as_ref().ok()?.clone(),
            state: self.state.clone()?,
        })
    }
}
