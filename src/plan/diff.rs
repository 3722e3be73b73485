//! The difference between two snapshots, as a plan.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::apt::release::{Identity, Pin};
use crate::debian::name::PackageName;
use crate::debian::suite::{Codename, Component};
use crate::debian::version::Version;
use crate::digest::Sha256;
use crate::plan::desired::{Desired, Origins};
use crate::plan::draft::Removals;
use crate::plan::intake::Upload;
use crate::plan::newest::Newest;
use crate::plan::{
    Base, ChangedFile, Copies, DistributionPlan, DistributionStatus, FieldChange, Indices, Loss,
    Note, Operation, PackageChange, Plan, PushRules, Reason, Rest, Standing, Validity,
    fingerprints, guard, intake,
};
use crate::snapshot::{Difference, Distribution, Package, PackageId, Packages, Snapshot};
use crate::time::{Span, Timestamp};

/// What the validity of a Release is called among its fields.
const VALID_FOR: &str = "Valid for";

/// Returns the plan that makes `published` what is `desired`.
///
/// `standings` names the generations that `published` was read from. Distributions that are not
/// in `desired` are left alone.
pub fn diff(
    published: &Snapshot,
    desired: &Desired,
    standings: &BTreeMap<Codename, Standing>,
) -> Plan {
    let mut distributions = BTreeMap::new();
    let mut dangers = Vec::new();
    let mut notes = desired.notes.clone();
    for (codename, after) in &desired.snapshot.distributions {
        let before = published.distributions.get(codename);
        let standing = standings.get(codename);
        let copies = standing.map(|standing| standing.copies).unwrap_or_default();
        let nothing = Removals::new();
        let removals = desired.removals.get(codename).unwrap_or(&nothing);
        let mut plan = DistributionPlan { copies, ..distribution(before, after, removals) };
        if let Some(origins) = desired.sourcing.origins.get(codename) {
            plan.packages.iter_mut().for_each(|change| tell_origins(change, origins));
        }
        plan.packages.iter_mut().for_each(|change| tell_emptied(change, &desired.sourcing.losses));
        plan.fields.extend(standing.and_then(|standing| push_rules(standing.rules)));
        let validity = standing.map(|standing| standing.validity).unwrap_or_default();
        plan.renewal = renewal(validity);
        if let Some(before) = before {
            let change = guard::Change { codename, before, after, plan: &plan, standing };
            dangers.extend(guard::dangers(change, &desired.consent));
        }
        if plan.status == DistributionStatus::New && after.package_count() == 0 {
            notes.push(Note::Empty(codename.clone()));
        }
        notes.extend(runs_out(codename, &plan, after.valid_for, validity));
        if !plan.is_empty() {
            distributions.insert(codename.clone(), plan);
        }
    }
    if !distributions.is_empty() {
        dangers.extend(guard::older(standings.values(), &desired.consent));
    }
    dangers.extend(guard::losses(&desired.sourcing.losses, &desired.consent));
    notes.extend(guard::unused(&dangers, &desired.consent));
    let base: BTreeMap<_, _> = standings
        .iter()
        .filter(|(codename, _)| distributions.contains_key(*codename))
        .map(|(codename, standing)| (codename.clone(), standing.base.clone()))
        .collect();
    let mut plan = Plan {
        id: Sha256::of(b""),
        base,
        distributions,
        dangers,
        notes,
        uploads: uploads(published, desired),
        repairs: Vec::new(),
    };
    plan.id = identify(&plan);
    plan
}

/// Returns the offered files that no published index names yet.
fn uploads(published: &Snapshot, desired: &Desired) -> BTreeMap<String, Upload> {
    let mut uploads = desired.files.clone();
    let distributions = published.distributions.values();
    let mut packages = distributions.flat_map(|d| d.components.values().flatten());
    while !uploads.is_empty()
        && let Some((_, package)) = packages.next()
    {
        uploads.remove(&*package.file.filename);
    }
    uploads
}

fn distribution(
    before: Option<&Distribution>,
    after: &Distribution,
    removals: &Removals,
) -> DistributionPlan {
    let status = match before {
        Some(before) if after.is_removed() && !before.is_removed() => DistributionStatus::Removed,
        Some(_) => DistributionStatus::Published,
        None => DistributionStatus::New,
    };
    let fields = match status {
        DistributionStatus::Removed => Vec::new(),
        DistributionStatus::New | DistributionStatus::Published => field_changes(before, after),
    };
    DistributionPlan {
        status,
        copies: Copies::Current,
        indices: Indices::TakenOver,
        renewal: None,
        fields,
        packages: package_changes(before, after, removals),
        index_files: index_files(before, after),
    }
}

/// Returns how many index files have to be written.
pub fn index_files(before: Option<&Distribution>, after: &Distribution) -> usize {
    let indices = after.stale_indices(before).len() + after.stale_contents(before).len();
    indices * after.compression.len()
}

/// What plans call the checksums that indices list, and the one that they always do.
const CHECKSUMS: &str = "Checksums";
const SHA256: &str = "sha256";

fn field_changes(before: Option<&Distribution>, after: &Distribution) -> Vec<FieldChange> {
    let values = |distribution: &Distribution| -> Vec<(&'static str, Option<String>)> {
        let mut values = identity_values(&distribution.identity);
        values.push(("Architectures", words(&distribution.architectures)));
        values.push(("Components", words(&distribution.component_order)));
        let forms = distribution.compression.iter().map(|form| form.name());
        values.push(("Index files", Some(forms.collect::<Vec<_>>().join(" "))));
        let hashes = distribution.hashes.iter().map(|checksum| checksum.name());
        let hashes: Vec<_> = [SHA256].into_iter().chain(hashes).collect();
        values.push((CHECKSUMS, Some(hashes.join(" "))));
        values.push(("Contents", distribution.contents.then(|| "yes".to_owned())));
        values.push((VALID_FOR, distribution.valid_for.map(|span| span.to_string())));
        values.push(("Signed by", fingerprints(&distribution.signed_by)));
        values
    };
    let old = before.map(values).unwrap_or_default();
    let old: BTreeMap<_, _> = old.into_iter().collect();
    values(after)
        .into_iter()
        .map(|(field, after)| FieldChange {
            field,
            before: old.get(field).cloned().flatten(),
            after,
        })
        .filter(|change| change.before != change.after)
        // What everybody has says nothing of a new distribution.
        .filter(|change| {
            change.field != CHECKSUMS
                || change.after.as_deref() != Some(SHA256)
                || change.before.is_some()
        })
        .collect()
}

/// Returns the `Valid-Until` of what has to be signed again.
fn renewal(validity: Validity) -> Option<Timestamp> {
    match validity {
        Validity::Waning { until } => Some(until),
        Validity::Unlimited | Validity::Fresh { .. } => None,
    }
}

/// Returns a note of when a distribution runs out: what cron has to do where that is news, and the
/// time where nothing changes. A renewal is a change, and tells it itself.
fn runs_out(
    codename: &Codename,
    plan: &DistributionPlan,
    valid_for: Option<Span>,
    validity: Validity,
) -> Option<Note> {
    let valid_for = valid_for?;
    let is_news = plan.fields.iter().any(|change| change.field == VALID_FOR);
    let until = match validity {
        _ if is_news => None,
        Validity::Fresh { until, half } if plan.is_unchanged() => Some((until, half)),
        _ => return None,
    };
    Some(Note::RunsOut { codename: codename.clone(), valid_for, until })
}

/// Returns the change that brings the rules of `repoman publish` up to date, if they are not.
fn push_rules(rules: PushRules) -> Option<FieldChange> {
    let PushRules::Outdated { recorded, desired } = rules else { return None };
    let manifest = |digest: Sha256| Some(format!("manifest {}", &digest.to_string()[..7]));
    Some(FieldChange { field: "Push rules", before: manifest(recorded), after: manifest(desired) })
}

/// Returns the fields of a Release file that describe the distribution, in their order there.
pub(super) fn identity_values(identity: &Identity) -> Vec<(&'static str, Option<String>)> {
    let (not_automatic, upgrades) = match identity.pin {
        Pin::Automatic => (None, None),
        Pin::NotAutomatic => (Some("yes"), None),
        Pin::UpgradesOnly => (Some("yes"), Some("yes")),
    };
    vec![
        ("Origin", identity.origin.clone()),
        ("Label", identity.label.clone()),
        ("Suite", Some(identity.suite.clone())),
        ("Version", identity.version.clone()),
        ("Codename", Some(identity.codename.clone())),
        ("NotAutomatic", not_automatic.map(str::to_owned)),
        ("ButAutomaticUpgrades", upgrades.map(str::to_owned)),
        ("Description", identity.description.clone()),
    ]
}

fn words<T: ToString>(items: &[T]) -> Option<String> {
    let words: Vec<_> = items.iter().map(ToString::to_string).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// What package changes are grouped by: one line of a plan.
type Line<'a> = (&'a Component, &'a PackageName, Operation, &'a Version, Reason);

fn package_changes(
    before: Option<&Distribution>,
    after: &Distribution,
    removals: &Removals,
) -> Vec<PackageChange> {
    let nothing = BTreeMap::new();
    let old = before.map_or(&nothing, |before| &before.components);
    let components: BTreeSet<_> = old.keys().chain(after.components.keys()).collect();
    let mut lines: BTreeMap<Line<'_>, Vec<ChangedFile>> = BTreeMap::new();
    let mut differences: BTreeMap<_, Vec<String>> = BTreeMap::new();
    let empty = Packages::new();
    for component in components {
        let was = old.get(component).unwrap_or(&empty);
        let is = after.components.get(component).unwrap_or(&empty);
        for Difference { before, after: listed } in was.differences(is) {
            let (operation, (id, package)) = match (before, listed) {
                (None, Some(new)) => (Operation::Add, new),
                (Some((_, old)), Some((_, new))) if old.file.sha256 == new.file.sha256 => continue,
                (Some((_, old)), Some((id, new))) => {
                    let version = (component, &id.name, &id.version);
                    let lines = intake::difference(&old.stanza, &new.stanza);
                    differences.entry(version).or_default().extend(lines);
                    (Operation::Change, (id, new))
                }
                (Some(old), None) => (Operation::Remove, old),
                (None, None) => continue,
            };
            let reason = match operation {
                Operation::Add | Operation::Change => Reason::Offered(source_names(package)),
                Operation::Remove => {
                    let stated = removals.get(&(component.clone(), id.clone())).cloned();
                    stated.unwrap_or_else(|| removal_reason(component, id, package, after))
                }
            };
            let line = (component, &id.name, operation, &id.version, reason);
            lines.entry(line).or_default().push(changed_file(id, package));
        }
    }
    let changed = lines.keys().map(|(component, name, ..)| (*component, *name)).collect();
    let newest = Newest::new(before, after, &changed);
    let changes =
        lines.into_iter().map(|((component, name, operation, version, reason), files)| {
            let difference = match operation {
                Operation::Change => differences.remove(&(component, name, version)),
                Operation::Add | Operation::Remove => None,
            };
            PackageChange {
                operation,
                component: Component::clone(component),
                name: PackageName::clone(name),
                version: Version::clone(version),
                effect: newest.effect(operation, (component, name), version, &files),
                difference: difference.unwrap_or_default(),
                files,
                reason,
                origins: BTreeMap::new(),
            }
        });
    changes.collect()
}

/// Tells of a package where it is promoted from; where the files of a version have been there for
/// different times, for how long all of them have.
fn tell_origins(change: &mut PackageChange, origins: &Origins) {
    if change.operation == Operation::Remove {
        return;
    }
    for file in &change.files {
        let (name, version) = (change.name.clone(), change.version.clone());
        let id = PackageId { name, version, architecture: file.architecture.clone() };
        for (source, origin) in origins.get(&(change.component.clone(), id)).into_iter().flatten() {
            let told = change.origins.entry(source.clone()).or_insert_with(|| origin.clone());
            told.soaked = told.soaked.min(origin.soaked);
        }
    }
}

/// Tells of a package that leaves that all of its sources have nothing any more.
fn tell_emptied(change: &mut PackageChange, losses: &[Loss]) {
    let Reason::NoLongerOffered(sources) = &change.reason else { return };
    let is_empty = |name: &String| {
        losses.iter().any(|loss| loss.source == *name && loss.rest == Rest::Nothing)
    };
    if sources.iter().all(is_empty) {
        change.reason = Reason::Emptied(sources.clone());
    }
}

fn source_names(package: &Package) -> Vec<String> {
    package.provenance.sources.iter().cloned().collect()
}

fn removal_reason(
    component: &Component,
    id: &PackageId,
    package: &Package,
    after: &Distribution,
) -> Reason {
    let declared = after.components.contains_key(component)
        && (id.architecture.is_all() || after.architectures.contains(&id.architecture));
    if declared { Reason::NoLongerOffered(source_names(package)) } else { Reason::Undeclared }
}

fn changed_file(id: &PackageId, package: &Package) -> ChangedFile {
    ChangedFile {
        architecture: id.architecture.clone(),
        key: package.file.filename.to_string(),
        size: package.file.size,
        sha256: package.file.sha256,
    }
}

/// Returns the digest of what a plan starts from and does.
pub(super) fn identify(plan: &Plan) -> Sha256 {
    #[derive(Serialize)]
    struct Identified<'a> {
        base: &'a BTreeMap<Codename, Base>,
        fields: Vec<(&'a Codename, &'a [FieldChange])>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        renewals: Vec<(&'a Codename, i64)>,
        packages: Vec<IdentifiedPackage<'a>>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        repairs: Vec<(&'a str, &'static str, &'static str)>,
    }
    #[derive(Serialize)]
    struct IdentifiedPackage<'a> {
        codename: &'a Codename,
        component: &'a Component,
        operation: Operation,
        name: &'a PackageName,
        version: &'a Version,
        files: &'a [ChangedFile],
    }
    let packages = plan.distributions.iter().flat_map(|(codename, distribution)| {
        distribution.packages.iter().map(move |change| IdentifiedPackage {
            codename,
            component: &change.component,
            operation: change.operation,
            name: &change.name,
            version: &change.version,
            files: &change.files,
        })
    });
    let fields = plan.distributions.iter().map(|(name, plan)| (name, plan.fields.as_slice()));
    let renewals = plan.distributions.iter();
    let renewals = renewals.filter_map(|(name, plan)| Some((name, plan.renewal?.as_second())));
    let repairs = plan.repairs.iter();
    let repairs =
        repairs.map(|repair| (&*repair.key, repair.damage.as_str(), repair.remedy.as_str()));
    let identified = Identified {
        base: &plan.base,
        fields: fields.collect(),
        renewals: renewals.collect(),
        packages: packages.collect(),
        repairs: repairs.collect(),
    };
    let bytes = serde_json::to_vec(&identified).expect("every map in it has string keys");
    Sha256::of(&bytes)
}
