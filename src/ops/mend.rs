//! Damage to what is published: which of it an apply makes up for, and how it does.
//!
//! A plan meets some of it by itself: an index file that is gone while another form of it is there.
//! [`look_closer`] finds the rest, as `drift` does.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::apt::packages::FileFields;
use crate::apt::path;
use crate::apt::release::IndexEntry;
use crate::blocking;
use crate::commit::run::CommitError;
use crate::commit::script::{BY_HASH, POOL};
use crate::debian::suite::Codename;
use crate::digest::Sha256;
use crate::drift::{self, DriftError};
use crate::ops::apply::{ApplyError, Publisher};
use crate::ops::drift::{Question, expected};
use crate::ops::plan::Planned;
use crate::ops::{checksums, contents};
use crate::plan::offer::{OfferedFile, Offers};
use crate::plan::{self, Damage, Indices, Note, Remedy, Repair, Upload};
use crate::published::damage::{self, Found, Lost};
use crate::published::{Published, copies};
use crate::report::{DriftItem, DriftKind, Event, Observe};
use crate::snapshot::Distribution;
use crate::store::{Headers, Key, Replacement, Store, StoreError};

/// No package file that is replaced in one piece is larger; a larger one is removed first.
const WHOLE: u64 = 64 << 20;

/// Returns a plan that also makes up for what was met of what is published when it was read.
///
/// # Errors
///
/// When the store does not answer as it should.
pub(super) async fn met(
    planned: Planned,
    lost: Vec<Lost>,
    store: &Store,
) -> Result<Planned, StoreError> {
    let mut planned = planned;
    let mut repairs = Vec::new();
    for lost in lost {
        let desired = planned.desired.snapshot.distributions.get(&lost.codename);
        if desired.is_some_and(Distribution::is_removed) {
            // Nobody will ask for it any more.
            continue;
        }
        let remedy = remedy(&planned, &lost, store).await?;
        if remedy == Remedy::Generation {
            rebuild(&mut planned, &lost.codename);
        }
        repairs.push(Repair { key: lost.key(), damage: lost.damage, remedy });
    }
    planned.plan = planned.plan.with_repairs(repairs);
    // Only now it is known which index files are made anew.
    let is_kept = |note: &Note| !matches!(note, Note::Unlisted { .. } | Note::Unsummed { .. });
    planned.plan.notes.retain(is_kept);
    let notes = contents::notes(&planned).into_iter().chain(checksums::notes(&planned));
    let notes: Vec<_> = notes.collect();
    planned.plan.notes.extend(notes);
    Ok(planned)
}

/// Looks through all that is published as `drift` does, and returns a plan that also makes up for
/// what is damaged.
///
/// # Errors
///
/// When the store can't be read, or GnuPG can't verify signatures.
pub async fn look_closer(
    planned: Planned,
    question: Question<'_>,
    store: &Store,
    observe: &dyn Observe,
) -> Result<Planned, DriftError> {
    let expected = expected(question);
    let facts = drift::read(store, &expected, question.depth, observe).await?;
    let (indices, packages) = (index_files(&planned.published), packages(&planned.published));
    let offered = offered(&planned.offers);
    let (mut lost, mut repairs) = (Vec::new(), Vec::new());
    for DriftItem { object: key, kind, .. } in drift::judge(&facts, &expected).items {
        let damage = match kind {
            DriftKind::Missing => Damage::Missing,
            DriftKind::Altered => Damage::Altered,
            DriftKind::KeyMissing | DriftKind::StrayKey => {
                repairs.push(Repair { key, damage: Damage::Altered, remedy: Remedy::Anew });
                continue;
            }
            _ => continue,
        };
        if let Some((codename, entry)) = indices.get(&key) {
            let (codename, entry) = ((*codename).clone(), (*entry).clone());
            lost.push(Lost { codename, entry, damage });
        } else if let Some(file) = packages.get(key.as_str()) {
            let upload = offered.get(&file.sha256).filter(|upload| upload.size == file.size);
            let remedy = upload.cloned().map_or(Remedy::None, Remedy::File);
            repairs.push(Repair { key, damage, remedy });
        } else if expected.entries.contains_key(&key) {
            repairs.push(Repair { key, damage, remedy: Remedy::Anew });
        }
    }
    let mut planned = met(planned, lost, store).await?;
    planned.plan = planned.plan.with_repairs(repairs);
    Ok(planned)
}

/// Returns what makes up for a lost index file.
async fn remedy(planned: &Planned, lost: &Lost, store: &Store) -> Result<Remedy, StoreError> {
    let head = &planned.published.heads[&lost.codename];
    let is_declared = planned.desired.snapshot.distributions.contains_key(&lost.codename);
    Ok(match damage::find(store, head, lost).await? {
        Some(Found::Copy(key, _)) => Remedy::Copy(key),
        Some(Found::Form(_)) => Remedy::Compression,
        None if is_declared => Remedy::Generation,
        None => Remedy::None,
    })
}

/// Makes a plan write all index files of a distribution anew.
fn rebuild(planned: &mut Planned, codename: &Codename) {
    let Planned { plan, desired, published, .. } = planned;
    let desired = &desired.snapshot.distributions[codename];
    let changes = plan.distributions.entry(codename.clone()).or_default();
    changes.indices = Indices::Rebuilt;
    changes.index_files = plan::index_files(None, desired);
    plan.base.insert(codename.clone(), published.heads[codename].base());
}

/// Returns the published index files, by the keys that they have by hash.
fn index_files(published: &Published) -> BTreeMap<String, (&Codename, &IndexEntry)> {
    let mut files = BTreeMap::new();
    for (codename, head) in &published.heads {
        let key = |entry: &IndexEntry| path::by_hash(codename, &entry.path, &entry.sha256);
        files.extend(copies::canonical(head).map(|entry| (key(entry), (codename, entry))));
    }
    files
}

/// Returns the published package files, by key.
fn packages(published: &Published) -> BTreeMap<&str, &FileFields> {
    let distributions = published.snapshot.distributions.values();
    let packages = distributions.flat_map(|distribution| distribution.components.values());
    let files = packages.flatten().map(|(_, package)| &package.file);
    files.map(|file| (file.filename.as_str(), file)).collect()
}

/// Returns where the sources of this run have files, by their digests.
fn offered(offers: &Offers) -> BTreeMap<Sha256, Upload> {
    let offerings = offers.sources.values().flat_map(|offer| &offer.offerings);
    let file = |file: &OfferedFile| Upload {
        path: file.path.clone(),
        size: file.size,
        sha256: file.sha256,
    };
    offerings.map(|offering| (offering.file.sha256, file(&offering.file))).collect()
}

impl Publisher<'_> {
    /// Restores what the plan knows to be damaged, so that what follows can build on it.
    ///
    /// # Errors
    ///
    /// When the bytes are not there any more, or can't be written.
    pub(super) async fn mend(
        &self,
        planned: &Planned,
        observe: &dyn Observe,
    ) -> Result<(), ApplyError> {
        for repair in planned.plan.repaired() {
            let is_done = match &repair.remedy {
                Remedy::Copy(_) | Remedy::Compression => {
                    self.restore_index(planned, repair).await.map_err(CommitError::Store)?
                }
                Remedy::File(upload) => {
                    self.restore_file(repair, upload).await.map_err(CommitError::Store)?;
                    true
                }
                Remedy::Generation | Remedy::Anew | Remedy::None => false,
            };
            if is_done {
                observe.event(&Event::Restored { object: repair.key.clone() });
            }
        }
        self.store.barrier().await.map_err(|error| CommitError::Store(error).into())
    }

    /// Writes an index file again; tells whether its bytes were still to be had.
    async fn restore_index(&self, planned: &Planned, repair: &Repair) -> Result<bool, StoreError> {
        let published = &planned.published;
        let indices = index_files(published);
        let Some((codename, entry)) = indices.get(&repair.key) else { return Ok(false) };
        let (codename, entry) = ((*codename).clone(), (*entry).clone());
        let lost = Lost { codename, entry, damage: repair.damage };
        let head = &published.heads[&lost.codename];
        let Some(found) = damage::find(self.store, head, &lost).await? else { return Ok(false) };
        self.put_right(repair, found.into_bytes(), lost.entry.sha256, &BY_HASH).await?;
        Ok(true)
    }

    async fn restore_file(&self, repair: &Repair, upload: &Upload) -> Result<(), StoreError> {
        let Upload { path, size, sha256 } = upload;
        let key = Key::parse(&repair.key)?;
        if repair.damage == Damage::Altered && *size <= WHOLE {
            let file = path.clone();
            let bytes = blocking::cpu(move || std::fs::read(file)).await;
            let failed = |source| StoreError::Source { path: path.clone(), source };
            let bytes = Bytes::from(bytes.map_err(failed)?);
            if Sha256::of(&bytes) != *sha256 {
                return Err(StoreError::SourceChanged { path: path.clone() });
            }
            return self.put_right(repair, bytes, *sha256, &POOL).await;
        }
        if repair.damage == Damage::Altered {
            // Clients that ask for it fail either way.
            self.store.delete(vec![key.clone()]).await?;
        }
        self.store.create_from_file(&key, path, *size, *sha256, &POOL).await.map(drop)
    }

    /// Makes an object hold the bytes that its name stands for; whoever else does the same at the
    /// same time writes the same.
    async fn put_right(
        &self,
        repair: &Repair,
        bytes: Bytes,
        sha256: Sha256,
        headers: &Headers,
    ) -> Result<(), StoreError> {
        let key = Key::parse(&repair.key)?;
        if repair.damage == Damage::Missing {
            return self.store.create(&key, bytes, sha256, headers).await.map(drop);
        }
        loop {
            let base = self.store.head(&key).await?.map(|entry| entry.etag);
            let replaced = self.store.replace(&key, bytes.clone(), base.as_ref(), headers).await?;
            if replaced != Replacement::Lost {
                return Ok(());
            }
        }
    }
}
