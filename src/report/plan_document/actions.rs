//! The actions of a plan, as its document lists them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::debian::suite::Codename;
use crate::plan::{
    Copies, DistributionPlan, DistributionStatus, Effect, FieldChange, Indices, Origin,
    PackageChange, Plan, Reason, Repair,
};
use crate::time::Span;

/// One change; which of the optional members are there depends on `object`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct ActionDocument {
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
    pub(super) in_base: Option<bool>,
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

/// Returns all that a plan does, in its order.
pub(super) fn all_actions(plan: &Plan) -> Vec<ActionDocument> {
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
    pub(super) fn key(&self) -> (&str, &str, &str, &[String]) {
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
