//! The index files of a published distribution, read by their hashes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _};

use crate::apt::packages::{self, PackagesError};
use crate::apt::path;
use crate::apt::release::{IndexEntry, Release};
use crate::blocking;
use crate::compression::{self, Compression};
use crate::debian::architecture::Architecture;
use crate::debian::suite::{Codename, Component};
use crate::digest::Sha256;
use crate::published::LoadError;
use crate::snapshot::state::State;
use crate::snapshot::{Distribution, Package, PackageId, Packages, Provenance};
use crate::store::{Key, Store, StoreError};
use crate::time::Timestamp;

/// No index is larger, compressed or not; Debian's own is 50 MB.
const MAX_INDEX: u64 = 2 << 30;

/// The order in which forms of an index are read where several are there: fastest first.
const PREFERENCE: [Compression; 4] =
    [Compression::Zstd, Compression::Gzip, Compression::Xz, Compression::None];

/// Returns the state file that a Release lists; none if it lists none.
pub async fn state(
    store: &Store,
    codename: &Codename,
    release: &Release,
) -> Result<Option<State>, LoadError> {
    if !release.files.iter().any(|file| file.path.starts_with(path::STATE)) {
        return Ok(None);
    }
    let Index { key, bytes } = fetch(store, codename, release, path::STATE).await?;
    let state = State::parse(&bytes).map_err(|reason| LoadError::State { key, reason })?;
    Ok(Some(state))
}

/// Returns the content of a published distribution.
pub async fn distribution(
    store: &Store,
    codename: &Codename,
    release: &Release,
    state: &State,
) -> Result<Distribution, LoadError> {
    let indices = release.components.iter().flat_map(|component| {
        release.architectures.iter().map(move |architecture| (component, architecture))
    });
    let read = |(component, architecture): (&Component, &Architecture)| {
        let path = path::packages(component, architecture);
        let component = component.clone();
        async move {
            let index = fetch(store, codename, release, &path).await?;
            let packages = blocking::cpu(move || parse(index)).await?;
            Ok::<_, LoadError>((component, packages))
        }
    };
    let reads: Vec<_> = indices.map(read).collect();
    let lists: Vec<(Component, Vec<(PackageId, Package)>)> =
        futures::stream::iter(reads).buffered(store.jobs()).try_collect().await?;
    let mut components: BTreeMap<Component, Packages> =
        release.components.iter().map(|component| (component.clone(), Packages::new())).collect();
    for (component, list) in lists {
        let packages = components.entry(component.clone()).or_default();
        for (id, package) in list {
            packages.entry(id).or_insert(package);
        }
    }
    for (component, packages) in &mut components {
        for (id, package) in packages {
            if let Some(provenance) = state.provenance(component, id) {
                package.provenance = provenance;
            }
        }
    }
    let signers = state.signed_by.iter().filter_map(|fingerprint| fingerprint.parse().ok());
    Ok(Distribution {
        identity: release.identity.clone(),
        architectures: release.architectures.clone(),
        compression: state.compression.clone(),
        signed_by: signers.collect(),
        components,
        component_order: release.components.clone(),
    })
}

/// An index file's content, uncompressed and verified.
struct Index {
    key: String,
    bytes: Vec<u8>,
}

async fn fetch(
    store: &Store,
    codename: &Codename,
    release: &Release,
    listed_path: &str,
) -> Result<Index, LoadError> {
    let missing = || LoadError::Missing { key: path::in_distribution(codename, listed_path) };
    let plain = release.file(listed_path).ok_or_else(missing)?.clone();
    let forms = PREFERENCE.into_iter().filter_map(|form| {
        let entry = release.file(&format!("{listed_path}{}", form.extension()))?;
        Some((form, entry))
    });
    let (form, entry) = forms.into_iter().next().ok_or_else(missing)?;
    let (key, bytes) = by_hash(store, codename, entry).await?;
    let altered = key.clone();
    let bytes = blocking::cpu(move || unpack(form, &bytes, &plain)).await;
    let bytes = bytes.ok_or(LoadError::Altered { key: altered })?;
    Ok(Index { key, bytes })
}

/// Returns a listed file's key and its bytes, verified.
pub async fn by_hash(
    store: &Store,
    codename: &Codename,
    entry: &IndexEntry,
) -> Result<(String, Bytes), LoadError> {
    let key = path::by_hash(codename, &entry.path, &entry.sha256);
    let object = store.get(&Key::parse(&key).map_err(StoreError::from)?, MAX_INDEX).await?;
    let object = object.ok_or_else(|| LoadError::Missing { key: key.clone() })?;
    if matches(entry, &object.bytes) {
        Ok((key, object.bytes))
    } else {
        Err(LoadError::Altered { key })
    }
}

fn matches(entry: &IndexEntry, bytes: &[u8]) -> bool {
    entry.size == bytes.len() as u64 && entry.sha256 == Sha256::of(bytes)
}

/// Returns the uncompressed content, if it is what Release lists.
pub fn unpack(form: Compression, bytes: &[u8], plain: &IndexEntry) -> Option<Vec<u8>> {
    if plain.size > MAX_INDEX {
        return None;
    }
    let out = compression::decompress(form, bytes, plain.size).ok()?;
    matches(plain, &out).then_some(out)
}

fn parse(index: Index) -> Result<Vec<(PackageId, Package)>, LoadError> {
    let Index { key, bytes } = index;
    let unreadable = |reason| LoadError::Packages { key: key.clone(), reason };
    let text = String::from_utf8(bytes).map_err(|_| LoadError::Altered { key: key.clone() })?;
    let entry = |package: Result<packages::IndexedPackage<'_>, PackagesError>| {
        let package = package.map_err(unreadable)?;
        let id = PackageId {
            name: package.name,
            version: package.version,
            architecture: package.architecture,
        };
        // The state file has the provenance of all that this tool published.
        let provenance = Provenance {
            sources: BTreeSet::new(),
            published_at: Timestamp::UNIX_EPOCH,
            superseded_at: None,
        };
        Ok((id, Package { stanza: Arc::from(package.stanza), file: package.file, provenance }))
    };
    packages::parse(&text).map(entry).collect()
}
