//! What would hurt clients: the dangers of a plan.

mod clients;
mod packages;

use std::collections::BTreeSet;

use crate::debian::suite::Codename;
use crate::plan::danger::{Consent, Danger};
use crate::plan::{DistributionPlan, Note, Standing};
use crate::snapshot::Distribution;

/// A distribution before and after a plan.
#[derive(Clone, Copy)]
pub struct Change<'a> {
    /// The distribution.
    pub codename: &'a Codename,
    /// As it is published.
    pub before: &'a Distribution,
    /// As it is desired.
    pub after: &'a Distribution,
    /// The difference.
    pub plan: &'a DistributionPlan,
    /// What else is known of what is published.
    pub standing: Option<&'a Standing>,
}

/// Returns the dangers of turning one state of a distribution into another, in the order of their
/// ids, each with who has accepted it.
pub fn dangers(change: Change<'_>, consent: &Consent) -> Vec<Danger> {
    let mut dangers = clients::dangers(change, consent);
    dangers.extend(packages::dangers(change, consent));
    dangers.sort();
    dangers.into_iter().map(|danger| consent.judge(danger)).collect()
}

/// Returns a note for each line that accepts what is no danger of this plan: approvals expire.
pub fn unused(dangers: &[Danger], consent: &Consent) -> Vec<Note> {
    let used: BTreeSet<(&str, &str)> =
        dangers.iter().map(|danger| (danger.code.table(), danger.key())).collect();
    let tables = [("allow", &consent.allow), ("removed", &consent.removed)];
    let lines = tables.into_iter().flat_map(|(table, lines)| {
        lines.iter().map(move |(key, reason)| (table, key, reason.line))
    });
    lines
        .filter(|(table, key, _)| !used.contains(&(*table, key.as_str())))
        .map(|(table, key, line)| Note::Unused { table, key: key.clone(), line })
        .collect()
}
