//! Signing with GnuPG: every key is brought into one private home, judged, proved, and then used.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use gpgme::{ExportMode, HashAlgorithm, PassphraseRequest, PinentryMode, SignMode};

use super::home::{Agent, Home, context_in};
use super::key::{self, describe, judge, judge_self_signatures};
use super::packets::self_signatures;
use super::passphrase::PassphraseDesk;
use super::{
    KeyProblem, KeySpec, PublicKey, Secret, SecretText, SignError, Signer, TextProblem, agent,
    armor,
};
use crate::fingerprint::Fingerprint;
use crate::time::{Timestamp, whole_second};

/// Signs with secrets in a private GnuPG home, or in the user's gpg-agent.
///
/// The home and its agent are gone when this is dropped.
#[derive(Debug)]
pub struct GpgSigner {
    public: Vec<PublicKey>,
    secret: Vec<LoadedKey>,
    /// One text at a time: the time of its signatures stands in the home's configuration.
    home: Mutex<Home>,
}

/// A key that is ready to sign.
#[derive(Debug)]
struct LoadedKey {
    name: String,
    key: gpgme::Key,
    /// The public key, in binary.
    exported: Vec<u8>,
    passphrase: Option<SecretText>,
    prompt: PinentryMode,
}

impl LoadedKey {
    fn new(spec: &KeySpec, key: gpgme::Key, exported: Vec<u8>) -> Self {
        // An empty variable is how a build system spells that there is none.
        let passphrase = spec.passphrase.clone().filter(|text| !text.expose().is_empty());
        let prompt = match (&spec.secret, &passphrase) {
            (Secret::Agent { .. }, None) => PinentryMode::Default,
            (Secret::Agent { .. }, Some(_)) | (Secret::Armored(_), _) => PinentryMode::Loopback,
        };
        Self { name: spec.name.clone(), key, exported, passphrase, prompt }
    }
}

impl GpgSigner {
    /// Loads the keys and proves each with a signature that is thrown away.
    ///
    /// A key of an agent may so ask its user for a passphrase now, and not after a long upload.
    /// `now` is what the keys' validity is judged by.
    ///
    /// # Errors
    ///
    /// Tells about every key that can't sign, in the order of `specs`.
    pub fn open(specs: &[KeySpec], now: Timestamp) -> Result<Self, Vec<SignError>> {
        let home = home_for(specs, now).map_err(|error| vec![error])?;
        let (mut public, mut secret, mut problems) = (Vec::new(), Vec::new(), Vec::new());
        for (index, spec) in specs.iter().enumerate() {
            match load_once(&home, &specs[..index], spec, now) {
                Ok((public_key, secret_key)) => {
                    public.push(public_key);
                    secret.push(secret_key);
                }
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() {
            Ok(Self { public, secret, home: Mutex::new(home) })
        } else {
            Err(problems)
        }
    }

    /// Returns where the secrets are.
    #[cfg(test)]
    pub(super) fn home_path(&self) -> std::path::PathBuf {
        self.home.lock().unwrap().path().to_owned()
    }

    fn home(&self) -> MutexGuard<'_, Home> {
        // A signature that panicked has left nothing in the home that the next one relies on.
        self.home.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Signer for GpgSigner {
    fn keys(&self) -> &[PublicKey] {
        &self.public
    }

    fn clear_sign(&self, text: &[u8], at: Timestamp) -> Result<Vec<u8>, SignError> {
        let at = self.signature_time(at);
        clear_sign(&self.home(), &self.secret, text, at)
    }

    fn detach_sign(&self, text: &[u8], at: Timestamp) -> Result<Vec<u8>, SignError> {
        let at = self.signature_time(at);
        sign(&self.home(), &self.secret, SignMode::Detached, text, at)
    }

    fn sign_both(&self, text: &[u8], at: Timestamp) -> Result<(Vec<u8>, Vec<u8>), SignError> {
        let at = self.signature_time(at);
        let home = &*self.home();
        let clear = || clear_sign(home, &self.secret, text, at);
        let detach = || sign(home, &self.secret, SignMode::Detached, text, at);
        // An agent that may have to ask somebody is asked for one thing at a time.
        if self.secret.iter().any(|key| key.prompt == PinentryMode::Default) {
            return Ok((clear()?, detach()?));
        }
        // Not on the pool: who waits there does other work meanwhile, which might want this home.
        let (clear, detached) = std::thread::scope(|scope| {
            let detached = scope.spawn(detach);
            (clear(), detached.join())
        });
        let detached = detached.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok((clear?, detached?))
    }

    fn public_keyring(&self) -> Result<Vec<u8>, SignError> {
        let keys: Vec<_> = self.secret.iter().map(|key| key.exported.as_slice()).collect();
        Ok(armor::public_keys(&keys.concat()))
    }
}

/// Creates the home that suits the secrets: with an agent of its own, or the user's.
fn home_for(specs: &[KeySpec], now: Timestamp) -> Result<Home, SignError> {
    let agent_home = |spec: &KeySpec| match &spec.secret {
        Secret::Armored(_) => None,
        Secret::Agent { home } => Some(home.clone()),
    };
    let first = agent_home(specs.first().ok_or(SignError::NoKeys)?);
    if specs.iter().any(|spec| agent_home(spec) != first) {
        return Err(SignError::MixedSecrets);
    }
    let agent = match first {
        None => Agent::Own,
        Some(user_home) => Agent::Borrowed(agent::of_user(user_home.as_deref())?),
    };
    Home::create(agent, now)
}

/// Loads a key unless it is among the `earlier` ones: gpg would sign with it only once.
fn load_once(
    home: &Home,
    earlier: &[KeySpec],
    spec: &KeySpec,
    now: Timestamp,
) -> Result<(PublicKey, LoadedKey), SignError> {
    match earlier.iter().find(|other| other.fingerprint == spec.fingerprint) {
        None => load(home, spec, now),
        Some(other) => {
            let problem = KeyProblem::SameAs(other.name.clone());
            Err(SignError::Key { name: spec.name.clone(), problem })
        }
    }
}

/// Brings one key into the home and makes sure that it can sign.
fn load(home: &Home, spec: &KeySpec, now: Timestamp) -> Result<(PublicKey, LoadedKey), SignError> {
    let failed = |problem| SignError::Key { name: spec.name.clone(), problem };
    let key = bring(home, spec)?;
    judge(&key, now).map_err(failed)?;
    let mut public = describe(&spec.name, &key, now).ok_or_else(|| failed(KeyProblem::NotAKey))?;
    let exported = export(home, spec.fingerprint)?;
    judge_self_signatures(&mut public, &self_signatures(&exported)).map_err(failed)?;
    let secret = LoadedKey::new(spec, key, exported);
    let proof_time = public.valid_from.max(whole_second(now));
    sign(home, std::slice::from_ref(&secret), SignMode::Detached, b"proof", proof_time)?;
    Ok((public, secret))
}

/// Brings the wanted key, with or without others, into the home.
fn bring(home: &Home, spec: &KeySpec) -> Result<gpgme::Key, SignError> {
    let wanted = spec.fingerprint;
    let held = match &spec.secret {
        Secret::Armored(block) => import_secret(home, spec, block.expose())?,
        Secret::Agent { home: user_home } => import_public(home, user_home.as_deref(), wanted)?,
    };
    let found = if held.contains(&wanted) { key::find(home, wanted)? } else { None };
    found.ok_or_else(|| {
        let problem = match spec.secret {
            Secret::Armored(_) if held.is_empty() => KeyProblem::NotAKey,
            Secret::Armored(_) => KeyProblem::Mismatch { wanted, held },
            Secret::Agent { .. } => KeyProblem::NotInKeyring(wanted),
        };
        SignError::Key { name: spec.name.clone(), problem }
    })
}

/// Imports a private key block; returns the fingerprints of the secret keys in it.
fn import_secret(home: &Home, spec: &KeySpec, block: &str) -> Result<Vec<Fingerprint>, SignError> {
    let failed = |problem| SignError::Key { name: spec.name.clone(), problem };
    judge_block(block).map_err(failed)?;
    let imported = home.context()?.import(block.as_bytes()).map_err(|source| {
        // All that gpg says about what isn't a key.
        let empty = source.code() == gpgme::Error::NO_DATA.code();
        let vague = SignError::Gpg { action: "import a private key", source };
        if empty { failed(KeyProblem::NotAKey) } else { vague }
    })?;
    let secret = imported.imports().filter(|key| key.status().contains(gpgme::ImportFlags::SECRET));
    Ok(secret.filter_map(|key| key.fingerprint().ok()?.parse().ok()).collect())
}

/// Refuses what can't be a private key block, by its first line.
fn judge_block(block: &str) -> Result<(), KeyProblem> {
    if block.trim().is_empty() {
        Err(KeyProblem::Empty)
    } else if block.contains("-----BEGIN PGP PRIVATE KEY BLOCK-----") {
        Ok(())
    } else if block.contains("-----BEGIN PGP PUBLIC KEY BLOCK-----") {
        Err(KeyProblem::PublicOnly)
    } else {
        Err(KeyProblem::NotAKey)
    }
}

/// Copies the public part of a key from a user's keyring; returns the fingerprints copied.
fn import_public(
    home: &Home,
    user_home: Option<&Path>,
    wanted: Fingerprint,
) -> Result<Vec<Fingerprint>, SignError> {
    let failed = |source| SignError::Gpg { action: "copy a public key", source };
    let mut public = Vec::new();
    context_in(user_home)?
        .export([wanted.to_string()], ExportMode::MINIMAL, &mut public)
        .map_err(failed)?;
    if public.is_empty() {
        return Ok(Vec::new());
    }
    let imported = home.context()?.import(&public).map_err(failed)?;
    Ok(imported.imports().filter_map(|key| key.fingerprint().ok()?.parse().ok()).collect())
}

/// Returns a public key in binary, with its self-signatures only.
fn export(home: &Home, key: Fingerprint) -> Result<Vec<u8>, SignError> {
    let mut context = home.context()?;
    context.set_armor(false);
    let mut exported = Vec::new();
    context
        .export([key.to_string()], ExportMode::MINIMAL, &mut exported)
        .map_err(|source| SignError::Gpg { action: "export public keys", source })?;
    Ok(exported)
}

/// Returns `text` clear-signed with all `keys`.
fn clear_sign(
    home: &Home,
    keys: &[LoadedKey],
    text: &[u8],
    at: Timestamp,
) -> Result<Vec<u8>, SignError> {
    check_text(text)?;
    let signed = sign(home, keys, SignMode::Clear, text, at)?;
    // apt reads nothing behind the armor, not even an empty line.
    if signed.ends_with(b"\n-----END PGP SIGNATURE-----\n") {
        Ok(signed)
    } else {
        Err(SignError::Unexpected("a clear-signed text that doesn't end with its signature"))
    }
}

/// Signs with all `keys` in one armor block.
///
/// gpg does not stop the clock at a time that is the present second (`gnupg_set_time` in GnuPG
/// 2.2 and 2.4), and may so sign in the next one. By then the wanted second is past, and a
/// second attempt gets it.
fn sign(
    home: &Home,
    keys: &[LoadedKey],
    mode: SignMode,
    text: &[u8],
    at: Timestamp,
) -> Result<Vec<u8>, SignError> {
    const ATTEMPTS: usize = 2;
    for _ in 0..ATTEMPTS {
        if let Some(signed) = try_sign(home, keys, mode, text, at)? {
            return Ok(signed);
        }
    }
    Err(SignError::Unexpected("other signatures than it was asked for"))
}

/// Signs, and returns nothing if the signatures are not all of the wanted hash and time.
fn try_sign(
    home: &Home,
    keys: &[LoadedKey],
    mode: SignMode,
    text: &[u8],
    at: Timestamp,
) -> Result<Option<Vec<u8>>, SignError> {
    let failed = |source| SignError::Gpg { action: "sign", source };
    home.set_time(at)?;
    let mut context = home.context()?;
    let loopback = keys.iter().any(|key| key.prompt == PinentryMode::Loopback);
    let prompt = if loopback { PinentryMode::Loopback } else { PinentryMode::Default };
    context.set_pinentry_mode(prompt).map_err(failed)?;
    let mut desk = PassphraseDesk::default();
    for LoadedKey { name, key, passphrase, .. } in keys {
        context.add_signer(key).map_err(failed)?;
        desk.add(name, key, passphrase.as_ref());
    }
    let mut signed = Vec::new();
    let made = context
        .with_passphrase_provider(
            |request: PassphraseRequest<'_>, out: &mut dyn std::io::Write| {
                desk.answer(request, out)
            },
            |context| context.sign(mode, text, &mut signed),
        )
        .map_err(|source| desk.explain(source))?;
    let good = made.new_signatures().filter(|signature| {
        signature.hash_algorithm() == HashAlgorithm::Sha512
            && Timestamp::try_from(signature.creation_time()).is_ok_and(|made| made == at)
    });
    Ok((good.count() == keys.len()).then_some(signed))
}

/// Refuses what clear-signing would not keep as it is.
fn check_text(text: &[u8]) -> Result<(), TextProblem> {
    /// gpg cuts longer lines off (`MAX_LINELEN`, with room for the line's end).
    const LONGEST_LINE: usize = 19_990;
    let lines = text.strip_suffix(b"\n").ok_or(TextProblem::NoFinalNewline)?;
    for (line, number) in lines.split(|byte| *byte == b'\n').zip(1..) {
        if matches!(line.last(), Some(b' ' | b'\t' | b'\r')) {
            return Err(TextProblem::TrailingBlank(number));
        }
        if line.len() > LONGEST_LINE {
            return Err(TextProblem::LongLine(number));
        }
    }
    Ok(())
}
