//! The store's own time, for whatever must not depend on the clocks of its writers.

use super::probe::HEADERS;
use super::{Key, Operation, Replacement, Store, StoreError};
use crate::digest::hex;
use crate::time::Timestamp;

impl Store {
    /// Returns the store's present time: writes an object under `scratch`, looks when the store
    /// says that it was written, and removes it.
    ///
    /// `scratch` must be a prefix that no other run uses.
    ///
    /// # Errors
    ///
    /// When the store refuses the write or does not answer as it should.
    pub async fn now(&self, scratch: &str) -> Result<Timestamp, StoreError> {
        let key = Key::parse(format!("{scratch}/clock"))?;
        // The time of an older one would be the wrong one.
        while self.replace(&key, nonce().into(), None, &HEADERS).await? == Replacement::Lost {
            self.delete(vec![key.clone()]).await?;
        }
        let entry = self.head(&key).await?;
        // It harms nobody if it stays.
        let _ = self.delete(vec![key.clone()]).await;
        let missing = || object_store::Error::Generic {
            store: "store",
            source: "an object that was just written is not there".into(),
        };
        entry
            .map(|entry| entry.last_modified)
            .ok_or_else(|| StoreError::new(Operation::Look, key.as_str(), missing()))
    }
}

/// Returns bytes that nobody else writes.
fn nonce() -> String {
    hex(&rand::random::<[u8; 16]>())
}
