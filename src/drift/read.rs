//! Gathers what there is: one listing, and every byte that decides something.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::{StreamExt as _, TryStreamExt as _};

use super::indices::Reader;
use super::{
    Depth, DistributionFacts, DriftError, Expected, Facts, Keyring, Seal, Signature, View,
};
use crate::apt::clear_sign;
use crate::apt::path;
use crate::apt::release::Release;
use crate::blocking;
use crate::debian::suite::Codename;
use crate::digest::Sha256;
use crate::plan::Copies;
use crate::published::descriptor::{self, Trial};
use crate::published::{self, CommitPoint, MAX_KEYRING, MAX_RELEASE, copies, walk};
use crate::report::{Event, Observe};
use crate::sign::{Verifier, VerifyError, describe_public_keys};
use crate::store::{Entry, Key, Object, Store, StoreError};

/// How often a listing is taken again because somebody published meanwhile.
const LISTINGS: usize = 3;
/// No sources entry is larger.
const MAX_ENTRY: u64 = 1 << 20;

/// Returns what lies in `store`; sends nothing but LIST and GET.
///
/// # Errors
///
/// When the store can't be listed or an object in it can't be had, or when GnuPG does not run. An
/// object that is missing or wrong is no error.
pub async fn read(
    store: &Store,
    expected: &Expected,
    depth: Depth,
    observe: &dyn Observe,
) -> Result<Facts, DriftError> {
    // What is at hand here says nothing of what is there.
    let store = &store.without_cache();
    let view = if store.is_public() { View::Outside } else { View::Inside };
    let (objects, points) = match view {
        View::Inside => listing(store).await?,
        View::Outside => public_listing(store, expected).await?,
    };
    let (keyring, verifier) = keyring(store, expected).await?;
    let reads: Vec<_> = points
        .into_iter()
        .map(|(point, object)| async {
            let (codename, mut facts) =
                distribution(store, expected, verifier.clone(), point, object).await?;
            if let Some(head) = facts.head() {
                facts.copies = copies::standing(store, &codename, &head, &objects).await?;
            }
            facts.seal = seal(store, verifier.clone(), &objects, &codename, &facts).await?;
            Ok::<_, DriftError>((codename, facts))
        })
        .collect();
    let distributions = futures::stream::iter(reads).buffered(store.jobs()).try_collect().await?;
    let entries = entries(store, expected, &objects).await?;
    let trial = trial(store, &objects).await?;
    let unlistable = store.unlistable();
    let facts = Facts { objects, unlistable, keyring, distributions, entries, ..Facts::default() };
    let mut facts = Facts { trial, view, ..facts };
    if view == View::Outside {
        let packages = facts.listed().into_keys().map(str::to_owned).collect();
        let (objects, unknown) = walk::look(store, packages).await?;
        facts.objects.extend(objects);
        facts.unknown = unknown.into_iter().map(|(key, error)| (key, reason(&error))).collect();
        facts.denied = store.denied();
    }
    if depth == Depth::Content {
        facts.digests = digests_of(store, &facts, observe).await?;
    }
    Ok(facts)
}

/// Returns an error with what it came from, in one line.
fn reason(error: &StoreError) -> String {
    match std::error::Error::source(error) {
        Some(source) => source.to_string(),
        None => error.to_string(),
    }
}

/// Returns what a web server has of the declared distributions and the client files.
async fn public_listing(store: &Store, expected: &Expected) -> Result<Listing, StoreError> {
    let (mut objects, points) = walk::walk(store, expected.declared.iter().cloned()).await?;
    let mut files: BTreeSet<String> = expected.entries.keys().cloned().collect();
    files.insert(path::keyring(&expected.name));
    objects.extend(walk::look(store, files).await?.0);
    Ok((objects, points))
}

type Listing = (BTreeMap<String, Entry>, Vec<(CommitPoint, Object)>);

/// Returns all objects, and the commit points as they were when the listing was taken.
///
/// If a generation is published in between, its files are missing in the listing: so it is taken
/// again.
async fn listing(store: &Store) -> Result<Listing, StoreError> {
    let mut taken = 1;
    loop {
        let entries = store.list("").await?;
        let objects: BTreeMap<String, Entry> =
            entries.into_iter().map(|entry| (entry.key.as_str().to_owned(), entry)).collect();
        let points = published::commit_points(&objects).into_iter();
        let reads: Vec<_> = points.map(|point| commit_point(store, &objects, point)).collect();
        let points: Vec<_> =
            futures::stream::iter(reads).buffered(store.jobs()).try_collect().await?;
        let is_stale = points.iter().any(|(point, object)| {
            object.as_ref().is_none_or(|object| object.etag != objects[&point.key].etag)
        });
        if !is_stale || taken == LISTINGS {
            let there = points.into_iter().filter_map(|(point, object)| Some((point, object?)));
            return Ok((objects, there.collect()));
        }
        taken += 1;
    }
}

/// Returns a commit point with its object, which may have vanished since the listing.
async fn commit_point(
    store: &Store,
    objects: &BTreeMap<String, Entry>,
    point: CommitPoint,
) -> Result<(CommitPoint, Option<Object>), StoreError> {
    let Entry { key, etag, last_modified, .. } = &objects[&point.key];
    let object = match store.get(key, MAX_RELEASE).await {
        // What apt refuses to read is as good as empty.
        Err(StoreError::TooLarge { .. }) => Some(Object {
            bytes: bytes::Bytes::new(),
            etag: etag.clone(),
            last_modified: *last_modified,
        }),
        object => object?,
    };
    Ok((point, object))
}

async fn keyring(
    store: &Store,
    expected: &Expected,
) -> Result<(Keyring, Option<Arc<Verifier>>), DriftError> {
    let key = Key::parse(path::keyring(&expected.name)).map_err(StoreError::from)?;
    let object = match store.get(&key, MAX_KEYRING).await {
        Ok(None) => return Ok((Keyring::Missing, None)),
        Err(StoreError::TooLarge { .. }) => return Ok((Keyring::Unreadable, None)),
        object => object?,
    };
    let bytes = object.map(|object| object.bytes).unwrap_or_default();
    let now = expected.now;
    let opened = blocking::cpu(move || {
        Ok((describe_public_keys(&bytes, now)?, Verifier::new(&bytes, now)?))
    });
    match opened.await {
        Ok((keys, verifier)) => Ok((Keyring::Keys(keys), Some(Arc::new(verifier)))),
        Err(VerifyError::Gpg(error)) => Err(DriftError::Verify(VerifyError::Gpg(error))),
        Err(_) => Ok((Keyring::Unreadable, None)),
    }
}

async fn distribution(
    store: &Store,
    expected: &Expected,
    verifier: Option<Arc<Verifier>>,
    point: CommitPoint,
    object: Object,
) -> Result<(Codename, DistributionFacts), DriftError> {
    let CommitPoint { codename, key } = point;
    let signature = if expected.keys.is_empty() {
        Signature::Unchecked
    } else if key == path::in_release(&codename) {
        signature(verifier, &object).await?
    } else {
        Signature::Absent
    };
    let release = release(&key, &object);
    let mut facts = DistributionFacts {
        key,
        object,
        signature,
        release,
        state: None,
        files: Vec::new(),
        packages: BTreeMap::new(),
        copies: Copies::Current,
        seal: Seal::Unchecked,
    };
    if let Ok(release) = facts.release.clone() {
        Reader { store, codename: &codename, release: &release }.fill(&mut facts).await?;
    }
    Ok((codename, facts))
}

async fn signature(
    verifier: Option<Arc<Verifier>>,
    object: &Object,
) -> Result<Signature, DriftError> {
    let Some(verifier) = verifier else { return Ok(Signature::Unverifiable) };
    let bytes = object.bytes.clone();
    match blocking::cpu(move || verifier.verify_clear_signed(&bytes)).await {
        Ok(verified) => Ok(Signature::By(verified.signers)),
        Err(VerifyError::Untrusted(signers)) => Ok(Signature::By(signers)),
        Err(VerifyError::Framing(reason)) => Ok(Signature::Malformed(reason)),
        Err(error) => Err(DriftError::Verify(error)),
    }
}

/// Returns what the detached signature of a signed distribution is worth.
///
/// The two objects that this reads are small, and few beside the indices; so it is always done.
async fn seal(
    store: &Store,
    verifier: Option<Arc<Verifier>>,
    objects: &BTreeMap<String, Entry>,
    codename: &Codename,
    facts: &DistributionFacts,
) -> Result<Seal, DriftError> {
    let (Signature::By(_), Some(verifier)) = (&facts.signature, verifier) else {
        return Ok(Seal::Unchecked);
    };
    let release = listed_object(store, objects, &path::release(codename)).await?;
    let signature = listed_object(store, objects, &path::release_signature(codename)).await?;
    let (Some(release), Some(signature)) = (release, signature) else {
        return Ok(Seal::Unchecked);
    };
    let text = release.clone();
    match blocking::cpu(move || verifier.verify_detached(&text, &signature)).await {
        Ok(_) => {
            let file = std::str::from_utf8(&facts.object.bytes).ok();
            let signed = file.and_then(|file| clear_sign::signed_text(file).ok());
            let is_same = signed.is_none_or(|signed| signed.as_bytes() == release);
            Ok(if is_same { Seal::Holds } else { Seal::Outdated })
        }
        Err(VerifyError::Gpg(error)) => Err(DriftError::Verify(VerifyError::Gpg(error))),
        Err(reason) => Ok(Seal::Broken(reason.to_string())),
    }
}

/// Returns the content of an object, if it is there and still what the listing saw.
///
/// A writer that is at work just now so makes no difference of two halves.
async fn listed_object(
    store: &Store,
    objects: &BTreeMap<String, Entry>,
    key: &str,
) -> Result<Option<bytes::Bytes>, StoreError> {
    let Some(entry) = objects.get(key) else { return Ok(None) };
    match store.get(&entry.key, MAX_RELEASE).await {
        // What no Release file can be is as good as empty.
        Err(StoreError::TooLarge { .. }) => Ok(Some(bytes::Bytes::new())),
        object => {
            let object = object?.filter(|object| object.etag == entry.etag);
            Ok(object.map(|object| object.bytes))
        }
    }
}

/// Returns the Release file in a commit point, whoever signed it.
fn release(key: &str, object: &Object) -> Result<Release, String> {
    let text = std::str::from_utf8(&object.bytes).map_err(|error| error.to_string())?;
    let parsed = if key.ends_with("/InRelease") {
        let text = clear_sign::signed_text(text).map_err(|error| error.to_string())?;
        Release::parse(&text)
    } else {
        Release::parse(text)
    };
    parsed.map_err(|error| error.to_string())
}

async fn trial(
    store: &Store,
    objects: &BTreeMap<String, Entry>,
) -> Result<Option<Trial>, StoreError> {
    if !objects.contains_key(path::STORE_DESCRIPTOR) {
        return Ok(None);
    }
    let record = descriptor::read(store).await?;
    let descriptor = record.and_then(|record| record.descriptor);
    Ok(descriptor.and_then(|descriptor| descriptor.trial(store).cloned()))
}

async fn entries(
    store: &Store,
    expected: &Expected,
    objects: &BTreeMap<String, Entry>,
) -> Result<BTreeMap<String, bytes::Bytes>, StoreError> {
    let mut found = BTreeMap::new();
    for entry in expected.entries.keys().filter_map(|key| objects.get(key)) {
        let object = match store.get(&entry.key, MAX_ENTRY).await {
            Err(StoreError::TooLarge { .. }) => Some(bytes::Bytes::new()),
            object => object?.map(|object| object.bytes),
        };
        found.extend(object.map(|bytes| (entry.key.as_str().to_owned(), bytes)));
    }
    Ok(found)
}

/// Reads everything whose digest can be told only so.
async fn digests_of(
    store: &Store,
    facts: &Facts,
    observe: &dyn Observe,
) -> Result<BTreeMap<String, Sha256>, StoreError> {
    let due = facts.digests_due();
    let total = due.len();
    let done = AtomicUsize::new(0);
    let digest = |entry: &Entry| {
        let (key, done) = (entry.key.clone(), &done);
        async move {
            let digest = store.digest(&key).await?;
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            observe.event(&Event::Hashed { done, total });
            Ok::<_, StoreError>(digest.map(|(sha256, _)| (key.as_str().to_owned(), sha256)))
        }
    };
    let reads: Vec<_> = due.keys().filter_map(|key| facts.objects.get(key)).map(digest).collect();
    let read = futures::stream::iter(reads).buffer_unordered(store.jobs());
    read.try_filter_map(async |digest| Ok(digest)).try_collect().await
}
