//! The desired state: a function of the manifest, the offers, what is published, and the clock.

use std::collections::{BTreeMap, BTreeSet};

use crate::debian::suite::Codename;
use crate::digest::Sha256;
use crate::manifest::Manifest;
use crate::plan::Note;
use crate::plan::danger::Consent;
use crate::plan::draft::{Draft, Ground, Removals};
use crate::plan::intake::{Conflict, Taken, Upload};
use crate::plan::offer::Offers;
use crate::snapshot::{PackageId, Snapshot};
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
    /// What decides about dangers.
    pub consent: Consent,
    /// For how long what is given up stays in the store.
    pub purge_after: Span,
}

/// Returns the desired state, or every conflict that stands in its way.
///
/// `now` becomes the time at which new packages are first published. No file gets a name that is
/// spent.
///
/// # Errors
///
/// When one version has different bytes in one distribution, whoever offers them.
pub fn desired(
    manifest: &Manifest,
    offers: &Offers,
    published: &Snapshot,
    now: Timestamp,
) -> Result<Desired, Vec<Conflict>> {
    let ground = Ground { manifest, offers, spent: &published.spent, now };
    let mut taken = Vec::new();
    let mut snapshot = Snapshot::default();
    let mut removals = BTreeMap::new();
    for (codename, declared) in &manifest.distributions {
        let before = published.distributions.get(codename);
        let mut draft = Draft::new(ground, declared, before);
        taken.push(draft.take());
        let (distribution, reasons) = draft.finish();
        snapshot.distributions.insert(codename.clone(), distribution);
        removals.insert(codename.clone(), reasons);
    }
    let Taken { files, notes: kept, .. } = together(taken)?;
    let mut notes = undeclared(manifest, published);
    notes.extend(kept);
    notes.extend(different_bytes(&snapshot));
    let files = listed(files, &snapshot);
    let (consent, purge_after) = (Consent::of(manifest), manifest.purge_after);
    Ok(Desired { snapshot, files, removals, notes, consent, purge_after })
}

/// Returns what is published with the offered files added to it, and nothing else changed.
///
/// Only distributions that something is offered to are in it, each as it is published, whatever
/// the manifest declares by now; those that are not published are left out. The manifest says who
/// signs, and what is yanked.
///
/// # Errors
///
/// As for [`desired()`].
pub fn added(
    manifest: &Manifest,
    offers: &Offers,
    published: &Snapshot,
    now: Timestamp,
) -> Result<Desired, Vec<Conflict>> {
    let ground = Ground { manifest, offers, spent: &published.spent, now };
    let mut taken = Vec::new();
    let mut snapshot = Snapshot::default();
    for (codename, before) in &published.distributions {
        if ground.candidates(codename).next().is_some() {
            let mut draft = Draft::published(ground, codename, before);
            taken.push(draft.take());
            snapshot.distributions.insert(codename.clone(), draft.keep());
        }
    }
    let Taken { files, notes: kept, .. } = together(taken)?;
    let notes = kept.into_iter().chain(different_bytes(&snapshot)).collect();
    let removals = BTreeMap::new();
    let purge_after = manifest.purge_after;
    // Nothing of the manifest's is judged but what is added.
    let consent = Consent::default();
    Ok(Desired { snapshot, files, removals, notes, consent, purge_after })
}

/// Puts together what the distributions took.
///
/// # Errors
///
/// When there are conflicts: each once, and in order.
fn together(taken: Vec<Taken>) -> Result<Taken, Vec<Conflict>> {
    let mut all = Taken::default();
    for one in taken {
        all.files.extend(one.files);
        all.notes.extend(one.notes);
        all.conflicts.extend(one.conflicts);
    }
    if all.conflicts.is_empty() { Ok(all) } else { Err(all.conflicts.into_iter().collect()) }
}

/// Returns the files that are listed in the end: retention may have refused some.
fn listed(mut files: BTreeMap<String, Upload>, snapshot: &Snapshot) -> BTreeMap<String, Upload> {
    let packages = snapshot.distributions.values().flat_map(|d| d.components.values().flatten());
    let mut listed = BTreeMap::new();
    for (_, package) in packages {
        listed.extend(files.remove_entry(&package.file.filename));
    }
    listed
}

fn undeclared(manifest: &Manifest, published: &Snapshot) -> Vec<Note> {
    let published = published.distributions.keys();
    published
        .filter(|codename| !manifest.distributions.contains_key(*codename))
        .map(|codename| Note::Undeclared(codename.clone()))
        .collect()
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
