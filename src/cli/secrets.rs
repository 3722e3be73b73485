//! Gets the secrets of signing keys from where the manifest says that they are.

use std::env;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Arc;

use crate::cli::failure::Failure;
use crate::cli::project::Project;
use crate::cli::terminal::Terminal;
use crate::manifest::{SecretSource, SigningKey};
use crate::sign::{GpgSigner, KeySpec, Secret, SecretText, Signer as _};
use crate::time::Timestamp;

/// Gets the secrets of a manifest's signing keys; none if the repository is to be unsigned.
///
/// # Errors
///
/// When a secret is not where the manifest says; all that are missing at once.
pub fn specs(project: &Project) -> Result<Vec<KeySpec>, Failure> {
    specs_of(&project.manifest.signing.keys, &project.root())
}

/// Gets the secrets of signing keys; paths are relative to `root`.
///
/// # Errors
///
/// As for [`specs`].
pub fn specs_of(keys: &[SigningKey], root: &Path) -> Result<Vec<KeySpec>, Failure> {
    let (specs, failures): (Vec<_>, Vec<_>) =
        keys.iter().map(|key| spec(key, root)).partition(Result::is_ok);
    let failures: Vec<Failure> = failures.into_iter().filter_map(Result::err).collect();
    if failures.is_empty() {
        Ok(specs.into_iter().filter_map(Result::ok).collect())
    } else {
        Err(Failure::several(failures))
    }
}

/// Opens signing keys, and says what will become of them; none if there are none.
///
/// # Errors
///
/// When a key can't sign; all of that at once.
pub fn signer(
    specs: &[KeySpec],
    now: Timestamp,
    terminal: &Terminal,
) -> Result<Option<Arc<GpgSigner>>, Failure> {
    if specs.is_empty() {
        return Ok(None);
    }
    let signer = GpgSigner::open(specs, now).map_err(Failure::signing)?;
    for key in signer.keys() {
        for warning in key.warnings(now) {
            terminal.warn(&format!("signing key `{}`: {warning}", key.name));
        }
    }
    Ok(Some(Arc::new(signer)))
}

fn spec(key: &SigningKey, root: &Path) -> Result<KeySpec, Failure> {
    let secret = match &key.secret {
        SecretSource::Env(variable) => Secret::Armored(from_env(key, variable)?),
        SecretSource::File(path) => {
            let path = root.join(path);
            let text =
                read(&path).map_err(|error| Failure::secret_file(&key.name, &path, error))?;
            Secret::Armored(SecretText::new(text))
        }
        SecretSource::Agent => Secret::Agent { home: env::var_os("GNUPGHOME").map(Into::into) },
    };
    let passphrase =
        key.passphrase.as_deref().map(|variable| from_env(key, variable)).transpose()?;
    Ok(KeySpec { name: key.name.clone(), fingerprint: key.fingerprint, secret, passphrase })
}

/// Reads a file that holds a key; the end of one that is longer than any key is not read.
///
/// Who publishes without a manifest at hand reads where an unverified one says.
fn read(path: &Path) -> io::Result<String> {
    const LONGEST: u64 = 1 << 20;
    io::read_to_string(File::open(path)?.take(LONGEST))
}

fn from_env(key: &SigningKey, variable: &str) -> Result<SecretText, Failure> {
    let value = env::var(variable).map_err(|_| Failure::secret_variable(&key.name, variable))?;
    Ok(SecretText::new(value))
}
