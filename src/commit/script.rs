//! The writes of a publication, in their phases: pure data.
//!
//! Package files come first, then what only their hashes name, then the commit point, then the
//! copies for clients that know no by-hash. A run that ends early has so shown nothing.

use std::collections::BTreeSet;

use bytes::Bytes;

use crate::apt::path;
use crate::apt::release::IndexEntry;
use crate::debian::suite::Codename;
use crate::digest::Sha256;
use crate::dists::{Audience, Suite};
use crate::mutation::{self, Mutation};
use crate::store::{Etag, Hashed, Headers, Key, Storage, StoreError};

/// Nothing under this name ever changes.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";
/// Ask again each time.
const REVALIDATE: &str = "no-cache";
const DEB: &str = "application/vnd.debian.binary-package";
const INDEX: &str = "application/octet-stream";
const TEXT: &str = "text/plain; charset=utf-8";

/// Headers of package files.
pub const POOL: Headers =
    Headers { content_type: DEB, cache_control: IMMUTABLE, storage: Storage::Bulk };
/// Headers of index files under the names of their hashes.
pub const BY_HASH: Headers =
    Headers { content_type: INDEX, cache_control: IMMUTABLE, storage: Storage::Small };
/// Headers of index files under their canonical names.
pub const CANONICAL: Headers =
    Headers { content_type: INDEX, cache_control: REVALIDATE, storage: Storage::Small };
/// Headers of Release files and of what people download.
pub const RELEASE: Headers =
    Headers { content_type: TEXT, cache_control: REVALIDATE, storage: Storage::Small };

/// All writes that publish one generation of one distribution, but for its package files.
#[derive(Debug, Clone)]
pub struct Script {
    /// What is created before the commit point changes, in any order.
    pub creations: Vec<Creation>,
    /// The commit point.
    pub point: Point,
    /// What follows it, in any order: objects that may lag behind.
    pub copies: Vec<Copy>,
    /// The copy that is written last, so that it is only there when the others are.
    pub seal: Option<Copy>,
}

/// An object that is created, or is there already with the same bytes.
#[derive(Debug, Clone)]
pub struct Creation {
    /// Its key.
    pub key: Key,
    /// Its bytes.
    pub bytes: Bytes,
    /// Their digest.
    pub sha256: Sha256,
    /// Its headers.
    pub headers: Headers,
}

/// The write that makes a generation visible.
#[derive(Debug, Clone)]
pub struct Point {
    /// The commit point's key.
    pub key: Key,
    /// Its new bytes.
    pub bytes: Bytes,
    /// The version that they replace; nothing if there must be none.
    pub base: Option<Etag>,
}

/// An object that follows a commit point.
#[derive(Debug, Clone)]
pub struct Copy {
    /// Its key.
    pub key: Key,
    /// Its bytes.
    pub content: Hashed,
    /// Its headers.
    pub headers: Headers,
}

/// A suite's Release file in the forms that are published.
#[derive(Debug, Clone)]
pub enum SealedRelease {
    /// With signatures: InRelease decides.
    Signed {
        /// The plain text.
        release: Bytes,
        /// The clear-signed text.
        in_release: Bytes,
        /// The detached signature.
        signature: Bytes,
    },
    /// Without: Release decides, and there is no InRelease, which apt would insist on.
    Unsigned {
        /// The plain text.
        release: Bytes,
    },
}

/// The Release file of a published generation and the detached signature of it.
#[derive(Debug, Clone)]
pub struct Resealed {
    /// The plain text.
    pub release: Bytes,
    /// The detached signature.
    pub signature: Bytes,
}

/// What is kept beside a generation.
#[derive(Debug, Clone)]
pub struct Records {
    /// The text of the manifest that was applied, if its record is not there yet.
    pub manifest: Option<Bytes>,
    /// The commit point that the generation replaces, and its version.
    pub base: Option<(String, Etag)>,
}

impl Script {
    /// Returns the writes that publish a suite.
    ///
    /// # Errors
    ///
    /// When a codename or component makes a key that stores don't take.
    pub fn new(
        suite: &Suite,
        sealed: &SealedRelease,
        records: Records,
    ) -> Result<Self, StoreError> {
        let codename = &suite.codename;
        let (mut creations, mut named) = (Vec::new(), BTreeSet::new());
        let mut copies = Vec::new();
        for file in &suite.files {
            let key = path::by_hash(codename, &file.entry.path, &file.entry.sha256);
            // What lists the same for two architectures is one object.
            if named.insert(key.clone()) {
                creations.push(creation(&key, &file.bytes, file.entry.sha256, BY_HASH)?);
            }
            if file.audience == Audience::Clients {
                let key = path::in_distribution(codename, &file.entry.path);
                let content = Hashed { bytes: file.bytes.clone(), sha256: file.entry.sha256 };
                copies.push(copy(&key, content, CANONICAL)?);
            }
        }
        if let Some(manifest) = &records.manifest {
            let digest = Sha256::of(manifest);
            creations.push(creation(&path::manifest(&digest), manifest, digest, RELEASE)?);
        }
        let (key, bytes, seal) = match sealed {
            SealedRelease::Signed { release, in_release, signature } => {
                copies.push(copy(&path::release(codename), Hashed::new(release.clone()), RELEASE)?);
                let record = path::signature(codename, &Sha256::of(in_release));
                creations.push(creation(&record, signature, Sha256::of(signature), RELEASE)?);
                let signature = Hashed::new(signature.clone());
                let seal = copy(&path::release_signature(codename), signature, RELEASE)?;
                (path::in_release(codename), in_release, Some(seal))
            }
            SealedRelease::Unsigned { release } => (path::release(codename), release, None),
        };
        let history = path::history(codename, suite.generation, &Sha256::of(bytes));
        if !mutation::is_on(Mutation::NoHistory) {
            creations.push(creation(&history, bytes, Sha256::of(bytes), RELEASE)?);
        }
        // A distribution that gets its first signature moves from Release to InRelease.
        let base = records.base.filter(|(base, _)| *base == key).map(|(_, etag)| etag);
        let point = Point { key: Key::parse(&key)?, bytes: bytes.clone(), base };
        Ok(Self { creations, point, copies, seal })
    }

    /// Returns the writes that bring the copies of a published generation up to date.
    ///
    /// # Errors
    ///
    /// When a codename or component makes a key that stores don't take.
    pub fn repair(
        codename: &Codename,
        current: Point,
        release: Option<Resealed>,
    ) -> Result<Self, StoreError> {
        let mut copies = Vec::new();
        let mut seal = None;
        if let Some(Resealed { release, signature }) = release {
            copies.push(copy(&path::release(codename), Hashed::new(release), RELEASE)?);
            let signature = Hashed::new(signature);
            seal = Some(copy(&path::release_signature(codename), signature, RELEASE)?);
        }
        Ok(Self { creations: Vec::new(), point: current, copies, seal })
    }

    /// Adds the copy of an index file that is published already, and of which these are the bytes.
    ///
    /// # Errors
    ///
    /// When its path makes a key that stores don't take.
    pub fn add_copy(
        &mut self,
        codename: &Codename,
        entry: &IndexEntry,
        bytes: Bytes,
    ) -> Result<(), StoreError> {
        let content = Hashed { bytes, sha256: entry.sha256 };
        let key = path::in_distribution(codename, &entry.path);
        self.copies.push(copy(&key, content, CANONICAL)?);
        Ok(())
    }
}

fn creation(
    key: &str,
    bytes: &Bytes,
    sha256: Sha256,
    headers: Headers,
) -> Result<Creation, StoreError> {
    Ok(Creation { key: Key::parse(key)?, bytes: bytes.clone(), sha256, headers })
}

fn copy(key: &str, content: Hashed, headers: Headers) -> Result<Copy, StoreError> {
    Ok(Copy { key: Key::parse(key)?, content, headers })
}
