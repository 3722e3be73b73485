//! Public keys as messages and checks need them, and which of them apt trusts.

use gpgme::KeyListMode;

use super::home::{Agent, Home};
use super::packets::{Kind, SelfSignature};
use super::{KeyProblem, SignError, VerifyError};
use crate::fingerprint::Fingerprint;
use crate::time::{Timestamp, day};

/// A public key, described at one point in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// What the manifest calls it; empty if it comes from a keyring.
    pub name: String,
    /// The fingerprint of the primary key.
    pub fingerprint: Fingerprint,
    /// The first user id, as it is in the key: not safe to print as it is.
    pub user_id: String,
    /// The algorithm of the primary key: `ed25519`, `rsa4096`.
    pub algorithm: String,
    /// When the primary key was made.
    pub created: Timestamp,
    /// When the primary key ends, if ever.
    pub expires: Option<Timestamp>,
    /// The part that signs: a subkey or the primary key itself; `None` if there is none.
    pub signing: Option<SigningKey>,
    /// The earliest time that a signature by it may carry: when its parts were made and, for a
    /// key that signs, when they were last vouched for.
    pub valid_from: Timestamp,
}

/// The part of a key that makes its signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKey {
    /// Its own fingerprint; equal to that of the primary key if that one signs.
    pub fingerprint: Fingerprint,
    /// Its algorithm.
    pub algorithm: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends, if ever.
    pub expires: Option<Timestamp>,
}

/// What will stop a key that works today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyWarning {
    /// It ends within the next 30 days.
    #[error("expires on {}", day(*.0))]
    ExpiresSoon(Timestamp),
    /// apt's policy ends RSA below 3072 bits on 2030-02-01 (default-sequoia.config of apt 3).
    #[error("apt accepts RSA keys of less than 3072 bits until 2030-02-01 only")]
    ShortRsa,
}

impl PublicKey {
    /// Returns what the key's owner should see to, as of `now`.
    pub fn warnings(&self, now: Timestamp) -> Vec<KeyWarning> {
        let horizon = crate::time::shifted(now, 30 * 86_400);
        let parts = self.signing.iter().map(|part| (&part.algorithm, part.expires));
        let parts: Vec<_> = parts.chain([(&self.algorithm, self.expires)]).collect();
        let end = parts.iter().filter_map(|(_, expires)| *expires).min();
        let short = parts.iter().any(|(name, _)| rsa_bits(name).is_some_and(|bits| bits < 3072));
        end.filter(|end| *end <= horizon)
            .map(KeyWarning::ExpiresSoon)
            .into_iter()
            .chain(short.then_some(KeyWarning::ShortRsa))
            .collect()
    }
}

/// Returns the keys of a keyring, armored or binary, in its order.
pub fn describe_public_keys(keyring: &[u8], now: Timestamp) -> Result<Vec<PublicKey>, VerifyError> {
    let home = Home::create(Agent::None, now)?;
    let mut context = home.context()?;
    let found = context.read_keys(keyring).map_err(|_| VerifyError::NoKeys)?;
    // An error doesn't end the listing by itself.
    let found = found.map_while(Result::ok);
    let keys: Vec<_> = found.filter_map(|key| describe("", &key, now)).collect();
    if keys.is_empty() { Err(VerifyError::NoKeys) } else { Ok(keys) }
}

/// Returns the key of a home with this fingerprint, with its secret parts marked.
pub(super) fn find(home: &Home, wanted: Fingerprint) -> Result<Option<gpgme::Key>, SignError> {
    let failed = |source| SignError::Gpg { action: "list keys", source };
    let mut context = home.context()?;
    context.add_key_list_mode(KeyListMode::WITH_SECRET).map_err(failed)?;
    let keys = context.find_keys([wanted.to_string()]).map_err(failed)?;
    let mut keys = keys.map_while(Result::ok);
    Ok(keys.find(|key| part_fingerprint(key.primary_key()) == Some(wanted)))
}

/// Describes a key; `None` if it is none that a fingerprint of version 4 can name.
pub(super) fn describe(name: &str, key: &gpgme::Key, now: Timestamp) -> Option<PublicKey> {
    let primary = part(&key.primary_key()?)?;
    let user_id = key.user_ids().next().map(|id| String::from_utf8_lossy(text(id.id_raw())).into());
    let signing =
        signing_parts(key).filter(|part| is_alive(part, now)).max_by_key(|part| part.created);
    let valid_from = signing.iter().map(|part| part.created).fold(primary.created, Timestamp::max);
    Some(PublicKey {
        name: name.to_owned(),
        fingerprint: primary.fingerprint,
        user_id: user_id.unwrap_or_default(),
        algorithm: primary.algorithm,
        created: primary.created,
        expires: primary.expires,
        signing,
        valid_from,
    })
}

/// Tells what keeps a key from signing at `now`; whether its secret opens is another matter.
pub(super) fn judge(key: &gpgme::Key, now: Timestamp) -> Result<(), KeyProblem> {
    let primary = key.primary_key().as_ref().and_then(part).ok_or(KeyProblem::NotAKey)?;
    if key.is_revoked() {
        return Err(KeyProblem::Revoked);
    }
    if primary.created > now {
        return Err(KeyProblem::FromFuture(primary.created));
    }
    if let Some(end) = primary.expires.filter(|end| *end <= now) {
        return Err(KeyProblem::Expired(end));
    }
    if key.is_invalid() || key.user_ids().next().is_none() {
        return Err(KeyProblem::Invalid);
    }
    judge_algorithm(&primary.algorithm)?;
    judge_signing_parts(key, now)
}

fn judge_signing_parts(key: &gpgme::Key, now: Timestamp) -> Result<(), KeyProblem> {
    let parts: Vec<_> = signing_parts(key).collect();
    let last_end = parts.iter().filter_map(|part| part.expires).max();
    let Some(chosen) =
        parts.into_iter().filter(|part| is_alive(part, now)).max_by_key(|part| part.created)
    else {
        return Err(last_end.map_or(KeyProblem::NotForSigning, KeyProblem::Expired));
    };
    if chosen.created > now {
        return Err(KeyProblem::FromFuture(chosen.created));
    }
    let has_secret = key
        .subkeys()
        .any(|part| part.is_secret() && part_fingerprint(Some(part)) == Some(chosen.fingerprint));
    if !has_secret {
        return Err(KeyProblem::NoSecret);
    }
    judge_algorithm(&chosen.algorithm)
}

/// Refuses a key that vouches for itself only by a weak hash, and notes since when it does.
///
/// sqv looks for self-signatures as of the time of a signature: one that is older than them is
/// refused, even if the key is not younger.
pub(super) fn judge_self_signatures(
    key: &mut PublicKey,
    signatures: &[SelfSignature],
) -> Result<(), KeyProblem> {
    let subkey = key.signing.as_ref().filter(|part| part.fingerprint != key.fingerprint);
    let subkey_created = subkey.map(|part| part.created);
    let of_user_ids = signatures.iter().filter(|signature| signature.kind == Kind::UserId);
    let of_subkey = signatures.iter().filter(|signature| {
        signature.kind == Kind::Subkey && Some(signature.part_created) == subkey_created
    });
    for relevant in [of_user_ids.collect::<Vec<_>>(), of_subkey.collect()] {
        if !relevant.is_empty() && relevant.iter().all(|signature| signature.is_weak) {
            return Err(KeyProblem::WeakSelfSignature);
        }
        let made = relevant.iter().map(|signature| signature.made);
        key.valid_from = made.fold(key.valid_from, Timestamp::max);
    }
    Ok(())
}

/// Lets pass what every apt since 2.6 accepts: measured, and `APT::Key::Assert-Pubkey-Algo`.
fn judge_algorithm(name: &str) -> Result<(), KeyProblem> {
    let accepted = matches!(name, "ed25519" | "nistp256" | "nistp384" | "nistp521")
        || rsa_bits(name).is_some_and(|bits| bits >= 2048);
    if accepted { Ok(()) } else { Err(KeyProblem::Weak(name.to_owned())) }
}

fn rsa_bits(name: &str) -> Option<u32> {
    name.strip_prefix("rsa")?.parse().ok()
}

/// Returns the parts that may sign and are not revoked, whether or not they are alive.
fn signing_parts(key: &gpgme::Key) -> impl Iterator<Item = SigningKey> {
    let usable = key.subkeys().filter(|part| {
        part.can_sign() && !part.is_revoked() && !part.is_invalid() && !part.is_disabled()
    });
    usable.filter_map(|found| part(&found))
}

fn is_alive(part: &SigningKey, now: Timestamp) -> bool {
    part.expires.is_none_or(|end| end > now)
}

fn part(part: &gpgme::Subkey<'_>) -> Option<SigningKey> {
    let time = |time| Timestamp::try_from(time).ok();
    Some(SigningKey {
        fingerprint: part.fingerprint().ok()?.parse().ok()?,
        algorithm: part.algorithm_name().ok()?,
        created: time(part.creation_time()?)?,
        expires: part.expiration_time().and_then(time),
    })
}

/// Returns the fingerprint of a part of a key.
pub(super) fn part_fingerprint(part: Option<gpgme::Subkey<'_>>) -> Option<Fingerprint> {
    part?.fingerprint().ok()?.parse().ok()
}

fn text(raw: Option<&std::ffi::CStr>) -> &[u8] {
    raw.map_or(b"", std::ffi::CStr::to_bytes)
}
