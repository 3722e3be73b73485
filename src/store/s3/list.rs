//! Listing and deleting, by the thousand.

use aws_sdk_s3::types::{ChecksumAlgorithm, Delete, Object, ObjectIdentifier};
use futures::stream::{self, BoxStream, StreamExt as _, TryStreamExt as _};
use object_store::path::Path;
use object_store::{ListResult, ObjectMeta};

use super::fault::{Fault, FaultKind, Request};
use super::{Bucket, Result, S3, meta};

/// How many keys one bulk delete takes.
const DELETIONS: usize = 1000;
/// How many bytes a request of so many keys has, about: each has up to a kilobyte.
const BATCH_TEXT: u64 = 1 << 20;

impl S3 {
    /// Returns all objects below `prefix`, page after page, in the order of the server.
    pub(super) fn list_all(self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let prefix = below(prefix);
        let bucket = self.bucket.clone();
        let pages = async move {
            let client = self.client().await;
            let list = client.list_objects_v2().bucket(&*self.bucket.name).prefix(&prefix);
            stream::unfold(list.into_paginator().send(), |mut pages| async {
                pages.next().await.map(|page| (page, pages))
            })
            .map(move |page| {
                let request = listing(&self.bucket, &prefix);
                page.map_err(|error| object_store::Error::from(Fault::new(request, error)))
            })
        };
        stream::once(pages)
            .flatten()
            .map_ok(move |page| {
                let objects = page.contents.unwrap_or_default();
                let found: Vec<_> =
                    objects.into_iter().filter_map(|object| bucket.found(object)).map(Ok).collect();
                stream::iter(found)
            })
            .try_flatten()
            .boxed()
    }

    /// Returns the objects and the common prefixes right below `prefix`.
    pub(super) async fn list_level(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let prefix = below(prefix);
        let client = self.client().await;
        let list = client.list_objects_v2().bucket(&*self.bucket.name).prefix(&prefix);
        let mut pages = list.delimiter("/").into_paginator().send();
        let (mut objects, mut common_prefixes) = (Vec::new(), Vec::new());
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| Fault::new(listing(&self.bucket, &prefix), error))?;
            let names = page.common_prefixes.unwrap_or_default().into_iter();
            common_prefixes.extend(names.filter_map(|common| {
                let name = common.prefix?;
                self.bucket.path(name.strip_suffix('/').unwrap_or(&name))
            }));
            let found = page.contents.unwrap_or_default().into_iter();
            objects.extend(found.filter_map(|object| self.bucket.found(object)));
        }
        Ok(ListResult { common_prefixes, objects, extensions: object_store::Extensions::new() })
    }

    /// Deletes what `locations` names; a key that isn't there counts as deleted.
    pub(super) fn delete_all(
        self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        locations
            .chunks(DELETIONS)
            .then(move |batch| {
                let store = self.clone();
                async move { stream::iter(store.delete_batch(batch).await) }
            })
            .flatten()
            .boxed()
    }

    /// Deletes up to a thousand objects with one request; there is one result for each.
    async fn delete_batch(&self, batch: Vec<Result<Path>>) -> Vec<Result<Path>> {
        let keys: Result<Vec<Path>> = batch.into_iter().collect();
        let outcome = match &keys {
            Ok(keys) => self.send_deletion(keys).await,
            Err(_) => Ok(Vec::new()),
        };
        match (keys, outcome) {
            (Ok(keys), Ok(faults)) => {
                let failed = |key: &Path| faults.iter().any(|fault| fault.key == key.as_ref());
                let done: Vec<_> = keys.into_iter().filter(|key| !failed(key)).map(Ok).collect();
                done.into_iter().chain(faults.into_iter().map(|fault| Err(fault.into()))).collect()
            }
            (Err(error), _) => vec![Err(error)],
            (_, Err(fault)) => vec![Err(fault.into())],
        }
    }

    /// Sends one bulk delete, once, and returns what it says about the keys that it did not delete.
    async fn send_deletion(&self, keys: &[Path]) -> Result<Vec<Fault>, Fault> {
        let first = keys.first().map_or("", |key| key.as_ref());
        let request = Request { operation: "DeleteObjects", bucket: &self.bucket.name, key: first };
        let name = |key: &Path| ObjectIdentifier::builder().key(key.as_ref()).build();
        let names: Result<Vec<_>, _> = keys.iter().map(name).collect();
        let names =
            names.and_then(|names| Delete::builder().set_objects(Some(names)).quiet(true).build());
        let names = names.map_err(|error| Fault::silent(request, FaultKind::Invalid, error))?;
        let overrides = self.access.only_once(BATCH_TEXT);
        let answer = self
            .client()
            .await
            .delete_objects()
            .bucket(request.bucket)
            .delete(names)
            .checksum_algorithm(ChecksumAlgorithm::Sha256)
            .customize()
            .config_override(overrides)
            .send()
            .await
            .map_err(|error| Fault::new(request, error))?;
        let entries = answer.errors.unwrap_or_default();
        Ok(entries
            .iter()
            .map(|entry| {
                let key = entry.key.as_deref().unwrap_or_default();
                Fault::of_entry(Request { key, ..request }, entry.code(), entry.message())
            })
            .collect())
    }
}

impl Bucket {
    /// Takes an object of a listing, unless no path can name it.
    fn found(&self, object: Object) -> Option<ObjectMeta> {
        let path = self.path(object.key.as_deref()?)?;
        let size = u64::try_from(object.size.unwrap_or_default()).unwrap_or_default();
        Some(meta(&path, size, object.e_tag, object.last_modified))
    }
}

/// Returns the prefix of everything below a path.
fn below(prefix: Option<&Path>) -> String {
    match prefix {
        Some(path) if !path.is_root() => format!("{path}/"),
        _ => String::new(),
    }
}

fn listing<'a>(bucket: &'a Bucket, prefix: &'a str) -> Request<'a> {
    Request { operation: "ListObjectsV2", bucket: &bucket.name, key: prefix }
}
