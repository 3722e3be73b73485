//! Why an apply failed.

use crate::commit::run::CommitError;
use crate::debian::suite::Codename;
use crate::ops::contents::FileListError;
use crate::published::LoadError;
use crate::sign::SignError;
use crate::time::Timestamp;

/// Why an apply failed.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// Writing failed.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// What is published can't be read.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// Signing failed.
    #[error("failed to sign {codename}")]
    Sign {
        /// The distribution.
        codename: Codename,
        /// Why.
        #[source]
        reason: SignError,
    },
    /// The public keys can't be exported.
    #[error("failed to export the public keys")]
    Keyring(#[source] SignError),
    /// Index files can't be made.
    #[error("failed to compress the index files of {codename}")]
    Index {
        /// The distribution.
        codename: Codename,
        /// Why.
        #[source]
        reason: std::io::Error,
    },
    /// `Contents` files can't be made.
    #[error("the files of {package} can't be listed")]
    Files {
        /// The key of the package file.
        package: String,
        /// Why.
        #[source]
        reason: Box<FileListError>,
    },
    /// Checksums that are to be listed can't be computed.
    #[error("the checksums of {package} can't be told")]
    Checksums {
        /// The key of the package file.
        package: String,
        /// Why.
        #[source]
        reason: Box<FileListError>,
    },
    /// Each time, what was read of the store was too old before anything could be published on it.
    #[error("{codename} could not be published within half an hour of reading the store")]
    TooSlow {
        /// The distribution.
        codename: Codename,
    },
    /// The published Date is ahead of the clock, and Date must never go backwards.
    #[error("{codename} was published with a Date in the future ({published})")]
    ClockBehind {
        /// The distribution.
        codename: Codename,
        /// Its Date.
        published: Timestamp,
    },
}
