mod blocks;
mod reuse;

use super::*;
use std::io::{self, Read as _, Write as _};

const COMPRESSED: [Compression; 5] =
    [Compression::Gzip, Compression::Xz, Compression::Zstd, Compression::Bzip2, Compression::Lzma];

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

/// Returns bytes compressed in one block.
fn whole(compression: Compression, bytes: &[u8]) -> io::Result<Vec<u8>> {
    compress(compression, &Blocks::cut(&[Part { text: bytes, mark: None }]), None)
}

/// Returns a gzip file as almost all packages have them.
fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder.write_all(bytes)?;
    encoder.finish()
}

fn unpack(compression: Compression, frames: Frames, bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut output = Vec::new();
    decoder(compression, frames, bytes)?.read_to_end(&mut output)?;
    Ok(output)
}

#[test]
fn decoding_undoes_compressing() {
    for compression in Compression::ALL {
        for length in [0, 1, 100_000] {
            let text = text(length);
            let bytes = whole(compression, &text).unwrap();
            assert!(compression.may_begin_with(&bytes), "{compression}");
            assert_eq!(unpack(compression, Frames::One, &bytes).unwrap(), text);
            assert_eq!(unpack(compression, Frames::Several, &bytes).unwrap(), text);
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
fn bytes_after_the_stream_are_an_error() {
    for compression in COMPRESSED {
        for trailer in [&b"\0"[..], b"\0\0\0\0", b"garbage", b"\x1f\x8b"] {
            let bytes = [&whole(compression, b"text").unwrap(), trailer].concat();
            assert!(unpack(compression, Frames::One, &bytes).is_err(), "{compression}");
            assert!(unpack(compression, Frames::Several, &bytes).is_err(), "{compression}");
        }
    }
}

#[test]
fn every_shortened_stream_is_an_error() {
    for compression in COMPRESSED {
        let bytes = whole(compression, &text(5000)).unwrap();
        for length in 0..bytes.len() {
            let outcome = unpack(compression, Frames::Several, &bytes[..length]);
            assert!(outcome.is_err(), "{compression} cut to {length} of {}", bytes.len());
        }
    }
}

#[test]
fn a_second_stream_is_read_where_apt_reads_it() {
    for compression in COMPRESSED {
        let stream = whole(compression, b"text").unwrap();
        let twice = [stream.as_slice(), &stream].concat();
        let apt_reads_both = matches!(compression, Compression::Gzip | Compression::Zstd);
        let outcome = unpack(compression, Frames::Several, &twice).ok();
        assert_eq!(outcome, apt_reads_both.then(|| b"texttext".to_vec()), "{compression}");
        let dpkg_reads_both = compression == Compression::Gzip;
        let outcome = unpack(compression, Frames::One, &twice).ok();
        assert_eq!(outcome, dpkg_reads_both.then(|| b"texttext".to_vec()), "{compression}");
    }
}

/// Returns the beginning of an `.xz` file whose one block asks for a dictionary of 1 GiB.
fn xz_with_large_dictionary() -> Vec<u8> {
    let mut bytes = whole(Compression::Xz, b"").unwrap()[..12].to_vec();
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
        let error = unpack(compression, Frames::One, &bytes).unwrap_err().to_string();
        assert!(error.contains("memory"), "{compression}: {error}");
    }
}
