//! Reads binary packages (`.deb`), deb(5), in one pass: size, SHA-256 and control file, or files.
//!
//! Tools disagree about packages that bend the format: which of two control members counts, what
//! lies behind the last one, where a symbolic link named `control` leads. So only the subset is
//! accepted which all of them read alike; the rest is refused with the reason. Nothing is ever
//! unpacked to disk, and memory stays bounded whatever a package claims about its sizes.

mod ar;
mod control_tar;
mod data_tar;
mod error;
pub mod register;
mod tarball;
#[cfg(test)]
mod tests;

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use self::ar::Archive;
pub use self::error::{DebError, EntryFault, Fault, HeaderFault};
use self::register::Stamp;
use crate::compression::Compression;
use crate::debian::control::Control;
use crate::digest::{HashingReader, Sha256};

/// Reads of this size keep hashing at full speed and still fit into the cache; a smaller file gets a
/// smaller buffer, which takes no pages from the system.
const BUFFER: u64 = 256 << 10;
/// `debian-binary` has one short line; deb(5) lets later minor versions add more.
const MAX_VERSION_FILE: u64 = 256;

/// What is worth knowing about a binary package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deb {
    /// The control file.
    pub control: Control,
    /// The size of the whole file in bytes.
    pub size: u64,
    /// The digest of the whole file.
    pub sha256: Sha256,
    /// The compression of `control.tar`: none, gzip, xz or zstd.
    pub control_compression: Compression,
    /// The compression of `data.tar`.
    pub data_compression: Compression,
}

/// The files of a binary package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// The size of the whole package file in bytes.
    pub size: u64,
    /// The digest of the whole package file.
    pub sha256: Sha256,
    /// The path of each file that is no directory, without `/` or `./` before it, sorted bytewise.
    pub files: Vec<Box<[u8]>>,
}

/// How closely `data.tar`, by far the largest member, is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataCheck {
    /// Only its first bytes; as fast as hashing.
    Magic,
    /// All of it is decompressed and every entry's name and type are checked.
    Walk,
}

/// What a package may cost its reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The size of the file in bytes.
    pub size: u64,
    /// How closely `data.tar` is looked at.
    pub data: DataCheck,
    /// The size of the unpacked `data.tar` in bytes, for [`DataCheck::Walk`].
    pub data_unpacked: u64,
    /// The number of headers in `data.tar`, for [`DataCheck::Walk`].
    pub data_entries: u64,
}

impl Default for Limits {
    /// Allows files up to 16 GiB and only looks at the first bytes of `data.tar`.
    fn default() -> Self {
        Self {
            size: 16 << 30,
            data: DataCheck::Magic,
            data_unpacked: 64 << 30,
            data_entries: 4_000_000,
        }
    }
}

/// Reads the package in the regular file at `path`, following symbolic links.
///
/// # Errors
///
/// Fails as [`read`] does, and when there is no regular file at `path`.
pub fn read_file(path: &Path, limits: &Limits) -> Result<Deb, DebError> {
    let file = open(path)?;
    let size = size_of(&file)?;
    read_sized(&file, size, limits)
}

/// Reads the package as [`read_file`] does, and returns what the file system says of the file;
/// nothing if it says one thing before and another thing after.
///
/// # Errors
///
/// Fails as [`read_file`] does.
pub fn read_stamped(path: &Path, limits: &Limits) -> Result<(Deb, Option<Stamp>), DebError> {
    let file = open(path)?;
    let stamp = || file.metadata().map(|metadata| Stamp::of(&metadata)).map_err(DebError::Read);
    let before = stamp()?;
    let deb = read_sized(&file, before.size(), limits)?;
    Ok((deb, Some(before).filter(|before| stamp().is_ok_and(|after| after == *before))))
}

/// Returns the files of the package in the regular file at `path`, following symbolic links.
///
/// # Errors
///
/// Fails as [`list`] does, and when there is no regular file at `path`.
pub fn list_file(path: &Path, limits: &Limits) -> Result<Listing, DebError> {
    let file = open(path)?;
    let size = size_of(&file)?;
    let (_, Parts { size, sha256, .. }, files) = open_up(&file, size, limits, data_tar::files)?;
    Ok(Listing { size, sha256, files })
}

fn size_of(file: &File) -> Result<u64, DebError> {
    file.metadata().map(|metadata| metadata.len()).map_err(DebError::Read)
}

fn open(path: &Path) -> Result<File, DebError> {
    let mut options = OpenOptions::new();
    // Opening a FIFO would otherwise wait for someone to write to it.
    options.read(true).custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    let file = options.open(path).map_err(DebError::Read)?;
    if !file.metadata().map_err(DebError::Read)?.is_file() {
        return Err(DebError::NotRegular);
    }
    Ok(file)
}

/// Reads a package to the end of `input`.
///
/// # Errors
///
/// Fails when `input` fails, or holds anything but one well-formed package within `limits`.
pub fn read(input: impl Read, limits: &Limits) -> Result<Deb, DebError> {
    read_sized(input, BUFFER, limits)
}

/// Reads a package of which the size is known, or how much of it is read at once.
fn read_sized(input: impl Read, size: u64, limits: &Limits) -> Result<Deb, DebError> {
    let (text, parts, ()) = open_up(input, size, limits, data_tar::check)?;
    let control = Control::parse(&text).map_err(DebError::Control)?;
    let Parts { size, sha256, control_compression, data_compression } = parts;
    Ok(Deb { control, size, sha256, control_compression, data_compression })
}

/// Reads a package to the end of `input`, and returns the files that dpkg would unpack from it.
///
/// All of `data.tar` is decompressed, as for [`DataCheck::Walk`]; the control file is not judged.
///
/// # Errors
///
/// Fails when `input` fails, or holds anything but one well-formed package within `limits`.
pub fn list(input: impl Read, limits: &Limits) -> Result<Listing, DebError> {
    let (_, Parts { size, sha256, .. }, files) = open_up(input, BUFFER, limits, data_tar::files)?;
    Ok(Listing { size, sha256, files })
}

/// What the container alone tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Parts {
    size: u64,
    sha256: Sha256,
    control_compression: Compression,
    data_compression: Compression,
}

/// What is read of a package: the archive at its `data.tar`, the compression of that, and limits.
type Look<R, T> = fn(&mut Input<R>, Compression, &Limits) -> Result<T, DebError>;
/// A package that is being read.
type Input<R> = Archive<BufReader<HashingReader<R>>>;

/// Returns the bytes of the control file, unparsed, what the container tells, and what a look at
/// `data.tar` does.
fn open_up<R: Read, T>(
    input: R,
    size: u64,
    limits: &Limits,
    look: Look<R, T>,
) -> Result<(Vec<u8>, Parts, T), DebError> {
    // Never less than what is worth a call.
    let capacity = usize::try_from(size.clamp(4 << 10, BUFFER)).expect("a buffer is small");
    let input = BufReader::with_capacity(capacity, HashingReader::new(input));
    let mut archive = Archive::open(input, limits.size)?;
    check_version(&mut archive)?;
    let control_compression = find_tarball(&mut archive, "control.tar")?;
    let text = read_control(&mut archive, control_compression)?;
    let data_compression = find_tarball(&mut archive, "data.tar")?;
    let found = look(&mut archive, data_compression, limits)?;
    expect_end(&mut archive)?;
    let (sha256, size) = archive.into_inner().into_inner().finish();
    Ok((text, Parts { size, sha256, control_compression, data_compression }, found))
}

/// Reads `debian-binary`: a first line `2.<minor>`, whatever comes after it.
fn check_version(archive: &mut Archive<impl BufRead>) -> Result<(), DebError> {
    const NAME: &str = "debian-binary";
    match archive.next_member()? {
        Some(name) if name == NAME => {}
        Some(found) => return Err(DebError::Order { found: found.into(), expected: NAME }),
        None => return Err(DebError::Missing(NAME)),
    }
    let text = archive.content(MAX_VERSION_FILE)?;
    if is_supported_version(&text) { Ok(()) } else { Err(archive.refuse(Fault::Version)) }
}

fn is_supported_version(text: &[u8]) -> bool {
    let Some(line) = text.split_inclusive(|&byte| byte == b'\n').next() else { return false };
    let minor = line.strip_prefix(b"2.").and_then(|rest| rest.strip_suffix(b"\n"));
    minor.is_some_and(|digits| !digits.is_empty() && digits.iter().all(u8::is_ascii_digit))
}

/// Goes to the next member, which must be `stem` with the extension of a compression.
///
/// Members whose names begin with `_` are skipped: deb(5) reserves them for others, and signing
/// tools use them.
fn find_tarball(
    archive: &mut Archive<impl BufRead>,
    stem: &'static str,
) -> Result<Compression, DebError> {
    loop {
        let Some(name) = archive.next_member()? else { return Err(DebError::Missing(stem)) };
        if name.starts_with('_') {
            continue;
        }
        let Some(extension) = name.strip_prefix(stem) else {
            return Err(DebError::Order { found: name.into(), expected: stem });
        };
        let compression = Compression::from_extension(extension);
        return compression.ok_or_else(|| archive.refuse(Fault::Compression));
    }
}

fn read_control(
    archive: &mut Archive<impl BufRead>,
    compression: Compression,
) -> Result<Vec<u8>, DebError> {
    let packed = archive.content(control_tar::largest(compression))?;
    control_tar::control_file(compression, &packed).map_err(|fault| archive.refuse(fault))
}

/// Allows nothing behind `data.tar` but the `_` members that dpkg-sig and others append there.
fn expect_end(archive: &mut Archive<impl BufRead>) -> Result<(), DebError> {
    while let Some(name) = archive.next_member()? {
        if !name.starts_with('_') {
            return Err(DebError::Order { found: name.into(), expected: "the end" });
        }
    }
    Ok(())
}
