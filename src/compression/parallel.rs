//! Decoding of whole files on all processors, where they tell what they consist of.

use std::io::{self, Read};

use rayon::prelude::*;

use crate::compression::container::{self, Packed};
use crate::compression::{Compression, Frames, decoder, gzip};

/// Returns what was compressed into a file, if that is no more than `size` bytes.
///
/// # Errors
///
/// As for [`decoder()`]; and with `InvalidData` where there is more.
pub fn decompress(compression: Compression, file: &[u8], size: u64) -> io::Result<Vec<u8>> {
    let blocks = container::packed(compression, file).unwrap_or_default();
    if blocks.len() > 1
        && let Some(bytes) = together(compression, &blocks, size)
    {
        return Ok(bytes);
    }
    // Whatever is wrong with the file, this tells it.
    let mut bytes = Vec::new();
    decoder(compression, Frames::Several, file)?.take(size + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > size {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "more data than there should be"));
    }
    Ok(bytes)
}

/// Tells whether just `content` was compressed into a file.
///
/// Decoded, there is one block for each processor at a time: much less than `content`.
pub fn holds(compression: Compression, file: &[u8], content: &[u8]) -> bool {
    let blocks = container::packed(compression, file).unwrap_or_default();
    if blocks.len() > 1
        && let Some(places) = places(&blocks, content)
    {
        let is_that = |buffer: &mut Vec<u8>, (block, place): (&Packed<'_>, &[u8])| {
            buffer.resize(place.len(), 0);
            unpack(compression, block, buffer).is_ok() && buffer == place
        };
        return places.into_par_iter().map_init(Vec::new, is_that).all(|is_that| is_that);
    }
    decoder(compression, Frames::Several, file).is_ok_and(|decoder| reads(decoder, content))
}

/// Returns for each block its part of what all of them are to hold; nothing if they say that they hold
/// more or less.
fn places<'a, 'b>(
    blocks: &'b [Packed<'b>],
    mut content: &'a [u8],
) -> Option<Vec<(&'b Packed<'b>, &'a [u8])>> {
    let mut places = Vec::with_capacity(blocks.len());
    for block in blocks {
        let (place, rest) = content.split_at_checked(usize::try_from(block.size).ok()?)?;
        places.push((block, place));
        content = rest;
    }
    content.is_empty().then_some(places)
}

/// Tells whether just `content` is read.
fn reads(mut reader: impl Read, mut content: &[u8]) -> bool {
    let mut buffer = vec![0; 64 << 10];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return content.is_empty(),
            Ok(count) => match content.strip_prefix(&buffer[..count]) {
                Some(rest) => content = rest,
                None => return false,
            },
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return false,
        }
    }
}

/// Decodes all blocks, each into its own place; nothing if one of them is not what it claims.
fn together(compression: Compression, blocks: &[Packed<'_>], size: u64) -> Option<Vec<u8>> {
    let claimed = blocks.iter().try_fold(0u64, |sum, block| sum.checked_add(block.size))?;
    if claimed != size {
        return None;
    }
    let mut bytes = vec![0; usize::try_from(size).ok()?];
    let mut places = Vec::with_capacity(blocks.len());
    let mut rest = bytes.as_mut_slice();
    for block in blocks {
        let (place, next) = rest.split_at_mut(usize::try_from(block.size).ok()?);
        places.push((block, place));
        rest = next;
    }
    let fill = |(block, place): (&Packed<'_>, &mut [u8])| unpack(compression, block, place);
    places.into_par_iter().try_for_each(fill).ok()?;
    Some(bytes)
}

fn unpack(compression: Compression, block: &Packed<'_>, place: &mut [u8]) -> io::Result<()> {
    if compression == Compression::Gzip {
        return gzip::unpack(&block.bytes, place);
    }
    let file = container::file(compression, std::slice::from_ref(block));
    let mut decoder = decoder(compression, Frames::One, file.as_slice())?;
    decoder.read_exact(place)?;
    // The checksum is looked at when the end is.
    match decoder.read(&mut [0])? {
        0 => Ok(()),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}
