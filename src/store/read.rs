//! Reading and listing.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path as FilePath, PathBuf};

use bytes::{Bytes, BytesMut};
use futures::stream::TryStreamExt as _;
use object_store::path::Path;
use object_store::{GetOptions, GetResult, GetResultPayload, ObjectMeta, ObjectStoreExt as _};

use super::key::joined;
use super::object::last_modified;
use super::retry::Attempts;
use super::{Entry, Etag, Key, Kind, Object, Operation, Store, StoreError};
use crate::blocking::cpu;
use crate::digest::{Hasher, Sha256};

impl Store {
    /// Returns the object at `key`, or nothing if there is none.
    ///
    /// # Errors
    ///
    /// [`StoreError::TooLarge`] if it has more than `limit` bytes, of which none is then kept.
    pub async fn get(&self, key: &Key, limit: u64) -> Result<Option<Object>, StoreError> {
        let path = self.path(key)?;
        let Some((meta, bytes)) = self.fetch(&path, limit).await? else { return Ok(None) };
        let Some(bytes) = bytes else {
            return Err(StoreError::TooLarge { key: key.clone(), size: meta.size, limit });
        };
        let etag = Etag::new(meta.e_tag.clone().unwrap_or_default());
        Ok(Some(Object { bytes, etag, last_modified: last_modified(&meta) }))
    }

    /// Returns what lies at `path`; the content only if it has at most `limit` bytes.
    pub(super) async fn fetch(
        &self,
        path: &Path,
        limit: u64,
    ) -> Result<Option<(ObjectMeta, Option<Bytes>)>, StoreError> {
        let failed = |error| StoreError::new(Operation::Read, path.as_ref(), error);
        let mut attempts = Attempts::new(self.inner.first_pause);
        loop {
            let result = match self.backend().get_opts(path, GetOptions::default()).await {
                Ok(result) => result,
                Err(object_store::Error::NotFound { .. }) => return Ok(None),
                Err(error) => return Err(failed(error)),
            };
            let meta = result.meta.clone();
            if meta.size > limit {
                return Ok(Some((meta, None)));
            }
            // The backend has retried the request; a body that breaks off is ours to retry.
            match whole(result).await {
                Ok(bytes) => return Ok(Some((meta, Some(bytes)))),
                Err(error) if !attempts.again().await => return Err(failed(error)),
                Err(_) => {}
            }
        }
    }

    /// Reads the object at `key` once and returns its digest and size, or nothing if there is none.
    ///
    /// The content is never held: objects of any size take the memory of one piece.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if it can't be read to its end.
    pub async fn digest(&self, key: &Key) -> Result<Option<(Sha256, u64)>, StoreError> {
        let path = self.path(key)?;
        let failed = |error| StoreError::new(Operation::Read, path.as_ref(), error);
        if let Kind::Directory(directory) = &self.inner.kind {
            return match directory.digest(&path).await {
                Err(object_store::Error::NotFound { .. }) => Ok(None),
                digest => digest.map(Some).map_err(failed),
            };
        }
        let mut attempts = Attempts::new(self.inner.first_pause);
        loop {
            let result = match self.backend().get_opts(&path, GetOptions::default()).await {
                Ok(result) => result,
                Err(object_store::Error::NotFound { .. }) => return Ok(None),
                Err(error) => return Err(failed(error)),
            };
            match hashed(result).await {
                Ok(digest) => return Ok(Some(digest)),
                Err(error) if !attempts.again().await => return Err(failed(error)),
                Err(_) => {}
            }
        }
    }

    /// Writes the content of the object at `key` to the file at `file`, over whatever is there, and
    /// returns its digest and size; nothing if there is no such object.
    ///
    /// # Errors
    ///
    /// [`StoreError::Destination`] if the file can't be written; any other if the object can't be
    /// read to its end.
    pub async fn download(
        &self,
        key: &Key,
        file: &FilePath,
    ) -> Result<Option<(Sha256, u64)>, StoreError> {
        let path = self.path(key)?;
        let failed = |error| StoreError::new(Operation::Read, path.as_ref(), error);
        let unwritable = |source| StoreError::Destination { path: file.to_owned(), source };
        let mut attempts = Attempts::new(self.inner.first_pause);
        loop {
            let result = match self.backend().get_opts(&path, GetOptions::default()).await {
                Ok(result) => result,
                Err(object_store::Error::NotFound { .. }) => return Ok(None),
                Err(error) => return Err(failed(error)),
            };
            match saved(result, file.to_owned()).await.map_err(unwritable)? {
                Ok(digest) => return Ok(Some(digest)),
                Err(error) if !attempts.again().await => return Err(failed(error)),
                Err(_) => {}
            }
        }
    }

    /// Returns size and tag of the object at `key`, or nothing if there is none.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the store can't be asked.
    pub async fn head(&self, key: &Key) -> Result<Option<Entry>, StoreError> {
        let path = self.path(key)?;
        match self.backend().head(&path).await {
            Ok(meta) => Ok(Some(Entry::new(key.clone(), &meta))),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(StoreError::new(Operation::Look, path.as_ref(), error)),
        }
    }

    /// Returns all objects below a directory such as `dists` or `dists/`, all of them for an empty
    /// one, sorted by key.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if any page of the listing can't be had: half a listing is none.
    pub async fn list(&self, directory: &str) -> Result<Vec<Entry>, StoreError> {
        let directory = directory.strip_suffix('/').unwrap_or(directory);
        let path = match joined(&self.inner.prefix, directory).as_str() {
            "" => Path::ROOT,
            name => Key::found(name)?.under("")?,
        };
        let failed = |error| StoreError::new(Operation::List, path.as_ref(), error);
        let listing = self.backend().list(Some(&path)).map_err(failed);
        let found = listing.try_filter_map(async |meta| Ok(self.entry(&meta)));
        let mut entries: Vec<Entry> = found.try_collect().await?;
        entries.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(entries)
    }

    /// Takes an object of a listing.
    fn entry(&self, meta: &ObjectMeta) -> Option<Entry> {
        let name = meta.location.as_ref();
        let name = match self.inner.prefix.as_str() {
            "" => name,
            prefix => name.strip_prefix(prefix)?.strip_prefix('/')?,
        };
        Some(Entry::new(Key::found(name).ok()?, meta))
    }
}

/// Returns the digest of the whole content and its length.
async fn hashed(result: GetResult) -> object_store::Result<(Sha256, u64)> {
    let mut chunks = result.into_stream();
    let mut hasher = Hasher::new();
    while let Some(chunk) = chunks.try_next().await? {
        hasher.update(&chunk);
    }
    Ok(hasher.finish())
}

/// Writes the whole content to a file, and returns its digest and length.
async fn saved(
    result: GetResult,
    path: PathBuf,
) -> io::Result<object_store::Result<(Sha256, u64)>> {
    let mut chunks = result.into_stream();
    let mut file = cpu(move || File::create(path)).await?;
    let mut hasher = Hasher::new();
    loop {
        let chunk = match chunks.try_next().await {
            Ok(Some(chunk)) => chunk,
            Ok(None) => return Ok(Ok(hasher.finish())),
            Err(error) => return Ok(Err(error)),
        };
        let write = move || {
            hasher.update(&chunk);
            file.write_all(&chunk).map(|()| (file, hasher))
        };
        (file, hasher) = cpu(write).await?;
    }
}

/// Returns the whole content, which has the length that was announced.
async fn whole(result: GetResult) -> object_store::Result<Bytes> {
    let size = result.meta.size;
    if matches!(result.payload, GetResultPayload::File(..)) {
        return result.bytes().await;
    }
    let mut chunks = result.into_stream();
    let mut bytes = BytesMut::new();
    while let Some(chunk) = chunks.try_next().await? {
        if bytes.is_empty() && chunk.len() as u64 == size {
            return Ok(chunk);
        }
        bytes.extend_from_slice(&chunk);
        // A file may grow while it is read; a reader with a bound must not.
        if bytes.len() as u64 > size {
            break;
        }
    }
    match bytes.len() as u64 == size {
        true => Ok(bytes.freeze()),
        false => Err(object_store::Error::Generic {
            store: "store",
            source: "the content has another length than was announced".into(),
        }),
    }
}
