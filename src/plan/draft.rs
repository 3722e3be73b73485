//! One distribution on its way from what is published to what is desired.
//!
//! The steps follow each other: yanks remove, what mirrors lost is struck, what sources offer is taken
//! in, and what no rule of retention wants leaves last.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::apt::release::{Identity, Pin};
use crate::debian::architecture::Architecture;
use crate::debian::suite::{Codename, Component};
use crate::fingerprint::Fingerprint;
use crate::manifest::{Exception, Manifest, Mode};
use crate::plan::ground::Ground;
use crate::plan::intake::{Candidate, Intake, Replacement, Taken};
use crate::plan::retention::places;
use crate::plan::verdicts::verdicts;
use crate::plan::{Cause, Reason};
use crate::snapshot::{Distribution, Memory, Package, PackageId, Packages, Snapshot};

/// Why a package that is published leaves.
pub type Removals = BTreeMap<(Component, PackageId), Reason>;

/// A distribution in the making.
pub struct Draft<'a> {
    ground: Ground<'a>,
    codename: &'a Codename,
    replacement: Replacement,
    /// What it holds so far.
    pub distribution: Distribution,
    /// Why packages leave.
    pub removals: Removals,
    withdrawn: BTreeSet<(Component, PackageId)>,
}

impl<'a> Draft<'a> {
    /// Returns a distribution as the manifest declares it, with what is published in it but for what
    /// only mirrors brought and have no more.
    pub fn new(
        ground: Ground<'a>,
        declared: &'a crate::manifest::Distribution,
        before: Option<&Distribution>,
    ) -> Self {
        let distribution = declared_distribution(ground.manifest, declared, before);
        let mut draft = Self {
            ground,
            codename: &declared.codename,
            replacement: Replacement::Dangerous,
            distribution,
            removals: Removals::new(),
            withdrawn: BTreeSet::new(),
        };
        // What is withdrawn stands in nobody's way.
        draft.drop_yanked();
        draft.withdraw();
        draft
    }

    /// Lets go of packages that left a draft before this one, for the same reasons.
    pub fn let_go(&mut self, unkept: Removals) {
        for (component, id) in unkept.keys() {
            let Some(packages) = self.distribution.components.get(component) else { continue };
            let Some(package) = packages.get(id) else { continue };
            let memory: &mut Memory = &mut self.distribution.remembered;
            let remembered = memory.entry(component.clone()).or_default();
            remembered.insert(id.clone(), package.provenance.clone());
        }
        self.drop_all(unkept);
    }

    /// Returns a distribution as it is published, whatever the manifest declares; but the manifest
    /// says who signs it.
    pub fn published(ground: Ground<'a>, codename: &'a Codename, before: &Distribution) -> Self {
        let signed_by = signers(ground.manifest);
        Self {
            ground,
            codename,
            replacement: Replacement::Refused,
            distribution: Distribution { signed_by, ..before.clone() },
            removals: Removals::new(),
            withdrawn: BTreeSet::new(),
        }
    }

    /// Lets nothing leave.
    pub fn keep(mut self) -> Distribution {
        self.supersede();
        self.distribution
    }

    /// Takes in what sources offer, but for what is yanked.
    pub fn take(&mut self) -> Taken {
        let mut offered: BTreeMap<PackageId, Vec<Candidate<'a>>> = BTreeMap::new();
        for (id, candidate) in self.ground.candidates(self.codename) {
            if self.yank(candidate.component, &id).is_none() {
                offered.entry(id).or_default().push(candidate);
            }
        }
        self.drop_lost(&offered);
        let mut intake = Intake::new(self.ground, self.codename, self.replacement);
        for (id, candidates) in offered {
            intake.take(&mut self.distribution, &id, candidates);
        }
        intake.taken
    }

    /// Lets everything leave that has to.
    pub fn finish(mut self) -> (Distribution, Removals) {
        self.drop_withdrawn();
        self.supersede();
        self.drop_unkept();
        self.forget();
        (self.distribution, self.removals)
    }

    /// Strikes mirror sources off what they brought and offer no more.
    ///
    /// A source that the manifest does not declare any more orphans what it brought, and that stays.
    fn withdraw(&mut self) {
        let Self { ground, codename, .. } = *self;
        let sources = ground.manifest.sources.values();
        for source in sources.filter(|source| source.mode == Mode::Mirror) {
            let offered: BTreeSet<(&Component, PackageId)> = ground
                .offered(&source.name, codename)
                .map(|(id, candidate)| (candidate.component, id))
                .collect();
            for (component, packages) in &mut self.distribution.components {
                if !ground.is_told(&source.name, codename, component) {
                    continue;
                }
                let is_gone = |(id, package): &(&PackageId, &Package)| {
                    package.provenance.sources.contains(&source.name)
                        && !offered.contains(&(component, PackageId::clone(id)))
                };
                let gone: Vec<_> =
                    packages.iter().filter(is_gone).map(|(id, _)| id.clone()).collect();
                for id in gone {
                    let package = packages.get_mut(&id).expect("it was there just now");
                    Arc::make_mut(&mut package.provenance.sources).remove(&source.name);
                    self.withdrawn.insert((component.clone(), id));
                }
            }
        }
    }

    /// Removes what was withdrawn and nobody else brought or has, before anything is held against it.
    fn drop_lost(&mut self, offered: &BTreeMap<PackageId, Vec<Candidate<'_>>>) {
        let withdrawn = &self.withdrawn;
        let components = self.distribution.components.iter_mut();
        // To look through one copies it.
        let touched = components
            .filter(|(component, _)| withdrawn.iter().any(|(from, _)| from == *component));
        for (component, packages) in touched {
            packages.retain(|id, package| {
                let mut offers = offered.get(id).into_iter().flatten();
                !package.provenance.sources.is_empty()
                    || !withdrawn.contains(&(component.clone(), id.clone()))
                    || offers.any(|offer| {
                        offer.component == component && offer.sha256() == package.file.sha256
                    })
            });
        }
    }

    /// Removes what was withdrawn, unless another source brought it too or offers it now.
    fn drop_withdrawn(&mut self) {
        for (component, id) in &self.withdrawn {
            let packages = self.distribution.components.get_mut(component);
            let packages = packages.expect("it was withdrawn from one that is there");
            let is_orphan = |package: &Package| package.provenance.sources.is_empty();
            if packages.get(id).is_some_and(is_orphan) {
                packages.remove(id);
            }
        }
    }

    fn yank(&self, component: &Component, id: &PackageId) -> Option<&'a Exception> {
        self.ground.manifest.yank.find(self.codename, component, &id.name, &id.version)
    }

    fn drop_yanked(&mut self) {
        let packages = self.distribution.components.iter();
        let ids = packages
            .flat_map(|(component, packages)| packages.keys().map(move |id| (component, id)));
        let yanked = ids.filter_map(|(component, id)| {
            let reason = &self.yank(component, id)?.reason;
            let cause = Cause { text: reason.text.clone(), line: reason.line };
            Some(((component.clone(), id.clone()), Reason::Yanked(cause)))
        });
        let yanked: Removals = yanked.collect();
        self.drop_all(yanked);
    }

    fn drop_all(&mut self, removals: Removals) {
        for (component, id) in removals.keys() {
            if let Some(packages) = self.distribution.components.get_mut(component) {
                packages.remove(id);
            }
        }
        self.removals.extend(removals);
    }

    /// Notes which versions have a newer one beside them, and since when.
    fn supersede(&mut self) {
        for packages in self.distribution.components.values_mut() {
            let changed =
                packages.iter().zip(places(packages)).filter_map(|((id, package), place)| {
                    let is_superseded = place > 1;
                    let is_recorded = package.provenance.superseded_at.is_some();
                    (is_superseded != is_recorded).then(|| (id.clone(), is_superseded))
                });
            for (id, is_superseded) in changed.collect::<Vec<_>>() {
                let package = packages.get_mut(&id).expect("it was there just now");
                package.provenance.superseded_at = is_superseded.then_some(self.ground.now);
            }
        }
    }

    /// Removes what no rule of retention wants, and remembers it.
    fn drop_unkept(&mut self) {
        let manifest = self.ground.manifest;
        if manifest.retention.policies().next().is_none() {
            return;
        }
        let Self { ground, codename, distribution, .. } = &*self;
        let verdicts = verdicts(ground.manifest, codename, distribution, ground.now).into_iter();
        let unkept = verdicts.flat_map(|(component, judged)| {
            let unkept = judged.into_iter().filter(|(_, stays)| stays.is_empty());
            unkept.map(move |(id, _)| (component.clone(), id.clone()))
        });
        let reason = |(component, id): (Component, PackageId)| {
            let policy = manifest.retention.policy(self.codename, &component, &id.name);
            let policy = policy.expect("a package without a policy stays");
            let cause = Cause { text: policy.scope.to_string(), line: policy.line };
            ((component, id), Reason::Unkept(cause))
        };
        let unkept: Removals = unkept.map(reason).collect();
        self.let_go(unkept);
    }

    /// Forgets what is listed again, and what no source can bring back as new.
    ///
    /// A source that is not in this run may still have it.
    fn forget(&mut self) {
        if self.distribution.remembered.is_empty() {
            return;
        }
        let Self { ground, codename, .. } = *self;
        let candidates = ground.candidates(codename);
        let offered: BTreeSet<(&Component, PackageId)> =
            candidates.map(|(id, candidate)| (candidate.component, id)).collect();
        let may_return = |component: &Component, source: &String| {
            let is_declared = ground.manifest.sources.contains_key(source);
            is_declared && !ground.is_told(source, codename, component)
        };
        for (component, remembered) in &mut self.distribution.remembered {
            let listed = self.distribution.components.get(component);
            remembered.retain(|id, provenance| {
                let is_listed = listed.is_some_and(|packages| packages.contains_key(id));
                let is_offered = offered.contains(&(component, id.clone()))
                    || ground.is_awaited(codename, component, id);
                let may_return = provenance.sources.iter().any(|s| may_return(component, s));
                !is_listed && (is_offered || may_return)
            });
        }
        self.distribution.remembered.retain(|_, remembered| !remembered.is_empty());
    }
}

/// Returns a distribution as the manifest declares it, with what is already published in it.
fn declared_distribution(
    manifest: &Manifest,
    declared: &crate::manifest::Distribution,
    before: Option<&Distribution>,
) -> Distribution {
    let published = |component: &Component| -> Packages {
        let packages = before.and_then(|before| before.components.get(component));
        let mut packages = packages.cloned().unwrap_or_default();
        if !packages.keys().all(|id| is_declared(&declared.architectures, id)) {
            packages.retain(|id, _| is_declared(&declared.architectures, id));
        }
        packages
    };
    Distribution {
        identity: identity(declared),
        architectures: declared.architectures.clone(),
        compression: declared.compression.iter().copied().collect(),
        hashes: declared.hashes,
        contents: declared.contents,
        valid_for: declared.valid_for,
        signed_by: signers(manifest),
        components: declared
            .components
            .iter()
            .map(|component| (component.clone(), published(component)))
            .collect(),
        component_order: declared.components.clone(),
        remembered: before.map(|before| before.remembered.clone()).unwrap_or_default(),
    }
}

/// Returns what stays of each distribution that is published and that the manifest does not declare.
///
/// It is signed as everything else is: the keys that sign today leave some day.
pub fn removed(
    manifest: &Manifest,
    published: &Snapshot,
) -> impl Iterator<Item = (Codename, Distribution)> {
    let undeclared = published.distributions.iter();
    let undeclared =
        undeclared.filter(|(codename, _)| !manifest.distributions.contains_key(*codename));
    undeclared.map(|(codename, before)| {
        let tombstone = Distribution { signed_by: signers(manifest), ..before.tombstone() };
        (codename.clone(), tombstone)
    })
}

fn signers(manifest: &Manifest) -> Vec<Fingerprint> {
    manifest.signing.keys.iter().map(|key| key.fingerprint).collect()
}

fn is_declared(architectures: &[Architecture], id: &PackageId) -> bool {
    id.architecture.is_all() || architectures.contains(&id.architecture)
}

fn identity(declared: &crate::manifest::Distribution) -> Identity {
    let pin = match (declared.not_automatic, declared.but_automatic_upgrades) {
        (true, true) => Pin::UpgradesOnly,
        (true, false) => Pin::NotAutomatic,
        (false, _) => Pin::Automatic,
    };
    Identity {
        origin: declared.origin.clone(),
        label: declared.label.clone(),
        suite: declared.suite.clone(),
        version: declared.version.clone(),
        codename: declared.codename.to_string(),
        description: declared.description.clone(),
        pin,
    }
}
