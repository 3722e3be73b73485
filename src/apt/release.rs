//! Release files: the list of a distribution's index files, and what it says of itself.
//!
//! Source: repository format, "Release files"; which fields apt heeds was read in its source.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::str::FromStr;

use crate::debian::architecture::Architecture;
use crate::debian::deb822;
use crate::debian::suite::Component;
use crate::digest::Sha256;
use crate::digest::checksum::Md5;
use crate::time::{Timestamp, parse_release_date, release_date};

/// The content of a Release file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// What the distribution says of itself.
    pub identity: Identity,
    /// When it was published, in whole seconds; never goes backwards.
    pub date: Timestamp,
    /// Until when clients may trust it.
    pub valid_until: Option<Timestamp>,
    /// The architectures that have indices; `all` is implied.
    pub architectures: Vec<Architecture>,
    /// The components.
    pub components: Vec<Component>,
    /// The index files, sorted by path.
    pub files: Vec<IndexEntry>,
}

/// The fields by which clients recognise and pin a distribution.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct Identity {
    /// `Origin:`.
    pub origin: Option<String>,
    /// `Label:`.
    pub label: Option<String>,
    /// `Suite:`.
    pub suite: String,
    /// `Version:`.
    pub version: Option<String>,
    /// `Codename:`.
    pub codename: String,
    /// `Description:`, one line.
    pub description: Option<String>,
    /// `NotAutomatic:` and `ButAutomaticUpgrades:`.
    pub pin: Pin,
}

/// The default priority that a distribution asks for (`apt_preferences(5)`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pin {
    /// Priority 500.
    #[default]
    Automatic,
    /// `NotAutomatic: yes`: priority 1.
    NotAutomatic,
    /// Both fields: priority 100.
    UpgradesOnly,
}

/// An index file as Release lists it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct IndexEntry {
    /// The path below `dists/<codename>/`.
    pub path: String,
    /// The size in bytes.
    pub size: u64,
    /// The digest of the bytes.
    pub sha256: Sha256,
    /// Their MD5 checksum, if it is listed.
    ///
    /// SHA-512 never is: apt takes the strongest checksum of a Release file, and would look for the
    /// index files by that.
    pub md5: Option<Md5>,
}

/// Why a text is not a Release file that this tool can have written.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// The text is no deb822 stanza.
    #[error("not a deb822 stanza")]
    Syntax(#[source] deb822::Deb822Error),
    /// A field is absent that must be there.
    #[error("field {0} is missing")]
    Missing(&'static str),
    /// A field has a value that can't be read.
    #[error("field {field} has the unreadable value `{value}`")]
    Value {
        /// The field's name.
        field: &'static str,
        /// Its value, or the offending line of it.
        value: String,
    },
}

impl Release {
    /// Returns the file's text; equal values give equal bytes.
    pub fn to_text(&self) -> String {
        let identity = &self.identity;
        let mut out = String::with_capacity(512 + self.files.len() * 128);
        let mut field = |name: &str, value: Option<&str>| {
            if let Some(value) = value {
                // Writing to a String can't fail.
                let _ = writeln!(out, "{name}: {value}");
            }
        };
        field("Origin", identity.origin.as_deref());
        field("Label", identity.label.as_deref());
        field("Suite", Some(&identity.suite));
        field("Version", identity.version.as_deref());
        field("Codename", Some(&identity.codename));
        field("Date", Some(&release_date(self.date)));
        field("Valid-Until", self.valid_until.map(release_date).as_deref());
        let (not_automatic, upgrades) = identity.pin.fields();
        field("NotAutomatic", not_automatic);
        field("ButAutomaticUpgrades", upgrades);
        // Exactly this spelling: debootstrap greps for it.
        field("Acquire-By-Hash", Some("yes"));
        field("Architectures", joined(&self.architectures).as_deref());
        field("Components", joined(&self.components).as_deref());
        field("Description", identity.description.as_deref());
        if self.files.iter().any(|file| file.md5.is_some()) {
            out.push_str("MD5Sum:\n");
        }
        for file in &self.files {
            if let Some(md5) = file.md5 {
                let _ = writeln!(out, " {md5} {} {}", file.size, file.path);
            }
        }
        out.push_str("SHA256:\n");
        for file in &self.files {
            let _ = writeln!(out, " {} {} {}", file.sha256, file.size, file.path);
        }
        out
    }

    /// Reads a Release file's text.
    ///
    /// # Errors
    ///
    /// When a field that this tool always writes is missing or unreadable.
    pub fn parse(text: &str) -> Result<Self, ReleaseError> {
        let stanza = deb822::single(text).map_err(ReleaseError::Syntax)?;
        let owned = |name: &str| stanza.get(name).map(str::to_owned);
        let required = |name: &'static str| stanza.get(name).ok_or(ReleaseError::Missing(name));
        let pin = Pin::from_fields(stanza.get("NotAutomatic"), stanza.get("ButAutomaticUpgrades"));
        Ok(Self {
            identity: Identity {
                origin: owned("Origin"),
                label: owned("Label"),
                suite: required("Suite")?.to_owned(),
                version: owned("Version"),
                codename: required("Codename")?.to_owned(),
                description: owned("Description"),
                pin,
            },
            date: date("Date", required("Date")?)?,
            valid_until: stanza.get("Valid-Until").map(|v| date("Valid-Until", v)).transpose()?,
            architectures: words("Architectures", stanza.get("Architectures"))?,
            components: words("Components", stanza.get("Components"))?,
            files: files(required("SHA256")?, stanza.get("MD5Sum").unwrap_or_default())?,
        })
    }

    /// Returns the entry of the index file at `path`.
    pub fn file(&self, path: &str) -> Option<&IndexEntry> {
        self.files.iter().find(|file| file.path == path)
    }
}

impl Pin {
    fn fields(self) -> (Option<&'static str>, Option<&'static str>) {
        match self {
            Self::Automatic => (None, None),
            Self::NotAutomatic => (Some("yes"), None),
            Self::UpgradesOnly => (Some("yes"), Some("yes")),
        }
    }

    fn from_fields(not_automatic: Option<&str>, upgrades: Option<&str>) -> Self {
        match (not_automatic, upgrades) {
            (Some("yes"), Some("yes")) => Self::UpgradesOnly,
            (Some("yes"), _) => Self::NotAutomatic,
            _ => Self::Automatic,
        }
    }
}

/// Returns the value of a field; none if there is nothing for it.
///
/// A distribution without architectures and components is one that was removed: apt warns of each
/// index that it lacks. With `Architectures` alone it would say nothing.
fn joined<T: ToString>(items: &[T]) -> Option<String> {
    let words: Vec<_> = items.iter().map(ToString::to_string).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

fn words<T>(field: &'static str, value: Option<&str>) -> Result<Vec<T>, ReleaseError>
where
    T: std::str::FromStr,
{
    let value = value.unwrap_or_default();
    let unreadable = |word: &str| ReleaseError::Value { field, value: word.to_owned() };
    value.split_whitespace().map(|word| word.parse().map_err(|_| unreadable(word))).collect()
}

fn date(field: &'static str, value: &str) -> Result<Timestamp, ReleaseError> {
    parse_release_date(value).map_err(|_| ReleaseError::Value { field, value: value.to_owned() })
}

/// Returns the files that the lines of the two checksums list; SHA-256 decides which these are.
///
/// Nothing relies on MD5: where another tool wrote it in another way, there is none.
fn files(sha256: &str, md5: &str) -> Result<Vec<IndexEntry>, ReleaseError> {
    let md5: BTreeMap<&str, Md5> =
        lines("MD5Sum", md5).filter_map(Result::ok).map(|(md5, _, path)| (path, md5)).collect();
    let entry = |(sha256, size, path): (Sha256, u64, &str)| {
        let md5 = md5.get(path).copied();
        IndexEntry { path: path.to_owned(), size, sha256, md5 }
    };
    lines("SHA256", sha256).map(|line| line.map(entry)).collect()
}

/// Returns the lines of a field: a checksum, a size and a path each.
fn lines<'a, T: FromStr>(
    field: &'static str,
    value: &'a str,
) -> impl Iterator<Item = Result<(T, u64, &'a str), ReleaseError>> {
    let lines = value.lines().filter(|line| !line.trim().is_empty());
    lines.map(move |line| {
        let mut parts = line.split_whitespace();
        let parts = (parts.next(), parts.next(), parts.next(), parts.next());
        let read = match parts {
            (Some(sum), Some(size), Some(path), None) => {
                sum.parse().ok().zip(size.parse().ok()).map(|(sum, size)| (sum, size, path))
            }
            _ => None,
        };
        read.ok_or_else(|| ReleaseError::Value { field, value: line.trim().to_owned() })
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn word() -> impl Strategy<Value = String> {
        "[A-Za-z0-9][A-Za-z0-9 ./()-]{0,20}[A-Za-z0-9]"
    }

    fn release() -> impl Strategy<Value = Release> {
        let identity = (
            proptest::option::of(word()),
            proptest::option::of(word()),
            word(),
            proptest::option::of(word()),
            prop_oneof![Just(Pin::Automatic), Just(Pin::NotAutomatic), Just(Pin::UpgradesOnly)],
        );
        let identity = identity.prop_map(|(origin, label, suite, description, pin)| Identity {
            version: label.clone(),
            codename: suite.clone(),
            origin,
            label,
            suite,
            description,
            pin,
        });
        let file = ("[a-z]{1,8}/[a-z.]{1,8}", any::<u64>(), any::<[u8; 4]>());
        let files = proptest::collection::vec(file, 0..5);
        let seconds = 0i64..4_000_000_000;
        (identity, seconds.clone(), proptest::option::of(seconds), files).prop_map(
            |(identity, date, until, files)| Release {
                identity,
                date: Timestamp::from_second(date).unwrap(),
                valid_until: until.map(|s| Timestamp::from_second(s).unwrap()),
                architectures: vec!["amd64".parse().unwrap(), "arm64".parse().unwrap()],
                components: vec!["main".parse().unwrap()],
                files: files
                    .into_iter()
                    .map(|(path, size, seed)| IndexEntry {
                        // One path is listed once.
                        path: format!("{path}-{size}"),
                        size,
                        sha256: Sha256::of(&seed),
                        md5: (size % 2 == 0).then(|| format!("{size:032x}").parse().unwrap()),
                    })
                    .collect(),
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn reading_what_was_written_gives_the_same_release(release in release()) {
            let text = release.to_text();
            prop_assert_eq!(Release::parse(&text).unwrap(), release);
        }
    }

    #[test]
    fn md5_that_can_not_be_read_is_as_good_as_none() {
        let (digest, path) = (Sha256::of(b""), "main/binary-amd64/Packages");
        let read = |md5: &str| {
            let text = format!(
                "Suite: a\nCodename: a\nDate: Fri, 20 Nov 2026 10:00:00 UTC\nMD5Sum:\n {md5} 0 {path}\n\
                 SHA256:\n {digest} 0 {path}\n"
            );
            Release::parse(&text).unwrap().files.remove(0).md5.map(|md5| md5.to_string())
        };
        let md5 = "d41d8cd98f00b204e9800998ecf8427e";
        assert_eq!(read(md5).as_deref(), Some(md5));
        for other in ["garbage", &md5.to_uppercase(), ""] {
            assert_eq!(read(other), None, "{other}");
        }
    }

    #[test]
    fn the_text_is_what_debian_writes() {
        let release = Release {
            identity: Identity {
                origin: Some("Acme".into()),
                suite: "stable".into(),
                codename: "bookworm".into(),
                ..Identity::default()
            },
            date: Timestamp::from_second(1_795_168_800).unwrap(),
            valid_until: None,
            architectures: vec!["amd64".parse().unwrap()],
            components: vec!["main".parse().unwrap()],
            files: vec![IndexEntry {
                path: "main/binary-amd64/Packages".into(),
                size: 0,
                sha256: Sha256::of(b""),
                md5: None,
            }],
        };
        insta::assert_snapshot!(release.to_text(), @r"
        Origin: Acme
        Suite: stable
        Codename: bookworm
        Date: Fri, 20 Nov 2026 10:00:00 UTC
        Acquire-By-Hash: yes
        Architectures: amd64
        Components: main
        SHA256:
         e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 0 main/binary-amd64/Packages
        ");
    }
}
