//! `drift`: is what is published really in the store?

use std::collections::BTreeMap;
use std::path::Path;

use crate::drift::{self, Depth, DriftError, Expected};
use crate::manifest::Manifest;
use crate::ops::client_files;
use crate::report::{Drift, Observe};
use crate::store::Store;
use crate::time::Timestamp;

/// What a store is looked through for.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// The manifest.
    pub manifest: &'a Manifest,
    /// The directory that its paths are relative to.
    pub root: &'a Path,
    /// How much is read.
    pub depth: Depth,
    /// The time at which expiry is judged.
    pub now: Timestamp,
}

/// Finds everything in a store that is not as it was published; writes nothing.
///
/// Sources are not read: what they offer is a plan's business.
///
/// # Errors
///
/// When the store can't be read, or GnuPG can't verify signatures.
pub async fn drift(
    question: Question<'_>,
    store: &Store,
    observe: &dyn Observe,
) -> Result<Drift, DriftError> {
    let expected = expected(question);
    let facts = drift::read(store, &expected, question.depth, observe).await?;
    Ok(drift::judge(&facts, &expected))
}

pub(super) fn expected(question: Question<'_>) -> Expected {
    let Question { manifest, root, now, .. } = question;
    let signing = &manifest.signing;
    let mut keys: BTreeMap<_, _> = signing.known.iter().map(|key| (*key, None)).collect();
    keys.extend(signing.keys.iter().map(|key| (key.fingerprint, Some(key.name.clone()))));
    let name = manifest.repository.name.clone();
    let entries = client_files::by_key(&name, &client_files::entries(manifest, root));
    let declared = manifest.distributions.keys().cloned().collect();
    let unmanaged = manifest.store.unmanaged.clone();
    Expected { name, keys, declared, entries, unmanaged, now }
}
