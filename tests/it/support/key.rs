//! Throw-away signing keys, made by gpg.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

use super::Run;

/// When test keys were made: long enough ago for every clock.
const CREATED: &str = "20240101T000000!";

/// An OpenPGP key pair that nobody trusts.
#[derive(Debug, Clone)]
pub struct TestKey {
    /// The fingerprint of the primary key.
    pub fingerprint: String,
    /// The secret key, in armor.
    pub secret: String,
    /// The public key, in armor.
    pub public: String,
}

impl TestKey {
    /// Returns the key that test repositories are signed with; one for each process.
    pub fn shared() -> &'static Self {
        static KEY: OnceLock<TestKey> = OnceLock::new();
        KEY.get_or_init(|| Self::generate("Test Repository <test@example.org>", "never"))
    }

    /// Makes an ed25519 key that expires at a time in gpg's notation.
    pub fn generate(user_id: &str, expires: &str) -> Self {
        let home = tempfile::tempdir().expect("a temporary directory can be made");
        let create = ["--passphrase", "", "--quick-generate-key", user_id, "ed25519", "sign"];
        gpg(&home, &[&["--faked-system-time", CREATED], &create[..], &[expires]].concat());
        let listing = gpg(&home, &["--list-secret-keys", "--with-colons"]);
        let fingerprint = listing.lines().find_map(|line| line.strip_prefix("fpr:"));
        let key = Self {
            fingerprint: fingerprint.expect("gpg lists it").trim_matches(':').to_owned(),
            secret: gpg(&home, &["--armor", "--export-secret-keys"]),
            public: gpg(&home, &["--armor", "--export"]),
        };
        Run::of(Command::new("gpgconf").arg("--homedir").arg(home.path()).args(["--kill", "all"]))
            .ok();
        key
    }

    /// Returns a text clear-signed with the key, now.
    pub fn clear_sign(&self, text: &[u8]) -> Vec<u8> {
        self.sign("--clear-sign", text)
    }

    /// Returns the detached signature of a text, in armor, made now.
    pub fn detach_sign(&self, text: &[u8]) -> Vec<u8> {
        self.sign("--detach-sign", text)
    }

    fn sign(&self, how: &str, text: &[u8]) -> Vec<u8> {
        let home = tempfile::tempdir().expect("a temporary directory can be made");
        let path = |name: &str| home.path().join(name).display().to_string();
        let (secret, plain, signed) = (path("secret.asc"), path("text"), path("signed"));
        std::fs::write(&secret, &self.secret).expect("the key can be written");
        std::fs::write(&plain, text).expect("the text can be written");
        gpg(&home, &["--import", &secret]);
        let options = ["--armor", "--digest-algo", "SHA512", "--output", &signed];
        gpg(&home, &[&options[..], &[how, &plain]].concat());
        std::fs::read(&signed).expect("gpg wrote it")
    }

    /// Tells whether gpgv, which knows this key only, accepts a clear-signed file.
    pub fn accepts(&self, file: &Path) -> bool {
        let home = tempfile::tempdir().expect("a temporary directory can be made");
        let (armored, keyring) = (home.path().join("key.asc"), home.path().join("key.gpg"));
        std::fs::write(&armored, &self.public).expect("the key can be written");
        let (from, to) = (armored.to_string_lossy(), keyring.to_string_lossy());
        gpg(&home, &["--yes", "--output", &to, "--dearmor", &from]);
        let run = Run::of(Command::new("gpgv").arg("--keyring").arg(&keyring).arg(file));
        // With several signatures gpgv fails for each key that it lacks; apt asks for one good one.
        run.said("Good signature")
    }
}

fn gpg(home: &TempDir, arguments: &[&str]) -> String {
    let mut command = Command::new("gpg");
    command.arg("--homedir").arg(home.path()).args(["--batch", "--quiet"]).args(arguments);
    Run::of(&mut command).ok().stdout
}
