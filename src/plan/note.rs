//! Things to know about a plan that block nothing.

use std::fmt;

use crate::debian::suite::Codename;
use crate::plan::{Soaking, half};
use crate::text::{bytes, plural};
use crate::time::{Span, Timestamp, minute};

/// Something to know about a plan that blocks nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Note {
    /// A distribution is brought back that the manifest does not declare; the next apply removes it.
    Undeclared(Codename),
    /// A distribution would be published without a single package.
    Empty(Codename),
    /// The store is written to without conditional writes, or would be if they don't hold.
    SingleWriter,
    /// A line of the manifest accepts what is no danger of this plan.
    Unused {
        /// `allow` or `removed`.
        table: &'static str,
        /// What the line accepts.
        key: String,
        /// Where it stands, from 1.
        line: usize,
    },
    /// Lines of the manifest are about a package that is not there, and one with nearly that name is.
    Stranger {
        /// The name in the manifest.
        name: String,
        /// The first line with it, from 1.
        line: usize,
        /// The package that is there.
        near: String,
    },
    /// Clients refuse a distribution some time after it was last published, which is news or not
    /// near.
    RunsOut {
        /// The distribution.
        codename: Codename,
        /// How long after it.
        valid_for: Span,
        /// Its `Valid-Until`, and from when on an apply renews it; nothing where it is news.
        until: Option<(Timestamp, Timestamp)>,
    },
    /// Package files have to be read from the store to tell which files packages have.
    Unlisted {
        /// The distribution.
        codename: Codename,
        /// How many.
        files: usize,
        /// Their bytes.
        bytes: u64,
    },
    /// Package files have to be read from the store to compute checksums that are to be listed.
    Unsummed {
        /// The distribution.
        codename: Codename,
        /// How many.
        files: usize,
        /// Their bytes.
        bytes: u64,
    },
    /// One version has different bytes in two distributions.
    DifferentBytes {
        /// `name version architecture`.
        package: String,
        /// The distributions.
        distributions: (Codename, Codename),
    },
    /// A source gives way to what is published with other bytes than it has.
    Kept {
        /// The source.
        source: String,
        /// `name version architecture`.
        package: String,
        /// The distribution.
        codename: Codename,
    },
    /// A rule of a promotion is about nothing that is there.
    NothingToPromote {
        /// The source.
        source: String,
        /// The component that it takes from.
        from: String,
        /// The rule, as `name (versions)`.
        rule: String,
        /// What is there instead: versions of that package, or the name of another one.
        nearest: Vec<String>,
    },
    /// Versions are not promoted yet.
    Soaking {
        /// The source.
        source: String,
        /// The component that it takes from.
        from: String,
        /// The first ones.
        first: Vec<Soaking>,
        /// How many more there are.
        more: usize,
    },
}

impl Note {
    /// Returns what documents call it; never reused for anything else.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Undeclared(_) => "undeclared",
            Self::Empty(_) => "no-packages",
            Self::SingleWriter => "single-writer",
            Self::Unused { .. } => "unused-line",
            Self::Stranger { .. } => "unknown-package",
            Self::RunsOut { .. } => "valid-until",
            Self::Unlisted { .. } => "contents-read",
            Self::Unsummed { .. } => "checksums-read",
            Self::DifferentBytes { .. } => "different-content",
            Self::Kept { .. } => "published-kept",
            Self::NothingToPromote { .. } => "nothing-to-promote",
            Self::Soaking { .. } => "soaking",
        }
    }

    /// Returns the line of the manifest that it is about, from 1.
    pub fn line(&self) -> Option<usize> {
        match self {
            Self::Unused { line, .. } | Self::Stranger { line, .. } if *line > 0 => Some(*line),
            _ => None,
        }
    }

    /// Tells whether it holds for every plan that is made in time: people get it on request.
    pub fn is_routine(&self) -> bool {
        matches!(self, Self::RunsOut { until: Some(_), .. })
    }
}

/// A sentence, without its full stop.
impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Undeclared(codename) => {
                write!(f, "the manifest does not declare {codename}: the next apply removes it")
            }
            Self::Empty(codename) => {
                write!(f, "{codename} has no packages; are the sources where the manifest says?")
            }
            Self::SingleWriter => f.write_str(
                "nothing keeps writers apart here (`single_writer`): two at once can lose packages",
            ),
            Self::Unused { key, line: 0, .. } => {
                write!(f, "--allow {key} accepts no danger of this plan")
            }
            Self::Unused { table, key, line } => write!(
                f,
                "line {line} of the manifest, `{key}` in [{table}], does nothing any more"
            ),
            Self::Stranger { name, line, near } => write!(
                f,
                "line {line} of the manifest is about {name}, which is not there; did you mean {near}?"
            ),
            Self::RunsOut { codename, valid_for, until: None } => write!(
                f,
                "clients refuse {codename} {valid_for} after it was last published: have cron run \
                 `repoman apply` more often than every {}",
                half(*valid_for)
            ),
            Self::RunsOut { codename, until: Some((until, half)), .. } => write!(
                f,
                "{codename} is valid until {}; an apply after {} renews it",
                minute(*until),
                minute(*half)
            ),
            Self::Unlisted { codename, files, bytes } => {
                write!(f, "for the Contents of {codename}, {}", are_read(*files, *bytes))
            }
            Self::Unsummed { codename, files, bytes } => {
                write!(f, "for the checksums of {codename}, {}", are_read(*files, *bytes))
            }
            Self::DifferentBytes { package, distributions: (first, second) } => {
                write!(f, "`{package}` has different content in {first} and {second}")
            }
            Self::NothingToPromote { source, from, rule, nearest } => {
                write!(f, "source.{source}: {from} has no {rule}")?;
                match &nearest[..] {
                    [] => Ok(()),
                    nearest => write!(f, "; the nearest there: {}", nearest.join(", ")),
                }
            }
            Self::Soaking { source, from, first, more } => {
                write!(f, "source.{source} waits in {from} for {}", listed(first, *more))
            }
            Self::Kept { source, package, codename } => write!(
                f,
                "source.{source} has other content for `{package}` than {codename}, which keeps \
                 what is published"
            ),
        }
    }
}

/// Tells how many package files are read from the store.
fn are_read(files: usize, size: u64) -> String {
    let verb = if files == 1 { "is" } else { "are" };
    format!("{} ({}) {verb} read from the store", plural(files, "package file"), bytes(size))
}

/// Returns what soaks, each with its times.
fn listed(first: &[Soaking], more: usize) -> String {
    let version = |Soaking { until, since, package }: &Soaking| {
        format!("{package} (there since {}) until {}", minute(*since), minute(*until))
    };
    let mut versions: Vec<_> = first.iter().map(version).collect();
    if more > 0 {
        versions.push(format!("and {more} more"));
    }
    versions.join(", ")
}
