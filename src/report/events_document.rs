//! The events of an apply as NDJSON, one object a line (`apply --json`).
//!
//! The first line says the version of the format, the last one what came of the run, also when it failed.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::report::{Delivery, Document, Event, PlanDocument};

/// A line of `apply --json`; `type` says which.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum EventDocument {
    /// The first line.
    Version {
        /// `repoman.events`.
        kind: &'static str,
        /// `1.0`; the second number grows when something is added.
        format_version: &'static str,
        /// The program: `repoman 0.1.0`.
        tool: String,
    },
    /// All package files of the sources were read.
    Read {
        /// How many.
        files: usize,
    },
    /// Published objects were read and hashed (`--deep`).
    Hashed {
        /// How many.
        objects: usize,
    },
    /// A plan was made; the last one is the one that is carried out or refused.
    Plan {
        /// As `plan --json` has it.
        plan: Box<PlanDocument>,
    },
    /// Uploads begin.
    UploadsPlanned {
        /// Package files.
        files: usize,
        /// Their bytes.
        bytes: u64,
    },
    /// A package file is in the store.
    Uploaded {
        /// Its file name.
        file: String,
        /// Its size in bytes.
        size: u64,
        /// Whether it had to be sent.
        sent: bool,
    },
    /// The index files of a distribution are in the store.
    Indexed {
        /// The distribution.
        distribution: String,
        /// The number of files.
        files: usize,
    },
    /// A new generation became visible.
    Swapped {
        /// The distribution.
        distribution: String,
        /// The generation that it replaced.
        from: Option<u64>,
        /// The new generation.
        to: u64,
    },
    /// A new generation was read back and is what was meant.
    Verified {
        /// The distribution.
        distribution: String,
        /// The generation.
        generation: u64,
    },
    /// The plan is made anew: another writer was faster, or reading was too long ago.
    Again {
        /// The distribution.
        distribution: String,
        /// `overtaken` or `outdated`.
        reason: &'static str,
    },
    /// A damaged object is again what was published.
    Restored {
        /// Its key.
        object: String,
    },
    /// Copies that had been left behind were written anew.
    Repaired {
        /// The distribution.
        distribution: String,
        /// The number of index files.
        files: usize,
    },
    /// What was given up long enough ago was deleted.
    Swept {
        /// The number of objects.
        objects: usize,
    },
    /// What was given up long enough ago could not be deleted; a later run will try again.
    NotSwept {
        /// Why.
        reason: String,
    },
    /// The last line.
    Outcome {
        /// What came of the run.
        status: ApplyStatus,
        /// The exit status.
        exit_code: u8,
        /// The generations that became visible by codename, also if the run failed later.
        generations: BTreeMap<String, u64>,
        /// What went wrong.
        errors: Vec<ErrorDocument>,
    },
}

/// What came of an apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ApplyStatus {
    /// Everything in the plan is published.
    Applied,
    /// There was nothing to do; nothing was written.
    NothingToDo,
    /// A danger is in the way of the plan.
    Blocked,
    /// The plan is not the approved one any more, or another writer kept winning.
    Conflict,
    /// It failed.
    Failed,
}

/// Something that went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ErrorDocument {
    /// Its code: `RM6020`.
    pub code: String,
    /// What went wrong.
    pub message: String,
    /// Causes and details, from the nearest to the deepest.
    pub details: Vec<String>,
    /// What to do.
    pub help: Option<String>,
}

impl Document for EventDocument {
    const NAME: &'static str = "events";
}

impl EventDocument {
    /// Returns the first line of a run of this program.
    pub fn version(tool: &str) -> Self {
        Self::Version { kind: "repoman.events", format_version: "1.0", tool: tool.to_owned() }
    }

    /// Returns the line of an event; none for those of a progress bar.
    pub fn of(event: &Event) -> Option<Self> {
        let name = ToString::to_string;
        Some(match event {
            Event::Read { done, total } if done == total => Self::Read { files: *total },
            Event::Hashed { done, total } if done == total => Self::Hashed { objects: *total },
            Event::Read { .. } | Event::Hashed { .. } => return None,
            Event::UploadsPlanned { files, bytes } => {
                Self::UploadsPlanned { files: *files, bytes: *bytes }
            }
            Event::Uploaded { file, size, delivery } => {
                let sent = *delivery == Delivery::Sent;
                Self::Uploaded { file: file.clone(), size: *size, sent }
            }
            Event::Indexed { codename, files } => {
                Self::Indexed { distribution: name(codename), files: *files }
            }
            Event::Swapped { codename, from, to } => {
                Self::Swapped { distribution: name(codename), from: *from, to: *to }
            }
            Event::Verified { codename, generation } => {
                Self::Verified { distribution: name(codename), generation: *generation }
            }
            Event::Overtaken { codename } => {
                Self::Again { distribution: name(codename), reason: "overtaken" }
            }
            Event::Outdated { codename } => {
                Self::Again { distribution: name(codename), reason: "outdated" }
            }
            Event::Restored { object } => Self::Restored { object: object.clone() },
            Event::Repaired { codename, files } => {
                Self::Repaired { distribution: name(codename), files: *files }
            }
            Event::Swept { objects } => Self::Swept { objects: *objects },
            Event::NotSwept { reason } => Self::NotSwept { reason: reason.clone() },
        })
    }
}
