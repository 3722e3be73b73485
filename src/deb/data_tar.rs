//! `data.tar`: the files of a package, of which only the names are ever looked at.

use std::borrow::Cow;
use std::io::{BufRead, BufReader, Read as _};

use tar::EntryType;

use super::ar::Archive;
use super::error::{DebError, EntryFault, Fault};
use super::{DataCheck, Limits, tarball};
use crate::compression::{Compression, Frames, decoder};

/// The size of a tar header.
const BLOCK: usize = 512;
/// Over PATH_MAX (4096) no path can be unpacked.
const MAX_NAME: u64 = 4096;
/// The names of all files of a package together, where they are listed; the largest packages of
/// Debian have 10 MB of them.
const MAX_NAMES: u64 = 256 << 20;

/// What is told of each entry that is no directory: its path, without `./` before it.
type Visit<'a> = dyn FnMut(Vec<u8>) -> Result<(), Fault> + 'a;

/// Checks the current member of `archive`, a compressed `data.tar`.
pub(super) fn check(
    archive: &mut Archive<impl BufRead>,
    compression: Compression,
    limits: &Limits,
) -> Result<(), DebError> {
    let checked = match limits.data {
        DataCheck::Magic => check_magic(&archive.start(BLOCK as u64)?, compression),
        DataCheck::Walk => walk(archive, compression, limits, &mut |_| Ok(())),
    };
    checked.map_err(|fault| archive.refuse(fault))
}

/// Returns the files in the current member of `archive`, a compressed `data.tar`: all entries but
/// directories, each path once, without `./` before it, sorted.
///
/// The member is checked as by [`DataCheck::Walk`], whatever `limits` say.
pub(super) fn files(
    archive: &mut Archive<impl BufRead>,
    compression: Compression,
    limits: &Limits,
) -> Result<Vec<Box<[u8]>>, DebError> {
    let mut files = Vec::new();
    let mut room = MAX_NAMES;
    let walked = walk(archive, compression, limits, &mut |path| {
        let left = room.checked_sub(path.len() as u64);
        room = left.ok_or(Fault::NamesTooLarge(MAX_NAMES))?;
        files.push(path.into_boxed_slice());
        Ok(())
    });
    walked.map_err(|fault| archive.refuse(fault))?;
    files.sort_unstable();
    files.dedup();
    Ok(files)
}

fn check_magic(start: &[u8], compression: Compression) -> Result<(), Fault> {
    let matches = match compression {
        Compression::None => is_tar_header(start),
        _ => compression.may_begin_with(start),
    };
    if matches { Ok(()) } else { Err(Fault::Magic) }
}

/// Tells whether `block` is a tar header with a right checksum, or the end of an empty archive.
fn is_tar_header(block: &[u8]) -> bool {
    let mut archive = tar::Archive::new(block);
    let entries = archive.entries().map(|entries| entries.raw(true).next());
    block.len() == BLOCK && matches!(entries, Ok(None | Some(Ok(_))))
}

fn walk(
    archive: &mut Archive<impl BufRead>,
    compression: Compression,
    limits: &Limits,
    visit: &mut Visit<'_>,
) -> Result<(), Fault> {
    let decoder = decoder(compression, Frames::One, archive)?;
    let mut bounded = BufReader::new(decoder.take(limits.data_unpacked.saturating_add(1)));
    let mut entries =
        Entries { count: 0, limit: limits.data_entries, long_name: None, long_link: None };
    let walked = tarball::walk(&mut bounded, |name, entry| match entries.visit(name, entry)? {
        Some(path) => visit(path),
        None => Ok(()),
    });
    if bounded.get_ref().limit() == 0 {
        return Err(Fault::UnpackedTooLarge(limits.data_unpacked));
    }
    walked
}

/// The state of a walk over `data.tar`.
struct Entries {
    count: u64,
    limit: u64,
    /// The name that the next entry gets instead of its own.
    long_name: Option<Vec<u8>>,
    /// The link target that the next entry gets instead of its own.
    long_link: Option<Vec<u8>>,
}

impl Entries {
    /// Accepts the types that dpkg unpacks (`lib/dpkg/tarfn.c`; pax headers aren't among them), and
    /// returns the path of an entry that is no directory.
    fn visit<R: BufRead>(
        &mut self,
        name: &[u8],
        entry: &mut tar::Entry<'_, R>,
    ) -> Result<Option<Vec<u8>>, Fault> {
        self.count += 1;
        if self.count > self.limit {
            return Err(Fault::TooManyEntries(self.limit));
        }
        match entry.header().entry_type() {
            EntryType::GNULongName => self.long_name = Some(long_name(name, entry)?),
            EntryType::GNULongLink => self.long_link = Some(long_name(name, entry)?),
            EntryType::Regular
            | EntryType::Continuous
            | EntryType::Directory
            | EntryType::Link
            | EntryType::Symlink
            | EntryType::Char
            | EntryType::Block
            | EntryType::Fifo => return self.check_names(name, entry.header()),
            _ => return Err(EntryFault::Type.of(name)),
        }
        Ok(None)
    }

    /// Checks an entry's name and, as dpkg takes it for a path below the root, a hard link's target.
    ///
    /// Where a symbolic link leads is for the administrator to decide. A file whose name ends with a
    /// slash is a directory, as in the oldest archives.
    fn check_names(&mut self, name: &[u8], header: &tar::Header) -> Result<Option<Vec<u8>>, Fault> {
        let long_name = self.long_name.take();
        let long_link = self.long_link.take();
        let name = long_name.as_deref().unwrap_or(name);
        let path = check_path(name)?;
        if header.entry_type() == EntryType::Link {
            let target = long_link.map(Cow::Owned).or_else(|| header.link_name_bytes());
            check_path(&target.unwrap_or_default())?;
        }
        let is_directory = header.entry_type() == EntryType::Directory || name.ends_with(b"/");
        Ok((!is_directory).then_some(path))
    }
}

fn check_path(path: &[u8]) -> Result<Vec<u8>, Fault> {
    tarball::normalize(path).map_err(|fault| fault.of(path))
}

/// Returns the name in an extension header, up to its NUL.
fn long_name<R: BufRead>(name: &[u8], entry: &mut tar::Entry<'_, R>) -> Result<Vec<u8>, Fault> {
    let mut bytes = tarball::content(name, entry, MAX_NAME + 1)?;
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    bytes.truncate(end);
    Ok(bytes)
}
