//! Who vouches for what is published.
//!
//! What an apply builds on gets signed again. Somebody who can write to the store but has no key
//! could otherwise have the owner sign packages that the owner has never seen.

use std::sync::Arc;

use bytes::Bytes;

use crate::apt::path;
use crate::blocking;
use crate::fingerprint::Fingerprint;
use crate::published::LoadError;
use crate::sign::{SignatureState, Verifier};
use crate::store::{Key, Store, StoreError};
use crate::time::Timestamp;

/// No keyring is larger.
pub const MAX_KEYRING: u64 = 1 << 20;

/// Whose repository is expected in a store.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// `[repository] name`.
    pub name: &'a str,
    /// The keys that the manifest defines; none if it declares an unsigned repository.
    pub keys: &'a [Fingerprint],
    /// The present time, for the expiry of keys.
    pub now: Timestamp,
}

/// Verifies what is published against the keys of the manifest.
#[derive(Clone)]
pub struct Trust {
    verifier: Arc<Verifier>,
    keys: Vec<Fingerprint>,
    /// The public keys as they are published.
    pub keyring: Bytes,
}

impl Trust {
    /// Gets ready to verify, with the public keys that are published for clients; none if they are
    /// not there.
    ///
    /// Where they come from does not matter: only keys whose fingerprints the manifest names count.
    pub async fn new(store: &Store, expected: Expected<'_>) -> Result<Option<Self>, LoadError> {
        let key = path::keyring(expected.name);
        let object = store.get(&Key::parse(&key).map_err(StoreError::from)?, MAX_KEYRING).await?;
        let Some(object) = object else { return Ok(None) };
        let (now, keyring) = (expected.now, object.bytes.clone());
        let verifier = blocking::cpu(move || Verifier::new(&object.bytes, now)).await;
        let verifier = verifier.map_err(|reason| LoadError::Signature { key, reason })?;
        Ok(Some(Self { verifier: Arc::new(verifier), keys: expected.keys.to_vec(), keyring }))
    }

    /// Returns the text that one of the manifest's keys signed, from a clear-signed file.
    ///
    /// # Errors
    ///
    /// When none did, or when a known key's signature is bad.
    pub async fn text(&self, key: &str, bytes: &Bytes) -> Result<String, LoadError> {
        let (verifier, bytes) = (Arc::clone(&self.verifier), bytes.clone());
        let verified = blocking::cpu(move || verifier.verify_clear_signed(&bytes)).await;
        let verified =
            verified.map_err(|reason| LoadError::Signature { key: key.to_owned(), reason })?;
        let vouches = |state| matches!(state, SignatureState::Good | SignatureState::Expired);
        let mut signers = verified.signers.iter().filter(|signer| vouches(signer.state));
        if signers.any(|signer| signer.fingerprint.is_some_and(|f| self.keys.contains(&f))) {
            let not_mine = |_| LoadError::NotMine { key: key.to_owned() };
            return String::from_utf8(verified.text).map_err(not_mine);
        }
        let found = verified.signers.iter().map(ToString::to_string).collect();
        Err(LoadError::Stranger { key: key.to_owned(), found })
    }
}
