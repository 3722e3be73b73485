//! Names of packages as a manifest selects them: `acme-*`.
//!
//! `*` stands for any characters, nothing else is special, and a glob always means the whole name.

use std::sync::Arc;

use super::checked_text::{checked_text, excerpt};
use super::glob;
use super::name::{NameReason, PackageName};

/// A package name in which `*` may stand for any characters; one without is just that name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameGlob(Arc<str>);

checked_text!(NameGlob, NameGlobError, check);

/// A text is not a glob that any package name could match.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' matches no package name: {reason}")]
pub struct NameGlobError {
    /// The start of the text.
    pub text: Box<str>,
    /// What is wrong with it.
    pub reason: NameReason,
}

impl NameGlob {
    /// Tells whether the glob means a package of this name.
    pub fn matches(&self, name: &PackageName) -> bool {
        glob::matches(&self.0, name.as_str())
    }

    /// Tells whether some text is what both globs mean.
    pub fn meets(&self, other: &Self) -> bool {
        glob::meet(&self.0, &other.0)
    }

    /// Returns what every name that the glob means begins with.
    pub fn literal_start(&self) -> &str {
        self.0.split(glob::STAR).next().unwrap_or_default()
    }

    /// Returns how narrow the glob is, in an order: a plain name is narrower than any pattern, and
    /// of two patterns the one with more characters beside its stars.
    pub fn specificity(&self) -> (bool, usize) {
        (self.is_exact(), self.0.chars().filter(|c| *c != glob::STAR).count())
    }

    /// Tells whether the glob is a plain name.
    pub fn is_exact(&self) -> bool {
        !self.0.contains(glob::STAR)
    }
}

/// Checks that some name matches a text.
fn check(text: &str) -> Result<(), NameGlobError> {
    // Two digits are a name by themselves and may stand anywhere in one.
    let name = text.replace(glob::STAR, "00").parse::<PackageName>();
    name.map(|_| ()).map_err(|error| NameGlobError { text: excerpt(text), reason: error.reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name_glob(text: &str) -> NameGlob {
        text.parse().expect(text)
    }

    #[test]
    fn a_glob_means_the_whole_name() {
        let matches = |glob: &str, name: &str| name_glob(glob).matches(&name.parse().expect(name));
        assert!(matches("acme-*", "acme-api") && matches("acme-*", "acme-"));
        assert!(!matches("acme-*", "libacme-1") && !matches("acme-*", "acme"));
        assert!(matches("widget", "widget") && !matches("widget", "widget2"));
        assert!(matches("*", "g++") && matches("lib*-dev", "libacme-dev"));
        assert!(!matches("a.c", "abc"), "a dot is a dot");
    }

    #[test]
    fn a_name_is_narrower_than_a_pattern_and_a_long_pattern_than_a_short_one() {
        let order = ["*", "l*", "linux*", "linux-*", "linux-**-amd64", "z0"];
        for pair in order.windows(2) {
            assert!(
                name_glob(pair[0]).specificity() < name_glob(pair[1]).specificity(),
                "{pair:?}"
            );
        }
        assert!(name_glob("lib*").meets(&name_glob("*dbg")));
        assert!(!name_glob("lib*").meets(&name_glob("linux*")));
    }

    #[test]
    fn globs_that_no_name_matches_are_refused() {
        let reason = |text: &str| text.parse::<NameGlob>().expect_err(text).reason;
        assert_eq!(reason(""), NameReason::TooShort);
        assert_eq!(reason("Acme-*"), NameReason::Start('A'));
        assert_eq!(reason("-*"), NameReason::Start('-'));
        assert_eq!(reason("acme-?"), NameReason::Character('?'));
        assert_eq!(reason("acme_*"), NameReason::Character('_'));
        assert_eq!(reason("acme-[ab]"), NameReason::Character('['));
        assert!(name_glob("widget").is_exact() && !name_glob("w*").is_exact());
    }
}
