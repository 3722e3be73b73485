//! What clients lose of packages.

use std::collections::{BTreeMap, BTreeSet};

use crate::debian::suite::Component;
use crate::manifest::Scope;
use crate::plan::danger::{Consent, Danger, DangerCode, Severity};
use crate::plan::guard::Change;
use crate::plan::needs::{self, Member};
use crate::plan::{Effect, Operation, PackageChange, Reason};
use crate::snapshot::{Distribution, Package, PackageId};
use crate::text::plural;

/// Returns the dangers of what a plan does to the packages of a distribution.
pub fn dangers(change: Change<'_>, consent: &Consent) -> Vec<Danger> {
    let removals: Vec<&PackageChange> = change
        .plan
        .packages
        .iter()
        .filter(|line| line.operation == Operation::Remove)
        // What goes with its component, its architecture or all of its source is accepted with that.
        .filter(|line| !matches!(line.reason, Reason::Undeclared | Reason::Emptied(_)))
        .collect();
    let mut dangers = Vec::new();
    dangers.extend(mass_removal(change, &removals, consent));
    dangers.extend(lost_newest(change, &removals, consent));
    dangers.extend(changed_content(change));
    // What comes without anything leaving breaks nothing.
    if change.plan.packages.iter().any(|line| line.operation != Operation::Add) {
        dangers.extend(broken(change));
    }
    dangers
}

fn mass_removal(
    change: Change<'_>,
    removals: &[&PackageChange],
    consent: &Consent,
) -> Option<Danger> {
    let components = change.before.components.iter();
    let versions: BTreeSet<_> = components
        .flat_map(|(component, packages)| {
            packages.keys().map(move |id| (component, &id.name, &id.version))
        })
        .collect();
    let total = versions.len() as u64;
    let lost: BTreeSet<_> = removals
        .iter()
        .map(|line| (&line.component, &line.name, &line.version))
        .filter(|(component, name, version)| !is_listed(change.after, component, name, version))
        .collect();
    let count = lost.len() as u64;
    let limits = consent.limits;
    let is_much =
        count * 100 > u64::from(limits.remove_percent) * total && count >= limits.remove_at_least;
    let message = || {
        let percent = count * 100 / total.max(1);
        format!("{} of {total} leave at once ({percent} %)", plural(lost.len(), "version"))
    };
    let codename = change.codename;
    is_much.then(|| Danger::new(DangerCode::MassRemoval, codename, codename.as_str(), message()))
}

fn is_listed(
    distribution: &Distribution,
    component: &Component,
    name: &crate::debian::name::PackageName,
    version: &crate::debian::version::Version,
) -> bool {
    let packages = distribution.components.get(component);
    packages.is_some_and(|packages| {
        packages.keys().any(|id| id.name == *name && id.version == *version)
    })
}

/// Returns a danger for each package that vanishes or whose newest version leaves.
///
/// A yank names what it takes away, so it has been thought of.
fn lost_newest(change: Change<'_>, removals: &[&PackageChange], consent: &Consent) -> Vec<Danger> {
    let mut dangers = BTreeMap::new();
    for line in removals {
        let PackageChange { component, name, version, .. } = line;
        let address = format!("{}/{component}/*/{name}", change.codename);
        let danger = match &line.effect {
            Some(Effect::Gone) if is_elsewhere(change.after, line) => continue,
            Some(Effect::Gone) if has_own_policy(change, line, consent) => continue,
            Some(Effect::Gone) => {
                let message = format!("no version of {name} is left; {version} was the newest");
                Danger::new(DangerCode::PackageGone, change.codename, &address, message)
            }
            Some(Effect::Fallback { to }) => {
                let message = format!(
                    "clients that have {name} {version} stay with it; new installations get {to}"
                );
                Danger::new(DangerCode::NewestLowered, change.codename, &address, message)
            }
            _ => continue,
        };
        let is_yanked = matches!(line.reason, Reason::Yanked(_));
        let severity = if is_yanked { Severity::Warning } else { Severity::Blocking };
        // The newest of the lines about a package comes last.
        dangers.insert(danger.id.clone(), Danger { severity, ..danger });
    }
    dangers.into_values().collect()
}

fn is_elsewhere(after: &Distribution, line: &PackageChange) -> bool {
    after.components.values().any(|packages| packages.keys().any(|id| id.name == line.name))
}

fn has_own_policy(change: Change<'_>, line: &PackageChange, consent: &Consent) -> bool {
    let policy = consent.retention.policy(change.codename, &line.component, &line.name);
    policy.is_some_and(|policy| policy.scope != Scope::Repository)
}

/// Returns a danger for each package file whose place one with other bytes takes.
///
/// apt tells two files of one version apart by a few fields only (Installed-Size and relations);
/// where these are equal, clients that have the one never get the other.
fn changed_content(change: Change<'_>) -> impl Iterator<Item = Danger> {
    let lines = change.plan.packages.iter().filter(|line| line.operation == Operation::Change);
    lines.flat_map(move |line| {
        let PackageChange { component, name, version, .. } = line;
        line.files.iter().map(move |file| {
            let (codename, architecture) = (change.codename, &file.architecture);
            let address = format!("{codename}/{component}/{architecture}/{name}@{version}");
            let message = format!(
                "clients that have {name} {version} keep what was published so far: equal versions \
                 are no upgrade"
            );
            Danger::new(DangerCode::ContentChanged, codename, &address, message)
                .instead("give the new build a higher version")
        })
    })
}

/// Returns a danger for each package that stays and whose dependencies the plan takes away.
fn broken(change: Change<'_>) -> Vec<Danger> {
    let before = members(change.before);
    let published: BTreeSet<Member<'_>> = before.iter().map(|(member, _)| *member).collect();
    let after = members(change.after);
    let mut by_package: BTreeMap<Member<'_>, Vec<String>> = BTreeMap::new();
    for broken in needs::broken(&before, &after) {
        // What is new was never installable here.
        if published.contains(&broken.package) {
            by_package.entry(broken.package).or_default().push(broken.needs);
        }
    }
    let danger = |((component, id), needs): (Member<'_>, Vec<String>)| {
        let PackageId { name, version, architecture } = id;
        let codename = change.codename;
        let address = format!("{codename}/{component}/{architecture}/{name}@{version}");
        let message = format!("nothing is left that satisfies its dependency {}", needs.join(", "));
        Danger::new(DangerCode::BreaksDepends, codename, &address, message)
    };
    by_package.into_iter().map(danger).collect()
}

fn members(distribution: &Distribution) -> Vec<(Member<'_>, &Package)> {
    let components = distribution.components.iter();
    components
        .flat_map(|(component, packages)| {
            packages.iter().map(move |(id, package)| ((component, id), package))
        })
        .collect()
}
