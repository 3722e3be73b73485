//! The generations before the current one, along the chain of their digests.

use std::collections::BTreeMap;

use crate::apt::release::Release;
use crate::apt::{clear_sign, path};
use crate::debian::architecture::Architecture;
use crate::debian::suite::{Codename, Component};
use crate::digest::Sha256;
use crate::published::{LoadError, MAX_RELEASE, index, parse_release};
use crate::snapshot::state::{Parent, State};
use crate::snapshot::{Distribution, Package, PackageId};
use crate::store::{Entry, Key, Store, StoreError};

/// A generation as its record keeps it.
#[derive(Debug, Clone)]
pub struct Generation {
    /// Its Release file.
    pub release: Release,
    /// Its state.
    pub state: State,
}

/// Returns a generation's parent; nothing if its record is not kept any more.
///
/// The parent's digest stands in the state of a verified generation, so what has it is genuine.
///
/// # Errors
///
/// When the record or what it names is not what was published.
pub async fn parent(
    store: &Store,
    codename: &Codename,
    parent: &Parent,
) -> Result<Option<Generation>, LoadError> {
    let name = path::history(codename, parent.generation, &parent.in_release);
    let key = Key::parse(&name).map_err(StoreError::from)?;
    let Some(object) = store.get(&key, MAX_RELEASE).await? else {
        return Ok(None);
    };
    let altered = || LoadError::Altered { key: name.clone() };
    if Sha256::of(&object.bytes) != parent.in_release {
        return Err(altered());
    }
    let file = std::str::from_utf8(&object.bytes).map_err(|_| altered())?;
    // The record of an unsigned generation is its plain Release file.
    let release = match clear_sign::signed_text(file) {
        Ok(text) => parse_release(&name, &text)?,
        Err(_) => parse_release(&name, file)?,
    };
    let state = index::state(store, codename, &release).await;
    match state {
        Ok(state) => Ok(state.map(|state| Generation { release, state })),
        Err(LoadError::Missing { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Tells whether an index of an earlier generation still is in a listing of `dists/`, in any form.
pub fn has_index(
    objects: &BTreeMap<String, Entry>,
    codename: &Codename,
    generation: &Generation,
    (component, architecture): (&Component, &Architecture),
) -> bool {
    let path = path::packages(component, architecture);
    let forms = generation.state.compression.iter();
    let mut files =
        forms.filter_map(|form| generation.release.file(&format!("{path}{}", form.extension())));
    files.any(|file| objects.contains_key(&path::by_hash(codename, &file.path, &file.sha256)))
}

/// Returns what an index of an earlier generation lists.
///
/// # Errors
///
/// When it is not there any more, or is not what was published.
pub async fn packages(
    store: &Store,
    codename: &Codename,
    generation: &Generation,
    index: (&Component, &Architecture),
) -> Result<Vec<(PackageId, Package)>, LoadError> {
    index::packages(store, codename, generation, index).await
}

/// Returns what an earlier generation held.
///
/// # Errors
///
/// When an index is not there any more, or is not what was published.
pub async fn content(
    store: &Store,
    codename: &Codename,
    generation: &Generation,
) -> Result<Distribution, LoadError> {
    let Generation { release, state } = generation;
    let indices = index::indices(store, codename, release).await;
    let content = index::distribution(store, codename, (release, state), indices);
    Ok(content.await?.distribution)
}
