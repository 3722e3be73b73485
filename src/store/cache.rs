//! Index files and states on this machine, by their digests: an accelerator, never a truth.
//!
//! What is taken from it is hashed first, and what is wrong with it is nobody's error: then the
//! store is asked. It may be deleted at any time, and shared by any number of runs. Besides, it
//! keeps files under names of their owners' choice, which it can't verify, for the same time.

use std::fs::{self, DirBuilder, File, Metadata};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use bytes::Bytes;
use rustix::process::geteuid;

use crate::digest::Sha256;

/// The tag that keeps backups from keeping caches (bford.info/cachedir).
const TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55\n\
                   # What repoman has read of repositories and packages; it may be deleted at any time.\n";

/// A directory of files that are named by their SHA-256, or none at all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cache {
    directory: Option<PathBuf>,
    limit: u64,
}

impl Cache {
    /// How many bytes one keeps unless something else is asked for.
    pub const LIMIT: u64 = 1 << 30;

    /// Returns the cache in a directory, which is made when it is needed.
    pub fn in_directory(directory: PathBuf, limit: u64) -> Self {
        Self { directory: Some(directory), limit }
    }

    /// Returns the one that has nothing and keeps nothing.
    pub const fn off() -> Self {
        Self { directory: None, limit: 0 }
    }

    /// Tells whether there is a file for these bytes; whether it is intact, only reading tells.
    pub fn may_have(&self, sha256: &Sha256) -> bool {
        self.path(sha256).is_some_and(|path| path.is_file())
    }

    /// Returns the bytes with this digest and size, if they are here.
    pub fn get(&self, sha256: &Sha256, size: u64) -> Option<Bytes> {
        let path = self.path(sha256)?;
        let file = File::open(&path).ok()?;
        let bytes = match file.metadata().ok()?.len() == size {
            true => Bytes::from(fs::read(&path).ok()?),
            false => Bytes::new(),
        };
        if Sha256::of(&bytes) != *sha256 {
            // Cut off by a full disk, or not ours.
            let _ = fs::remove_file(&path);
            return None;
        }
        // What was used last goes last.
        let _ = file.set_modified(SystemTime::now());
        Some(bytes)
    }

    /// Returns the bytes that this user kept last under a name; whether they are intact is for the
    /// caller to find out.
    ///
    /// The name is no digest, and has no slash.
    pub fn named(&self, name: &str) -> Option<Vec<u8>> {
        let mut file = File::open(self.directory.as_ref()?.join(name)).ok()?;
        let metadata = file.metadata().ok()?;
        // What others put here may be well-formed and wrong.
        let is_own = metadata.uid() == geteuid().as_raw();
        if !metadata.is_file() || !is_own || metadata.len() > self.limit {
            return None;
        }
        let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).ok()?);
        file.read_to_end(&mut bytes).ok()?;
        let _ = file.set_modified(SystemTime::now());
        Some(bytes)
    }

    /// Lets go of what was kept under a name.
    pub fn remove_named(&self, name: &str) {
        let _ = self.directory.as_ref().map(|directory| fs::remove_file(directory.join(name)));
    }

    /// Keeps these bytes under a name instead of those that are there; see [`Cache::named`].
    ///
    /// Of several runs that do so, one wins.
    pub fn put_named(&self, name: &str, bytes: &[u8]) {
        let Some(directory) = &self.directory else { return };
        if bytes.len() as u64 <= self.limit {
            let path = directory.join(name);
            let _ = self.make_room(bytes.len() as u64).and_then(|()| self.write(&path, bytes));
        }
    }

    /// Keeps these bytes, and lets go of what was not used for longest where there is no room.
    pub fn put(&self, sha256: &Sha256, bytes: &[u8]) {
        let Some(path) = self.path(sha256) else { return };
        if bytes.len() as u64 > self.limit || path.is_file() {
            return;
        }
        // A cache that can't be written to is one that has nothing.
        let _ = self.make_room(bytes.len() as u64).and_then(|()| self.write(&path, bytes));
    }

    fn path(&self, sha256: &Sha256) -> Option<PathBuf> {
        Some(self.directory.as_ref()?.join(sha256.to_string()))
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let Some(directory) = &self.directory else { return Ok(()) };
        let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(directory)?;
        file.write_all(bytes)?;
        file.persist(path)?;
        Ok(())
    }

    fn make_room(&self, size: u64) -> io::Result<()> {
        let Some(directory) = &self.directory else { return Ok(()) };
        // Who may read a repository is not for its cache to decide.
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        let tag = directory.join("CACHEDIR.TAG");
        if !tag.exists() {
            fs::write(tag, TAG)?;
        }
        let mut files = files(directory)?;
        let mut kept: u64 = files.iter().map(|(_, _, size)| size).sum();
        files.sort();
        for (_, path, freed) in files {
            if kept + size <= self.limit {
                break;
            }
            // Another run may have been faster.
            let _ = fs::remove_file(path);
            kept -= freed;
        }
        Ok(())
    }
}

/// Returns the files in a cache, each with the time of its last use and its size.
fn files(directory: &Path) -> io::Result<Vec<(SystemTime, PathBuf, u64)>> {
    let used = |metadata: &Metadata| metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        // One that vanishes meanwhile takes no room.
        if let Ok(metadata) = entry.metadata()
            && metadata.is_file()
            && entry.file_name() != "CACHEDIR.TAG"
        {
            files.push((used(&metadata), entry.path(), metadata.len()));
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn cache(limit: u64) -> (tempfile::TempDir, Cache) {
        let directory = tempfile::tempdir().unwrap();
        let cache = Cache::in_directory(directory.path().join("made/on/demand"), limit);
        (directory, cache)
    }

    fn keep(cache: &Cache, bytes: &[u8]) -> Sha256 {
        let sha256 = Sha256::of(bytes);
        cache.put(&sha256, bytes);
        sha256
    }

    #[test]
    fn what_is_kept_is_had_again() {
        let (_directory, cache) = cache(100);
        let sha256 = Sha256::of(b"index");
        assert!(!cache.may_have(&sha256) && cache.get(&sha256, 5).is_none());
        keep(&cache, b"index");
        keep(&cache, b"index");
        assert!(cache.may_have(&sha256));
        assert_eq!(cache.get(&sha256, 5).as_deref(), Some(&b"index"[..]));
    }

    #[test]
    fn what_is_not_intact_is_removed_and_not_had() {
        for wrong in [&b"ind"[..], b"xndex", b""] {
            let (_directory, cache) = cache(100);
            let sha256 = keep(&cache, b"index");
            fs::write(cache.path(&sha256).unwrap(), wrong).unwrap();
            assert_eq!(cache.get(&sha256, 5), None);
            assert!(!cache.may_have(&sha256));
        }
    }

    #[test]
    fn what_was_used_longest_ago_goes_first_and_the_bound_holds() {
        let (_directory, cache) = cache(10);
        // As if each were kept a while after the one before it.
        let files = [(b"one.", 30), (b"two.", 20), (b"tri.", 10)].map(|(bytes, age)| {
            let sha256 = keep(&cache, bytes);
            let file = File::open(cache.path(&sha256).unwrap()).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(age)).unwrap();
            sha256
        });
        assert_eq!(files.map(|sha256| cache.may_have(&sha256)), [false, true, true]);
        assert!(cache.get(&files[1], 4).is_some());
        let last = keep(&cache, b"last");
        assert_eq!(files.map(|sha256| cache.may_have(&sha256)), [false, true, false]);
        assert!(cache.may_have(&last));
        let large = keep(&cache, b"larger than all");
        assert!(!cache.may_have(&large) && cache.may_have(&last));
    }

    #[test]
    fn a_name_has_what_was_kept_last() {
        let (_directory, cache) = cache(10);
        assert_eq!(cache.named("register"), None);
        for bytes in [&b"first"[..], b"second", b"3"] {
            cache.put_named("register", bytes);
            assert_eq!(cache.named("register").as_deref(), Some(bytes));
        }
        cache.put_named("register", b"larger than all");
        assert_eq!(cache.named("register").as_deref(), Some(&b"3"[..]));
        keep(&cache, b"ten bytes.");
        assert_eq!(cache.named("register"), None);
        cache.put_named("register", b"4");
        cache.remove_named("register");
        assert_eq!(cache.named("register"), None);
    }

    #[test]
    fn a_name_that_is_no_file_or_too_large_has_nothing() {
        let (directory, cache) = cache(10);
        let path = directory.path().join("made/on/demand");
        fs::create_dir_all(path.join("directory")).unwrap();
        fs::write(path.join("large"), "larger than all").unwrap();
        assert_eq!((cache.named("directory"), cache.named("large")), (None, None));
    }

    #[test]
    fn one_that_cannot_be_used_has_nothing_and_is_no_error() {
        let (directory, _) = cache(10);
        let file = directory.path().join("file");
        fs::write(&file, "").unwrap();
        for cache in [Cache::off(), Cache::in_directory(file.join("below"), 100)] {
            let sha256 = keep(&cache, b"x");
            assert!(!cache.may_have(&sha256) && cache.get(&sha256, 1).is_none());
        }
    }

    #[test]
    fn many_may_use_one() {
        let (_directory, cache) = cache(1000);
        std::thread::scope(|scope| {
            for thread in 0..8_u8 {
                let cache = &cache;
                scope.spawn(move || {
                    for file in 0..20_u8 {
                        let bytes = [file, thread % 2].repeat(10);
                        let sha256 = keep(cache, &bytes);
                        if let Some(found) = cache.get(&sha256, 20) {
                            assert_eq!(found, bytes);
                        }
                    }
                });
            }
        });
        let sizes = files(cache.directory.as_ref().unwrap()).unwrap();
        assert!(sizes.iter().map(|(_, _, size)| size).sum::<u64>() <= 1000 + 8 * 20);
    }
}
