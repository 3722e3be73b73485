//! Object keys: which names we give to objects, and which foreign names we can hold.

use std::fmt;

use object_store::path::Path;

/// The longest key that S3 takes, in bytes; a store's prefix counts too.
const LONGEST: usize = 1024;

/// The name of an object, relative to the store's prefix.
///
/// Ordered by bytes, as stores list. A key that [`Key::parse`] made holds only characters that
/// every client and every S3 server agree on: no `+`, which is a space in an unsigned path on AWS
/// and a plus elsewhere, and nothing that needs an escape in a URL.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(String);

/// The text can't be an object's key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{}' is not a key: {reason}", crate::text::printable(text))]
pub struct KeyError {
    text: String,
    reason: &'static str,
}

impl Key {
    /// Reads a key that we want to write: `segment/segment`, of `A-Z a-z 0-9 . _ ~ : -` only.
    ///
    /// # Errors
    ///
    /// [`KeyError`] says what is wrong: an empty segment, `.` or `..`, a foreign character, or
    /// more than 1,024 bytes.
    pub fn parse(text: impl Into<String>) -> Result<Self, KeyError> {
        let key = Self::found(text)?;
        match key.0.bytes().all(is_portable) {
            true => Ok(key),
            false => Err(KeyError { text: key.0, reason: "only A-Z a-z 0-9 . _ ~ : - and / fit" }),
        }
    }

    /// Takes the key of an object that somebody else wrote, as a listing or an index names it.
    ///
    /// # Errors
    ///
    /// [`KeyError`] for what no store here can address: an empty segment, `.`, `..`, a control
    /// character, or more than 1,024 bytes.
    pub fn found(text: impl Into<String>) -> Result<Self, KeyError> {
        let text = text.into();
        match fault(&text) {
            None => Ok(Self(text)),
            Some(reason) => Err(KeyError { text, reason }),
        }
    }

    /// Returns the key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns where the object lies in a store whose objects all start with `prefix`.
    pub(super) fn under(&self, prefix: &str) -> Result<Path, KeyError> {
        let text = joined(prefix, &self.0);
        // `found` has refused whatever `Path::parse` does; only the prefix can make it too long.
        if text.len() > LONGEST {
            return Err(KeyError { text, reason: "longer than 1,024 bytes with the prefix" });
        }
        Path::parse(&text).map_err(|_| KeyError { text, reason: "not a path" })
    }
}

/// Returns `prefix/name`, or just the one that isn't empty.
pub(super) fn joined(prefix: &str, name: &str) -> String {
    match (prefix, name) {
        ("", name) => name.to_owned(),
        (prefix, "") => prefix.to_owned(),
        (prefix, name) => format!("{prefix}/{name}"),
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::text::printable(&self.0))
    }
}

impl AsRef<str> for Key {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for Key {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        Self::parse(text)
    }
}

/// Returns why no store here can address `text`.
fn fault(text: &str) -> Option<&'static str> {
    if text.len() > LONGEST {
        return Some("longer than 1,024 bytes");
    }
    if text.bytes().any(|byte| byte.is_ascii_control()) {
        return Some("it has a control character");
    }
    text.split('/').find_map(|segment| match segment {
        "" => Some("it has an empty segment"),
        "." | ".." => Some("it has a relative segment"),
        _ => None,
    })
}

fn is_portable(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._~:-/".contains(&byte)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_of_a_repository_are_keys() {
        for text in [
            "dists/bookworm/InRelease",
            "pool/w/widget/0123456789abcdef/widget_1.0~rc1-1_amd64.deb",
            ".repoman/store.json",
            "a:b/c",
            "...",
        ] {
            assert_eq!(Key::parse(text).map(|key| key.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn what_could_escape_or_mean_two_things_is_refused() {
        for text in [
            "", "/", "/a", "a/", "a//b", ".", "..", "a/../b", "a/./b", "a+b", "a b", "a%2Fb", "é",
            "a\nb", "a\\b", "a\0",
        ] {
            assert!(Key::parse(text).is_err(), "{text:?}");
        }
        assert!(Key::parse("a".repeat(LONGEST)).is_ok());
        assert!(Key::parse("a".repeat(LONGEST + 1)).is_err());
        assert!(Key::parse("a".repeat(LONGEST)).expect("short enough").under("p").is_err());
    }

    #[test]
    fn foreign_names_are_held_but_not_given() {
        for text in ["pool/g/g++/g++_1.deb", "a b", "é"] {
            assert!(Key::found(text).is_ok() && Key::parse(text).is_err(), "{text:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn whatever_is_a_key_stays_below_its_prefix(text in "[a-z./+~ ]{0,12}") {
            if let Ok(key) = Key::found(text.clone()) {
                let path = key.under("some/where").expect("short enough");
                prop_assert_eq!(path.as_ref(), format!("some/where/{text}"));
                prop_assert!(!text.split('/').any(|segment| segment == ".."));
            }
        }
    }
}
