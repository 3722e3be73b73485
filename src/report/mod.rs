//! What happened and what would happen, as values: the events of a run and its documents.
//!
//! Nothing here prints; `cli` turns these values into bars, lines, JSON or prose.

mod approved;
mod document;
mod drift_document;
mod events_document;
mod explain_document;
mod explanation;
mod gc_document;
mod keys_document;
mod log_document;
mod plan_document;
mod publish_document;
mod query_document;

use crate::debian::suite::Codename;

pub use approved::{Approved, ApprovedError, Bound, Excess, Mandate};
pub use document::Document;
pub use drift_document::{Drift, DriftDocument, DriftItem, DriftKind, Seen, Severity};
pub use events_document::{ApplyStatus, ErrorDocument, EventDocument};
pub use explain_document::ExplainDocument;
pub use explanation::{Explanation, explanations};
pub use gc_document::{GcDocument, GcStatus, Leftover, LeftoverKind, Leftovers};
pub use keys_document::{KeyRecord, KeysDocument, Leave, PublicRecord};
pub use log_document::{GenerationChange, GenerationRecord, LogDocument};
pub use plan_document::{ManifestContext, PlanContext, PlanDocument, SourceContext, plan_status};
pub use publish_document::{PublishDocument, PublishStatus};
pub use query_document::{QueryDocument, write_lines};

/// A step of a run, told when it is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A package file was read.
    Read {
        /// Files read so far.
        done: usize,
        /// Files to read.
        total: usize,
    },
    /// An object of the store was read and hashed.
    Hashed {
        /// Objects hashed so far.
        done: usize,
        /// Objects to hash.
        total: usize,
    },
    /// Uploads begin.
    UploadsPlanned {
        /// Package files to upload.
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
        delivery: Delivery,
    },
    /// The index files of a distribution are in the store.
    Indexed {
        /// The distribution.
        codename: Codename,
        /// The number of files.
        files: usize,
    },
    /// A new generation became visible.
    Swapped {
        /// The distribution.
        codename: Codename,
        /// The generation that it replaced.
        from: Option<u64>,
        /// The new generation.
        to: u64,
    },
    /// Another writer published meanwhile; the plan is made anew.
    Overtaken {
        /// The distribution.
        codename: Codename,
    },
    /// A damaged object is again what was published.
    Restored {
        /// Its key.
        object: String,
    },
    /// It took too long since the store was read; the plan is made anew.
    Outdated {
        /// The distribution.
        codename: Codename,
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
    /// The copies of a generation were written anew.
    Repaired {
        /// The distribution.
        codename: Codename,
        /// The number of index files.
        files: usize,
    },
    /// A new generation was read back and is what was meant.
    Verified {
        /// The distribution.
        codename: Codename,
        /// The generation.
        generation: u64,
    },
}

/// How a package file got into the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// It was sent.
    Sent,
    /// The same bytes were there already.
    AlreadyThere,
}

/// Whoever wants to know how a run goes on.
pub trait Observe: Send + Sync {
    /// Takes note of an event; called from any thread.
    fn event(&self, event: &Event);
}
