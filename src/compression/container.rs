//! What the multi-part formats have in common: blocks one after the other, each of a known size.

use std::borrow::Cow;

use crate::compression::{Compression, gzip, xz, zstd};

/// A compressed block, as it stands in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Packed<'a> {
    /// The bytes.
    pub bytes: Cow<'a, [u8]>,
    /// The number of bytes that were compressed into it.
    pub size: u64,
}

/// Returns the blocks of a file, if it tells where they are: as our own files do, and some others.
///
/// What it says of their sizes is not verified, and decoding may fail. No allocation is larger than
/// the file.
pub(super) fn packed(compression: Compression, file: &[u8]) -> Option<Vec<Packed<'_>>> {
    match compression {
        Compression::Gzip => gzip::members(file),
        Compression::Xz => xz::blocks(file),
        Compression::Zstd => zstd::frames(file),
        Compression::None | Compression::Bzip2 | Compression::Lzma => None,
    }
}

/// Returns the file that consists of these blocks.
pub(super) fn file(compression: Compression, blocks: &[Packed<'_>]) -> Vec<u8> {
    if compression == Compression::Xz {
        return xz::stream(blocks);
    }
    let mut file = Vec::with_capacity(blocks.iter().map(|block| block.bytes.len()).sum());
    blocks.iter().for_each(|block| file.extend_from_slice(&block.bytes));
    file
}
