//! Verification of clear-signed texts and detached signatures against a given keyring, and nothing
//! else.
//!
//! Stricter than gpg about what surrounds the text: what apt would not read as signed is refused,
//! so nothing can be smuggled before, between or behind.

use std::collections::BTreeMap;
use std::fmt;

use super::home::{Agent, Home};
use super::key::part_fingerprint;
use super::{SignError, VerifyError};
use crate::fingerprint::Fingerprint;
use crate::time::Timestamp;

/// Verifies texts against public keys.
#[derive(Debug)]
pub struct Verifier {
    home: Home,
    /// The primary key of every part of a known key.
    primaries: BTreeMap<Fingerprint, Fingerprint>,
}

/// A text that a known key vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The text that was signed.
    pub text: Vec<u8>,
    /// All signatures, in their order; those of unknown keys too.
    pub signers: Vec<SignatureStatus>,
}

/// One signature and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureStatus {
    /// The signing key as the signature names it: fingerprint, or only its id if it is unknown.
    pub issuer: String,
    /// The fingerprint of the primary key, if it is known.
    pub fingerprint: Option<Fingerprint>,
    /// The fingerprint of the subkey or primary key that signed, if it is told.
    pub signing_key: Option<Fingerprint>,
    /// When it was made, if it is told.
    pub made_at: Option<Timestamp>,
    /// Whether it counts.
    pub state: SignatureState,
}

/// What a signature is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureState {
    /// It is right and the key is in force.
    Good,
    /// It is right, but the key or the signature has expired since.
    Expired,
    /// It is right, but the key has been revoked.
    Revoked,
    /// The keyring doesn't have the key: nothing can be said.
    UnknownKey,
    /// The text is not what was signed, or the signature is not acceptable.
    Bad,
}

impl Verifier {
    /// Returns a verifier that trusts all keys of a keyring, armored or binary, and only them.
    ///
    /// `now` decides which of them have expired.
    pub fn new(public_keys: &[u8], now: Timestamp) -> Result<Self, VerifyError> {
        let home = Home::create(Agent::None, now)?;
        home.context()?.import(public_keys).map_err(|_| VerifyError::NoKeys)?;
        let mut primaries = BTreeMap::new();
        let mut context = home.context()?;
        let keys =
            context.keys().map_err(|source| SignError::Gpg { action: "list keys", source })?;
        for key in keys.map_while(Result::ok) {
            let Some(primary) = part_fingerprint(key.primary_key()) else { continue };
            let parts = key.subkeys().filter_map(|part| part_fingerprint(Some(part)));
            primaries.extend(parts.map(|part| (part, primary)));
        }
        if primaries.is_empty() { Err(VerifyError::NoKeys) } else { Ok(Self { home, primaries }) }
    }

    /// Verifies a clear-signed text, such as an `InRelease`.
    ///
    /// At least one known key must vouch for it, and no known key's signature may be bad: what
    /// both gpgv and sqv accept. A key that has expired since does vouch; see the signers.
    pub fn verify_clear_signed(&self, bytes: &[u8]) -> Result<Verified, VerifyError> {
        check_framing(bytes).map_err(VerifyError::Framing)?;
        let mut text = Vec::new();
        let result = self.home.context()?.verify_opaque(bytes, &mut text);
        let result = result.map_err(|source| SignError::Gpg { action: "verify", source })?;
        Ok(Verified { text, signers: self.vouching(&result)? })
    }

    /// Verifies the detached, armored signature of a text, such as `Release.gpg`, and returns who
    /// made it.
    ///
    /// What counts is what counts for [`Verifier::verify_clear_signed`]. Binary signatures are
    /// refused, as apt refuses them.
    pub fn verify_detached(
        &self,
        text: &[u8],
        signature: &[u8],
    ) -> Result<Vec<SignatureStatus>, VerifyError> {
        check_block(signature).map_err(VerifyError::Framing)?;
        let result = self.home.context()?.verify_detached(signature, text);
        let result = result.map_err(|source| SignError::Gpg { action: "verify", source })?;
        self.vouching(&result)
    }

    /// Returns the signatures, if at least one vouches and none is bad.
    fn vouching(
        &self,
        result: &gpgme::VerificationResult,
    ) -> Result<Vec<SignatureStatus>, VerifyError> {
        let signers: Vec<_> =
            result.signatures().map(|signature| self.status(&signature)).collect();
        let any = |wanted: &[SignatureState]| signers.iter().any(|s| wanted.contains(&s.state));
        if any(&[SignatureState::Good, SignatureState::Expired]) && !any(&[SignatureState::Bad]) {
            Ok(signers)
        } else {
            Err(VerifyError::Untrusted(signers))
        }
    }

    fn status(&self, signature: &gpgme::Signature<'_>) -> SignatureStatus {
        let issuer = signature.fingerprint().unwrap_or_default();
        let signing_key = issuer.parse().ok();
        SignatureStatus {
            issuer: issuer.to_owned(),
            fingerprint: signing_key.and_then(|key| self.primaries.get(&key).copied()),
            signing_key,
            made_at: signature.creation_time().and_then(|time| Timestamp::try_from(time).ok()),
            state: state(signature.status()),
        }
    }
}

impl fmt::Display for SignatureStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            SignatureState::Good => "good",
            SignatureState::Expired => "expired",
            SignatureState::Revoked => "revoked",
            SignatureState::UnknownKey => "unknown key",
            SignatureState::Bad => "bad",
        };
        write!(f, "{}: {state}", self.issuer)
    }
}

fn state(status: gpgme::Result<()>) -> SignatureState {
    let Err(error) = status else { return SignatureState::Good };
    let is = |known: gpgme::Error| known.code() == error.code();
    if is(gpgme::Error::KEY_EXPIRED) || is(gpgme::Error::SIG_EXPIRED) {
        SignatureState::Expired
    } else if is(gpgme::Error::CERT_REVOKED) {
        SignatureState::Revoked
    } else if is(gpgme::Error::NO_PUBKEY) {
        SignatureState::UnknownKey
    } else {
        SignatureState::Bad
    }
}

/// Checks that `bytes` are one clear-signed text from the first byte to the last, as apt does
/// (`SplitClearSignedFile`), and with no armor header that changes how the text is read.
fn check_framing(bytes: &[u8]) -> Result<(), &'static str> {
    let mut lines = lines(bytes);
    if lines.next() != Some(b"-----BEGIN PGP SIGNED MESSAGE-----") {
        return Err("it doesn't begin with a signed message");
    }
    if !lines.by_ref().take_while(|line| !line.is_empty()).all(|line| line.starts_with(b"Hash: ")) {
        return Err("it has an armor header other than Hash");
    }
    let marker = lines.by_ref().find(|line| line.starts_with(b"-") && !line.starts_with(b"- "));
    if marker != Some(b"-----BEGIN PGP SIGNATURE-----") {
        return Err("its text is not followed by a signature");
    }
    check_signatures(lines)
}

/// Checks that `bytes` are armored signatures from the first byte to the last.
fn check_block(bytes: &[u8]) -> Result<(), &'static str> {
    let mut lines = lines(bytes);
    match lines.next() {
        Some(b"-----BEGIN PGP SIGNATURE-----") => check_signatures(lines),
        _ => Err("it doesn't begin with an armored signature"),
    }
}

/// Returns the lines of a text, whatever ends them; the last one may lack its end.
fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

/// Checks that only signature blocks follow; the first one's begin has been read.
fn check_signatures<'a>(mut lines: impl Iterator<Item = &'a [u8]>) -> Result<(), &'static str> {
    loop {
        let end = lines.by_ref().find(|line| line.starts_with(b"-"));
        if end != Some(b"-----END PGP SIGNATURE-----") {
            return Err("its signature has no end");
        }
        match lines.next() {
            None => return Ok(()),
            Some(b"-----BEGIN PGP SIGNATURE-----") => {}
            Some(_) => return Err("something follows its signature"),
        }
    }
}
