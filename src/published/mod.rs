//! Reads what is published: from InRelease down, every byte checked against the hash above it.

pub mod copies;
pub mod damage;
pub mod descriptor;
mod error;
mod file;
mod head;
pub mod history;
mod index;
mod load;
pub mod manifests;
pub mod pool;
mod sight;
mod trust;
pub mod walk;

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::apt::path;
use crate::apt::release::IndexEntry;
use crate::debian::suite::Codename;
use crate::plan::Standing;
use crate::snapshot::Snapshot;
use crate::snapshot::retired::Naming;
use crate::store::{Entry, Key, Store, StoreError};
use crate::text::SharedText;
use crate::time::Timestamp;

use damage::Lost;
pub use error::LoadError;
pub use file::unpack;
pub use head::{CommitPoint, Head, commit_points};
pub use load::{heads, load, load_listed};
use load::{parse_release, read_release};
pub use sight::{GOOD_FOR, Sight};
pub use trust::{Expected, MAX_KEYRING};

/// No Release file is larger: apt refuses those over 10 MB.
pub const MAX_RELEASE: u64 = 10_000_000;

/// A published repository.
#[derive(Debug, Clone)]
pub struct Published {
    /// What it holds.
    pub snapshot: Snapshot,
    /// The generation that each distribution is at.
    pub heads: BTreeMap<Codename, Head>,
    /// The objects under `dists/` at the time of the listing, by key.
    pub objects: BTreeMap<String, Entry>,
    /// The index files that are not there under their hashes any more, as far as the listing and
    /// the reading told; the content of each is in `snapshot` all the same.
    pub lost: Vec<Lost>,
    /// When it was read.
    pub sight: Sight,
    /// Those index files, by key, that were read for it and are so large that a build had better
    /// take blocks from them than compress again.
    pub files: BTreeMap<String, Bytes>,
    /// The public keys that clients get, if something had to be verified by them.
    pub keyring: Option<Bytes>,
    /// The texts of large indices as they were read, verified, by distribution and path.
    pub texts: BTreeMap<Codename, BTreeMap<String, SharedText>>,
}

/// There are parts of a distribution that has no commit point: nobody can tell what it names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{codename} has no Release file that could be read, but {key}")]
pub struct Headless {
    /// The distribution.
    pub codename: String,
    /// One of its objects.
    pub key: String,
}

impl Published {
    /// Returns the latest time that the store is known to have shown: that of a commit point.
    pub fn latest(&self) -> Timestamp {
        let times = self.heads.values().map(|head| head.last_modified);
        times.max().unwrap_or(Timestamp::MIN)
    }

    /// Makes sure that of every distribution in the listing it is known what it names: where a
    /// commit point is not there any more, that would pass for unused.
    ///
    /// # Errors
    ///
    /// When a commit point was not there, or had vanished when it was read.
    pub fn headed(&self) -> Result<(), Headless> {
        let states = self.objects.keys().filter_map(|key| {
            Some(Headless { codename: path::codename_of_state(key)?.to_owned(), key: key.clone() })
        });
        let points = commit_points(&self.objects).into_iter();
        let points =
            points.map(|point| Headless { codename: point.codename.to_string(), key: point.key });
        let mut all = points.chain(states);
        let unknown = all.find(|part| !self.heads.contains_key(part.codename.as_str()));
        unknown.map_or(Ok(()), Err)
    }

    /// Returns a distribution's current generation, as far as it names objects.
    pub fn naming<'a>(&'a self, codename: &'a Codename) -> Option<Naming<'a>> {
        let distribution = self.snapshot.distributions.get(codename)?;
        let release = &self.heads.get(codename)?.release;
        Some(Naming { codename, distribution, release })
    }

    /// Returns how each distribution stands in the store that it was read from.
    ///
    /// # Errors
    ///
    /// When a copy can't be read.
    pub async fn standings(
        &self,
        store: &Store,
        at: Timestamp,
    ) -> Result<BTreeMap<Codename, Standing>, StoreError> {
        let mut standings = BTreeMap::new();
        for (codename, head) in &self.heads {
            let copies = copies::standing(store, codename, head, &self.objects).await?;
            standings.insert(codename.clone(), Standing { copies, ..head.standing(at) });
        }
        Ok(standings)
    }
}

/// Returns the number of the generation that a commit point shows now, unverified.
///
/// # Errors
///
/// When there is none, or when it or its state file can't be read.
pub async fn generation(store: &Store, codename: &Codename, key: &Key) -> Result<u64, LoadError> {
    let missing = || LoadError::Missing { key: key.to_string() };
    let object = store.get(key, MAX_RELEASE).await?.ok_or_else(missing)?;
    let release = read_release(key.as_str(), &object)?;
    let state = index::state(store, codename, &release).await?;
    state.map(|state| state.generation).ok_or_else(missing)
}

/// Returns an index file of a published distribution, by its hash.
///
/// # Errors
///
/// When it is not there, or is not what Release lists.
pub async fn index_file(
    store: &Store,
    codename: &Codename,
    entry: &IndexEntry,
) -> Result<Bytes, LoadError> {
    file::by_hash(store, codename, entry).await.map(|(_, bytes)| bytes)
}

/// Returns the uncompressed text of an index of a published distribution, from whatever form or copy of
/// it is intact.
///
/// # Errors
///
/// When none is, or when the store does not answer as it should.
pub async fn index_text(
    store: &Store,
    codename: &Codename,
    head: &Head,
    path: &str,
) -> Result<Vec<u8>, LoadError> {
    index::text(store, codename, head, path).await
}
