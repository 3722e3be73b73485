//! Index files that are not there under their hashes any more, and where their bytes still are.
//!
//! What Release lists is the same text in several forms, each twice: under its hash, and under its
//! canonical name. As long as one of them is intact nothing is lost.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::apt::release::IndexEntry;
use crate::apt::{contents, packages, path};
use crate::blocking;
use crate::compression::{self, Blocks, Compression};
use crate::debian::suite::Codename;
use crate::plan::Damage;
use crate::published::{Head, LoadError, copies, file, index};
use crate::store::{Entry, Key, Store, StoreError};

/// A file that Release lists and that is not what it should be under its hash.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lost {
    /// The distribution.
    pub codename: Codename,
    /// How Release lists it.
    pub entry: IndexEntry,
    /// What is wrong with it.
    pub damage: Damage,
}

/// Where the bytes of a lost file are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// In the object of this key, a copy.
    Copy(String, Bytes),
    /// In another form of the same index, compressed the same way again.
    Form(Bytes),
}

impl Lost {
    /// Returns the key that it should have.
    pub fn key(&self) -> String {
        path::by_hash(&self.codename, &self.entry.path, &self.entry.sha256)
    }
}

impl Found {
    /// Returns the bytes.
    pub fn into_bytes(self) -> Bytes {
        match self {
            Self::Copy(_, bytes) | Self::Form(bytes) => bytes,
        }
    }
}

/// Returns the index files of a head that a listing shows to be missing or to have another size.
///
/// A listing from before the head was published shows nothing.
pub fn listed(codename: &Codename, head: &Head, objects: &BTreeMap<String, Entry>) -> Vec<Lost> {
    if objects.get(&head.key).is_none_or(|entry| entry.etag != head.etag) {
        return Vec::new();
    }
    let lost = |entry: &IndexEntry| {
        let there = objects.get(&path::by_hash(codename, &entry.path, &entry.sha256));
        let damage = match there {
            Some(there) if there.size == entry.size => return None,
            Some(_) => Damage::Altered,
            None => Damage::Missing,
        };
        Some(Lost { codename: codename.clone(), entry: entry.clone(), damage })
    };
    copies::canonical(head).filter_map(lost).collect()
}

/// Looks for the bytes of a lost file; nothing if only another file could take its place.
///
/// # Errors
///
/// When the store does not answer as it should.
pub async fn find(store: &Store, head: &Head, lost: &Lost) -> Result<Option<Found>, StoreError> {
    let Lost { codename, entry, .. } = lost;
    if let Some(bytes) = copy(store, codename, entry).await? {
        let key = path::in_distribution(codename, &entry.path);
        return Ok(Some(Found::Copy(key, bytes)));
    }
    let Some((path, form)) = path::split_form(&entry.path) else { return Ok(None) };
    let is_contents = path::is_contents(path);
    let text = match index::text(store, codename, head, path).await {
        Ok(text) => text,
        Err(LoadError::Store(error)) => return Err(error),
        Err(_) => return Ok(None),
    };
    let again = move || match is_contents {
        true => compression::compress(form, &Blocks::cut(&contents::parts(&text)), None).ok(),
        false => compress(form, &text),
    };
    let again = blocking::cpu(again).await;
    let again = again.map(Bytes::from).filter(|bytes| file::matches(entry, bytes));
    Ok(again.map(Found::Form))
}

/// Returns a `Packages` file in the form that it was published in, if it can be made again.
fn compress(form: Compression, text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?;
    let packages: Vec<_> = packages::parse(&text.into()).collect::<Result<_, _>>().ok()?;
    let stanzas = packages.iter().map(|package| (&package.stanza, &package.file.sha256));
    let mut parts = packages::parts(stanzas);
    let length: usize = parts.iter().map(|part| part.text.len()).sum();
    // A name that was spent has more empty lines at its end.
    parts.resize(parts.len() + text.len().checked_sub(length)?, packages::EMPTY_LINE);
    compression::compress(form, &Blocks::cut(&parts), None).ok()
}

/// Returns the bytes of a copy, if they are those that Release lists.
///
/// # Errors
///
/// When the store does not answer as it should.
pub async fn copy(
    store: &Store,
    codename: &Codename,
    entry: &IndexEntry,
) -> Result<Option<Bytes>, StoreError> {
    let key = path::in_distribution(codename, &entry.path);
    let object = match store.get(&Key::parse(&key)?, entry.size).await {
        Err(StoreError::TooLarge { .. }) => None,
        object => object?,
    };
    Ok(object.map(|object| object.bytes).filter(|bytes| file::matches(entry, bytes)))
}
