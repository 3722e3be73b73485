//! The text of `Packages` files, and the forms of index files.

use crate::apt::{packages, path};
use crate::compression::{Blocks, Compression, Part};
use crate::debian::architecture::Architecture;
use crate::debian::suite::Component;
use crate::digest::{Hasher, Sha256};
use crate::snapshot::{Distribution, Packages};

/// How many empty lines at the end of a published text are looked for.
const EMPTY_LINES: u64 = 64;

/// An index, by what it lists.
pub(super) type Index<'a> = (&'a Component, &'a Architecture);

/// Returns the text that lists an architecture's packages, in parts.
pub(super) fn parts<'a>(packages: &'a Packages, architecture: &'a Architecture) -> Vec<Part<'a>> {
    let listed = Distribution::listed(packages, architecture);
    packages::parts(listed.map(|(_, package)| (&package.stanza, &package.file.sha256)))
}

/// Adds empty lines to a text, as a build does whose names are spent, if it takes only a few to make
/// it as long as that.
pub(super) fn lengthen(parts: &mut Vec<Part<'_>>, size: u64) {
    let length: u64 = parts.iter().map(|part| part.text.len() as u64).sum();
    let lines = size.saturating_sub(length);
    if lines <= EMPTY_LINES {
        parts.extend((0..lines).map(|_| packages::EMPTY_LINE));
    }
}

/// Returns the digest and the size of a text.
pub(super) fn digest(text: &Blocks<'_>) -> (Sha256, u64) {
    let mut hasher = Hasher::new();
    text.pieces().for_each(|piece| hasher.update(piece));
    hasher.finish()
}

/// Tells whether a text consists of these bytes.
pub(super) fn is_same(text: &Blocks<'_>, bytes: &[u8]) -> bool {
    let rest = text.pieces().try_fold(bytes, |rest, piece| {
        let (start, rest) = rest.split_at_checked(piece.len())?;
        // Most pieces are shared with the bytes themselves.
        (std::ptr::eq(start, piece) || start == piece).then_some(rest)
    });
    rest.is_some_and(<[u8]>::is_empty)
}

/// Returns the form of a `Packages` or `Contents` file; nothing for another file.
pub(super) fn form(path: &str) -> Option<Compression> {
    path::split_form(path).map(|(_, form)| form)
}
