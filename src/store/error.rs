//! What can go wrong with a store, sorted by what the caller does next.

use std::fmt;
use std::path::PathBuf;

use crate::store::file::is_final;
use crate::store::s3::fault::{Fault, FaultKind};
use crate::store::{Key, KeyError};

/// What a backend said, kept for the chain of causes.
type Cause = Box<object_store::Error>;

/// A request to a store failed for good: whatever can be retried has been.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The credentials don't suffice: grant the permission.
    #[error("access denied: cannot {operation} '{key}' without {}", operation.permission())]
    Denied {
        /// What was tried.
        operation: Operation,
        /// On which key or prefix.
        key: String,
        /// What the store said.
        #[source]
        source: Cause,
    },
    /// There are no credentials, or the store doesn't accept them: log in, or fix the settings.
    #[error("no valid credentials to {operation} '{key}'")]
    Credentials {
        /// What was tried.
        operation: Operation,
        /// On which key or prefix.
        key: String,
        /// What the store, or the search for credentials, said.
        #[source]
        source: Cause,
    },
    /// The store can't be reached, or sheds load: try again later.
    #[error("the store is not available: cannot {operation} '{key}'")]
    Unavailable {
        /// What was tried.
        operation: Operation,
        /// On which key or prefix.
        key: String,
        /// What the last attempt met.
        #[source]
        source: Cause,
    },
    /// There is no such bucket: make it, or fix the URL.
    #[error("there is no bucket '{bucket}'")]
    MissingBucket {
        /// The bucket's name.
        bucket: String,
        /// What the store said.
        #[source]
        source: Cause,
    },
    /// The bucket lies in another region: set it.
    #[error("bucket '{bucket}' is in {}", region.as_deref().unwrap_or("another region"))]
    Region {
        /// The bucket's name.
        bucket: String,
        /// The bucket's region, where the store tells it.
        region: Option<String>,
        /// What the store said.
        #[source]
        source: Cause,
    },
    /// A conditional write may or may not have happened, or may still happen: look again later.
    #[error("it is not known whether '{key}' was written")]
    Unsettled {
        /// The key that was written.
        key: Key,
        /// Why nobody knows.
        #[source]
        source: Cause,
    },
    /// The store has no working conditional writes: don't share it between writers.
    #[error("the store does not honour conditional writes, as of '{key}'")]
    Conditions {
        /// The key that was written.
        key: String,
        /// What the store said.
        #[source]
        source: Cause,
    },
    /// A key that is written once has other bytes already: somebody else writes here.
    #[error("'{key}' is there already, with other content")]
    DifferentContent {
        /// The key.
        key: Key,
    },
    /// A file is no longer what it was when the plan was made: plan again.
    #[error("'{}' changed while it was uploaded", path.display())]
    SourceChanged {
        /// The file.
        path: PathBuf,
    },
    /// A file could not be read.
    #[error("cannot read '{}'", path.display())]
    Source {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// An object is larger than whoever reads it wants to hold, or than a store takes.
    #[error("'{key}' has {}, more than the {} allowed", crate::text::bytes(*size), crate::text::bytes(*limit))]
    TooLarge {
        /// The key.
        key: Key,
        /// Its size in bytes.
        size: u64,
        /// The bound in bytes.
        limit: u64,
    },
    /// A name can't be a key in this store.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Anything else that the store refused.
    #[error("cannot {operation} '{key}'")]
    Backend {
        /// What was tried.
        operation: Operation,
        /// On which key or prefix.
        key: String,
        /// What the store said.
        #[source]
        source: Cause,
    },
}

/// What was asked of a store; displayed as a verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Fetching an object.
    Read,
    /// Asking for an object's size and tag.
    Look,
    /// Listing keys.
    List,
    /// Storing an object.
    Write,
    /// Removing objects.
    Delete,
    /// Waiting until all that was written is durable.
    Flush,
}

impl Operation {
    /// Returns what S3 calls the permission that this takes.
    pub fn permission(self) -> &'static str {
        match self {
            Self::Read | Self::Look => {
                "s3:GetObject, and s3:ListBucket without which a missing key is denied too"
            }
            Self::List => "s3:ListBucket",
            Self::Write => "s3:PutObject",
            Self::Delete => "s3:DeleteObject",
            Self::Flush => "access to the directory",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::Look => "look up",
            Self::List => "list",
            Self::Write => "write",
            Self::Delete => "delete",
            Self::Flush => "flush",
        })
    }
}

/// What a failed write means for what comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The condition did not hold; perhaps because an earlier attempt of ours succeeded.
    Refused,
    /// Nothing was written, and another attempt may succeed.
    Shed,
    /// The request may have been carried out, may be carried out yet, or not at all.
    Unknown,
    /// Nothing was written, and nothing will be.
    Final,
}

impl Outcome {
    /// Classifies the error of a write; what isn't known to be harmless is [`Outcome::Unknown`].
    pub(super) fn of(error: &object_store::Error) -> Self {
        if let Some(fault) = Fault::within(error) {
            return match fault.kind {
                FaultKind::Refused | FaultKind::Missing => Self::Refused,
                FaultKind::Throttled | FaultKind::Unsent => Self::Shed,
                FaultKind::Conflict | FaultKind::Unknown => Self::Unknown,
                FaultKind::Denied
                | FaultKind::Credentials
                | FaultKind::MissingBucket
                | FaultKind::Region { .. }
                | FaultKind::Unsupported
                | FaultKind::Invalid => Self::Final,
            };
        }
        use object_store::Error;
        match error {
            Error::AlreadyExists { .. } | Error::Precondition { .. } | Error::NotFound { .. } => {
                Self::Refused
            }
            Error::InvalidPath { .. }
            | Error::NotSupported { .. }
            | Error::NotImplemented { .. }
            | Error::PermissionDenied { .. }
            | Error::Unauthenticated { .. }
            | Error::UnknownConfigurationKey { .. } => Self::Final,
            error if is_final(error) => Self::Final,
            _ => Self::Unknown,
        }
    }
}

impl StoreError {
    /// Sorts what a backend said about `operation` on `key`.
    pub(super) fn new(operation: Operation, key: &str, error: object_store::Error) -> Self {
        let (key, source) = (crate::text::printable(key), Box::new(error));
        let fault = Fault::within(&*source);
        match (fault.map(|fault| &fault.kind), &*source) {
            (Some(FaultKind::MissingBucket), _) => {
                let bucket = fault.map(|fault| fault.bucket.clone()).unwrap_or_default();
                Self::MissingBucket { bucket, source }
            }
            (Some(FaultKind::Region { region }), _) => {
                let bucket = fault.map(|fault| fault.bucket.clone()).unwrap_or_default();
                Self::Region { bucket, region: region.clone(), source }
            }
            (Some(FaultKind::Credentials), _)
            | (_, object_store::Error::Unauthenticated { .. }) => {
                Self::Credentials { operation, key, source }
            }
            (Some(FaultKind::Denied), _) | (_, object_store::Error::PermissionDenied { .. }) => {
                Self::Denied { operation, key, source }
            }
            (_, object_store::Error::NotSupported { .. }) if operation == Operation::Write => {
                Self::Conditions { key, source }
            }
            (Some(FaultKind::Throttled | FaultKind::Unsent | FaultKind::Unknown), _) => {
                Self::Unavailable { operation, key, source }
            }
            _ => Self::Backend { operation, key, source },
        }
    }

    /// Returns whether the same request may succeed later without anybody changing anything.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Unsettled { .. })
    }

    /// Returns what the store itself said, in one line, where a store said something.
    pub fn fault(&self) -> Option<&Fault> {
        Fault::within(self)
    }
}

/// Returns the key that a backend's error names.
pub(super) fn place(error: &object_store::Error) -> Option<String> {
    use object_store::Error;
    if let Some(fault) = Fault::within(error) {
        return Some(fault.key.clone());
    }
    match error {
        Error::NotFound { path, .. }
        | Error::PermissionDenied { path, .. }
        | Error::Unauthenticated { path, .. } => Some(path.clone()),
        _ => None,
    }
}
