//! OpenPGP signatures over Release files, made and verified by GnuPG through `gpgme`.
//!
//! Knows texts, keys and times; it has never heard of APT. Secrets live in a private GnuPG home
//! (`home`) for as long as a [`GpgSigner`] does, or stay in the user's gpg-agent. It never asks
//! the clock: the caller says when a signature is made, and it is then never older than the key.
//!
//! It refuses keys that apt would refuse ([`KeyProblem`]), and texts that clear-signing would
//! change ([`TextProblem`]), before anything is signed.

mod agent;
mod armor;
mod error;
mod gpg;
mod home;
mod key;
mod packets;
mod passphrase;
mod secret;
#[cfg(test)]
mod tests;
mod verify;
mod watch;

pub use error::{KeyProblem, SignError, TextProblem, VerifyError};
pub use gpg::GpgSigner;
pub use key::{KeyWarning, PublicKey, SigningKey, describe_public_keys};
pub use secret::{KeySpec, Secret, SecretText};
pub use verify::{SignatureState, SignatureStatus, Verified, Verifier};

use crate::time::Timestamp;

/// Signs texts with one or more keys at once.
pub trait Signer: Send + Sync {
    /// Returns the keys that sign, in signing order.
    fn keys(&self) -> &[PublicKey];

    /// Returns `text` clear-signed by all keys in one armor block, as `InRelease` has it.
    ///
    /// `at` is the wished time of the signature; see [`Signer::signature_time`].
    fn clear_sign(&self, text: &[u8], at: Timestamp) -> Result<Vec<u8>, SignError>;

    /// Returns one armored block with the detached signatures of all keys, as `Release.gpg` has
    /// it.
    fn detach_sign(&self, text: &[u8], at: Timestamp) -> Result<Vec<u8>, SignError>;

    /// Returns what [`Signer::clear_sign`] and [`Signer::detach_sign`] make of a text.
    fn sign_both(&self, text: &[u8], at: Timestamp) -> Result<(Vec<u8>, Vec<u8>), SignError> {
        Ok((self.clear_sign(text, at)?, self.detach_sign(text, at)?))
    }

    /// Returns the public keys, armored and without what others certified: a keyring for clients.
    fn public_keyring(&self) -> Result<Vec<u8>, SignError>;

    /// Returns the time that a signature wished for `at` will carry: `at`, but not before the
    /// youngest of the signing keys.
    ///
    /// sqv (apt 2.9.19 and later) has no tolerance at either end: it refuses a signature from its
    /// future, so callers backdate, and one that is older than the key that made it.
    fn signature_time(&self, at: Timestamp) -> Timestamp {
        let births = self.keys().iter().map(|key| key.valid_from);
        births.fold(crate::time::whole_second(at), Timestamp::max)
    }
}
