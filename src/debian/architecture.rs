//! Names of the architectures that binary packages are built for.
//!
//! dpkg is no guard here: it merely warns about `../x`, `any` or two words. What is not one
//! concrete architecture is refused.

use std::sync::Arc;

use super::checked_text::{MAX_LENGTH, checked_text, excerpt, first_outside};

/// The architecture of a binary package: `all`, or one such as `amd64`.
///
/// The grammar is `[a-z0-9][a-z0-9-]*` without the wildcards and words that Debian Policy 5.6.8
/// allows for source packages only (`any`, `linux-any`, `source`).
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct Architecture(Arc<str>);

checked_text!(Architecture, ArchitectureError, check);

/// A text is not the architecture of a binary package.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not a Debian architecture: {reason}")]
pub struct ArchitectureError {
    /// The start of the text.
    pub text: Box<str>,
    /// What is wrong with it.
    pub reason: ArchitectureReason,
}

/// What makes a text no architecture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ArchitectureReason {
    /// There is no text.
    #[error("it is empty")]
    Empty,
    /// More bytes than file names can have.
    #[error("it is longer than {MAX_LENGTH} characters")]
    TooLong,
    /// The first character is neither a lower-case letter nor a digit.
    #[error("it must start with a lower-case letter or a digit, not with {0:?}")]
    Start(char),
    /// A character that architectures can't have.
    #[error("it has {0:?}; only a-z, 0-9 and '-' are allowed")]
    Character(char),
    /// `any` and its kind, which stand for many architectures.
    #[error("it is a wildcard; name one architecture such as 'amd64', or 'all'")]
    Wildcard,
    /// `source` or `none`, which mean something else to Debian's tools.
    #[error("the word has another meaning in Debian; name one such as 'amd64', or 'all'")]
    Reserved,
    /// The name that the kernel, LLVM or RPM has for an architecture of Debian's.
    #[error("Debian calls it '{0}'")]
    Foreign(&'static str),
}

impl Architecture {
    /// Returns `all`, the architecture of packages that run on every machine.
    pub fn all() -> Self {
        Self("all".into())
    }

    /// Tells whether this is `all`.
    pub fn is_all(&self) -> bool {
        &*self.0 == "all"
    }

    /// Returns Debian's name for an architecture that others call `text`, if they differ.
    pub fn suggestion(text: &str) -> Option<&'static str> {
        let known = match text.to_ascii_lowercase().as_str() {
            "x86_64" | "x86-64" | "x64" | "x86_64-v1" => "amd64",
            "aarch64" | "armv8" | "arm64v8" | "arm64-v8a" => "arm64",
            "i486" | "i586" | "i686" | "x86" | "ia32" | "386" => "i386",
            "armv7" | "armv7l" | "armv7hl" | "armhfp" | "arm32v7" => "armhf",
            "armv5" | "armv5tel" | "arm32v5" => "armel",
            "ppc64le" | "powerpc64le" => "ppc64el",
            "riscv64gc" => "riscv64",
            "loongarch64" => "loong64",
            "mips64le" => "mips64el",
            "mipsle" => "mipsel",
            "noarch" | "independent" => "all",
            _ => return None,
        };
        Some(known)
    }
}

/// Checks a text against the grammar of architectures.
fn check(text: &str) -> Result<(), ArchitectureError> {
    let Some(reason) = flaw(text) else { return Ok(()) };
    Err(ArchitectureError { text: excerpt(text), reason })
}

/// Returns what is wrong with an architecture.
fn flaw(text: &str) -> Option<ArchitectureReason> {
    if let Some(name) = Architecture::suggestion(text) {
        return Some(ArchitectureReason::Foreign(name));
    }
    let Some(first) = text.chars().next() else { return Some(ArchitectureReason::Empty) };
    if !matches!(first, 'a'..='z' | '0'..='9') {
        return Some(ArchitectureReason::Start(first));
    }
    let allowed = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    if let Some(character) = first_outside(text, allowed) {
        return Some(ArchitectureReason::Character(character));
    }
    if text.split('-').any(|part| part == "any") {
        return Some(ArchitectureReason::Wildcard);
    }
    if matches!(text, "source" | "none" | "native") {
        return Some(ArchitectureReason::Reserved);
    }
    (text.len() > MAX_LENGTH).then_some(ArchitectureReason::TooLong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn architectures_of_debian_are_accepted() {
        for text in ["all", "amd64", "arm64", "hurd-i386", "kfreebsd-amd64", "x32", "riscv64"] {
            assert_eq!(text.parse::<Architecture>().expect(text).as_str(), text);
        }
        assert!(Architecture::all().is_all());
        assert_eq!("all".parse(), Ok(Architecture::all()));
    }

    #[test]
    fn what_is_not_one_architecture_is_refused_with_the_reason() {
        let reason = |text: &str| text.parse::<Architecture>().expect_err(text).reason;
        assert_eq!(reason(""), ArchitectureReason::Empty);
        assert_eq!(reason("any"), ArchitectureReason::Wildcard);
        assert_eq!(reason("linux-any"), ArchitectureReason::Wildcard);
        assert_eq!(reason("any-amd64"), ArchitectureReason::Wildcard);
        assert_eq!(reason("source"), ArchitectureReason::Reserved);
        assert_eq!(reason("none"), ArchitectureReason::Reserved);
        assert_eq!(reason("../x"), ArchitectureReason::Start('.'));
        assert_eq!(reason("-x"), ArchitectureReason::Start('-'));
        assert_eq!(reason("amd64 arm64"), ArchitectureReason::Character(' '));
        assert_eq!(reason("a_b"), ArchitectureReason::Character('_'));
        assert_eq!(reason(&"a".repeat(300)), ArchitectureReason::TooLong);
    }

    #[test]
    fn foreign_names_are_answered_with_debians() {
        for (foreign, name) in [
            ("x86_64", "amd64"),
            ("x64", "amd64"),
            ("aarch64", "arm64"),
            ("i686", "i386"),
            ("armv7l", "armhf"),
            ("ppc64le", "ppc64el"),
        ] {
            assert_eq!(Architecture::suggestion(foreign), Some(name));
            let error = foreign.parse::<Architecture>().expect_err(foreign);
            assert_eq!(error.reason, ArchitectureReason::Foreign(name));
        }
        assert_eq!(Architecture::suggestion("amd64"), None);
    }
}
