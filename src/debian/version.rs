//! Package versions: `[epoch:]upstream[-revision]`, their grammar and their order.
//!
//! The grammar is what dpkg enforces when it installs, the order is that of dpkg and apt. Comparing
//! allocates nothing, and runs of digits may have any length.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::Arc;

use super::checked_text::{MAX_LENGTH, excerpt, first_outside};

#[cfg(test)]
mod tests;

/// A version of a package, checked and cut into its parts.
///
/// Source: Debian Policy 5.6.12, deb-version(7).
///
/// `Ord` is [`Version::compare`] with the text as tie-breaker, so that `1.0` and `1.0-0`, which
/// dpkg takes for the same, are two keys of one map; `Eq` and `Hash` are those of the text. Ask
/// `compare` when the question is which of two versions is newer.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Version {
    text: Arc<str>,
    layout: Layout,
}

/// Where the parts of a version are; a text of 255 bytes has no longer positions.
#[derive(Debug, Clone, Copy)]
struct Layout {
    epoch: u32,
    upstream_start: u8,
    upstream_end: u8,
}

/// A text is not a version that dpkg would accept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not a version: {reason}")]
pub struct VersionError {
    /// The start of the text.
    pub text: Box<str>,
    /// What is wrong with it.
    pub reason: VersionReason,
}

/// What makes a text no version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VersionReason {
    /// There is no text.
    #[error("it is empty")]
    Empty,
    /// More bytes than file names can have.
    #[error("it is longer than {MAX_LENGTH} characters")]
    TooLong,
    /// The part before the first colon is not a number.
    #[error("the epoch before ':' is not a number")]
    Epoch,
    /// The epoch is above 2147483647.
    #[error("the epoch is greater than 2147483647")]
    EpochTooLarge,
    /// Nothing is left between epoch and revision.
    #[error("there is no upstream version")]
    NoUpstream,
    /// The upstream version starts with something else than a digit.
    #[error("the upstream version must start with a digit, not with {0:?}")]
    UpstreamStart(char),
    /// A character that upstream versions can't have.
    #[error("the upstream version has {0:?}; only letters, digits, '.', '+', '-', '~' are allowed")]
    UpstreamCharacter(char),
    /// The last hyphen ends the text.
    #[error("there is no revision after the last '-'")]
    NoRevision,
    /// A character that revisions can't have.
    #[error("the revision has {0:?}; only letters, digits, '.', '+', '~' are allowed")]
    RevisionCharacter(char),
}

impl Version {
    /// Checks that `text` is a version, without making one.
    pub fn check(text: &str) -> Result<(), VersionError> {
        Layout::of(text).map(|_| ())
    }

    /// Returns the text, as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the epoch; 0 if none is written.
    pub fn epoch(&self) -> u32 {
        self.layout.epoch
    }

    /// Returns the upstream version.
    pub fn upstream(&self) -> &str {
        &self.text[self.layout.upstream_start.into()..self.layout.upstream_end.into()]
    }

    /// Returns the Debian revision, the part after the last hyphen.
    pub fn revision(&self) -> Option<&str> {
        self.text.get(usize::from(self.layout.upstream_end) + 1..)
    }

    /// Returns upstream version and revision, as they stand in the names of files.
    pub fn without_epoch(&self) -> &str {
        &self.text[self.layout.upstream_start.into()..]
    }

    /// Compares as dpkg and apt do: `1.0`, `0:1.0` and `1.0-0` are equal.
    pub fn compare(&self, other: &Self) -> Ordering {
        // dpkg takes a missing revision for an empty one, which is equal to `0`.
        self.epoch()
            .cmp(&other.epoch())
            .then_with(|| compare_part(self.upstream(), other.upstream()))
            .then_with(|| {
                compare_part(self.revision().unwrap_or(""), other.revision().unwrap_or(""))
            })
    }
}

impl Layout {
    /// Cuts a text into epoch, upstream version and revision, and checks each.
    fn of(text: &str) -> Result<Self, VersionError> {
        Self::find(text).map_err(|reason| VersionError { text: excerpt(text), reason })
    }

    fn find(text: &str) -> Result<Self, VersionReason> {
        if text.is_empty() {
            return Err(VersionReason::Empty);
        }
        let length = u8::try_from(text.len()).map_err(|_| VersionReason::TooLong)?;
        let (epoch, upstream_start) = match memchr::memchr(b':', text.as_bytes()) {
            Some(colon) => (read_epoch(&text[..colon])?, colon + 1),
            None => (0, 0),
        };
        let rest = &text[upstream_start..];
        let (upstream, revision) = match memchr::memrchr(b'-', rest.as_bytes()) {
            Some(hyphen) => (&rest[..hyphen], Some(&rest[hyphen + 1..])),
            None => (rest, None),
        };
        check_upstream(upstream)?;
        check_revision(revision)?;
        let tail = revision.map_or(0, |revision| revision.len() + 1);
        let position = |at: usize| u8::try_from(at).map_err(|_| VersionReason::TooLong);
        Ok(Self {
            epoch,
            upstream_start: position(upstream_start)?,
            upstream_end: length - position(tail)?,
        })
    }
}

fn read_epoch(digits: &str) -> Result<u32, VersionReason> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(VersionReason::Epoch);
    }
    let epoch: i32 = digits.parse().map_err(|_| VersionReason::EpochTooLarge)?;
    Ok(epoch.unsigned_abs())
}

fn check_upstream(upstream: &str) -> Result<(), VersionReason> {
    let first = upstream.chars().next().ok_or(VersionReason::NoUpstream)?;
    if !first.is_ascii_digit() {
        return Err(VersionReason::UpstreamStart(first));
    }
    // The first colon ended the epoch, so another one is here only if there is an epoch.
    let allowed =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'+' | b'-' | b'~' | b':');
    first_outside(upstream, allowed).map_or(Ok(()), |c| Err(VersionReason::UpstreamCharacter(c)))
}

fn check_revision(revision: Option<&str>) -> Result<(), VersionReason> {
    let Some(revision) = revision else { return Ok(()) };
    if revision.is_empty() {
        return Err(VersionReason::NoRevision);
    }
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'+' | b'~');
    first_outside(revision, allowed).map_or(Ok(()), |c| Err(VersionReason::RevisionCharacter(c)))
}

/// Compares upstream versions or revisions: runs of other characters and of digits, in turn.
///
/// Source: deb-version(7), "Sorting algorithm".
fn compare_part(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left.as_bytes(), right.as_bytes());
    while !left.is_empty() || !right.is_empty() {
        let order = compare_text_run(&mut left, &mut right)
            .then_with(|| compare_number(&mut left, &mut right));
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}

/// Compares and takes the leading runs of characters that are not digits.
fn compare_text_run(left: &mut &[u8], right: &mut &[u8]) -> Ordering {
    loop {
        let (a, b) = (weight(left.first()), weight(right.first()));
        if a != b {
            return a.cmp(&b);
        }
        if a == END {
            return Ordering::Equal;
        }
        (*left, *right) = (&left[1..], &right[1..]);
    }
}

/// The weight of what ends a run of characters that are not digits.
const END: i16 = 0;

/// Returns the rank of a character: `~`, then the end of the run, letters, all others.
fn weight(byte: Option<&u8>) -> i16 {
    match byte {
        Some(b'~') => -1,
        None | Some(b'0'..=b'9') => END,
        Some(letter) if letter.is_ascii_alphabetic() => i16::from(*letter),
        Some(other) => i16::from(*other) + 256,
    }
}

/// Compares and takes the leading runs of digits as numbers.
fn compare_number(left: &mut &[u8], right: &mut &[u8]) -> Ordering {
    let (a, b) = (take_number(left), take_number(right));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

/// Takes the leading digits off and returns those after the leading zeros.
fn take_number<'a>(text: &mut &'a [u8]) -> &'a [u8] {
    let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at(length);
    *text = rest;
    let zeros = digits.iter().take_while(|byte| **byte == b'0').count();
    &digits[zeros..]
}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        Ok(Self { layout: Layout::of(text)?, text: text.into() })
    }
}

impl TryFrom<String> for Version {
    type Error = VersionError;

    fn try_from(text: String) -> Result<Self, VersionError> {
        Ok(Self { layout: Layout::of(&text)?, text: text.into() })
    }
}

impl From<Version> for String {
    fn from(version: Version) -> Self {
        version.text.as_ref().to_owned()
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Version").field(&self.text).finish()
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Version {}

impl Hash for Version {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.text == other.text {
            return Ordering::Equal;
        }
        self.compare(other).then_with(|| self.text.cmp(&other.text))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
