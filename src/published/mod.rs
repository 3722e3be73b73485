//! Reads what is published: from InRelease down, every byte checked against the hash above it.

pub mod copies;
pub mod damage;
pub mod descriptor;
mod error;
mod head;
pub mod history;
mod index;
pub mod manifests;
pub mod pool;
mod sight;
mod trust;
pub mod walk;

use std::borrow::Cow;
use std::collections::BTreeMap;

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _};

use crate::apt::release::{IndexEntry, Release};
use crate::apt::{clear_sign, path};
use crate::debian::suite::Codename;
use crate::digest::Sha256;
use crate::plan::Standing;
use crate::snapshot::Snapshot;
use crate::snapshot::retired::Naming;
use crate::store::{Entry, Key, Object, Store, StoreError};
use crate::text::SharedText;
use crate::time::Timestamp;

use damage::Lost;
pub use error::LoadError;
pub use head::{CommitPoint, Head, commit_points};
use index::Content;
pub use index::unpack;
pub use sight::{GOOD_FOR, Sight};
use trust::Trust;
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
    index::by_hash(store, codename, entry).await.map(|(_, bytes)| bytes)
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

/// Reads the repository that `store` holds; one that is empty is no error.
///
/// # Errors
///
/// When the store can't be read, when what is there was not published by this tool for the
/// expected repository and signed by one of its keys, or when nothing in it has the content of an
/// index or a state any more. Whatever of this there is, all of it is told.
pub async fn load(store: &Store, expected: Expected<'_>) -> Result<Published, LoadError> {
    let sight = Sight::begin(expected.now);
    let entries = store.list(path::DISTS).await?;
    let objects = entries.into_iter().map(|entry| (entry.key.to_string(), entry)).collect();
    let published = load_listed(store, expected, objects).await?;
    Ok(Published { sight: sight.end(), ..published })
}

/// Reads the repository that `store` holds, where there are these objects under `dists/`.
///
/// # Errors
///
/// As for [`load`].
pub async fn load_listed(
    store: &Store,
    expected: Expected<'_>,
    objects: BTreeMap<String, Entry>,
) -> Result<Published, LoadError> {
    let sight = Sight::begin(expected.now);
    let (guard, points) = guarded(store, expected, &objects).await?;
    let guard = &guard;
    let loads = points.into_iter().map(|point| distribution(store, guard, point));
    let loaded: Vec<_> = futures::stream::iter(loads).buffered(store.jobs()).collect().await;
    let (snapshot, heads, lost, files, texts) = Default::default();
    let keyring = guard.trust.as_ref().map(|trust| trust.keyring.clone());
    let mut published = Published { snapshot, heads, objects, lost, files, keyring, texts, sight };
    for (codename, head, content) in LoadError::all(loaded)?.into_iter().flatten() {
        let Content { distribution, lost, files, texts } = content;
        published.texts.insert(codename.clone(), texts);
        published.lost.extend(lost);
        published.files.extend(files);
        published.lost.extend(damage::listed(&codename, &head, &published.objects));
        published.snapshot.distributions.insert(codename.clone(), distribution);
        published.heads.insert(codename, head);
    }
    published.lost.sort();
    published.lost.dedup_by(|one, other| one.key() == other.key());
    Ok(published)
}

/// Reads the current generation of each distribution, verified, without its packages.
///
/// # Errors
///
/// As for [`load`].
pub async fn heads(
    store: &Store,
    expected: Expected<'_>,
) -> Result<BTreeMap<Codename, Head>, LoadError> {
    let entries = store.list(path::DISTS).await?;
    let objects = entries.into_iter().map(|entry| (entry.key.to_string(), entry)).collect();
    let (guard, points) = guarded(store, expected, &objects).await?;
    let guard = &guard;
    let loads = points.into_iter().map(|point| head(store, guard, point));
    let loaded: Vec<_> = futures::stream::iter(loads).buffered(store.jobs()).try_collect().await?;
    Ok(loaded.into_iter().flatten().map(|(codename, head, _)| (codename, head)).collect())
}

/// Returns the commit points of a listing, and what decides whether they count.
async fn guarded<'a>(
    store: &Store,
    expected: Expected<'a>,
    objects: &BTreeMap<String, Entry>,
) -> Result<(Guard<'a>, Vec<CommitPoint>), LoadError> {
    let points = commit_points(objects);
    let signed = points.iter().any(|point| point.key.ends_with("/InRelease"));
    let trust = match expected.keys {
        [] => None,
        _ if !signed => None,
        _ => Trust::new(store, expected).await?,
    };
    Ok((Guard { expected, trust }, points))
}

/// What decides whether a published distribution may be built on.
struct Guard<'a> {
    expected: Expected<'a>,
    /// Nothing where there is nothing to verify, or nothing to verify it with.
    trust: Option<Trust>,
}

type Loaded = (Codename, Head, Content);

/// The head of a distribution, and the file of its state, if a build can take blocks from that.
type Headed = (Codename, Head, Option<(String, Bytes)>);

async fn distribution(
    store: &Store,
    guard: &Guard<'_>,
    point: CommitPoint,
) -> Result<Option<Loaded>, LoadError> {
    let Some((codename, head, file)) = head(store, guard, point).await? else {
        return Ok(None);
    };
    let Head { release, state, .. } = &head;
    let mut content = index::distribution(store, &codename, release, state).await?;
    content.files.extend(file);
    if !head.key.ends_with("/InRelease") {
        // Whatever an unsigned file claims.
        content.distribution.signed_by.clear();
    }
    Ok(Some((codename, head, content)))
}

async fn head(
    store: &Store,
    guard: &Guard<'_>,
    point: CommitPoint,
) -> Result<Option<Headed>, LoadError> {
    let CommitPoint { codename, key } = point;
    let Some(object) = store.get(&Key::parse(&key).map_err(StoreError::from)?, MAX_RELEASE).await?
    else {
        // It vanished since the listing.
        return Ok(None);
    };
    let signed = key.ends_with("/InRelease");
    let mut release = read_release(&key, &object)?;
    if signed && let Some(trust) = &guard.trust {
        release = parse_release(&key, &trust.text(&key, &object.bytes).await?)?;
    }
    let Some((state, file)) = index::state_file(store, &codename, &release).await? else {
        return Err(LoadError::NotMine { key });
    };
    let declared = guard.expected.name;
    if state.repository != declared {
        let (recorded, declared) = (state.repository, declared.to_owned());
        return Err(LoadError::WrongRepository { codename, recorded, declared });
    }
    if state.codename != codename.as_str() {
        return Err(LoadError::Misplaced { key, codename: state.codename });
    }
    if signed && guard.trust.is_none() && !guard.expected.keys.is_empty() {
        return Err(LoadError::Keyring { key: path::keyring(declared) });
    }
    let sha256 = Sha256::of(&object.bytes);
    let head = Head {
        key,
        etag: object.etag,
        bytes: object.bytes,
        sha256,
        last_modified: object.last_modified,
        release,
        state,
    };
    Ok(Some((codename, head, file)))
}

/// Reads an InRelease file, or the plain Release file of an unsigned distribution, unverified.
///
/// # Errors
///
/// When it is no such file, or one that lists no state: another tool's.
fn read_release(key: &str, object: &Object) -> Result<Release, LoadError> {
    let not_mine = || LoadError::NotMine { key: key.to_owned() };
    let text = std::str::from_utf8(&object.bytes).map_err(|_| not_mine())?;
    let text = if key.ends_with("/InRelease") {
        Cow::Owned(clear_sign::signed_text(text).map_err(|_| not_mine())?)
    } else {
        Cow::Borrowed(text)
    };
    let release = parse_release(key, &text)?;
    match release.file(path::STATE) {
        Some(_) => Ok(release),
        None => Err(not_mine()),
    }
}

fn parse_release(key: &str, text: &str) -> Result<Release, LoadError> {
    Release::parse(text).map_err(|reason| LoadError::Release { key: key.to_owned(), reason })
}
