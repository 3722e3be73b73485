//! The desired state: a function of the manifest, the offers, what is published, and the clock.

use std::collections::{BTreeMap, BTreeSet};

use crate::debian::suite::{Codename, Component};
use crate::digest::Sha256;
use crate::manifest::{Manifest, Target};
use crate::plan::Note;
use crate::plan::danger::Consent;
use crate::plan::draft::{Draft, Removals, removed};
use crate::plan::ground::Ground;
use crate::plan::intake::{Obstacle, Taken, Upload};
use crate::plan::loss::{self, Loss, Turn};
use crate::plan::offer::Offers;
use crate::plan::promotion::{self, Origin, Promotions, Withheld};
use crate::plan::strangers;
use crate::snapshot::{Distribution, PackageId, Packages, Snapshot};
use crate::time::{Span, Timestamp};

/// What should be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desired {
    /// The desired repository.
    pub snapshot: Snapshot,
    /// Where the bytes of offered files are, by the key that they get in the pool.
    pub files: BTreeMap<String, Upload>,
    /// Why published packages leave, by distribution, where the manifest says so.
    pub removals: BTreeMap<Codename, Removals>,
    /// What a person should know of how it came about.
    pub notes: Vec<Note>,
    /// What became of the sources.
    pub sourcing: Sourcing,
    /// What decides about dangers.
    pub consent: Consent,
    /// For how long what is given up stays in the store.
    pub purge_after: Span,
}

/// What became of the sources on the way to a desired state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sourcing {
    /// How many package files each promotion offers, by the source's name.
    pub promoted: BTreeMap<String, usize>,
    /// Where promoted packages come from that are new in a distribution.
    pub origins: BTreeMap<Codename, Origins>,
    /// What promotions let in and targets don't get.
    pub withheld: Vec<Withheld>,
    /// What mirrors have lost, in the order of their names.
    pub losses: Vec<Loss>,
}

/// Where packages of a distribution are promoted from, by the source's name.
pub type Origins = BTreeMap<(Component, PackageId), BTreeMap<String, Origin>>;

/// Returns the desired state, or everything that stands in its way.
///
/// `now` becomes the time at which new packages are first published. No file gets a name that is
/// spent.
///
/// What is promoted depends on what the other distributions hold in the end, and that on what is
/// promoted there. So it begins with what is published, and goes on until nothing changes any more:
/// there are no circles, so one round for each component of a chain is enough.
///
/// # Errors
///
/// When one version has different bytes in one distribution, whoever offers them, or when
/// promotions can't be carried out.
pub fn desired(
    manifest: &Manifest,
    offers: &Offers,
    published: &Snapshot,
    now: Timestamp,
) -> Result<Desired, Vec<Obstacle>> {
    let mut promotions = Promotions::read(manifest, now, |target| listed_in(published, target));
    let mut stages = BTreeMap::new();
    let mut stale: BTreeSet<&Codename> = manifest.distributions.keys().collect();
    let mut restless = Vec::new();
    let spent = &published.spent;
    for _ in 0..most_rounds(manifest) {
        let ground = Ground { manifest, offers, promotions: &promotions, spent, now };
        for codename in stale {
            let declared = &manifest.distributions[codename];
            let before = published.distributions.get(codename);
            stages.insert(codename, Stage::new(|| Draft::new(ground, declared, before)));
        }
        let next = Promotions::read(manifest, now, |target| {
            stages[&target.codename].distribution.components.get(&target.component)
        });
        restless = promotions.changed(&next).cloned().collect();
        stale = promotion::targets(manifest, restless.iter());
        promotions = next;
        if stale.is_empty() {
            let ground = Ground { manifest, offers, promotions: &promotions, spent, now };
            return conclude(ground, published, stages);
        }
    }
    // What contradicts itself comes first: what is promoted may depend on which of both counts.
    together(stages.into_values().map(|stage| stage.taken).collect(), std::iter::empty())?;
    Err(vec![Obstacle::Unsettled { sources: restless }])
}

/// Returns after how many rounds promotions must have settled.
///
/// A package that needs exactly one version of another keeps that from leaving its component, and so
/// makes a chain longer, and could even close it to a circle that never settles.
fn most_rounds(manifest: &Manifest) -> usize {
    let components = manifest.distributions.values().map(|declared| declared.components.len());
    2 * components.sum::<usize>() + 2
}

fn listed_in<'a>(snapshot: &'a Snapshot, target: &Target) -> Option<&'a Packages> {
    snapshot.distributions.get(&target.codename)?.components.get(&target.component)
}

/// A distribution as it would be with what is promoted so far.
struct Stage {
    distribution: Distribution,
    removals: Removals,
    taken: Taken,
}

impl Stage {
    /// Takes in what is offered, and lets leave what has to.
    ///
    /// Where a source gave way to what then left, it would take its place by the next plan. So it is
    /// all done once more, without that from the start.
    fn new<'a>(begin: impl Fn() -> Draft<'a>) -> Self {
        let mut gone = Removals::new();
        loop {
            let mut draft = begin();
            draft.let_go(gone.clone());
            let taken = draft.take();
            let (distribution, removals) = draft.finish();
            let left = taken.gave_way_to.iter().filter_map(|place| removals.get_key_value(place));
            let known = gone.len();
            gone.extend(left.map(|(place, reason)| (place.clone(), reason.clone())));
            if gone.len() == known {
                return Self { distribution, removals, taken };
            }
        }
    }
}

/// Puts the distributions together.
fn conclude(
    ground: Ground<'_>,
    published: &Snapshot,
    stages: BTreeMap<&Codename, Stage>,
) -> Result<Desired, Vec<Obstacle>> {
    let Ground { manifest, promotions, .. } = ground;
    let turns = stages.iter().filter_map(|(codename, stage)| {
        let (after, removals) = (&stage.distribution, &stage.removals);
        Some(Turn { codename, before: published.distributions.get(*codename)?, after, removals })
    });
    let losses = loss::losses(ground, &turns.collect::<Vec<_>>());
    let mut sourcing = Sourcing { promoted: promotions.counts(), losses, ..Sourcing::default() };
    let mut snapshot = Snapshot::default();
    let mut removals = BTreeMap::new();
    let mut taken = Vec::new();
    for (codename, mut stage) in stages {
        sourcing.origins.insert(codename.clone(), std::mem::take(&mut stage.taken.origins));
        snapshot.distributions.insert(codename.clone(), stage.distribution);
        removals.insert(codename.clone(), stage.removals);
        taken.push(stage.taken);
    }
    sourcing.withheld = promotions.withheld(manifest, &snapshot);
    let Taken { files, notes: kept, .. } = together(taken, promotions.void(manifest))?;
    let promoted = promotions.notes(manifest, &snapshot);
    snapshot.distributions.extend(removed(manifest, published));
    let mut notes: Vec<Note> = kept.into_iter().collect();
    notes.extend(promoted);
    notes.extend(different_bytes(&snapshot));
    notes.extend(strangers::notes(manifest, ground.offers, [published, &snapshot]));
    let files = listed(files, &snapshot);
    let (consent, purge_after) = (Consent::of(manifest), manifest.purge_after);
    Ok(Desired { snapshot, files, removals, notes, sourcing, consent, purge_after })
}

/// Returns what is published with the offered files added to it, and nothing else changed.
///
/// Only distributions that something is offered to are in it, each as it is published, whatever
/// the manifest declares by now; those that are not published are left out. The manifest says who
/// signs, and what is yanked. Nothing is promoted: that is up to an apply.
///
/// # Errors
///
/// As for [`desired()`].
pub fn added(
    manifest: &Manifest,
    offers: &Offers,
    published: &Snapshot,
    now: Timestamp,
) -> Result<Desired, Vec<Obstacle>> {
    let promotions = &Promotions::default();
    let ground = Ground { manifest, offers, promotions, spent: &published.spent, now };
    let mut taken = Vec::new();
    let mut snapshot = Snapshot::default();
    for (codename, before) in &published.distributions {
        if ground.candidates(codename).next().is_some() {
            let mut draft = Draft::published(ground, codename, before);
            taken.push(draft.take());
            snapshot.distributions.insert(codename.clone(), draft.keep());
        }
    }
    let Taken { files, notes: kept, .. } = together(taken, std::iter::empty())?;
    let notes = kept.into_iter().chain(different_bytes(&snapshot)).collect();
    let removals = BTreeMap::new();
    let purge_after = manifest.purge_after;
    // Nothing of the manifest's is judged but what is added.
    let consent = Consent::default();
    let sourcing = Sourcing::default();
    Ok(Desired { snapshot, files, removals, notes, sourcing, consent, purge_after })
}

/// Puts together what the distributions took.
///
/// # Errors
///
/// When anything stands in the way: each once, and in order.
fn together(
    taken: Vec<Taken>,
    others: impl Iterator<Item = Obstacle>,
) -> Result<Taken, Vec<Obstacle>> {
    let mut all = Taken::default();
    for one in taken {
        all.files.extend(one.files);
        all.notes.extend(one.notes);
        all.conflicts.extend(one.conflicts);
    }
    let conflicts = std::mem::take(&mut all.conflicts).into_iter();
    let obstacles: Vec<_> = conflicts.map(Obstacle::from).chain(others).collect();
    if obstacles.is_empty() { Ok(all) } else { Err(obstacles) }
}

/// Returns the files that are listed in the end: retention may have refused some.
fn listed(mut files: BTreeMap<String, Upload>, snapshot: &Snapshot) -> BTreeMap<String, Upload> {
    let packages = snapshot.distributions.values().flat_map(|d| d.components.values().flatten());
    let mut listed = BTreeMap::new();
    for (_, package) in packages {
        if files.is_empty() {
            break;
        }
        listed.extend(files.remove_entry(&*package.file.filename));
    }
    listed
}

/// Returns a note for each version that has other bytes in a second distribution.
fn different_bytes(snapshot: &Snapshot) -> Vec<Note> {
    let mut seen: BTreeMap<&PackageId, (&Codename, Sha256)> = BTreeMap::new();
    let mut notes = BTreeSet::new();
    if snapshot.distributions.len() < 2 {
        return Vec::new();
    }
    for (codename, distribution) in &snapshot.distributions {
        for (id, package) in distribution.components.values().flatten() {
            let (first, sha256) = *seen.entry(id).or_insert((codename, package.file.sha256));
            if sha256 != package.file.sha256 {
                notes.insert(Note::DifferentBytes {
                    package: id.to_string(),
                    distributions: (first.clone(), codename.clone()),
                });
            }
        }
    }
    notes.into_iter().collect()
}
