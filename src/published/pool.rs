//! Which package files are there, by one listing of the pool.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt as _, TryStreamExt as _};

use crate::apt::packages::FileFields;
use crate::apt::path;
use crate::snapshot::PackageId;
use crate::store::{Key, Store, StoreError};

/// The package files that a store holds.
pub struct Pool<'a> {
    store: &'a Store,
    sizes: BTreeMap<String, u64>,
}

impl<'a> Pool<'a> {
    /// Lists the pool of a store.
    ///
    /// # Errors
    ///
    /// When it can't be listed.
    pub async fn list(store: &'a Store) -> Result<Self, StoreError> {
        let entries = store.list("pool").await?.into_iter();
        let sizes = entries.map(|entry| (entry.key.to_string(), entry.size)).collect();
        Ok(Self { store, sizes })
    }

    /// Returns the keys of those package files that are not there with their size.
    ///
    /// What was taken over from another tool may lie elsewhere, and is asked for one by one.
    ///
    /// # Errors
    ///
    /// When the store can't be asked.
    pub async fn absent(
        &self,
        files: impl Iterator<Item = &FileFields>,
    ) -> Result<BTreeSet<String>, StoreError> {
        let is_unseen = |file: &&FileFields| self.sizes.get(&*file.filename) != Some(&file.size);
        let unseen: Vec<&FileFields> = files.filter(is_unseen).collect();
        let looks = unseen.into_iter().map(|file| async move {
            let entry = self.store.head(&Key::found(file.filename.as_str())?).await?;
            let is_there = entry.is_some_and(|entry| entry.size == file.size);
            Ok::<_, StoreError>((!is_there).then(|| file.filename.to_string()))
        });
        let looks = futures::stream::iter(looks).buffer_unordered(self.store.jobs());
        let absent: Vec<Option<String>> = looks.try_collect().await?;
        Ok(absent.into_iter().flatten().collect())
    }

    /// Returns the names that package files in the pool have within their directories.
    pub fn names(&self) -> BTreeSet<&str> {
        self.sizes.keys().filter_map(|key| Some(key.rsplit_once('/')?.1)).collect()
    }
}

/// Returns the name that a package's file has in the pool, within its directory.
pub fn name(id: &PackageId) -> String {
    path::package_file(&id.name, &id.version, &id.architecture)
}
