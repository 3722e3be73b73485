//! `control.tar`: a flat directory with exactly one file `control`.

use std::io::Read as _;

use tar::EntryType;

use super::error::{EntryFault, Fault};
use super::tarball;
use crate::compression::{Compression, Frames, decoder, gunzip_plain};

/// The largest acceptable size of the tar archive.
const MAX_UNPACKED: u64 = 16 << 20;
/// The same once compressed; 16 MiB of empty xz blocks keep liblzma busy for 7 s.
const MAX_PACKED: u64 = 8 << 20;
/// apt reads no stanza over 1 MiB, and this one still gets fields added.
const MAX_CONTROL: u64 = 256 << 10;

/// Returns how large a `control.tar` in this compression may be.
pub(super) fn largest(compression: Compression) -> u64 {
    if compression == Compression::None { MAX_UNPACKED } else { MAX_PACKED }
}

/// Returns the bytes of the file `control` in a compressed `control.tar`.
pub(super) fn control_file(compression: Compression, packed: &[u8]) -> Result<Vec<u8>, Fault> {
    let unpacked = unpack(compression, packed)?;
    let mut control = None;
    tarball::walk(unpacked.as_slice(), |name, entry| {
        let kind = entry.header().entry_type();
        if kind == EntryType::XHeader {
            let extensions = tarball::content(name, entry, MAX_UNPACKED)?;
            return check_extensions(name, &extensions);
        }
        if !is_control(name, kind).map_err(|fault| fault.of(name))? {
            return Ok(());
        }
        match control.replace(tarball::content(name, entry, MAX_CONTROL)?) {
            None => Ok(()),
            Some(_) => Err(Fault::TwoControls),
        }
    })?;
    control.ok_or(Fault::NoControl)
}

/// Returns the tar archive, or the fault that dpkg wouldn't read it or that it is too large.
fn unpack(compression: Compression, packed: &[u8]) -> Result<Vec<u8>, Fault> {
    match compression {
        Compression::None | Compression::Gzip | Compression::Xz | Compression::Zstd => {}
        Compression::Bzip2 | Compression::Lzma => return Err(Fault::Compression),
    }
    if compression == Compression::Gzip
        && let Some(unpacked) = gunzip_plain(packed)
    {
        return Ok(unpacked);
    }
    let mut unpacked = Vec::new();
    let decoder = decoder(compression, Frames::One, packed)?;
    decoder.take(MAX_UNPACKED + 1).read_to_end(&mut unpacked)?;
    if unpacked.len() as u64 > MAX_UNPACKED {
        return Err(Fault::UnpackedTooLarge(MAX_UNPACKED));
    }
    Ok(unpacked)
}

/// Tells whether an entry is the control file; fails if it doesn't belong into `control.tar`.
///
/// dpkg refuses files in subdirectories and only warns about empty ones. GNU's long names are
/// refused with all other types: no script's or control file's name is over 100 bytes long.
fn is_control(name: &[u8], kind: EntryType) -> Result<bool, EntryFault> {
    let normalized = tarball::normalize(name)?;
    let is_control = normalized == b"control";
    match kind {
        EntryType::Directory if is_control => Err(EntryFault::Type),
        EntryType::Directory => Ok(false),
        EntryType::Regular if name.ends_with(b"/") => Err(EntryFault::Slash),
        EntryType::Regular if normalized.is_empty() => Err(EntryFault::Unnamed),
        EntryType::Regular if normalized.contains(&b'/') => Err(EntryFault::Nested),
        EntryType::Regular => Ok(is_control),
        _ => Err(EntryFault::Type),
    }
}

/// Accepts a pax header (POSIX pax, "Extended Header") only if it leaves name, size and type alone.
fn check_extensions(name: &[u8], extensions: &[u8]) -> Result<(), Fault> {
    for extension in tar::PaxExtensions::new(extensions) {
        if !is_harmless(extension?.key_bytes()) {
            return Err(EntryFault::Pax.of(name));
        }
    }
    Ok(())
}

fn is_harmless(key: &[u8]) -> bool {
    matches!(key, b"atime" | b"ctime" | b"mtime" | b"uid" | b"gid" | b"uname" | b"gname")
        || key == b"comment"
        || key.starts_with(b"SCHILY.xattr.")
        || key.starts_with(b"LIBARCHIVE.")
}
