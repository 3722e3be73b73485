//! Deleting, by the thousand.

use futures::stream::{self, StreamExt as _};
use object_store::path::Path;

use super::error::{self, Outcome};
use super::retry::Attempts;
use super::{Key, Kind, Operation, Store, StoreError};

/// How many objects a bucket deletes by one request.
const BATCH: usize = 1000;

/// How far a deletion has come.
#[derive(Debug)]
#[must_use = "what is not known to be gone may be there"]
pub struct Deletion {
    /// How many of the keys, from the first on, are known to be gone.
    pub gone: usize,
    /// Why not all of them are; nothing if they are.
    pub stopped: Option<Stopped>,
}

/// Why a deletion was not carried out to its end.
#[derive(Debug)]
pub enum Stopped {
    /// The caller did not want to go on.
    Told,
    /// The store did not do it.
    Failed(StoreError),
}

impl Store {
    /// Deletes objects; a key that isn't there counts as deleted.
    ///
    /// # Errors
    ///
    /// The first [`StoreError`]; everything that could be deleted is gone nevertheless.
    pub async fn delete(&self, keys: Vec<Key>) -> Result<(), StoreError> {
        let paths = self.paths(&keys)?;
        self.delete_batch(&paths).await.map_err(|error| self.deletion_failed(error))
    }

    /// Deletes objects as long as `still` allows it, which is asked before every request.
    ///
    /// Nothing below repeats a request by itself: what may be deleted now may be in use when an
    /// attempt that hung is made again.
    pub async fn delete_while(&self, keys: &[Key], still: &(dyn Fn() -> bool + Sync)) -> Deletion {
        let mut gone = 0;
        let stopped = self.delete_batches(keys, still, &mut gone).await;
        Deletion { gone, stopped: stopped.err() }
    }

    async fn delete_batches(
        &self,
        keys: &[Key],
        still: &(dyn Fn() -> bool + Sync),
        gone: &mut usize,
    ) -> Result<(), Stopped> {
        let paths = self.paths(keys).map_err(Stopped::Failed)?;
        let batch = match self.inner.kind {
            Kind::Bucket(_) => BATCH,
            Kind::Directory(_) | Kind::Public(_) | Kind::Other => 1,
        };
        for batch in paths.chunks(batch) {
            let mut attempts = Attempts::new(self.inner.first_pause);
            loop {
                if !still() {
                    return Err(Stopped::Told);
                }
                let Err(error) = self.delete_batch(batch).await else { break };
                if Outcome::of(&error) == Outcome::Final || !attempts.again().await {
                    return Err(Stopped::Failed(self.deletion_failed(error)));
                }
            }
            *gone += batch.len();
        }
        Ok(())
    }

    fn paths(&self, keys: &[Key]) -> Result<Vec<Path>, StoreError> {
        keys.iter().map(|key| self.path(key)).collect()
    }

    async fn delete_batch(&self, paths: &[Path]) -> object_store::Result<()> {
        let locations = stream::iter(paths.to_vec()).map(Ok).boxed();
        let outcomes: Vec<_> = self.backend().delete_stream(locations).collect().await;
        let errors = outcomes.into_iter().filter_map(Result::err);
        let is_failure =
            |error: &object_store::Error| !matches!(error, object_store::Error::NotFound { .. });
        errors.filter(is_failure).map(Err).next().unwrap_or(Ok(()))
    }

    fn deletion_failed(&self, error: object_store::Error) -> StoreError {
        let key = error::place(&error).unwrap_or_else(|| self.to_string());
        StoreError::new(Operation::Delete, &key, error)
    }
}
