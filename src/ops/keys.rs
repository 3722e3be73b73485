//! `keys`: which key signs what since when, and when it may leave.

use std::collections::{BTreeMap, BTreeSet};

use crate::apt::path;
use crate::blocking;
use crate::debian::suite::Codename;
use crate::fingerprint::Fingerprint;
use crate::manifest::Manifest;
use crate::plan::Seniority;
use crate::plan::rotation::successor;
use crate::published::{self, Expected, LoadError, MAX_KEYRING};
use crate::report::{KeyRecord, Leave, PublicRecord};
use crate::sign::{PublicKey, describe_public_keys};
use crate::store::{Key, Store, StoreError};
use crate::time::Timestamp;

/// Returns the keys that the manifest has sign, in its order, and then those that it has sign no
/// more.
///
/// # Errors
///
/// When what is published can't be read or is not to be trusted.
pub async fn keys(
    store: &Store,
    manifest: &Manifest,
    now: Timestamp,
) -> Result<Vec<KeyRecord>, LoadError> {
    let (name, keys) = (&manifest.repository.name, &manifest.signing.known);
    let heads = published::heads(store, Expected { name, keys, now }).await?;
    let seniorities: BTreeMap<_, _> =
        heads.iter().map(|(codename, head)| (codename, head.seniority())).collect();
    let keyring = keyring(store, name, now).await.map_err(LoadError::Store)?;
    let declared: Vec<Fingerprint> =
        manifest.signing.keys.iter().map(|key| key.fingerprint).collect();
    let signing: BTreeSet<_> = seniorities.values().flat_map(|since| since.keys()).collect();
    let leaving = signing.into_iter().filter(|key| !declared.contains(key));
    let all = declared.iter().chain(leaving);
    let record = |key: &Fingerprint| {
        let of = |(codename, since): (&&Codename, &Seniority)| {
            Some(((*codename).clone(), *since.get(key)?))
        };
        let signing = manifest.signing.keys.iter().find(|signing| signing.fingerprint == *key);
        let others = declared.iter().filter(|other| *other != key);
        KeyRecord {
            fingerprint: *key,
            name: signing.map(|signing| signing.name.clone()),
            public: keyring.iter().find(|public| public.fingerprint == *key).map(public),
            since: seniorities.iter().filter_map(of).collect(),
            leave: leave(key, others, manifest, seniorities.values()),
        }
    };
    Ok(all.map(record).collect())
}

fn public(key: &PublicKey) -> PublicRecord {
    let PublicKey { user_id, algorithm, created, expires, .. } = key;
    let (user_id, algorithm) = (user_id.clone(), algorithm.clone());
    PublicRecord { user_id, algorithm, created: *created, expires: *expires }
}

/// Returns when a key may leave: once in each distribution that it signs another key has signed for
/// long enough.
fn leave<'a>(
    key: &Fingerprint,
    others: impl Iterator<Item = &'a Fingerprint> + Clone,
    manifest: &Manifest,
    distributions: impl Iterator<Item = &'a Seniority>,
) -> Leave {
    let signed = distributions.filter(|since| since.contains_key(key));
    let overlap = manifest.signing.overlap;
    let successors: Option<Vec<_>> =
        signed.map(|since| successor(others.clone(), since, overlap)).collect();
    let Some(successors) = successors else { return Leave::Alone };
    let last = successors.into_iter().max_by_key(|(_, at)| *at);
    last.map_or(Leave::Idle, |(successor, at)| Leave::From { at, successor })
}

/// Returns the published public keys; none if they are not there, or are none.
async fn keyring(store: &Store, name: &str, now: Timestamp) -> Result<Vec<PublicKey>, StoreError> {
    let object = store.get(&Key::parse(path::keyring(name))?, MAX_KEYRING).await?;
    let Some(object) = object else { return Ok(Vec::new()) };
    let keys = blocking::cpu(move || describe_public_keys(&object.bytes, now)).await;
    Ok(keys.unwrap_or_default())
}
