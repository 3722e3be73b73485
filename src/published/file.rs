//! Index files by their hashes, and what is compressed into them.

use std::sync::Arc;

use bytes::Bytes;

use crate::apt::path;
use crate::apt::release::IndexEntry;
use crate::blocking;
use crate::compression::{self, Compression};
use crate::debian::suite::Codename;
use crate::digest::Sha256;
use crate::published::LoadError;
use crate::store::{Key, Store, StoreError};

/// No index is larger, compressed or not; Debian's own is 50 MB.
const MAX_INDEX: u64 = 2 << 30;

/// Returns a listed file's key and its bytes, verified; from the cache, if that has it.
pub async fn by_hash(
    store: &Store,
    codename: &Codename,
    entry: &IndexEntry,
) -> Result<(String, Bytes), LoadError> {
    let key = path::by_hash(codename, &entry.path, &entry.sha256);
    let IndexEntry { sha256, size, .. } = *entry;
    let cache = Arc::clone(store.cache());
    if let Some(bytes) = blocking::cpu(move || cache.get(&sha256, size)).await {
        return Ok((key, bytes));
    }
    let object = store.get(&Key::parse(&key).map_err(StoreError::from)?, MAX_INDEX).await?;
    let object = object.ok_or_else(|| LoadError::Missing { key: key.clone() })?;
    if !matches(entry, &object.bytes) {
        return Err(LoadError::Altered { key });
    }
    let (cache, bytes) = (Arc::clone(store.cache()), object.bytes.clone());
    blocking::cpu(move || cache.put(&sha256, &bytes)).await;
    Ok((key, object.bytes))
}

pub(super) fn matches(entry: &IndexEntry, bytes: &[u8]) -> bool {
    entry.size == bytes.len() as u64 && entry.sha256 == Sha256::of(bytes)
}

/// Returns the uncompressed content, if it is what Release lists.
pub fn unpack(form: Compression, bytes: &[u8], plain: &IndexEntry) -> Option<Vec<u8>> {
    decompressed(form, bytes, plain.size).filter(|content| matches(plain, content))
}

/// Returns the uncompressed content of a file, if it has so many bytes.
///
/// That of a file which matches its own digest is what was signed, and checksums in the file keep
/// decoders honest. Whether it has the digest that Release lists for it, which clients compute, is
/// for `drift` to find out: see [`unpack`].
pub(super) fn decompressed(form: Compression, bytes: &[u8], size: u64) -> Option<Vec<u8>> {
    let content =
        compression::decompress(form, bytes, (size <= MAX_INDEX).then_some(size)?).ok()?;
    (content.len() as u64 == size).then_some(content)
}
