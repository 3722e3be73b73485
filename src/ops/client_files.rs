//! What clients download once: the keyring and the sources entries, beside `dists/`.

use std::collections::BTreeMap;
use std::path::Path;

use bytes::Bytes;

use crate::apt::path;
use crate::apt::sources_entry::{SourcesEntry, Trust, keyring_path};
use crate::commit::script::RELEASE;
use crate::debian::suite::Codename;
use crate::manifest::{Manifest, StoreUrl};
use crate::store::{Key, Replacement, Store, StoreError};

/// No client file is larger.
const MAX_CLIENT_FILE: u64 = 1 << 20;

/// Returns what clients put into their sources for each distribution, in the codenames' order.
///
/// `root` is the directory of the manifest, to which a local store's path is relative.
pub fn entries(manifest: &Manifest, root: &Path) -> Vec<SourcesEntry> {
    let trust = if manifest.signing.keys.is_empty() {
        Trust::Unsigned
    } else {
        Trust::SignedBy(keyring_path(&manifest.repository.name))
    };
    let entry = |distribution: &crate::manifest::Distribution| SourcesEntry {
        uri: client_uri(manifest, root),
        suite: distribution.codename.clone(),
        components: distribution.components.clone(),
        trust: trust.clone(),
    };
    manifest.distributions.values().map(entry).collect()
}

/// Returns the address at which clients reach the repository.
///
/// Without `public_url` it is where the store itself serves its objects over HTTP.
fn client_uri(manifest: &Manifest, root: &Path) -> String {
    if let Some(url) = &manifest.repository.public_url {
        return url.clone();
    }
    let store = &manifest.store;
    match (&store.url, &store.endpoint) {
        (StoreUrl::File { path }, _) => {
            let path = root.join(path);
            let path = std::path::absolute(&path).unwrap_or(path);
            format!("file:{}", path.display())
        }
        (StoreUrl::S3 { bucket, prefix }, Some(endpoint)) => {
            joined(&format!("{}/{bucket}", endpoint.trim_end_matches('/')), prefix)
        }
        (StoreUrl::S3 { bucket, prefix }, None) => {
            let region = store.region.as_deref().unwrap_or("us-east-1");
            joined(&format!("https://{bucket}.s3.{region}.amazonaws.com"), prefix)
        }
    }
}

fn joined(base: &str, prefix: &str) -> String {
    if prefix.is_empty() { base.to_owned() } else { format!("{base}/{prefix}") }
}

/// Brings the keyring up to date, if it is not.
///
/// It comes before what the keys sign: clients need it first, and so does the next plan.
///
/// # Errors
///
/// When it can't be read or written.
pub async fn update_keyring(store: &Store, name: &str, keyring: Vec<u8>) -> Result<(), StoreError> {
    write(store, &path::keyring(name), keyring.into()).await
}

/// Brings the sources entries up to date; those that are right are not written.
///
/// Each distribution has `<name>-<codename>.sources`; where it is the only one, also
/// `<name>.sources`: a file with several would subscribe its users to all of them. That one is
/// written last, so where it is right the other one is not looked at.
///
/// # Errors
///
/// When one can't be read or written. The publication itself is not touched by that.
pub async fn update_entries(
    store: &Store,
    name: &str,
    entries: &[SourcesEntry],
) -> Result<(), StoreError> {
    let files = by_key(name, entries);
    if let ([_], Some((key, entry))) = (entries, files.last_key_value()) {
        let last = store.get(&Key::parse(key)?, MAX_CLIENT_FILE).await?;
        if last.is_some_and(|object| object.bytes == entry.to_text()) {
            return Ok(());
        }
    }
    for (key, entry) in files {
        write(store, &key, entry.to_text().into()).await?;
    }
    Ok(())
}

/// Deletes the sources entries of distributions that are removed, unless others have these names.
///
/// # Errors
///
/// When one can't be deleted. Clients that have it are not touched by that.
pub async fn remove_entries(
    store: &Store,
    name: &str,
    entries: &[SourcesEntry],
    removed: impl IntoIterator<Item = &Codename>,
) -> Result<(), StoreError> {
    let kept = by_key(name, entries);
    let keys = removed.into_iter().map(|codename| entry_name(name, codename, usize::MAX));
    let keys = keys.filter(|key| !kept.contains_key(key)).map(Key::parse);
    let keys = keys.collect::<Result<Vec<_>, _>>()?;
    if keys.is_empty() { Ok(()) } else { store.delete(keys).await }
}

/// Returns the sources entries by the keys that they are published under.
pub fn by_key(name: &str, entries: &[SourcesEntry]) -> BTreeMap<String, SourcesEntry> {
    let own = |entry: &SourcesEntry| (entry_name(name, &entry.suite, usize::MAX), entry.clone());
    let mut files: BTreeMap<_, _> = entries.iter().map(own).collect();
    if let [only] = entries {
        files.insert(entry_name(name, &only.suite, 1), only.clone());
    }
    files
}

/// Returns the file name of a distribution's sources entry, the shorter one if it is the only one.
pub fn entry_name(repository: &str, suite: &Codename, distributions: usize) -> String {
    match distributions {
        1 => format!("{repository}.sources"),
        _ => format!("{repository}-{}.sources", suite.as_str().replace('/', "-")),
    }
}

async fn write(store: &Store, key: &str, bytes: Bytes) -> Result<(), StoreError> {
    let key = &Key::parse(key)?;
    loop {
        let there = store.get(key, MAX_CLIENT_FILE).await?;
        if there.as_ref().is_some_and(|object| object.bytes == bytes) {
            return Ok(());
        }
        let base = there.map(|object| object.etag);
        let written = store.replace(key, bytes.clone(), base.as_ref(), &RELEASE).await?;
        if written != Replacement::Lost {
            return Ok(());
        }
    }
}
