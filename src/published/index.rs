//! The index files of a published distribution, read by their hashes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt as _;

use crate::apt::packages::{self, PackagesError};
use crate::apt::path;
use crate::apt::release::{IndexEntry, Release};
use crate::blocking;
use crate::compression::{self, Compression};
use crate::debian::architecture::Architecture;
use crate::debian::suite::{Codename, Component};
use crate::plan::Damage;
use crate::published::damage::{self, Lost};
use crate::published::file::{by_hash, decompressed};
use crate::published::history::Generation;
use crate::published::{Head, LoadError};
use crate::snapshot::state::State;
use crate::snapshot::{Distribution, Package, PackageId, Packages, Provenance};
use crate::store::Store;
use crate::text::SharedText;
use crate::time::{Span, Timestamp};

/// The order in which forms of an index are read where several are there: fastest first.
const PREFERENCE: [Compression; 4] =
    [Compression::Zstd, Compression::Gzip, Compression::Xz, Compression::None];

/// Returns the state that a Release lists; none if it lists none.
pub async fn state(
    store: &Store,
    codename: &Codename,
    release: &Release,
) -> Result<Option<State>, LoadError> {
    Ok(state_file(store, codename, release).await?.map(|(state, _)| state))
}

/// Returns the state that a Release lists, and its file by its key if a build can take blocks from
/// that; none if it lists none.
pub async fn state_file(
    store: &Store,
    codename: &Codename,
    release: &Release,
) -> Result<Option<(State, Option<(String, Bytes)>)>, LoadError> {
    if !release.files.iter().any(|file| file.path.starts_with(path::STATE)) {
        return Ok(None);
    }
    let shelf = Shelf { store, codename, release };
    let index = shelf.fetch(path::STATE, &BTreeSet::new(), Some).await?;
    let state = State::parse(&index.content);
    let state = state.map_err(|reason| LoadError::State { key: index.key.clone(), reason })?;
    let file = shelf.useful_file(&index, path::STATE, &state);
    Ok(Some((state, file)))
}

/// What a published distribution holds, and what became of its index files.
pub struct Content {
    /// What it holds.
    pub distribution: Distribution,
    /// The index files that are lost.
    pub lost: Vec<Lost>,
    /// Those that were read and that a build can take blocks from, by key.
    pub files: BTreeMap<String, Bytes>,
    /// The texts of large indices, by path.
    pub texts: BTreeMap<String, SharedText>,
}

/// Returns what one index of a distribution lists, or listed.
///
/// # Errors
///
/// When nothing has its content any more.
pub async fn packages(
    store: &Store,
    codename: &Codename,
    generation: &Generation,
    (component, architecture): (&Component, &Architecture),
) -> Result<Vec<(PackageId, Package)>, LoadError> {
    let Generation { release, state } = generation;
    let shelf = Shelf { store, codename, release };
    let path = path::packages(component, architecture);
    let index = shelf.fetch(&path, &state.compression, listed).await?;
    let (_, mut list) = index.packages()?;
    let provenances = list.iter_mut().map(|(id, package)| (&*id, &mut package.provenance));
    state.trace(component, provenances);
    Ok(list)
}

/// What came of reading an index.
type Attempt = Result<Index<Result<Listed, PackagesError>>, LoadError>;

/// The indices of a distribution as far as they could be read, before its state is known.
pub struct Indices(Vec<(Component, String, Attempt)>);

/// Reads the indices that a Release lists.
pub async fn indices(store: &Store, codename: &Codename, release: &Release) -> Indices {
    let shelf = &Shelf { store, codename, release };
    let all = release.components.iter().flat_map(|component| {
        release.architectures.iter().map(move |architecture| (component, architecture))
    });
    let read = |(component, architecture): (&Component, &Architecture)| {
        let path = path::packages(component, architecture);
        let component = component.clone();
        async move {
            let index = shelf.fetch(&path, &BTreeSet::new(), listed).await;
            (component, path, index)
        }
    };
    let reads: Vec<_> = all.map(read).collect();
    Indices(futures::stream::iter(reads).buffered(store.jobs()).collect().await)
}

/// Returns the content of a published distribution.
///
/// # Errors
///
/// When nothing has the content of an index any more; all that are so are told.
pub async fn distribution(
    store: &Store,
    codename: &Codename,
    (release, state): (&Release, &State),
    indices: Indices,
) -> Result<Content, LoadError> {
    let shelf = Shelf { store, codename, release };
    let takes = indices.0.into_iter().map(|attempt| shelf.take(attempt, state));
    let taken: Vec<_> = futures::stream::iter(takes).buffered(store.jobs()).collect().await;
    let (mut all_lost, mut files, mut texts) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
    let mut listed: BTreeMap<Component, Vec<(PackageId, Package)>> =
        release.components.iter().map(|component| (component.clone(), Vec::new())).collect();
    for Taken { component, packages, lost, file, text } in LoadError::all(taken)? {
        all_lost.extend(lost);
        files.extend(file);
        texts.extend(text);
        let known = listed.entry(component).or_default();
        if known.is_empty() {
            // It need not be copied.
            *known = packages;
        } else {
            known.extend(packages);
        }
    }
    let components = listed.into_iter().map(|(component, list)| {
        let packages = merged(list, &component, state);
        (component, packages)
    });
    let distribution = described((release, state), components.collect());
    Ok(Content { distribution, lost: all_lost, files, texts })
}

/// Returns the distribution that has these packages.
fn described(
    (release, state): (&Release, &State),
    components: BTreeMap<Component, Packages>,
) -> Distribution {
    let signers = state.signed_by.iter().filter_map(|fingerprint| fingerprint.parse().ok());
    Distribution {
        identity: release.identity.clone(),
        architectures: release.architectures.clone(),
        compression: state.compression.clone(),
        hashes: state.hashes,
        contents: release.files.iter().any(|entry| path::is_contents(&entry.path)),
        valid_for: state.valid_for.map(Span::seconds),
        signed_by: signers.collect(),
        components,
        component_order: release.components.clone(),
        remembered: state.memory(),
    }
}

/// What is taken from one index.
struct Taken {
    component: Component,
    packages: Vec<(PackageId, Package)>,
    /// The forms that are lost.
    lost: Vec<Lost>,
    /// The file and its key, if a build can take blocks from it.
    file: Option<(String, Bytes)>,
    /// The text and its path, if it is large.
    text: Option<(String, SharedText)>,
}

/// Returns what the indices of a component list together, and where it came from.
fn merged(mut list: Vec<(PackageId, Package)>, component: &Component, state: &State) -> Packages {
    // Of what several indices list, the first one counts.
    list.sort_by(|(one, _), (other, _)| one.cmp(other));
    list.dedup_by(|(one, _), (other, _)| one == other);
    let provenances = list.iter_mut().map(|(id, package)| (&*id, &mut package.provenance));
    state.trace(component, provenances);
    Packages::from_iter(list)
}

/// An index file and its content, verified.
struct Index<T> {
    key: String,
    form: Compression,
    /// The file, unless it can be read again without a request.
    file: Option<Bytes>,
    /// How many bytes it has, uncompressed.
    size: u64,
    content: T,
    /// The forms of it that were tried before one was intact.
    lost: Vec<Lost>,
}

impl<T> Index<T> {
    fn is_large(&self) -> bool {
        self.size >= compression::WORTH_REUSE
    }
}

impl Index<Result<Listed, PackagesError>> {
    fn packages(self) -> Result<Listed, LoadError> {
        let Self { key, content, .. } = self;
        content.map_err(|reason| LoadError::Packages { key, reason })
    }
}

/// Returns the uncompressed text of an index, from whatever form or copy of it is intact.
pub(super) async fn text(
    store: &Store,
    codename: &Codename,
    head: &Head,
    path: &str,
) -> Result<Vec<u8>, LoadError> {
    let shelf = Shelf { store, codename, release: &head.release };
    shelf.fetch(path, &head.state.compression, Some).await.map(|index| index.content)
}

/// Where the files of one Release are.
struct Shelf<'a> {
    store: &'a Store,
    codename: &'a Codename,
    release: &'a Release,
}

impl Shelf<'_> {
    /// Returns an index from the first of its forms that is intact under its hash, or else from a
    /// copy of one.
    ///
    /// The uncompressed form is always listed, but published only if `published` has it.
    async fn fetch<T: Send + 'static>(
        &self,
        listed_path: &str,
        published: &BTreeSet<Compression>,
        read: Reading<T>,
    ) -> Result<Index<T>, LoadError> {
        let missing = || LoadError::Missing { key: self.canonical(listed_path) };
        let plain = self.release.file(listed_path).ok_or_else(missing)?;
        let mut lost = Vec::new();
        let mut fault = None;
        for (form, entry) in self.forms(listed_path, published) {
            let (damage, error) = match by_hash(self.store, self.codename, entry).await {
                Ok((key, bytes)) => {
                    let kept = self.kept(entry, &bytes);
                    return unpacked((key, form, bytes), (kept, lost), plain, read).await;
                }
                Err(error @ LoadError::Missing { .. }) => (Damage::Missing, error),
                Err(error @ LoadError::Altered { .. }) => (Damage::Altered, error),
                Err(error) => return Err(error),
            };
            fault.get_or_insert(error);
            lost.push(Lost { codename: self.codename.clone(), entry: entry.clone(), damage });
        }
        for (form, entry) in self.forms(listed_path, published) {
            if let Some(bytes) = damage::copy(self.store, self.codename, entry).await? {
                let key = self.canonical(&entry.path);
                let kept = self.kept(entry, &bytes);
                return unpacked((key, form, bytes), (kept, lost), plain, read).await;
            }
        }
        Err(fault.unwrap_or_else(missing))
    }

    /// Returns what an index has, from another form if only the state tells that there is that.
    async fn take(
        &self,
        (component, path, index): (Component, String, Attempt),
        state: &State,
    ) -> Result<Taken, LoadError> {
        let is_plain = state.compression.contains(&Compression::None);
        let mut index = match index {
            Err(LoadError::Missing { .. } | LoadError::Altered { .. }) if is_plain => {
                self.fetch(&path, &state.compression, listed).await?
            }
            index => index?,
        };
        let lost = std::mem::take(&mut index.lost);
        let file = self.useful_file(&index, &path, state);
        let is_large = index.is_large();
        let (text, packages) = index.packages()?;
        let text = is_large.then_some((path, text));
        Ok(Taken { component, packages, lost, file, text })
    }

    /// Returns the file that an index was read from, and its key, if a build can take blocks from it
    /// and would have to ask for it again.
    fn useful_file<T>(
        &self,
        index: &Index<T>,
        path: &str,
        state: &State,
    ) -> Option<(String, Bytes)> {
        let path = format!("{path}{}", index.form.extension());
        let is_ours = index.is_large() && state.encoders.are_ours(&path, index.form);
        index.file.clone().filter(|_| is_ours).map(|file| (index.key.clone(), file))
    }

    /// Returns a file that would have to be asked for again.
    fn kept(&self, entry: &IndexEntry, file: &Bytes) -> Option<Bytes> {
        (!self.store.has_at_hand(&entry.sha256)).then(|| file.clone())
    }

    fn canonical(&self, path: &str) -> String {
        path::in_distribution(self.codename, path)
    }

    /// Returns the forms of an index in the order in which they are tried: what is in the cache
    /// costs least, and of the others what unpacks fastest.
    fn forms(
        &self,
        path: &str,
        published: &BTreeSet<Compression>,
    ) -> Vec<(Compression, &IndexEntry)> {
        let is_there = |form: &Compression| *form != Compression::None || published.contains(form);
        let forms = PREFERENCE.into_iter().filter(is_there).filter_map(|form| {
            let entry = self.release.file(&format!("{path}{}", form.extension()))?;
            Some((form, entry))
        });
        let mut forms: Vec<_> = forms.collect();
        forms.sort_by_key(|(_, entry)| !self.store.cache().may_have(&entry.sha256));
        forms
    }
}

/// What is made of the uncompressed bytes of an index; nothing if they can't be one.
type Reading<T> = fn(Vec<u8>) -> Option<T>;

async fn unpacked<T: Send + 'static>(
    (key, form, file): (String, Compression, Bytes),
    (kept, lost): (Option<Bytes>, Vec<Lost>),
    plain: &IndexEntry,
    read: Reading<T>,
) -> Result<Index<T>, LoadError> {
    let size = plain.size;
    let work = move || {
        let content = decompressed(form, &file, size)?;
        // Before what is read of the content takes memory, too.
        drop(file);
        read(content)
    };
    match blocking::cpu(work).await {
        Some(content) => Ok(Index { key, form, file: kept, size, content, lost }),
        None => Err(LoadError::Altered { key }),
    }
}

/// The packages of an index, and the text that they share.
type Listed = (SharedText, Vec<(PackageId, Package)>);

fn listed(bytes: Vec<u8>) -> Option<Result<Listed, PackagesError>> {
    let text = SharedText::from(String::from_utf8(bytes).ok()?);
    let packages = parse(&text);
    Some(packages.map(|packages| (text, packages)))
}

fn parse(text: &SharedText) -> Result<Vec<(PackageId, Package)>, PackagesError> {
    let no_sources = Arc::default();
    packages::parse_all(text, |package| {
        let id = PackageId {
            name: package.name,
            version: package.version,
            architecture: package.architecture,
        };
        // The state file has the provenance of all that this tool published.
        let provenance = Provenance {
            sources: Arc::clone(&no_sources),
            published_at: Timestamp::UNIX_EPOCH,
            superseded_at: None,
        };
        (id, Package { stanza: package.stanza, file: package.file, provenance })
    })
}
