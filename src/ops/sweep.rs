//! Deletes, before a publication, what is due of that which its distributions have given up.

use std::collections::BTreeSet;

use crate::apt::path;
use crate::debian::suite::Codename;
use crate::gc::{self, Swept};
use crate::ops::apply::Publisher;
use crate::ops::plan::Planned;
use crate::published::{Headless, Published};
use crate::report::{Event, Observe};
use crate::snapshot::Distribution;
use crate::store::{Stopped, StoreError};
use crate::time::{Timestamp, shifted};

impl Publisher<'_> {
    /// Deletes what is due in the distributions that a plan publishes anew; returns what is gone, so
    /// that they can mark it.
    ///
    /// It comes first: what was not confirmed to be gone is not marked, and so not forgotten. A
    /// failure holds nothing up: somebody else may have the permission to delete.
    pub(super) async fn sweep(&self, planned: &Planned, observe: &dyn Observe) -> BTreeSet<String> {
        let due = match self.due(planned).await {
            Ok(due) if due.is_empty() => return BTreeSet::new(),
            Ok(due) => due,
            Err(reason) => {
                observe.event(&Event::NotSwept { reason: reason.to_string() });
                return BTreeSet::new();
            }
        };
        let Swept { gone, stopped } =
            gc::delete(self.store, &due, planned.published.sight, self.clock).await;
        if !gone.is_empty() {
            observe.event(&Event::Swept { objects: gone.len() });
        }
        if let Some(Stopped::Failed(error)) = stopped {
            observe.event(&Event::NotSwept { reason: error.to_string() });
        }
        gone
    }

    /// Returns what is due; asks the store for its time only where anything could be.
    async fn due(&self, planned: &Planned) -> Result<Vec<String>, Unknown> {
        let published = &planned.published;
        let latest = published.latest().max((self.clock)());
        if ours(planned, latest).is_empty() {
            return Ok(Vec::new());
        }
        published.headed()?;
        let now = self.store.now(&path::scratch(&self.writer)).await?;
        Ok(ours(planned, as_of_sight(now, planned.published.sight.age((self.clock)()))))
    }
}

/// Why it is not known what is due.
#[derive(Debug, thiserror::Error)]
enum Unknown {
    #[error(transparent)]
    Headless(#[from] Headless),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Returns the time of the store at which it was looked at, so long ago.
pub(super) fn as_of_sight(now: Timestamp, ago: std::time::Duration) -> Timestamp {
    shifted(now, -i64::try_from(ago.as_secs() + 1).unwrap_or(i64::MAX))
}

/// Returns what is due at a time in the distributions that are published anew, and is not named
/// again by any of them.
fn ours(planned: &Planned, at: Timestamp) -> Vec<String> {
    let plans = planned.plan.distributions.iter();
    let mut renewed: BTreeSet<_> =
        plans.filter(|(_, plan)| !plan.is_unchanged()).map(|(codename, _)| codename).collect();
    renewed.extend(abandoned(planned, at));
    let due = planned.given_up.due(at);
    let due = due.filter(|(_, waiting)| waiting.iter().any(|codename| renewed.contains(codename)));
    let mut due: BTreeSet<String> = due.map(|(key, _)| key.clone()).collect();
    if !due.is_empty() {
        for (codename, distribution) in &planned.desired.snapshot.distributions {
            for name in named_anew(distribution, |path| path::in_distribution(codename, path)) {
                due.remove(&name);
            }
        }
    }
    // Package files first: what lies in `dists` tells of a removed distribution that the rest of what
    // it has given up may still be there.
    due.into_iter().rev().collect()
}

/// Returns the removed distributions of which something is due that is still there.
///
/// They are not published anew any more, so nobody would ever come by. Nothing marks what is deleted
/// for them, as when `gc` deletes it: it stays given up, and is found to be gone the next time.
fn abandoned(planned: &Planned, at: Timestamp) -> BTreeSet<&Codename> {
    let Published { snapshot, objects, .. } = &planned.published;
    let removed = |codename: &&Codename| {
        snapshot.distributions.get(*codename).is_some_and(Distribution::is_removed)
    };
    let there = planned.given_up.due(at).filter(|(key, _)| objects.contains_key(*key));
    there.flat_map(|(_, waiting)| waiting.iter().filter(removed)).collect()
}

/// Returns the keys that a distribution will name and that don't follow from its content.
///
/// Index files by hash are not built yet; none gets a name that has been deleted.
fn named_anew(
    distribution: &Distribution,
    in_distribution: impl Fn(&str) -> String,
) -> BTreeSet<String> {
    let packages = distribution.components.values().flatten();
    let mut names: BTreeSet<_> =
        packages.map(|(_, package)| package.file.filename.to_string()).collect();
    for component in distribution.components.keys() {
        for architecture in &distribution.architectures {
            let contents = || path::contents(component, architecture);
            let contents = distribution.contents.then(contents);
            for path in [path::packages(component, architecture)].into_iter().chain(contents) {
                let forms = distribution.compression.iter();
                let forms = forms.map(|form| format!("{path}{}", form.extension()));
                names.extend(forms.map(|path| in_distribution(&path)));
            }
        }
    }
    names
}
