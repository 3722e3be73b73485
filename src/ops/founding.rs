//! The first publication in a store: is it fit, and whose will it be?

use bytes::Bytes;
use serde::Serialize;

use crate::apt::path;
use crate::commit::run::CommitError;
use crate::commit::script::RELEASE;
use crate::digest::Sha256;
use crate::store::{Conditions, Key, Store, StoreError};

/// No descriptor is larger.
const MAX_DESCRIPTOR: u64 = 1 << 16;

/// What a store says of itself, in `.repoman/store.json`.
#[derive(Debug, Serialize)]
struct Descriptor<'a> {
    kind: &'static str,
    format_version: &'static str,
    repository: &'a str,
    /// Which program tried the store's conditional writes and found that they hold.
    conditional_writes: &'a str,
}

/// Makes sure that a store in which nothing is published can hold a repository, once.
///
/// `scratch` names this run; nothing else uses it.
///
/// # Errors
///
/// When the store ignores the conditions of conditional writes, or can't be written to.
pub async fn found(
    store: &Store,
    repository: &str,
    tool: &str,
    scratch: &str,
) -> Result<(), CommitError> {
    let key = Key::parse(path::STORE_DESCRIPTOR).map_err(StoreError::from)?;
    if store.get(&key, MAX_DESCRIPTOR).await?.is_some() {
        return Ok(());
    }
    if let Conditions::Fail { fault } = store.probe(&path::scratch(scratch)).await? {
        return Err(CommitError::Unfit { fault });
    }
    let descriptor = Descriptor {
        kind: "repoman.store",
        format_version: "1.0",
        repository,
        conditional_writes: tool,
    };
    let text = serde_json::to_string(&descriptor).expect("a descriptor has only strings");
    let bytes = Bytes::from(text + "\n");
    let created = store.create(&key, bytes.clone(), Sha256::of(&bytes), &RELEASE).await;
    match created {
        // Another first publication was faster; its descriptor is as good.
        Ok(_) | Err(StoreError::DifferentContent { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
