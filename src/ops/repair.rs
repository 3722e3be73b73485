//! Brings copies up to date that a run which ended early has left behind.

use bytes::Bytes;

use crate::apt::path;
use crate::apt::release::IndexEntry;
use crate::blocking;
use crate::commit::run::{self, CommitError};
use crate::commit::script::{Point, RELEASE, Resealed, Script};
use crate::debian::suite::Codename;
use crate::digest::Sha256;
use crate::ops::apply::{Applied, ApplyError, Publisher, signing_time};
use crate::ops::plan::Planned;
use crate::plan::Copies;
use crate::published::{self, Head, MAX_RELEASE, copies};
use crate::report::{Event, Observe};
use crate::store::{Key, StoreError};

impl Publisher<'_> {
    /// Writes the copies of the published generation of a distribution anew; the generation
    /// itself stays.
    ///
    /// # Errors
    ///
    /// When an index file can't be read, or a copy can't be signed or written.
    pub(super) async fn repair(
        &self,
        planned: &Planned,
        codename: &Codename,
        head: &Head,
        observe: &dyn Observe,
    ) -> Result<Applied, ApplyError> {
        let key = Key::parse(&head.key).map_err(StoreError::from).map_err(CommitError::Store)?;
        let current = Point { key, bytes: head.bytes.clone(), base: Some(head.etag.clone()) };
        let release = self.reseal(codename, head).await?;
        let mut script = Script::repair(codename, current, release).map_err(CommitError::Store)?;
        let entries: Vec<_> = copies::canonical(head).cloned().collect();
        self.add_copies(&mut script, codename, &entries).await?;
        let generation = head.state.generation;
        let failed =
            |reason| CommitError::Copies { codename: codename.clone(), generation, reason };
        run::copy_all(self.store, &script, &planned.published.objects).await.map_err(failed)?;
        observe.event(&Event::Repaired { codename: codename.clone(), files: entries.len() });
        Ok(Applied { codename: codename.clone(), generation, first: false })
    }

    /// Adds to a new generation's script the copies of index files that it takes over, where an
    /// earlier run has left some behind.
    pub(super) async fn add_left_behind(
        &self,
        script: &mut Script,
        planned: &Planned,
        codename: &Codename,
        taken_over: &[IndexEntry],
    ) -> Result<(), ApplyError> {
        match planned.plan.distributions[codename].copies {
            Copies::Current => Ok(()),
            Copies::Behind => self.add_copies(script, codename, taken_over).await,
        }
    }

    async fn add_copies(
        &self,
        script: &mut Script,
        codename: &Codename,
        entries: &[IndexEntry],
    ) -> Result<(), ApplyError> {
        for entry in entries {
            let bytes = published::index_file(self.store, codename, entry).await?;
            script.add_copy(codename, entry, bytes).map_err(CommitError::Store)?;
        }
        Ok(())
    }

    /// Returns the published Release text with its detached signature; nothing for a distribution
    /// that is unsigned.
    ///
    /// The signature is the one that the generation was published with. Where its record is gone,
    /// the text is signed again, and the record made anew.
    async fn reseal(
        &self,
        codename: &Codename,
        head: &Head,
    ) -> Result<Option<Resealed>, ApplyError> {
        let Some(text) = copies::signed_text(head) else { return Ok(None) };
        let release = Bytes::from(text);
        let key = path::signature(codename, &head.sha256);
        let key = Key::parse(key).map_err(StoreError::from).map_err(CommitError::Store)?;
        loop {
            let recorded = self.store.get(&key, MAX_RELEASE).await.map_err(CommitError::Store)?;
            if let Some(signature) = recorded.map(|object| object.bytes) {
                return Ok(Some(Resealed { release, signature }));
            }
            let Some(signer) = self.signer.clone() else { return Ok(None) };
            let (signed, at) = (release.clone(), signing_time(head.release.date));
            let signature = blocking::cpu(move || signer.detach_sign(&signed, at)).await;
            let failed = |reason| ApplyError::Sign { codename: codename.clone(), reason };
            let signature = Bytes::from(signature.map_err(failed)?);
            let sha256 = Sha256::of(&signature);
            match self.store.create(&key, signature, sha256, &RELEASE).await {
                // Whoever made it meanwhile signed it with another salt.
                Ok(_) | Err(StoreError::DifferentContent { .. }) => {}
                Err(error) => return Err(CommitError::Store(error).into()),
            }
        }
    }
}
