//! What a distribution is published from, and its index files, which may be made before its turn.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

use bytes::Bytes;

use super::{ApplyError, Publisher};
use crate::apt::path;
use crate::apt::release::Release;
use crate::blocking;
use crate::debian::suite::Codename;
use crate::digest::Sha256;
use crate::digest::checksum::Sums;
use crate::dists::{Build, ContentsText, Draft, Imprint, Predecessor, Suite};
use crate::ops::plan::Planned;
use crate::plan::Indices;
use crate::snapshot::Distribution;
use crate::snapshot::state::Encoders;
use crate::text::SharedText;

/// What had to be read of package files for one distribution.
#[derive(Default)]
pub(super) struct Extracts {
    /// The texts of the `Contents` files that are written, by path.
    contents: BTreeMap<String, ContentsText>,
    /// The checksums that stanzas lack, by the digest of the package file.
    sums: BTreeMap<Sha256, Sums>,
}

/// What the index files of a distribution are made from.
struct Material {
    codename: Codename,
    desired: Distribution,
    extracts: Arc<Extracts>,
    /// What is published, if anything of it can be taken over.
    before: Option<(Distribution, Release, Encoders)>,
    /// Its index files that are of use.
    files: BTreeMap<String, Bytes>,
    /// The texts of its indices.
    texts: BTreeMap<String, SharedText>,
    spent: BTreeSet<String>,
}

/// The index files of a distribution, and what else the next generation is made from.
pub(super) struct Prepared {
    material: Material,
    draft: Draft,
}

impl Material {
    fn build(&self) -> Build<'_> {
        let published = self.before.as_ref().map(|(distribution, release, encoders)| {
            let (files, texts) = (&self.files, &self.texts);
            Predecessor { distribution, release, encoders, files, texts }
        });
        Build {
            codename: &self.codename,
            desired: &self.desired,
            contents: &self.extracts.contents,
            published,
            spent: &self.spent,
        }
    }

    fn prepare(mut self) -> io::Result<Prepared> {
        self.desired.list_checksums(&self.extracts.sums);
        let draft = self.build().draft()?;
        // They take as much memory as what was made of them.
        self.files.retain(|path, _| path == path::STATE_FILE);
        Ok(Prepared { material: self, draft })
    }
}

impl Prepared {
    /// Tells whether it is for this distribution.
    pub(super) fn is_of(&self, codename: &Codename) -> bool {
        self.material.codename == *codename
    }

    /// Tells whether no index file has one of these names.
    pub(super) fn is_free_of(&self, names: &BTreeSet<String>) -> bool {
        !self.draft.has_any(&self.material.codename, names)
    }

    /// Returns the new generation.
    pub(super) fn finish(self, imprint: Imprint) -> io::Result<Suite> {
        self.material.build().finish(self.draft, imprint)
    }
}

impl Publisher<'_> {
    /// Reads what has to be known of package files, by distribution.
    pub(super) async fn extracts(
        &self,
        planned: &Planned,
    ) -> Result<BTreeMap<Codename, Arc<Extracts>>, ApplyError> {
        let mut extracts = BTreeMap::new();
        for codename in planned.plan.distributions.keys() {
            let contents = self.contents_of(planned, codename).await?;
            let sums = self.checksums_of(planned, codename).await?;
            extracts.insert(codename.clone(), Arc::new(Extracts { contents, sums }));
        }
        Ok(extracts)
    }

    /// Makes the index files of a distribution, none of them under a name that is spent or `deleted`.
    pub(super) async fn prepare(
        &self,
        planned: &Planned,
        codename: &Codename,
        (extracts, deleted): (Arc<Extracts>, &BTreeSet<String>),
    ) -> Result<Prepared, ApplyError> {
        let published = &planned.published;
        let before = published.snapshot.distributions.get(codename).cloned();
        let before = before.zip(published.heads.get(codename)).map(|(distribution, head)| {
            (distribution, head.release.clone(), head.state.encoders.clone())
        });
        let is_kept = planned.plan.distributions[codename].indices == Indices::TakenOver;
        let material = Material {
            codename: codename.clone(),
            desired: planned.desired.snapshot.distributions[codename].clone(),
            extracts,
            before: before.filter(|_| is_kept),
            files: self.earlier_files(planned, codename).await,
            texts: published.texts.get(codename).cloned().unwrap_or_default(),
            spent: published.snapshot.spent.union(deleted).cloned().collect(),
        };
        let failed = |reason| ApplyError::Index { codename: codename.clone(), reason };
        blocking::cpu(move || material.prepare()).await.map_err(failed)
    }
}
