//! A publish as a JSON document, for other programs (`publish --json`).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::debian::suite::Codename;
use crate::report::{Document, PlanDocument};

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
}

/// `publish --json`: kind `repoman.publish`, format 1.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PublishDocument {
    kind: &'static str,
    format_version: &'static str,
    /// The last plan that was made, as `plan --json` has it.
    plan: PlanDocument,
    outcome: OutcomeDocument,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct OutcomeDocument {
    status: PublishStatus,
    /// The new generations by codename, also of what was published before another plan was made.
    generations: BTreeMap<String, u64>,
}

impl PublishDocument {
    /// Returns the document of a plan, what came of it, and the generations that were published.
    pub fn new(
        plan: PlanDocument,
        status: PublishStatus,
        published: impl IntoIterator<Item = (Codename, u64)>,
    ) -> Self {
        let published = published.into_iter();
        Self {
            kind: "repoman.publish",
            format_version: "1.0",
            plan,
            outcome: OutcomeDocument {
                status,
                generations: published.map(|(name, number)| (name.to_string(), number)).collect(),
            },
        }
    }
}

impl Document for PublishDocument {
    const NAME: &'static str = "publish";
}
