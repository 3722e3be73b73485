//! What a key needs to sign: where its secret is, and texts that are never shown.

use std::fmt;
use std::path::PathBuf;

use zeroize::Zeroizing;

use crate::fingerprint::Fingerprint;

/// A text that is never printed and is overwritten in memory when dropped.
#[derive(Clone)]
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// Takes over `text`, without a copy.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Returns the text itself; whoever calls this must not let it out.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(…)")
    }
}

impl fmt::Display for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// Where the secret part of a key is.
#[derive(Debug, Clone)]
pub enum Secret {
    /// The armored private key block itself.
    Armored(SecretText),
    /// In the user's gpg-agent, with the public part in that user's keyring.
    Agent {
        /// The user's `GNUPGHOME`; `None` is GnuPG's own default.
        home: Option<PathBuf>,
    },
}

/// One key to sign with.
#[derive(Debug, Clone)]
pub struct KeySpec {
    /// What the manifest calls it; for messages only.
    pub name: String,
    /// The fingerprint of the primary key.
    pub fingerprint: Fingerprint,
    /// Where its secret is.
    pub secret: Secret,
    /// The passphrase of the secret, if it has one; without it an agent asks its user.
    pub passphrase: Option<SecretText>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_never_printed() {
        let secret = SecretText::new("hunter2".into());
        let spec = KeySpec {
            name: "release".into(),
            fingerprint: "9A3F52C1E7B04D6688A1F0C2B7D19E35A1C4D04E".parse().unwrap(),
            secret: Secret::Armored(secret.clone()),
            passphrase: Some(secret.clone()),
        };
        assert!(!format!("{spec:?} {secret}").contains("hunter2"));
        assert_eq!(secret.expose(), "hunter2");
    }
}
