//! What listings met and could not return; nobody should have to wonder where it went.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// How many names are remembered: enough to show what is wrong.
const MOST: usize = 1000;

/// Names of objects that no key here can stand for; shared by all clones.
#[derive(Debug, Clone, Default)]
pub(super) struct Unlistable(Arc<Mutex<BTreeSet<String>>>);

impl Unlistable {
    /// Remembers a name.
    pub(super) fn note(&self, name: impl Into<String>) {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if names.len() < MOST {
            names.insert(name.into());
        }
    }

    /// Returns the names so far, sorted.
    pub(super) fn names(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}
