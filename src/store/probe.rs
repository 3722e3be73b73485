//! Finds out whether a store keeps the promises that the swap stands on.
//!
//! Servers exist that take the headers of a conditional write and ignore them: on those, two
//! publishers overwrite each other. So conditions are tried before they are relied on.

use bytes::Bytes;
use futures::future;

use super::{Etag, Headers, Key, Kind, Replacement, Storage, Store, StoreError};

/// How many creations of one key run against each other.
const RIVALS: usize = 8;

pub(super) const HEADERS: Headers = Headers {
    content_type: "text/plain; charset=utf-8",
    cache_control: "no-store",
    storage: Storage::Small,
};

/// Whether conditional writes hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conditions {
    /// They do.
    Hold,
    /// They don't.
    Fail {
        /// What the store did, as a fragment.
        fault: &'static str,
    },
}

impl Store {
    /// Tries conditional writes on objects under `scratch`, and removes those again.
    ///
    /// `scratch` must be a prefix that nothing else uses, and another one each time. A directory
    /// is not tried: its conditions are this program's own.
    ///
    /// # Errors
    ///
    /// When the store refuses a write or does not answer as it should.
    pub async fn probe(&self, scratch: &str) -> Result<Conditions, StoreError> {
        if matches!(self.inner.kind, Kind::Directory(_)) {
            return Ok(Conditions::Hold);
        }
        let keys = ["swap", "race"].map(|name| Key::parse(format!("{scratch}/{name}")));
        let [swap, race] = keys;
        let (swap, race) = (swap?, race?);
        let verdict = match self.probe_swap(&swap).await {
            Ok(Conditions::Hold) => self.probe_race(&race).await,
            // It has no idea of conditions, or turns down those that hold.
            Err(StoreError::Conditions { .. }) => {
                Ok(Conditions::Fail { fault: "it turns down conditional writes" })
            }
            verdict => verdict,
        };
        // Whatever came out of it; the objects harm nobody if they stay.
        let _ = self.delete(vec![swap, race]).await;
        verdict
    }

    async fn probe_swap(&self, key: &Key) -> Result<Conditions, StoreError> {
        let write = async |content: &'static str, base: Option<&Etag>| {
            self.replace(key, Bytes::from_static(content.as_bytes()), base, &HEADERS).await
        };
        let Replacement::Won { etag: first } = write("first", None).await? else {
            return Ok(Conditions::Fail { fault: "it refuses to create an object" });
        };
        if write("second", None).await? != Replacement::Lost {
            return Ok(Conditions::Fail { fault: "it creates an object that is there already" });
        }
        let Replacement::Won { .. } = write("third", Some(&first)).await? else {
            return Ok(Conditions::Fail { fault: "it does not know the tag that it gave out" });
        };
        if write("fourth", Some(&first)).await? != Replacement::Lost {
            return Ok(Conditions::Fail { fault: "it replaces an object by an outdated tag" });
        }
        Ok(Conditions::Hold)
    }

    async fn probe_race(&self, key: &Key) -> Result<Conditions, StoreError> {
        let create = |rival: usize| {
            let content = Bytes::from(format!("rival {rival}"));
            async move { self.replace(key, content, None, &HEADERS).await }
        };
        let outcomes = future::try_join_all((0..RIVALS).map(create)).await?;
        let winners = outcomes.iter().filter(|outcome| **outcome != Replacement::Lost).count();
        Ok(match winners {
            1 => Conditions::Hold,
            _ => Conditions::Fail { fault: "it lets several writers create one object" },
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fmt;
    use std::sync::Arc;

    use futures::stream::BoxStream;
    use object_store::memory::InMemory;
    use object_store::path::Path;
    use object_store::{
        CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
        PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
    };

    use super::*;

    /// A store that forgets some conditions.
    #[derive(Debug)]
    struct Forgetful {
        inner: InMemory,
        forgets: fn(&PutMode) -> bool,
    }

    impl fmt::Display for Forgetful {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("forgetful")
        }
    }

    #[async_trait::async_trait]
    impl ObjectStore for Forgetful {
        async fn put_opts(
            &self,
            at: &Path,
            payload: PutPayload,
            mut options: PutOptions,
        ) -> Result<PutResult> {
            if (self.forgets)(&options.mode) {
                options.mode = PutMode::Overwrite;
            }
            self.inner.put_opts(at, payload, options).await
        }

        async fn put_multipart_opts(
            &self,
            at: &Path,
            options: PutMultipartOptions,
        ) -> Result<Box<dyn MultipartUpload>> {
            self.inner.put_multipart_opts(at, options).await
        }

        async fn get_opts(&self, at: &Path, options: GetOptions) -> Result<GetResult> {
            self.inner.get_opts(at, options).await
        }

        fn delete_stream(
            &self,
            keys: BoxStream<'static, Result<Path>>,
        ) -> BoxStream<'static, Result<Path>> {
            self.inner.delete_stream(keys)
        }

        fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
            self.inner.list(prefix)
        }

        async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
            self.inner.list_with_delimiter(prefix).await
        }

        async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
            self.inner.copy_opts(from, to, options).await
        }
    }

    async fn verdict(forgets: fn(&PutMode) -> bool) -> Conditions {
        let backend = Forgetful { inner: InMemory::new(), forgets };
        let store = Store::with_backend(Arc::new(backend), "memory:");
        let verdict = store.probe("scratch/1").await.unwrap();
        assert_eq!(store.list("").await.unwrap(), [], "the probe cleans up");
        verdict
    }

    #[tokio::test]
    async fn conditions_that_hold_are_found_to_hold() {
        assert_eq!(verdict(|_| false).await, Conditions::Hold);
    }

    #[tokio::test]
    async fn a_store_that_forgets_conditions_is_found_out() {
        let forgets_all = verdict(|_| true).await;
        let creates = "it creates an object that is there already";
        assert_eq!(forgets_all, Conditions::Fail { fault: creates });
        let forgets_updates = verdict(|mode| matches!(mode, PutMode::Update(_))).await;
        let replaces = "it replaces an object by an outdated tag";
        assert_eq!(forgets_updates, Conditions::Fail { fault: replaces });
    }
}
