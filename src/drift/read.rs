//! Gathers what there is: one listing, and every byte that decides something.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::{StreamExt as _, TryStreamExt as _};

use super::{
    Content, Depth, DistributionFacts, DriftError, Expected, Facts, FileFacts, Keyring, Seal,
    Signature,
};
use crate::apt::clear_sign;
use crate::apt::packages::{self, FileFields};
use crate::apt::path;
use crate::apt::release::{IndexEntry, Release};
use crate::blocking;
use crate::compression::Compression;
use crate::debian::suite::Codename;
use crate::digest::Sha256;
use crate::plan::Copies;
use crate::published::descriptor::{self, Trial};
use crate::published::{self, CommitPoint, LoadError, MAX_KEYRING, MAX_RELEASE, copies, damage};
use crate::report::{Event, Observe};
use crate::sign::{Verifier, VerifyError, describe_public_keys};
use crate::snapshot::state::State;
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
    let (objects, points) = listing(store).await?;
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
    let unlistable = store.unlistable();
    let entries = entries(store, expected, &objects).await?;
    let (trial, digests) = (trial(store, &objects).await?, BTreeMap::new());
    let mut facts = Facts { objects, unlistable, keyring, distributions, entries, trial, digests };
    if depth == Depth::Content {
        facts.digests = digests_of(store, &facts, observe).await?;
    }
    Ok(facts)
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

/// Reads what a Release lists.
struct Reader<'a> {
    store: &'a Store,
    codename: &'a Codename,
    release: &'a Release,
}

/// An index in all of its forms, and its text if one of them has it.
struct Index {
    files: Vec<FileFacts>,
    text: Option<Vec<u8>>,
}

impl Reader<'_> {
    async fn fill(&self, facts: &mut DistributionFacts) -> Result<(), DriftError> {
        if self.release.file(path::STATE).is_none() {
            // Another tool's: nothing is known of what it keeps under hashes.
            return Ok(());
        }
        let mut state = self.index(path::STATE, None, &[Compression::Gzip]).await?;
        match state.text.map(|text| State::parse(&text)) {
            Some(Ok(read)) => facts.state = Some(read),
            Some(Err(error)) => state.files[0].content = Content::Unreadable(error.to_string()),
            None => {}
        }
        facts.files = state.files;
        let forms = facts.state.as_ref().map(|state| state.compression.iter().copied().collect());
        // Without a state the uncompressed form, which is always listed, may be there or not.
        let forms: Vec<_> = forms.unwrap_or_else(|| {
            Compression::ALL.into_iter().filter(|form| *form != Compression::None).collect()
        });
        let indices = self.release.components.iter().flat_map(|component| {
            let architectures = self.release.architectures.iter();
            architectures.map(move |architecture| (component, architecture))
        });
        let reads: Vec<_> = indices
            .map(|(component, architecture)| {
                let path = path::packages(component, architecture);
                self.packages(path, format!("{component}/{architecture}"), &forms)
            })
            .collect();
        let read: Vec<(String, Index, Vec<FileFields>)> =
            futures::stream::iter(reads).buffered(self.store.jobs()).try_collect().await?;
        for (name, index, packages) in read {
            facts.files.extend(index.files);
            facts.packages.insert(name, packages);
        }
        Ok(())
    }

    async fn packages(
        &self,
        path: String,
        name: String,
        forms: &[Compression],
    ) -> Result<(String, Index, Vec<FileFields>), DriftError> {
        let mut index = self.index(&path, Some(&name), forms).await?;
        let Some(text) = index.text.take() else { return Ok((name, index, Vec::new())) };
        let files = match blocking::cpu(move || parse(&text)).await {
            Ok(files) => files,
            Err(reason) => {
                for file in &mut index.files {
                    file.content = Content::Unreadable(reason.clone());
                }
                Vec::new()
            }
        };
        Ok((name, index, files))
    }

    /// Reads an index in all the forms that Release lists of it.
    async fn index(
        &self,
        path: &str,
        name: Option<&str>,
        forms: &[Compression],
    ) -> Result<Index, StoreError> {
        let mut index = Index { files: Vec::new(), text: None };
        for form in forms {
            let listed = format!("{path}{}", form.extension());
            let Some(entry) = self.release.file(&listed) else { continue };
            let (content, mut text) = self.file(path, *form, entry).await?;
            let key = path::by_hash(self.codename, &entry.path, &entry.sha256);
            let mut has_copy = false;
            if matches!(content, Content::Missing | Content::Altered) {
                text = self.copy(path, *form, entry).await?;
                has_copy = text.is_some();
            }
            let name = name.map(str::to_owned);
            index.files.push(FileFacts { key, index: name, content, has_copy });
            index.text = index.text.or(text);
        }
        if index.files.is_empty() {
            let key = path::in_distribution(self.codename, path);
            let content = Content::Unreadable("Release lists no form of it".to_owned());
            let name = name.map(str::to_owned);
            index.files.push(FileFacts { key, index: name, content, has_copy: false });
        }
        Ok(index)
    }

    /// Reads one form of an index, and returns the uncompressed text if it is what Release lists.
    async fn file(
        &self,
        path: &str,
        form: Compression,
        entry: &IndexEntry,
    ) -> Result<(Content, Option<Vec<u8>>), StoreError> {
        let bytes = match published::index_file(self.store, self.codename, entry).await {
            Ok(bytes) => bytes,
            Err(LoadError::Missing { .. }) => return Ok((Content::Missing, None)),
            Err(LoadError::Store(error)) if !matches!(error, StoreError::TooLarge { .. }) => {
                return Err(error);
            }
            Err(_) => return Ok((Content::Altered, None)),
        };
        if self.release.file(path).is_none() {
            return Ok((Content::Unreadable("Release lists no uncompressed form".into()), None));
        }
        match self.unpack(path, form, bytes).await {
            Some(text) => Ok((Content::Intact, Some(text))),
            None => Ok((Content::Unreadable("not the index that Release lists".into()), None)),
        }
    }

    /// Reads the copy of one form of an index, and returns the uncompressed text if the copy is
    /// what Release lists.
    async fn copy(
        &self,
        path: &str,
        form: Compression,
        entry: &IndexEntry,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        match damage::copy(self.store, self.codename, entry).await? {
            Some(bytes) => Ok(self.unpack(path, form, bytes).await),
            None => Ok(None),
        }
    }

    async fn unpack(&self, path: &str, form: Compression, bytes: bytes::Bytes) -> Option<Vec<u8>> {
        let plain = self.release.file(path)?.clone();
        blocking::cpu(move || published::unpack(form, &bytes, &plain)).await
    }
}

fn parse(text: &[u8]) -> Result<Vec<FileFields>, String> {
    let text = std::str::from_utf8(text).map_err(|error| error.to_string())?;
    let files = packages::parse(text).map(|package| package.map(|package| package.file));
    files.collect::<Result<_, _>>().map_err(|error| error.to_string())
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
