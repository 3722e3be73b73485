//! The text of a state: JSON, each entry on a line of its own.
//!
//! Most entries are those of the generation before, and lines tell where one ends without a parser:
//! so a file takes most of its compressed blocks over from the one before.

use std::io::{self, Write};

use serde::{Deserialize, Serialize as _};
use serde_json::ser::{Formatter, Serializer};

use crate::compression::Part;
use crate::digest::{FNV_BASIS, fnv1a};
use crate::snapshot::records::Records;
use crate::snapshot::state::{FORMAT_VERSION, State};

/// How deep an entry may be that has a line of its own: packages are entries of a component, which is
/// one of `packages`.
const ENTRIES: usize = 3;

/// Of how many lines one may begin a compressed block.
///
/// It keeps the parts few and still gives a hundred to choose from in each block.
const LINES: u64 = 32;

/// About how many bytes the line of a package takes.
const RECORD: usize = 96;

/// Why a state file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// It was written by a newer version of this tool.
    #[error("state format {found} is newer than {FORMAT_VERSION}, which this repoman reads")]
    Newer {
        /// The format version in the file.
        found: String,
    },
    /// It is not a state file.
    #[error("not a state file")]
    Unreadable(#[source] serde_json::Error),
}

/// The part of every state file, of any version, that says what it is.
#[derive(Deserialize)]
struct Envelope {
    format_version: String,
}

impl State {
    /// Returns the file's bytes: JSON, each entry on a line of its own.
    pub fn to_bytes(&self) -> Vec<u8> {
        // A record takes about as much; nothing is copied then as it grows.
        let records = self.packages.values().chain(self.remembered.values());
        let count: usize = records.map(Records::len).sum();
        let mut bytes = Vec::with_capacity(4096 + count * RECORD);
        let mut serializer = Serializer::with_formatter(&mut bytes, Lines::default());
        self.serialize(&mut serializer).expect("a state has only string keys");
        bytes.push(b'\n');
        bytes
    }

    /// Reads a state file.
    ///
    /// # Errors
    ///
    /// When a newer version wrote it, or when it is no state file.
    pub fn parse(bytes: &[u8]) -> Result<Self, StateError> {
        let state = serde_json::from_slice::<Self>(bytes);
        // What can't be read may still say why not.
        let found = match &state {
            Ok(state) => state.format_version.clone(),
            Err(_) => {
                let envelope = serde_json::from_slice::<Envelope>(bytes);
                envelope.map_err(StateError::Unreadable)?.format_version
            }
        };
        if major(&found) != major(FORMAT_VERSION) {
            return Err(StateError::Newer { found });
        }
        state.map_err(StateError::Unreadable)
    }
}

fn major(format_version: &str) -> &str {
    format_version.split('.').next().unwrap_or_default()
}

/// Returns the text of a state in parts, some of which may begin a compressed block.
///
/// What marks one is the name in its first line, so an entry that comes, goes or changes moves no
/// border but its own. A text of another form is one part.
pub fn parts(text: &[u8]) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let (mut start, mut mark) = (0, None);
    let newlines = memchr::memchr_iter(b'\n', text);
    for offset in newlines.map(|newline| newline + 1).filter(|offset| *offset < text.len()) {
        if let Some(border) = border(&text[offset..]) {
            parts.push(Part { text: &text[start..offset], mark });
            (start, mark) = (offset, Some(border));
        }
    }
    parts.push(Part { text: &text[start..], mark });
    parts
}

/// Returns the mark of a line that may begin a block: the hash (FNV-1a) of the name in it.
fn border(line: &[u8]) -> Option<u64> {
    let name = line.strip_prefix(b"\"")?;
    let name = &name[..memchr::memchr(b'"', name)?];
    let hash = fnv1a(FNV_BASIS, name);
    hash.is_multiple_of(LINES).then_some(hash)
}

/// Writes JSON with a newline before each entry.
#[derive(Debug, Default)]
struct Lines {
    depth: usize,
}

impl Formatter for Lines {
    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth += 1;
        writer.write_all(b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth -= 1;
        writer.write_all(b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        writer.write_all(match (first, self.depth <= ENTRIES) {
            (true, true) => b"\n",
            (true, false) => b"",
            (false, true) => b",\n",
            (false, false) => b",",
        })
    }
}
