//! The `.xz` format: one stream of many blocks, which liblzma compresses one at a time.
//!
//! Around what liblzma makes of a block, this writes the rest of the format: a header that tells
//! the block's sizes, as decoders need them to work on several at once, the index and the footer.
//! Section numbers are those of "The .xz File Format", version 1.2.

use std::borrow::Cow;
use std::io::{self, Write as _};

use crate::compression::blocks::MAX_BLOCK;
use crate::compression::container::Packed;

/// The preset of `xz` itself.
pub(super) const PRESET: u32 = 6;

/// 2.1.1: the header of a stream with CRC64, and the CRC32 of its flags.
const STREAM_HEADER: [u8; 12] = *b"\xfd7zXZ\0\0\x04\xe6\xd6\xb4\x46";
/// 2.1.1.2, which the footer repeats.
const STREAM_FLAGS: [u8; 2] = [0, 4];
/// 2.1.2.
const FOOTER_SIZE: usize = 12;
/// 3.1.2: both sizes are there, and one filter.
const BLOCK_FLAGS: u8 = 0xc0;
/// 3.4.
const CHECK_SIZE: usize = 8;

/// Returns `bytes` as one block; nothing at all for no bytes.
pub(super) fn block(bytes: &[u8]) -> io::Result<Vec<u8>> {
    if bytes.is_empty() {
        return Ok(Vec::new());
    }
    let stream = liblzma(bytes)?;
    let unpadded = unpadded_size(&stream).expect("liblzma writes an index of one block");
    let rest = &stream[STREAM_HEADER.len()..];
    let (header, rest) = rest.split_at(header_size(rest[0]));
    let compressed = unpadded - header.len() - CHECK_SIZE;
    // 3.1.5: id, size and one byte of properties. This header has no sizes before them, because
    // liblzma wrote it before it knew any.
    let mut block = block_header(compressed as u64, bytes.len() as u64, &header[2..5]);
    block.extend_from_slice(&rest[..compressed.next_multiple_of(4) + CHECK_SIZE]);
    Ok(block)
}

/// Returns `bytes` as a stream of one block.
fn liblzma(bytes: &[u8]) -> io::Result<Vec<u8>> {
    use xz2::stream::{Check, Filters, LzmaOptions, Stream};
    let mut options = LzmaOptions::new_preset(PRESET)?;
    // The preset's 8 MiB would have to be set up for each block.
    options.dict_size(u32::try_from(MAX_BLOCK).expect("it is a megabyte"));
    let mut filters = Filters::new();
    filters.lzma2(&options);
    let stream = Stream::new_stream_encoder(&filters, Check::Crc64)?;
    let mut encoder = xz2::write::XzEncoder::new_stream(Vec::new(), stream);
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// Returns the size of the first block without its padding, as the index tells it (4.3).
fn unpadded_size(stream: &[u8]) -> Option<usize> {
    let (rest, footer) = stream.split_at_checked(stream.len().checked_sub(FOOTER_SIZE)?)?;
    let backward = u32::from_le_bytes(*footer.get(4..)?.first_chunk()?);
    let index_size = (usize::try_from(backward).ok()? + 1) * 4;
    let index = rest.get(rest.len().checked_sub(index_size)?..)?;
    let (size, _) = number(index.get(2..)?)?;
    usize::try_from(size).ok()
}

/// 3.1.
fn block_header(compressed: u64, uncompressed: u64, filter: &[u8]) -> Vec<u8> {
    let mut header = vec![0, BLOCK_FLAGS];
    put_number(&mut header, compressed);
    put_number(&mut header, uncompressed);
    header.extend_from_slice(filter);
    header.resize(header.len().next_multiple_of(4), 0);
    header[0] = u8::try_from(header.len() / 4).expect("a number has at most nine bytes");
    put_checksum(&mut header);
    header
}

/// 3.1.1: what is stored is the size by four, less one.
fn header_size(first: u8) -> usize {
    (usize::from(first) + 1) * 4
}

/// Returns the stream that consists of these blocks, each as [`block`] made it.
pub(super) fn stream(blocks: &[Packed<'_>]) -> Vec<u8> {
    let tail = tail(blocks);
    let length: usize = blocks.iter().map(|block| block.bytes.len()).sum();
    let mut stream = Vec::with_capacity(STREAM_HEADER.len() + length + tail.len());
    stream.extend_from_slice(&STREAM_HEADER);
    blocks.iter().for_each(|block| stream.extend_from_slice(&block.bytes));
    stream.extend_from_slice(&tail);
    stream
}

/// Returns the index (4) and the footer (2.1.2) that follow these blocks.
fn tail(blocks: &[Packed<'_>]) -> Vec<u8> {
    let blocks = blocks.iter().filter_map(|block| sizes(&block.bytes));
    let mut tail = vec![0];
    put_number(&mut tail, blocks.clone().count() as u64);
    for Sizes { unpadded, uncompressed } in blocks {
        put_number(&mut tail, unpadded);
        put_number(&mut tail, uncompressed);
    }
    tail.resize(tail.len().next_multiple_of(4), 0);
    put_checksum(&mut tail);
    let backward = u32::try_from(tail.len() / 4 - 1).expect("a block takes a few bytes of it");
    let mut footer = backward.to_le_bytes().to_vec();
    footer.extend_from_slice(&STREAM_FLAGS);
    tail.extend_from_slice(&checksum(&footer));
    tail.extend_from_slice(&footer);
    tail.extend_from_slice(b"YZ");
    tail
}

/// Returns the blocks of a file that is one stream, if they tell their sizes as ours do.
pub(super) fn blocks(file: &[u8]) -> Option<Vec<Packed<'_>>> {
    let mut blocks = Vec::new();
    let mut rest = file.strip_prefix(&STREAM_HEADER)?;
    // Where a block's header would tell its size, the index begins with a zero.
    while *rest.first()? != 0 {
        let Sizes { unpadded, uncompressed } = sizes(rest)?;
        let length = usize::try_from(unpadded.checked_next_multiple_of(4)?).ok()?;
        let (block, next) = rest.split_at_checked(length)?;
        blocks.push(Packed { bytes: Cow::Borrowed(block), size: uncompressed });
        rest = next;
    }
    (tail(&blocks) == rest).then_some(blocks)
}

/// The sizes of a block, as the index tells them (4.3).
struct Sizes {
    unpadded: u64,
    uncompressed: u64,
}

/// Returns what the header of a block tells; nothing where it tells something else.
fn sizes(block: &[u8]) -> Option<Sizes> {
    let header = block.get(..header_size(*block.first()?))?;
    let (compressed, rest) = number(header.strip_prefix(&[header[0], BLOCK_FLAGS])?)?;
    let (uncompressed, _) = number(rest)?;
    let unpadded = compressed.checked_add((header.len() + CHECK_SIZE) as u64)?;
    Some(Sizes { unpadded, uncompressed })
}

/// 1.2: seven bits a byte, the lowest first; a set eighth bit says that more follow.
fn put_number(output: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        output.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    output.push(number.to_le_bytes()[0]);
}

/// Returns a number and what follows it.
fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let length = bytes.iter().take(9).position(|byte| byte & 0x80 == 0)? + 1;
    let (digits, rest) = bytes.split_at(length);
    let number = digits.iter().rev().fold(0, |number, byte| number << 7 | u64::from(byte & 0x7f));
    Some((number, rest))
}

fn put_checksum(output: &mut Vec<u8>) {
    let checksum = checksum(output);
    output.extend_from_slice(&checksum);
}

fn checksum(bytes: &[u8]) -> [u8; 4] {
    crc32fast::hash(bytes).to_le_bytes()
}
