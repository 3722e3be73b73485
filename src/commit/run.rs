//! Carries out the writes of a publication.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::{StreamExt as _, TryStreamExt as _};

use crate::apt::path;
use crate::blocking;
use crate::commit::point::{self, Swap};
use crate::commit::script::{Copy, Creation, POOL, Script};
use crate::debian::suite::Codename;
use crate::mutation::{self, Mutation};
use crate::plan::Upload;
use crate::published::{self, Sight};
use crate::report::{Delivery, Event, Observe};
use crate::store::{self, Entry, Etag, Key, Replacement, Store, StoreError};
use crate::time::{Clock, Timestamp};

/// Why a publication failed.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// The store refused a write or did not answer as it should.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store ignores conditions, so nobody can publish safely.
    #[error("the store has no working conditional writes: {fault}")]
    Unfit {
        /// What it does.
        fault: &'static str,
    },
    /// A generation is published; what follows it could not be written.
    #[error("{codename} is published as generation {generation}, but its copies are not complete")]
    Copies {
        /// The distribution.
        codename: Codename,
        /// The new generation.
        generation: u64,
        /// Why.
        #[source]
        reason: StoreError,
    },
    /// A generation is published; the store did not let it be read back.
    #[error("{codename} is published as generation {generation}, but could not be read back")]
    Unread {
        /// The distribution.
        codename: Codename,
        /// The new generation.
        generation: u64,
        /// Why.
        #[source]
        reason: StoreError,
    },
    /// What was published is not what is there now.
    #[error("{key} does not read back as it was written")]
    ReadBack {
        /// The object.
        key: Key,
    },
}

/// Puts package files into the pool; those that are there already are not sent again.
///
/// # Errors
///
/// When a file can't be read, is not any more what was planned, or can't be stored. Files that
/// were stored by then stay; nothing refers to them.
pub async fn upload(
    store: &Store,
    uploads: &BTreeMap<String, Upload>,
    observe: &dyn Observe,
) -> Result<(), CommitError> {
    let bytes = uploads.values().map(|upload| upload.size).sum();
    observe.event(&Event::UploadsPlanned { files: uploads.len(), bytes });
    let sends = uploads.iter().map(|(key, upload)| async move {
        let Upload { path, size, sha256 } = upload;
        let name = Key::parse(key).map_err(StoreError::from)?;
        let creation = store.create_from_file(&name, path, *size, *sha256, &POOL).await?;
        let file = key.rsplit('/').next().unwrap_or(key).to_owned();
        let delivery = match creation {
            store::Creation::New => Delivery::Sent,
            store::Creation::AlreadyThere => Delivery::AlreadyThere,
        };
        observe.event(&Event::Uploaded { file, size: *size, delivery });
        Ok::<_, CommitError>(())
    });
    futures::stream::iter(sends).buffer_unordered(store.jobs()).try_collect::<()>().await?;
    store.barrier().await?;
    Ok(())
}

/// What a publication needs to know beside its writes.
pub struct Setting<'a> {
    /// The distribution.
    pub codename: &'a Codename,
    /// The generation that is replaced, and the new one.
    pub generations: (Option<u64>, u64),
    /// When the commit point or its last copy was written, whichever is later.
    pub last_modified: Option<Timestamp>,
    /// The objects under `dists/` when they were listed.
    pub objects: &'a BTreeMap<String, Entry>,
    /// The present time.
    pub clock: &'a Clock,
    /// When the base was read.
    pub sight: Sight,
    /// Until when, by the store's clock, the generation may name what it names; for ever, mostly.
    pub until: Option<Timestamp>,
    /// A prefix that no other run uses.
    pub scratch: &'a str,
}

/// Carries out a script: creations, the swap, copies, and reading back.
///
/// # Errors
///
/// When a write before the swap fails, nothing is visible; when one after it fails, the new
/// generation is published all the same and the next apply makes up for the rest.
pub async fn run(
    store: &Store,
    script: &Script,
    setting: &Setting<'_>,
    observe: &dyn Observe,
) -> Result<Swap, CommitError> {
    if !mutation::is_on(Mutation::IndicesLast) {
        create_all(store, script).await?;
    }
    store.barrier().await?;
    let codename = setting.codename.clone();
    observe.event(&Event::Indexed { codename, files: script.creations.len() });
    if mutation::is_on(Mutation::CopiesFirst) {
        let _ = copy_all(store, script, setting.objects).await;
    }
    let since = (!store.has_our_clock()).then(|| setting.sight.since());
    tokio::time::sleep(point::pause(setting.last_modified, (setting.clock)(), since)).await;
    if let Some(outdated) = outdated(store, setting).await? {
        return Ok(outdated);
    }
    let still = || !setting.sight.is_outdated((setting.clock)());
    let Replacement::Won { etag } = point::swap(store, &script.point, &still).await? else {
        return Ok(Swap::Lost);
    };
    if mutation::is_on(Mutation::IndicesLast) {
        create_all(store, script).await?;
    }
    let (from, to) = setting.generations;
    observe.event(&Event::Swapped { codename: setting.codename.clone(), from, to });
    copy_all(store, script, setting.objects).await.map_err(|reason| CommitError::Copies {
        codename: setting.codename.clone(),
        generation: to,
        reason,
    })?;
    verify(store, script, setting, &etag).await.map_err(|error| match error {
        CommitError::Store(reason) => {
            CommitError::Unread { codename: setting.codename.clone(), generation: to, reason }
        }
        told => told,
    })?;
    observe.event(&Event::Verified { codename: setting.codename.clone(), generation: to });
    Ok(Swap::Won)
}

async fn create_all(store: &Store, script: &Script) -> Result<(), CommitError> {
    let creations = script.creations.iter().map(|creation| create(store, creation));
    futures::stream::iter(creations).buffer_unordered(store.jobs()).try_collect().await
}

/// Returns why there must be no swap any more: by now, names that the generation uses may be about
/// to be deleted by somebody who knows nothing of it.
async fn outdated(store: &Store, setting: &Setting<'_>) -> Result<Option<Swap>, CommitError> {
    let store_time = match setting.until {
        Some(_) => Some(store.now(setting.scratch).await?),
        None => None,
    };
    let is_late = setting.until.zip(store_time).is_some_and(|(until, now)| now >= until);
    let is_outdated = is_late || setting.sight.is_outdated((setting.clock)());
    Ok(is_outdated.then_some(Swap::Outdated { store_time }))
}

async fn create(store: &Store, creation: &Creation) -> Result<(), CommitError> {
    let Creation { key, bytes, sha256, headers } = creation;
    store.create(key, bytes.clone(), *sha256, headers).await?;
    if key.as_str().contains("/by-hash/") {
        // The next plan begins with reading it.
        let (cache, sha256, bytes) = (Arc::clone(store.cache()), *sha256, bytes.clone());
        blocking::cpu(move || cache.put(&sha256, &bytes)).await;
    }
    Ok(())
}

/// Writes a script's copies, the seal last.
///
/// # Errors
///
/// When one can't be written; the next apply finds out and goes on.
pub async fn copy_all(
    store: &Store,
    script: &Script,
    objects: &BTreeMap<String, Entry>,
) -> Result<(), StoreError> {
    if mutation::is_on(Mutation::SealFirst)
        && let Some(seal) = &script.seal
    {
        copy_one(store, script, seal, objects).await?;
    }
    let copies = script.copies.iter().map(|copy| copy_one(store, script, copy, objects));
    futures::stream::iter(copies).buffer_unordered(store.jobs()).try_collect::<()>().await?;
    if let Some(seal) = &script.seal {
        copy_one(store, script, seal, objects).await?;
    }
    store.barrier().await
}

/// Brings a copy up to date by compare-and-swap.
///
/// Where somebody else wrote it meanwhile, ours is put only while the commit point is still
/// ours: a writer that was held up can't put an old copy back.
async fn copy_one(
    store: &Store,
    script: &Script,
    copy: &Copy,
    objects: &BTreeMap<String, Entry>,
) -> Result<(), StoreError> {
    let Copy { key, content, headers } = copy;
    let mut base = objects.get(key.as_str()).map(|entry| entry.etag.clone());
    if mutation::is_on(Mutation::BlindCopies) {
        base = store.head(key).await?.map(|entry| entry.etag);
    }
    loop {
        let replaced = store.replace_hashed(key, content, base.as_ref(), headers).await?;
        if replaced != Replacement::Lost {
            return Ok(());
        }
        // In this order: a writer that swaps after we found ourselves current writes its copy
        // after this tag was taken, and ours is refused.
        base = store.head(key).await?.map(|entry| entry.etag);
        if !mutation::is_on(Mutation::BlindCopies) && !is_current(store, script).await? {
            return Ok(());
        }
    }
}

async fn is_current(store: &Store, script: &Script) -> Result<bool, StoreError> {
    let limit = script.point.bytes.len() as u64 + 1;
    match store.get(&script.point.key, limit).await {
        Ok(object) => Ok(object.is_some_and(|object| object.bytes == script.point.bytes)),
        Err(StoreError::TooLarge { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Looks in one listing for every object that was created, and for the commit point with its new tag.
///
/// A tag stands for one content, so the commit point is read only where the listing shows another one.
/// Where another writer has gone on from there meanwhile, a later generation is as good: it was
/// built on this one, and may have given up what this one named.
async fn verify(
    store: &Store,
    script: &Script,
    setting: &Setting<'_>,
    etag: &Etag,
) -> Result<(), CommitError> {
    let key = &script.point.key;
    let prefix = path::in_distribution(setting.codename, "");
    let entries = store.list(&prefix).await?;
    let is_ours = |entry: &Entry| entry.key == *key && entry.etag == *etag;
    if !entries.iter().any(is_ours) && !is_current(store, script).await? {
        let now = published::generation(store, setting.codename, key).await;
        return match now {
            Ok(generation) if generation > setting.generations.1 => Ok(()),
            _ => Err(CommitError::ReadBack { key: key.clone() }),
        };
    }
    let there: BTreeMap<&str, u64> =
        entries.iter().map(|entry| (entry.key.as_str(), entry.size)).collect();
    let is_amiss = |creation: &&Creation| {
        let Creation { key, bytes, .. } = creation;
        // Records lie elsewhere, and no client reads them.
        key.as_str().starts_with(&prefix) && there.get(key.as_str()) != Some(&(bytes.len() as u64))
    };
    match script.creations.iter().find(is_amiss) {
        Some(creation) => Err(CommitError::ReadBack { key: creation.key.clone() }),
        None => Ok(()),
    }
}
