//! Compare-and-swap: the one conditional write that decides anything.
//!
//! An error does not say that nothing was written: a server may store and then answer 500, a
//! connection may break after the last byte, and a 412 may come from an earlier attempt of our own
//! that went through. So every outcome but success is settled by reading back and comparing bytes.
//! For that to mean anything, no two writers may ever write the same bytes to a key, nor one writer
//! twice; generations hold a random id for this reason.

use bytes::Bytes;
use object_store::path::Path;
use object_store::{PutMode, PutOptions, UpdateVersion};

use super::error::Outcome;
use super::retry::Attempts;
use super::{Etag, Headers, Key, Operation, Store, StoreError};
use crate::digest::Sha256;

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
    /// - [`StoreError::Conditions`] if the store denies a condition that holds, or gives no tags;
    /// - any other: they were not written.
    pub async fn replace(
        &self,
        key: &Key,
        bytes: Bytes,
        base: Option<&Etag>,
        headers: &Headers,
    ) -> Result<Replacement, StoreError> {
        let path = self.path(key)?;
        let sha256 = Sha256::of(&bytes);
        let mut attempts = Attempts::new(self.inner.first_pause);
        let mut is_open = false;
        loop {
            let options = self.options(condition(base), sha256, headers);
            let written = self.backend().put_opts(&path, bytes.clone().into(), options).await;
            let error = match written {
                Ok(result) if result.e_tag.is_some() => {
                    let etag = Etag::new(result.e_tag.unwrap_or_default());
                    return Ok(Replacement::Won { etag });
                }
                Ok(_) => no_tag(),
                Err(error) => error,
            };
            let outcome = Outcome::of(&error);
            if outcome == Outcome::Final && !is_open {
                return Err(StoreError::new(Operation::Write, path.as_ref(), error));
            }
            is_open |= outcome == Outcome::Unknown;
            match self.compare(&path, &bytes, base).await {
                Ok(Found::Ours(etag)) => return Ok(Replacement::Won { etag }),
                Ok(Found::Other) => return Ok(Replacement::Lost),
                Ok(Found::Base) if outcome != Outcome::Final && attempts.again().await => {}
                Ok(Found::Base) if !is_open && outcome == Outcome::Refused => {
                    return Err(StoreError::Conditions {
                        key: key.to_string(),
                        source: error.into(),
                    });
                }
                Err(StoreError::Key(error)) => return Err(error.into()),
                Ok(Found::Base) if !is_open => {
                    return Err(StoreError::new(Operation::Write, path.as_ref(), error));
                }
                Ok(Found::Base) | Err(_) => {
                    return Err(StoreError::Unsettled { key: key.clone(), source: error.into() });
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

    /// Returns what a backend is told besides the bytes.
    pub(super) fn options(&self, mode: PutMode, sha256: Sha256, headers: &Headers) -> PutOptions {
        let mut options = PutOptions::from(mode);
        options.attributes = headers.attributes(self.inner.storage_class.as_deref());
        options.extensions.insert(sha256);
        options
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

/// A write without a tag is a write whose tag is to be read back.
fn no_tag() -> object_store::Error {
    object_store::Error::Generic { store: "store", source: "the answer has no entity tag".into() }
}
