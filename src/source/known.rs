//! What earlier runs have read of package files on this machine, so that it need not be read again.
//!
//! It spares time and decides nothing: what a run uploads is hashed on its way, and held against
//! the digest that was planned. It may be deleted at any time, and whatever is wrong with it is
//! nobody's error: then files are read.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::Arc;

use crate::deb::register::{self, Entry, Stamp};
use crate::deb::{self, DebError, Limits};
use crate::debian::control::Control;
use crate::digest::Sha256;
use crate::plan::offer::OfferedFile;
use crate::store::Cache;
use crate::time::Timestamp;

/// The days after which an entry is forgotten whose file no run came across any more.
const KEPT: u32 = 30;

/// The days after which a register is written again only to say that its files are still seen.
const RENEWED: u32 = 7;

/// Where this machine keeps what was read of package files, and the time before which files must
/// have been left alone to be kept there.
#[derive(Debug)]
pub struct Known {
    cache: Cache,
    now: Timestamp,
}

impl Known {
    /// Nothing was read before, and nothing is kept.
    pub const NOTHING: &'static Self = &Self { cache: Cache::off(), now: Timestamp::MIN };

    /// Returns what a cache has; `now` is the present time, before any file is read.
    pub fn new(cache: Cache, now: Timestamp) -> Self {
        Self { cache, now }
    }

    /// Has all files read again next time that the manifest in a directory names.
    ///
    /// Where a file system does not tell the truth, a file may not be what it seemed to be.
    pub fn forget(&self, root: &Path) {
        self.cache.remove_named(&name(root));
    }

    /// Returns what was read of files that the manifest in a directory names.
    pub(super) fn of(&self, root: &Path) -> Register<'_> {
        let name = name(root);
        let bytes = self.cache.named(&name).unwrap_or_default();
        let mut prefix = root.as_os_str().as_bytes().to_vec();
        if !prefix.is_empty() && !prefix.ends_with(b"/") {
            prefix.push(b'/');
        }
        Register { known: self, prefix, name, bytes }
    }

    fn today(&self) -> u32 {
        u32::try_from(self.now.as_second() / (24 * 60 * 60)).unwrap_or_default()
    }
}

/// Returns what the register of a directory is called: projects need not read one another's.
fn name(root: &Path) -> String {
    let place = if root == Path::new("") { Path::new(".") } else { root };
    let place = fs::canonicalize(place).unwrap_or_else(|_| place.to_owned());
    format!("packages-{}", Sha256::of(place.as_os_str().as_bytes()).short())
}

/// What was read of the files of one manifest.
pub(super) struct Register<'a> {
    known: &'a Known,
    /// What paths begin with that are below the directory of the manifest.
    prefix: Vec<u8>,
    /// What it is called in the cache.
    name: String,
    bytes: Vec<u8>,
}

/// A package file, and what the file system said of it; nothing if it may have changed meanwhile.
pub(super) struct Seen {
    pub(super) file: Arc<OfferedFile>,
    stamp: Option<Stamp>,
}

impl Register<'_> {
    /// Returns what it has, as far as that can be believed at all.
    pub(super) fn entries(&self) -> Vec<Entry<'_>> {
        register::decode(&self.bytes).unwrap_or_default()
    }

    /// Reads a file, unless one of the entries is about it.
    pub(super) fn look(&self, entries: &[Entry<'_>], path: &Path) -> Result<Seen, DebError> {
        if let Some(seen) = self.recall(entries, path) {
            return Ok(seen);
        }
        let (deb, stamp) = deb::read_stamped(path, &Limits::default())?;
        let stamp = stamp.filter(|stamp| stamp.is_settled(self.known.now));
        let deb::Deb { control, size, sha256, .. } = deb;
        let file = OfferedFile { path: path.to_owned(), control, size, sha256 };
        Ok(Seen { file: Arc::new(file), stamp })
    }

    fn recall(&self, entries: &[Entry<'_>], path: &Path) -> Option<Seen> {
        let entry = register::find(entries, self.name_of(path))?;
        let stamp = Stamp::of(&fs::metadata(path).ok()?);
        if stamp != entry.stamp {
            return None;
        }
        // By the rules of today, whoever wrote it.
        let control = Control::parse(entry.control).ok()?;
        let (size, sha256) = (stamp.size(), entry.sha256);
        let file = OfferedFile { path: path.to_owned(), control, size, sha256 };
        Some(Seen { file: Arc::new(file), stamp: Some(stamp) })
    }

    /// Keeps what a run has seen, with what earlier ones saw, if that is worth a write.
    pub(super) fn keep<'a>(&self, before: &[Entry<'_>], seen: impl Iterator<Item = &'a Seen>) {
        let today = self.known.today();
        let is_late = |entry: &Entry<'_>, days| today.saturating_sub(entry.seen) > days;
        let mut entries: BTreeMap<_, _> = before.iter().map(|entry| (entry.path, *entry)).collect();
        let mut is_worth_it = false;
        for (file, stamp) in seen.filter_map(|seen| Some((&*seen.file, seen.stamp?))) {
            let (path, control) = (self.name_of(&file.path), file.control.text().as_bytes());
            let entry = Entry { path, stamp, seen: today, sha256: file.sha256, control };
            let old = entries.insert(path, entry);
            is_worth_it |= old.is_none_or(|old| old.stamp != stamp || is_late(&old, RENEWED));
        }
        if is_worth_it {
            let entries = entries.into_values().filter(|entry| !is_late(entry, KEPT));
            self.known.cache.put_named(&self.name, &register::encode(entries));
        }
    }

    /// Returns what a file is called here: the same from wherever repoman is run.
    fn name_of<'a>(&self, path: &'a Path) -> &'a [u8] {
        let path = path.as_os_str().as_bytes();
        path.strip_prefix(&*self.prefix).unwrap_or(path)
    }
}

#[cfg(test)]
mod tests;
