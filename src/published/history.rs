//! The generations before the current one, along the chain of their digests.

use crate::apt::release::Release;
use crate::apt::{clear_sign, path};
use crate::debian::suite::Codename;
use crate::digest::Sha256;
use crate::published::{LoadError, MAX_RELEASE, index, parse_release};
use crate::snapshot::Distribution;
use crate::snapshot::state::{Parent, State};
use crate::store::{Key, Store, StoreError};

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
    let content = index::distribution(store, codename, &generation.release, &generation.state);
    Ok(content.await?.distribution)
}
