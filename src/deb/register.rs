//! What was read of package files, in bytes: believed as long as the file system says that a file
//! is still the same.
//!
//! A register is one run of bytes with a checksum at its end. It is not read at all unless it is
//! whole, of this format, and written by the very rules that packages are read by now. Its entries
//! are never more than a claim: whoever uses one compares the [`Stamp`], parses the control file
//! again, and holds the digest against the bytes where they are sent.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;

use crate::digest::{FNV_BASIS, Sha256, fnv1a};
use crate::time::Timestamp;

/// How a register begins; another format gets another number.
const MAGIC: &[u8; 16] = b"repoman debs 1\n\0";

/// The texts of which the rules of this module are made; control files are judged anew each time.
const SOURCES: [&[u8]; 7] = [
    include_bytes!("ar.rs"),
    include_bytes!("control_tar.rs"),
    include_bytes!("data_tar.rs"),
    include_bytes!("error.rs"),
    include_bytes!("mod.rs"),
    include_bytes!("register.rs"),
    include_bytes!("tarball.rs"),
];

/// A number that changes whenever the text of a rule does: nobody has to remember to raise it, and
/// what looser rules have let in is read again.
const RULES: u64 = {
    let mut number = fnv1a(FNV_BASIS, env!("CARGO_PKG_VERSION").as_bytes());
    let mut source = 0;
    while source < SOURCES.len() {
        number = fnv1a(number, SOURCES[source]);
        source += 1;
    }
    number
};

/// The seconds for which a file must have been left alone before it is read.
///
/// One that is changed twice within what its file system's clock can tell apart looks the same
/// after the second time ("racy git"); FAT's clock is the coarsest, with two seconds.
const SETTLING: i64 = 2;

/// What a file system says of a file; while it says the same, the file has the same bytes.
///
/// The time of the last change (`ctime`) can't be set back, and a file that takes another one's
/// place has another inode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    size: u64,
    /// Seconds and nanoseconds.
    modified: [i64; 2],
    changed: [i64; 2],
    inode: u64,
    device: u64,
}

impl Stamp {
    /// Returns what `metadata` says.
    pub fn of(metadata: &Metadata) -> Self {
        Self {
            size: metadata.size(),
            modified: [metadata.mtime(), metadata.mtime_nsec()],
            changed: [metadata.ctime(), metadata.ctime_nsec()],
            inode: metadata.ino(),
            device: metadata.dev(),
        }
    }

    /// Returns the size of the file in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Tells whether any change after `at` must show in the stamp.
    pub fn is_settled(&self, at: Timestamp) -> bool {
        let [newest, _] = self.modified.max(self.changed);
        newest.saturating_add(SETTLING) < at.as_second()
    }
}

/// What was read of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The file's path, as bytes.
    pub path: &'a [u8],
    /// What the file system said of it, before and after it was read.
    pub stamp: Stamp,
    /// The day on which it was last seen, counted from 1970.
    pub seen: u32,
    /// The digest of the file.
    pub sha256: Sha256,
    /// The text of its control file.
    pub control: &'a [u8],
}

/// Returns the bytes of a register.
///
/// # Panics
///
/// Panics on a path or control file of 4 GiB.
pub fn encode<'a>(entries: impl IntoIterator<Item = Entry<'a>>) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend(RULES.to_le_bytes());
    for entry in entries {
        entry.append(&mut bytes);
    }
    let checksum = Sha256::of(&bytes);
    bytes.extend(checksum.as_bytes());
    bytes
}

/// Returns the entries of a register, by path; nothing unless all of it is sound and made by the
/// present rules.
pub fn decode(bytes: &[u8]) -> Option<Vec<Entry<'_>>> {
    let (body, checksum) = bytes.split_last_chunk::<32>()?;
    let mut rest = body.strip_prefix(MAGIC)?.strip_prefix(&RULES.to_le_bytes())?;
    if Sha256::of(body).as_bytes() != checksum {
        return None;
    }
    let mut entries: Vec<Entry<'_>> = Vec::new();
    while !rest.is_empty() {
        let entry = Entry::take(&mut rest)?;
        if entries.last().is_some_and(|last| last.path >= entry.path) {
            return None;
        }
        entries.push(entry);
    }
    Some(entries)
}

/// Returns the entry of a path among those of a register.
pub fn find<'a, 'b>(entries: &'b [Entry<'a>], path: &[u8]) -> Option<&'b Entry<'a>> {
    let index = entries.binary_search_by(|entry| entry.path.cmp(path)).ok()?;
    entries.get(index)
}

impl<'a> Entry<'a> {
    fn append(&self, bytes: &mut Vec<u8>) {
        let Stamp { size, modified, changed, inode, device } = self.stamp;
        bytes.extend([size, inode, device].map(u64::to_le_bytes).as_flattened());
        for time in [modified, changed] {
            bytes.extend(time.map(i64::to_le_bytes).as_flattened());
        }
        bytes.extend(self.seen.to_le_bytes());
        bytes.extend(self.sha256.as_bytes());
        for text in [self.path, self.control] {
            let length = u32::try_from(text.len()).expect("neither paths nor control files grow");
            bytes.extend(length.to_le_bytes());
            bytes.extend(text);
        }
    }

    fn take(rest: &mut &'a [u8]) -> Option<Self> {
        let [size, inode, device] = take_numbers(rest)?.map(u64::from_le_bytes);
        let [modified, changed] =
            [take_numbers(rest)?, take_numbers(rest)?].map(|pair| pair.map(i64::from_le_bytes));
        let seen = u32::from_le_bytes(take(rest)?);
        let sha256 = Sha256::from(take(rest)?);
        let [path, control] = [take_text(rest)?, take_text(rest)?];
        let stamp = Stamp { size, modified, changed, inode, device };
        Some(Self { path, stamp, seen, sha256, control })
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, left) = rest.split_first_chunk()?;
    *rest = left;
    Some(*taken)
}

fn take_numbers<const N: usize>(rest: &mut &[u8]) -> Option<[[u8; 8]; N]> {
    let mut numbers = [[0; 8]; N];
    for number in &mut numbers {
        *number = take(rest)?;
    }
    Some(numbers)
}

fn take_text<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = u32::from_le_bytes(take(rest)?);
    let (taken, left) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    *rest = left;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stamp(newest: i64) -> Stamp {
        Stamp { size: 7, modified: [5, 6], changed: [newest, 9], inode: 1, device: 2 }
    }

    fn entry<'a>(path: &'a [u8], control: &'a [u8]) -> Entry<'a> {
        Entry { path, stamp: stamp(100), seen: 20_000, sha256: Sha256::of(path), control }
    }

    #[test]
    fn what_is_written_is_read_again_and_found() {
        let entries = [entry(b"a/b.deb", b"Package: b\n"), entry(b"c", b"")];
        let bytes = encode(entries);
        let read = decode(&bytes).unwrap();
        assert_eq!(read, entries);
        assert_eq!(find(&read, b"c"), Some(&entries[1]));
        assert_eq!(find(&read, b"b"), None);
        assert_eq!(decode(&encode([])), Some(Vec::new()));
    }

    #[test]
    fn what_is_not_whole_is_not_read_at_all() {
        let bytes = encode([entry(b"a.deb", b"Package: a\n")]);
        for index in 0..bytes.len() {
            assert_eq!(decode(&bytes[..index]), None, "{index}");
            let mut damaged = bytes.clone();
            damaged[index] ^= 0x10;
            assert_eq!(decode(&damaged), None, "{index}");
        }
        assert_eq!(decode(&[&bytes[..], b"\0"].concat()), None);
    }

    /// Returns a register with these bytes before a checksum that is right.
    fn sealed(body: &[u8]) -> Vec<u8> {
        [body, Sha256::of(body).as_bytes()].concat()
    }

    #[test]
    fn another_format_other_rules_and_another_order_are_refused_under_a_right_checksum() {
        let bytes = encode([entry(b"a", b"x"), entry(b"b", b"y")]);
        let body = &bytes[..bytes.len() - 32];
        assert!(decode(&sealed(body)).is_some());
        for place in [MAGIC.len() - 3, MAGIC.len()] {
            let mut other = body.to_vec();
            other[place] += 1;
            assert_eq!(decode(&sealed(&other)), None);
        }
        assert_eq!(decode(&encode([entry(b"b", b""), entry(b"a", b"")])), None);
        assert_eq!(decode(&encode([entry(b"a", b""), entry(b"a", b"")])), None);
    }

    #[test]
    fn a_file_that_was_changed_just_before_is_not_settled() {
        let at = |second| Timestamp::from_second(second).unwrap();
        assert!(!stamp(100).is_settled(at(99)) && !stamp(100).is_settled(at(102)));
        assert!(stamp(100).is_settled(at(103)));
        // Its content may be as old as it likes to appear.
        assert!(!Stamp { modified: [200, 0], ..stamp(100) }.is_settled(at(103)));
        assert!(!stamp(i64::MAX).is_settled(at(103)));
    }

    #[test]
    fn every_file_of_the_rules_is_counted() {
        let sources = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/deb");
        let mut counted: Vec<_> = SOURCES.to_vec();
        for file in std::fs::read_dir(sources).unwrap().map(|entry| entry.unwrap().path()) {
            if file.is_file() && !file.ends_with("tests.rs") {
                let text = std::fs::read(&file).unwrap();
                let place = counted.iter().position(|source| **source == text);
                counted.swap_remove(place.unwrap_or_else(|| panic!("{file:?} is not counted")));
            }
        }
        assert!(counted.is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_bytes_make_it_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let header = [&MAGIC[..], &RULES.to_le_bytes()].concat();
            decode(&sealed(&[header, body].concat()));
        }
    }
}
