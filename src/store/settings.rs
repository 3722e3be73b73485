//! Where a store is, and how to use it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use super::s3::{Access, Placement};
use crate::store::Key;

/// Where a repository lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// `s3://bucket/prefix`, on AWS or any server that speaks S3.
    S3 {
        /// The bucket's name.
        bucket: String,
        /// What all keys start with; empty, or without a slash at either end.
        prefix: String,
    },
    /// `file:///srv/apt`.
    File {
        /// The directory.
        root: PathBuf,
    },
    /// What a web server shows of a store: read-only, and without listings.
    Public {
        /// The URL that keys are below, without a slash at the end.
        url: String,
    },
}

/// The text is not the URL of a store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not the URL of a store; write `s3://bucket/prefix` or `file:///directory`")]
pub struct LocationError;

impl FromStr for Location {
    type Err = LocationError;

    fn from_str(text: &str) -> Result<Self, LocationError> {
        if let Some(path) = text.strip_prefix("file://") {
            let root = PathBuf::from(path);
            return if root.is_absolute() { Ok(Self::File { root }) } else { Err(LocationError) };
        }
        let rest = text.strip_prefix("s3://").ok_or(LocationError)?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
        let is_bucket = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        let is_fine = !bucket.is_empty()
            && bucket.bytes().all(is_bucket)
            && (prefix.is_empty() || Key::parse(prefix).is_ok());
        match is_fine {
            true => Ok(Self::S3 { bucket: bucket.to_owned(), prefix: prefix.to_owned() }),
            false => Err(LocationError),
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::S3 { bucket, prefix } if prefix.is_empty() => write!(f, "s3://{bucket}"),
            Self::S3 { bucket, prefix } => write!(f, "s3://{bucket}/{prefix}"),
            Self::Public { url } => f.write_str(url),
            Self::File { root } => write!(f, "file://{}", root.display()),
        }
    }
}

/// How many publish to a store at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Writers {
    /// Any number: conditional writes keep them apart.
    #[default]
    Several,
    /// One: whoever owns the store guarantees it.
    One,
}

/// Everything that says how to use a store; `[store]` of the manifest and `--jobs`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where it is.
    pub url: Location,
    /// The bucket's region; by default what the environment or the profile says.
    pub region: Option<String>,
    /// The server, if it isn't AWS.
    pub endpoint: Option<String>,
    /// Whether the bucket goes into the path and not into the host name.
    pub path_style: bool,
    /// A role to assume with the credentials found.
    pub role: Option<String>,
    /// The profile of the AWS configuration files.
    pub profile: Option<String>,
    /// The server-side encryption: `AES256`, `aws:kms`.
    pub encryption: Option<String>,
    /// The KMS key, by id, alias or ARN.
    pub kms_key: Option<String>,
    /// The storage class of objects whose [`Headers`](super::Headers) say that they are bulk.
    pub storage_class: Option<String>,
    /// The canned ACL of every object; none by default, since most buckets refuse any.
    pub acl: Option<String>,
    /// How many publish to it.
    pub writers: Writers,
    /// How long an answer may take, besides the time that the content takes.
    pub patience: Duration,
    /// How many requests should be under way at most; at least one.
    pub jobs: usize,
}

impl Settings {
    /// How many requests are under way unless something else is asked for.
    pub const JOBS: usize = 64;

    /// How long an answer may take unless something else is asked for.
    pub const PATIENCE: Duration = Duration::from_secs(60);

    /// Returns the settings of a store with nothing special about it.
    pub fn new(url: Location) -> Self {
        Self {
            url,
            region: None,
            endpoint: None,
            path_style: false,
            role: None,
            profile: None,
            encryption: None,
            kms_key: None,
            storage_class: None,
            acl: None,
            writers: Writers::Several,
            patience: Self::PATIENCE,
            jobs: Self::JOBS,
        }
    }

    pub(super) fn access(&self) -> Access {
        Access {
            region: self.region.clone(),
            endpoint: self.endpoint.clone(),
            path_style: self.path_style,
            role: self.role.clone(),
            profile: self.profile.clone(),
            patience: self.patience,
            fixed: None,
        }
    }

    pub(super) fn placement(&self) -> Placement {
        Placement {
            encryption: self.encryption.as_deref().map(Into::into),
            kms_key: self.kms_key.clone(),
            acl: self.acl.as_deref().map(Into::into),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_stores_are_read_and_shown() {
        for (text, shown) in [
            ("s3://acme-apt", "s3://acme-apt"),
            ("s3://acme-apt/", "s3://acme-apt"),
            ("s3://acme-apt/debian/main/", "s3://acme-apt/debian/main"),
            ("file:///srv/apt", "file:///srv/apt"),
        ] {
            let location: Location = text.parse().expect("the URL of a store");
            assert_eq!(location.to_string(), shown);
        }
    }

    #[test]
    fn other_urls_are_refused() {
        for text in [
            "",
            "s3://",
            "s3:///debian",
            "s3://b//x",
            "s3://b/../x",
            "s3://user:pw@b",
            "file://srv",
            "file:///",
            "http://b/x",
            "s3://b/a+b",
        ] {
            let location = text.parse::<Location>();
            assert_eq!(location.is_err(), text != "file:///", "{text}");
        }
    }
}
