//! The plan as a JSON document, for other programs (`plan --json`).

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::debian::suite::Codename;
use crate::digest::Sha256;
use crate::plan::{
    Baseline, Copies, Danger, DistributionPlan, DistributionStatus, Effect, FieldChange, Indices,
    Note, Origin, PackageChange, Plan, Reason, Repair, Summary,
};
use crate::report::Document;
use crate::time::Span;

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

/// One change; which of the optional members are there depends on `object`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct ActionDocument {
    /// `add`, `remove` or `change`.
    op: &'static str,
    /// `distribution`, `copies` (under canonical names, left behind), `indices` (made anew),
    /// `validity` (signed again; `before` is its `Valid-Until`), `field`, `package`, or `damage` (to a published object: `before` is `missing` or `altered`, `after`
    /// what makes up for it: `copy`, `compression`, `generation`, `file`, `anew` or `none`).
    object: &'static str,
    /// `dist[/component[/*/package@version]]`, or `dist.field`, or the key of a damaged object.
    address: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    package: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    architectures: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<ReasonDocument>,
    /// Where it is promoted from, by the source's name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    promoted: BTreeMap<String, OriginDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    effect: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    files: Vec<FileDocument>,
    /// With `--base`, whether the base does it, too: then it is not caused by the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    in_base: Option<bool>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct ReasonDocument {
    /// `offered`, `no-longer-offered`, `source-empty` (all of its sources are), `undeclared`, `yanked`,
    /// `unkept` (by retention) or `rollback`.
    code: &'static str,
    /// The sources that it is about.
    source: Vec<String>,
    /// What the manifest says: the reason of a yank, or the table of a policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// The line of the manifest, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct OriginDocument {
    /// The component that lists it: `dist/component`.
    from: String,
    /// For how many seconds it has been there, if the source asks for a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    soaked: Option<u64>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct FileDocument {
    architecture: String,
    key: String,
    size: u64,
    sha256: String,
    /// Whether the file has to be uploaded.
    upload: bool,
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
    /// `contents-read`, `different-content`, `published-kept`, `nothing-to-promote` or `soaking`.
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

fn all_actions(plan: &Plan) -> Vec<ActionDocument> {
    let distributions = plan.distributions.iter();
    let actions =
        distributions.flat_map(|(codename, distribution)| actions(plan, codename, distribution));
    actions.chain(plan.repairs.iter().map(damage_action)).collect()
}

fn actions(
    plan: &Plan,
    codename: &Codename,
    distribution: &DistributionPlan,
) -> Vec<ActionDocument> {
    let mut actions = Vec::new();
    match distribution.status {
        DistributionStatus::New => {
            actions.push(ActionDocument::new("add", "distribution", codename.to_string()));
        }
        DistributionStatus::Removed => {
            actions.push(ActionDocument::new("remove", "distribution", codename.to_string()));
        }
        DistributionStatus::Published => {}
    }
    if distribution.copies == Copies::Behind {
        actions.push(ActionDocument::new("change", "copies", codename.to_string()));
    }
    if distribution.indices == Indices::Rebuilt {
        actions.push(ActionDocument::new("change", "indices", codename.to_string()));
    }
    actions.extend(distribution.renewal.map(|until| ActionDocument {
        before: Some(until.to_string()),
        ..ActionDocument::new("change", "validity", codename.to_string())
    }));
    actions.extend(distribution.fields.iter().map(|change| field_action(codename, change)));
    let packages = distribution.packages.iter();
    actions.extend(packages.map(|change| package_action(plan, codename, change)));
    actions
}

fn damage_action(repair: &Repair) -> ActionDocument {
    ActionDocument {
        before: Some(repair.damage.as_str().to_owned()),
        after: Some(repair.remedy.as_str().to_owned()),
        ..ActionDocument::new("change", "damage", repair.key.clone())
    }
}

fn field_action(codename: &Codename, change: &FieldChange) -> ActionDocument {
    ActionDocument {
        before: change.before.clone(),
        after: change.after.clone(),
        ..ActionDocument::new(change.operation().as_str(), "field", change.address(codename))
    }
}

fn package_action(plan: &Plan, codename: &Codename, change: &PackageChange) -> ActionDocument {
    let address = format!("{codename}/{}/*/{}@{}", change.component, change.name, change.version);
    let files = change.files.iter().map(|file| FileDocument {
        architecture: file.architecture.to_string(),
        key: file.key.clone(),
        size: file.size,
        sha256: file.sha256.to_string(),
        upload: plan.uploads.contains_key(&file.key),
    });
    ActionDocument {
        package: Some(change.name.to_string()),
        version: Some(change.version.to_string()),
        architectures: change.architectures().into_iter().map(ToString::to_string).collect(),
        reason: Some(ReasonDocument::from(&change.reason)),
        promoted: change
            .origins
            .iter()
            .map(|(name, origin)| (name.clone(), origin.into()))
            .collect(),
        effect: change.effect.as_ref().map(Effect::to_string),
        files: files.collect(),
        ..ActionDocument::new(change.operation.as_str(), "package", address)
    }
}

impl ActionDocument {
    /// Returns what tells the actions of a plan apart.
    fn key(&self) -> (&str, &str, &str, &[String]) {
        (self.op, self.object, &self.address, &self.architectures)
    }

    fn new(op: &'static str, object: &'static str, address: String) -> Self {
        Self {
            op,
            object,
            address,
            package: None,
            version: None,
            architectures: Vec::new(),
            reason: None,
            promoted: BTreeMap::new(),
            effect: None,
            before: None,
            after: None,
            files: Vec::new(),
            in_base: None,
        }
    }
}

impl From<&Reason> for ReasonDocument {
    fn from(reason: &Reason) -> Self {
        let none = Vec::new;
        let (code, source, cause) = match reason {
            Reason::Offered(sources) => ("offered", sources.clone(), None),
            Reason::NoLongerOffered(sources) => ("no-longer-offered", sources.clone(), None),
            Reason::Emptied(sources) => ("source-empty", sources.clone(), None),
            Reason::Undeclared => ("undeclared", none(), None),
            Reason::Yanked(cause) => ("yanked", none(), Some(cause)),
            Reason::Unkept(cause) => ("unkept", none(), Some(cause)),
            Reason::Rollback(_) => ("rollback", none(), None),
        };
        let (text, line) = (cause.map(|cause| cause.text.clone()), cause.map(|cause| cause.line));
        Self { code, source, text, line }
    }
}

impl From<&Origin> for OriginDocument {
    fn from(origin: &Origin) -> Self {
        let Origin { from, soaked } = origin;
        Self { from: from.to_string(), soaked: soaked.map(Span::as_seconds) }
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
