//! Directories as values: which files there are, and whether one of them was touched.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// What changes when somebody writes to a file or directory: its inode and times in nanoseconds.
pub type Stamp = (u64, i128, i128);

/// Returns the stamp of everything below a directory, by relative path.
pub fn stamps(directory: &Path) -> BTreeMap<String, Stamp> {
    let entries = walkdir::WalkDir::new(directory).into_iter();
    let entries = entries.map(|entry| entry.expect("the directory can be read"));
    let stamp = |entry: walkdir::DirEntry| {
        let metadata = entry.metadata().expect("it is there");
        let nanoseconds =
            |seconds: i64, rest: i64| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
        let modified = nanoseconds(metadata.mtime(), metadata.mtime_nsec());
        let changed = nanoseconds(metadata.ctime(), metadata.ctime_nsec());
        (relative(entry.path(), directory), (metadata.ino(), modified, changed))
    };
    entries.map(stamp).collect()
}

/// Returns the relative paths of all files below a directory, in order; none if it is not there.
pub fn files(directory: &Path) -> Vec<String> {
    let entries = walkdir::WalkDir::new(directory).sort_by_file_name().into_iter();
    let files = entries.filter_map(Result::ok).filter(|entry| entry.file_type().is_file());
    files.map(|entry| relative(entry.path(), directory)).collect()
}

fn relative(path: &Path, directory: &Path) -> String {
    path.strip_prefix(directory).expect("it is below").to_string_lossy().into_owned()
}
