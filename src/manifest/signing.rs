//! `[signing]`: which keys sign, and where their secrets are found.
//!
//! No secret is ever read here; what stands where a reference should be is never repeated.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

use super::code;
use super::problem::{Problem, near, quoted};
use super::rules::{check_listed_once, check_name};
use super::section::{Section, Text};
use crate::fingerprint::{Fingerprint, FingerprintError};
use crate::time::Span;

/// Who signs the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signing {
    /// The keys that sign every Release, in the order of the manifest; none if the manifest says
    /// that the repository is not signed.
    pub keys: Vec<SigningKey>,
    /// The fingerprints of all keys that are defined: what they signed is trusted, also once they
    /// sign no more.
    pub known: Vec<Fingerprint>,
    /// How long a successor has to sign beside a key before that key may leave.
    pub overlap: Span,
}

/// One key that signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKey {
    /// Its name in the manifest.
    pub name: String,
    /// The fingerprint of the primary key.
    pub fingerprint: Fingerprint,
    /// Where the secret key is found.
    pub secret: SecretSource,
    /// The environment variable that holds the passphrase, if there is one.
    pub passphrase: Option<String>,
}

/// Where a secret key is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// The environment variable of that name holds the armoured key.
    Env(String),
    /// A file holds the armoured key; the path is as written, relative to the manifest.
    File(PathBuf),
    /// The user's gpg-agent has the key.
    Agent,
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(variable) => write!(f, "env:{variable}"),
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Agent => f.write_str("agent:"),
        }
    }
}

/// Long enough for clients that are turned on once in a season.
const DEFAULT_OVERLAP: Span = Span::seconds(90 * 86_400);

/// Reads the section; `signers` names the keys that sign here or in another environment.
pub(super) fn read(
    section: &Section<'_>,
    signers: &BTreeSet<&str>,
    problems: &mut Vec<Problem>,
) -> Signing {
    let defined = section.sections("key");
    let mut keys: BTreeMap<&str, SigningKey> = BTreeMap::new();
    let mut seen: BTreeMap<Fingerprint, String> = BTreeMap::new();
    for (name, key_section) in &defined {
        check_name(name, "signing key", problems);
        let Some(key) = read_key(name, key_section, problems) else { continue };
        if let Some(other) = seen.insert(key.fingerprint, key.name.clone()) {
            let span = key_section.value_span("fingerprint").unwrap_or(name.span.clone());
            let message = format!("`{other}` and `{}` are the same key", key.name);
            problems.push(
                Problem::error(code::LISTED_TWICE, span, message)
                    .label("the same fingerprint again"),
            );
        }
        keys.insert(name.text, key);
    }
    let known = seen.into_keys().collect();
    let overlap = section.duration("overlap").unwrap_or(DEFAULT_OVERLAP);
    let Some(named) = section.texts("keys") else {
        return Signing { keys: Vec::new(), known, overlap };
    };
    check_references(&named, &defined, problems);
    check_used(&defined, signers, problems);
    let keys = named.iter().filter_map(|name| keys.remove(name.text)).collect();
    Signing { keys, known, overlap }
}

fn check_references(
    named: &[Text<'_>],
    defined: &[(Text<'_>, Section<'_>)],
    problems: &mut Vec<Problem>,
) {
    check_listed_once(named, "keys", problems);
    for name in named.iter().filter(|name| !defined.iter().any(|(key, _)| key.text == name.text)) {
        let message = format!("the signing key {} is not defined", quoted(name.text));
        let label = match near(name.text, defined.iter().map(|(key, _)| key.text)) {
            Some(key) => format!("did you mean \"{key}\"?"),
            None => format!("no [signing.key.{}]", name.text),
        };
        problems.push(
            Problem::error(code::KEY_NOT_DEFINED, name.span.clone(), message).label(label).help(
                format!(
                    "[signing.key.{}]\nfingerprint = \"…\"\nsecret      = \"env:VARIABLE\"",
                    name.text
                ),
            ),
        );
    }
}

fn check_used(
    defined: &[(Text<'_>, Section<'_>)],
    signers: &BTreeSet<&str>,
    problems: &mut Vec<Problem>,
) {
    for (key, section) in defined.iter().filter(|(key, _)| !signers.contains(key.text)) {
        let message = format!("the signing key {} signs nothing", quoted(key.text));
        problems.push(
            Problem::warning(code::KEY_UNUSED, section.span.clone(), message)
                .label("not in `keys` of [signing]")
                .help("add it to `keys`, or delete its table"),
        );
    }
}

fn read_key(
    name: &Text<'_>,
    section: &Section<'_>,
    problems: &mut Vec<Problem>,
) -> Option<SigningKey> {
    let fingerprint =
        section.text("fingerprint").and_then(|text| read_fingerprint(&text, problems));
    let secret = section.text("secret").and_then(|text| read_secret(&text, problems));
    let passphrase = section.text("passphrase").and_then(|text| read_passphrase(&text, problems));
    if let (Some(SecretSource::Agent), Some(span)) = (&secret, section.key_span("passphrase")) {
        problems.push(
            Problem::error(
                code::NO_EFFECT,
                span,
                "`passphrase` has no effect with \"agent:\"".to_owned(),
            )
            .label("the agent asks for it itself")
            .help("remove the line"),
        );
    }
    Some(SigningKey {
        name: name.text.to_owned(),
        fingerprint: fingerprint?,
        secret: secret?,
        passphrase,
    })
}

fn read_fingerprint(text: &Text<'_>, problems: &mut Vec<Problem>) -> Option<Fingerprint> {
    let parsed = text.text.parse();
    parsed
        .map_err(|error: FingerprintError| {
            problems.push(
                Problem::error(
                    code::FINGERPRINT,
                    text.span.clone(),
                    format!("{} is not a full fingerprint", quoted(text.text)),
                )
                .label(error.to_string())
                .help(
                    "give all 40 digits; `gpg --list-secret-keys --with-fingerprint` prints them",
                ),
            );
        })
        .ok()
}

fn read_secret(text: &Text<'_>, problems: &mut Vec<Problem>) -> Option<SecretSource> {
    if text.text == "agent:" {
        return Some(SecretSource::Agent);
    }
    if let Some(path) = text.text.strip_prefix("file:").filter(|path| !path.is_empty()) {
        return Some(SecretSource::File(PathBuf::from(path)));
    }
    let variable = text.text.strip_prefix("env:").filter(|name| is_variable(name));
    if variable.is_none() {
        let help = "secret = \"env:VARIABLE\", \"file:PATH\" or \"agent:\"";
        problems.push(not_a_reference(text.span.clone(), "secret", help));
    }
    variable.map(|name| SecretSource::Env(name.to_owned()))
}

fn read_passphrase(text: &Text<'_>, problems: &mut Vec<Problem>) -> Option<String> {
    let variable = text.text.strip_prefix("env:").filter(|name| is_variable(name));
    if variable.is_none() {
        let help = "passphrase = \"env:VARIABLE\"";
        problems.push(not_a_reference(text.span.clone(), "passphrase", help));
    }
    variable.map(str::to_owned)
}

fn not_a_reference(span: Range<usize>, key: &str, help: &str) -> Problem {
    let message = format!("`{key}` must say where the secret is found, not what it is");
    Problem::error(code::SECRET_SOURCE, span, message).label("masked").help(help).secret()
}

fn is_variable(name: &str) -> bool {
    let is_start = |c: char| c.is_ascii_alphabetic() || c == '_';
    name.starts_with(is_start) && name.chars().all(|c| is_start(c) || c.is_ascii_digit())
}
