//! `repoman add key`

use clap::Args;

use crate::cli::editing::EditArguments;
use crate::edit::NewKey;

/// Add a key that signs: `[signing.key.NAME]`, and its name in `keys`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  repoman add key release-2026 --fingerprint 9A3F52C1E7B04D6688A1F0C2B7D19E35A1C4D04E \\
      --secret env:REPOMAN_KEY_2026
  repoman add key release-2026 --fingerprint 9A3F52C1E7B04D6688A1F0C2B7D19E35A1C4D04E \\
      --secret file:/run/secrets/release.asc --passphrase env:REPOMAN_PASSPHRASE")]
pub struct Arguments {
    /// Name of the key
    name: String,
    /// Fingerprint of the primary key: 40 hexadecimal digits
    #[arg(long, value_name = "DIGITS")]
    fingerprint: String,
    /// Where the secret key is found: env:VARIABLE, file:PATH or agent:; never the key itself
    #[arg(long, value_name = "PLACE", allow_hyphen_values = true)]
    secret: String,
    /// Where its passphrase is found: env:VARIABLE
    #[arg(long, value_name = "PLACE", allow_hyphen_values = true)]
    passphrase: Option<String>,
    #[command(flatten)]
    edit: EditArguments,
}

impl Arguments {
    /// Returns the key, and how to add it.
    pub fn into_key(self) -> (NewKey, EditArguments) {
        let Self { name, fingerprint, secret, passphrase, edit } = self;
        (NewKey { name, fingerprint, secret, passphrase }, edit)
    }
}
