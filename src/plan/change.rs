//! What a plan changes: fields of Release files, and versions of packages, each with the reason.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::debian::architecture::Architecture;
use crate::debian::name::PackageName;
use crate::debian::suite::Component;
use crate::debian::version::Version;
use crate::digest::Sha256;
use crate::plan::Origin;

/// A value in a Release file that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldChange {
    /// The field's name, or `Signed by`.
    pub field: &'static str,
    /// The published value.
    pub before: Option<String>,
    /// The desired value.
    pub after: Option<String>,
}

/// What happens to a package or a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// It gets listed.
    Add,
    /// It is not listed any more.
    Remove,
    /// Its value becomes another one.
    Change,
}

impl Operation {
    /// Returns the name, as documents have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Remove => "remove",
            Self::Change => "change",
        }
    }
}

/// One version of a package that gets listed, unlisted or another content, in one or more
/// architectures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageChange {
    /// What happens; a version changes if it gets another content.
    pub operation: Operation,
    /// The component.
    pub component: Component,
    /// The package.
    pub name: PackageName,
    /// The version.
    pub version: Version,
    /// The files, one for each architecture, in the order of the architectures' names.
    pub files: Vec<ChangedFile>,
    /// Why.
    pub reason: Reason,
    /// What clients will notice.
    pub effect: Option<Effect>,
    /// Where it is promoted from, by the name of the source.
    pub origins: BTreeMap<String, Origin>,
    /// The lines that differ where the content changes, each with `-` or `+` before it.
    pub difference: Vec<String>,
}

/// A package file that gets listed or unlisted; of two contents, the new one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangedFile {
    /// The architecture.
    pub architecture: Architecture,
    /// Its object key.
    pub key: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its digest.
    pub sha256: Sha256,
}

/// Why a package is added or removed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "code", content = "source", rename_all = "kebab-case")]
pub enum Reason {
    /// These sources offer it.
    Offered(Vec<String>),
    /// These mirror sources, which brought it, offer it no more.
    NoLongerOffered(Vec<String>),
    /// These mirror sources, which brought it, have nothing any more.
    Emptied(Vec<String>),
    /// The manifest does not declare its component or architecture any more.
    Undeclared,
    /// A line of `[yank]` withdraws it, for this reason.
    Yanked(Cause),
    /// No rule of the policy in this scope keeps it.
    Unkept(Cause),
    /// This generation is brought back, which has it or has it not.
    Rollback(u64),
}

/// What of the manifest made something happen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Cause {
    /// The reason that stands there, or the header of the table.
    pub text: String,
    /// The line, from 1.
    pub line: usize,
}

/// What a change of packages means to clients that have the package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// They upgrade.
    Upgrade {
        /// The newest version so far.
        from: Version,
        /// The newest version afterwards.
        to: Version,
    },
    /// They stay with a newer version that is published too.
    Older {
        /// The newest version.
        newest: Version,
    },
    /// New installations get an older version.
    Fallback {
        /// The newest version afterwards.
        to: Version,
        /// The architectures of which that is true, unless it is of all.
        only: Vec<Architecture>,
    },
    /// No version is left to install.
    Gone {
        /// The architectures of which that is true, unless it is of all.
        only: Vec<Architecture>,
    },
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Upgrade { from, to } => write!(f, "clients upgrade {from} → {to}"),
            Self::Older { newest } => write!(f, "clients stay with {newest}"),
            Self::Fallback { to, only } => write!(f, "new installations{} get {to}", on(only)),
            Self::Gone { only } => write!(f, "no version is left to install{}", on(only)),
        }
    }
}

/// Returns which clients something is about, if not all.
fn on(only: &[Architecture]) -> String {
    let names: Vec<_> = only.iter().map(Architecture::as_str).collect();
    if names.is_empty() { String::new() } else { format!(" on {}", names.join(", ")) }
}

impl PackageChange {
    /// Returns the architectures, in the order of their names.
    pub fn architectures(&self) -> Vec<&Architecture> {
        self.files.iter().map(|file| &file.architecture).collect()
    }

    /// Returns the bytes of all its files.
    pub fn size(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }
}
