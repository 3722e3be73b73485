//! Why what is published can't be built on.

use crate::apt::packages::PackagesError;
use crate::apt::release::ReleaseError;
use crate::debian::suite::Codename;
use crate::sign::VerifyError;
use crate::snapshot::state::StateError;
use crate::store::StoreError;

/// Why a published repository can't be planned over.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The store did not answer as it should.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An object under the prefix is not of repoman's making.
    #[error("{key} was not published by repoman")]
    NotMine {
        /// The object.
        key: String,
    },
    /// The repository is another one than the manifest declares.
    #[error("{codename} belongs to the repository `{recorded}`, not to `{declared}`")]
    WrongRepository {
        /// The distribution.
        codename: Codename,
        /// The name in its state file.
        recorded: String,
        /// The name in the manifest.
        declared: String,
    },
    /// The public keys of the repository are not where clients find them.
    #[error("{key} is missing, so the signatures can't be verified")]
    Keyring {
        /// The object.
        key: String,
    },
    /// A signature is bad, or its key is not in the keyring.
    #[error("{key} is not to be trusted")]
    Signature {
        /// The object.
        key: String,
        /// Why.
        #[source]
        reason: VerifyError,
    },
    /// None of the manifest's keys signed a distribution.
    #[error("{key} is not signed by a key of the manifest; signatures: {}", found.join(", "))]
    Stranger {
        /// The object.
        key: String,
        /// Who signed it, and what the signatures are worth.
        found: Vec<String>,
    },
    /// A commit point is that of another distribution.
    #[error("{key} is the one of {codename}")]
    Misplaced {
        /// The object.
        key: String,
        /// The distribution that it was published as.
        codename: String,
    },
    /// An object that is needed is not there.
    #[error("{key} is missing")]
    Missing {
        /// The object.
        key: String,
    },
    /// An object's bytes are not those that were published.
    #[error("{key} does not have the content that its Release file lists")]
    Altered {
        /// The object.
        key: String,
    },
    /// Several objects can't be used.
    #[error("several published objects can't be used")]
    Several(Vec<LoadError>),
    /// A Release file can't be read.
    #[error("{key} can't be read")]
    Release {
        /// The object.
        key: String,
        /// Why.
        #[source]
        reason: ReleaseError,
    },
    /// A `Packages` file can't be read.
    #[error("{key} can't be read")]
    Packages {
        /// The object.
        key: String,
        /// Why.
        #[source]
        reason: PackagesError,
    },
    /// A state file can't be read.
    #[error("{key} can't be read")]
    State {
        /// The object.
        key: String,
        /// Why.
        #[source]
        reason: StateError,
    },
}

impl LoadError {
    /// Returns all values, or all errors as one.
    pub(super) fn all<T>(results: Vec<Result<T, Self>>) -> Result<Vec<T>, Self> {
        let (mut values, mut errors) = (Vec::new(), Vec::new());
        for result in results {
            match result {
                Ok(value) => values.push(value),
                Err(Self::Several(several)) => errors.extend(several),
                Err(error) => errors.push(error),
            }
        }
        match errors.len() {
            0 => Ok(values),
            1 => Err(errors.remove(0)),
            _ => Err(Self::Several(errors)),
        }
    }
}
