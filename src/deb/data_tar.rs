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

/// Checks the current member of `archive`, a compressed `data.tar`.
pub(super) fn check(
    archive: &mut Archive<impl BufRead>,
    compression: Compression,
    limits: &Limits,
) -> Result<(), DebError> {
    let checked = match limits.data {
        DataCheck::Magic => check_magic(&archive.start(BLOCK as u64)?, compression),
        DataCheck::Walk => walk(archive, compression, limits),
    };
    checked.map_err(|fault| archive.refuse(fault))
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
) -> Result<(), Fault> {
    let decoder = decoder(compression, Frames::One, archive)?;
    let mut bounded = BufReader::new(decoder.take(limits.data_unpacked.saturating_add(1)));
    let mut entries =
        Entries { count: 0, limit: limits.data_entries, long_name: None, long_link: None };
    let walked = tarball::walk(&mut bounded, |name, entry| entries.visit(name, entry));
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
    /// Accepts the types that dpkg unpacks (`lib/dpkg/tarfn.c`; pax headers aren't among them).
    fn visit<R: BufRead>(
        &mut self,
        name: &[u8],
        entry: &mut tar::Entry<'_, R>,
    ) -> Result<(), Fault> {
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
            | EntryType::Fifo => self.check_names(name, entry.header())?,
            _ => return Err(EntryFault::Type.of(name)),
        }
        Ok(())
    }

    /// Checks an entry's name and, as dpkg takes it for a path below the root, a hard link's target.
    ///
    /// Where a symbolic link leads is for the administrator to decide.
    fn check_names(&mut self, name: &[u8], header: &tar::Header) -> Result<(), Fault> {
        let long_name = self.long_name.take();
        let long_link = self.long_link.take();
        check_path(long_name.as_deref().unwrap_or(name))?;
        if header.entry_type() != EntryType::Link {
            return Ok(());
        }
        let target = long_link.map(Cow::Owned).or_else(|| header.link_name_bytes());
        check_path(&target.unwrap_or_default())
    }
}

fn check_path(path: &[u8]) -> Result<(), Fault> {
    tarball::normalize(path).map(drop).map_err(|fault| fault.of(path))
}

/// Returns the name in an extension header, up to its NUL.
fn long_name<R: BufRead>(name: &[u8], entry: &mut tar::Entry<'_, R>) -> Result<Vec<u8>, Fault> {
    let mut bytes = tarball::content(name, entry, MAX_NAME + 1)?;
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    bytes.truncate(end);
    Ok(bytes)
}
