//! What can be wrong with keys, texts and signatures, and what to do about it.

use std::path::PathBuf;

use super::SignatureStatus;
use crate::fingerprint::Fingerprint;
use crate::time::{Timestamp, day};

/// Why nothing was signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// One of the keys can't sign, or must not.
    #[error("signing key '{name}': {problem}")]
    Key {
        /// What the manifest calls the key.
        name: String,
        /// What is wrong with it.
        problem: KeyProblem,
    },
    /// There is no key at all.
    #[error("no signing key is given")]
    NoKeys,
    /// Keys of several agents, or of an agent and of key blocks, can't share one armor block.
    #[error("signing keys from a gpg-agent and from elsewhere can't sign together")]
    MixedSecrets,
    /// Clear-signing would sign something else than the text.
    #[error("text to sign {0}")]
    Text(#[from] TextProblem),
    /// The `gpg` or `gpgconf` program is missing or broken.
    #[error("GnuPG can't be run")]
    NoGnuPg(#[source] Option<std::io::Error>),
    /// No directory for the private GnuPG home can be written to.
    #[error("no directory for a private GnuPG home is writable (tried {})", paths(.tried))]
    Home {
        /// The directories that were tried.
        tried: Vec<PathBuf>,
        /// What the last of them said.
        #[source]
        source: std::io::Error,
    },
    /// No gpg-agent answers: the user's, or the one that was to be started.
    #[error("gpg-agent can't be reached")]
    Agent(#[source] std::io::Error),
    /// The process that guards the private GnuPG home can't be started.
    #[error("failed to start a shell that guards the private GnuPG home")]
    Watch(#[source] std::io::Error),
    /// The private GnuPG home can't be written to any more.
    #[error("failed to write to the private GnuPG home")]
    Write(#[source] std::io::Error),
    /// GnuPG failed in a way that has no name here.
    #[error("gpg failed to {action}")]
    Gpg {
        /// What it was asked for.
        action: &'static str,
        /// What it said, often little.
        #[source]
        source: gpgme::Error,
    },
    /// GnuPG made other signatures than it was asked for.
    #[error("gpg made {0}")]
    Unexpected(&'static str),
}

/// Why one key can't sign, or must not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyProblem {
    /// The secret is empty.
    #[error("its secret is empty")]
    Empty,
    /// The secret is not an armored OpenPGP key, or a damaged one.
    #[error("its secret is not an intact armored OpenPGP private key block")]
    NotAKey,
    /// A public key was given as the secret.
    #[error("its secret is a public key block")]
    PublicOnly,
    /// The block holds other keys than the wanted one.
    #[error("its secret holds {}, not {wanted}", list(.held))]
    Mismatch {
        /// The fingerprint of the manifest.
        wanted: Fingerprint,
        /// The secret keys that are there.
        held: Vec<Fingerprint>,
    },
    /// The key is listed a second time.
    #[error("it is the same key as '{0}'")]
    SameAs(String),
    /// The user's keyring doesn't have the key.
    #[error("{0} is not in the user's keyring")]
    NotInKeyring(Fingerprint),
    /// The secret of no usable signing key is at hand.
    #[error("the secret of its signing key is not available")]
    NoSecret,
    /// The key or its only signing subkey is past its end.
    #[error("expired on {}", day(*.0))]
    Expired(Timestamp),
    /// The key is revoked.
    #[error("it is revoked")]
    Revoked,
    /// The key says that it was made after now.
    #[error("created on {}, which is in the future", day(*.0))]
    FromFuture(Timestamp),
    /// Neither the key nor a subkey may sign.
    #[error("it has no part that may sign")]
    NotForSigning,
    /// GnuPG finds no valid self-signature.
    #[error("it is invalid: no user id has a valid self-signature")]
    Invalid,
    /// apt refuses signatures of such keys.
    #[error("apt refuses {0} keys")]
    Weak(String),
    /// Its self-signature uses a hash that sqv (apt 3) refuses.
    #[error("its self-signature uses SHA-1, which apt refuses")]
    WeakSelfSignature,
    /// The secret is protected and no passphrase was given.
    #[error("it needs a passphrase")]
    PassphraseMissing,
    /// The passphrase doesn't open the secret.
    #[error("its passphrase is wrong")]
    PassphraseWrong,
    /// A first signature failed.
    #[error("gpg can't sign with it: {0}")]
    Unusable(gpgme::Error),
}

/// Why a text can't be clear-signed as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextProblem {
    /// The last line has no end.
    #[error("doesn't end with a newline")]
    NoFinalNewline,
    /// Clear-signing drops blanks at the ends of lines (RFC 4880, section 7.1).
    #[error("has blanks at the end of line {0}")]
    TrailingBlank(usize),
    /// gpg cuts off lines of over 19990 bytes.
    #[error("has a line that is too long for gpg, line {0}")]
    LongLine(usize),
}

/// Why a text is not accepted as signed.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The bytes are not one clear-signed text, or not armored signatures, and nothing else.
    #[error("not signed as apt accepts it: {0}")]
    Framing(&'static str),
    /// No known key vouches for the text, or a known key's signature is bad.
    #[error("not signed by a trusted key ({})", signers(.0))]
    Untrusted(Vec<SignatureStatus>),
    /// The keyring holds no public key.
    #[error("keyring holds no OpenPGP public key")]
    NoKeys,
    /// GnuPG can't do its part.
    #[error(transparent)]
    Gpg(#[from] SignError),
}

impl SignError {
    /// Returns what the user can do about it, if there is something.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Key { problem, .. } => problem.hint(),
            Self::NoKeys => Some("name at least one key in [signing] keys"),
            Self::MixedSecrets => {
                Some("give every key as env: or file:, or import all of them into one agent")
            }
            Self::NoGnuPg(_) => Some("install the packages gnupg and gpg-agent"),
            Self::Agent(_) => {
                Some("is the package gpg-agent installed? try `gpgconf --launch gpg-agent`")
            }
            Self::Home { .. } => Some("make /tmp writable, or set TMPDIR to a short path"),
            Self::Text(_)
            | Self::Watch(_)
            | Self::Write(_)
            | Self::Gpg { .. }
            | Self::Unexpected(_) => None,
        }
    }
}

impl KeyProblem {
    /// Returns what the user can do about it, if there is something.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Empty => Some("is the variable or the file set here?"),
            Self::NotAKey | Self::PublicOnly => {
                Some("export it with `gpg --armor --export-secret-keys FINGERPRINT`")
            }
            Self::Mismatch { .. } => {
                Some("correct the fingerprint (of the primary key) or give the other secret")
            }
            Self::NotInKeyring(_) => Some("import the key, or set GNUPGHOME"),
            Self::NoSecret => Some("see `gpg --list-secret-keys`: `#` marks a missing secret"),
            Self::Expired(_) => {
                Some("extend it with `gpg --quick-set-expire`, publish it, give the new secret")
            }
            Self::Revoked | Self::Weak(_) => Some("sign with another key, ed25519 or rsa4096"),
            Self::WeakSelfSignature => {
                Some("renew it with `gpg --cert-digest-algo SHA512 --quick-set-expire`")
            }
            Self::FromFuture(_) => Some("check this machine's clock"),
            Self::NotForSigning => Some("add a signing subkey with `gpg --quick-add-key`"),
            Self::PassphraseMissing | Self::PassphraseWrong => {
                Some("set `passphrase = \"env:VARIABLE\"` of the key")
            }
            Self::SameAs(_) => Some("list it once in [signing] keys"),
            Self::Invalid | Self::Unusable(_) => None,
        }
    }
}

fn list(items: &[impl ToString]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn paths(paths: &[PathBuf]) -> String {
    list(&paths.iter().map(|path| path.display()).collect::<Vec<_>>())
}

fn signers(signers: &[SignatureStatus]) -> String {
    if signers.is_empty() { "no signature".to_owned() } else { list(signers) }
}
