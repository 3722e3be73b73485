//! Names of binary and source packages.
//!
//! Only what Debian Policy allows becomes a [`PackageName`]: a name turns into parts of object
//! keys, so a lax one could leave the pool (`../../etc/x`). Relations name packages more freely,
//! see [`super::relation`].

use std::sync::Arc;

use super::checked_text::{MAX_LENGTH, checked_text, excerpt, first_outside};

/// The name of a binary or source package: `[a-z0-9][a-z0-9+.-]+`.
///
/// Source: Debian Policy 5.6.1 and 5.6.7. dpkg also takes upper case, `_` and single characters.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct PackageName(Arc<str>);

checked_text!(PackageName, NameError, check);

/// A text is not the name of a package.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not a package name: {reason}")]
pub struct NameError {
    /// The start of the text.
    pub text: Box<str>,
    /// What is wrong with it.
    pub reason: NameReason,
}

/// What makes a text no name of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameReason {
    /// Fewer than two characters.
    #[error("it must have at least two characters")]
    TooShort,
    /// More bytes than file names can have.
    #[error("it is longer than {MAX_LENGTH} characters")]
    TooLong,
    /// The first character is neither a lower-case letter nor a digit.
    #[error("it must start with a lower-case letter or a digit, not with {0:?}")]
    Start(char),
    /// A character that names can't have.
    #[error("it has {0:?}; only a-z, 0-9, '+', '-' and '.' are allowed")]
    Character(char),
}

impl PackageName {
    /// Returns the directory of `pool/<component>/` that a source of this name lives in.
    ///
    /// That is the first character, or four for what starts with `lib`: `h` for `hello`, `libc` for
    /// `libcap2`, but `l` for `lib`.
    pub fn pool_prefix(&self) -> &str {
        let length = if self.0.starts_with("lib") && self.0.len() > 3 { 4 } else { 1 };
        &self.0[..length]
    }
}

/// Checks a text against the grammar of names.
fn check(text: &str) -> Result<(), NameError> {
    let Some(reason) = flaw(text) else { return Ok(()) };
    Err(NameError { text: excerpt(text), reason })
}

/// Returns what is wrong with a name.
fn flaw(text: &str) -> Option<NameReason> {
    let Some(first) = text.chars().next() else { return Some(NameReason::TooShort) };
    if !matches!(first, 'a'..='z' | '0'..='9') {
        return Some(NameReason::Start(first));
    }
    let allowed = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'+' | b'-' | b'.');
    if let Some(character) = first_outside(text, allowed) {
        return Some(NameReason::Character(character));
    }
    match text.len() {
        0..2 => Some(NameReason::TooShort),
        2..=MAX_LENGTH => None,
        _ => Some(NameReason::TooLong),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_real_packages_are_accepted() {
        for text in ["g++", "libc6", "0ad", "a.b", "gtk+3.0", "x-", "7zip"] {
            assert_eq!(text.parse::<PackageName>().expect(text).as_str(), text);
        }
    }

    #[test]
    fn names_against_policy_are_refused_with_the_reason() {
        let reason = |text: &str| text.parse::<PackageName>().expect_err(text).reason;
        assert_eq!(reason(""), NameReason::TooShort);
        assert_eq!(reason("a"), NameReason::TooShort);
        assert_eq!(reason("../../etc/x"), NameReason::Start('.'));
        assert_eq!(reason("-x"), NameReason::Start('-'));
        assert_eq!(reason("Foo"), NameReason::Start('F'));
        assert_eq!(reason("fOo"), NameReason::Character('O'));
        assert_eq!(reason("a_b"), NameReason::Character('_'));
        assert_eq!(reason("a/b"), NameReason::Character('/'));
        assert_eq!(reason("aé"), NameReason::Character('é'));
        assert_eq!(reason("ab\n"), NameReason::Character('\n'));
        assert_eq!(reason(&"a".repeat(256)), NameReason::TooLong);
    }

    #[test]
    fn errors_name_the_text_without_its_control_characters() {
        let error = "a\x1b[31m".parse::<PackageName>().expect_err("an escape");
        assert_eq!(
            error.to_string(),
            "'a\u{fffd}[31m' is not a package name: it has '\\u{1b}'; \
             only a-z, 0-9, '+', '-' and '.' are allowed"
        );
    }

    #[test]
    fn libraries_spread_over_the_pool_by_four_characters() {
        let cases = [("hello", "h"), ("libcap2", "libc"), ("lib", "l"), ("lib3", "lib3")];
        for (name, prefix) in cases {
            assert_eq!(name.parse::<PackageName>().expect(name).pool_prefix(), prefix);
        }
    }

    #[test]
    fn reading_from_json_checks_the_grammar() {
        assert!(serde_json::from_str::<PackageName>("\"hello\"").is_ok());
        assert!(serde_json::from_str::<PackageName>("\"../x\"").is_err());
    }
}
