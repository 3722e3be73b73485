//! The compressions of packages and index files: names, bounded decoders, reproducible encoders.
//!
//! Decoders refuse what apt and dpkg don't read to its end: bytes after the compressed stream.
//! Their memory is bounded whatever the input says; bounding the *output* is the caller's part
//! (`Read::take`). Encoders give the same bytes for the same input on every machine.

use std::cell::RefCell;
use std::fmt;
use std::io::{self, BufRead, Read, Write};

/// What a decoder may allocate; a real package's dictionary was over half of it.
const DECODER_MEMORY: u64 = 128 << 20;
/// The same bound for zstd, as the power of two of its window.
const ZSTD_WINDOW_LOG: u32 = 27;

const GZIP_LEVEL: u32 = 6;
const ZSTD_LEVEL: i32 = 9;
const XZ_PRESET: u32 = 6;
/// Blocks of a fixed size make the bytes independent of the number of threads.
const XZ_BLOCK: u32 = 1 << 20;
const XZ_THREADS: u32 = 2;

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

/// How many zstd frames one file may hold.
///
/// dpkg 1.21 stops after the first frame, apt reads all of them. The other formats leave no choice:
/// both read all members of a gzip file, and one stream only of xz, bzip2 and lzma.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frames {
    /// One, as in members of packages.
    One,
    /// Any number, as in index files.
    Several,
}

/// Returns a reader of the bytes that were compressed into `input`.
///
/// # Errors
///
/// Fails when a decoder can't be set up. Its reads fail with `UnexpectedEof` on a stream that ends
/// early, and with `InvalidData` or another kind on a damaged one, on bytes after its end, and on
/// one whose decoding takes more than 128 MiB of memory.
pub fn decoder<R: BufRead>(
    compression: Compression,
    frames: Frames,
    input: R,
) -> io::Result<Decoder<R>> {
    use xz2::bufread::XzDecoder;
    use xz2::stream::Stream;
    Ok(Decoder(match compression {
        Compression::None => Format::None(input),
        Compression::Gzip => Format::Gzip(flate2::bufread::MultiGzDecoder::new(input)),
        Compression::Xz => {
            let stream = Stream::new_stream_decoder(DECODER_MEMORY, 0)?;
            Format::Xz(XzDecoder::new_stream(input, stream))
        }
        Compression::Zstd => Format::Zstd(zstd_decoder(frames, input)?),
        Compression::Bzip2 => Format::Bzip2(bzip2::bufread::BzDecoder::new(input)),
        Compression::Lzma => {
            let stream = Stream::new_lzma_decoder(DECODER_MEMORY)?;
            Format::Xz(XzDecoder::new_stream(input, stream))
        }
    }))
}

fn zstd_decoder<R: BufRead>(frames: Frames, input: R) -> io::Result<zstd::Decoder<'static, R>> {
    let mut decoder = zstd::Decoder::with_buffer(input)?;
    decoder.window_log_max(ZSTD_WINDOW_LOG)?;
    Ok(match frames {
        Frames::One => decoder.single_frame(),
        Frames::Several => decoder,
    })
}

/// A reader of decompressed bytes, see [`decoder`].
pub struct Decoder<R: BufRead>(Format<R>);

enum Format<R: BufRead> {
    None(R),
    Gzip(flate2::bufread::MultiGzDecoder<R>),
    Xz(xz2::bufread::XzDecoder<R>),
    Zstd(zstd::Decoder<'static, R>),
    Bzip2(bzip2::bufread::BzDecoder<R>),
}

impl<R: BufRead> Decoder<R> {
    fn input(&mut self) -> &mut R {
        match &mut self.0 {
            Format::None(input) => input,
            Format::Gzip(decoder) => decoder.get_mut(),
            Format::Xz(decoder) => decoder.get_mut(),
            Format::Zstd(decoder) => decoder.get_mut(),
            Format::Bzip2(decoder) => decoder.get_mut(),
        }
    }
}

impl<R: BufRead> Read for Decoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = match &mut self.0 {
            Format::None(input) => input.read(buffer),
            Format::Gzip(decoder) => decoder.read(buffer),
            Format::Xz(decoder) => decoder.read(buffer),
            Format::Zstd(decoder) => decoder.read(buffer),
            Format::Bzip2(decoder) => decoder.read(buffer),
        }?;
        // Some decoders stop without a word where their stream ends.
        if count == 0 && !buffer.is_empty() && !self.input().fill_buf()?.is_empty() {
            let reason = "data after the end of the compressed stream";
            return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
        }
        Ok(count)
    }
}

/// Returns what a small gzip file holds if it is as plain as those in almost all packages: one
/// member, a bare header, at most 64 KiB. Of any other file, sound or not, nothing is known.
///
/// Its decoder is used again and again. Each new one takes 47 KiB by `posix_memalign`, which glibc
/// before 2.38 doesn't reuse well (its bug 14581): after 2,000 packages 50 MB were lost.
pub fn gunzip_plain(packed: &[u8]) -> Option<Vec<u8>> {
    use flate2::{Crc, Decompress, FlushDecompress, Status};
    thread_local! {
        static INFLATE: RefCell<Decompress> = RefCell::new(Decompress::new(false));
    }
    let (header, rest) = packed.split_at_checked(10)?;
    let (deflated, trailer) = rest.split_at_checked(rest.len().checked_sub(8)?)?;
    let (checksum, size) = trailer.split_at(4);
    let checksum = u32::from_le_bytes(checksum.try_into().ok()?);
    let size = usize::try_from(u32::from_le_bytes(size.try_into().ok()?)).ok()?;
    if !header.starts_with(&[0x1f, 0x8b, 8, 0]) || size > 64 << 10 {
        return None;
    }
    // There is room for one byte more than there may be.
    let mut bytes = Vec::with_capacity(size + 1);
    let (status, read) = INFLATE.with_borrow_mut(|inflate| {
        inflate.reset(false);
        let status = inflate.decompress_vec(deflated, &mut bytes, FlushDecompress::Finish);
        (status, inflate.total_in())
    });
    let mut crc = Crc::new();
    crc.update(&bytes);
    let is_sound = matches!(status, Ok(Status::StreamEnd))
        && read == deflated.len() as u64
        && bytes.len() == size
        && crc.sum() == checksum;
    is_sound.then_some(bytes)
}

/// Returns `bytes` compressed, the same on every machine and for any number of processors.
///
/// # Errors
///
/// Fails when an encoder can't be set up: no memory, or no threads left.
pub fn compress(compression: Compression, bytes: &[u8]) -> io::Result<Vec<u8>> {
    match compression {
        Compression::None => Ok(bytes.to_vec()),
        Compression::Gzip => gzip(bytes),
        Compression::Xz => xz(bytes, XZ_THREADS),
        Compression::Zstd => zstd(bytes),
        Compression::Bzip2 => bzip2(bytes),
        Compression::Lzma => lzma(bytes),
    }
}

/// Writes a header without name and time, as `gzip -n`.
fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let level = flate2::Compression::new(GZIP_LEVEL);
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), level);
    encoder.write_all(bytes)?;
    encoder.finish()
}

fn xz(bytes: &[u8], threads: u32) -> io::Result<Vec<u8>> {
    use xz2::stream::{Filters, LzmaOptions, MtStreamBuilder};
    let mut options = LzmaOptions::new_preset(XZ_PRESET)?;
    // Nothing refers back beyond its block; the preset's 8 MiB would take 90 MB for each thread.
    options.dict_size(XZ_BLOCK);
    let mut filters = Filters::new();
    filters.lzma2(&options);
    let stream = MtStreamBuilder::new()
        .threads(threads)
        .block_size(XZ_BLOCK.into())
        .filters(filters)
        .check(xz2::stream::Check::Crc64)
        .encoder()?;
    let mut encoder = xz2::write::XzEncoder::new_stream(Vec::new(), stream);
    encoder.write_all(bytes)?;
    encoder.finish()
}

fn zstd(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = zstd::Encoder::new(Vec::new(), ZSTD_LEVEL)?;
    encoder.include_checksum(true)?;
    encoder.set_pledged_src_size(Some(bytes.len() as u64))?;
    encoder.write_all(bytes)?;
    encoder.finish()
}

fn bzip2(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}

fn lzma(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let options = xz2::stream::LzmaOptions::new_preset(XZ_PRESET)?;
    let stream = xz2::stream::Stream::new_lzma_encoder(&options)?;
    let mut encoder = xz2::write::XzEncoder::new_stream(Vec::new(), stream);
    encoder.write_all(bytes)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPRESSED: [Compression; 5] = [
        Compression::Gzip,
        Compression::Xz,
        Compression::Zstd,
        Compression::Bzip2,
        Compression::Lzma,
    ];

    /// Returns text that compresses about as well as an index file.
    fn text(length: usize) -> Vec<u8> {
        let mut state = 1u32;
        let mut word = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            format!("Package: {}\n", state >> 20)
        };
        let mut text = Vec::new();
        while text.len() < length {
            text.extend_from_slice(word().as_bytes());
        }
        text
    }

    fn decompress(compression: Compression, frames: Frames, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut output = Vec::new();
        decoder(compression, frames, bytes)?.read_to_end(&mut output)?;
        Ok(output)
    }

    #[test]
    fn decoding_undoes_compressing() {
        for compression in Compression::ALL {
            for length in [0, 1, 100_000] {
                let text = text(length);
                let bytes = compress(compression, &text).unwrap();
                assert!(compression.may_begin_with(&bytes), "{compression}");
                assert_eq!(decompress(compression, Frames::One, &bytes).unwrap(), text);
                assert_eq!(decompress(compression, Frames::Several, &bytes).unwrap(), text);
            }
        }
    }

    #[test]
    fn plain_gzip_is_unpacked_as_by_the_decoder() {
        for length in [0, 1, 10_240, 60_000] {
            let text = text(length);
            let packed = gzip(&text).unwrap();
            assert_eq!(gunzip_plain(&packed).as_deref(), Some(text.as_slice()));
        }
    }

    #[test]
    fn gzip_that_is_damaged_or_not_plain_is_left_to_the_decoder() {
        let packed = gzip(&text(1_000)).unwrap();
        assert_eq!(gunzip_plain(&packed[..packed.len() - 1]), None, "truncated");
        assert_eq!(gunzip_plain(&[&packed[..], b"\0"].concat()), None, "trailing byte");
        assert_eq!(gunzip_plain(&[&packed[..], &packed[..]].concat()), None, "two members");
        assert_eq!(gunzip_plain(&gzip(&text(70_000)).unwrap()), None, "large");
        assert_eq!(gunzip_plain(b"\x1f\x8b\x08"), None, "header only");
        for position in [0, 2, 3, 12, packed.len() / 2, packed.len() - 6, packed.len() - 2] {
            let mut damaged = packed.clone();
            damaged[position] ^= 1;
            assert_eq!(gunzip_plain(&damaged), None, "byte {position}");
        }
    }

    #[test]
    fn extensions_and_compressions_are_one_to_one() {
        for compression in Compression::ALL {
            assert_eq!(Compression::from_extension(compression.extension()), Some(compression));
        }
        for extension in ["gz", ".GZ", ".lz4", ".", ".tar"] {
            assert_eq!(Compression::from_extension(extension), None, "{extension}");
        }
    }

    #[test]
    fn xz_bytes_do_not_depend_on_the_number_of_threads() {
        let text = text(XZ_BLOCK as usize + 100_000);
        assert_eq!(xz(&text, 1).unwrap(), xz(&text, 2).unwrap());
    }

    #[test]
    fn gzip_header_holds_neither_name_nor_time() {
        let header = &compress(Compression::Gzip, b"x").unwrap()[..10];
        assert_eq!(header, [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
    }

    #[test]
    fn bytes_after_the_stream_are_an_error() {
        for compression in COMPRESSED {
            for trailer in [&b"\0"[..], b"\0\0\0\0", b"garbage", b"\x1f\x8b"] {
                let bytes = [&compress(compression, b"text").unwrap(), trailer].concat();
                assert!(decompress(compression, Frames::One, &bytes).is_err(), "{compression}");
                assert!(decompress(compression, Frames::Several, &bytes).is_err(), "{compression}");
            }
        }
    }

    #[test]
    fn every_shortened_stream_is_an_error() {
        for compression in COMPRESSED {
            let bytes = compress(compression, &text(5000)).unwrap();
            for length in 0..bytes.len() {
                let outcome = decompress(compression, Frames::Several, &bytes[..length]);
                assert!(outcome.is_err(), "{compression} cut to {length} of {}", bytes.len());
            }
        }
    }

    #[test]
    fn a_second_stream_is_read_where_apt_reads_it() {
        for compression in COMPRESSED {
            let stream = compress(compression, b"text").unwrap();
            let twice = [stream.as_slice(), &stream].concat();
            let apt_reads_both = matches!(compression, Compression::Gzip | Compression::Zstd);
            let outcome = decompress(compression, Frames::Several, &twice).ok();
            assert_eq!(outcome, apt_reads_both.then(|| b"texttext".to_vec()), "{compression}");
            let dpkg_reads_both = compression == Compression::Gzip;
            let outcome = decompress(compression, Frames::One, &twice).ok();
            assert_eq!(outcome, dpkg_reads_both.then(|| b"texttext".to_vec()), "{compression}");
        }
    }

    /// Returns the beginning of an `.xz` file whose one block asks for a dictionary of 1 GiB.
    fn xz_with_large_dictionary() -> Vec<u8> {
        let mut bytes = xz(b"", 1).unwrap()[..12].to_vec();
        // Size, flags, filter LZMA2, one byte of properties: the dictionary, padding.
        let header = [2, 0, 0x21, 1, 36, 0, 0, 0];
        let mut checksum = flate2::Crc::new();
        checksum.update(&header);
        bytes.extend_from_slice(&header);
        bytes.extend_from_slice(&checksum.sum().to_le_bytes());
        bytes.extend_from_slice(&[0; 64]);
        bytes
    }

    /// Returns the beginning of an `.lzma` file that asks for a dictionary of 256 MiB.
    fn lzma_with_large_dictionary() -> Vec<u8> {
        let mut bytes = vec![0x5d];
        bytes.extend_from_slice(&(256u32 << 20).to_le_bytes());
        bytes.extend_from_slice(&[255; 8]);
        bytes.extend_from_slice(&[0; 64]);
        bytes
    }

    #[test]
    fn memory_over_the_limit_is_refused() {
        // A zstd frame with a window of 2^28 bytes.
        let zstd = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, (28 - 10) << 3, 0x01, 0x00, 0x00];
        for (compression, bytes) in [
            (Compression::Xz, xz_with_large_dictionary()),
            (Compression::Lzma, lzma_with_large_dictionary()),
            (Compression::Zstd, zstd),
        ] {
            let error = decompress(compression, Frames::One, &bytes).unwrap_err().to_string();
            assert!(error.contains("memory"), "{compression}: {error}");
        }
    }
}
