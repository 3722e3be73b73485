//! What would hurt clients: the dangers of a plan.

mod clients;
mod packages;
mod sources;

use std::collections::BTreeSet;

use crate::debian::suite::Codename;
use crate::plan::danger::{Consent, Danger, DangerCode};
use crate::plan::{DistributionPlan, Loss, Note, Standing};
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

/// Returns the danger of going back to an older manifest, if some distribution was published by a
/// later one.
///
/// That is what the second run of an old job would do: it takes back whatever came since.
pub fn older<'a>(
    standings: impl IntoIterator<Item = &'a Standing>,
    consent: &Consent,
) -> Option<Danger> {
    let commit = standings.into_iter().find_map(|standing| standing.later.as_deref())?;
    let commit: String = commit.chars().take(12).collect();
    let message = format!(
        "what is published comes from commit {commit}, which is later than this manifest's"
    );
    let danger = Danger::overall(DangerCode::OlderManifest, &commit, message);
    let instead = "apply the latest commit; to go back, revert by a new one";
    Some(consent.judge(danger.instead(instead)))
}

/// Returns the dangers of what sources have lost, each with who has accepted it.
pub fn losses(losses: &[Loss], consent: &Consent) -> impl Iterator<Item = Danger> {
    sources::dangers(losses, consent.limits).map(|danger| consent.judge(danger))
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
