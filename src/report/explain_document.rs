//! What becomes of single versions, and why, as JSON (`explain --json`).

use schemars::JsonSchema;
use serde::Serialize;

use crate::plan::fate::{Fate, Keep, Outcome};
use crate::plan::{Cause, Reason, Stay};
use crate::report::Document;

/// `explain --json`: kind `repoman.explain`, format 1.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ExplainDocument {
    kind: &'static str,
    format_version: &'static str,
    /// By distribution, component and name, from the oldest version to the newest.
    versions: Vec<VersionDocument>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct VersionDocument {
    distribution: String,
    component: String,
    architecture: String,
    package: String,
    version: String,
    /// When it was first published there, in RFC 3339; none if it is not.
    published_at: Option<String>,
    /// `kept`, `added`, `removed`, `kept-out` (by a yank), `remembered` (removed by retention before, and
    /// not taken back), `soaking` (to be promoted) or `untouched` (its distribution is not declared).
    fate: &'static str,
    reasons: Vec<FateReason>,
    /// The ids of the dangers of the plan that are about it.
    dangers: Vec<String>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct FateReason {
    /// Of what stays: `unlimited`, `newest`, `versions`, `newer_than`, `grace`, `keep` or `needed`; of what
    /// leaves: `yanked`, `unkept`, `no-longer-offered`, `source-empty`, `undeclared` or `rollback`;
    /// of what is to be promoted: `soak`, with the source as its text.
    code: &'static str,
    /// What the manifest says: the reason of a line, or the table of a policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// The line of the manifest, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    /// Its place among the versions, from 1 for the newest.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<usize>,
    /// Until when this is a reason, in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    /// The packages that need just this version: `name version architecture`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    needed_by: Vec<String>,
}

impl ExplainDocument {
    /// Returns the document of these fates.
    pub fn new(fates: &[Fate]) -> Self {
        Self {
            kind: "repoman.explain",
            format_version: "1.0",
            versions: fates.iter().map(VersionDocument::from).collect(),
        }
    }
}

impl Document for ExplainDocument {
    const NAME: &'static str = "explain";
}

impl From<&Fate> for VersionDocument {
    fn from(fate: &Fate) -> Self {
        let (name, reasons) = match &fate.outcome {
            Outcome::Kept(keeps) => {
                let name = if fate.published_at.is_some() { "kept" } else { "added" };
                (name, keeps.iter().map(FateReason::from).collect())
            }
            Outcome::Removed(reason) => ("removed", vec![removal(reason)]),
            Outcome::KeptOut(cause) => ("kept-out", vec![FateReason::caused("yanked", cause)]),
            Outcome::Remembered => ("remembered", Vec::new()),
            Outcome::Soaking { source, until } => {
                let (text, until) = (Some(source.clone()), Some(until.to_string()));
                ("soaking", vec![FateReason { text, until, ..FateReason::new("soak") }])
            }
            Outcome::Untouched => ("untouched", Vec::new()),
        };
        Self {
            distribution: fate.codename.to_string(),
            component: fate.component.to_string(),
            architecture: fate.id.architecture.to_string(),
            package: fate.id.name.to_string(),
            version: fate.id.version.to_string(),
            published_at: fate.published_at.map(|at| at.to_string()),
            fate: name,
            reasons,
            dangers: fate.dangers.clone(),
        }
    }
}

impl FateReason {
    fn new(code: &'static str) -> Self {
        let (text, line, place, until, needed_by) = (None, None, None, None, Vec::new());
        Self { code, text, line, place, until, needed_by }
    }

    fn caused(code: &'static str, cause: &Cause) -> Self {
        let (text, line) = (Some(cause.text.clone()), Some(cause.line));
        Self { text, line, ..Self::new(code) }
    }
}

impl From<&Keep> for FateReason {
    fn from(Keep { stay, until, needed_by }: &Keep) -> Self {
        let reason = match stay {
            Stay::Unlimited => Self::new("unlimited"),
            Stay::Newest => Self::new("newest"),
            Stay::Versions { place, .. } => Self { place: Some(*place), ..Self::new("versions") },
            Stay::NewerThan(_) => Self::new("newer_than"),
            Stay::Grace(_) => Self::new("grace"),
            Stay::Line(cause) => Self::caused("keep", cause),
            Stay::Needed => Self::new("needed"),
        };
        Self {
            until: until.map(|until| until.to_string()),
            needed_by: needed_by.iter().map(ToString::to_string).collect(),
            ..reason
        }
    }
}

fn removal(reason: &Reason) -> FateReason {
    match reason {
        Reason::Yanked(cause) => FateReason::caused("yanked", cause),
        Reason::Unkept(cause) => FateReason::caused("unkept", cause),
        Reason::NoLongerOffered(sources) => {
            FateReason { text: Some(sources.join(" ")), ..FateReason::new("no-longer-offered") }
        }
        Reason::Emptied(sources) => {
            FateReason { text: Some(sources.join(" ")), ..FateReason::new("source-empty") }
        }
        Reason::Undeclared => FateReason::new("undeclared"),
        Reason::Rollback(_) => FateReason::new("rollback"),
        Reason::Offered(sources) => {
            FateReason { text: Some(sources.join(" ")), ..FateReason::new("offered") }
        }
    }
}
