//! Whether the copies under canonical names are those of the current generation.
//!
//! They follow the commit point and may be left behind by a run that died, or put back by one that
//! slept. On S3 a listing tells, as the tags of equal objects are equal; elsewhere they are read.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _};

use crate::apt::release::IndexEntry;
use crate::apt::{clear_sign, path};
use crate::debian::suite::Codename;
use crate::digest::Sha256;
use crate::plan::Copies;
use crate::published::Head;
use crate::store::{Entry, Key, Store, StoreError};

/// Returns the index files that have a copy under their own path: those that are published, in
/// each of their forms, but not what only this tool reads.
pub fn canonical(head: &Head) -> impl Iterator<Item = &IndexEntry> {
    let forms = &head.state.compression;
    head.release.files.iter().filter(move |entry| {
        let form = path::split_form(&entry.path).map(|(_, form)| form);
        form.is_some_and(|form| forms.contains(&form))
    })
}

/// Tells whether the copies of a distribution are those of its head, as far as a listing taken
/// with it tells; what it leaves open passes for current.
pub fn listed(codename: &Codename, head: &Head, objects: &BTreeMap<String, Entry>) -> Copies {
    match comparisons(codename, head, objects) {
        Some(_) => Copies::Current,
        None => Copies::Behind,
    }
}

/// Tells whether the copies of a distribution are those of its head.
///
/// Each copy has a twin that only its content names: an index file by hash, and the generation's
/// own detached signature. Where the tags of a listing don't show that two are the same, both are
/// read. Release needs no look: it is written before `Release.gpg`, and never twice with the same
/// bytes, so a writer that was held up can't put an older one behind it.
///
/// # Errors
///
/// When a copy can't be read.
pub async fn standing(
    store: &Store,
    codename: &Codename,
    head: &Head,
    objects: &BTreeMap<String, Entry>,
) -> Result<Copies, StoreError> {
    let Some(comparisons) = comparisons(codename, head, objects) else {
        return Ok(Copies::Behind);
    };
    let looks = comparisons.into_iter().map(|comparison| comparison.holds(store));
    let mut outcomes = futures::stream::iter(looks).buffer_unordered(store.jobs());
    while let Some(is_same) = outcomes.try_next().await? {
        if !is_same {
            return Ok(Copies::Behind);
        }
    }
    Ok(Copies::Current)
}

/// A copy that has to be read before it is known whether it is the right one.
struct Comparison {
    copy: String,
    size: u64,
    with: Original,
}

/// What a copy is compared with.
enum Original {
    Digest(Sha256),
    Object(String),
}

impl Comparison {
    async fn holds(self, store: &Store) -> Result<bool, StoreError> {
        match self.with {
            Original::Digest(sha256) => {
                let digest = store.digest(&Key::parse(&self.copy)?).await?;
                Ok(digest == Some((sha256, self.size)))
            }
            Original::Object(key) => {
                let copy = read(store, &self.copy, self.size).await?;
                Ok(copy.is_some() && read(store, &key, self.size).await? == copy)
            }
        }
    }
}

async fn read(store: &Store, key: &str, size: u64) -> Result<Option<Bytes>, StoreError> {
    match store.get(&Key::parse(key)?, size).await {
        Ok(object) => Ok(object.map(|object| object.bytes)),
        Err(StoreError::TooLarge { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns the copies that a listing doesn't tell enough of; nothing if it tells that one is
/// missing or another one than it should be.
fn comparisons(
    codename: &Codename,
    head: &Head,
    objects: &BTreeMap<String, Entry>,
) -> Option<Vec<Comparison>> {
    let mut comparisons = Vec::new();
    for entry in canonical(head) {
        let copy = objects.get(&path::in_distribution(codename, &entry.path))?;
        let twin = objects.get(&path::by_hash(codename, &entry.path, &entry.sha256));
        if copy.size != entry.size {
            return None;
        }
        if !twin.is_some_and(|twin| twin.etag.shows_same_content(&copy.etag)) {
            let with = Original::Digest(entry.sha256);
            comparisons.push(Comparison { copy: copy.key.to_string(), size: copy.size, with });
        }
    }
    if let Some(text) = signed_text(head) {
        let release = objects.get(&path::release(codename))?;
        let seal = objects.get(&path::release_signature(codename))?;
        let twin = objects.get(&path::signature(codename, &head.sha256))?;
        if release.size != text.len() as u64 || seal.size != twin.size {
            return None;
        }
        if !twin.etag.shows_same_content(&seal.etag) {
            let with = Original::Object(twin.key.to_string());
            comparisons.push(Comparison { copy: seal.key.to_string(), size: seal.size, with });
        }
    }
    Some(comparisons)
}

/// Returns the text in a distribution's InRelease; nothing if it has none.
pub fn signed_text(head: &Head) -> Option<String> {
    let file = std::str::from_utf8(&head.bytes).ok()?;
    clear_sign::signed_text(file).ok()
}
