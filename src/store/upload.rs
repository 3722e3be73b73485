//! Sending large files in parts, in bounded memory, and only as they were planned.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path as FilePath, PathBuf};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use futures::future;
use futures::stream::{self, Stream, StreamExt as _, TryStreamExt as _};
use object_store::path::Path;
use object_store::{Extensions, MultipartUpload, PutMultipartOptions};
use tokio::sync::SemaphorePermit;

use super::create::Content;
use super::error::Outcome;
use super::retry::Attempts;
use super::{BUDGET, CreateOnly, Creation, Headers, Key, Operation, Store, StoreError};
use crate::blocking;
use crate::digest::{Hasher, Sha256};

/// The size of a part, in bytes, unless there would be too many; S3 takes none that are smaller.
pub(super) const PART: u64 = 5 << 20;

/// How many parts S3 takes.
const PARTS: u64 = 10_000;

/// How many parts of one file are under way at once.
const LANES: usize = 4;

/// A file that must still have the content it was planned with.
pub(super) struct Source {
    path: PathBuf,
    content: Content,
    /// The open file and what was read of it; away while it is being read.
    reading: Option<Reading>,
}

#[derive(Default)]
struct Reading {
    file: Option<File>,
    hasher: Hasher,
    count: u64,
}

impl Source {
    /// Returns the source; the file is opened when it is read.
    pub(super) fn new(path: &FilePath, content: Content) -> Self {
        Self { path: path.to_owned(), content, reading: Some(Reading::default()) }
    }

    /// Returns everything at once.
    pub(super) async fn all(&mut self) -> Result<Bytes, StoreError> {
        self.next(self.content.size).await
    }

    /// Returns the bytes that come next, `length` of them or all that are left; the last ones only
    /// if the whole is what was planned.
    async fn next(&mut self, length: u64) -> Result<Bytes, StoreError> {
        let mut reading = self.reading.take().unwrap_or_default();
        let (path, content) = (self.path.clone(), self.content);
        // Indices may be compressed meanwhile.
        let (bytes, reading) = blocking::io(move || {
            let bytes = reading.advance(&path, content, length);
            (bytes, reading)
        })
        .await;
        self.reading = Some(reading);
        let failed = |source| StoreError::Source { path: self.path.clone(), source };
        let changed = || StoreError::SourceChanged { path: self.path.clone() };
        bytes.map_err(failed)?.ok_or_else(changed)
    }

    /// Returns how many bytes are still to be read.
    fn left(&self) -> u64 {
        self.content.size - self.reading.as_ref().map_or(0, |reading| reading.count)
    }
}

impl Reading {
    /// Reads on; returns nothing if the file isn't what was planned.
    fn advance(
        &mut self,
        path: &FilePath,
        content: Content,
        length: u64,
    ) -> io::Result<Option<Bytes>> {
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(File::open(path)?),
        };
        let length = length.min(content.size - self.count);
        let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
        match file.read_exact(&mut bytes) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            outcome => outcome?,
        }
        self.hasher.update(&bytes);
        self.count += length;
        let is_sound = self.count < content.size
            || (file.read(&mut [0])? == 0
                && std::mem::take(&mut self.hasher).finish() == (content.sha256, content.size));
        Ok(is_sound.then(|| bytes.into()))
    }
}

impl Store {
    /// Waits until so many bytes may be held in memory for an upload.
    pub(super) async fn reserve(&self, bytes: u64) -> SemaphorePermit<'_> {
        let count = u32::try_from(bytes).map_or(BUDGET as u32, |count| count.min(BUDGET as u32));
        let permit = self.inner.budget.acquire_many(count).await;
        permit.expect("the semaphore is never closed")
    }

    /// Uploads in parts; aborts what can't be completed.
    pub(super) async fn upload(
        &self,
        key: &Key,
        source: Source,
        headers: &Headers,
    ) -> Result<Creation, StoreError> {
        let (path, content) = (self.path(key)?, source.content);
        let part = part_size(key, content.size)?;
        let failed = |error| StoreError::new(Operation::Write, path.as_ref(), error);
        let options = PutMultipartOptions {
            attributes: headers.attributes(self.inner.storage_class.as_deref()),
            extensions: self.extensions(content.sha256),
            ..PutMultipartOptions::default()
        };
        let mut upload = self.backend().put_multipart_opts(&path, options).await.map_err(failed)?;
        let outcome = match self.send_parts(&mut *upload, &path, source, part).await {
            Ok(()) => self.complete(&mut *upload, key, &path, content).await,
            Err(error) => Err(error),
        };
        if !matches!(outcome, Ok(Creation::New)) {
            // What the outcome was stays so, whether or not there is anything left to abort.
            let _ = upload.abort().await;
        }
        outcome
    }

    fn extensions(&self, sha256: Sha256) -> Extensions {
        let mut extensions = Extensions::new();
        if !self.compares() {
            extensions.insert(CreateOnly);
        }
        extensions.insert(sha256);
        extensions
    }

    /// Sends all parts, or as many as there are until something fails.
    ///
    /// Parts that are under way by then are waited for: one that arrived after the upload was
    /// aborted would stay in the bucket, unseen and paid for.
    async fn send_parts(
        &self,
        upload: &mut dyn MultipartUpload,
        path: &Path,
        source: Source,
        part: u64,
    ) -> Result<(), StoreError> {
        let is_on = AtomicBool::new(true);
        let parts = self
            .parts(source, part)
            .try_take_while(|_| future::ready(Ok(is_on.load(Ordering::Relaxed))))
            .map_ok(|(bytes, held)| {
                let sent = upload.put_part(bytes.into());
                async move {
                    let outcome = sent.await;
                    drop(held);
                    outcome.map_err(|error| StoreError::new(Operation::Write, path.as_ref(), error))
                }
            });
        // Polls both the reader and the parts under way: a reader that waits for memory must not
        // keep those from finishing who hold it.
        let mut sent = pin!(parts.try_buffer_unordered(LANES));
        let mut outcome = Ok(());
        while let Some(arrived) = sent.next().await {
            if arrived.is_err() && outcome.is_ok() {
                is_on.store(false, Ordering::Relaxed);
                outcome = arrived;
            }
        }
        outcome
    }

    /// Returns the file's content part by part, each with its share of the memory.
    fn parts(
        &self,
        source: Source,
        part: u64,
    ) -> impl Stream<Item = Result<(Bytes, SemaphorePermit<'_>), StoreError>> {
        stream::try_unfold(source, move |mut source| async move {
            if source.left() == 0 {
                return Ok(None);
            }
            let held = self.reserve(part.min(source.left())).await;
            let bytes = source.next(part).await?;
            Ok(Some(((bytes, held), source)))
        })
    }

    /// Makes the object of its parts, unless it is there by now.
    async fn complete(
        &self,
        upload: &mut dyn MultipartUpload,
        key: &Key,
        path: &Path,
        content: Content,
    ) -> Result<Creation, StoreError> {
        let mut attempts = Attempts::new(self.inner.first_pause);
        loop {
            let Err(error) = upload.complete().await else { return Ok(Creation::New) };
            let outcome = Outcome::of(&error);
            // After a completion that got through without our hearing of it the upload is unknown,
            // and the object is there.
            if outcome != Outcome::Final && self.holds(key, path, content).await? {
                return Ok(Creation::AlreadyThere);
            }
            if outcome == Outcome::Final || !attempts.again().await {
                return Err(StoreError::new(Operation::Write, path.as_ref(), error));
            }
        }
    }
}

/// Returns the size of the parts of an object.
fn part_size(key: &Key, size: u64) -> Result<u64, StoreError> {
    let part = PART.max(size.div_ceil(PARTS));
    let limit = BUDGET as u64 * PARTS;
    match part <= BUDGET as u64 {
        true => Ok(part),
        false => Err(StoreError::TooLarge { key: key.clone(), size, limit }),
    }
}
