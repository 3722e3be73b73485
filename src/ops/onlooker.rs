//! What is published, as anybody sees it who has the public address and no listing.
//!
//! Only what something names can be asked for: what the manifest at hand declares or has removed, and
//! what the manifests declare that were applied last. Without these, what is published and not
//! declared any more would be overlooked.

use std::collections::BTreeSet;

use crate::debian::suite::Codename;
use crate::manifest::{self, Manifest};
use crate::published::{self, Expected, LoadError, Published, manifests, walk};
use crate::store::Store;

/// Reads all distributions that are known of.
///
/// # Errors
///
/// When what is there can't be read, or is not to be trusted.
pub async fn load(
    store: &Store,
    expected: Expected<'_>,
    manifest: &Manifest,
) -> Result<Published, LoadError> {
    let named = named(manifest);
    let (mut objects, _) = walk::walk(store, named.clone()).await?;
    let published = published::load_listed(store, expected, objects.clone()).await?;
    let mut others = recorded(store, &published, manifest).await?;
    others.retain(|codename| !named.contains(codename));
    if others.is_empty() {
        return Ok(published);
    }
    objects.extend(walk::walk(store, others).await?.0);
    published::load_listed(store, expected, objects).await
}

/// Returns the distributions that a manifest declares, and those that it has removed.
fn named(manifest: &Manifest) -> BTreeSet<Codename> {
    let declared = manifest.distributions.keys();
    let removed = manifest.removed.keys().filter_map(|address| address.parse().ok());
    declared.cloned().chain(removed).collect()
}

/// Returns the distributions that the manifests declare by which those at hand were published.
async fn recorded(
    store: &Store,
    published: &Published,
    manifest: &Manifest,
) -> Result<BTreeSet<Codename>, LoadError> {
    let digests = published.heads.values().map(|head| head.state.manifest.sha256);
    let digests: BTreeSet<_> = digests.filter(|digest| *digest != manifest.digest).collect();
    let mut declared = BTreeSet::new();
    for digest in digests {
        let Some(text) = manifests::text(store, &digest).await? else { continue };
        // One that can't be read any more names nothing.
        if let Ok(parsed) = manifest::parse_for(&text, manifest.environment.as_deref()) {
            declared.extend(parsed.manifest.distributions.into_keys());
        }
    }
    Ok(declared)
}
