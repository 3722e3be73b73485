//! What a store says of itself, in `.repoman/store.json`.
//!
//! It is no part of what is published: where it is gone, the next apply makes it anew. One of a
//! newer format is left as it is.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::apt::path;
use crate::store::{Conditions, Etag, Key, Store, StoreError};

/// No descriptor is larger.
const MAX_DESCRIPTOR: u64 = 1 << 16;
const KIND: &str = "repoman.store";
const FORMAT: &str = "1.0";

/// A store's own account of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Descriptor {
    kind: String,
    format_version: String,
    /// The repository in it.
    pub repository: String,
    /// What came out when its conditional writes were tried.
    pub conditional_writes: Trial,
}

/// What came out when the conditional writes of a store were tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// The server that was tried; nothing for AWS and directories.
    pub endpoint: Option<String>,
    /// The program that tried.
    pub tool: String,
    /// What the store did instead of honouring them; nothing if they hold.
    pub fault: Option<String>,
}

/// A descriptor as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The version of the object.
    pub etag: Etag,
    /// What it says; nothing if that is of another format.
    pub descriptor: Option<Descriptor>,
}

impl Descriptor {
    /// Returns the descriptor of a store that `tool` has just tried.
    pub fn new(store: &Store, repository: &str, tool: &str, found: Conditions) -> Self {
        let fault = match found {
            Conditions::Hold => None,
            Conditions::Fail { fault } => Some(fault.to_owned()),
        };
        let endpoint = store.endpoint().map(str::to_owned);
        Self {
            kind: KIND.to_owned(),
            format_version: FORMAT.to_owned(),
            repository: repository.to_owned(),
            conditional_writes: Trial { endpoint, tool: tool.to_owned(), fault },
        }
    }

    /// Returns its text.
    pub fn to_bytes(&self) -> Bytes {
        let text = serde_json::to_string(self).expect("a descriptor has only strings");
        Bytes::from(text + "\n")
    }

    /// Returns what is known of the server at which `store` is reached now.
    pub fn trial(&self, store: &Store) -> Option<&Trial> {
        let trial = &self.conditional_writes;
        (trial.endpoint.as_deref() == store.endpoint()).then_some(trial)
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let descriptor: Self = serde_json::from_slice(bytes).ok()?;
        let is_known = descriptor.kind == KIND && descriptor.format_version.starts_with("1.");
        is_known.then_some(descriptor)
    }
}

/// Returns the descriptor of a store, if there is one.
///
/// # Errors
///
/// When it can't be read.
pub async fn read(store: &Store) -> Result<Option<Record>, StoreError> {
    let object = match store.get(&Key::parse(path::STORE_DESCRIPTOR)?, MAX_DESCRIPTOR).await {
        Ok(object) => object,
        Err(StoreError::TooLarge { .. }) => None,
        Err(error) => return Err(error),
    };
    Ok(object.map(|object| {
        let descriptor = Descriptor::parse(&object.bytes);
        Record { etag: object.etag, descriptor }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_other_formats_are_not() {
        let store = Store::in_memory();
        let fault = "it replaces an object by an outdated tag";
        let written = Descriptor::new(&store, "acme", "repoman 1", Conditions::Fail { fault });
        let text = String::from_utf8(written.to_bytes().to_vec()).unwrap();
        let read = Descriptor::parse(text.as_bytes()).unwrap();
        assert_eq!(read, written);
        assert_eq!(read.trial(&store).unwrap().fault.as_deref(), Some(fault));
        for other in
            [text.replace("\"1.0\"", "\"2.0\""), text.replace("repoman.store", "x"), "{".into()]
        {
            assert_eq!(Descriptor::parse(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn what_is_known_of_one_server_says_nothing_of_another() {
        let store = Store::in_memory();
        let mut descriptor = Descriptor::new(&store, "acme", "repoman 1", Conditions::Hold);
        assert!(descriptor.trial(&store).is_some());
        descriptor.conditional_writes.endpoint = Some("https://s3.example.org".to_owned());
        assert_eq!(descriptor.trial(&store), None);
    }
}
