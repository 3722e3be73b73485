//! The reasons to refuse a package, each a full line to put behind the name of the file.

use std::io;

use crate::debian::control::ControlError;
use crate::text::{bytes, printable};

/// The package is refused; its message holds all there is to say, in one safe line.
#[derive(Debug, thiserror::Error)]
pub enum DebError {
    /// The input failed, whatever it holds.
    #[error("cannot be read: {0}")]
    Read(io::Error),
    /// A directory, device, socket or FIFO.
    #[error("not a regular file")]
    NotRegular,
    /// More bytes than [`Limits::size`](super::Limits::size).
    #[error("larger than {}", bytes(*.0))]
    TooLarge(u64),
    /// Something else than an ar archive.
    #[error("not a Debian package: no ar archive")]
    NotArchive,
    /// A member's header breaks the format.
    #[error("damaged ar archive: the header at byte {offset} {fault}")]
    Header {
        /// Where the header begins.
        offset: u64,
        /// What is wrong with it.
        fault: HeaderFault,
    },
    /// A member that doesn't belong there.
    #[error("member '{found}' where {expected} was expected")]
    Order {
        /// The name of the member.
        found: String,
        /// What deb(5) puts there.
        expected: &'static str,
    },
    /// The archive ends before this member.
    #[error("no member {0}")]
    Missing(&'static str),
    /// A member is refused for what it holds.
    #[error("{member}: {fault}")]
    Member {
        /// The name of the member.
        member: String,
        /// What is wrong with it.
        fault: Fault,
    },
    /// The control file breaks a rule.
    #[error("control: {0}")]
    Control(ControlError),
}

/// What is wrong with a member's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeaderFault {
    /// The file ends in it.
    #[error("is truncated")]
    Truncated,
    /// Its last two bytes are wrong, so it is none.
    #[error("lacks its end mark")]
    Mark,
    /// The name isn't 1 to 15 printable characters without slashes, padded with blanks.
    #[error("has a malformed name")]
    Name,
    /// The size isn't a decimal number padded with blanks.
    #[error("has a malformed size")]
    Size,
}

/// What is wrong with a member.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The file, or the compressed stream, ends too early.
    #[error("truncated")]
    Truncated,
    /// `debian-binary` of an unknown format.
    #[error("the first line is not '2.' and a minor version")]
    Version,
    /// dpkg doesn't read this member in this compression.
    #[error("not a compression that dpkg accepts here")]
    Compression,
    /// The first bytes are those of something else.
    #[error("the content is not what the name says")]
    Magic,
    /// The member has more bytes than this.
    #[error("larger than {}", bytes(*.0))]
    TooLarge(u64),
    /// Unpacked, the member has more bytes than this.
    #[error("more than {} unpacked", bytes(*.0))]
    UnpackedTooLarge(u64),
    /// The names of the files have more bytes than this.
    #[error("more than {} of names", bytes(*.0))]
    NamesTooLarge(u64),
    /// The tar archive has more headers than this.
    #[error("more than {0} entries")]
    TooManyEntries(u64),
    /// The compressed stream or the tar archive is damaged.
    #[error("cannot be unpacked: {}", printable(&.0.to_string()))]
    Damaged(io::Error),
    /// Something hides behind the end of the tar archive.
    #[error("data after the end of the tar archive")]
    Trailing,
    /// An entry of the tar archive is refused.
    #[error("'{name}' {fault}")]
    Entry {
        /// The name of the entry, made safe to print.
        name: String,
        /// What is wrong with it.
        fault: EntryFault,
    },
    /// Not one file named `control`.
    #[error("no file 'control'")]
    NoControl,
    /// More than one file named `control`; dpkg takes the last, others the first.
    #[error("more than one file 'control'")]
    TwoControls,
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Truncated,
            _ => Self::Damaged(error),
        }
    }
}

/// What is wrong with an entry of a tar archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EntryFault {
    /// A link, device or FIFO in `control.tar`, or a type that dpkg doesn't know.
    #[error("is of a type that is not accepted here")]
    Type,
    /// The name is empty.
    #[error("has no name")]
    Unnamed,
    /// The name begins with a slash.
    #[error("is an absolute path")]
    Absolute,
    /// The name has a component `..`.
    #[error("contains '..'")]
    Parent,
    /// The name of a file ends with a slash, so that GNU tar makes a directory of it.
    #[error("is a file with the name of a directory")]
    Slash,
    /// A file below a directory in `control.tar`, which dpkg can't install.
    #[error("is not at the top")]
    Nested,
    /// The size field isn't an octal number.
    #[error("has a malformed size")]
    Size,
    /// The file, or the name in an extension header, has more bytes than this.
    #[error("is larger than {}", bytes(*.0))]
    TooLarge(u64),
    /// A pax header says more than times and owners, so not all readers see the same entry.
    #[error("is a pax header that changes what follows")]
    Pax,
}

impl EntryFault {
    /// Returns the fault of the member that holds the entry.
    pub(super) fn of(self, name: &[u8]) -> Fault {
        Fault::Entry { name: printable(&String::from_utf8_lossy(name)), fault: self }
    }
}
