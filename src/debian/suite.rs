//! Names of distributions and of their components, as they stand in `dists/`.
//!
//! Both become parts of object keys, so both are kept to characters that every store, URL and file
//! system takes as they are: a `+` reaches S3 as a blank, and apt and debootstrap disagree on `~`.

use std::sync::Arc;

use super::checked_text::{MAX_LENGTH, checked_text, excerpt, first_outside};

/// The directory of a distribution below `dists/`: `bookworm`, `bookworm/updates`.
///
/// One or more segments `[A-Za-z0-9][A-Za-z0-9._-]*` with `/` between them, none of which is a name
/// that `dists/` itself needs.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct Codename(Arc<str>);

/// A component of a distribution: `main`, `non-free-firmware`, `updates/main`.
///
/// The grammar is that of [`Codename`].
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct Component(Arc<str>);

checked_text!(Codename, SuiteError, check);
checked_text!(Component, SuiteError, check);

/// A text can't name a directory below `dists/`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' cannot name a directory of dists/: {reason}")]
pub struct SuiteError {
    /// The start of the text.
    pub text: Box<str>,
    /// What is wrong with it.
    pub reason: SuiteReason,
}

/// What makes a text no codename and no component.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SuiteReason {
    /// There is no text.
    #[error("it is empty")]
    Empty,
    /// A `/` at an end, or two in a row.
    #[error("a part between slashes is empty")]
    EmptySegment,
    /// More bytes than file names can have.
    #[error("it is longer than {MAX_LENGTH} characters")]
    TooLong,
    /// A segment starts with neither a letter nor a digit.
    #[error("each part must start with a letter or a digit, not with {0:?}")]
    Start(char),
    /// A character that segments can't have.
    #[error("it has {0:?}; only letters, digits, '.', '_' and '-' are allowed")]
    Character(char),
    /// A segment that collides with what is published beside it.
    #[error("'{0}' is a name that the repository itself uses")]
    Reserved(Box<str>),
}

/// Checks a text against the grammar of directories below `dists/`.
fn check(text: &str) -> Result<(), SuiteError> {
    flaw(text).map_or(Ok(()), |reason| Err(SuiteError { text: excerpt(text), reason }))
}

/// Returns what is wrong with a codename or component.
fn flaw(text: &str) -> Option<SuiteReason> {
    if text.is_empty() {
        return Some(SuiteReason::Empty);
    }
    if text.len() > MAX_LENGTH {
        return Some(SuiteReason::TooLong);
    }
    text.split('/').find_map(segment_flaw)
}

/// Returns what is wrong with one part between slashes.
fn segment_flaw(segment: &str) -> Option<SuiteReason> {
    let Some(first) = segment.chars().next() else { return Some(SuiteReason::EmptySegment) };
    if !first.is_ascii_alphanumeric() {
        return Some(SuiteReason::Start(first));
    }
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if let Some(character) = first_outside(segment, allowed) {
        return Some(SuiteReason::Character(character));
    }
    is_reserved(segment).then(|| SuiteReason::Reserved(segment.into()))
}

/// Tells whether a segment is the name of something else in `dists/<codename>`.
///
/// Compared without regard to case, since some file systems do so too.
fn is_reserved(segment: &str) -> bool {
    let segment = segment.to_ascii_lowercase();
    matches!(segment.as_str(), "by-hash" | "repoman" | "release" | "inrelease" | "release.gpg")
        || segment.starts_with("binary-")
        || segment.starts_with("contents-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_of_real_archives_are_accepted() {
        for text in ["bookworm", "stable-security", "bookworm/updates", "24.04", "any_1", "a"] {
            assert_eq!(text.parse::<Codename>().expect(text).as_str(), text);
        }
        for text in ["main", "non-free-firmware", "updates/main", "main/debian-installer"] {
            assert_eq!(text.parse::<Component>().expect(text).as_str(), text);
        }
    }

    #[test]
    fn directories_that_could_escape_or_collide_are_refused_with_the_reason() {
        let reason = |text: &str| text.parse::<Component>().expect_err(text).reason;
        assert_eq!(reason(""), SuiteReason::Empty);
        assert_eq!(reason("/main"), SuiteReason::EmptySegment);
        assert_eq!(reason("main/"), SuiteReason::EmptySegment);
        assert_eq!(reason("a//b"), SuiteReason::EmptySegment);
        assert_eq!(reason(".."), SuiteReason::Start('.'));
        assert_eq!(reason("a/../b"), SuiteReason::Start('.'));
        assert_eq!(reason("a+b"), SuiteReason::Character('+'));
        assert_eq!(reason("a~b"), SuiteReason::Character('~'));
        assert_eq!(reason("a b"), SuiteReason::Character(' '));
        assert_eq!(reason("a\\b"), SuiteReason::Character('\\'));
        assert_eq!(reason("main/by-hash"), SuiteReason::Reserved("by-hash".into()));
        assert_eq!(reason("binary-amd64"), SuiteReason::Reserved("binary-amd64".into()));
        assert_eq!(reason("Repoman"), SuiteReason::Reserved("Repoman".into()));
        assert_eq!(reason("InRelease"), SuiteReason::Reserved("InRelease".into()));
        assert_eq!(reason(&"a".repeat(256)), SuiteReason::TooLong);
    }
}
