//! Deletes objects, as long as what is known of the store is young enough.

use std::collections::BTreeSet;

use crate::published::Sight;
use crate::store::{Key, Stopped, Store, StoreError};
use crate::time::Clock;

/// What a sweep has done.
#[derive(Debug)]
#[must_use = "what is not known to be gone may be there"]
pub struct Swept {
    /// What the store has confirmed to be gone.
    pub gone: BTreeSet<String>,
    /// Why the rest is not gone; nothing if there is no rest.
    pub stopped: Option<Stopped>,
}

/// Deletes objects that may be deleted by what was seen of the store.
///
/// Before each request it is made sure that this was not too long ago.
pub async fn delete(store: &Store, names: &[String], sight: Sight, clock: &Clock) -> Swept {
    let keys: Result<Vec<Key>, _> = names.iter().map(Key::parse).collect();
    let keys = match keys {
        Ok(keys) => keys,
        Err(error) => {
            let failed = Stopped::Failed(StoreError::from(error));
            return Swept { gone: BTreeSet::new(), stopped: Some(failed) };
        }
    };
    let deletion = store.delete_while(&keys, &|| !sight.is_outdated(clock())).await;
    let gone = names[..deletion.gone].iter().cloned().collect();
    Swept { gone, stopped: deletion.stopped }
}
