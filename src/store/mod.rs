//! Objects by key, in a bucket, a directory, or memory; it knows nothing of packages.
//!
//! [`Store`] offers what the commit protocol stands on: create-only writes, a compare-and-swap
//! whose outcome is settled by reading back ([`Store::replace`]), whole listings, and a barrier.
//! Below it lies any [`ObjectStore`], so that a simulation can put itself between.
//!
//! It refuses to guess: whatever happened to a write that was neither confirmed nor refused is
//! looked up, or reported as not known.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use repoman::store::{Key, Settings, Store};
//!
//! let store = Store::open(&Settings::new("s3://acme-apt/debian".parse()?));
//! let release = store.get(&Key::parse("dists/bookworm/InRelease")?, 1 << 20).await?;
//! # Ok(()) }
//! ```

mod cache;
mod clock;
mod create;
mod delete;
mod error;
mod file;
mod key;
mod object;
mod pace;
mod probe;
mod public;
mod read;
mod retry;
mod s3;
mod settings;
mod swap;
mod unlistable;
mod upload;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use object_store::ObjectStore;
use object_store::memory::InMemory;
use object_store::path::Path;
use tokio::sync::Semaphore;

use crate::digest::Sha256;

pub use self::cache::Cache;
pub use self::create::Creation;
pub use self::delete::{Deletion, Stopped};
pub use self::error::{Operation, StoreError};
use self::file::Directory;
pub use self::key::{Key, KeyError};
pub use self::object::{Entry, Etag, Hashed, Headers, Object, Storage};
use self::pace::Gate;
pub use self::probe::Conditions;
use self::public::Public;
use self::s3::S3;
pub use self::s3::fault::{Fault, FaultKind};
pub use self::settings::{Location, LocationError, Settings, Writers};
pub use self::swap::Replacement;

/// How many bytes of content may be in memory at once for uploads, over the whole store.
const BUDGET: usize = 40 << 20;

/// How long to wait before the second attempt at a write; doubled for each one after it.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// A repository's place; cheap to clone.
///
/// Displayed as the URL, which holds no secrets. Nothing is sent, and no credentials are looked
/// for, before the first request. The caller bounds how many requests run at once, by
/// [`Store::jobs`]; a bucket that asks to slow down is sent fewer, and the memory that uploads take
/// is bounded here.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
    cache: Arc<Cache>,
}

struct Inner {
    backend: Arc<dyn ObjectStore>,
    kind: Kind,
    /// What all keys start with; empty, or without a slash at either end.
    prefix: String,
    url: String,
    endpoint: Option<String>,
    writers: Writers,
    /// Whether conditions are looked at here, for want of a store that does.
    compares: AtomicBool,
    jobs: usize,
    storage_class: Option<String>,
    budget: Semaphore,
    first_pause: Duration,
}

/// The backend once more, for what the trait hasn't.
enum Kind {
    Bucket(S3),
    Directory(Directory),
    Public(Public),
    Other,
}

/// Asks a backend's multipart upload not to replace an object that is there when it completes.
#[derive(Debug, Clone, Copy)]
struct CreateOnly;

/// Asks a backend to make an object durable before it is visible, and not only by the barrier; and
/// to send it at once if at all.
#[derive(Debug, Clone, Copy)]
struct Durable;

/// Asks a backend for the SHA-256 of an object that it looks up, as an extension of the answer.
#[derive(Debug, Clone, Copy)]
struct WantChecksum;

impl Store {
    /// Returns the store that the settings describe; makes no request.
    pub fn open(settings: &Settings) -> Self {
        let (backend, kind, prefix): (Arc<dyn ObjectStore>, _, _) = match &settings.url {
            Location::S3 { bucket, prefix } => {
                let gate = Gate::new(settings.jobs.max(1), FIRST_PAUSE);
                let bucket = S3::new(bucket, settings.access(), settings.placement(), gate);
                (Arc::new(bucket.clone()), Kind::Bucket(bucket), prefix.clone())
            }
            Location::File { root } => {
                let directory = Directory::new(root.clone());
                (Arc::new(directory.clone()), Kind::Directory(directory), String::new())
            }
            Location::Public { url } => {
                let public = Public::new(url, settings.patience, FIRST_PAUSE);
                (Arc::new(public.clone()), Kind::Public(public), String::new())
            }
        };
        Self::assemble(Inner {
            backend,
            kind,
            prefix,
            url: settings.url.to_string(),
            endpoint: settings.endpoint.clone(),
            writers: settings.writers,
            compares: AtomicBool::new(false),
            jobs: settings.jobs.max(1),
            storage_class: settings.storage_class.clone(),
            budget: Semaphore::new(BUDGET),
            first_pause: FIRST_PAUSE,
        })
    }

    /// Returns the same store, with files at hand that need not be read from it.
    ///
    /// A directory is at hand itself.
    #[must_use]
    pub fn with_cache(mut self, cache: Cache) -> Self {
        if self.is_remote() {
            self.cache = Arc::new(cache);
        }
        self
    }

    /// Returns the same store, of which everything is read that is asked for.
    #[must_use]
    pub fn without_cache(&self) -> Self {
        self.clone().with_cache(Cache::off())
    }

    /// Returns what of it is at hand.
    pub fn cache(&self) -> &Arc<Cache> {
        &self.cache
    }

    /// Tells whether the bytes with this digest can be read again without a request.
    pub fn has_at_hand(&self, sha256: &Sha256) -> bool {
        self.is_directory() || self.cache.may_have(sha256)
    }

    /// Returns an empty store in memory.
    pub fn in_memory() -> Self {
        Self::with_backend(Arc::new(InMemory::new()), "memory:///")
    }

    /// Returns a store over any backend, without pauses between attempts; for simulations.
    pub fn with_backend(backend: Arc<dyn ObjectStore>, url: &str) -> Self {
        Self::assemble(Inner {
            backend,
            kind: Kind::Other,
            prefix: String::new(),
            url: url.to_owned(),
            endpoint: None,
            writers: Writers::Several,
            compares: AtomicBool::new(false),
            jobs: Settings::JOBS,
            storage_class: None,
            budget: Semaphore::new(BUDGET),
            first_pause: Duration::ZERO,
        })
    }

    fn assemble(inner: Inner) -> Self {
        Self { inner: Arc::new(inner), cache: Arc::default() }
    }

    /// Tells whether the times of objects are those of this machine's clock.
    pub fn has_our_clock(&self) -> bool {
        self.is_directory()
    }

    /// Tells whether requests leave processors idle: those to a directory are work of this machine's own.
    pub fn is_remote(&self) -> bool {
        !self.is_directory()
    }

    fn is_directory(&self) -> bool {
        matches!(self.inner.kind, Kind::Directory(_))
    }

    /// Returns how many requests the caller should have under way at most.
    pub fn jobs(&self) -> usize {
        self.inner.jobs
    }

    /// Returns how many requests the store has served so far, where anybody counts them.
    fn served(&self) -> u64 {
        match &self.inner.kind {
            Kind::Bucket(bucket) => bucket.served(),
            Kind::Directory(_) | Kind::Public(_) | Kind::Other => 0,
        }
    }

    /// Returns the server, if it isn't AWS or a directory.
    pub fn endpoint(&self) -> Option<&str> {
        self.inner.endpoint.as_deref()
    }

    /// Returns how many publish to it, as its settings have it.
    pub fn writers(&self) -> Writers {
        self.inner.writers
    }

    /// Does without conditional writes from now on: every write that has a condition reads,
    /// compares, and then writes plainly.
    ///
    /// This keeps apart writers one after the other, as crashed runs and their successors are, but
    /// not two at once: the later one undoes what the other did in between.
    pub fn compare_before_writing(&self) {
        self.inner.compares.store(true, Ordering::Relaxed);
    }

    fn compares(&self) -> bool {
        self.inner.compares.load(Ordering::Relaxed)
    }

    /// Returns the keys, at most a thousand, that listings met and could not return.
    ///
    /// Only strangers write such keys: with empty or relative segments, control characters, or
    /// (in directories) not in UTF-8.
    pub fn unlistable(&self) -> Vec<String> {
        match &self.inner.kind {
            Kind::Bucket(bucket) => bucket.unlistable(),
            Kind::Directory(directory) => directory.unlistable(),
            Kind::Public(_) | Kind::Other => Vec::new(),
        }
    }

    /// Tells whether it is what the public sees of a store: it can't be listed, nor written to.
    pub fn is_public(&self) -> bool {
        matches!(self.inner.kind, Kind::Public(_))
    }

    /// Returns the statuses with which a web server denied objects, other than that there is none.
    pub fn denied(&self) -> BTreeMap<String, u16> {
        match &self.inner.kind {
            Kind::Public(public) => public.denied(),
            Kind::Bucket(_) | Kind::Directory(_) | Kind::Other => BTreeMap::new(),
        }
    }

    /// Waits until everything written so far would survive a loss of power.
    ///
    /// Of consequence for directories only: a bucket doesn't confirm before that.
    ///
    /// # Errors
    ///
    /// [`StoreError::Backend`] if the file system can't.
    pub async fn barrier(&self) -> Result<(), StoreError> {
        match &self.inner.kind {
            Kind::Directory(directory) => directory
                .sync()
                .await
                .map_err(|error| StoreError::new(Operation::Flush, &self.inner.url, error)),
            Kind::Bucket(_) | Kind::Public(_) | Kind::Other => Ok(()),
        }
    }

    fn backend(&self) -> &dyn ObjectStore {
        &*self.inner.backend
    }

    fn path(&self, key: &Key) -> Result<Path, StoreError> {
        Ok(key.under(&self.inner.prefix)?)
    }
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.inner.url)
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Store({})", self.inner.url)
    }
}

#[cfg(test)]
mod tests;
