//! `plan`: what would an apply do?

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::debian::suite::Codename;
use crate::gc::GivenUp;
use crate::manifest::{self, Manifest};
use crate::ops::{mend, onlooker};
use crate::plan::offer::Offers;
use crate::plan::{self, Desired, Note, Obstacle, Plan, PushRules};
use crate::published::{self, Expected, Head, LoadError, Published, descriptor, manifests};
use crate::report::Observe;
use crate::snapshot::state::ManifestRecord;
use crate::source::SourceProblems;
use crate::source::known::Known;
use crate::source::path::{self, Demand};
use crate::store::{Store, Writers};
use crate::time::Timestamp;

/// A plan, with everything that it was made from.
pub struct Planned {
    /// What has to change.
    pub plan: Plan,
    /// What the sources offer.
    pub offers: Offers,
    /// What should be published.
    pub desired: Desired,
    /// What is published.
    pub published: Published,
    /// What is given up there.
    pub given_up: GivenUp,
    /// What it is for.
    pub aim: Aim,
}

impl Planned {
    /// Lets go of it for the rest of the process, which is about to end: to free the packages of a
    /// large repository one by one would take longer than anything else that is left to do.
    pub fn abandon(self) {
        std::mem::forget(self);
    }
}

/// What a plan is for.
#[derive(Debug, Clone, Default)]
pub enum Aim {
    /// To publish what the manifest declares.
    #[default]
    Manifest,
    /// To give up objects that nothing names, by distribution; what is published stays.
    GiveUp(BTreeMap<Codename, BTreeSet<String>>),
    /// To bring back what an earlier generation held.
    BringBack {
        /// Its number.
        generation: u64,
        /// The manifest that made it.
        manifest: ManifestRecord,
        /// The names of package files that get other ones, by these.
        renamed: BTreeMap<String, String>,
    },
}

/// What a plan is made from, besides the store.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// The manifest.
    pub manifest: &'a Manifest,
    /// The directory that its paths are relative to.
    pub root: &'a Path,
    /// Whether sources that are not there are errors.
    pub demand: Demand,
    /// What was read of its packages before.
    pub known: &'a Known,
    /// The time at which the plan is judged.
    pub now: Timestamp,
    /// Whether a commit is later than that of the manifest.
    pub is_later: &'a IsLater<'a>,
}

/// Tells whether a Git commit descends from another one, which is that of a manifest at hand.
pub type IsLater<'a> = dyn Fn(&str) -> bool + Send + Sync + 'a;

/// No commit is known to be later than any other.
pub const UNRELATED: &IsLater<'static> = &|_| false;

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// Sources or their files can't be used.
    #[error("sources can't be used")]
    Sources(SourceProblems),
    /// Files contradict each other or what is published, or promotions can't be carried out.
    #[error("packages contradict each other")]
    Obstacles(Vec<Obstacle>),
    /// What is published can't be read.
    #[error(transparent)]
    Load(#[from] LoadError),
}

/// Compares what the manifest and its sources want with what the store holds; writes nothing.
///
/// # Errors
///
/// When sources, their packages or the published repository can't be used.
pub async fn plan(
    question: Question<'_>,
    store: &Store,
    observe: &dyn Observe,
) -> Result<Planned, PlanError> {
    let offers = read_offers(question, observe)?;
    plan_offers(question, offers, store).await
}

/// Reads the sources, as the first half of [`plan()`].
///
/// # Errors
///
/// When sources or their packages can't be used.
pub fn read_offers(question: Question<'_>, observe: &dyn Observe) -> Result<Offers, PlanError> {
    let Question { manifest, root, demand, known, .. } = question;
    path::read(manifest, root, demand, known, observe).map_err(PlanError::Sources)
}

/// Plans offers that were read before, on what the store holds now.
///
/// # Errors
///
/// When packages contradict each other or the published repository can't be used.
pub async fn plan_offers(
    question: Question<'_>,
    offers: Offers,
    store: &Store,
) -> Result<Planned, PlanError> {
    plan_knowing(question, offers, store, question.now).await
}

/// Plans offers on what the store holds now, the store's clock being known to have been at
/// `store_time` already.
///
/// What this machine's clock says, or any commit point, may be later; whatever is latest decides
/// which names are spent. A clock that is ahead costs a fresh name and nothing else.
///
/// # Errors
///
/// As for [`plan_offers`].
pub async fn plan_knowing(
    question: Question<'_>,
    offers: Offers,
    store: &Store,
    store_time: Timestamp,
) -> Result<Planned, PlanError> {
    let Question { manifest, now, .. } = question;
    let expected = Expected { name: &manifest.repository.name, keys: &manifest.signing.known, now };
    let mut published = if store.is_public() {
        onlooker::load(store, expected, manifest).await?
    } else {
        published::load(store, expected).await?
    };
    let given_up = GivenUp::new(&published, manifest.purge_after);
    published.snapshot.spent = given_up.spent(published.latest().max(now).max(store_time));
    let (desired, mut plan) = difference(question, &offers, &published, store).await?;
    if is_unguarded(store).await? {
        plan.notes.push(Note::SingleWriter);
    }
    let lost = published.lost.clone();
    let planned = Planned { plan, offers, desired, published, given_up, aim: Aim::Manifest };
    Ok(mend::met(planned, lost, store).await.map_err(LoadError::Store)?)
}

/// Returns the distribution that was published last by a manifest of a later commit, and that commit.
fn later(question: Question<'_>, heads: &BTreeMap<Codename, Head>) -> Option<(Codename, String)> {
    let outdoes = |record: &ManifestRecord| {
        let commit = record.git_commit.as_deref();
        // The same text from a later commit declares nothing else.
        record.sha256 != question.manifest.digest && commit.is_some_and(question.is_later)
    };
    let later = heads.iter().filter(|(_, head)| outdoes(&head.state.manifest));
    let (codename, head) = later.max_by_key(|(_, head)| head.last_modified)?;
    Some((codename.clone(), head.state.manifest.git_commit.clone()?))
}

/// Returns what a manifest wants of what is offered, and what has to change of what is published.
///
/// # Errors
///
/// When packages contradict each other, or the store can't be read.
pub(super) async fn difference(
    question: Question<'_>,
    offers: &Offers,
    published: &Published,
    store: &Store,
) -> Result<(Desired, Plan), PlanError> {
    let Question { manifest, now, .. } = question;
    // Where copies have to be read for that, they are while the packages are compared.
    let (standings, desired) = futures::join!(published.standings(store, now), async {
        plan::desired(manifest, offers, &published.snapshot, now)
    });
    let mut standings = standings.map_err(LoadError::Store)?;
    let heads = published.heads.iter();
    // Nothing is pushed to what is removed.
    let heads = heads.filter(|(codename, _)| {
        published.snapshot.distributions.get(*codename).is_some_and(|d| !d.is_removed())
    });
    for (codename, head) in heads {
        let rules = recorded_rules(manifest, head, store).await?;
        let validity = head.validity(now);
        let standing = standings.entry(codename.clone());
        standing.and_modify(|standing| (standing.rules, standing.validity) = (rules, validity));
    }
    if let Some((codename, commit)) = later(question, &published.heads) {
        standings.entry(codename).and_modify(|standing| standing.later = Some(commit));
    }
    let desired = desired.map_err(PlanError::Obstacles)?;
    let plan = plan::diff(&published.snapshot, &desired, &standings);
    Ok((desired, plan))
}

/// Tells whether a store of a single writer is not known to have working conditional writes.
pub(super) async fn is_unguarded(store: &Store) -> Result<bool, LoadError> {
    if store.writers() == Writers::Several {
        return Ok(false);
    }
    let record = descriptor::read(store).await.map_err(LoadError::Store)?;
    let descriptor = record.and_then(|record| record.descriptor);
    let trial = descriptor.as_ref().and_then(|descriptor| descriptor.trial(store));
    Ok(trial.is_none_or(|trial| trial.fault.is_some()))
}

/// Tells whether a publish would go by the rules of `manifest`.
///
/// It goes by the manifest that was applied last. A change of rules changes no package, and would
/// otherwise never get there.
async fn recorded_rules(
    manifest: &Manifest,
    head: &Head,
    store: &Store,
) -> Result<PushRules, LoadError> {
    let recorded = head.state.manifest.sha256;
    if recorded == manifest.digest {
        return Ok(PushRules::Recorded);
    }
    let text = manifests::text(store, &recorded).await?;
    // One that can't be read any more has no rules that anybody could go by.
    let parsed =
        text.and_then(|text| manifest::parse_for(&text, manifest.environment.as_deref()).ok());
    let before = parsed.as_ref().and_then(|parsed| parsed.manifest.push_rules());
    Ok(match before == manifest.push_rules() {
        true => PushRules::Recorded,
        false => PushRules::Outdated { recorded, desired: manifest.digest },
    })
}
