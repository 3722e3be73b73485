//! The manifests that were applied: each lies in the store under its digest, which the state of
//! every generation names.

use std::collections::BTreeMap;

use crate::apt::path;
use crate::debian::suite::Codename;
use crate::digest::Sha256;
use crate::published::{Head, LoadError, MAX_RELEASE, commit_points, index, read_release};
use crate::store::{Key, Store, StoreError};

/// No manifest is larger.
const MAX_MANIFEST: u64 = 16 << 20;

/// Returns the distribution that was published last, with its head.
///
/// The latest Date decides, then the generation, then the name. Every generation names the
/// manifest that it goes by, so the last one names the one that holds.
pub fn latest(heads: &BTreeMap<Codename, Head>) -> Option<(&Codename, &Head)> {
    heads.iter().max_by_key(|(codename, head)| {
        (head.release.date, head.state.generation, (*codename).clone())
    })
}

/// Returns the digest that the distribution published last gives for its manifest, unverified;
/// nothing if no distribution is published.
///
/// Whoever can write to the store decides what this is. It may tell where to look for a key, and
/// nothing else.
///
/// # Errors
///
/// When the store can't be read, or holds something that is not of this tool's making.
pub async fn claimed(store: &Store) -> Result<Option<Sha256>, LoadError> {
    let entries = store.list(path::DISTS).await?;
    let objects = entries.into_iter().map(|entry| (entry.key.to_string(), entry)).collect();
    let mut claims = Vec::new();
    for point in commit_points(&objects) {
        let key = Key::parse(&point.key).map_err(StoreError::from)?;
        let Some(object) = store.get(&key, MAX_RELEASE).await? else { continue };
        let release = read_release(&point.key, &object)?;
        if let Some(state) = index::state(store, &point.codename, &release).await? {
            let rank = (release.date, state.generation, point.codename);
            claims.push((rank, state.manifest.sha256));
        }
    }
    Ok(claims.into_iter().max().map(|(_, sha256)| sha256))
}

/// Returns the text of a manifest that was applied; nothing if it is not there.
///
/// It is as genuine as the digest.
///
/// # Errors
///
/// When the store can't be read, or holds another text under this digest.
pub async fn text(store: &Store, sha256: &Sha256) -> Result<Option<String>, LoadError> {
    let name = path::manifest(sha256);
    let key = Key::parse(&name).map_err(StoreError::from)?;
    let Some(object) = store.get(&key, MAX_MANIFEST).await? else { return Ok(None) };
    let altered = || LoadError::Altered { key: name.clone() };
    if Sha256::of(&object.bytes) != *sha256 {
        return Err(altered());
    }
    String::from_utf8(object.bytes.into()).map(Some).map_err(|_| altered())
}
