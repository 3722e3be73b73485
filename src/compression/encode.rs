//! Reproducible encoders, which don't compress again what an earlier file has compressed.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::sync::OnceLock;

use rayon::prelude::*;

use crate::compression::blocks::{Block, Blocks, Part};
use crate::compression::container::{self, Packed};
use crate::compression::{Compression, gzip, xz, zstd};

/// The size of a text in bytes from which on it pays to fetch an earlier file of it: below, there are
/// two blocks or so, one of which will have changed, and to compress the other by xz (45 ms) takes no
/// longer than a request.
pub const WORTH_REUSE: u64 = 512 << 10;

/// An earlier edition of a text, and the file that it was compressed into.
#[derive(Debug, Clone, Copy)]
pub struct Edition<'a> {
    /// The text.
    pub text: &'a Blocks<'a>,
    /// The file, made of that text by the same [`encoder`]. What follows from it is on the caller;
    /// a file that can't have been made so is not used.
    pub file: &'a [u8],
}

/// Returns a text compressed: the same bytes with and without an earlier edition, and for any number
/// of processors.
///
/// # Errors
///
/// Fails when an encoder can't be set up, for want of memory.
pub fn compress(
    compression: Compression,
    text: &Blocks<'_>,
    earlier: Option<Edition<'_>>,
) -> io::Result<Vec<u8>> {
    match compression {
        Compression::None => Ok(text.pieces().collect::<Vec<_>>().concat()),
        Compression::Bzip2 => bzip2(text),
        Compression::Lzma => lzma(text),
        Compression::Gzip | Compression::Xz | Compression::Zstd => {
            let known = earlier.and_then(|edition| edition.packed(compression)).unwrap_or_default();
            let packed = text.as_slice().par_iter().map(|block| match known.get(block) {
                Some(packed) => Ok(Packed { bytes: Cow::Borrowed(packed), size: block.size() }),
                None => pack(compression, block),
            });
            Ok(container::file(compression, &packed.collect::<io::Result<Vec<_>>>()?))
        }
    }
}

impl<'a> Edition<'a> {
    /// Returns the compressed bytes of each block; nothing if the file can't be of this text.
    fn packed(self, compression: Compression) -> Option<BTreeMap<&'a Block<'a>, Cow<'a, [u8]>>> {
        let texts = self.text.as_slice();
        let packed = container::packed(compression, self.file)?;
        let is_alike = texts.iter().map(Block::size).eq(packed.iter().map(|packed| packed.size));
        let pairs = texts.iter().zip(packed.into_iter().map(|packed| packed.bytes));
        is_alike.then(|| pairs.collect())
    }
}

fn pack<'a>(compression: Compression, block: &Block<'_>) -> io::Result<Packed<'a>> {
    let bytes = block.bytes();
    let size = bytes.len() as u64;
    let packed = match compression {
        Compression::Gzip => gzip::member(&bytes)?,
        Compression::Xz => xz::block(&bytes)?,
        Compression::Zstd => zstd::frame(&bytes)?,
        Compression::None | Compression::Bzip2 | Compression::Lzma => bytes,
    };
    Ok(Packed { bytes: packed.into(), size })
}

fn bzip2(text: &Blocks<'_>) -> io::Result<Vec<u8>> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    text.pieces().try_for_each(|piece| encoder.write_all(piece))?;
    encoder.finish()
}

fn lzma(text: &Blocks<'_>) -> io::Result<Vec<u8>> {
    let options = xz2::stream::LzmaOptions::new_preset(xz::PRESET)?;
    let stream = xz2::stream::Stream::new_lzma_encoder(&options)?;
    let mut encoder = xz2::write::XzEncoder::new_stream(Vec::new(), stream);
    text.pieces().try_for_each(|piece| encoder.write_all(piece))?;
    encoder.finish()
}

/// Returns what tells the encoder of blocks from any other that would make other bytes: this
/// version, the level, and what becomes of a specimen.
///
/// The specimen is for liblzma, which may be the system's own.
///
/// # Errors
///
/// As for [`compress`].
pub fn encoder(compression: Compression) -> io::Result<&'static str> {
    static NAMES: [OnceLock<String>; 3] = [const { OnceLock::new() }; 3];
    let (name, level) = match compression {
        Compression::Gzip => (&NAMES[0], i64::from(gzip::LEVEL)),
        Compression::Xz => (&NAMES[1], i64::from(xz::PRESET)),
        Compression::Zstd => (&NAMES[2], i64::from(zstd::LEVEL)),
        Compression::None | Compression::Bzip2 | Compression::Lzma => return Ok(""),
    };
    if let Some(name) = name.get() {
        return Ok(name);
    }
    let specimen = specimen();
    let text = Blocks::cut(&[Part { text: &specimen, mark: None }]);
    let crc = crc32fast::hash(&compress(compression, &text, None)?);
    let version = env!("CARGO_PKG_VERSION");
    Ok(name.get_or_init(|| format!("{version} {compression} {level} {crc:08x}")))
}

/// Returns 16 KiB that look like an index: there is a match for everything, and of any length.
fn specimen() -> Vec<u8> {
    let mut state = 1u32;
    let mut text = Vec::new();
    while text.len() < 16 << 10 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (name, version) = (state >> 20, state >> 28);
        let line = format!("Package: lib{name}\nVersion: {version}.{name}\nDepends: libc6\n\n");
        text.extend_from_slice(line.as_bytes());
    }
    text
}
