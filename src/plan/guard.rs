//! What would hurt clients: the dangers of a plan.
//!
//! Which changes apt refuses was read in its source and measured with its versions.

use std::collections::BTreeMap;

use crate::debian::suite::Codename;
use crate::plan::diff::identity_values;
use crate::plan::{Danger, DangerCode};
use crate::snapshot::Distribution;

/// Fields whose change makes `apt-get update` fail until an administrator confirms it.
const PINNED: [&str; 5] = ["Origin", "Label", "Codename", "NotAutomatic", "ButAutomaticUpgrades"];

const NOT_YET: &str = "accepting a danger in repo.toml comes with a later version";

/// Returns the dangers of turning one state of a distribution into another.
pub fn dangers(codename: &Codename, before: &Distribution, after: &Distribution) -> Vec<Danger> {
    let mut dangers = Vec::new();
    dangers.extend(lost_components(codename, before, after));
    dangers.extend(lost_architectures(codename, before, after));
    dangers.extend(pinned_fields(codename, before, after));
    dangers.extend(signing(codename, before, after));
    dangers.sort();
    dangers
}

fn danger(code: DangerCode, address: &str, message: String, remedy: &str) -> Danger {
    let id = format!("{}:{address}", code.as_str());
    Danger { id, code, message, remedy: format!("{remedy}; {NOT_YET}") }
}

fn lost_components<'a>(
    codename: &'a Codename,
    before: &'a Distribution,
    after: &'a Distribution,
) -> impl Iterator<Item = Danger> + 'a {
    let lost = before.component_order.iter();
    lost.filter(|component| !after.components.contains_key(*component)).map(move |component| {
        danger(
            DangerCode::ComponentRemoved,
            &format!("{codename}/{component}"),
            format!("clients with component `{component}` lose its packages"),
            &format!("put \"{component}\" back into `components` of distribution.{codename}"),
        )
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
            danger(
                DangerCode::ArchRemoved,
                &format!("{codename}/*/{architecture}"),
                format!("{architecture} clients lose all packages of {codename}"),
                &format!(
                    "put \"{architecture}\" back into `architectures` of distribution.{codename}"
                ),
            )
        },
    )
}

fn pinned_fields<'a>(
    codename: &'a Codename,
    before: &'a Distribution,
    after: &'a Distribution,
) -> impl Iterator<Item = Danger> + 'a {
    let old: BTreeMap<_, _> = identity_values(&before.identity).into_iter().collect();
    let new = identity_values(&after.identity).into_iter();
    new.filter(|(field, _)| PINNED.contains(field))
        .filter(move |(field, value)| old.get(field) != Some(value))
        .map(move |(field, _)| {
            danger(
                DangerCode::ReleaseField,
                &format!("{codename}.{}", field.to_lowercase()),
                "apt-get update fails on every client until an administrator confirms".to_owned(),
                &format!("put the published {field} back"),
            )
        })
}

fn signing(codename: &Codename, before: &Distribution, after: &Distribution) -> Vec<Danger> {
    if before.signed_by.is_empty() && after.signed_by.is_empty() {
        return Vec::new();
    }
    if before.signed_by.is_empty() {
        let message = "what nobody vouched for so far would be signed as it is".to_owned();
        let remedy = "publish to an empty prefix, signed from the start";
        return vec![danger(DangerCode::SigningOn, codename.as_str(), message, remedy)];
    }
    if after.signed_by.is_empty() {
        let message = "every client refuses the repository".to_owned();
        let remedy = "name the signing keys in [signing] keys";
        return vec![danger(DangerCode::SigningOff, codename.as_str(), message, remedy)];
    }
    if before.signed_by.iter().any(|key| after.signed_by.contains(key)) {
        return Vec::new();
    }
    let message = "no key that clients know signs any more".to_owned();
    let remedy = "sign with the published key and its successor together";
    vec![danger(DangerCode::KeyDropped, codename.as_str(), message, remedy)]
}
