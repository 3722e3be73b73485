//! What `Contents` files are made of: their published texts, and the files of new packages.
//!
//! A package file that this run has at hand is read where it is; any other is fetched from the
//! store. Only what holds the published bytes counts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use futures::{StreamExt as _, TryStreamExt as _};
use tempfile::TempDir;

use crate::apt::path;
use crate::blocking;
use crate::deb::{self, DebError, Limits};
use crate::debian::suite::Codename;
use crate::digest::Sha256;
use crate::digest::checksum::Sums;
use crate::dists::{ContentsDraft, ContentsText, FileLists};
use crate::ops::apply::{ApplyError, Publisher};
use crate::ops::plan::Planned;
use crate::plan::{Indices, Note};
use crate::published::{self, LoadError, Published};
use crate::snapshot::Distribution;
use crate::store::{Key, Store, StoreError};

/// How many package files are fetched at the same time: each lies on disk until it is read.
pub(super) const FETCHES: usize = 4;

/// Why the files of a package can't be listed.
#[derive(Debug, thiserror::Error)]
pub enum FileListError {
    /// The package file is not there.
    #[error("{key} is missing")]
    Missing {
        /// The object.
        key: String,
    },
    /// The package file has other bytes than were published.
    #[error("{} does not have the content that is listed", place.display())]
    Altered {
        /// The object, or the local file.
        place: PathBuf,
    },
    /// The package file can't be read.
    #[error("{} can't be read", place.display())]
    Unreadable {
        /// The local file, or where it was fetched to.
        place: PathBuf,
        /// Why.
        #[source]
        reason: std::io::Error,
    },
    /// The package file is none that dpkg would unpack.
    #[error("{} can't be read", place.display())]
    Package {
        /// The object, or the local file.
        place: PathBuf,
        /// Why.
        #[source]
        reason: DebError,
    },
    /// The store did not answer as it should.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no room for package files.
    #[error("no package file can be kept in {}", directory.display())]
    Directory {
        /// The directory.
        directory: PathBuf,
        /// Why.
        #[source]
        reason: std::io::Error,
    },
}

/// What a run has read of package files: which files they have, and their checksums.
///
/// They are kept until it ends, so that nothing is fetched again when it has to plan again.
#[derive(Debug)]
pub struct FileReader {
    directory: PathBuf,
    known: Mutex<FileLists>,
    pub(super) sums: Mutex<BTreeMap<Sha256, Sums>>,
}

/// The key of a package file, and where this run has it.
pub(super) type Place<'a> = (&'a str, Option<&'a Path>);

impl FileReader {
    /// Returns one that keeps package files in a directory for as long as it reads them.
    pub fn new(directory: PathBuf) -> Self {
        Self { directory, known: Mutex::default(), sums: Mutex::default() }
    }

    /// Returns the files of some packages.
    async fn lists(
        &self,
        store: &Store,
        wanted: BTreeMap<Sha256, Place<'_>>,
    ) -> Result<FileLists, ApplyError> {
        let digests: Vec<_> = wanted.keys().copied().collect();
        let is_known = |digest: &Sha256| self.lock().contains_key(digest);
        let unknown: Vec<_> = wanted.into_iter().filter(|(digest, _)| !is_known(digest)).collect();
        let reads = unknown.into_iter().map(|(digest, (key, local))| async move {
            let files = match local {
                Some(path) => read(path.to_owned(), path.to_owned(), digest).await,
                None => match self.fetch(store, key).await {
                    Ok((file, _directory)) => read(file, PathBuf::from(key), digest).await,
                    Err(error) => Err(error),
                },
            };
            let failed = |reason| {
                let (package, reason) = (key.to_owned(), Box::new(reason));
                ApplyError::Files { package, reason }
            };
            self.lock().insert(digest, files.map_err(failed)?.into());
            Ok::<_, ApplyError>(())
        });
        futures::stream::iter(reads).buffer_unordered(FETCHES).try_collect::<()>().await?;
        let known = self.lock();
        let list = |digest: Sha256| Some((digest, Arc::clone(known.get(&digest)?)));
        Ok(digests.into_iter().filter_map(list).collect())
    }

    /// Fetches a package file into a directory that goes when it is dropped.
    pub(super) async fn fetch(
        &self,
        store: &Store,
        name: &str,
    ) -> Result<(PathBuf, TempDir), FileListError> {
        let failed = |reason| {
            let directory = self.directory.clone();
            FileListError::Directory { directory, reason }
        };
        let directory = tempfile::tempdir_in(&self.directory).map_err(failed)?;
        let file = directory.path().join("package.deb");
        let key = Key::found(name).map_err(StoreError::from)?;
        if store.download(&key, &file).await?.is_none() {
            return Err(FileListError::Missing { key: name.to_owned() });
        }
        Ok((file, directory))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, FileLists> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the files of the package in a file, if that has this digest.
async fn read(
    file: PathBuf,
    place: PathBuf,
    digest: Sha256,
) -> Result<Vec<Box<[u8]>>, FileListError> {
    let list = move || match deb::list_file(&file, &Limits::default()) {
        Ok(listing) if listing.sha256 == digest => Ok(listing.files),
        Ok(_) => Err(FileListError::Altered { place }),
        Err(reason) => Err(FileListError::Package { place, reason }),
    };
    blocking::cpu(list).await
}

/// Returns the published distribution that the `Contents` file at `path` describes, if it is there.
fn described<'a>(
    planned: &'a Planned,
    codename: &Codename,
    path: &str,
) -> Option<&'a Distribution> {
    let published = &planned.published;
    published.heads.get(codename)?.release.file(path)?;
    published.snapshot.distributions.get(codename)
}

/// Returns the drafts of the `Contents` files that a plan has to write for a distribution; those of
/// which `is_lost` is true by their paths can't go on from what is published.
fn drafts(
    planned: &Planned,
    codename: &Codename,
    is_lost: impl Fn(&str) -> bool,
) -> Vec<ContentsDraft> {
    let plan = planned.plan.distributions.get(codename);
    let desired = planned.desired.snapshot.distributions.get(codename);
    let (Some(plan), Some(desired)) = (plan, desired) else { return Vec::new() };
    let before = planned.published.snapshot.distributions.get(codename);
    let before = before.filter(|_| plan.indices == Indices::TakenOver);
    let stale = desired.stale_contents(before).into_iter();
    let draft = |index| {
        let (component, architecture) = index;
        let path = path::contents(component, architecture);
        let before = described(planned, codename, &path).filter(|_| !is_lost(&path));
        ContentsDraft::new(desired, before, index)
    };
    stale.map(draft).collect()
}

/// Returns where this run has package files, by their digests.
pub(super) fn at_hand(planned: &Planned) -> BTreeMap<Sha256, &Path> {
    let offerings = planned.offers.sources.values().flat_map(|offer| &offer.offerings);
    let offered = offerings.map(|offering| (offering.file.sha256, offering.file.path.as_path()));
    let uploads = planned.plan.uploads.values();
    offered.chain(uploads.map(|upload| (upload.sha256, upload.path.as_path()))).collect()
}

/// Tells whether a published index was found lost in all of its forms when the store was read.
fn is_lost(published: &Published, codename: &Codename, path: &str) -> bool {
    let lost = published.lost.iter().filter(|lost| lost.codename == *codename);
    let lost: BTreeSet<_> = lost.map(|lost| lost.entry.path.as_str()).collect();
    let forms = published.snapshot.distributions.get(codename).map(|there| &there.compression);
    let mut forms = forms.into_iter().flatten();
    forms.all(|form| lost.contains(&*format!("{path}{}", form.extension())))
}

/// Returns what a person should know of the `Contents` files of a plan: how many package files have
/// to be read from the store for them.
pub(super) fn notes(planned: &Planned) -> Vec<Note> {
    let local = at_hand(planned);
    let note = |codename: &Codename| {
        let is_lost = |path: &str| is_lost(&planned.published, codename, path);
        let drafts = drafts(planned, codename, is_lost);
        let files = drafts.iter().flat_map(ContentsDraft::new_files);
        let files = files.map(|file| (file.sha256, file.size));
        let files: BTreeMap<_, _> =
            files.filter(|(digest, _)| !local.contains_key(digest)).collect();
        let (codename, count) = (codename.clone(), files.len());
        (count > 0).then(|| Note::Unlisted { codename, files: count, bytes: files.values().sum() })
    };
    planned.plan.distributions.keys().filter_map(note).collect()
}

impl Publisher<'_> {
    /// Returns the texts of the `Contents` files that a plan has to write for a distribution, by path.
    ///
    /// # Errors
    ///
    /// When the files of a package can't be had.
    pub(super) async fn contents_of(
        &self,
        planned: &Planned,
        codename: &Codename,
    ) -> Result<BTreeMap<String, ContentsText>, ApplyError> {
        let mut earlier = BTreeMap::new();
        for draft in drafts(planned, codename, |_| false) {
            earlier.extend(self.earlier_text(planned, codename, draft.path).await?);
        }
        let drafts = drafts(planned, codename, |path| !earlier.contains_key(path));
        let local = at_hand(planned);
        let mut wanted = BTreeMap::new();
        for file in drafts.iter().flat_map(ContentsDraft::new_files) {
            let local = local.get(&file.sha256).copied();
            wanted.insert(file.sha256, (file.filename.as_str(), local));
        }
        let lists = self.files.lists(self.store, wanted).await?;
        let text = move |draft: ContentsDraft| {
            let earlier = earlier.remove(&draft.path).unwrap_or_default();
            let text = draft.write(earlier, &lists).expect("the files of all packages were read");
            (draft.path, text)
        };
        Ok(blocking::cpu(|| drafts.into_iter().map(text).collect()).await)
    }

    /// Returns the published text of a `Contents` file, by its path; nothing if it is lost, and so
    /// has to be made again.
    async fn earlier_text(
        &self,
        planned: &Planned,
        codename: &Codename,
        path: String,
    ) -> Result<Option<(String, Vec<u8>)>, ApplyError> {
        let head = planned.published.heads.get(codename);
        let Some(head) = head.filter(|head| head.release.file(&path).is_some()) else {
            return Ok(None);
        };
        match published::index_text(self.store, codename, head, &path).await {
            Ok(text) => Ok(Some((path, text))),
            Err(LoadError::Missing { .. } | LoadError::Altered { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
