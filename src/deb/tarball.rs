//! What the tar archives in a package have in common: a walk over their bare headers.
//!
//! Extension headers come to the visitor as entries of their own, because which of them a reader
//! honours is where readers differ, and because the `tar` crate reads long names of any length.

use std::io::{self, BufRead, Read};

use super::error::{EntryFault, Fault};

/// Calls `visit` for each header with its name as written, then checks that only zeros follow.
pub(super) fn walk<R: BufRead>(
    input: R,
    mut visit: impl FnMut(&[u8], &mut tar::Entry<'_, R>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut archive = tar::Archive::new(input);
    for entry in archive.entries()?.raw(true) {
        let mut entry = entry?;
        let name = entry.header().path_bytes().into_owned();
        if !is_plain_size(&entry.header().as_old().size) {
            return Err(EntryFault::Size.of(&name));
        }
        visit(&name, &mut entry)?;
    }
    expect_zeros(archive.into_inner())
}

/// Returns a name without `.` components and repeated slashes; the root becomes empty.
pub(super) fn normalize(name: &[u8]) -> Result<Vec<u8>, EntryFault> {
    if name.is_empty() {
        return Err(EntryFault::Unnamed);
    }
    if name.starts_with(b"/") {
        return Err(EntryFault::Absolute);
    }
    let mut parts = Vec::new();
    for part in name.split(|&byte| byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => return Err(EntryFault::Parent),
            _ => parts.push(part),
        }
    }
    Ok(parts.join(&b'/'))
}

/// Tells whether a size field means the same to all readers: octal digits, then blanks or NULs.
///
/// Left out are signs and GNU tar's base-64, which some parse and some don't. The binary form
/// that files from 8 GiB on need is unambiguous.
fn is_plain_size(field: &[u8; 12]) -> bool {
    let is_padding = |byte: &u8| matches!(byte, b' ' | 0);
    let Some(end) = field.iter().rposition(|byte| !is_padding(byte)) else { return false };
    let digits = field[..=end].trim_ascii_start();
    field.starts_with(&[0x80, 0, 0, 0]) || digits.iter().all(|digit| (b'0'..=b'7').contains(digit))
}

/// Reads to the end of what follows a tar archive: padding, of any length.
fn expect_zeros(mut input: impl BufRead) -> Result<(), Fault> {
    loop {
        let bytes = match input.fill_buf() {
            Ok([]) => return Ok(()),
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error.into()),
        };
        if bytes.iter().any(|&byte| byte != 0) {
            return Err(Fault::Trailing);
        }
        let count = bytes.len();
        input.consume(count);
    }
}

/// Returns the content of an entry, which is at most `limit` bytes.
pub(super) fn content<R: Read>(
    name: &[u8],
    entry: &mut tar::Entry<'_, R>,
    limit: u64,
) -> Result<Vec<u8>, Fault> {
    if entry.size() > limit {
        return Err(EntryFault::TooLarge(limit).of(name));
    }
    let mut bytes = Vec::new();
    entry.read_to_end(&mut bytes)?;
    // The crate doesn't notice when the archive ends within an entry's content.
    if (bytes.len() as u64) < entry.size() { Err(Fault::Truncated) } else { Ok(bytes) }
}
