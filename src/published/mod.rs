//! Reads what is published: from InRelease down, every byte checked against the hash above it.

mod index;
mod trust;

use std::collections::BTreeMap;

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _};

use crate::apt::packages::PackagesError;
use crate::apt::release::{Release, ReleaseError};
use crate::apt::{clear_sign, path};
use crate::debian::suite::Codename;
use crate::digest::Sha256;
use crate::plan::Base;
use crate::sign::VerifyError;
use crate::snapshot::Snapshot;
use crate::snapshot::state::{State, StateError};
use crate::store::{Etag, Key, Object, Store, StoreError};
use crate::time::Timestamp;

pub use trust::Expected;
use trust::Trust;

/// No Release file is larger: apt refuses those over 10 MB.
const MAX_RELEASE: u64 = 10_000_000;

/// A published repository.
#[derive(Debug, Clone, Default)]
pub struct Published {
    /// What it holds.
    pub snapshot: Snapshot,
    /// The generation that each distribution is at.
    pub heads: BTreeMap<Codename, Head>,
    /// The version of each object under `dists/` at the time of the listing, by key.
    pub etags: BTreeMap<String, Etag>,
}

/// The current generation of a distribution.
#[derive(Debug, Clone)]
pub struct Head {
    /// The object that decides: InRelease, or Release where the distribution is unsigned.
    pub key: String,
    /// Its version, which a swap has to name.
    pub etag: Etag,
    /// Its bytes.
    pub bytes: Bytes,
    /// Their digest.
    pub sha256: Sha256,
    /// When the store says that it was written.
    pub last_modified: Timestamp,
    /// The Release file in it.
    pub release: Release,
    /// The state file that it lists.
    pub state: State,
}

/// Why a published repository can't be planned over.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The store did not answer as it should.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An object under the prefix is not of repoman's making.
    #[error("{key} was not published by repoman")]
    NotMine {
        /// The object.
        key: String,
    },
    /// The repository is another one than the manifest declares.
    #[error("{codename} belongs to the repository `{recorded}`, not to `{declared}`")]
    WrongRepository {
        /// The distribution.
        codename: Codename,
        /// The name in its state file.
        recorded: String,
        /// The name in the manifest.
        declared: String,
    },
    /// The public keys of the repository are not where clients find them.
    #[error("{key} is missing, so the signatures can't be verified")]
    Keyring {
        /// The object.
        key: String,
    },
    /// A signature is bad, or its key is not in the keyring.
    #[error("{key} is not to be trusted")]
    Signature {
        /// The object.
        key: String,
        /// Why.
        #[source]
        reason: VerifyError,
    },
    /// None of the manifest's keys signed a distribution.
    #[error("{key} is not signed by a key of the manifest, but by {}", found.join(", "))]
    Stranger {
        /// The object.
        key: String,
        /// Who signed it, and what the signatures are worth.
        found: Vec<String>,
    },
    /// An object that is needed is not there.
    #[error("{key} is missing")]
    Missing {
        /// The object.
        key: String,
    },
    /// An object's bytes are not those that were published.
    #[error("{key} does not have the content that its Release file lists")]
    Altered {
        /// The object.
        key: String,
    },
    /// A Release file can't be read.
    #[error("{key} can't be read")]
    Release {
        /// The object.
        key: String,
        /// Why.
        #[source]
        reason: ReleaseError,
    },
    /// A `Packages` file can't be read.
    #[error("{key} can't be read")]
    Packages {
        /// The object.
        key: String,
        /// Why.
        #[source]
        reason: PackagesError,
    },
    /// A state file can't be read.
    #[error("{key} can't be read")]
    State {
        /// The object.
        key: String,
        /// Why.
        #[source]
        reason: StateError,
    },
}

impl Published {
    /// Returns the generations as a plan names them.
    pub fn bases(&self) -> BTreeMap<Codename, Base> {
        let base =
            |head: &Head| Base { generation: head.state.generation, inrelease_sha256: head.sha256 };
        self.heads.iter().map(|(codename, head)| (codename.clone(), base(head))).collect()
    }
}

/// Reads the repository that `store` holds; one that is empty is no error.
///
/// # Errors
///
/// When the store can't be read, when what is there was not published by this tool for the
/// expected repository and signed by one of its keys, or when any byte of it is not what it should
/// be.
pub async fn load(store: &Store, expected: Expected<'_>) -> Result<Published, LoadError> {
    let entries = store.list(path::DISTS).await?;
    let etags: BTreeMap<String, Etag> =
        entries.into_iter().map(|entry| (entry.key.to_string(), entry.etag)).collect();
    let points = commit_points(&etags);
    let signed = points.iter().any(|point| point.key.ends_with("/InRelease"));
    let trust = match expected.keys {
        [_, ..] if signed => Some(Trust::new(store, expected).await?),
        _ => None,
    };
    let trust = trust.as_ref();
    let loads = points.into_iter().map(|point| distribution(store, expected.name, trust, point));
    let loaded: Vec<_> = futures::stream::iter(loads).buffered(store.jobs()).try_collect().await?;
    let mut published = Published { etags, ..Published::default() };
    for (codename, head, distribution) in loaded.into_iter().flatten() {
        published.snapshot.distributions.insert(codename.clone(), distribution);
        published.heads.insert(codename, head);
    }
    Ok(published)
}

/// The object that decides what is published of a distribution.
struct CommitPoint {
    codename: Codename,
    key: String,
}

/// Returns the commit points among the keys under `dists/`: each InRelease, and each Release
/// without one beside it, as an unsigned distribution has it.
fn commit_points(etags: &BTreeMap<String, Etag>) -> Vec<CommitPoint> {
    let point = |key: &String| {
        let (directory, file) = key.strip_prefix(path::DISTS)?.rsplit_once('/')?;
        let decides = match file {
            "InRelease" => true,
            // Other tools write a Release file into each directory of an index, too.
            "Release" => {
                !directory.contains("/binary-")
                    && !directory.ends_with("/source")
                    && !etags.contains_key(&format!("{}{directory}/InRelease", path::DISTS))
            }
            _ => false,
        };
        let codename = directory.parse().ok().filter(|_| decides)?;
        Some(CommitPoint { codename, key: key.clone() })
    };
    etags.keys().filter_map(point).collect()
}

type Loaded = (Codename, Head, crate::snapshot::Distribution);

async fn distribution(
    store: &Store,
    name: &str,
    trust: Option<&Trust>,
    point: CommitPoint,
) -> Result<Option<Loaded>, LoadError> {
    let CommitPoint { codename, key } = point;
    let Some(object) = store.get(&Key::parse(&key).map_err(StoreError::from)?, MAX_RELEASE).await?
    else {
        // It vanished since the listing.
        return Ok(None);
    };
    let release = read_release(&key, &object, trust).await?;
    let Some(state) = index::state(store, &codename, &release).await? else {
        return Err(LoadError::NotMine { key });
    };
    if state.repository != name {
        let (recorded, declared) = (state.repository, name.to_owned());
        return Err(LoadError::WrongRepository { codename, recorded, declared });
    }
    let mut distribution = index::distribution(store, &codename, &release, &state).await?;
    if !key.ends_with("/InRelease") {
        // Whatever an unsigned file claims.
        distribution.signed_by.clear();
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
    Ok(Some((codename, head, distribution)))
}

/// Reads an InRelease file, or the plain Release file of an unsigned distribution.
///
/// A manifest without keys has nobody to trust: its plan says so, and blocks.
async fn read_release(
    key: &str,
    object: &Object,
    trust: Option<&Trust>,
) -> Result<Release, LoadError> {
    let not_mine = || LoadError::NotMine { key: key.to_owned() };
    let text = std::str::from_utf8(&object.bytes).map_err(|_| not_mine())?;
    let text = match (key.ends_with("/InRelease"), trust) {
        (true, Some(trust)) => trust.text(key, &object.bytes).await?,
        (true, None) => clear_sign::signed_text(text).map_err(|_| not_mine())?,
        (false, _) => text.to_owned(),
    };
    Release::parse(&text).map_err(|reason| LoadError::Release { key: key.to_owned(), reason })
}
