//! Promotions: what sources take from other components of the repository.
//!
//! A promotion reads the *desired* state of the component that it takes from, so that one apply brings
//! about all of it, also by way of several distributions, and the next plan is empty. Whether a version
//! has been there for long enough is a question of when it was published there, and of the time of
//! the plan.

use std::collections::{BTreeMap, BTreeSet};

use crate::debian::architecture::Architecture;
use crate::debian::name::PackageName;
use crate::debian::suite::Codename;
use crate::debian::version::Version;
use crate::manifest::{self, Manifest, Mode, Rule, Source, SourceKind, Target, Verdict};
use crate::plan::intake::Obstacle;
use crate::plan::{Cause, Note};
use crate::snapshot::{Package, PackageId, Packages, Snapshot};
use crate::text::suggestion;
use crate::time::{Span, Timestamp};

/// So many versions or names are shown where one is missing or has to wait.
const SHOWN: usize = 3;

/// Where a promoted package comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The component that lists it.
    pub from: Target,
    /// For how long it has been there, if the source asks for a time.
    pub soaked: Option<Span>,
}

/// A version that is not promoted yet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Soaking {
    /// When it will have been there for long enough.
    pub until: Timestamp,
    /// When it was published where it is promoted from.
    pub since: Timestamp,
    /// `name version`.
    pub package: String,
}

/// A package that a promotion lets in, and that its target does not get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withheld {
    /// Where it would go.
    pub target: Target,
    /// The package.
    pub id: PackageId,
    /// What keeps it out.
    pub hold: Hold,
}

/// What keeps a package out of the target of a promotion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hold {
    /// A line of `[yank]`.
    Yank(Cause),
    /// It has not been where it comes from for long enough.
    Soak {
        /// The source.
        source: String,
        /// Until when it has to wait.
        until: Timestamp,
    },
}

/// What all promotions of a manifest offer.
#[derive(Debug, Clone, Default)]
pub struct Promotions {
    by_source: BTreeMap<String, Promoted>,
}

/// What one promotion offers.
#[derive(Debug, Clone)]
pub struct Promoted {
    from: Target,
    soak: Option<Span>,
    packages: BTreeMap<PackageId, Package>,
    /// What it lets in and does not offer yet, with the time at which it was published.
    soaking: BTreeMap<PackageId, Timestamp>,
}

impl Promotions {
    /// Reads what the promotions of a manifest offer from the packages of components.
    pub fn read<'p>(
        manifest: &Manifest,
        now: Timestamp,
        packages: impl Fn(&Target) -> Option<&'p Packages>,
    ) -> Self {
        let promotions = promotions(manifest);
        let promoted = promotions.map(|(source, promotion)| {
            let origin = packages(&promotion.from).into_iter().flatten();
            (source.name.clone(), Promoted::read(source, promotion, now, origin))
        });
        Self { by_source: promoted.collect() }
    }

    /// Returns what a source promotes; nothing if it is no promotion, or if none is looked at.
    pub fn get(&self, source: &str) -> Option<&Promoted> {
        self.by_source.get(source)
    }

    /// Returns the sources that promote.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.by_source.keys()
    }

    /// Returns the sources that don't offer the same as in the other.
    pub fn changed<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = &'a String> {
        self.by_source.iter().filter_map(|(name, promoted)| {
            let is_same = other.get(name).is_some_and(|other| promoted.offers_the_same(other));
            (!is_same).then_some(name)
        })
    }

    /// Returns how many package files each source offers.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        let counts = self.by_source.iter();
        counts.map(|(name, promoted)| (name.clone(), promoted.packages.len())).collect()
    }

    /// Returns an error for each mirror that has nothing to offer, now or later.
    pub fn void(&self, manifest: &Manifest) -> impl Iterator<Item = Obstacle> {
        let is_strict = |source: &Source| source.mode == Mode::Mirror && !source.allow_empty;
        let strict = promotions(manifest).filter(move |(source, _)| is_strict(source));
        strict.filter_map(|(source, promotion)| {
            let promoted = self.get(&source.name)?;
            let is_void = promoted.packages.is_empty() && promoted.soaking.is_empty();
            is_void.then(|| Obstacle::NothingToPromote {
                source_name: source.name.clone(),
                from: promotion.from.to_string(),
            })
        })
    }

    /// Returns what is let in and kept out all the same, once the desired state is found.
    pub fn withheld(&self, manifest: &Manifest, desired: &Snapshot) -> Vec<Withheld> {
        let mut withheld = Vec::new();
        for (source, _) in promotions(manifest) {
            let Some(promoted) = self.get(&source.name) else { continue };
            for (target, id) in promoted.routes(source, desired) {
                let Target { codename, component } = target;
                let yank = manifest.yank.find(codename, component, &id.name, &id.version);
                let yank = yank.map(|line| {
                    Hold::Yank(Cause { text: line.reason.text.clone(), line: line.reason.line })
                });
                let hold = yank.or_else(|| promoted.soaks(source, id));
                let (target, id) = (target.clone(), id.clone());
                withheld.extend(hold.map(|hold| Withheld { target, id, hold }));
            }
        }
        withheld
    }

    /// Returns what a person should know of the promotions, once the desired state is found.
    pub fn notes(&self, manifest: &Manifest, desired: &Snapshot) -> Vec<Note> {
        let mut notes = Vec::new();
        for (source, promotion) in promotions(manifest) {
            let Some(promoted) = self.get(&source.name) else { continue };
            notes.extend(promoted.waiting(source, desired));
            let rules = source.packages.rules.iter();
            notes.extend(rules.filter_map(|rule| missing(source, promotion, rule, desired)));
        }
        notes
    }
}

impl Promoted {
    fn read<'p>(
        source: &Source,
        promotion: &manifest::Promotion,
        now: Timestamp,
        origin: impl Iterator<Item = (&'p PackageId, &'p Package)>,
    ) -> Self {
        let (from, soak) = (promotion.from.clone(), promotion.soak);
        let (mut packages, mut soaking) = (BTreeMap::new(), BTreeMap::new());
        for (id, package) in origin.filter(|(id, _)| lets_in(source, id)) {
            let published_at = package.provenance.published_at;
            if soak.is_none_or(|soak| Span::between(published_at, now) >= soak) {
                packages.insert(id.clone(), package.clone());
            } else {
                soaking.insert(id.clone(), published_at);
            }
        }
        Self { from, soak, packages, soaking }
    }

    /// Returns what it offers to a distribution with these architectures.
    ///
    /// What a distribution does not declare it does not get: its architectures are no mistake of
    /// whoever built for the other one.
    pub fn offered_for<'a>(
        &'a self,
        architectures: &'a [Architecture],
    ) -> impl Iterator<Item = (&'a PackageId, &'a Package)> {
        self.packages.iter().filter(move |(id, _)| is_declared(architectures, id))
    }

    /// Tells whether it will offer a package once that has been there for long enough.
    pub fn is_soaking(&self, id: &PackageId) -> bool {
        self.soaking.contains_key(id)
    }

    /// Returns where it takes packages from.
    pub fn from(&self) -> &Target {
        &self.from
    }

    /// Returns where one of its packages comes from, as of now.
    pub fn origin(&self, package: &Package, now: Timestamp) -> Origin {
        let age = Span::between(package.provenance.published_at, now);
        Origin { from: self.from.clone(), soaked: self.soak.map(|_| age) }
    }

    fn offers_the_same(&self, other: &Self) -> bool {
        let [ours, theirs] =
            [self, other].map(|promoted| promoted.packages.iter().map(|(id, p)| (id, &p.file)));
        ours.eq(theirs)
    }

    /// Returns everything that it lets in and that a target does not list, with that target.
    fn routes<'a>(
        &'a self,
        source: &'a Source,
        desired: &'a Snapshot,
    ) -> impl Iterator<Item = (&'a Target, &'a PackageId)> {
        let ids = || self.packages.keys().chain(self.soaking.keys());
        source.targets.iter().flat_map(move |target| {
            let distribution = &desired.distributions[&target.codename];
            let listed = &distribution.components[&target.component];
            let is_new = |id: &&PackageId| {
                is_declared(&distribution.architectures, id) && !listed.contains_key(*id)
            };
            ids().filter(is_new).map(move |id| (target, id))
        })
    }

    /// Returns until when a package has to wait, if it has to.
    fn soaks(&self, source: &Source, id: &PackageId) -> Option<Hold> {
        let until = self.soak?.after(*self.soaking.get(id)?);
        Some(Hold::Soak { source: source.name.clone(), until })
    }

    /// Returns a note of what has to wait and is not in every target yet.
    fn waiting(&self, source: &Source, desired: &Snapshot) -> Option<Note> {
        let soak = self.soak?;
        let mut versions: BTreeMap<(&PackageName, &Version), Timestamp> = BTreeMap::new();
        for (_, id) in self.routes(source, desired) {
            let Some(since) = self.soaking.get(id) else { continue };
            let latest = versions.entry((&id.name, &id.version)).or_insert(*since);
            *latest = (*latest).max(*since);
        }
        let soaking = versions.into_iter().map(|((name, version), since)| {
            let (package, until) = (format!("{name} {version}"), soak.after(since));
            Soaking { until, since, package }
        });
        let soaking: BTreeSet<Soaking> = soaking.collect();
        let more = soaking.len().saturating_sub(SHOWN);
        let first: Vec<_> = soaking.into_iter().take(SHOWN).collect();
        let (source, from) = (source.name.clone(), self.from.to_string());
        (!first.is_empty()).then_some(Note::Soaking { source, from, first, more })
    }
}

fn promotions(manifest: &Manifest) -> impl Iterator<Item = (&Source, &manifest::Promotion)> {
    manifest.sources.values().filter_map(|source| match &source.kind {
        SourceKind::Promotion(promotion) => Some((source, promotion)),
        SourceKind::Path(_) | SourceKind::Push => None,
    })
}

fn lets_in(source: &Source, id: &PackageId) -> bool {
    let only = source.architectures.as_ref();
    let is_taken = only.is_none_or(|only| only.contains(&id.architecture));
    (is_taken || id.architecture.is_all())
        && source.packages.verdict(&id.name, &id.version) == Verdict::LetIn
}

fn is_declared(architectures: &[Architecture], id: &PackageId) -> bool {
    id.architecture.is_all() || architectures.contains(&id.architecture)
}

/// Returns a note of a rule that no package has brought about, of those there and those promoted
/// before.
fn missing(
    source: &Source,
    promotion: &manifest::Promotion,
    rule: &Rule,
    desired: &Snapshot,
) -> Option<Note> {
    let is_meant = |id: &PackageId| {
        let versions = rule.versions.as_ref();
        rule.name.matches(&id.name) && versions.is_none_or(|set| set.matches(&id.version))
    };
    let listed = |target: &Target| ids(desired, target);
    let places = [&promotion.from].into_iter().chain(&source.targets);
    if places.flat_map(listed).any(is_meant) {
        return None;
    }
    let there: Vec<&PackageId> = ids(desired, &promotion.from).collect();
    let versions: BTreeSet<&Version> = there
        .iter()
        .filter(|id| rule.name.is_exact() && rule.name.matches(&id.name))
        .map(|id| &id.version)
        .collect();
    let newest = versions.iter().rev().take(SHOWN).map(ToString::to_string);
    let mut nearest: Vec<String> = newest.collect();
    if nearest.is_empty() {
        let names = there.iter().map(|id| id.name.as_str());
        nearest.extend(suggestion(rule.name.as_str(), names).map(str::to_owned));
    }
    Some(Note::NothingToPromote {
        source: source.name.clone(),
        from: promotion.from.to_string(),
        rule: rule.to_string(),
        nearest,
    })
}

fn ids<'a>(
    snapshot: &'a Snapshot,
    target: &Target,
) -> impl Iterator<Item = &'a PackageId> + use<'a> {
    let distribution = snapshot.distributions.get(&target.codename);
    let packages = distribution.and_then(|found| found.components.get(&target.component));
    packages.into_iter().flat_map(|packages| packages.keys())
}

/// Returns the distributions that sources promote to.
pub fn targets<'a, 'n>(
    manifest: &'a Manifest,
    sources: impl Iterator<Item = &'n String>,
) -> BTreeSet<&'a Codename> {
    let sources = sources.filter_map(|name| manifest.sources.get(name));
    sources.flat_map(|source| &source.targets).map(|target| &target.codename).collect()
}
