//! Answers gpg's questions for passphrases, and knows afterwards whose secret didn't open.

use std::ffi::CStr;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

use gpgme::{Error, PassphraseRequest};

use super::{KeyProblem, SecretText, SignError};

/// Hands out the passphrases of some keys, and remembers which one it was asked for last.
#[derive(Default)]
pub(super) struct PassphraseDesk<'a> {
    owners: Vec<Owner<'a>>,
    last: Mutex<Option<usize>>,
}

/// A key that may need its passphrase.
struct Owner<'a> {
    /// The key ids of all its parts.
    ids: Vec<String>,
    name: &'a str,
    passphrase: Option<&'a SecretText>,
}

impl<'a> PassphraseDesk<'a> {
    /// Adds a key, with its name in the manifest.
    pub(super) fn add(
        &mut self,
        name: &'a str,
        key: &gpgme::Key,
        passphrase: Option<&'a SecretText>,
    ) {
        let ids = key.subkeys().filter_map(|part| part.id().ok().map(str::to_owned)).collect();
        self.owners.push(Owner { ids, name, passphrase });
    }

    /// Answers a question, once for each key.
    pub(super) fn answer(
        &self,
        request: PassphraseRequest<'_>,
        out: &mut dyn Write,
    ) -> gpgme::Result<()> {
        // The hint is a key id, a blank and the user id.
        let hint = request.user_id_hint_raw().map_or(&b""[..], CStr::to_bytes);
        let asked = |owner: &Owner<'_>| owner.ids.iter().any(|id| hint.starts_with(id.as_bytes()));
        let index = self.owners.iter().position(asked).ok_or(Error::CANCELED)?;
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(index);
        let passphrase = self.owners[index].passphrase.ok_or(Error::CANCELED)?;
        if request.prev_attempt_failed {
            return Err(Error::BAD_PASSPHRASE);
        }
        out.write_all(passphrase.expose().as_bytes())?;
        Ok(())
    }

    /// Names the key behind a failure to sign, as far as it can be known; gpg itself is vague.
    pub(super) fn explain(&self, source: Error) -> SignError {
        let last = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let (owner, problem) = match (last.map(|index| &self.owners[index]), &self.owners[..]) {
            (Some(owner), _) if owner.passphrase.is_none() => {
                (owner, KeyProblem::PassphraseMissing)
            }
            (Some(owner), _) if source.code() == Error::BAD_PASSPHRASE.code() => {
                (owner, KeyProblem::PassphraseWrong)
            }
            (_, [owner]) => (owner, KeyProblem::Unusable(source)),
            _ => return SignError::Gpg { action: "sign", source },
        };
        SignError::Key { name: owner.name.to_owned(), problem }
    }
}
