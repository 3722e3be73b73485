//! From what is wanted and what is published to a plan: plain data that is printed, hashed and
//! carried out.
//!
//! Pure functions all: [`desired()`] decides what should be published, [`diff()`] what has to
//! change, `guard` what a person must know before it happens. The clock is an argument.

mod change;
mod danger;
mod deed;
mod desired;
mod diff;
mod division;
mod draft;
pub mod fate;
mod ground;
mod guard;
mod intake;
mod loss;
mod needs;
mod newest;
mod note;
pub mod offer;
mod promotion;
pub mod repair;
mod retention;
pub mod rotation;
mod strangers;
#[cfg(test)]
mod tests;
mod validity;
mod verdicts;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::debian::suite::Codename;
use crate::digest::Sha256;
use crate::fingerprint::Fingerprint;
use crate::time::Timestamp;

pub use change::{Cause, ChangedFile, Effect, FieldChange, Operation, PackageChange, Reason};
pub use danger::{Consent, Danger, DangerCode, Severity};
pub use deed::Deed;
pub use desired::{Desired, Origins, Sourcing, added, desired};
pub use diff::{diff, index_files};
pub use division::{Baseline, Division};
pub use intake::{Conflict, ConflictWith, Obstacle, Upload};
pub use loss::{Loss, Rest};
pub use note::Note;
pub use promotion::{Hold, Origin, Soaking, Withheld};
pub use repair::{Damage, Remedy, Repair};
pub use retention::Stay;
pub use rotation::Seniority;
pub use validity::{Validity, half};

/// Everything that has to change for the published repository to become the desired one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Names the plan: the digest of its base and its actions.
    pub id: Sha256,
    /// What is published of each distribution in the plan; nothing for new ones.
    pub base: BTreeMap<Codename, Base>,
    /// The changes by distribution; distributions without any have no entry.
    pub distributions: BTreeMap<Codename, DistributionPlan>,
    /// Consequences that a person has to accept first; they block the plan.
    pub dangers: Vec<Danger>,
    /// Things to know that block nothing.
    pub notes: Vec<Note>,
    /// The package files that have to be uploaded, by object key.
    pub uploads: BTreeMap<String, Upload>,
    /// What was lost or altered since it was published, sorted by key.
    pub repairs: Vec<Repair>,
}

/// The generation that a plan starts from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Base {
    /// Its number.
    pub generation: u64,
    /// The digest of its InRelease.
    pub inrelease_sha256: Sha256,
}

/// What a plan has to know of a published distribution beside its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The generation that it is at.
    pub base: Base,
    /// Whether its copies are that generation's.
    pub copies: Copies,
    /// Whether the manifest beside it has the rules that the manifest at hand has.
    pub rules: PushRules,
    /// Whether it has to be signed again before clients refuse it.
    pub validity: Validity,
    /// Since when which keys sign it.
    pub since: Seniority,
    /// The Git commit of the manifest that published it, if that is known to be later than the one
    /// at hand.
    pub later: Option<String>,
    /// When all this was so.
    pub at: Timestamp,
}

/// Whether `repoman publish` would go by the rules of the manifest at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PushRules {
    /// It would.
    #[default]
    Recorded,
    /// It would go by those of another manifest.
    Outdated {
        /// The manifest with the published rules.
        recorded: Sha256,
        /// The manifest with the desired ones.
        desired: Sha256,
    },
}

/// Whether the objects under canonical names are those of the current generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Copies {
    /// They are.
    #[default]
    Current,
    /// A run that ended early has left some behind.
    Behind,
}

/// The changes of one distribution.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DistributionPlan {
    /// Whether it is published already.
    pub status: DistributionStatus,
    /// Whether copies have to be brought up to date that an earlier run has left behind.
    pub copies: Copies,
    /// Where unchanged index files come from.
    pub indices: Indices,
    /// The published `Valid-Until`, if it is signed again because that comes near.
    pub renewal: Option<Timestamp>,
    /// What its Release file will say otherwise.
    pub fields: Vec<FieldChange>,
    /// Packages to list or unlist, by component and name.
    pub packages: Vec<PackageChange>,
    /// The number of index files that have to be written.
    pub index_files: usize,
}

/// Where the index files of a new generation come from that list what they listed before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Indices {
    /// They are taken over.
    #[default]
    TakenOver,
    /// They are made anew, since one of them is lost.
    Rebuilt,
}

/// Whether a distribution of a plan exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DistributionStatus {
    /// The plan creates it.
    New,
    /// The plan removes it: its Release lists nothing any more.
    Removed,
    /// It is published.
    #[default]
    Published,
}

/// The totals of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Summary {
    /// Distributions that the plan creates.
    pub distributions: usize,
    /// Distributions that it removes.
    pub remove_distributions: usize,
    /// Package versions to list.
    pub add: usize,
    /// Package files behind them.
    pub add_files: usize,
    /// Package versions to unlist.
    pub remove: usize,
    /// Fields of Release files to change.
    pub change: usize,
    /// Package files to upload.
    pub upload_files: usize,
    /// Their bytes.
    pub upload_bytes: u64,
    /// Index files to write.
    pub index_files: usize,
    /// Damaged objects to restore.
    pub repair: usize,
}

impl Plan {
    /// Tells whether the published repository already is the desired one.
    pub fn is_empty(&self) -> bool {
        self.distributions.is_empty() && self.repaired().next().is_none()
    }

    /// Tells whether somebody has to accept a danger first.
    pub fn is_blocked(&self) -> bool {
        self.dangers.iter().any(Danger::blocks)
    }

    /// Returns the dangers of a distribution that somebody has accepted, and why, by their ids.
    pub fn accepted_for(&self, codename: &Codename) -> BTreeMap<String, String> {
        let here = self.dangers.iter().filter(|danger| {
            danger.distribution.as_ref().is_none_or(|distribution| distribution == codename)
        });
        here.filter_map(|danger| Some((danger.id.clone(), danger.accepted.as_ref()?.text.clone())))
            .collect()
    }

    /// Returns the number of dangers that somebody has to accept first.
    pub fn blocking(&self) -> usize {
        self.dangers.iter().filter(|danger| danger.blocks()).count()
    }

    /// Tells whether everything that this plan does is in the approved one, too.
    ///
    /// What both start from may differ: another writer may have published meanwhile. What only
    /// restores what is published may always be done.
    pub fn is_within(&self, approved: &Self) -> bool {
        let known = |danger: &Danger| approved.dangers.iter().any(|known| known.id == danger.id);
        self.dangers.iter().all(known) && self.deeds().is_subset(&approved.deeds())
    }

    /// Returns the totals.
    pub fn summary(&self) -> Summary {
        let mut summary = Summary {
            upload_files: self.uploads.len(),
            upload_bytes: self.uploads.values().map(|upload| upload.size).sum(),
            repair: self.repaired().count(),
            ..Summary::default()
        };
        for distribution in self.distributions.values() {
            match distribution.status {
                DistributionStatus::New => summary.distributions += 1,
                DistributionStatus::Removed => summary.remove_distributions += 1,
                DistributionStatus::Published => summary.change += distribution.fields.len(),
            }
            summary.change += usize::from(distribution.copies == Copies::Behind);
            summary.change += usize::from(distribution.renewal.is_some());
            summary.index_files += distribution.index_files;
            for change in &distribution.packages {
                match change.operation {
                    Operation::Add => {
                        summary.add += 1;
                        summary.add_files += change.files.len();
                    }
                    Operation::Remove => summary.remove += 1,
                    Operation::Change => summary.change += 1,
                }
            }
        }
        summary
    }
}

impl DistributionPlan {
    /// Tells whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.is_unchanged() && self.copies == Copies::Current
    }

    /// Tells whether the published generation is the desired one, whatever its copies are.
    pub fn is_unchanged(&self) -> bool {
        self.status == DistributionStatus::Published
            && self.indices == Indices::TakenOver
            && self.renewal.is_none()
            && self.fields.is_empty()
            && self.packages.is_empty()
    }
}

/// Returns fingerprints as a Release field's value would show them.
fn fingerprints(keys: &[Fingerprint]) -> Option<String> {
    let list: Vec<_> = keys.iter().map(ToString::to_string).collect();
    (!list.is_empty()).then(|| list.join(" "))
}
