//! Writing what is written only once: packages, index files by hash, history.
//!
//! An object that is there already is success, but only after a look at what it holds; so here an
//! attempt whose outcome isn't known may simply be repeated.

use std::path::Path as FilePath;

use bytes::Bytes;
use object_store::path::Path;
use object_store::{GetOptions, PutMode};

use super::error::Outcome;
use super::file::{Directory, Import};
use super::retry::Attempts;
use super::swap::given_up;
use super::upload::{PART, Source};
use super::{Headers, Key, Kind, Operation, Store, StoreError, WantChecksum};
use crate::digest::Sha256;

/// The largest object that goes up with one request, in bytes.
const WHOLE: u64 = 16 << 20;

/// The largest object that is read back to compare it; of a larger one the size is, and the
/// checksum if the store keeps one.
const READ_BACK: u64 = 1 << 20;

/// How a create-only write ended; either way the key holds the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Creation {
    /// It was written now.
    New,
    /// It was there.
    AlreadyThere,
}

/// What an attempt that failed has shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// The key holds the content.
    AlreadyThere,
    /// Nothing; another one may fare better.
    TryAgain,
}

/// What a key is to hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Content {
    pub(super) size: u64,
    pub(super) sha256: Sha256,
}

impl Store {
    /// Writes `bytes`, whose digest is `sha256`, unless the key holds them already.
    ///
    /// # Errors
    ///
    /// [`StoreError::DifferentContent`] if the key holds anything else; large objects are told
    /// apart by their size alone where the store keeps no checksum.
    pub async fn create(
        &self,
        key: &Key,
        bytes: Bytes,
        sha256: Sha256,
        headers: &Headers,
    ) -> Result<Creation, StoreError> {
        let path = self.path(key)?;
        let content = Content { size: bytes.len() as u64, sha256 };
        if self.compares() && self.holds(key, &path, content).await? {
            return Ok(Creation::AlreadyThere);
        }
        let mut attempts = Attempts::new(self.inner.first_pause);
        loop {
            let options = self.options(self.mode(PutMode::Create), sha256, headers);
            let written = self.backend().put_opts(&path, bytes.clone().into(), options).await;
            let Err(error) = written else { return Ok(Creation::New) };
            if self.settle(key, content, error, &mut attempts).await? == Verdict::AlreadyThere {
                return Ok(Creation::AlreadyThere);
            }
        }
    }

    /// Decides what a failed attempt at a create-only write means; waits before the next one.
    async fn settle(
        &self,
        key: &Key,
        content: Content,
        error: object_store::Error,
        attempts: &mut Attempts,
    ) -> Result<Verdict, StoreError> {
        let path = self.path(key)?;
        let outcome = Outcome::of(&error);
        if outcome == Outcome::Refused && self.holds(key, &path, content).await? {
            return Ok(Verdict::AlreadyThere);
        }
        if outcome == Outcome::Shed {
            attempts.excuse(self.served());
        }
        if outcome == Outcome::Final || !attempts.again().await {
            return Err(given_up(&path, outcome, error));
        }
        Ok(Verdict::TryAgain)
    }

    /// Writes the file at `file`, of `size` bytes with the digest `sha256`, unless the key holds
    /// its content already.
    ///
    /// The file is hashed again as it is read: what lands is what was planned. Memory is bounded
    /// over all uploads of this store, whatever their sizes and number. A call that is dropped half
    /// way may leave an unfinished upload behind, which the bucket's lifecycle rules clean up.
    ///
    /// # Errors
    ///
    /// - [`StoreError::SourceChanged`] if the file has other content than planned; nothing was
    ///   written;
    /// - [`StoreError::DifferentContent`] as for [`Store::create`].
    pub async fn create_from_file(
        &self,
        key: &Key,
        file: &FilePath,
        size: u64,
        sha256: Sha256,
        headers: &Headers,
    ) -> Result<Creation, StoreError> {
        let content = Content { size, sha256 };
        if let Kind::Directory(directory) = &self.inner.kind {
            return self.import(directory, key, file, content).await;
        }
        let mut source = Source::new(file, content);
        if size <= WHOLE {
            let _held = self.reserve(size).await;
            let bytes = source.all().await?;
            return self.create(key, bytes, sha256, headers).await;
        }
        let path = self.path(key)?;
        // An upload in parts learns only at its end that it was in vain.
        if self.holds(key, &path, content).await? {
            return Ok(Creation::AlreadyThere);
        }
        self.upload(key, source, headers).await
    }

    /// Copies the file at `file` from one directory to the other.
    async fn import(
        &self,
        directory: &Directory,
        key: &Key,
        file: &FilePath,
        content: Content,
    ) -> Result<Creation, StoreError> {
        let path = self.path(key)?;
        // What is copied is known to be in vain only at the end.
        if content.size > WHOLE && self.holds(key, &path, content).await? {
            return Ok(Creation::AlreadyThere);
        }
        let mut attempts = Attempts::new(self.inner.first_pause);
        loop {
            let source = file.to_owned();
            let error = match directory.import(&path, source.clone(), content).await {
                Ok(Import::Done) => return Ok(Creation::New),
                Ok(Import::Changed) => return Err(StoreError::SourceChanged { path: source }),
                Ok(Import::Unreadable(error)) => {
                    return Err(StoreError::Source { path: source, source: error });
                }
                Err(error) => error,
            };
            if self.settle(key, content, error, &mut attempts).await? == Verdict::AlreadyThere {
                return Ok(Creation::AlreadyThere);
            }
        }
    }

    /// Returns whether the key holds the content, as far as that can be told at little cost.
    pub(super) async fn holds(
        &self,
        key: &Key,
        path: &Path,
        content: Content,
    ) -> Result<bool, StoreError> {
        let is_same = if content.size <= READ_BACK {
            let Some((_, bytes)) = self.fetch(path, content.size).await? else { return Ok(false) };
            bytes.is_some_and(|bytes| Sha256::of(&bytes) == content.sha256)
        } else {
            let mut options = GetOptions::new().with_head(true);
            options.extensions.insert(WantChecksum);
            match self.backend().get_opts(path, options).await {
                Ok(found) => {
                    let kept = found.extensions.get::<Sha256>();
                    found.meta.size == content.size
                        && kept.is_none_or(|kept| *kept == content.sha256)
                }
                Err(object_store::Error::NotFound { .. }) => return Ok(false),
                Err(error) => return Err(StoreError::new(Operation::Look, path.as_ref(), error)),
            }
        };
        match is_same {
            true => Ok(true),
            false => Err(StoreError::DifferentContent { key: key.clone() }),
        }
    }
}

const _: () = assert!(PART <= WHOLE, "an upload in parts has more than one");
