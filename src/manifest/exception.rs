//! Exceptions, each with its reason: what all tables of them share.

use super::section::Text;

/// Why an exception stands, and where: plans print both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The reason: one line of text that is safe to print.
    pub text: String,
    /// The line of the manifest, from 1.
    pub line: usize,
}

impl Reason {
    /// Returns the reason for what stands in the line of a key.
    pub(super) fn of(key: &Text<'_>, reason: &Text<'_>) -> Self {
        Self { text: reason.text.to_owned(), line: key.line() }
    }
}
