//! Objects that nothing needs, as values and as a JSON document (`gc --json`).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::debian::suite::Codename;
use crate::report::Document;
use crate::time::Timestamp;

/// What `gc` has found in a store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Leftovers {
    /// What is to be deleted now, by key.
    pub due: Vec<Leftover>,
    /// What is given up and stays for now, by key, with the time until which it does.
    pub waiting: Vec<(Leftover, Timestamp)>,
    /// What nothing names, by the distribution that is to give it up; nothing if nobody asked.
    pub orphans: BTreeMap<Codename, Vec<Leftover>>,
}

/// An object that no generation needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Leftover {
    /// Its key.
    pub key: String,
    /// Its size in bytes.
    pub size: u64,
    /// What it is.
    pub kind: LeftoverKind,
}

/// What an object was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LeftoverKind {
    /// A package file.
    Package,
    /// An index file, by hash or under its canonical name.
    Index,
    /// The record, the state or the signature of a generation, or what a trial left behind.
    Record,
}

impl LeftoverKind {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Package, Self::Index, Self::Record];

    /// Returns what an object under this key is for.
    pub fn of(key: &str) -> Self {
        if key.ends_with(".deb") {
            Self::Package
        } else if key.starts_with("dists/") && !key.contains("/repoman/") {
            Self::Index
        } else {
            Self::Record
        }
    }
}

impl Leftovers {
    /// Tells whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.due.is_empty() && self.orphans.is_empty()
    }

    /// Returns when the next object may be deleted that has to stay for now.
    pub fn next(&self) -> Option<Timestamp> {
        self.waiting.iter().map(|(_, until)| *until).min()
    }
}

/// `gc --json`: kind `repoman.gc`, format 1.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct GcDocument {
    kind: &'static str,
    format_version: &'static str,
    tool: String,
    store: String,
    /// `empty`: there was nothing to do; `pending`: nobody has agreed to it; `done`.
    status: &'static str,
    /// What is to be deleted, or was.
    due: Vec<Leftover>,
    /// What is given up and stays for now.
    waiting: WaitingDocument,
    /// What nothing names, by the codename of the distribution that is to give it up, or did.
    orphans: BTreeMap<String, Vec<Leftover>>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct WaitingDocument {
    objects: usize,
    bytes: u64,
    /// When the first of them may be deleted, as RFC 3339.
    next: Option<String>,
}

/// How far a run of `gc` went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GcStatus {
    /// Nothing was deleted.
    Pending,
    /// Everything was done.
    Done,
}

impl GcDocument {
    /// Returns the document of what was found.
    pub fn new(found: &Leftovers, status: GcStatus, tool: &str, store: &str) -> Self {
        let orphans = found.orphans.iter();
        Self {
            kind: "repoman.gc",
            format_version: "1.0",
            tool: tool.to_owned(),
            store: store.to_owned(),
            status: match status {
                _ if found.is_empty() => "empty",
                GcStatus::Pending => "pending",
                GcStatus::Done => "done",
            },
            due: found.due.clone(),
            waiting: WaitingDocument {
                objects: found.waiting.len(),
                bytes: found.waiting.iter().map(|(object, _)| object.size).sum(),
                next: found.next().map(|at| at.to_string()),
            },
            orphans: orphans.map(|(name, objects)| (name.to_string(), objects.clone())).collect(),
        }
    }
}

impl Document for GcDocument {
    const NAME: &'static str = "gc";
}
