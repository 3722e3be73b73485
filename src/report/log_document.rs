//! The generations of a repository, as values and as a JSON document (`log --json`).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::debian::suite::Codename;
use crate::digest::Sha256;
use crate::report::Document;
use crate::time::Timestamp;

/// One generation of a distribution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GenerationRecord {
    /// Its number.
    pub generation: u64,
    /// The `Date:` of its Release file.
    pub date: Timestamp,
    /// What published it.
    pub tool: String,
    /// The digest of the manifest that was applied.
    pub manifest_sha256: Sha256,
    /// The Git commit of the manifest, where it is known.
    pub git_commit: Option<String>,
    /// The id of the plan that was carried out.
    pub plan: Option<Sha256>,
    /// The dangers that somebody accepted for it, and why, by their ids.
    pub allowed: BTreeMap<String, String>,
    /// The generation whose content it brought back, if it did.
    pub rollback_of: Option<u64>,
    /// Whether it is what stays of a distribution that was removed.
    pub is_removed: bool,
    /// The number of package files that it lists.
    pub packages: usize,
    /// What it changed.
    pub change: GenerationChange,
}

/// What a generation changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GenerationChange {
    /// It is the first one.
    First,
    /// The record of the one before is not kept.
    Unknown,
    /// These package files, each as `component: name version architecture`; none if it changed
    /// something else.
    Packages {
        /// Got listed.
        added: Vec<String>,
        /// Were unlisted.
        removed: Vec<String>,
        /// Got another content.
        replaced: Vec<String>,
    },
}

/// `log --json`: kind `repoman.log`, format 1.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LogDocument {
    kind: &'static str,
    format_version: &'static str,
    /// By codename; each newest first.
    distributions: BTreeMap<String, Vec<GenerationDocument>>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct GenerationDocument {
    generation: u64,
    /// RFC 3339.
    date: String,
    tool: String,
    manifest_sha256: String,
    git_commit: Option<String>,
    plan: Option<String>,
    /// The dangers that somebody accepted for it, and why, by their ids.
    allowed: BTreeMap<String, String>,
    /// The generation whose content it brought back, if it did.
    rollback_of: Option<u64>,
    /// Whether it is what stays of a distribution that was removed.
    distribution_removed: bool,
    packages: usize,
    /// `first`, `unknown` (the generation before is not kept) or `packages`.
    change: &'static str,
    added: Vec<String>,
    removed: Vec<String>,
    /// What got another content under the same version.
    replaced: Vec<String>,
}

impl LogDocument {
    /// Returns the document of generations by codename.
    pub fn new(logs: &BTreeMap<Codename, Vec<GenerationRecord>>) -> Self {
        let records = |records: &[GenerationRecord]| records.iter().map(document).collect();
        let logs = logs.iter();
        Self {
            kind: "repoman.log",
            format_version: "1.0",
            distributions: logs.map(|(name, log)| (name.to_string(), records(log))).collect(),
        }
    }
}

impl Document for LogDocument {
    const NAME: &'static str = "log";
}

fn document(record: &GenerationRecord) -> GenerationDocument {
    let nothing = || [Vec::new(), Vec::new(), Vec::new()];
    let (change, [added, removed, replaced]) = match &record.change {
        GenerationChange::First => ("first", nothing()),
        GenerationChange::Unknown => ("unknown", nothing()),
        GenerationChange::Packages { added, removed, replaced } => {
            ("packages", [added, removed, replaced].map(Vec::clone))
        }
    };
    GenerationDocument {
        generation: record.generation,
        date: record.date.to_string(),
        tool: record.tool.clone(),
        manifest_sha256: record.manifest_sha256.to_string(),
        git_commit: record.git_commit.clone(),
        plan: record.plan.map(|plan| plan.to_string()),
        allowed: record.allowed.clone(),
        rollback_of: record.rollback_of,
        distribution_removed: record.is_removed,
        packages: record.packages,
        change,
        added,
        removed,
        replaced,
    }
}
