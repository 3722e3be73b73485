//! Which versions of a package stay, and why: a version leaves only if nothing wants it.
//!
//! Rules only ever keep. The clock is an argument, and times are those of publication: a version that
//! is judged later has at most fewer reasons to stay, as long as the rules are the same.

use std::collections::{BTreeMap, BTreeSet};

use crate::debian::architecture::Architecture;
use crate::debian::name::PackageName;
use crate::debian::version::Version;
use crate::manifest::Policy;
use crate::plan::Cause;
use crate::snapshot::{Package, PackageId, Packages};
use crate::time::{Span, Timestamp};

/// Why a version stays.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stay {
    /// No policy limits its package.
    Unlimited,
    /// It is the newest that some client can install.
    Newest,
    /// It is among so many newest ones.
    Versions {
        /// Its place, from 1.
        place: usize,
        /// How many stay.
        of: u64,
    },
    /// It was published less than so long ago.
    NewerThan(Span),
    /// A newer one took its place less than so long ago.
    Grace(Span),
    /// A line of `[keep]` names it.
    Line(Cause),
    /// A package that stays needs exactly this version.
    Needed,
}

/// Returns the place of each version among those of the same package that a client could install
/// instead, from 1 for the newest; where clients of two architectures see it, the better one.
///
/// A client chooses among the packages of its own architecture and those for `all`.
pub fn places(packages: &Packages) -> Vec<usize> {
    let mut places = Vec::with_capacity(packages.len());
    let ids: Vec<&PackageId> = packages.keys().collect();
    for same_name in ids.chunk_by(|one, other| one.name == other.name) {
        let first = places.len();
        places.resize(first + same_name.len(), usize::MAX);
        let places = &mut places[first..];
        let [_, _, ..] = same_name else {
            places.fill(1);
            continue;
        };
        let own: BTreeSet<&Architecture> =
            same_name.iter().map(|id| &id.architecture).filter(|a| !a.is_all()).collect();
        if own.is_empty() {
            rank(same_name, |_| true, places);
        }
        for architecture in own {
            let is_seen =
                |id: &PackageId| id.architecture.is_all() || id.architecture == *architecture;
            rank(same_name, is_seen, places);
        }
    }
    places
}

/// Notes the places among those that are seen, where they are better than what is noted.
fn rank(same_name: &[&PackageId], is_seen: impl Fn(&PackageId) -> bool, places: &mut [usize]) {
    let (mut place, mut last) = (0, None::<&Version>);
    for (id, best) in same_name.iter().zip(places).rev().filter(|(id, _)| is_seen(id)) {
        if last.is_none_or(|last| last.compare(&id.version).is_ne()) {
            place += 1;
            last = Some(&id.version);
        }
        *best = place.min(*best);
    }
}

/// What decides about the packages of one component.
pub struct Rules<'a> {
    /// Returns the policy for packages of that name; nothing if they all stay.
    pub policy: &'a dyn Fn(&PackageName) -> Option<&'a Policy>,
    /// Returns the line of `[keep]` for a version.
    pub keep: &'a dyn Fn(&PackageId) -> Option<Cause>,
    /// The time of the plan.
    pub now: Timestamp,
}

impl Rules<'_> {
    /// Returns why each package of a component stays; those that nothing wants have an empty list.
    ///
    /// What packages need of each other is not looked at here.
    pub fn judge<'p>(&self, packages: &'p Packages) -> BTreeMap<&'p PackageId, Vec<Stay>> {
        let judged = packages.iter().zip(places(packages));
        judged.map(|((id, package), place)| (id, self.stays(id, package, place))).collect()
    }

    fn stays(&self, id: &PackageId, package: &Package, place: usize) -> Vec<Stay> {
        let mut stays = Vec::new();
        if place == 1 {
            stays.push(Stay::Newest);
        }
        match (self.policy)(&id.name) {
            None => stays.push(Stay::Unlimited),
            Some(policy) => stays.extend(self.by_policy(policy, package, place)),
        }
        stays.extend((self.keep)(id).map(Stay::Line));
        stays
    }

    fn by_policy(&self, policy: &Policy, package: &Package, place: usize) -> Vec<Stay> {
        let provenance = &package.provenance;
        let is_within = |since: Timestamp, span: Span| {
            let age = self.now.as_second().saturating_sub(since.as_second());
            age < i64::try_from(span.as_seconds()).unwrap_or(i64::MAX)
        };
        let versions = policy.versions.filter(|of| place as u64 <= *of);
        let newer_than = policy.newer_than.filter(|span| is_within(provenance.published_at, *span));
        // What is not superseded yet, and is not the newest either, is superseded by this plan.
        let superseded_at = provenance.superseded_at.unwrap_or(self.now);
        let grace = policy.grace.filter(|span| place > 1 && is_within(superseded_at, *span));
        let stays = [
            versions.map(|of| Stay::Versions { place, of }),
            newer_than.map(Stay::NewerThan),
            grace.map(Stay::Grace),
        ];
        stays.into_iter().flatten().collect()
    }
}
