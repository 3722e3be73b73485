//! What clients lose of packages.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::debian::architecture::Architecture;
use crate::debian::name::PackageName;
use crate::debian::suite::Component;
use crate::debian::version::Version;
use crate::manifest::Scope;
use crate::plan::danger::{Consent, Danger, DangerCode, Severity};
use crate::plan::guard::Change;
use crate::plan::needs::{self, Member};
use crate::plan::newest::{self, Newest, Place, Setback};
use crate::plan::{Operation, PackageChange, Reason};
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
    name: &PackageName,
    version: &Version,
) -> bool {
    let packages = distribution.components.get(component);
    packages.is_some_and(|packages| {
        packages.keys().any(|id| id.name == *name && id.version == *version)
    })
}

/// Returns a danger for each package that vanishes or whose newest version leaves: one for all clients
/// where they lose the same, else one for each architecture.
///
/// A yank names what it takes away, so it has been thought of.
fn lost_newest(change: Change<'_>, removals: &[&PackageChange], consent: &Consent) -> Vec<Danger> {
    let places: HashSet<Place<'_>> =
        removals.iter().map(|line| (&line.component, &line.name)).collect();
    let newest = Newest::new(Some(change.before), change.after, &places);
    let mut dangers = Vec::new();
    for place in places.into_iter().collect::<BTreeSet<_>>() {
        let mut alike: Vec<(Loss<'_>, Vec<&Architecture>)> = Vec::new();
        for setback in newest.setbacks(place) {
            let Some(loss) = loss(change, removals, (place, setback), consent) else { continue };
            match alike.iter_mut().find(|(known, _)| *known == loss) {
                Some((_, clients)) => clients.push(setback.client),
                None => alike.push((loss, vec![setback.client])),
            }
        }
        for (loss, clients) in alike {
            if clients.len() == newest.seeing(place).count() {
                dangers.push(loss.danger(change, place, None));
            } else {
                let each = clients.into_iter();
                dangers.extend(each.map(|client| loss.danger(change, place, Some(client))));
            }
        }
    }
    dangers
}

/// What is wrong for some clients of a package.
#[derive(PartialEq, Eq)]
struct Loss<'a> {
    from: &'a Version,
    to: Option<&'a Version>,
    severity: Severity,
}

/// Returns what a setback means, unless somebody has accepted it with something else.
fn loss<'a>(
    change: Change<'_>,
    removals: &[&PackageChange],
    (place, setback): (Place<'_>, Setback<'a>),
    consent: &Consent,
) -> Option<Loss<'a>> {
    let (component, name) = place;
    let Setback { client, from, to } = setback;
    let took_it = |line: &&&PackageChange| {
        (&line.component, &line.name, &line.version) == (component, name, from)
            && newest::is_for(&line.files, client)
    };
    let line = removals.iter().find(took_it)?;
    let is_meant = to.is_none()
        && (is_elsewhere(change.after, name, client) || has_own_policy(change, line, consent));
    let is_yanked = matches!(line.reason, Reason::Yanked(_));
    let severity = if is_yanked { Severity::Warning } else { Severity::Blocking };
    (!is_meant).then_some(Loss { from, to, severity })
}

impl Loss<'_> {
    /// Returns the danger, for clients of one architecture or all that had the package.
    fn danger(
        &self,
        change: Change<'_>,
        (component, name): Place<'_>,
        client: Option<&Architecture>,
    ) -> Danger {
        let Self { from, to, severity } = *self;
        let place = client.map_or("*", Architecture::as_str);
        let address = format!("{}/{component}/{place}/{name}", change.codename);
        let those = client.map(|client| format!("{client} ")).unwrap_or_default();
        let (code, message) = match to {
            None => {
                let clients = client.map(|client| format!(" for {client}")).unwrap_or_default();
                let message =
                    format!("no version of {name} is left{clients}; {from} was the newest");
                (DangerCode::PackageGone, message)
            }
            Some(to) => {
                let message = format!(
                    "{those}clients that have {name} {from} stay with it; new installations get {to}"
                );
                (DangerCode::NewestLowered, message)
            }
        };
        let danger = Danger::new(code, change.codename, &address, message);
        Danger { severity, ..danger }
    }
}

fn is_elsewhere(after: &Distribution, name: &PackageName, client: &Architecture) -> bool {
    let is_it = |id: &PackageId| {
        id.name == *name && (id.architecture.is_all() || id.architecture == *client)
    };
    after.components.values().any(|packages| packages.keys().any(is_it))
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
