//! `[store]`: where the repository lives and how it is reached.
//!
//! It holds no credentials; those come from the environment.

use std::fmt;
use std::path::PathBuf;

use super::code;
use super::pattern::{KeyPatterns, key_pattern_fault};
use super::problem::{Problem, near, quoted};
use super::rules::{check_listed_once, http_url, malformed};
use super::section::{Section, Text};

/// Where the repository lives and how it is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreSettings {
    /// The bucket and prefix, or the directory.
    pub url: StoreUrl,
    /// The region of the bucket.
    pub region: Option<String>,
    /// The URL of a server other than AWS.
    pub endpoint: Option<String>,
    /// Whether the bucket is named in the path of requests rather than in the host name.
    pub path_style: bool,
    /// The ARN of a role to assume.
    pub role: Option<String>,
    /// The profile of the AWS configuration.
    pub profile: Option<String>,
    /// The server-side encryption to ask for.
    pub encryption: Option<Encryption>,
    /// The KMS key to encrypt with; only with [`Encryption::Kms`].
    pub kms_key: Option<String>,
    /// The storage class of package files, as S3 names it.
    pub storage_class: Option<String>,
    /// The canned ACL to send with each object.
    pub acl: Option<String>,
    /// Objects below the prefix that are none of repoman's business.
    pub unmanaged: KeyPatterns,
    /// Whether somebody guarantees that only one run at a time writes.
    pub single_writer: bool,
}

/// Where a repository lives.
///
/// Displayed as it may be written in a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// A bucket of S3 or a server that speaks its protocol.
    S3 {
        /// The name of the bucket.
        bucket: String,
        /// What all keys begin with, without a slash at either end; empty for the whole bucket.
        prefix: String,
    },
    /// A directory.
    File {
        /// The path as written; one that is not absolute is relative to the manifest.
        path: PathBuf,
    },
}

/// Server-side encryption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// With keys that S3 manages: `AES256`.
    Aes256,
    /// With a key of the KMS: `aws:kms`.
    Kms,
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::S3 { bucket, prefix } if prefix.is_empty() => write!(f, "s3://{bucket}"),
            Self::S3 { bucket, prefix } => write!(f, "s3://{bucket}/{prefix}"),
            Self::File { path } => write!(f, "file://{}", path.display()),
        }
    }
}

impl fmt::Display for Encryption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Aes256 => "AES256",
            Self::Kms => "aws:kms",
        })
    }
}

/// Reads the section; none if there is no usable URL.
pub(super) fn read(section: &Section<'_>, problems: &mut Vec<Problem>) -> Option<StoreSettings> {
    let url = section
        .text("url")
        .and_then(|text| parse_url(&text).map_err(|problem| problems.push(*problem)).ok());
    if let Some(StoreUrl::File { .. }) = url {
        refuse_bucket_settings(section, problems);
    }
    let encryption = section.text("encryption").and_then(|text| encryption(text.text));
    check_kms_key(section, encryption, problems);
    check_grammars(section, problems);
    Some(StoreSettings {
        region: section.string("region"),
        endpoint: section.text("endpoint").and_then(|text| http_url(&text, "endpoint", problems)),
        path_style: section.flag("path_style"),
        role: section.string("role"),
        profile: section.string("profile"),
        encryption,
        kms_key: section.string("kms_key"),
        storage_class: section.string("storage_class"),
        acl: section.string("acl"),
        unmanaged: unmanaged(section, problems),
        single_writer: section.flag("single_writer"),
        url: url?,
    })
}

fn unmanaged(section: &Section<'_>, problems: &mut Vec<Problem>) -> KeyPatterns {
    let patterns = section.texts("unmanaged").unwrap_or_default();
    check_listed_once(&patterns, "unmanaged", problems);
    let mut good = Vec::new();
    for pattern in &patterns {
        let Some(fault) = key_pattern_fault(pattern.text) else {
            good.push(pattern.text.to_owned());
            continue;
        };
        let message = format!("{} is not a pattern for objects", quoted(pattern.text));
        problems.push(
            Problem::error(code::PATTERN, pattern.span.clone(), message)
                .label(fault)
                .help("unmanaged = [\"index.html\", \"images/**\"], relative to the prefix"),
        );
    }
    KeyPatterns::new(good)
}

fn encryption(text: &str) -> Option<Encryption> {
    match text {
        "AES256" => Some(Encryption::Aes256),
        "aws:kms" => Some(Encryption::Kms),
        _ => None,
    }
}

fn parse_url(text: &Text<'_>) -> Result<StoreUrl, Box<Problem>> {
    let wrong = |message: String, label: &str| {
        let problem = Problem::error(code::STORE_URL, text.span.clone(), message).label(label);
        Box::new(problem.help("url = \"s3://BUCKET/PREFIX\", or \"file:///PATH\" for a directory"))
    };
    let Some((scheme, rest)) = text.text.split_once("://") else {
        return Err(wrong(format!("{} is not a URL", quoted(text.text)), "has no `s3://`"));
    };
    match scheme {
        "s3" => parse_bucket(rest).map_err(|(fault, part)| {
            wrong(format!("{} is not the URL of a bucket", quoted(text.text)), &format!("{fault}: {}", quoted(part)))
        }),
        "file" if rest.is_empty() => Err(wrong("`file://` names no directory".to_owned(), "add a path")),
        "file" => Ok(StoreUrl::File { path: PathBuf::from(rest) }),
        "gs" | "az" => Err(Box::new(
            Problem::error(
                code::NOT_YET,
                text.span.clone(),
                format!("`{scheme}://` is not supported yet by repoman {}", env!("CARGO_PKG_VERSION")),
            )
            .label("for a later version")
            .help("stores are `s3://` and `file://`"),
        )),
        "http" | "https" => Err(Box::new(
            Problem::error(code::STORE_URL, text.span.clone(), format!("a store is not an `{scheme}://` URL"))
                .label("names no bucket")
                .help("url = \"s3://BUCKET/PREFIX\", with endpoint = \"https://…\" for a server other than AWS"),
        )),
        _ => {
            let label = match near(scheme, ["s3", "file"]) {
                Some(better) => format!("did you mean \"{better}://\"?"),
                None => "unknown kind of store".to_owned(),
            };
            Err(wrong(format!("`{}://` is no kind of store", quoted(scheme).trim_matches('`')), &label))
        }
    }
}

/// Parses `BUCKET/PREFIX`; fails with what is wrong with which part.
///
/// Buckets follow the naming rules of S3 for general purpose buckets. The prefix has only
/// characters that never need escaping in a URL.
fn parse_bucket(rest: &str) -> Result<StoreUrl, (&'static str, &str)> {
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let is_edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_bucket = |c: char| is_edge(c) || matches!(c, '-' | '.');
    if !(3..=63).contains(&bucket.len()) {
        return Err(("the name of a bucket has 3 to 63 characters", bucket));
    }
    if !bucket.chars().all(is_bucket) || !bucket.starts_with(is_edge) || !bucket.ends_with(is_edge)
    {
        return Err(("the name of a bucket has lower-case letters, digits, `-` and `.`", bucket));
    }
    let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
    let is_safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    for segment in prefix.split('/').filter(|_| !prefix.is_empty()) {
        if segment.is_empty() || matches!(segment, "." | "..") || !segment.chars().all(is_safe) {
            return Err((
                "a prefix has letters, digits, `-`, `_` and `.` between single slashes",
                segment,
            ));
        }
    }
    Ok(StoreUrl::S3 { bucket: bucket.to_owned(), prefix: prefix.to_owned() })
}

fn refuse_bucket_settings(section: &Section<'_>, problems: &mut Vec<Problem>) {
    const BUCKET_SETTINGS: [&str; 10] = [
        "region",
        "endpoint",
        "path_style",
        "role",
        "profile",
        "encryption",
        "kms_key",
        "storage_class",
        "acl",
        "single_writer",
    ];
    for key in BUCKET_SETTINGS {
        let Some(span) = section.key_span(key) else { continue };
        problems.push(
            Problem::error(code::NO_EFFECT, span, format!("`{key}` has no effect on a directory"))
                .label("a setting of `s3://` stores")
                .help("remove the line"),
        );
    }
}

fn check_kms_key(
    section: &Section<'_>,
    encryption: Option<Encryption>,
    problems: &mut Vec<Problem>,
) {
    let Some(span) = section.key_span("kms_key") else { return };
    match encryption {
        Some(Encryption::Kms) => {}
        Some(Encryption::Aes256) | None => problems.push(
            Problem::error(
                code::NO_EFFECT,
                span,
                "`kms_key` has no effect without KMS encryption".to_owned(),
            )
            .label("needs `encryption`")
            .help("encryption = \"aws:kms\""),
        ),
    }
}

fn check_grammars(section: &Section<'_>, problems: &mut Vec<Problem>) {
    if let Some(region) = section.text("region") {
        let is_good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !region.text.chars().all(is_good) {
            let message = format!("{} is not a region", quoted(region.text));
            problems.push(malformed(region.span, message, "region = \"eu-central-1\""));
        }
    }
    if let Some(role) = section.text("role").filter(|role| !is_role(role.text)) {
        let message = format!("{} is not the ARN of a role", quoted(role.text));
        let example = "role = \"arn:aws:iam::111122223333:role/NAME\"";
        problems.push(malformed(role.span, message, example));
    }
}

/// Tells whether a text is `arn:PARTITION:iam::ACCOUNT:role/NAME`.
fn is_role(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let ["arn", partition, "iam", "", account, resource] = parts[..] else { return false };
    partition.starts_with("aws")
        && account.len() == 12
        && account.bytes().all(|digit| digit.is_ascii_digit())
        && resource.strip_prefix("role/").is_some_and(|name| !name.is_empty())
}
