//! Bounded decoders that read what apt and dpkg read, and nothing more.

use std::io::{self, BufRead, Read};

use crate::compression::{Compression, gzip};

/// What a decoder may allocate; a real package's dictionary was over half of it.
const DECODER_MEMORY: u64 = 128 << 20;
/// The same bound for zstd, as the power of two of its window.
const ZSTD_WINDOW_LOG: u32 = 27;

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
pub fn gunzip_plain(packed: &[u8]) -> Option<Vec<u8>> {
    let (header, rest) = packed.split_at_checked(10)?;
    let (deflated, trailer) = rest.split_last_chunk::<{ gzip::TRAILER_SIZE }>()?;
    let size = usize::try_from(u32::from_le_bytes(*trailer.last_chunk()?)).ok()?;
    if !header.starts_with(&[0x1f, 0x8b, 8, 0]) || size > 64 << 10 {
        return None;
    }
    // There is room for one byte more than there may be.
    let mut bytes = vec![0; size + 1];
    let is_whole = gzip::inflate(deflated, &mut bytes) == Some(size);
    bytes.truncate(size);
    let is_sound = is_whole && gzip::is_trailer(trailer, &bytes);
    is_sound.then_some(bytes)
}
