//! Whether the copies under canonical names are those of the current generation.
//!
//! They follow the commit point and may be left behind by a run that died. Where a distribution is
//! signed, no byte of them is read to find out: the listing tells their sizes and times.

use std::collections::BTreeMap;

use futures::{StreamExt as _, TryStreamExt as _};

use crate::apt::release::IndexEntry;
use crate::apt::{clear_sign, path};
use crate::blocking;
use crate::compression::Compression;
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
        let extension = entry.path.rsplit_once("/Packages").map(|(_, extension)| extension);
        let form = extension.and_then(Compression::from_extension);
        form.is_some_and(|form| forms.contains(&form))
    })
}

/// Tells whether the copies of a distribution are those of its head, as far as a listing taken
/// with it tells.
///
/// The detached signature is written last of all copies, and each swap waits until the second of
/// the signature before is over: so one that is older than its commit point was left behind.
pub fn listed(codename: &Codename, head: &Head, objects: &BTreeMap<String, Entry>) -> Copies {
    let copy = |path: &str| objects.get(&path::in_distribution(codename, path));
    let is_there = |path: &str, size: u64| copy(path).is_some_and(|entry| entry.size == size);
    let indices = canonical(head).all(|entry| is_there(&entry.path, entry.size));
    let release = signed_text(head).is_none_or(|text| {
        let seal = objects.get(&path::release_signature(codename));
        is_there("Release", text.len() as u64)
            && seal.is_some_and(|seal| seal.last_modified >= head.last_modified)
    });
    if indices && release { Copies::Current } else { Copies::Behind }
}

/// Tells whether the copies of a distribution are those of its head.
///
/// An unsigned distribution has no signature that would tell, so its copies are read: an index may
/// change and keep its size.
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
    let standing = listed(codename, head, objects);
    let is_unsigned = signed_text(head).is_none();
    if standing == Copies::Current && is_unsigned && !are_identical(store, codename, head).await? {
        return Ok(Copies::Behind);
    }
    Ok(standing)
}

/// Reads the copies of a distribution's index files, and compares them with what Release lists.
async fn are_identical(
    store: &Store,
    codename: &Codename,
    head: &Head,
) -> Result<bool, StoreError> {
    let comparisons = canonical(head).map(|entry| async move {
        let key = Key::parse(path::in_distribution(codename, &entry.path))?;
        let bytes = match store.get(&key, entry.size).await {
            Ok(Some(object)) => object.bytes,
            Ok(None) | Err(StoreError::TooLarge { .. }) => return Ok(false),
            Err(error) => return Err(error),
        };
        Ok(blocking::cpu(move || Sha256::of(&bytes)).await == entry.sha256)
    });
    let mut outcomes = futures::stream::iter(comparisons).buffer_unordered(store.jobs());
    while let Some(is_identical) = outcomes.try_next().await? {
        if !is_identical {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Returns the text in a distribution's InRelease; nothing if it has none.
pub fn signed_text(head: &Head) -> Option<String> {
    let file = std::str::from_utf8(&head.bytes).ok()?;
    clear_sign::signed_text(file).ok()
}
