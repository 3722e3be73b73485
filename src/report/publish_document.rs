//! A publish as a JSON document, for other programs (`publish --json`).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::debian::suite::Codename;
use crate::report::{Document, ErrorDocument, PlanDocument};

/// What came of a publish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PublishStatus {
    /// Everything in the plan is published.
    Published,
    /// Everything was published before; nothing was written.
    NothingToDo,
    /// A danger is in the way of the plan.
    Blocked,
    /// On what another writer published, the plan became this one, which nobody approved.
    Changed,
    /// Other writers kept winning until the time was over.
    Overtaken,
    /// Other manifests were applied again and again until the time was over.
    Superseded,
    /// It failed.
    Failed,
}

/// `publish --json`: kind `repoman.publish`, format 1.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PublishDocument {
    kind: &'static str,
    format_version: &'static str,
    /// The last plan that was made, as `plan --json` has it; none where it ended for another reason.
    plan: Option<PlanDocument>,
    outcome: OutcomeDocument,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct OutcomeDocument {
    status: PublishStatus,
    /// The new generations by codename, also of what was published before another plan was made.
    generations: BTreeMap<String, u64>,
    /// What went wrong, where there is no plan that says it.
    errors: Vec<ErrorDocument>,
}

impl PublishDocument {
    /// Returns the document of a plan, what came of it, and the generations that were published.
    pub fn new(
        plan: PlanDocument,
        status: PublishStatus,
        published: impl IntoIterator<Item = (Codename, u64)>,
    ) -> Self {
        Self { plan: Some(plan), ..Self::failed(status, Vec::new(), published) }
    }

    /// Returns the document of a run that ended with errors, and the generations that were published
    /// before.
    pub fn failed(
        status: PublishStatus,
        errors: Vec<ErrorDocument>,
        published: impl IntoIterator<Item = (Codename, u64)>,
    ) -> Self {
        let published = published.into_iter();
        let generations = published.map(|(name, number)| (name.to_string(), number)).collect();
        Self {
            kind: "repoman.publish",
            format_version: "1.0",
            plan: None,
            outcome: OutcomeDocument { status, generations, errors },
        }
    }
}

impl Document for PublishDocument {
    const NAME: &'static str = "publish";
}
