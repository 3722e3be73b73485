//! A language for questions about what is published, and its answers.
//!
//! A query is true or false of each package: `nginx`, `lib* (>= 2)`, `Section (utils)`,
//! `$PublishedAt (>= 2026-11-01), !bookworm/nightly`. [`Query`] parses and displays it,
//! [`Selection`] answers it over a [`Listing`]. `docs/query.md`
//! describes the language. Nothing here reads a store or formats an answer.

mod entry;
mod error;
mod field;
mod glob;
mod parse;
mod retirement;
mod selection;
mod term;
mod value;

#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use crate::time::Timestamp;

pub use entry::{Entry, Listing};
pub use error::{Expected, Found, QueryError, QueryReason};
pub use field::{Computed, Field, FieldError};
pub use glob::{Glob, GlobError};
pub use retirement::{Record, Remains, RetiredBy, Retirement};
pub use selection::{AbsentField, Selection, SortKey};
pub use term::{Address, Condition, Term};
pub use value::{Moment, MomentError, Size, SizeError};

/// What has to be true of a package.
///
/// Displayed so that it reads back as the same query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// `a, b`: all of these.
    All(Vec<Query>),
    /// `a | b`: one of these.
    Any(Vec<Query>),
    /// `!a`: not this.
    Not(Box<Query>),
    /// A statement that is not made of others.
    Term(Term),
}

impl Query {
    /// Tells whether the query is true of a package at a time.
    pub fn matches(&self, entry: &Entry<'_>, now: Timestamp) -> bool {
        match self {
            Self::All(operands) => operands.iter().all(|operand| operand.matches(entry, now)),
            Self::Any(operands) => operands.iter().any(|operand| operand.matches(entry, now)),
            Self::Not(operand) => !operand.matches(entry, now),
            Self::Term(term) => term.holds(entry, now),
        }
    }
}

impl FromStr for Query {
    type Err = QueryError;

    fn from_str(text: &str) -> Result<Self, QueryError> {
        parse::parse(text)
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(operands) => write_operands(f, operands, ", "),
            Self::Any(operands) => write_operands(f, operands, " | "),
            Self::Not(operand) => {
                f.write_str("!")?;
                write_operand(f, operand)
            }
            Self::Term(term) => term.fmt(f),
        }
    }
}

fn write_operands(f: &mut fmt::Formatter<'_>, operands: &[Query], between: &str) -> fmt::Result {
    for (index, operand) in operands.iter().enumerate() {
        f.write_str(if index == 0 { "" } else { between })?;
        write_operand(f, operand)?;
    }
    Ok(())
}

fn write_operand(f: &mut fmt::Formatter<'_>, operand: &Query) -> fmt::Result {
    match operand {
        Query::All(_) | Query::Any(_) => write!(f, "({operand})"),
        Query::Not(_) | Query::Term(_) => fmt::Display::fmt(operand, f),
    }
}
