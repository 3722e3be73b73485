//! `gc`: deletes what nothing needs any more, past its time.

use std::collections::{BTreeMap, BTreeSet};

use crate::apt::path;
use crate::debian::suite::Codename;
use crate::gc::{self, GivenUp};
use crate::manifest::Manifest;
use crate::ops::apply::{ApplyError, Publisher};
use crate::ops::contest::{Approval, Ending, Terms, strive};
use crate::ops::plan::{Aim, Planned};
use crate::ops::sweep::as_of_sight;
use crate::plan::offer::Offers;
use crate::plan::{self, Consent, Desired, DistributionPlan, Sourcing};
use crate::published::{self, Expected, Headless, LoadError, Published};
use crate::report::{Leftover, LeftoverKind, Leftovers, Observe};
use crate::store::{Entry, Stopped, Store, StoreError};
use crate::time::{Clock, Span, Timestamp};

/// How often a sweep may find that it looked at the store too long ago, without any progress.
const DELAYS: u32 = 5;

/// What a store is looked through for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// What the distributions have given up.
    GivenUp,
    /// Everything that nothing names, too: all objects are listed.
    Everything,
}

/// Who looks through a store, and with what.
#[derive(Clone, Copy)]
pub struct Sweeper<'a> {
    /// The manifest.
    pub manifest: &'a Manifest,
    /// The store.
    pub store: &'a Store,
    /// The present time.
    pub clock: &'a Clock,
    /// Random, different for each run.
    pub run: &'a str,
    /// What is looked for.
    pub scope: Scope,
}

/// What was found in a store.
pub struct Survey {
    /// What is to be deleted, by key.
    pub due: Vec<Entry>,
    /// What is given up but has to stay for now, and until when, by key.
    pub waiting: Vec<(Entry, Timestamp)>,
    /// What nothing names, by the distribution that will give it up.
    pub orphans: BTreeMap<Codename, Vec<Entry>>,
    published: Published,
    given_up: GivenUp,
}

/// Why `gc` failed.
#[derive(Debug, thiserror::Error)]
pub enum GcError {
    /// What is published can't be read.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// What is in use can't be told from what is not.
    #[error(transparent)]
    Headless(#[from] Headless),
    /// The keys of the manifest are not those that sign what is published.
    #[error("{codename} is not signed by the keys of the manifest")]
    OtherKeys {
        /// The distribution.
        codename: Codename,
    },
    /// Objects can't be deleted.
    #[error("failed to delete all objects; {deleted} are gone")]
    Delete {
        /// How many were.
        deleted: usize,
        /// Why.
        #[source]
        reason: StoreError,
    },
    /// Each time, what was read of the store was too old before anything was deleted.
    #[error("nothing could be deleted within half an hour of reading the store")]
    TooSlow,
    /// A new generation can't be published.
    #[error(transparent)]
    Apply(#[from] ApplyError),
}

impl Survey {
    /// Returns what was found, for reports.
    pub fn leftovers(&self) -> Leftovers {
        let some = |entries: &[Entry]| entries.iter().map(leftover).collect();
        let waiting = self.waiting.iter().map(|(entry, until)| (leftover(entry), *until));
        let orphans = self.orphans.iter();
        Leftovers {
            due: some(&self.due),
            waiting: waiting.collect(),
            orphans: orphans.map(|(name, entries)| (name.clone(), some(entries))).collect(),
        }
    }
}

fn leftover(entry: &Entry) -> Leftover {
    let key = entry.key.to_string();
    Leftover { kind: LeftoverKind::of(&key), size: entry.size, key }
}

impl Sweeper<'_> {
    /// Finds out what may be deleted, and what nothing names; deletes nothing.
    ///
    /// # Errors
    ///
    /// When the store can't be read, or is not what it should be.
    pub async fn survey(&self) -> Result<Survey, GcError> {
        // Before anything is read that names objects: what is written later may be named already.
        let listing = match self.scope {
            Scope::Everything => Some(self.store.list("").await.map_err(LoadError::Store)?),
            Scope::GivenUp => None,
        };
        let now = (self.clock)();
        let (name, keys) = (&self.manifest.repository.name, &self.manifest.signing.known);
        let published = published::load(self.store, Expected { name, keys, now }).await?;
        published.headed()?;
        let given_up = GivenUp::new(&published, self.manifest.purge_after);
        let orphans = match &listing {
            Some(listing) => gc::orphans(&published, &given_up, listing)?,
            None => BTreeMap::new(),
        };
        let (due, waiting) = self.sorted(&published, &given_up, listing).await?;
        Ok(Survey { due, waiting, orphans, published, given_up })
    }

    /// Returns what is there of the names that are given up: what may be deleted, and what not yet.
    async fn sorted(
        &self,
        published: &Published,
        given_up: &GivenUp,
        listing: Option<Vec<Entry>>,
    ) -> Result<(Vec<Entry>, Vec<(Entry, Timestamp)>), GcError> {
        let times: BTreeMap<_, _> = given_up.waiting().collect();
        if times.is_empty() {
            return Ok(Default::default());
        }
        let listing = match listing {
            Some(listing) => listing,
            None => self.store.list("").await.map_err(LoadError::Store)?,
        };
        let now = self.store.now(&path::scratch(self.run)).await.map_err(LoadError::Store)?;
        let now = as_of_sight(now, published.sight.age((self.clock)()));
        let keys: BTreeSet<_> = given_up.due(now).map(|(key, _)| key.as_str()).collect();
        let (mut due, mut waiting) = (Vec::new(), Vec::new());
        for entry in listing {
            let key = entry.key.as_str();
            if keys.contains(key) {
                due.push(entry);
            } else if let Some(until) = times.get(&key.to_owned()) {
                waiting.push((entry, *until));
            }
        }
        Ok((due, waiting))
    }

    /// Deletes what a survey has found to be due; returns the number of objects.
    ///
    /// Where too much time has passed since, the store is looked through again, and nothing is
    /// deleted that was not found before.
    ///
    /// # Errors
    ///
    /// When the store can't be read or refuses; some objects may be gone by then.
    pub async fn sweep(&self, survey: &Survey) -> Result<usize, GcError> {
        let mut rest: Vec<_> = survey.due.iter().map(|entry| entry.key.to_string()).collect();
        let mut sight = survey.published.sight;
        let (mut deleted, mut delays) = (0, 0);
        loop {
            let swept = gc::delete(self.store, &rest, sight, self.clock).await;
            deleted += swept.gone.len();
            match swept.stopped {
                None => return Ok(deleted),
                Some(Stopped::Failed(reason)) => return Err(GcError::Delete { deleted, reason }),
                Some(Stopped::Told) if swept.gone.is_empty() && delays == DELAYS => {
                    return Err(GcError::TooSlow);
                }
                Some(Stopped::Told) => delays += 1,
            }
            let again = Sweeper { scope: Scope::GivenUp, ..*self }.survey().await?;
            let due: BTreeSet<_> = again.due.iter().map(|entry| entry.key.as_str()).collect();
            rest.retain(|key| due.contains(key.as_str()));
            sight = again.published.sight;
        }
    }

    /// Has the distributions give up what a survey has found that nothing names, each by a new
    /// generation that is otherwise like the one before; returns what was published.
    ///
    /// # Errors
    ///
    /// When the manifest's keys are not those that sign now, or a generation can't be published.
    pub async fn give_up(
        &self,
        publisher: &Publisher<'_>,
        survey: Survey,
        wait: Span,
        observe: &dyn Observe,
    ) -> Result<Ending, GcError> {
        let again =
            async |_, _| -> Result<Planned, GcError> { self.unchanged(self.survey().await?) };
        let terms = Terms { approval: Approval::Anything, wait };
        let course = (terms, &mut Vec::new());
        strive(publisher, self.unchanged(survey)?, again, course, observe).await
    }

    /// Returns the plan that changes nothing but what is given up.
    fn unchanged(&self, survey: Survey) -> Result<Planned, GcError> {
        let Survey { orphans, published, given_up, .. } = survey;
        let signers: Vec<_> =
            self.manifest.signing.keys.iter().map(|key| key.fingerprint).collect();
        let desired = Desired {
            snapshot: published.snapshot.clone(),
            files: BTreeMap::new(),
            removals: BTreeMap::new(),
            notes: Vec::new(),
            sourcing: Sourcing::default(),
            consent: Consent::of(self.manifest),
            purge_after: self.manifest.purge_after,
        };
        let mut plan = plan::diff(&published.snapshot, &desired, &BTreeMap::new());
        let mut names = BTreeMap::new();
        for (codename, entries) in orphans {
            if published.snapshot.distributions[&codename].signed_by != signers {
                return Err(GcError::OtherKeys { codename });
            }
            plan.base.insert(codename.clone(), published.heads[&codename].base());
            plan.distributions.insert(codename.clone(), DistributionPlan::default());
            let keys = entries.into_iter().map(|entry| entry.key.to_string());
            names.insert(codename, keys.collect());
        }
        let (offers, aim) = (Offers::default(), Aim::GiveUp(names));
        Ok(Planned { plan, offers, desired, published, given_up, aim })
    }
}
