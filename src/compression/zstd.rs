//! zstd (RFC 8878): a frame for each block, with the size of its content and a checksum.

use std::borrow::Cow;
use std::io;

use zstd::zstd_safe::{CParameter, find_frame_compressed_size, get_frame_content_size};

use crate::compression::container::Packed;

/// Better than gzip, and as fast.
pub(super) const LEVEL: i32 = 9;

/// Returns `bytes` as one frame.
pub(super) fn frame(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut compressor = zstd::bulk::Compressor::new(LEVEL)?;
    compressor.set_parameter(CParameter::ChecksumFlag(true))?;
    compressor.compress(bytes)
}

/// Returns the frames of a file that all say how large their content is.
pub(super) fn frames(file: &[u8]) -> Option<Vec<Packed<'_>>> {
    let mut frames = Vec::new();
    let mut rest = file;
    while !rest.is_empty() {
        let size = get_frame_content_size(rest).ok()??;
        let (frame, next) = rest.split_at_checked(find_frame_compressed_size(rest).ok()?)?;
        if frame.is_empty() {
            return None;
        }
        frames.push(Packed { bytes: Cow::Borrowed(frame), size });
        rest = next;
    }
    Some(frames)
}
