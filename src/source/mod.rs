//! Reads what the sources of a manifest offer.

mod files;
pub mod known;
pub mod path;
pub mod push;

use std::sync::Arc;

use crate::deb::DebError;

/// Why sources can't be used; all that is wrong with them, in one run.
#[derive(Debug, Default)]
pub struct SourceProblems {
    /// In the order of the sources' names, then paths.
    pub problems: Vec<SourceProblem>,
}

/// Something wrong with one source or one of its files.
#[derive(Debug, thiserror::Error)]
pub enum SourceProblem {
    /// Nothing matches, and the manifest does not allow that.
    #[error("source `{source_name}`: no file matches {pattern}")]
    Empty {
        /// The source.
        source_name: String,
        /// The pattern as it was looked for.
        pattern: String,
    },
    /// Files match, but the rules of the source let none of them in.
    #[error("source `{source_name}`: `packages` lets in none of {files}")]
    AllLeftOut {
        /// The source.
        source_name: String,
        /// How many files there are.
        files: String,
    },
    /// The source is not there, and the run demands it.
    #[error("source `{source_name}`: {place} does not exist")]
    Absent {
        /// The source.
        source_name: String,
        /// Where it was looked for.
        place: String,
    },
    /// A directory can't be read.
    #[error("source `{source_name}`: failed to list {place}")]
    Listing {
        /// The source.
        source_name: String,
        /// The directory.
        place: String,
        /// Why.
        #[source]
        reason: walkdir::Error,
    },
    /// A file is not a package that clients could install safely.
    #[error("{file}: {reason}")]
    Rejected {
        /// The file.
        file: String,
        /// Why; its text is complete without a chain of causes.
        reason: Arc<DebError>,
    },
    /// A file's architecture is not one that the distribution has.
    #[error("{file}: architecture {architecture} is not declared by distribution.{codename}")]
    Architecture {
        /// The source.
        source_name: String,
        /// The file.
        file: String,
        /// Its architecture.
        architecture: String,
        /// The distribution.
        codename: String,
    },
    /// A pushed file is let in by no source.
    #[error("{file}: no source lets {package} in")]
    NotLetIn {
        /// The file.
        file: String,
        /// `name version architecture`.
        package: String,
        /// What comes nearest to letting it in, and why it does not.
        nearest: String,
    },
    /// A pushed file is let in by more than one source.
    #[error("{file}: {} let {package} in", list(.sources))]
    Ambiguous {
        /// The file.
        file: String,
        /// `name version architecture`.
        package: String,
        /// The sources.
        sources: Vec<String>,
    },
    /// No source of the manifest can be pushed to.
    #[error("the manifest has no source with `push = true`")]
    NoPush,
    /// The source that was asked for is none that can be pushed to.
    #[error("`{source_name}` is not a source with `push = true`")]
    NotPush {
        /// The name that was given.
        source_name: String,
        /// Those that can be pushed to.
        others: Vec<String>,
    },
}

/// Returns sources as messages name them: `source.a and source.b`.
fn list(sources: &[String]) -> String {
    let names: Vec<_> = sources.iter().map(|name| format!("source.{name}")).collect();
    names.join(" and ")
}
