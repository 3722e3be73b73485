//! Copying a local file into the tree, hashed on its way, and hashing alone.

use std::fs::File;
use std::io::{self, Read, Write as _};
use std::path::Path;

use super::tree::Tree;
use crate::digest::{Hasher, Sha256};
use crate::store::create::Content;

/// Large enough that calls don't count, small enough to stay in the cache between them.
const BUFFER: u64 = 256 << 10;

/// How an import ended.
#[derive(Debug)]
pub(in crate::store) enum Import {
    /// The key holds the file's content.
    Done,
    /// The file isn't what was planned; nothing was written.
    Changed,
    /// The file can't be read; nothing was written.
    Unreadable(io::Error),
}

/// Why a copy ended early.
enum Interruption {
    Source(io::Error),
    Target(io::Error),
}

/// Makes the object `key` of the file at `source`, unless the key is taken.
///
/// # Errors
///
/// Fails when the tree can't be written, and with [`io::ErrorKind::AlreadyExists`] if there is an
/// object.
pub(super) fn import(
    tree: &Tree,
    key: &str,
    source: &Path,
    content: Content,
) -> io::Result<Import> {
    let source = match File::open(source) {
        Ok(file) => file,
        Err(error) => return Ok(Import::Unreadable(error)),
    };
    let staged = tree.stage(key)?;
    let outcome = match copy(source, staged.file(), content) {
        Ok(true) => return staged.appear().map(|()| Import::Done),
        Ok(false) => Ok(Import::Changed),
        Err(Interruption::Source(error)) => Ok(Import::Unreadable(error)),
        Err(Interruption::Target(error)) => Err(error),
    };
    drop(staged);
    tree.prune(key);
    outcome
}

/// Returns the digest and the size of a file, of which it holds one piece at a time.
pub(super) fn digest(mut file: &File) -> io::Result<(Sha256, u64)> {
    let length = file.metadata()?.len().clamp(1, BUFFER);
    let mut buffer = vec![0; usize::try_from(length).expect("a buffer is small")];
    let mut hasher = Hasher::new();
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(hasher.finish()),
            Ok(read) => hasher.update(&buffer[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Copies all bytes, and returns whether they are what was planned.
fn copy(mut source: File, mut target: &File, content: Content) -> Result<bool, Interruption> {
    // One more byte than planned is enough to see that there are more.
    let most = content.size.saturating_add(1);
    let length = usize::try_from(most.min(BUFFER)).expect("a buffer is small");
    let mut buffer = vec![0; length];
    let (mut hasher, mut count) = (Hasher::new(), 0);
    while count < most {
        let read = match source.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Interruption::Source(error)),
        };
        hasher.update(&buffer[..read]);
        count += read as u64;
        target.write_all(&buffer[..read]).map_err(Interruption::Target)?;
    }
    Ok(hasher.finish() == (content.sha256, content.size))
}
