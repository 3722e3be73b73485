//! Brings the published index files that a new generation takes blocks from.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures::StreamExt as _;

use crate::apt::path;
use crate::apt::release::IndexEntry;
use crate::debian::suite::Codename;
use crate::dists::Predecessor;
use crate::ops::apply::Publisher;
use crate::ops::plan::Planned;
use crate::published;

impl Publisher<'_> {
    /// Returns the files, by path, that the build of a distribution makes use of.
    ///
    /// Most were read for the plan. One that can't be had is left out: its blocks are compressed
    /// again, and whatever is wrong with the store shows where it matters.
    pub(super) async fn earlier_files(
        &self,
        planned: &Planned,
        codename: &Codename,
    ) -> BTreeMap<String, Bytes> {
        let published = &planned.published;
        let (Some(head), Some(distribution), Some(desired)) = (
            published.heads.get(codename),
            published.snapshot.distributions.get(codename),
            planned.desired.snapshot.distributions.get(codename),
        ) else {
            return BTreeMap::new();
        };
        let (release, encoders) = (&head.release, &head.state.encoders);
        let before = Predecessor {
            distribution,
            release,
            encoders,
            files: &BTreeMap::new(),
            texts: &BTreeMap::new(),
        };
        let files = before.reusable(desired).into_iter().map(|entry| async move {
            let bytes = self.earlier_file(planned, codename, entry).await?;
            Some((entry.path.clone(), bytes))
        });
        let files = futures::stream::iter(files).buffer_unordered(self.store.jobs());
        files.filter_map(std::future::ready).collect().await
    }

    async fn earlier_file(
        &self,
        planned: &Planned,
        codename: &Codename,
        entry: &IndexEntry,
    ) -> Option<Bytes> {
        let key = path::by_hash(codename, &entry.path, &entry.sha256);
        if let Some(bytes) = planned.published.files.get(&key) {
            return Some(bytes.clone());
        }
        published::index_file(self.store, codename, entry).await.ok()
    }
}
