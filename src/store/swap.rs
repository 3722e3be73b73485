//! Compare-and-swap: the one conditional write that decides anything.
//!
//! An error does not say that nothing was written: a server may store and then answer 500, a
//! connection may break after the last byte, and a 412 may come from an earlier attempt of our own
//! that went through. So every outcome but success is settled by reading back and comparing bytes.
//! For that to mean anything, no two writers may ever write the same bytes to a key, nor one writer
//! twice; generations hold a random id for this reason.
//!
//! Where conditions don't hold and only one writer is there, the look comes first, and the write
//! is a plain one ([`Store::compare_before_writing`]).

use bytes::Bytes;
use object_store::path::Path;
use object_store::{PutMode, PutOptions, PutResult, UpdateVersion};

use super::error::{Outcome, cause};
use super::retry::Attempts;
use super::{Durable, Etag, Hashed, Headers, Key, Operation, Store, StoreError};
use crate::digest::Sha256;
use crate::mutation::{self, Mutation};

/// How a compare-and-swap ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a swap that was lost has changed nothing: load again and plan again"]
pub enum Replacement {
    /// The key holds our bytes.
    Won {
        /// Their tag, for the next swap.
        etag: Etag,
    },
    /// Somebody else was faster: the key holds neither our bytes nor the base's.
    Lost,
}

/// What a key holds, compared with what was to be written.
enum Found {
    Ours(Etag),
    Base,
    Other,
}

impl Store {
    /// Writes `bytes` to `key` if it still holds what `base` is the tag of, or, without a base, if
    /// there is no such object yet.
    ///
    /// As long as the base is still there, a write that failed is tried again; nobody can tell the
    /// attempts apart.
    ///
    /// # Errors
    ///
    /// - [`StoreError::Unsettled`] if it isn't known whether the bytes were, or will be, written;
    /// - [`StoreError::Conditions`] if the store denies a condition that holds;
    /// - any other: they were not written.
    pub async fn replace(
        &self,
        key: &Key,
        bytes: Bytes,
        base: Option<&Etag>,
        headers: &Headers,
    ) -> Result<Replacement, StoreError> {
        self.replace_while(key, bytes, base, headers, &|| true).await
    }

    /// Writes as [`Self::replace`] does what has been hashed before.
    ///
    /// # Errors
    ///
    /// As for [`Self::replace`].
    pub async fn replace_hashed(
        &self,
        key: &Key,
        content: &Hashed,
        base: Option<&Etag>,
        headers: &Headers,
    ) -> Result<Replacement, StoreError> {
        self.compare_and_swap(key, content, base, headers, &|| true).await
    }

    /// Writes as [`Self::replace`] does, but tries again only as long as `still` allows it.
    ///
    /// An attempt that hung while the machine slept must not be followed by another one hours
    /// after somebody has found that it may be made.
    ///
    /// # Errors
    ///
    /// As for [`Self::replace`].
    pub async fn replace_while(
        &self,
        key: &Key,
        bytes: Bytes,
        base: Option<&Etag>,
        headers: &Headers,
        still: &(dyn Fn() -> bool + Sync),
    ) -> Result<Replacement, StoreError> {
        self.compare_and_swap(key, &Hashed::new(bytes), base, headers, still).await
    }

    async fn compare_and_swap(
        &self,
        key: &Key,
        Hashed { bytes, sha256 }: &Hashed,
        base: Option<&Etag>,
        headers: &Headers,
        still: &(dyn Fn() -> bool + Sync),
    ) -> Result<Replacement, StoreError> {
        let path = self.path(key)?;
        if self.compares() {
            match self.compare(&path, bytes, base).await? {
                Found::Ours(etag) => return Ok(Replacement::Won { etag }),
                Found::Other => return Ok(Replacement::Lost),
                Found::Base => {}
            }
        }
        let mut attempts = Attempts::new(self.inner.first_pause);
        let mut is_open = false;
        loop {
            let mut options = self.options(self.mode(condition(base)), *sha256, headers);
            options.extensions.insert(Durable);
            let written = self.backend().put_opts(&path, bytes.clone().into(), options).await;
            let error = match tagged(written) {
                Ok(etag) => return Ok(Replacement::Won { etag }),
                Err(error) => error,
            };
            let outcome = Outcome::of(&error);
            is_open |= outcome == Outcome::Unknown;
            if outcome == Outcome::Final && !is_open {
                return Err(StoreError::new(Operation::Write, path.as_ref(), error));
            }
            if mutation::is_on(Mutation::NoReadBack) {
                return match outcome {
                    Outcome::Refused => Ok(Replacement::Lost),
                    _ => Err(given_up(&path, outcome, error)),
                };
            }
            match self.compare(&path, bytes, base).await {
                Ok(Found::Ours(etag)) => return Ok(Replacement::Won { etag }),
                Ok(Found::Other) => return Ok(Replacement::Lost),
                Ok(Found::Base)
                    if outcome != Outcome::Final && attempts.again().await && still() => {}
                Ok(Found::Base) if !is_open => return Err(given_up(&path, outcome, error)),
                // A request that was lost on its way may arrive yet.
                Ok(Found::Base) | Err(_) => {
                    return Err(StoreError::Unsettled { key: key.clone(), source: cause(error) });
                }
            }
        }
    }

    /// Reads back what the key holds now.
    async fn compare(
        &self,
        path: &Path,
        ours: &Bytes,
        base: Option<&Etag>,
    ) -> Result<Found, StoreError> {
        let current = self.fetch(path, ours.len() as u64).await?;
        let Some((meta, bytes)) = current else {
            return Ok(if base.is_none() { Found::Base } else { Found::Other });
        };
        let etag = Etag::new(meta.e_tag.unwrap_or_default());
        Ok(match bytes {
            Some(bytes) if bytes == ours => Found::Ours(etag),
            _ if base == Some(&etag) => Found::Base,
            _ => Found::Other,
        })
    }

    /// Returns how to write: with the condition, unless that was looked at before.
    pub(super) fn mode(&self, condition: PutMode) -> PutMode {
        if self.compares() { PutMode::Overwrite } else { condition }
    }

    /// Returns what a backend is told besides the bytes.
    pub(super) fn options(&self, mode: PutMode, sha256: Sha256, headers: &Headers) -> PutOptions {
        let mut options = PutOptions::from(mode);
        options.attributes = headers.attributes(self.inner.storage_class.as_deref());
        options.extensions.insert(sha256);
        options
    }
}

/// Returns the error of a write that was not carried out however often it was tried.
pub(super) fn given_up(path: &Path, outcome: Outcome, error: object_store::Error) -> StoreError {
    match outcome {
        // The condition held all the time, by the store's own account.
        Outcome::Refused => StoreError::Conditions { key: path.to_string(), source: cause(error) },
        Outcome::Shed | Outcome::Unknown | Outcome::Final => {
            StoreError::new(Operation::Write, path.as_ref(), error)
        }
    }
}

/// Returns the condition that the base is still there.
fn condition(base: Option<&Etag>) -> PutMode {
    match base {
        None => PutMode::Create,
        Some(etag) => {
            PutMode::Update(UpdateVersion { e_tag: Some(etag.as_str().to_owned()), version: None })
        }
    }
}

/// Returns the tag of what was written; a write without one is a write to be looked at.
fn tagged(written: object_store::Result<PutResult>) -> object_store::Result<Etag> {
    let source = || "the answer has no entity tag".into();
    let tag = written?.e_tag;
    tag.map(Etag::new)
        .ok_or_else(|| object_store::Error::Generic { store: "store", source: source() })
}
