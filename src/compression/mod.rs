//! The compressions of packages and index files: names, bounded decoders, reproducible encoders.
//!
//! Decoders refuse what apt and dpkg don't read to its end: bytes after the compressed stream.
//! Their memory is bounded whatever the input says; bounding the *output* is the caller's part
//! (`Read::take`).
//!
//! Encoders take a text in [`Blocks`], which are compressed one by one, and so on all processors.
//! Borders lie where the content says: one change leaves all blocks but its own as they were, and
//! [`compress`] takes those over from the file of an [`Edition`] before. The bytes are a function of
//! the blocks, whatever was taken over and on however many processors:
//!
//! ```text
//! gzip  a member for each block; each says how long it is (RFC 1952 2.3.1.1)
//! xz    one stream, for apt reads no second one; a block for each, with its sizes
//! zstd  a frame for each block, with the size of its content
//! ```

mod blocks;
mod container;
mod decode;
mod encode;
mod gzip;
mod parallel;
#[cfg(test)]
mod tests;
mod xz;
mod zstd;

use std::fmt;

pub use blocks::{Blocks, Part};
pub use decode::{Decoder, Frames, decoder, gunzip_plain};
pub use encode::{Edition, WORTH_REUSE, compress, encoder};
pub use parallel::{decompress, holds};

/// A way to compress a file, told by the extension of its name.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// The file as it is.
    None,
    /// RFC 1952.
    Gzip,
    /// The `.xz` format.
    Xz,
    /// RFC 8878.
    Zstd,
    /// The format of bzip2.
    Bzip2,
    /// The headerless predecessor of `.xz`.
    Lzma,
}

impl Compression {
    /// All compressions.
    pub const ALL: [Self; 6] =
        [Self::None, Self::Gzip, Self::Xz, Self::Zstd, Self::Bzip2, Self::Lzma];

    /// Returns the extension with its dot: `""`, `".gz"`, `".xz"`, `".zst"`, `".bz2"`, `".lzma"`.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Gzip => ".gz",
            Self::Xz => ".xz",
            Self::Zstd => ".zst",
            Self::Bzip2 => ".bz2",
            Self::Lzma => ".lzma",
        }
    }

    /// Returns the compression with this extension (with its dot), if there is one.
    pub fn from_extension(extension: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|compression| compression.extension() == extension)
    }

    /// Returns the name as `dpkg-deb -Z` spells it: `none`, `gzip`, `xz`, `zstd`, `bzip2`, `lzma`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Xz => "xz",
            Self::Zstd => "zstd",
            Self::Bzip2 => "bzip2",
            Self::Lzma => "lzma",
        }
    }

    /// Tells whether a compressed file may begin with the bytes of `start` (six are enough).
    pub fn may_begin_with(self, start: &[u8]) -> bool {
        match self {
            Self::None => true,
            Self::Gzip => start.starts_with(&[0x1f, 0x8b, 8]),
            Self::Xz => start.starts_with(b"\xfd7zXZ\0"),
            Self::Zstd => start.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]),
            Self::Bzip2 => start.starts_with(b"BZh"),
            // Not a magic, but the largest first byte that the format allows.
            Self::Lzma => start.first().is_some_and(|&properties| properties < 225),
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
