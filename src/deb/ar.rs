//! The ar archive, in the strict subset that dpkg reads (deb(5), `lib/dpkg/ar.c`).
//!
//! No GNU or BSD long names, no signs, no missing padding; every size is checked against the limit
//! before anything is read. The archive itself is the reader of its current member.

use std::io::{self, BufRead, Read};

use super::error::{DebError, Fault, HeaderFault};

const MAGIC: &[u8; 8] = b"!<arch>\n";
const HEADER: usize = 60;

/// An archive of which the members are read one after the other.
pub(super) struct Archive<R> {
    input: R,
    /// Where the next unread byte lies.
    offset: u64,
    /// The largest acceptable size of the archive.
    limit: u64,
    /// The name of the current member, empty at first.
    member: String,
    /// How many bytes of the current member are unread.
    remaining: u64,
    /// How many bytes pad the current member to an even size.
    padding: u64,
}

impl<R: BufRead> Archive<R> {
    /// Begins to read an archive of at most `limit` bytes.
    pub(super) fn open(mut input: R, limit: u64) -> Result<Self, DebError> {
        let mut magic = Vec::new();
        input.by_ref().take(MAGIC.len() as u64).read_to_end(&mut magic).map_err(DebError::Read)?;
        if magic != MAGIC {
            return Err(DebError::NotArchive);
        }
        let offset = MAGIC.len() as u64;
        Ok(Self { input, offset, limit, member: String::new(), remaining: 0, padding: 0 })
    }

    /// Goes to the next member and returns its name, or nothing at the end of the file.
    pub(super) fn next_member(&mut self) -> Result<Option<&str>, DebError> {
        self.finish_member()?;
        let mut header = Vec::with_capacity(HEADER);
        self.input.by_ref().take(HEADER as u64).read_to_end(&mut header).map_err(DebError::Read)?;
        if header.is_empty() {
            return Ok(None);
        }
        let parsed = parse_header(&header);
        let (name, size) =
            parsed.map_err(|fault| DebError::Header { offset: self.offset, fault })?;
        self.offset += HEADER as u64;
        // Ten digits and a limit keep the sums far from overflowing.
        self.remaining = size;
        self.padding = size % 2;
        if self.offset.saturating_add(size + self.padding) > self.limit {
            return Err(DebError::TooLarge(self.limit));
        }
        self.member = name;
        Ok(Some(&self.member))
    }

    /// Returns all bytes of the current member, which are at most `limit`.
    pub(super) fn content(&mut self, limit: u64) -> Result<Vec<u8>, DebError> {
        if self.remaining > limit {
            return Err(self.refuse(Fault::TooLarge(limit)));
        }
        self.start(limit)
    }

    /// Returns the next bytes of the current member, `length` or all that are left.
    pub(super) fn start(&mut self, length: u64) -> Result<Vec<u8>, DebError> {
        let mut bytes = Vec::new();
        self.take(length).read_to_end(&mut bytes).map_err(|error| self.failure(error))?;
        Ok(bytes)
    }

    /// Returns the error that the current member has this fault.
    pub(super) fn refuse(&self, fault: Fault) -> DebError {
        DebError::Member { member: self.member.clone(), fault }
    }

    /// Returns the input, of which only the members walked over so far were read.
    pub(super) fn into_inner(self) -> R {
        self.input
    }

    /// Passes over what is left of the current member and its padding.
    fn finish_member(&mut self) -> Result<(), DebError> {
        let skipped = self.skip().and_then(|()| {
            self.remaining = std::mem::take(&mut self.padding);
            self.skip()
        });
        skipped.map_err(|error| self.failure(error))
    }

    fn failure(&self, error: io::Error) -> DebError {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => self.refuse(Fault::Truncated),
            _ => DebError::Read(error),
        }
    }

    fn skip(&mut self) -> io::Result<()> {
        while self.remaining > 0 {
            let available = match self.fill_buf() {
                Ok(bytes) => bytes.len(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            self.consume(available);
        }
        Ok(())
    }
}

impl<R: BufRead> BufRead for Archive<R> {
    /// Fails with `UnexpectedEof` when the file ends within the current member.
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.remaining == 0 {
            return Ok(&[]);
        }
        let available = self.input.fill_buf()?;
        if available.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let remaining = usize::try_from(self.remaining).unwrap_or(usize::MAX);
        Ok(&available[..available.len().min(remaining)])
    }

    fn consume(&mut self, count: usize) {
        self.input.consume(count);
        self.offset += count as u64;
        self.remaining -= count as u64;
    }
}

impl<R: BufRead> Read for Archive<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

/// Returns the name and the size in a member's header.
fn parse_header(header: &[u8]) -> Result<(String, u64), HeaderFault> {
    let header: &[u8; HEADER] = header.try_into().map_err(|_| HeaderFault::Truncated)?;
    if !header.ends_with(b"`\n") {
        return Err(HeaderFault::Mark);
    }
    let name = parse_name(&header[..16]).ok_or(HeaderFault::Name)?;
    let size = parse_size(&header[48..58]).ok_or(HeaderFault::Size)?;
    Ok((name, size))
}

/// Returns a name without its padding and the slash that System V puts behind it.
///
/// Another slash would make it a reference to a long name.
fn parse_name(field: &[u8]) -> Option<String> {
    let name = field.trim_ascii_end();
    let name = name.strip_suffix(b"/").unwrap_or(name);
    let is_valid = |byte: &u8| byte.is_ascii_graphic() && *byte != b'/';
    let valid = (1..=15).contains(&name.len()) && name.iter().all(is_valid);
    valid.then(|| name.iter().copied().map(char::from).collect())
}

fn parse_size(field: &[u8]) -> Option<u64> {
    let end = field.iter().rposition(|&byte| byte != b' ')? + 1;
    field[..end].iter().try_fold(0u64, |size, byte| match byte {
        b'0'..=b'9' => size.checked_mul(10)?.checked_add(u64::from(byte - b'0')),
        _ => None,
    })
}
