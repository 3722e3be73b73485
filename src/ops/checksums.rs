//! The checksums beside SHA-256 that stanzas are to list and do not: computed from package files.
//!
//! A package file that this run has at hand is read where it is; any other is fetched from the
//! store. Only what holds the published bytes counts.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;
use std::sync::{MutexGuard, PoisonError};

use futures::{StreamExt as _, TryStreamExt as _};

use crate::blocking;
use crate::debian::suite::Codename;
use crate::digest::Sha256;
use crate::digest::checksum::{self, ChecksumSet, Sums};
use crate::ops::apply::{ApplyError, Publisher};
use crate::ops::contents::{FETCHES, FileListError, FileReader, Place, at_hand};
use crate::ops::plan::Planned;
use crate::plan::Note;
use crate::store::Store;

impl FileReader {
    /// Returns the checksums of some package files, by their digests.
    async fn sums(
        &self,
        store: &Store,
        (wanted, files): (ChecksumSet, BTreeMap<Sha256, Place<'_>>),
    ) -> Result<BTreeMap<Sha256, Sums>, ApplyError> {
        let digests: Vec<_> = files.keys().copied().collect();
        let unknown = files.into_iter().filter(|(digest, _)| !self.known().contains_key(digest));
        let unknown: Vec<_> = unknown.collect();
        let reads = unknown.into_iter().map(|(digest, (key, local))| async move {
            let sums = match local {
                Some(path) => read(path.to_owned(), path.to_owned(), (digest, wanted)).await,
                None => match self.fetch(store, key).await {
                    Ok((file, _directory)) => {
                        read(file, PathBuf::from(key), (digest, wanted)).await
                    }
                    Err(error) => Err(error),
                },
            };
            let failed = |reason| {
                let (package, reason) = (key.to_owned(), Box::new(reason));
                ApplyError::Checksums { package, reason }
            };
            self.known().insert(digest, sums.map_err(failed)?);
            Ok::<_, ApplyError>(())
        });
        futures::stream::iter(reads).buffer_unordered(FETCHES).try_collect::<()>().await?;
        let known = self.known();
        Ok(digests.into_iter().filter_map(|digest| Some((digest, *known.get(&digest)?))).collect())
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<Sha256, Sums>> {
        self.sums.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the checksums of the file, if it has this digest.
async fn read(
    file: PathBuf,
    place: PathBuf,
    (digest, wanted): (Sha256, ChecksumSet),
) -> Result<Sums, FileListError> {
    let compute = move || {
        let computed = File::open(file).and_then(|file| checksum::of_reader(file, wanted));
        match computed {
            Ok((found, sums)) if found == digest => Ok(sums),
            Ok(_) => Err(FileListError::Altered { place }),
            Err(reason) => Err(FileListError::Unreadable { place, reason }),
        }
    };
    blocking::cpu(compute).await
}

/// Returns what a person should know of the checksums that a plan lists: how many package files have
/// to be read from the store for them.
pub(super) fn notes(planned: &Planned) -> Vec<Note> {
    let local = at_hand(planned);
    let note = |codename: &Codename| {
        let desired = planned.desired.snapshot.distributions.get(codename)?;
        let files = desired.without_checksums().map(|file| (file.sha256, file.size));
        let files: BTreeMap<_, _> =
            files.filter(|(digest, _)| !local.contains_key(digest)).collect();
        let (codename, count) = (codename.clone(), files.len());
        (count > 0).then(|| Note::Unsummed { codename, files: count, bytes: files.values().sum() })
    };
    planned.plan.distributions.keys().filter_map(note).collect()
}

impl Publisher<'_> {
    /// Returns the checksums that stanzas of a distribution have to get, by the digest of the package
    /// file.
    ///
    /// # Errors
    ///
    /// When a package file can't be had.
    pub(super) async fn checksums_of(
        &self,
        planned: &Planned,
        codename: &Codename,
    ) -> Result<BTreeMap<Sha256, Sums>, ApplyError> {
        let desired = planned.desired.snapshot.distributions.get(codename);
        let Some(desired) = desired.filter(|desired| !desired.hashes.is_empty()) else {
            return Ok(BTreeMap::new());
        };
        let local = at_hand(planned);
        // Whatever any distribution lists: no file is read twice.
        let all = planned.desired.snapshot.distributions.values();
        let wanted: ChecksumSet = all.flat_map(|distribution| distribution.hashes.iter()).collect();
        let file = |digest: &Sha256| local.get(digest).copied();
        let files = desired.without_checksums();
        let files = files.map(|f| (f.sha256, (f.filename.as_str(), file(&f.sha256))));
        self.files.sums(self.store, (wanted, files.collect())).await
    }
}
