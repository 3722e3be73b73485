//! What became of packages that are not published any more.

use crate::time::Timestamp;

/// What became of a package that is not published any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retirement {
    /// The last generation that lists it, of those whose records can be read.
    pub generation: u64,
    /// The `Date` of the first generation after that one: since then, at the latest, it is gone.
    pub since: Timestamp,
    /// Why; nothing where nobody took note.
    pub reason: Option<RetiredBy>,
    /// What its fields are from.
    pub record: Record,
    /// Whether its file can still be downloaded.
    pub remains: Remains,
}

/// Why a package is not published any more, by the names that plans have for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RetiredBy {
    /// A line of `[yank]` withdrew it, for this reason.
    Yank(String),
    /// No rule of retention kept it.
    Retention,
    /// Its distribution, component or architecture was not declared any more.
    Undeclared,
    /// These mirror sources, which brought it, did not offer it any more.
    Mirror(Vec<String>),
    /// This generation was brought back, which did not have it.
    Rollback(u64),
}

/// What is left of the entry of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record {
    /// An index that lists it.
    Index,
    /// The state of a generation, which knows its name and where it came from. The index is deleted.
    State,
}

/// What is left of a package file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remains {
    /// It is there.
    Available {
        /// From when on it may be deleted; nothing if nothing is about to.
        until: Option<Timestamp>,
    },
    /// It is not there any more.
    Deleted,
    /// A file of that name is there; without the index nobody knows whether it is this one.
    Unknown,
}

impl RetiredBy {
    /// Returns the code, as plans have it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Yank(_) => "yanked",
            Self::Retention => "unkept",
            Self::Undeclared => "undeclared",
            Self::Mirror(_) => "no-longer-offered",
            Self::Rollback(_) => "rollback",
        }
    }
}

impl std::fmt::Display for RetiredBy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Yank(reason) => write!(f, "yanked: {reason}"),
            Self::Retention => f.write_str("kept by no rule"),
            Self::Undeclared => f.write_str("not declared any more"),
            Self::Mirror(sources) => write!(f, "gone from {}", sources.join(", ")),
            Self::Rollback(generation) => write!(f, "rollback to generation {generation}"),
        }
    }
}

impl Remains {
    /// Returns the word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Available { .. } => "available",
            Self::Deleted => "deleted",
            Self::Unknown => "unknown",
        }
    }

    /// Returns from when on the file may be deleted, if it is there and something is about to.
    pub fn until(self) -> Option<Timestamp> {
        match self {
            Self::Available { until } => until,
            Self::Deleted | Self::Unknown => None,
        }
    }
}
