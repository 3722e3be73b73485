//! What clients of a distribution trip over, whatever packages they have.
//!
//! Which changes apt refuses was read in its source and measured with its versions.

use std::collections::BTreeMap;

use crate::debian::suite::Codename;
use crate::fingerprint::Fingerprint;
use crate::plan::danger::{Consent, Danger, DangerCode, Severity};
use crate::plan::diff::identity_values;
use crate::plan::guard::Change;
use crate::plan::{DistributionStatus, rotation};
use crate::snapshot::Distribution;
use crate::time::{Span, day};

/// Fields whose change makes `apt-get update` fail until an administrator confirms it.
const PINNED: [&str; 5] = ["Origin", "Label", "Codename", "NotAutomatic", "ButAutomaticUpgrades"];

/// Fields whose change apt mentions, and that pins of clients may name.
const NOTED: [&str; 2] = ["Suite", "Version"];

/// Returns the dangers of what a plan does to a distribution as a whole.
pub fn dangers(change: Change<'_>, consent: &Consent) -> Vec<Danger> {
    let Change { codename, before, after, .. } = change;
    if change.plan.status == DistributionStatus::Removed {
        return vec![removed(codename)];
    }
    let mut dangers = Vec::new();
    dangers.extend(lost_components(codename, before, after));
    dangers.extend(lost_architectures(codename, before, after));
    dangers.extend(fields(codename, before, after));
    dangers.extend(signing(codename, before, after));
    // Nobody relies on what is removed.
    if !before.is_removed() {
        dangers.extend(dropped_keys(change, consent.overlap));
    }
    dangers
}

fn removed(codename: &Codename) -> Danger {
    let message = format!(
        "clients with `Suites: {codename}` lose all of its packages, and apt-get update warns them"
    );
    let danger = Danger::new(DangerCode::DistRemoved, codename, codename.as_str(), message);
    danger.instead(format!("put [distribution.{codename}] back"))
}

fn lost_components<'a>(
    codename: &'a Codename,
    before: &'a Distribution,
    after: &'a Distribution,
) -> impl Iterator<Item = Danger> + 'a {
    let lost = before.component_order.iter();
    lost.filter(|component| !after.components.contains_key(*component)).map(move |component| {
        let address = format!("{codename}/{component}");
        let message = format!("clients with component `{component}` lose its packages");
        Danger::new(DangerCode::ComponentRemoved, codename, &address, message).instead(format!(
            "put \"{component}\" back into `components` of distribution.{codename}"
        ))
    })
}

fn lost_architectures<'a>(
    codename: &'a Codename,
    before: &'a Distribution,
    after: &'a Distribution,
) -> impl Iterator<Item = Danger> + 'a {
    let lost = before.architectures.iter();
    lost.filter(|architecture| !after.architectures.contains(architecture)).map(
        move |architecture| {
            let address = format!("{codename}/*/{architecture}");
            let message = format!("{architecture} clients lose all packages of {codename}");
            Danger::new(DangerCode::ArchRemoved, codename, &address, message).instead(format!(
                "put \"{architecture}\" back into `architectures` of distribution.{codename}"
            ))
        },
    )
}

fn fields<'a>(
    codename: &'a Codename,
    before: &'a Distribution,
    after: &'a Distribution,
) -> impl Iterator<Item = Danger> + 'a {
    let old: BTreeMap<_, _> = identity_values(&before.identity).into_iter().collect();
    let new = identity_values(&after.identity).into_iter();
    let changed = new.filter(move |(field, value)| old.get(field) != Some(value));
    changed.filter_map(move |(field, _)| {
        let (severity, message) = if PINNED.contains(&field) {
            let message = "apt-get update fails on every client until an administrator confirms";
            (Severity::Blocking, message)
        } else if NOTED.contains(&field) {
            (Severity::Warning, "clients that name the old value in their sources or pins lose it")
        } else {
            return None;
        };
        let address = format!("{codename}.{}", field.to_lowercase());
        let danger = Danger::new(DangerCode::ReleaseField, codename, &address, message.to_owned());
        let danger = danger.instead(format!("put the published {field} back"));
        Some(Danger { severity, ..danger })
    })
}

fn signing(codename: &Codename, before: &Distribution, after: &Distribution) -> Vec<Danger> {
    if before.signed_by.is_empty() && after.signed_by.is_empty() {
        return Vec::new();
    }
    if before.signed_by.is_empty() {
        let message = "what nobody vouched for so far would be signed as it is".to_owned();
        let remedy = "publish to an empty prefix, signed from the start";
        return vec![danger(DangerCode::SigningOn, codename, message, remedy)];
    }
    if after.signed_by.is_empty() {
        let message = "every client refuses the repository".to_owned();
        let remedy = "name the signing keys in [signing] keys, or publish to an empty prefix";
        return vec![danger(DangerCode::SigningOff, codename, message, remedy)];
    }
    Vec::new()
}

/// Returns a danger for each key that leaves before one that stays has signed beside it for so long:
/// clients that were set up with the old key alone have had no time to get the other.
fn dropped_keys(change: Change<'_>, overlap: Span) -> Vec<Danger> {
    let Change { codename, before, after, standing, .. } = change;
    if after.signed_by.is_empty() {
        return Vec::new();
    }
    let stays = |key: &&Fingerprint| after.signed_by.contains(key);
    let leaving = before.signed_by.iter().filter(|key| !stays(key));
    let successor = standing.and_then(|standing| {
        let staying = before.signed_by.iter().filter(stays);
        Some((rotation::successor(staying, &standing.since, overlap)?, standing.at))
    });
    let (message, instead) = match successor {
        Some(((_, ripe), now)) if ripe <= now => return Vec::new(),
        Some(((key, ripe), _)) => (
            format!("clients that don't have {} yet refuse the distribution", key.short()),
            format!(
                "let both sign until {}, when {} will have signed for {overlap}",
                day(ripe),
                key.short()
            ),
        ),
        None => (
            "no key that clients know signs any more".to_owned(),
            format!("sign with it and its successor together for {overlap}"),
        ),
    };
    let danger = |key: &Fingerprint| {
        let (address, message) = (format!("{codename}.{key}"), message.clone());
        Danger::new(DangerCode::KeyDropped, codename, &address, message).instead(instead.clone())
    };
    leaving.map(danger).collect()
}

fn danger(code: DangerCode, codename: &Codename, message: String, instead: &str) -> Danger {
    Danger::new(code, codename, codename.as_str(), message).instead(instead)
}
