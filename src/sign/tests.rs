//! Signing and verifying with the real gpg, with keys made for each test.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

use super::*;
use crate::fingerprint::Fingerprint;

const RELEASE: &[u8] = b"Origin: Acme\nSuite: stable\n- dash\nFrom here\nSHA256:\n 00 1 a\n";

/// 2024-01-01: when keys are made.
const BIRTH: i64 = 1_704_067_200;
/// 2024-06-01: when signing happens.
const NOW: i64 = 1_717_200_000;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// A user's GnuPG home, in which keys are made.
struct Workshop {
    home: TempDir,
}

impl Workshop {
    fn new() -> Self {
        let home = tempfile::Builder::new().prefix("w").tempdir_in("/tmp").unwrap();
        fs::write(home.path().join("gpg-agent.conf"), "s2k-count 65536\n").unwrap();
        Self { home }
    }

    fn gpg(&self, arguments: &[&str]) -> Vec<u8> {
        let fixed = ["--batch", "--quiet", "--pinentry-mode", "loopback"];
        let output = Command::new("gpg")
            .arg("--homedir")
            .arg(self.home.path())
            .args(fixed)
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "gpg {arguments:?}: {}", said(&output));
        output.stdout
    }

    /// Makes a key that signs, at `created`.
    fn key(&self, algorithm: &str, created: i64, ends: &str, passphrase: &str) -> Fingerprint {
        let clock = format!("{created}!");
        let id = format!("{algorithm}-{created}-{ends}");
        self.gpg(&[
            "--faked-system-time",
            &clock,
            "--passphrase",
            passphrase,
            "--quick-generate-key",
            &id,
            algorithm,
            if ends == "subkey" { "cert" } else { "sign" },
            if ends == "subkey" { "never" } else { ends },
        ]);
        let listing = String::from_utf8(self.gpg(&["--with-colons", "-k", &id])).unwrap();
        let line = listing.lines().find(|line| line.starts_with("fpr:")).unwrap();
        line.split(':').nth(9).unwrap().parse().unwrap()
    }

    fn plain_key(&self) -> Fingerprint {
        self.key("ed25519", BIRTH, "never", "")
    }

    fn export(&self, how: &str, key: Fingerprint) -> String {
        let key = key.to_string();
        String::from_utf8(self.gpg(&["--passphrase", "", "--armor", how, &key])).unwrap()
    }

    fn spec(&self, key: Fingerprint) -> KeySpec {
        spec(key, self.export("--export-secret-keys", key))
    }

    /// Asserts that gpgv accepts `signed` with `keyring` (armored) and returns what it says.
    fn gpgv(&self, keyring: &[u8], signed: &[&[u8]]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("keys.asc"), keyring).unwrap();
        let armored = path("keys.asc").to_str().unwrap().to_owned();
        fs::write(path("keys.gpg"), self.gpg(&["--dearmor", "--output", "-", &armored])).unwrap();
        let mut gpgv = Command::new("gpgv");
        gpgv.args(["--ignore-time-conflict", "--status-fd", "1", "--keyring"]);
        gpgv.arg(path("keys.gpg"));
        for (index, bytes) in signed.iter().enumerate() {
            fs::write(path(&index.to_string()), bytes).unwrap();
            gpgv.arg(path(&index.to_string()));
        }
        let output = gpgv.output().unwrap();
        assert!(output.status.success(), "gpgv: {}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        let _ = Command::new("gpgconf")
            .arg("--homedir")
            .arg(self.home.path())
            .args(["--kill", "gpg-agent"])
            .status();
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn spec(fingerprint: Fingerprint, block: String) -> KeySpec {
    let secret = Secret::Armored(SecretText::new(block));
    KeySpec { name: "release".into(), fingerprint, secret, passphrase: None }
}

/// Opens a signer that must fail, and returns the problem of its only key.
fn problem(spec: KeySpec, now: i64) -> KeyProblem {
    match GpgSigner::open(&[spec], at(now)).unwrap_err().as_slice() {
        [SignError::Key { name, problem }] if name == "release" => problem.clone(),
        other => panic!("{other:?}"),
    }
}

/// Returns how often gpgv reported a signature by SHA-512 (RFC 4880: 10) at `time`.
fn signatures_at(status: &str, time: i64) -> usize {
    let valid = status.lines().filter_map(|line| line.strip_prefix("[GNUPG:] VALIDSIG "));
    let fields = valid.map(|line| line.split(' ').map(str::to_owned).collect::<Vec<_>>());
    fields.filter(|f| f[2] == time.to_string() && f[7] == "10").count()
}

/// Tells whether a gpg-agent of this home runs.
fn agent_runs(home: &Path) -> bool {
    let home = home.to_str().unwrap();
    fs::read_dir("/proc").unwrap().filter_map(Result::ok).any(|process| {
        let command = fs::read(process.path().join("cmdline")).unwrap_or_default();
        let command = String::from_utf8_lossy(&command).into_owned();
        command.contains("gpg-agent") && command.split('\0').any(|argument| argument == home)
    })
}

#[test]
fn the_public_keyring_is_what_gpg_would_export() {
    let workshop = Workshop::new();
    let keys = [workshop.plain_key(), workshop.key("rsa2048", BIRTH, "never", "")];
    let specs = keys.map(|key| workshop.spec(key));
    let signer = GpgSigner::open(&specs, at(NOW)).unwrap();
    let names = keys.map(|key| key.to_string());
    let options = ["--armor", "--no-emit-version", "--export-options", "export-minimal"];
    let exported = workshop.gpg(&[&options[..], &["--export", &names[0], &names[1]]].concat());
    let keyring = String::from_utf8(signer.public_keyring().unwrap()).unwrap();
    assert_eq!(keyring, String::from_utf8(exported).unwrap());
}

#[test]
fn gpgv_accepts_what_one_key_signs_at_the_wished_time() {
    let workshop = Workshop::new();
    let key = workshop.plain_key();
    let signer = GpgSigner::open(&[workshop.spec(key)], at(NOW)).unwrap();
    let keyring = signer.public_keyring().unwrap();
    let backdated = NOW - 120;

    let clear = signer.clear_sign(RELEASE, at(backdated)).unwrap();
    assert!(
        clear.starts_with(b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nOrigin: Acme\n")
    );
    assert_eq!(signatures_at(&workshop.gpgv(&keyring, &[&clear]), backdated), 1);

    let detached = signer.detach_sign(RELEASE, at(backdated)).unwrap();
    assert!(detached.starts_with(b"-----BEGIN PGP SIGNATURE-----\n\n"));
    assert_eq!(signatures_at(&workshop.gpgv(&keyring, &[&detached, RELEASE]), backdated), 1);
}

/// gpg leaves its clock running where the wished time is the present second.
#[test]
fn a_signature_of_the_present_second_keeps_its_time_as_the_second_passes() {
    let present = || crate::time::whole_second(Timestamp::now());
    let workshop = Workshop::new();
    let signer = GpgSigner::open(&[workshop.spec(workshop.plain_key())], present()).unwrap();
    // So much that gpg reads for longer than it takes to start.
    let text = vec![b'.'; 48 << 20];
    let mut passed = 0;
    while passed < 4 {
        let second = present();
        signer.detach_sign(&text, second).unwrap();
        passed += usize::from(present() != second);
    }
}

#[test]
fn two_keys_sign_in_one_block_and_not_before_the_younger_one() {
    let workshop = Workshop::new();
    let older = workshop.key("rsa2048", BIRTH, "never", "");
    let younger = workshop.key("ed25519", NOW - 10, "never", "");
    let specs = [workshop.spec(older), workshop.spec(younger)];
    let signer = GpgSigner::open(&specs, at(NOW)).unwrap();
    assert_eq!(
        signer.keys().iter().map(|key| key.fingerprint).collect::<Vec<_>>(),
        [older, younger]
    );
    assert_eq!(signer.keys()[0].algorithm, "rsa2048");
    assert_eq!(signer.keys()[0].warnings(at(NOW)), [KeyWarning::ShortRsa]);
    assert_eq!(signer.keys()[1].warnings(at(NOW)), []);

    let clear = signer.clear_sign(RELEASE, at(NOW - 300)).unwrap();
    let text = String::from_utf8(clear.clone()).unwrap();
    assert_eq!(text.matches("BEGIN PGP SIGNATURE").count(), 1);
    let keyring = signer.public_keyring().unwrap();
    assert_eq!(signatures_at(&workshop.gpgv(&keyring, &[&clear]), NOW - 10), 2);

    let described = describe_public_keys(&keyring, at(NOW)).unwrap();
    assert_eq!(described.iter().map(|key| key.fingerprint).collect::<Vec<_>>(), [older, younger]);
}

#[test]
fn a_subkey_signs_while_its_primary_key_is_offline() {
    let workshop = Workshop::new();
    let key = workshop.key("ed25519", BIRTH, "subkey", "");
    let clock = format!("{}!", NOW - 60);
    let add = ["--quick-add-key", &key.to_string(), "ed25519", "sign", "never"];
    workshop.gpg(&[&["--faked-system-time", &clock, "--passphrase", ""][..], &add].concat());
    let block = workshop.export("--export-secret-subkeys", key);
    let signer = GpgSigner::open(&[spec(key, block)], at(NOW)).unwrap();
    let signing = signer.keys()[0].signing.clone().unwrap();
    assert_ne!(signing.fingerprint, key);

    let clear = signer.clear_sign(RELEASE, at(NOW - 300)).unwrap();
    let status = workshop.gpgv(&signer.public_keyring().unwrap(), &[&clear]);
    assert_eq!(signatures_at(&status, NOW - 60), 1);
    assert!(status.contains(&format!("VALIDSIG {}", signing.fingerprint)));
}

#[test]
fn the_agent_of_a_user_signs_and_is_left_running() {
    let workshop = Workshop::new();
    let key = workshop.plain_key();
    let secret = Secret::Agent { home: Some(workshop.home.path().to_owned()) };
    let spec = KeySpec { name: "release".into(), fingerprint: key, secret, passphrase: None };
    let signer = GpgSigner::open(std::slice::from_ref(&spec), at(NOW)).unwrap();
    let clear = signer.clear_sign(RELEASE, at(NOW - 60)).unwrap();
    let status = workshop.gpgv(&signer.public_keyring().unwrap(), &[&clear]);
    assert_eq!(signatures_at(&status, NOW - 60), 1);
    drop(signer);
    assert!(agent_runs(workshop.home.path()));
    assert!(!workshop.home.path().join("gpg.conf").exists());

    let other = "9A3F52C1E7B04D6688A1F0C2B7D19E35A1C4D04E".parse().unwrap();
    let unknown = KeySpec { fingerprint: other, ..spec.clone() };
    assert_eq!(problem(unknown, NOW), KeyProblem::NotInKeyring(other));

    let grip = fs::read_dir(workshop.home.path().join("private-keys-v1.d")).unwrap();
    grip.for_each(|file| fs::remove_file(file.unwrap().path()).unwrap());
    assert_eq!(problem(spec.clone(), NOW), KeyProblem::NoSecret);

    let mixed = [spec, self::spec(key, "x".into())];
    let errors = GpgSigner::open(&mixed, at(NOW)).unwrap_err();
    assert!(matches!(errors[..], [SignError::MixedSecrets]));
}

#[test]
fn passphrases_are_asked_for_and_mistakes_are_told_apart() {
    let workshop = Workshop::new();
    let key = workshop.key("ed25519", BIRTH, "never", "correct horse");
    let id = key.to_string();
    let block =
        workshop.gpg(&["--passphrase", "correct horse", "--armor", "--export-secret-keys", &id]);
    let missing = spec(key, String::from_utf8(block).unwrap());
    let given =
        |text: &str| KeySpec { passphrase: Some(SecretText::new(text.into())), ..missing.clone() };
    let signer = GpgSigner::open(&[given("correct horse")], at(NOW)).unwrap();
    let clear = signer.clear_sign(RELEASE, at(NOW)).unwrap();
    workshop.gpgv(&signer.public_keyring().unwrap(), &[&clear]);
    assert_eq!(problem(given("wrong"), NOW), KeyProblem::PassphraseWrong);
    assert_eq!(problem(given(""), NOW), KeyProblem::PassphraseMissing);
    assert_eq!(problem(missing.clone(), NOW), KeyProblem::PassphraseMissing);

    let secret = Secret::Agent { home: Some(workshop.home.path().to_owned()) };
    let in_agent = KeySpec { secret, ..given("correct horse") };
    let signer = GpgSigner::open(&[in_agent], at(NOW)).unwrap();
    let detached = signer.detach_sign(RELEASE, at(NOW)).unwrap();
    workshop.gpgv(&signer.public_keyring().unwrap(), &[&detached, RELEASE]);
}

#[test]
fn keys_outside_their_time_are_refused() {
    let workshop = Workshop::new();
    let key = workshop.key("ed25519", BIRTH, "seconds=86400", "");
    let end = at(BIRTH + 86_400);
    assert_eq!(problem(workshop.spec(key), NOW), KeyProblem::Expired(end));
    assert_eq!(problem(workshop.spec(key), BIRTH - 1), KeyProblem::FromFuture(at(BIRTH)));
    let signer = GpgSigner::open(&[workshop.spec(key)], at(BIRTH + 60)).unwrap();
    assert_eq!(signer.keys()[0].warnings(at(BIRTH + 60)), [KeyWarning::ExpiresSoon(end)]);
}

#[test]
fn keys_that_apt_refuses_are_refused() {
    let workshop = Workshop::new();
    for algorithm in ["brainpoolP256r1", "secp256k1", "rsa1024", "dsa1024"] {
        let key = workshop.key(algorithm, BIRTH, "never", "");
        assert_eq!(problem(workshop.spec(key), NOW), KeyProblem::Weak(algorithm.into()));
    }
}

#[test]
fn a_key_that_vouches_for_itself_by_sha1_is_refused() {
    let workshop = Workshop::new();
    fs::write(
        workshop.home.path().join("gpg.conf"),
        "cert-digest-algo SHA1\nallow-weak-digest-algos\n",
    )
    .unwrap();
    let key = workshop.plain_key();
    assert_eq!(problem(workshop.spec(key), NOW), KeyProblem::WeakSelfSignature);
}

#[test]
fn signatures_are_not_older_than_a_renewed_self_signature() {
    let workshop = Workshop::new();
    let key = workshop.plain_key();
    let clock = format!("{}!", NOW - 5);
    let renew = ["--quick-set-expire", &key.to_string(), "seconds=100000000"];
    workshop.gpg(&[&["--faked-system-time", &clock, "--passphrase", ""][..], &renew].concat());
    let signer = GpgSigner::open(&[workshop.spec(key)], at(NOW)).unwrap();
    let clear = signer.clear_sign(RELEASE, at(NOW - 300)).unwrap();
    let keyring = signer.public_keyring().unwrap();
    assert_eq!(signatures_at(&workshop.gpgv(&keyring, &[&clear]), NOW - 5), 1);
}

#[test]
fn blocks_that_hold_something_else_are_refused() {
    let workshop = Workshop::new();
    let key = workshop.plain_key();
    let other = workshop.key("ed25519", BIRTH + 1, "never", "");
    let mismatch = spec(key, workshop.export("--export-secret-keys", other));
    let held = vec![other];
    assert_eq!(problem(mismatch, NOW), KeyProblem::Mismatch { wanted: key, held });

    let public = workshop.export("--export", key);
    assert_eq!(problem(spec(key, public.clone()), NOW), KeyProblem::PublicOnly);
    assert_eq!(problem(spec(key, " \n".into()), NOW), KeyProblem::Empty);
    assert_eq!(problem(spec(key, "garbage".into()), NOW), KeyProblem::NotAKey);
    let secret = workshop.export("--export-secret-keys", key);
    assert_eq!(problem(spec(key, secret[..200].into()), NOW), KeyProblem::NotAKey);
    let lying = public.replace("PUBLIC", "PRIVATE");
    assert_eq!(problem(spec(key, lying), NOW), KeyProblem::NotAKey);

    // Of several keys in a block, the named one counts.
    let both = workshop.export("--export-secret-keys", key)
        + &workshop.export("--export-secret-keys", other);
    let signer = GpgSigner::open(&[spec(other, both)], at(NOW)).unwrap();
    assert_eq!(signer.keys()[0].fingerprint, other);
    assert!(matches!(GpgSigner::open(&[], at(NOW)).unwrap_err()[..], [SignError::NoKeys]));
}

#[test]
fn revoked_keys_and_keys_that_only_certify_are_refused() {
    let workshop = Workshop::new();
    let certifies = workshop.key("ed25519", BIRTH, "subkey", "");
    assert_eq!(problem(workshop.spec(certifies), NOW), KeyProblem::NotForSigning);

    let key = workshop.plain_key();
    let certificate = workshop.home.path().join(format!("openpgp-revocs.d/{key}.rev"));
    // gpg puts a colon before the armor, against accidents.
    let text = fs::read_to_string(&certificate).unwrap().replace(":-----", "-----");
    fs::write(&certificate, text).unwrap();
    workshop.gpg(&["--import", certificate.to_str().unwrap()]);
    assert_eq!(problem(workshop.spec(key), NOW), KeyProblem::Revoked);
}

#[test]
fn the_problems_of_all_keys_are_told_at_once() {
    let key = "9A3F52C1E7B04D6688A1F0C2B7D19E35A1C4D04E".parse().unwrap();
    let other = "1F0C2B7D19E35A1C4D04E9A3F52C1E7B04D6688A".parse().unwrap();
    let [empty, garbage] = [spec(key, String::new()), spec(other, "garbage".into())];
    let specs = [empty.clone(), garbage, KeySpec { name: "twin".into(), ..empty }];
    let errors = GpgSigner::open(&specs, at(NOW)).unwrap_err();
    let told: Vec<_> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "signing key 'release': its secret is empty",
            "signing key 'release': its secret is not an intact armored OpenPGP private key block",
            "signing key 'twin': it is the same key as 'release'",
        ]
    );
    assert!(errors.iter().all(|error| error.hint().is_some()));
}

#[test]
fn texts_that_clear_signing_would_change_are_refused() {
    let workshop = Workshop::new();
    let signer = GpgSigner::open(&[workshop.spec(workshop.plain_key())], at(NOW)).unwrap();
    let long = |length| [vec![b'x'; length], b"\n".to_vec()].concat();
    let too_long = long(19_991);
    let cases: [(&[u8], _); 5] = [
        (&too_long, TextProblem::LongLine(1)),
        (b"", TextProblem::NoFinalNewline),
        (b"a", TextProblem::NoFinalNewline),
        (b"a\nb \n", TextProblem::TrailingBlank(2)),
        (b"a\r\n", TextProblem::TrailingBlank(1)),
    ];
    for (text, expected) in cases {
        let error = signer.clear_sign(text, at(NOW)).unwrap_err();
        assert!(matches!(error, SignError::Text(problem) if problem == expected), "{text:?}");
    }
    let longest = long(19_990);
    let signed = signer.clear_sign(&longest, at(NOW)).unwrap();
    let verifier = Verifier::new(&signer.public_keyring().unwrap(), at(NOW)).unwrap();
    assert_eq!(verifier.verify_clear_signed(&signed).unwrap().text, longest);
}

#[test]
fn no_agent_and_no_file_is_left_even_when_unwinding() {
    let workshop = Workshop::new();
    let signer = GpgSigner::open(&[workshop.spec(workshop.plain_key())], at(NOW)).unwrap();
    let home = signer.home_path();
    assert!(agent_runs(&home));
    let unwound = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _signer = signer;
        std::panic::resume_unwind(Box::new(()));
    }));
    assert!(unwound.is_err());
    assert!(!home.exists());
    // The agent has been told to end; it needs an instant to do so.
    assert!((0..10_000).any(|_| !agent_runs(&home)));
}

#[test]
fn what_was_signed_verifies_and_yields_the_text() {
    let workshop = Workshop::new();
    let key = workshop.key("ed25519", BIRTH, "seconds=20000000", "");
    let other = workshop.key("ed25519", BIRTH + 1, "never", "");
    let specs = [workshop.spec(key), workshop.spec(other)];
    let signed = GpgSigner::open(&specs, at(NOW)).unwrap().clear_sign(RELEASE, at(NOW)).unwrap();
    let keyring = workshop.export("--export", key);

    let states = |now| {
        let verified =
            Verifier::new(keyring.as_bytes(), at(now)).unwrap().verify_clear_signed(&signed);
        let Verified { text, signers } = verified.unwrap();
        assert_eq!(text, RELEASE);
        assert!(signers.iter().all(|signer| signer.made_at == Some(at(NOW))));
        assert_eq!(signers[0].fingerprint, Some(key));
        signers.into_iter().map(|signer| signer.state).collect::<Vec<_>>()
    };
    assert_eq!(states(NOW), [SignatureState::Good, SignatureState::UnknownKey]);
    assert_eq!(states(BIRTH + 20_000_001), [SignatureState::Expired, SignatureState::UnknownKey]);
}

#[test]
fn forged_and_smuggled_texts_are_refused() {
    let workshop = Workshop::new();
    let key = workshop.plain_key();
    let signer = GpgSigner::open(&[workshop.spec(key)], at(NOW)).unwrap();
    let signed = String::from_utf8(signer.clear_sign(RELEASE, at(NOW)).unwrap()).unwrap();
    let verifier = Verifier::new(&signer.public_keyring().unwrap(), at(NOW)).unwrap();
    let verify = |text: &str| verifier.verify_clear_signed(text.as_bytes());
    assert!(verify(&signed).is_ok());

    let forged = verify(&signed.replace("Acme", "Evil"));
    assert!(
        matches!(forged, Err(VerifyError::Untrusted(signers)) if signers[0].state == SignatureState::Bad)
    );
    let framed = [
        String::new(),
        format!("Origin: Evil\n{signed}"),
        format!("{signed}\n"),
        format!("{signed}Origin: Evil\n"),
        signed.repeat(2),
        signed.replace("Hash: SHA512", "NotDashEscaped: yes"),
        signed.replace("-----END PGP SIGNATURE-----\n", ""),
        signed.replace("- - dash", "- dash\n-----BEGIN PGP SIGNED MESSAGE-----"),
        String::from_utf8_lossy(RELEASE).into_owned(),
    ];
    for text in framed {
        assert!(matches!(verify(&text), Err(VerifyError::Framing(_))), "{text}");
    }

    let stranger = workshop.key("ed25519", BIRTH + 1, "never", "");
    let verifier =
        Verifier::new(workshop.export("--export", stranger).as_bytes(), at(NOW)).unwrap();
    let unknown = verifier.verify_clear_signed(signed.as_bytes()).unwrap_err();
    assert!(unknown.to_string().ends_with(": unknown key)"), "{unknown}");
    for keyring in [&b"garbage"[..], b"", &signed.as_bytes()[..100]] {
        assert!(matches!(Verifier::new(keyring, at(NOW)), Err(VerifyError::NoKeys)));
        assert!(matches!(describe_public_keys(keyring, at(NOW)), Err(VerifyError::NoKeys)));
    }
}

#[test]
fn a_detached_signature_vouches_for_its_text_alone() {
    let workshop = Workshop::new();
    let key = workshop.plain_key();
    let signer = GpgSigner::open(&[workshop.spec(key)], at(NOW)).unwrap();
    let seal = signer.detach_sign(RELEASE, at(NOW)).unwrap();
    let verifier = Verifier::new(&signer.public_keyring().unwrap(), at(NOW)).unwrap();
    let signers = verifier.verify_detached(RELEASE, &seal).unwrap();
    assert_eq!(signers.len(), 1);
    assert_eq!((signers[0].fingerprint, signers[0].state), (Some(key), SignatureState::Good));

    for text in [&RELEASE[1..], b"", &[RELEASE, b"\n"].concat()] {
        let forged = verifier.verify_detached(text, &seal);
        assert!(
            matches!(&forged, Err(VerifyError::Untrusted(signers)) if signers[0].state == SignatureState::Bad),
            "{forged:?}"
        );
    }
    let clear = signer.clear_sign(RELEASE, at(NOW)).unwrap();
    for framed in
        [&b""[..], b"\x88\x75\x04\x00", &seal[1..], &[&seal, &b"x\n"[..]].concat(), &clear]
    {
        let refused = verifier.verify_detached(RELEASE, framed);
        assert!(matches!(refused, Err(VerifyError::Framing(_))), "{refused:?}");
    }
}
