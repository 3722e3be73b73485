//! What can go wrong with a store, sorted by what the caller does next.

use std::error::Error;
use std::fmt;
use std::path::PathBuf;

use crate::store::file::is_final;
use crate::store::s3::fault::{Fault, FaultKind};
use crate::store::{Key, KeyError};

/// What a backend said: a [`Fault`] of S3, an I/O error of a directory, or its own kind.
type Cause = Box<dyn Error + Send + Sync>;

/// A request to a store failed for good: whatever can be retried has been.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The credentials don't suffice: grant the permission.
    #[error("access denied: cannot {operation} '{key}' without {permission}")]
    Denied {
        /// What it takes, as S3's policies or the file system call it.
        permission: &'static str,
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
    /// The store can't be reached, or does not answer in time: try again later.
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
    /// The store went on asking to slow down: try again later, with fewer requests at once.
    #[error("the store asks to slow down: cannot {operation} '{key}'")]
    Throttled {
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
    /// A write may or may not have happened, or may still happen: look again later.
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
    /// A file could not be written.
    #[error("cannot write '{}'", path.display())]
    Destination {
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
    fn permission(self) -> &'static str {
        match self {
            Self::Read | Self::Look => {
                "s3:GetObject, and s3:ListBucket without which a missing key is denied too"
            }
            Self::List => "s3:ListBucket",
            Self::Write => "s3:PutObject",
            Self::Delete => "s3:DeleteObject",
            Self::Flush => self.access(),
        }
    }

    /// Returns what a file system calls the permission that this takes.
    fn access(self) -> &'static str {
        match self {
            Self::Read | Self::Look | Self::List => "read permission",
            Self::Write | Self::Delete | Self::Flush => "write permission",
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
        match kind(error) {
            FaultKind::Refused | FaultKind::Missing => Self::Refused,
            FaultKind::Throttled | FaultKind::Unsent => Self::Shed,
            FaultKind::Conflict | FaultKind::Unknown => Self::Unknown,
            FaultKind::Denied
            | FaultKind::Credentials
            | FaultKind::MissingBucket
            | FaultKind::Region { .. }
            | FaultKind::Unsupported
            | FaultKind::Invalid => Self::Final,
        }
    }
}

/// Returns what a backend's error means: S3's own word, or what comes closest to it.
fn kind(error: &object_store::Error) -> FaultKind {
    use object_store::Error;
    if let Some(fault) = Fault::within(error) {
        return fault.kind.clone();
    }
    match error {
        Error::AlreadyExists { .. } | Error::Precondition { .. } => FaultKind::Refused,
        Error::NotFound { .. } => FaultKind::Missing,
        Error::PermissionDenied { .. } => FaultKind::Denied,
        Error::Unauthenticated { .. } => FaultKind::Credentials,
        Error::NotSupported { .. } | Error::NotImplemented { .. } => FaultKind::Unsupported,
        Error::InvalidPath { .. } | Error::UnknownConfigurationKey { .. } => FaultKind::Invalid,
        error if is_final(error) => FaultKind::Invalid,
        _ => FaultKind::Unknown,
    }
}

impl StoreError {
    /// Sorts what a backend said about `operation` on `key`.
    pub(super) fn new(operation: Operation, key: &str, error: object_store::Error) -> Self {
        let (kind, key) = (kind(&error), crate::text::printable(key));
        let bucket = Fault::within(&error).map(|fault| fault.bucket.clone()).unwrap_or_default();
        let source = cause(error);
        match kind {
            FaultKind::MissingBucket => Self::MissingBucket { bucket, source },
            FaultKind::Region { region } => Self::Region { bucket, region, source },
            FaultKind::Credentials => Self::Credentials { operation, key, source },
            FaultKind::Denied => {
                let permission = match Fault::within(&*source) {
                    Some(_) => operation.permission(),
                    None => operation.access(),
                };
                Self::Denied { permission, operation, key, source }
            }
            FaultKind::Unsupported if operation == Operation::Write => {
                Self::Conditions { key, source }
            }
            FaultKind::Throttled => Self::Throttled { operation, key, source },
            FaultKind::Unsent | FaultKind::Unknown => Self::Unavailable { operation, key, source },
            FaultKind::Refused
            | FaultKind::Conflict
            | FaultKind::Missing
            | FaultKind::Unsupported
            | FaultKind::Invalid => Self::Backend { operation, key, source },
        }
    }

    /// Returns whether the same request may succeed later without anybody changing anything.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Throttled { .. } | Self::Unsettled { .. })
    }

    /// Returns what the store itself said, in one line, where a store said something.
    pub fn fault(&self) -> Option<&Fault> {
        Fault::within(self)
    }
}

/// Takes off the wrapper that repeats what is inside.
pub(super) fn cause(error: object_store::Error) -> Cause {
    use object_store::Error;
    match error {
        Error::Generic { source, .. }
        | Error::NotFound { source, .. }
        | Error::AlreadyExists { source, .. }
        | Error::Precondition { source, .. }
        | Error::PermissionDenied { source, .. }
        | Error::Unauthenticated { source, .. }
        | Error::NotSupported { source } => source,
        error => error.into(),
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

#[cfg(test)]
mod tests {
    use object_store::Error;

    use super::*;

    fn generic(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        Error::Generic { store: "file", source: source.into() }
    }

    #[test]
    fn whatever_is_not_known_to_be_harmless_is_unknown() {
        let path = || "a".to_owned();
        for (error, outcome) in [
            (Error::AlreadyExists { path: path(), source: "".into() }, Outcome::Refused),
            (Error::Precondition { path: path(), source: "".into() }, Outcome::Refused),
            (Error::PermissionDenied { path: path(), source: "".into() }, Outcome::Final),
            (generic(std::io::Error::from(rustix::io::Errno::NOSPC)), Outcome::Final),
            (generic(std::io::Error::from(rustix::io::Errno::IO)), Outcome::Unknown),
            (generic("some fault that a simulation made up"), Outcome::Unknown),
        ] {
            assert_eq!(Outcome::of(&error), outcome, "{error:?}");
        }
    }

    #[test]
    fn a_directory_does_not_speak_of_policies() {
        let source = std::io::Error::from(std::io::ErrorKind::PermissionDenied).into();
        let error = Error::PermissionDenied { path: "a".to_owned(), source };
        let error = StoreError::new(Operation::Write, "a", error).to_string();
        assert_eq!(error, "access denied: cannot write 'a' without write permission");
    }

    #[test]
    fn a_cause_is_told_once() {
        let error = StoreError::new(Operation::Write, "a\nb", generic("why not"));
        assert!(error.is_transient() && error.fault().is_none());
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        assert_eq!(cause.as_deref(), Some("why not"));
        assert!(!error.to_string().contains('\n'), "{error}");
    }
}
