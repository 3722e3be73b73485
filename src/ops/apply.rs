//! `apply`: carries out a plan, one distribution after the other.

mod error;
mod prepared;

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use futures::future::OptionFuture;

use crate::apt::path;
use crate::blocking;
use crate::commit::point::Swap;
use crate::commit::run::{self, CommitError, Setting};
use crate::commit::script::{Records, Script, SealedRelease};
use crate::debian::suite::Codename;
use crate::digest::Sha256;
use crate::dists::{Imprint, Suite};
use crate::fingerprint::Fingerprint;
use crate::mutation::{self, Mutation};
use crate::ops::contents::FileReader;
use crate::ops::plan::{Aim, Planned};
use crate::ops::{client_files, founding};
use crate::plan::{DistributionStatus, Plan};
use crate::published::{Head, Published};
use crate::report::Observe;
use crate::sign::Signer;
use crate::snapshot::retired::{self, Ancestor, Naming, Retired};
use crate::snapshot::state::{ManifestRecord, Parent, Publication};
use crate::store::Store;
use crate::time::{Clock, Timestamp, shifted, whole_second};

pub use error::ApplyError;
use prepared::{Extracts, Prepared};

/// How much earlier than now a signature says that it was made.
///
/// sqv, which apt 2.9.19 and later verify with, forgives no clock that is behind by a second.
const BACKDATING: i64 = 120;
/// How far `Date:` may be ahead of the clock: apt's own tolerance.
const DATE_TOLERANCE: i64 = 10;

/// Who publishes, and with what.
pub struct Publisher<'a> {
    /// The store.
    pub store: &'a Store,
    /// The signing keys; none for an unsigned repository.
    pub signer: Option<Arc<dyn Signer>>,
    /// The present time.
    pub clock: &'a Clock,
    /// Random, different for each run.
    pub writer: String,
    /// Name and version of the program.
    pub tool: String,
    /// `[repository] name`.
    pub repository: String,
    /// The manifest's text.
    pub manifest: Bytes,
    /// The Git commit of the manifest, where one is known.
    pub git_commit: Option<String>,
    /// What reads which files packages have.
    pub files: FileReader,
}

/// How an apply ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "an apply that lost has to be planned again"]
pub enum Outcome {
    /// Every distribution of the plan is published.
    Applied,
    /// Another writer published this distribution meanwhile; the ones before it are published.
    Overtaken(Codename),
    /// The store was read too long ago to publish this distribution on it; the ones before it are
    /// published.
    Outdated {
        /// The distribution.
        codename: Codename,
        /// The store's present time, if it was asked for.
        store_time: Option<Timestamp>,
    },
}

/// A distribution that was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The distribution.
    pub codename: Codename,
    /// Its new generation.
    pub generation: u64,
    /// Whether it is its first.
    pub first: bool,
}

/// How the publication of one distribution ended.
enum Step {
    Done(Applied),
    Overtaken,
    Outdated { store_time: Option<Timestamp> },
}

/// Returns the time that the signatures of a Release file of that date say they were made at.
pub(super) fn signing_time(date: Timestamp) -> Timestamp {
    shifted(date, -BACKDATING)
}

/// What a distribution is published from, beside the plan.
struct Work<'a> {
    /// Its index files, if they are made already.
    early: Option<Prepared>,
    /// What they are made from.
    extracts: Arc<Extracts>,
    /// What this run has deleted.
    deleted: &'a BTreeSet<String>,
}

/// No names.
static NOTHING: BTreeSet<String> = BTreeSet::new();

/// Returns the generation of a distribution that stays as it is, if there is one that does.
fn standing<'p>(planned: &'p Planned, codename: &Codename) -> Option<&'p Head> {
    let is_kept = planned.plan.distributions[codename].is_unchanged();
    let head = planned.published.heads.get(codename);
    head.filter(|_| is_kept && matches!(planned.aim, Aim::Manifest))
}

/// Returns what the generation after `head` takes over: the history, and what was given up.
fn succession(
    codename: &Codename,
    head: Option<&Head>,
    deleted: &BTreeSet<String>,
) -> (Vec<Ancestor>, Retired) {
    let Some(head) = head else { return Default::default() };
    let (history, gone) = retired::succeed(&head.state.history, head.ancestor());
    let mut retired = head.state.retired.inherited(head.last_modified, deleted);
    retired.retire(gone.iter().flat_map(|ancestor| ancestor.keys(codename)));
    (history, retired)
}

/// Returns the distributions of a plan: those that are removed come last, so that nothing is taken
/// away before what replaces it is there.
fn in_order(plan: &Plan) -> Vec<Codename> {
    let mut all: Vec<_> = plan.distributions.iter().collect();
    all.sort_by_key(|(_, changes)| changes.status == DistributionStatus::Removed);
    all.into_iter().map(|(codename, _)| codename.clone()).collect()
}

impl Publisher<'_> {
    /// Carries out a plan: package files first, then one swap for each distribution.
    ///
    /// What gets published is added to `published`, also if a later distribution fails.
    ///
    /// # Errors
    ///
    /// When a write or a signature fails. Distributions published before stay published; the
    /// others are untouched.
    pub async fn apply(
        &self,
        planned: &Planned,
        published: &mut Vec<Applied>,
        observe: &dyn Observe,
    ) -> Result<Outcome, ApplyError> {
        // Whatever of it fails, fails before anything is written.
        let mut extracts = self.extracts(planned).await?;
        let order = in_order(&planned.plan);
        // What waits for the store leaves processors the time for the first indices.
        let first = order.iter().find(|codename| standing(planned, codename).is_none());
        let first = first.filter(|_| self.store.is_remote());
        let prepare = OptionFuture::from(first.map(|first| {
            let extracts = extracts.get(first).cloned().unwrap_or_default();
            self.prepare(planned, first, (extracts, &NOTHING))
        }));
        let (sent, prepared) = futures::join!(self.send(planned, observe), prepare);
        sent?;
        let mut early = prepared.transpose()?;
        self.publish_keyring(planned).await?;
        let deleted = self.sweep(planned, observe).await;
        for codename in order {
            let extracts = extracts.remove(&codename).unwrap_or_default();
            let work = Work {
                early: early.take_if(|prepared| prepared.is_of(&codename)),
                extracts,
                deleted: &deleted,
            };
            match self.publish(planned, &codename, work, observe).await? {
                Step::Done(done) => published.push(done),
                Step::Overtaken => return Ok(Outcome::Overtaken(codename)),
                Step::Outdated { store_time } => {
                    return Ok(Outcome::Outdated { codename, store_time });
                }
            }
        }
        if mutation::is_on(Mutation::PackagesLast) {
            run::upload(self.store, &planned.plan.uploads, observe).await?;
        }
        Ok(Outcome::Applied)
    }

    /// Writes what no client sees as long as no generation names it.
    async fn send(&self, planned: &Planned, observe: &dyn Observe) -> Result<(), ApplyError> {
        founding::found(self.store, &self.repository, &self.tool, &self.writer).await?;
        self.mend(planned, observe).await?;
        if !mutation::is_on(Mutation::PackagesLast) {
            run::upload(self.store, &planned.plan.uploads, observe).await?;
        }
        Ok(())
    }

    async fn publish_keyring(&self, planned: &Planned) -> Result<(), ApplyError> {
        let Some(signer) = &self.signer else {
            return Ok(());
        };
        let keyring = signer.public_keyring().map_err(ApplyError::Keyring)?;
        if planned.published.keyring.as_ref().is_some_and(|published| *published == keyring) {
            return Ok(());
        }
        client_files::update_keyring(self.store, &self.repository, keyring)
            .await
            .map_err(|error| CommitError::Store(error).into())
    }

    async fn publish(
        &self,
        planned: &Planned,
        codename: &Codename,
        work: Work<'_>,
        observe: &dyn Observe,
    ) -> Result<Step, ApplyError> {
        if let Some(head) = standing(planned, codename) {
            return self.repair(planned, codename, head, observe).await.map(Step::Done);
        }
        let head = planned.published.heads.get(codename);
        let Published { objects, sight, .. } = &planned.published;
        if sight.is_outdated((self.clock)()) {
            return Ok(Step::Outdated { store_time: None });
        }
        let suite = self.build(planned, codename, work).await?;
        let sealed = self.seal(&suite).await?;
        let digest = Sha256::of(&self.manifest);
        let is_kept = head.is_some_and(|head| head.state.manifest.sha256 == digest)
            || !matches!(planned.aim, Aim::Manifest);
        let records = Records {
            manifest: (!is_kept).then(|| self.manifest.clone()),
            base: head.map(|head| (head.key.clone(), head.etag.clone())),
        };
        let mut script = Script::new(&suite, &sealed, records).map_err(CommitError::Store)?;
        let forms = &planned.desired.snapshot.distributions[codename].compression;
        let taken_over = suite.taken_over(forms);
        self.add_left_behind(&mut script, planned, codename, &taken_over).await?;
        let seal = objects.get(&path::release_signature(codename));
        let times = [head.map(|head| head.last_modified), seal.map(|seal| seal.last_modified)];
        let distribution = &planned.desired.snapshot.distributions[codename];
        let named = Naming { codename, distribution, release: &suite.release };
        let setting = Setting {
            codename,
            generations: (head.map(|head| head.state.generation), suite.generation),
            last_modified: times.into_iter().flatten().max(),
            objects,
            clock: self.clock,
            sight: *sight,
            until: planned.given_up.first_spent(named),
            scratch: &path::scratch(&self.writer),
        };
        let generation = suite.generation;
        Ok(match run::run(self.store, &script, &setting, observe).await? {
            Swap::Won => {
                let first = head.is_none();
                Step::Done(Applied { codename: codename.clone(), generation, first })
            }
            Swap::Lost => Step::Overtaken,
            Swap::Outdated { store_time } => Step::Outdated { store_time },
        })
    }

    /// Returns the new generation of a distribution, made of what is prepared for it.
    async fn build(
        &self,
        planned: &Planned,
        codename: &Codename,
        Work { early, extracts, deleted }: Work<'_>,
    ) -> Result<Suite, ApplyError> {
        let head = planned.published.heads.get(codename);
        let date = self.date(codename, head.map(|head| head.release.date))?;
        let prepared = match early.filter(|prepared| prepared.is_free_of(deleted)) {
            Some(prepared) => prepared,
            None => self.prepare(planned, codename, (extracts, deleted)).await?,
        };
        let publication = self.publication(planned, codename, date, deleted);
        let failed = |reason| ApplyError::Index { codename: codename.clone(), reason };
        let build = move || prepared.finish(Imprint { date, publication });
        blocking::cpu(build).await.map_err(failed)
    }

    /// Returns what the state of the new generation records beside its packages.
    fn publication(
        &self,
        planned: &Planned,
        codename: &Codename,
        date: Timestamp,
        deleted: &BTreeSet<String>,
    ) -> Publication {
        let head = planned.published.heads.get(codename);
        let (history, mut retired) = succession(codename, head, deleted);
        let declared = || ManifestRecord {
            sha256: Sha256::of(&self.manifest),
            git_commit: self.git_commit.clone(),
        };
        let (manifest, rollback_of) = match &planned.aim {
            Aim::Manifest => (declared(), None),
            Aim::GiveUp(orphans) => {
                retired.retire(orphans.get(codename).into_iter().flatten().cloned());
                (head.map_or_else(declared, |head| head.state.manifest.clone()), None)
            }
            Aim::BringBack { generation, manifest, .. } => (manifest.clone(), Some(*generation)),
        };
        let desired = &planned.desired.snapshot.distributions[codename];
        let before = head.map(Head::seniority).unwrap_or_default();
        let since = |key: &Fingerprint| (*key, before.get(key).copied().unwrap_or(date));
        Publication {
            tool: self.tool.clone(),
            repository: self.repository.clone(),
            generation: head.map_or(1, |head| head.state.generation + 1),
            parent: head
                .map(|head| Parent { generation: head.state.generation, in_release: head.sha256 }),
            writer: match head {
                Some(head) if mutation::is_on(Mutation::BorrowedId) => head.state.writer.clone(),
                _ => self.writer.clone(),
            },
            manifest,
            plan: (!matches!(planned.aim, Aim::GiveUp(_))).then_some(planned.plan.id),
            rollback_of,
            allowed: planned.plan.accepted_for(codename),
            purge_after: planned.desired.purge_after.as_seconds(),
            history,
            retired,
            signing_since: desired.signed_by.iter().map(since).collect(),
        }
    }

    /// Returns the new generation's Date: now, but later than the published one.
    fn date(
        &self,
        codename: &Codename,
        published: Option<Timestamp>,
    ) -> Result<Timestamp, ApplyError> {
        let now = whole_second((self.clock)());
        let Some(published) = published else {
            return Ok(now);
        };
        if mutation::is_on(Mutation::SameDate) {
            return Ok(published);
        }
        let date = now.max(shifted(published, 1));
        if date > shifted(now, DATE_TOLERANCE) {
            return Err(ApplyError::ClockBehind { codename: codename.clone(), published });
        }
        Ok(date)
    }

    async fn seal(&self, suite: &Suite) -> Result<SealedRelease, ApplyError> {
        let text = suite.release.to_text();
        let release = Bytes::from(text.into_bytes());
        let Some(signer) = self.signer.clone() else {
            return Ok(SealedRelease::Unsigned { release });
        };
        let at = signing_time(suite.release.date);
        let sign = move || {
            let (in_release, signature) = signer.sign_both(&release, at)?;
            let (in_release, signature) = (in_release.into(), signature.into());
            Ok(SealedRelease::Signed { release, in_release, signature })
        };
        let failed = |reason| ApplyError::Sign { codename: suite.codename.clone(), reason };
        blocking::cpu(sign).await.map_err(failed)
    }
}
