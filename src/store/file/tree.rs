//! A directory tree in which objects appear whole or not at all.
//!
//! No step from the root down is taken through a symbolic link, so that no key leads out of the
//! tree, whatever else lies in it. A new file is written under a temporary
//! name in its final directory, and gets its own name by one rename. Two processes that compare
//! and rename are kept apart by a lock that dies with its holder.

use std::fs::{DirBuilder, File};
use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::fs::{self, AtFlags, Mode, OFlags, RenameFlags, ResolveFlags};
use rustix::io::Errno;

/// How the names of unfinished files begin; such a name is no object.
pub(super) const TEMPORARY: &str = ".repoman-tmp-";

/// The lock file; it is no object either.
pub(super) const LOCK: &str = ".repoman/lock";

/// How directories are opened.
const DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

const FILE_MODE: Mode = Mode::from_raw_mode(0o644);
const DIRECTORY_MODE: Mode = Mode::from_raw_mode(0o755);

/// How often a directory may vanish under a writer's feet, because its last file was deleted.
const VANISHINGS: usize = 16;

/// A directory and everything below.
#[derive(Debug)]
pub(super) struct Tree {
    root: PathBuf,
}

/// What to do about a directory that isn't there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Missing {
    Fail,
    Make,
}

/// A file that isn't visible yet; dropped, it is gone.
#[derive(Debug)]
pub(super) struct Staged {
    directory: OwnedFd,
    temporary: String,
    name: String,
    file: File,
    /// Whether the temporary name is taken.
    is_temporary: bool,
}

/// Which writer of a key goes through.
#[derive(Debug, Clone, Copy)]
pub(super) enum Condition<'a> {
    /// Any.
    Always,
    /// The one whose key isn't there.
    Absent,
    /// The one who knows the current tag.
    Tag(&'a str),
}

impl Tree {
    /// Returns the tree below `root`, which need not exist yet.
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Returns the directory that everything lies in.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Opens the object at `key`; what isn't a regular file isn't there.
    pub(super) fn open(&self, key: &str) -> io::Result<File> {
        if is_private(key) {
            return Err(ErrorKind::NotFound.into());
        }
        let (directory, name) = self.parent(key, Missing::Fail).map_err(absent)?;
        // Without NONBLOCK a named pipe would hold us up for ever.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = fs::openat(&directory, name, flags, Mode::empty()).map_err(absent)?;
        let file = File::from(file);
        match file.metadata()?.is_file() {
            true => Ok(file),
            false => Err(ErrorKind::NotFound.into()),
        }
    }

    /// Returns whether `key` is a directory that can be reached without a symbolic link.
    pub(super) fn has_directory(&self, key: &str) -> io::Result<bool> {
        match self.descend(key.trim_matches('/'), Missing::Fail).map_err(absent) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Makes an empty file that is to become `key`, and the directories above it.
    pub(super) fn stage(&self, key: &str) -> io::Result<Staged> {
        if is_private(key) {
            return Err(io::Error::new(ErrorKind::InvalidInput, "the name is reserved"));
        }
        let mut vanished = 0;
        loop {
            match self.try_stage(key) {
                Err(error) if error.kind() == ErrorKind::NotFound && vanished < VANISHINGS => {
                    vanished += 1;
                }
                outcome => return outcome,
            }
        }
    }

    fn try_stage(&self, key: &str) -> io::Result<Staged> {
        let (directory, name) = self.parent(key, Missing::Make)?;
        let temporary = format!("{TEMPORARY}{:016x}", rand::random::<u64>());
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let file = fs::openat(&directory, &temporary, flags, FILE_MODE)?;
        let (name, file) = (name.to_owned(), file.into());
        Ok(Staged { directory, temporary, name, file, is_temporary: true })
    }

    /// Gives a staged file its name if the condition holds, and returns its tag.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::AlreadyExists`] if the condition does not hold.
    pub(super) fn publish(&self, staged: Staged, condition: Condition<'_>) -> io::Result<String> {
        match condition {
            Condition::Absent => {
                let tag = staged.stamp(None)?;
                staged.appear()?;
                Ok(tag)
            }
            Condition::Always | Condition::Tag(_) => {
                let _lock = self.lock()?;
                staged.replace(condition)
            }
        }
    }

    /// Removes `key`, and the directories that this leaves empty.
    pub(super) fn remove(&self, key: &str) -> io::Result<()> {
        if is_private(key) {
            return Ok(());
        }
        let removed = self.parent(key, Missing::Fail).and_then(|(directory, name)| {
            let _lock = self.lock()?;
            Ok(fs::unlinkat(directory, name, AtFlags::empty())?)
        });
        match removed.map_err(absent) {
            Ok(()) => {
                self.prune(key);
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Removes the directories above `key` as long as they are empty.
    pub(super) fn prune(&self, key: &str) {
        let mut below = key;
        while let Some((above, _)) = below.rsplit_once('/') {
            let removed = self.parent(above, Missing::Fail).and_then(|(directory, name)| {
                Ok(fs::unlinkat(directory, name, AtFlags::REMOVEDIR)?)
            });
            // It isn't empty, or somebody else took it away: both end the climb.
            if removed.is_err() {
                return;
            }
            below = above;
        }
    }

    /// Waits until everything written so far would survive a loss of power.
    pub(super) fn sync(&self) -> io::Result<()> {
        match self.descend("", Missing::Fail) {
            Ok(root) => Ok(fs::syncfs(root)?),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Waits for the right to compare and rename; the right ends when the file is closed.
    fn lock(&self) -> io::Result<File> {
        let (directory, name) = self.parent(LOCK, Missing::Make)?;
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = File::from(fs::openat(directory, name, flags, FILE_MODE)?);
        file.lock()?;
        Ok(file)
    }

    /// Opens the directory that holds `key`, and returns it with the last segment.
    fn parent<'a>(&self, key: &'a str, missing: Missing) -> io::Result<(OwnedFd, &'a str)> {
        let (above, name) = key.rsplit_once('/').unwrap_or(("", key));
        Ok((self.descend(above, missing)?, name))
    }

    /// Opens a directory below the root, or the root itself.
    fn descend(&self, path: &str, missing: Missing) -> io::Result<OwnedFd> {
        let open = || fs::open(&self.root, DIRECTORY, Mode::empty()).map_err(io::Error::from);
        let root = match open() {
            Err(error) if error.kind() == ErrorKind::NotFound && missing == Missing::Make => {
                let mut builder = DirBuilder::new();
                let made = builder.recursive(true).mode(DIRECTORY_MODE.bits()).create(&self.root);
                made.and_then(|()| open())
            }
            root => root,
        };
        let root = root.map_err(|error| self.root_fault(error))?;
        Ok(match missing {
            _ if path.is_empty() => root,
            Missing::Make => enter_or_make(&root, path).map_err(in_the_way)?,
            Missing::Fail => enter(&root, path)?,
        })
    }
}

/// Says of a symbolic link what the system calls too many of them.
fn in_the_way(error: Errno) -> io::Error {
    match error {
        Errno::LOOP => {
            let fault = "a symbolic link is in the way; none below the store's root is followed";
            io::Error::new(ErrorKind::InvalidInput, fault)
        }
        error => error.into(),
    }
}

/// Opens a directory below another one, and never through a symbolic link.
fn enter(directory: &OwnedFd, path: &str) -> rustix::io::Result<OwnedFd> {
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
    match fs::openat2(directory, path, DIRECTORY, Mode::empty(), resolve) {
        // Linux before 5.6 and some sandboxes don't have that call, and while directories are moved
        // about it may give up.
        Err(Errno::NOSYS | Errno::PERM | Errno::AGAIN) => enter_step_by_step(directory, path),
        opened => opened,
    }
}

fn enter_step_by_step(directory: &OwnedFd, path: &str) -> rustix::io::Result<OwnedFd> {
    let step = |directory: &OwnedFd, segment: &str| {
        fs::openat(directory, segment, DIRECTORY | OFlags::NOFOLLOW, Mode::empty())
    };
    let mut segments = path.split('/');
    let first = step(directory, segments.next().unwrap_or_default())?;
    segments.try_fold(first, |directory, segment| step(&directory, segment))
}

/// Opens a directory below another one after making it and those above it, as far as they are not
/// there.
fn enter_or_make(directory: &OwnedFd, path: &str) -> rustix::io::Result<OwnedFd> {
    match enter(directory, path) {
        Err(Errno::NOENT) => {}
        opened => return opened,
    }
    let make = |above: &OwnedFd, name: &str| match fs::mkdirat(above, name, DIRECTORY_MODE) {
        Ok(()) | Err(Errno::EXIST) => enter(above, name),
        Err(error) => Err(error),
    };
    match path.rsplit_once('/') {
        Some((above, name)) => make(&enter_or_make(directory, above)?, name),
        None => make(directory, path),
    }
}

impl Tree {
    /// Returns why the root can't be used.
    ///
    /// Something else in its place is neither an object that is not there nor one that is.
    fn root_fault(&self, error: io::Error) -> io::Error {
        match error.kind() {
            ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
                let fault = format!("{} is not a directory", self.root.display());
                io::Error::new(ErrorKind::InvalidInput, fault)
            }
            _ => error,
        }
    }
}

impl Staged {
    /// Returns the file to write to.
    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Takes a name that nobody has.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::AlreadyExists`] if somebody has it.
    pub(super) fn appear(mut self) -> io::Result<()> {
        let (directory, name) = (&self.directory, self.name.as_str());
        let flags = RenameFlags::NOREPLACE;
        match fs::renameat_with(directory, &self.temporary, directory, name, flags) {
            Ok(()) => {
                self.is_temporary = false;
                Ok(())
            }
            // File systems without that flag (NFS) have hard links, which don't replace either.
            Err(Errno::INVAL | Errno::NOSYS) => {
                Ok(fs::linkat(directory, &self.temporary, directory, name, AtFlags::empty())?)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Takes its name from whoever has it; the caller holds the lock.
    fn replace(mut self, condition: Condition<'_>) -> io::Result<String> {
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let current = match fs::openat(&self.directory, &self.name, flags, Mode::empty()) {
            Ok(file) => Some(File::from(file).metadata()?),
            Err(Errno::NOENT) => None,
            Err(error) => return Err(error.into()),
        };
        if let Condition::Tag(expected) = condition
            && current.as_ref().map(tag).as_deref() != Some(expected)
        {
            return Err(ErrorKind::AlreadyExists.into());
        }
        let tag = self.stamp(current.map(|metadata| metadata.modified()).transpose()?)?;
        fs::renameat(&self.directory, &self.temporary, &self.directory, &self.name)?;
        self.is_temporary = false;
        Ok(tag)
    }

    /// Sets the time of modification, later than `previous`, and returns the tag.
    ///
    /// A tag is made of that time; since it only ever grows, no tag of a key comes back, and a
    /// content that does is told from what it was before.
    fn stamp(&self, previous: Option<SystemTime>) -> io::Result<String> {
        let now = SystemTime::now();
        let floor = previous.unwrap_or(SystemTime::UNIX_EPOCH);
        // Some file systems keep whole seconds, or even seconds, only.
        for step in [Duration::from_nanos(1), Duration::from_secs(2)] {
            self.file.set_modified(now.max(floor + step))?;
            let metadata = self.file.metadata()?;
            if metadata.modified()? > floor {
                return Ok(tag(&metadata));
            }
        }
        Err(io::Error::other("the file system keeps no times of modification"))
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // After a crash, listings skip it.
        if self.is_temporary {
            let _ = fs::unlinkat(&self.directory, &self.temporary, AtFlags::empty());
        }
    }
}

/// Returns the entity tag of a file: it changes whenever the key is written again.
pub(super) fn tag(metadata: &std::fs::Metadata) -> String {
    let (seconds, nanoseconds) = (metadata.mtime(), metadata.mtime_nsec());
    format!("\"{seconds:x}.{nanoseconds:x}-{:x}-{:x}\"", metadata.size(), metadata.ino())
}

/// Returns whether `key` is ours to keep order with, and no object.
pub(super) fn is_private(key: &str) -> bool {
    key == LOCK || key.rsplit('/').next().is_some_and(|name| name.starts_with(TEMPORARY))
}

/// Makes "not there" of everything that means that no object can be at a key.
fn absent(error: impl Into<io::Error>) -> io::Error {
    let error = error.into();
    match Errno::from_io_error(&error) {
        Some(Errno::NOTDIR | Errno::LOOP | Errno::NAMETOOLONG) => ErrorKind::NotFound.into(),
        _ => error,
    }
}

#[cfg(test)]
mod tests;
