//! gzip (RFC 1952): a member for each block, as if `gzip -n` had made it, that says how long it is.
//!
//! The length is in an extra field of the header (2.3.1.1), which every reader skips: so members are
//! found without decoding the ones before. BGZF and pgzip do the same, each in its own field.

use std::borrow::Cow;
use std::cell::RefCell;
use std::io;

use flate2::{Decompress, FlushDecompress, Status};
use libdeflater::{CompressionLvl, Compressor, Decompressor};

use crate::compression::container::Packed;

/// Better by 2 % than the same level of `gzip`, in half of the time.
pub(super) const LEVEL: i32 = 6;

/// Deflate, extra field, no time, no particular speed, unknown system; a field of 8 bytes follows,
/// which holds one subfield of 4.
const HEADER: [u8; 16] = *b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x08\0RM\x04\0";
/// The header with the length of the member.
const HEADER_SIZE: usize = HEADER.len() + 4;
/// The checksum, and the number of bytes that were compressed.
pub(super) const TRAILER_SIZE: usize = 8;

/// Returns `bytes` as one member.
pub(super) fn member(bytes: &[u8]) -> io::Result<Vec<u8>> {
    thread_local! {
        static DEFLATE: RefCell<Compressor> =
            RefCell::new(Compressor::new(CompressionLvl::new(LEVEL).expect("there is that level")));
    }
    let mut member = DEFLATE.with_borrow_mut(|deflate| {
        let mut member = vec![0; HEADER_SIZE + deflate.deflate_compress_bound(bytes.len())];
        let deflated = deflate.deflate_compress(bytes, &mut member[HEADER_SIZE..]);
        let length = deflated.map_err(io::Error::other)?;
        member.truncate(HEADER_SIZE + length);
        Ok::<_, io::Error>(member)
    })?;
    member.extend_from_slice(&trailer(bytes));
    let length = u32::try_from(member.len()).map_err(|_| io::ErrorKind::FileTooLarge)?;
    member[..HEADER.len()].copy_from_slice(&HEADER);
    member[HEADER.len()..HEADER_SIZE].copy_from_slice(&length.to_le_bytes());
    member.shrink_to_fit();
    Ok(member)
}

/// Decodes a member as [`members`] found it into a place of the size that it tells.
pub(super) fn unpack(member: &[u8], place: &mut [u8]) -> io::Result<()> {
    thread_local! {
        static INFLATE: RefCell<Decompressor> = RefCell::new(Decompressor::new());
    }
    let decoded = INFLATE.with_borrow_mut(|inflate| inflate.gzip_decompress(member, place));
    match decoded {
        Ok(length) if length == place.len() => Ok(()),
        Ok(_) | Err(_) => Err(io::ErrorKind::InvalidData.into()),
    }
}

/// Tells whether the end of a member is that of one with this content (RFC 1952, 2.3.1).
pub(super) fn is_trailer(trailer: &[u8; TRAILER_SIZE], content: &[u8]) -> bool {
    *trailer == self::trailer(content)
}

/// Returns what follows a member: a checksum, and the number of bytes modulo 2^32 (2.3.1).
fn trailer(content: &[u8]) -> [u8; TRAILER_SIZE] {
    let mut trailer = [0; TRAILER_SIZE];
    let (checksum, size) = trailer.split_at_mut(4);
    checksum.copy_from_slice(&crc32fast::hash(content).to_le_bytes());
    size.copy_from_slice(&content.len().to_le_bytes()[..4]);
    trailer
}

/// Decodes a whole stream (RFC 1951) and returns how many bytes it has; nothing if it is damaged,
/// if it is followed by anything, or if there is no room for its content.
///
/// The decoder is used again and again. Each new one takes 47 KiB by `posix_memalign`, which glibc
/// before 2.38 doesn't reuse well (its bug 14581): after 2,000 packages 50 MB were lost.
pub(super) fn inflate(deflated: &[u8], place: &mut [u8]) -> Option<usize> {
    thread_local! {
        static INFLATE: RefCell<Decompress> = RefCell::new(Decompress::new(false));
    }
    INFLATE.with_borrow_mut(|inflate| {
        inflate.reset(false);
        let status = inflate.decompress(deflated, place, FlushDecompress::Finish).ok()?;
        let is_whole = status == Status::StreamEnd && inflate.total_in() == deflated.len() as u64;
        usize::try_from(inflate.total_out()).ok().filter(|_| is_whole)
    })
}

/// Returns the members of a file that all say how long they are.
pub(super) fn members(file: &[u8]) -> Option<Vec<Packed<'_>>> {
    let mut members = Vec::new();
    let mut rest = file;
    while !rest.is_empty() {
        let after = rest.strip_prefix(&HEADER)?;
        let length = usize::try_from(u32::from_le_bytes(*after.first_chunk()?)).ok()?;
        let (member, next) = rest.split_at_checked(length)?;
        let size = u32::from_le_bytes(*member.get(HEADER_SIZE..)?.last_chunk()?);
        if length < HEADER_SIZE + TRAILER_SIZE {
            return None;
        }
        members.push(Packed { bytes: Cow::Borrowed(member), size: size.into() });
        rest = next;
    }
    Some(members)
}
