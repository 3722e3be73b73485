//! The plan as a JSON document, for other programs (`plan --json`).

mod actions;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::digest::Sha256;
use crate::plan::{Baseline, Danger, Note, Plan, Summary};
use crate::report::Document;

use actions::{ActionDocument, all_actions};

/// What a plan was made from; the plan itself does not know it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PlanContext {
    /// The program: `repoman 0.1.0`.
    pub tool: String,
    /// The repository's name.
    pub repository: String,
    /// The manifest.
    pub manifest: ManifestContext,
    /// The store's URL.
    pub store: String,
    /// The sources of the run.
    pub sources: Vec<SourceContext>,
}

/// The manifest that a plan was made from.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ManifestContext {
    /// Its path as it was given or found.
    pub path: String,
    /// The SHA-256 of its text, in hexadecimal.
    pub sha256: String,
    /// The Git commit that it is from, where one is known.
    pub git_commit: Option<String>,
    /// The environment of the manifest that was chosen, if it has any.
    pub env: Option<String>,
}

/// A source of a run.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SourceContext {
    /// Its name.
    pub name: String,
    /// Whether it was there.
    pub present: bool,
    /// The number of package files that it offers.
    pub files: usize,
    /// Where it was looked for, if it was not there.
    pub place: Option<String>,
    /// The pattern that took the place of its `path` in this run (`--input`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
}

/// `plan --json`: kind `repoman.plan`, format 1.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PlanDocument {
    kind: &'static str,
    format_version: &'static str,
    /// The digest of what the plan starts from and does.
    id: String,
    /// The repository's name.
    repository: String,
    tool: String,
    /// `empty`, `ready` or `blocked`.
    status: &'static str,
    manifest: ManifestContext,
    base: BaseDocument,
    sources: Vec<SourceContext>,
    summary: SummaryDocument,
    actions: Vec<ActionDocument>,
    dangers: Vec<DangerDocument>,
    /// Things to know that block nothing.
    diagnostics: Vec<DiagnosticDocument>,
    /// What the plan was held against (`plan --base`).
    #[serde(skip_serializing_if = "Option::is_none")]
    compared: Option<ComparedDocument>,
}

/// What another manifest would do, on what is published and at the same time.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct ComparedDocument {
    /// The Git commit or file, as it was given.
    base: String,
    /// The SHA-256 of its text, in hexadecimal; none if there was no manifest.
    manifest_sha256: Option<String>,
    /// What would happen by it, and does not by this plan.
    prevented: Vec<PreventedDocument>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct PreventedDocument {
    /// `add`, `remove` or `change`.
    op: &'static str,
    /// `dist[/component/architecture/package@version]`, or `dist.field`.
    address: String,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct BaseDocument {
    store: String,
    /// By codename; distributions that are not published have no entry.
    distributions: BTreeMap<String, GenerationDocument>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct GenerationDocument {
    generation: u64,
    inrelease_sha256: String,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct SummaryDocument {
    distributions: usize,
    remove_distributions: usize,
    add: usize,
    add_files: usize,
    remove: usize,
    change: usize,
    upload_files: usize,
    upload_bytes: u64,
    index_files: usize,
    repair: usize,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct DangerDocument {
    id: String,
    code: &'static str,
    /// `blocking` or `warning`.
    severity: &'static str,
    /// Why somebody has accepted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    acknowledged: Option<String>,
    message: String,
    /// The lines of the manifest that accept it; empty if none could.
    remedy: String,
    /// What could be done instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    instead: Option<String>,
    /// With `--base`, whether the base has it, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    in_base: Option<bool>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct DiagnosticDocument {
    /// `undeclared`, `no-packages`, `single-writer`, `unused-line`, `unknown-package`, `valid-until`,
    /// `contents-read`, `checksums-read`, `different-content`, `published-kept`, `nothing-to-promote` or `soaking`.
    code: &'static str,
    message: String,
    /// The line of the manifest, from 1, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
}

impl From<&Note> for DiagnosticDocument {
    fn from(note: &Note) -> Self {
        Self { code: note.code(), message: note.to_string(), line: note.line() }
    }
}

impl PlanDocument {
    /// Returns the document of a plan.
    pub fn new(plan: &Plan, context: PlanContext) -> Self {
        let generation = |base: &crate::plan::Base| GenerationDocument {
            generation: base.generation,
            inrelease_sha256: base.inrelease_sha256.to_string(),
        };
        let bases = plan.base.iter();
        Self {
            kind: "repoman.plan",
            format_version: "1.0",
            id: plan.id.to_string(),
            repository: context.repository,
            tool: context.tool,
            status: plan_status(plan),
            manifest: context.manifest,
            base: BaseDocument {
                store: context.store,
                distributions: bases
                    .map(|(name, base)| (name.to_string(), generation(base)))
                    .collect(),
            },
            sources: context.sources,
            summary: plan.summary().into(),
            actions: all_actions(plan),
            dangers: plan.dangers.iter().map(DangerDocument::from).collect(),
            diagnostics: plan.notes.iter().map(DiagnosticDocument::from).collect(),
            compared: None,
        }
    }

    /// Says of everything in the plan whether it would happen by a base, too.
    #[must_use]
    pub fn against(
        mut self,
        name: &str,
        sha256: Option<&Sha256>,
        plan: &Plan,
        baseline: &Baseline,
    ) -> Self {
        let caused = all_actions(&baseline.divide(plan).caused);
        let caused: BTreeSet<_> = caused.iter().map(ActionDocument::key).collect();
        for action in &mut self.actions {
            action.in_base = Some(!caused.contains(&action.key()));
        }
        for danger in &mut self.dangers {
            danger.in_base = Some(baseline.has_danger(&danger.id));
        }
        let prevented = baseline.prevented(plan).into_iter();
        let prevented = prevented
            .map(|deed| PreventedDocument { op: deed.operation.as_str(), address: deed.address });
        self.compared = Some(ComparedDocument {
            base: name.to_owned(),
            manifest_sha256: sha256.map(Sha256::to_string),
            prevented: prevented.collect(),
        });
        self
    }
}

impl Document for PlanDocument {
    const NAME: &'static str = "plan";
}

/// Returns `empty`, `ready` or `blocked`.
pub fn plan_status(plan: &Plan) -> &'static str {
    match (plan.is_blocked(), plan.is_empty()) {
        (true, _) => "blocked",
        (false, true) => "empty",
        (false, false) => "ready",
    }
}

impl From<&Danger> for DangerDocument {
    fn from(danger: &Danger) -> Self {
        Self {
            id: danger.id.clone(),
            code: danger.code.as_str(),
            severity: danger.severity.as_str(),
            acknowledged: danger.accepted.as_ref().map(|cause| cause.text.clone()),
            message: danger.message.clone(),
            remedy: match danger.code.is_acceptable() {
                true => format!("[{}]\n\"{}\" = \"why\"\n", danger.code.table(), danger.key()),
                false => String::new(),
            },
            instead: danger.instead.clone(),
            in_base: None,
        }
    }
}

impl From<Summary> for SummaryDocument {
    fn from(summary: Summary) -> Self {
        Self {
            distributions: summary.distributions,
            remove_distributions: summary.remove_distributions,
            add: summary.add,
            add_files: summary.add_files,
            remove: summary.remove,
            change: summary.change,
            upload_files: summary.upload_files,
            upload_bytes: summary.upload_bytes,
            index_files: summary.index_files,
            repair: summary.repair,
        }
    }
}
