//! What becomes of single versions, and why: the answers of `repoman explain`.

use crate::debian::suite::{Codename, Component};
use crate::manifest::{Manifest, Target};
use crate::plan::needs::{self, Member};
use crate::plan::offer::Offers;
use crate::plan::retention::Stay;
use crate::plan::verdicts::{Verdicts, verdicts};
use crate::plan::{Cause, Desired, Hold, Operation, PackageChange, Plan, Reason, Withheld};
use crate::snapshot::{Distribution, Package, PackageId, Snapshot};
use crate::time::Timestamp;

/// What becomes of one version of a package in one component, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fate {
    /// The distribution.
    pub codename: Codename,
    /// The component.
    pub component: Component,
    /// Name, version and architecture.
    pub id: PackageId,
    /// When it was first published; none if it is not.
    pub published_at: Option<Timestamp>,
    /// What becomes of it.
    pub outcome: Outcome,
    /// The ids of the dangers of the plan that are about it.
    pub dangers: Vec<String>,
}

/// What becomes of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It stays, or the plan adds it; for all of these reasons.
    Kept(Vec<Keep>),
    /// Its distribution is not declared, and stays as it is.
    Untouched,
    /// The plan removes it.
    Removed(Reason),
    /// It is offered, and a line of `[yank]` keeps it out.
    KeptOut(Cause),
    /// Retention removed it before, and it would not come back as new.
    Remembered,
    /// A promotion has to wait for it.
    Soaking {
        /// The source.
        source: String,
        /// Until when.
        until: Timestamp,
    },
}

/// A reason for a version to stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keep {
    /// Which reason it is.
    pub stay: Stay,
    /// Until when it is one, if it is a matter of time.
    pub until: Option<Timestamp>,
    /// The packages that need just this version.
    pub needed_by: Vec<PackageId>,
}

/// What fates follow from.
#[derive(Clone, Copy)]
pub struct Circumstances<'a> {
    /// The manifest.
    pub manifest: &'a Manifest,
    /// What the sources offer.
    pub offers: &'a Offers,
    /// What is published.
    pub published: &'a Snapshot,
    /// What should be published.
    pub desired: &'a Desired,
    /// The difference.
    pub plan: &'a Plan,
    /// The time of the plan.
    pub now: Timestamp,
}

/// Where a version is: distribution, component, architectures that list it, and what it is called.
pub struct Place<'a> {
    /// The distribution.
    pub codename: &'a Codename,
    /// The component.
    pub component: &'a Component,
    /// Name, version and architecture.
    pub id: &'a PackageId,
}

/// Returns the fates of all versions that are asked about: by distribution, component and name, from
/// the oldest version to the newest.
pub fn fates(circumstances: Circumstances<'_>, is_asked: &dyn Fn(&Place<'_>) -> bool) -> Vec<Fate> {
    let mut fates = kept(circumstances, is_asked);
    fates.extend(removed(circumstances, is_asked));
    fates.extend(kept_out(circumstances, is_asked));
    fates.extend(remembered(circumstances, is_asked));
    fates.extend(untouched(circumstances, is_asked));
    fates.extend(withheld(circumstances, is_asked));
    let place = |fate: &Fate| (fate.codename.clone(), fate.component.clone(), fate.id.clone());
    fates.sort_by_cached_key(place);
    // What is yanked may be remembered, too, or be offered twice: the first answer is the one.
    fates.dedup_by_key(|fate| place(fate));
    fates
}

fn kept(circumstances: Circumstances<'_>, is_asked: &dyn Fn(&Place<'_>) -> bool) -> Vec<Fate> {
    let Circumstances { manifest, published, desired, now, .. } = circumstances;
    let mut fates = Vec::new();
    for (codename, distribution) in &desired.snapshot.distributions {
        let places = places(codename, distribution).filter(|(place, _)| is_asked(place));
        let places: Vec<_> = places.collect();
        if places.is_empty() {
            continue;
        }
        // What leaves has no say in who stays.
        let verdicts = verdicts(manifest, codename, distribution, now);
        for (place, package) in places {
            let stays = &verdicts[place.component][place.id];
            let keep = |stay: &Stay| keep(stay, (&place, package), (distribution, &verdicts), now);
            let was = published.distributions.get(codename);
            let was = was.and_then(|was| was.components.get(place.component)?.get(place.id));
            let published_at = was.map(|was| was.provenance.published_at);
            let outcome = Outcome::Kept(stays.iter().map(keep).collect());
            fates.push(fate(&place, published_at, outcome, circumstances.plan));
        }
    }
    fates
}

fn keep(
    stay: &Stay,
    (place, package): (&Place<'_>, &Package),
    (distribution, verdicts): (&Distribution, &Verdicts<'_>),
    now: Timestamp,
) -> Keep {
    let provenance = &package.provenance;
    let until = match stay {
        Stay::NewerThan(span) => Some(span.after(provenance.published_at)),
        Stay::Grace(span) => Some(span.after(provenance.superseded_at.unwrap_or(now))),
        _ => None,
    };
    let needed_by = match stay {
        Stay::Needed => needed_by((place.component, place.id), package, distribution, verdicts),
        _ => Vec::new(),
    };
    Keep { stay: stay.clone(), until, needed_by }
}

/// Returns the packages that need just this version.
fn needed_by(
    member: Member<'_>,
    package: &Package,
    distribution: &Distribution,
    verdicts: &Verdicts<'_>,
) -> Vec<PackageId> {
    let members = verdicts.iter().flat_map(|(component, judged)| {
        judged.keys().map(|id| ((*component, *id), &distribution.components[*component][*id]))
    });
    let needs_it = |other: &(Member<'_>, &Package)| {
        other.0 != member && !needs::needed_exactly(&[*other], &[(member, package)]).is_empty()
    };
    members.filter(needs_it).map(|((_, id), _)| id.clone()).collect()
}

fn removed(circumstances: Circumstances<'_>, is_asked: &dyn Fn(&Place<'_>) -> bool) -> Vec<Fate> {
    let Circumstances { published, plan, .. } = circumstances;
    let mut fates = Vec::new();
    for (codename, changes) in &plan.distributions {
        let Some(before) = published.distributions.get(codename) else { continue };
        let removals = changes.packages.iter().filter(|line| line.operation == Operation::Remove);
        for PackageChange { component, name, version, files, reason, .. } in removals {
            for file in files {
                let (name, version) = (name.clone(), version.clone());
                let id = PackageId { name, version, architecture: file.architecture.clone() };
                let place = Place { codename, component, id: &id };
                if !is_asked(&place) {
                    continue;
                }
                let package = before.components.get(component).and_then(|listed| listed.get(&id));
                let published_at = package.map(|package| package.provenance.published_at);
                let outcome = Outcome::Removed(reason.clone());
                fates.push(fate(&place, published_at, outcome, plan));
            }
        }
    }
    fates
}

fn kept_out(circumstances: Circumstances<'_>, is_asked: &dyn Fn(&Place<'_>) -> bool) -> Vec<Fate> {
    let Circumstances { manifest, offers, plan, .. } = circumstances;
    let offerings = offers.sources.values().flat_map(|offer| &offer.offerings);
    let fates = offerings.filter_map(|offering| {
        let id = offering.file.id();
        let (codename, component) = (&offering.codename, &offering.component);
        let line = manifest.yank.find(codename, component, &id.name, &id.version)?;
        let place = Place { codename, component, id: &id };
        let cause = Cause { text: line.reason.text.clone(), line: line.reason.line };
        is_asked(&place).then(|| fate(&place, None, Outcome::KeptOut(cause), plan))
    });
    fates.collect()
}

/// Returns what promotions let in, and a yank or the time keeps out.
fn withheld(circumstances: Circumstances<'_>, is_asked: &dyn Fn(&Place<'_>) -> bool) -> Vec<Fate> {
    let Circumstances { desired, plan, .. } = circumstances;
    let fates = desired.sourcing.withheld.iter().filter_map(|withheld| {
        let Withheld { target: Target { codename, component }, id, hold } = withheld;
        let place = Place { codename, component, id };
        let outcome = match hold {
            Hold::Yank(cause) => Outcome::KeptOut(cause.clone()),
            Hold::Soak { source, until } => {
                Outcome::Soaking { source: source.clone(), until: *until }
            }
        };
        is_asked(&place).then(|| fate(&place, None, outcome, plan))
    });
    fates.collect()
}

fn remembered(
    circumstances: Circumstances<'_>,
    is_asked: &dyn Fn(&Place<'_>) -> bool,
) -> Vec<Fate> {
    let Circumstances { desired, plan, .. } = circumstances;
    let mut fates = Vec::new();
    for (codename, distribution) in &desired.snapshot.distributions {
        for (component, remembered) in &distribution.remembered {
            let places = remembered.keys().map(|id| Place { codename, component, id });
            let asked = places.filter(|place| is_asked(place));
            fates.extend(asked.map(|place| fate(&place, None, Outcome::Remembered, plan)));
        }
    }
    fates
}

fn untouched(circumstances: Circumstances<'_>, is_asked: &dyn Fn(&Place<'_>) -> bool) -> Vec<Fate> {
    let Circumstances { published, desired, plan, .. } = circumstances;
    let mut fates = Vec::new();
    for (codename, distribution) in &published.distributions {
        if desired.snapshot.distributions.contains_key(codename) {
            continue;
        }
        let asked = places(codename, distribution).filter(|(place, _)| is_asked(place));
        fates.extend(asked.map(|(place, package)| {
            let published_at = Some(package.provenance.published_at);
            fate(&place, published_at, Outcome::Untouched, plan)
        }));
    }
    fates
}

fn places<'a>(
    codename: &'a Codename,
    distribution: &'a Distribution,
) -> impl Iterator<Item = (Place<'a>, &'a Package)> {
    distribution.components.iter().flat_map(move |(component, packages)| {
        packages.iter().map(move |(id, package)| (Place { codename, component, id }, package))
    })
}

fn fate(place: &Place<'_>, published_at: Option<Timestamp>, outcome: Outcome, plan: &Plan) -> Fate {
    let Place { codename, component, id } = place;
    let (name, version) = (&id.name, &id.version);
    let of_package = format!(":{codename}/{component}/*/{name}");
    let of_all = format!(":{codename}/{component}/*/{name}@{version}");
    let of_version = format!(":{codename}/{component}/{}/{name}@{version}", id.architecture);
    let is_removed = matches!(outcome, Outcome::Removed(_));
    let ids = plan.dangers.iter().map(|danger| &danger.id);
    let is_about = |id: &&String| {
        // A package is in danger by those of its versions that leave.
        id.ends_with(&of_version)
            || id.ends_with(&of_all)
            || is_removed && id.ends_with(&of_package)
    };
    let dangers = ids.filter(is_about).cloned().collect();
    Fate {
        codename: (*codename).clone(),
        component: (*component).clone(),
        id: (*id).clone(),
        published_at,
        outcome,
        dangers,
    }
}
