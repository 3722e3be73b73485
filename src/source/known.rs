//! What earlier runs have read of package files on this machine, so that it need not be read again.
//!
//! It spares time and decides nothing: what a run uploads is hashed on its way, and held against
//! the digest that was planned. It may be deleted at any time, and whatever is wrong with it is
//! nobody's error: then files are read.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;

use crate::deb::register::{self, Entry, Stamp};
use crate::deb::{self, DebError, Limits};
use crate::debian::control::Control;
use crate::digest::{FNV_BASIS, Sha256, fnv1a};
use crate::plan::offer::OfferedFile;
use crate::store::Cache;
use crate::time::Timestamp;

/// The days after which an entry is forgotten whose file no run came across any more.
const KEPT: u32 = 30;

/// The pages of a register. A run reads those only that its files are on, and writes those only on which
/// there is something new: what it costs follows from the files of the run.
const PAGES: u64 = 64;

/// The days after which a page is written again only to say that its files are still seen.
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
        let name = name(root);
        (0..PAGES).for_each(|page| self.cache.remove_named(&page_name(&name, page)));
    }

    /// Returns what was read of these files, which the manifest in a directory names.
    pub(super) fn of<'p>(
        &self,
        root: &Path,
        paths: impl IntoIterator<Item = &'p OsStr>,
    ) -> Register<'_> {
        let mut prefix = root.as_os_str().as_bytes().to_vec();
        if !prefix.is_empty() && !prefix.ends_with(b"/") {
            prefix.push(b'/');
        }
        let mut register = Register { known: self, prefix, name: name(root), pages: Pages::new() };
        let pages = paths.into_iter().map(|path| page(register.name_of(Path::new(path))));
        let pages: BTreeSet<u64> = pages.collect();
        let read = |page| (page, self.cache.named(&page_name(&register.name, page)));
        let pages = pages.into_par_iter().map(read);
        let pages = pages.map(|(page, bytes)| (page, bytes.unwrap_or_default())).collect();
        register.pages = pages;
        register
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

/// Returns the page that a file is on.
fn page(name: &[u8]) -> u64 {
    fnv1a(FNV_BASIS, name) % PAGES
}

fn page_name(register: &str, page: u64) -> String {
    format!("{register}-{page:02}")
}

/// The bytes of some pages, by number.
type Pages = BTreeMap<u64, Vec<u8>>;

/// What some pages say.
pub(super) type Entries<'a> = BTreeMap<u64, Vec<Entry<'a>>>;

/// What was read of the files of one manifest, in pages.
pub(super) struct Register<'a> {
    known: &'a Known,
    /// What paths begin with that are below the directory of the manifest.
    prefix: Vec<u8>,
    /// What it is called in the cache.
    name: String,
    /// The pages that files of this run are on.
    pages: Pages,
}

/// A package file, and what the file system said of it; nothing if it may have changed meanwhile.
pub(super) struct Seen {
    pub(super) file: Arc<OfferedFile>,
    stamp: Option<Stamp>,
}

impl Register<'_> {
    /// Returns what it has, as far as that can be believed at all.
    pub(super) fn entries(&self) -> Entries<'_> {
        let pages = self.pages.par_iter();
        pages.map(|(page, bytes)| (*page, register::decode(bytes).unwrap_or_default())).collect()
    }

    /// Reads a file, unless one of the entries is about it.
    pub(super) fn look(&self, entries: &Entries<'_>, path: &Path) -> Result<Seen, DebError> {
        if let Some(seen) = self.recall(entries, path) {
            return Ok(seen);
        }
        let (deb, stamp) = deb::read_stamped(path, &Limits::default())?;
        let stamp = stamp.filter(|stamp| stamp.is_settled(self.known.now));
        let deb::Deb { control, size, sha256, .. } = deb;
        let file = OfferedFile { path: path.to_owned(), control, size, sha256 };
        Ok(Seen { file: Arc::new(file), stamp })
    }

    fn recall(&self, entries: &Entries<'_>, path: &Path) -> Option<Seen> {
        let name = self.name_of(path);
        let entry = register::find(entries.get(&page(name))?, name)?;
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

    /// Keeps what a run has seen, with what earlier ones saw, on the pages where that is worth a
    /// write.
    pub(super) fn keep<'b>(&self, before: &Entries<'_>, seen: impl Iterator<Item = &'b Seen>) {
        let mut by_page: BTreeMap<u64, Vec<Entry<'_>>> = BTreeMap::new();
        for (file, stamp) in seen.filter_map(|seen| Some((&*seen.file, seen.stamp?))) {
            let (path, control) = (self.name_of(&file.path), file.control.text().as_bytes());
            let seen = self.known.today();
            let entry = Entry { path, stamp, seen, sha256: file.sha256, control };
            by_page.entry(page(path)).or_default().push(entry);
        }
        by_page.into_par_iter().for_each(|(page, seen)| {
            let before = before.get(&page).map(Vec::as_slice).unwrap_or_default();
            if let Some(bytes) = self.written_again(before, seen) {
                self.known.cache.put_named(&page_name(&self.name, page), &bytes);
            }
        });
    }

    /// Returns a page with what a run has seen; nothing if that is not worth a write.
    fn written_again(&self, before: &[Entry<'_>], seen: Vec<Entry<'_>>) -> Option<Vec<u8>> {
        let today = self.known.today();
        let is_late = |entry: &Entry<'_>, days| today.saturating_sub(entry.seen) > days;
        let mut entries: BTreeMap<_, _> = before.iter().map(|entry| (entry.path, *entry)).collect();
        let mut is_worth_it = false;
        for entry in seen {
            let old = entries.insert(entry.path, entry);
            is_worth_it |= old.is_none_or(|old| old.stamp != entry.stamp || is_late(&old, RENEWED));
        }
        let entries = entries.into_values().filter(|entry| !is_late(entry, KEPT));
        is_worth_it.then(|| register::encode(entries))
    }

    /// Returns what a file is called here: the same from wherever repoman is run.
    fn name_of<'a>(&self, path: &'a Path) -> &'a [u8] {
        let path = path.as_os_str().as_bytes();
        path.strip_prefix(&*self.prefix).unwrap_or(path)
    }
}

#[cfg(test)]
mod tests;
