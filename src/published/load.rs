//! Reads a repository: what its commit points claim, while their signatures are verified.
//!
//! Both take time, and neither needs the other. What was read is only bytes that match hashes until
//! a key of the manifest vouches for the commit point above them; before that nothing of it is
//! returned, and nobody acts on it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::future::Future;

use bytes::Bytes;
use futures::StreamExt as _;

use super::index::{self, Content};
use super::trust::{Expected, Trust};
use super::{CommitPoint, Head, LoadError, MAX_RELEASE, Published, Sight, commit_points, damage};
use crate::apt::release::Release;
use crate::apt::{clear_sign, path};
use crate::debian::suite::Codename;
use crate::digest::Sha256;
use crate::store::{Entry, Key, Object, Store, StoreError};

/// Reads the repository that `store` holds; one that is empty is no error.
///
/// # Errors
///
/// When the store can't be read, when what is there was not published by this tool for the
/// expected repository and signed by one of its keys, or when nothing in it has the content of an
/// index or a state any more. Whatever of this there is, all of it is told.
pub async fn load(store: &Store, expected: Expected<'_>) -> Result<Published, LoadError> {
    let sight = Sight::begin(expected.now);
    let entries = store.list(path::DISTS).await?;
    let objects = entries.into_iter().map(|entry| (entry.key.to_string(), entry)).collect();
    let published = load_listed(store, expected, objects).await?;
    Ok(Published { sight: sight.end(), ..published })
}

/// Reads the repository that `store` holds, where there are these objects under `dists/`.
///
/// # Errors
///
/// As for [`load`].
pub async fn load_listed(
    store: &Store,
    expected: Expected<'_>,
    objects: BTreeMap<String, Entry>,
) -> Result<Published, LoadError> {
    let sight = Sight::begin(expected.now);
    let read = |claim| distribution(store, expected, claim);
    let (keyring, loaded) = vouched(store, expected, &objects, read).await?;
    let (snapshot, heads, lost, files, texts) = Default::default();
    let mut published = Published { snapshot, heads, objects, lost, files, keyring, texts, sight };
    for (codename, head, content) in loaded {
        let Content { distribution, lost, files, texts } = content;
        published.texts.insert(codename.clone(), texts);
        published.lost.extend(lost);
        published.files.extend(files);
        published.lost.extend(damage::listed(&codename, &head, &published.objects));
        published.snapshot.distributions.insert(codename.clone(), distribution);
        published.heads.insert(codename, head);
    }
    published.lost.sort();
    published.lost.dedup_by(|one, other| one.key() == other.key());
    Ok(published)
}

/// Reads the current generation of each distribution, verified, without its packages.
///
/// # Errors
///
/// As for [`load`].
pub async fn heads(
    store: &Store,
    expected: Expected<'_>,
) -> Result<BTreeMap<Codename, Head>, LoadError> {
    let entries = store.list(path::DISTS).await?;
    let objects = entries.into_iter().map(|entry| (entry.key.to_string(), entry)).collect();
    let read = |claim| head(store, expected, claim);
    let (_, heads) = vouched(store, expected, &objects, read).await?;
    Ok(heads.into_iter().map(|(codename, head, _)| (codename, head)).collect())
}

/// What a commit point says, whoever wrote it.
#[derive(Clone)]
struct Claim {
    codename: Codename,
    key: String,
    object: Object,
    release: Release,
}

impl Claim {
    /// Reads a commit point; nothing if it vanished since the listing.
    async fn open(store: &Store, point: CommitPoint) -> Result<Option<Self>, LoadError> {
        let CommitPoint { codename, key } = point;
        let name = Key::parse(&key).map_err(StoreError::from)?;
        let Some(object) = store.get(&name, MAX_RELEASE).await? else { return Ok(None) };
        let release = read_release(&key, &object)?;
        Ok(Some(Self { codename, key, object, release }))
    }

    fn is_signed(&self) -> bool {
        self.key.ends_with("/InRelease")
    }

    /// Makes sure that a key of the manifest vouches for exactly this.
    async fn verify(&self, trust: &Trust) -> Result<(), LoadError> {
        let text = trust.text(&self.key, &self.object.bytes).await?;
        match parse_release(&self.key, &text)? == self.release {
            true => Ok(()),
            // What was signed is not what everybody else reads there.
            false => Err(LoadError::NotMine { key: self.key.clone() }),
        }
    }
}

/// What the signatures of a repository come to: the keyring that they were verified with, if any,
/// and a verdict on each commit point.
type Verdicts = (Option<Bytes>, Vec<Result<Verdict, LoadError>>);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// It is signed by a key of the manifest, or nothing has to be.
    Holds,
    /// There are no keys to verify it with.
    NoKeyring,
}

/// Returns what `read` makes of the commit points in a listing, all of which are vouched for; and the
/// public keys by which they are.
async fn vouched<T, F>(
    store: &Store,
    expected: Expected<'_>,
    objects: &BTreeMap<String, Entry>,
    read: impl Fn(Claim) -> F,
) -> Result<(Option<Bytes>, Vec<T>), LoadError>
where
    F: Future<Output = Result<T, LoadError>>,
{
    let opens = commit_points(objects).into_iter().map(|point| Claim::open(store, point));
    let opened: Vec<_> = futures::stream::iter(opens).buffered(store.jobs()).collect().await;
    let (mut claims, mut outcomes) = (Vec::new(), Vec::new());
    for claim in opened.into_iter().filter_map(Result::transpose) {
        match claim {
            Ok(claim) => claims.push(claim),
            Err(error) => outcomes.push(Err(error)),
        }
    }
    let reads = claims.iter().cloned().map(read);
    let reads = futures::stream::iter(reads).buffered(store.jobs()).collect::<Vec<_>>();
    let (verdicts, reads) = futures::join!(verdicts(store, expected, &claims), reads);
    let (keyring, verdicts) = verdicts?;
    outcomes.extend(verdicts.into_iter().zip(reads).map(|(verdict, read)| {
        let verdict = verdict?;
        let read = read?;
        match verdict {
            Verdict::Holds => Ok(read),
            Verdict::NoKeyring => Err(LoadError::Keyring { key: path::keyring(expected.name) }),
        }
    }));
    Ok((keyring, LoadError::all(outcomes)?))
}

async fn verdicts(
    store: &Store,
    expected: Expected<'_>,
    claims: &[Claim],
) -> Result<Verdicts, LoadError> {
    let is_due = !expected.keys.is_empty() && claims.iter().any(Claim::is_signed);
    let trust = if is_due { Trust::new(store, expected).await? } else { None };
    let verdict = async |claim: &Claim| match &trust {
        _ if !is_due || !claim.is_signed() => Ok(Verdict::Holds),
        Some(trust) => claim.verify(trust).await.map(|()| Verdict::Holds),
        None => Ok(Verdict::NoKeyring),
    };
    let verdicts = futures::stream::iter(claims.iter().map(verdict));
    let verdicts = verdicts.buffered(store.jobs()).collect().await;
    Ok((trust.map(|trust| trust.keyring), verdicts))
}

/// The head of a distribution, and the file of its state, if a build can take blocks from that.
type Headed = (Codename, Head, Option<(String, Bytes)>);

async fn distribution(
    store: &Store,
    expected: Expected<'_>,
    claim: Claim,
) -> Result<(Codename, Head, Content), LoadError> {
    let is_signed = claim.is_signed();
    let Claim { codename, release, .. } = claim.clone();
    let indices = index::indices(store, &codename, &release);
    let (headed, indices) = futures::join!(head(store, expected, claim), indices);
    let (codename, head, file) = headed?;
    let Head { release, state, .. } = &head;
    let content = index::distribution(store, &codename, (release, state), indices);
    let mut content = content.await?;
    content.files.extend(file);
    if !is_signed {
        // Whatever an unsigned file claims.
        content.distribution.signed_by.clear();
    }
    Ok((codename, head, content))
}

async fn head(store: &Store, expected: Expected<'_>, claim: Claim) -> Result<Headed, LoadError> {
    let Claim { codename, key, object, release } = claim;
    let Some((state, file)) = index::state_file(store, &codename, &release).await? else {
        return Err(LoadError::NotMine { key });
    };
    if state.repository != expected.name {
        let (recorded, declared) = (state.repository, expected.name.to_owned());
        return Err(LoadError::WrongRepository { codename, recorded, declared });
    }
    if state.codename != codename.as_str() {
        return Err(LoadError::Misplaced { key, codename: state.codename });
    }
    let sha256 = Sha256::of(&object.bytes);
    let Object { bytes, etag, last_modified, .. } = object;
    let head = Head { key, etag, bytes, sha256, last_modified, release, state };
    Ok((codename, head, file))
}

/// Reads an InRelease file, or the plain Release file of an unsigned distribution, unverified.
///
/// # Errors
///
/// When it is no such file, or one that lists no state: another tool's.
pub(super) fn read_release(key: &str, object: &Object) -> Result<Release, LoadError> {
    let not_mine = || LoadError::NotMine { key: key.to_owned() };
    let text = std::str::from_utf8(&object.bytes).map_err(|_| not_mine())?;
    let text = if key.ends_with("/InRelease") {
        Cow::Owned(clear_sign::signed_text(text).map_err(|_| not_mine())?)
    } else {
        Cow::Borrowed(text)
    };
    let release = parse_release(key, &text)?;
    match release.file(path::STATE) {
        Some(_) => Ok(release),
        None => Err(not_mine()),
    }
}

pub(super) fn parse_release(key: &str, text: &str) -> Result<Release, LoadError> {
    Release::parse(text).map_err(|reason| LoadError::Release { key: key.to_owned(), reason })
}
