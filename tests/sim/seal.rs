//! A signer that is cheap and always makes the same signatures, which prove nothing.

use repoman::digest::Sha256;
use repoman::sign::{PublicKey, SignError, Signer};
use repoman::time::Timestamp;

/// Frames texts as OpenPGP does.
pub struct Seal;

/// Returns the signature of a text.
pub fn signature(text: &[u8]) -> String {
    let digest = Sha256::of(text);
    format!("-----BEGIN PGP SIGNATURE-----\n\n{digest}\n-----END PGP SIGNATURE-----\n")
}

impl Signer for Seal {
    fn keys(&self) -> &[PublicKey] {
        &[]
    }

    fn clear_sign(&self, text: &[u8], _: Timestamp) -> Result<Vec<u8>, SignError> {
        let head = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n";
        Ok([head.as_bytes(), text, signature(text).as_bytes()].concat())
    }

    fn detach_sign(&self, text: &[u8], _: Timestamp) -> Result<Vec<u8>, SignError> {
        Ok(signature(text).into_bytes())
    }

    fn public_keyring(&self) -> Result<Vec<u8>, SignError> {
        Ok(b"a keyring\n".to_vec())
    }
}
