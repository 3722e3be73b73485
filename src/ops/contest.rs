//! Publishing beside other writers: who loses a swap plans again on what won.

use std::time::Duration;

use crate::debian::suite::Codename;
use crate::digest::Sha256;
use crate::mutation::{self, Mutation};
use crate::ops::apply::{Applied, ApplyError, Outcome, Publisher};
use crate::ops::plan::{PlanError, Planned, Question, plan_knowing};
use crate::plan::Plan;
use crate::report::{Event, Mandate, Observe};
use crate::time::{Span, Timestamp, shifted};

/// How often a run may find that it read the store too long ago. A long upload is one such time;
/// after that there is little left to do.
const DELAYS: u32 = 5;

/// How a publication is to go on when another writer is faster.
#[derive(Debug, Clone)]
pub struct Terms {
    /// What a person agreed to.
    pub approval: Approval,
    /// How long to try.
    pub wait: Span,
}

/// What may be published.
#[derive(Debug, Clone)]
pub enum Approval {
    /// Whatever the manifest declares, but for dangers.
    Anything,
    /// Nothing that is not in this plan.
    Only(Box<Plan>),
    /// What a saved plan allows.
    Saved(Box<Mandate>),
}

/// How a publication ended.
#[must_use = "only one of the endings has published everything"]
pub enum Ending {
    /// Everything is published that was planned; last what the plan was that did it.
    Applied(Vec<Applied>, Box<Planned>),
    /// Other writers kept winning until the time was over; last what the plan was.
    Overtaken(Codename, Box<Planned>),
    /// On what another writer published, the plan is one that nobody approved; last what was
    /// published before that.
    Changed(Box<Planned>, Vec<Applied>),
}

/// Why a publication failed.
#[derive(Debug, thiserror::Error)]
pub enum ContestError {
    /// Planning again failed.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// Publishing failed.
    #[error(transparent)]
    Apply(#[from] ApplyError),
}

/// Carries out a plan, and plans again as long as other writers win.
///
/// What was published before a swap was lost stays published; the next plan does without it.
///
/// # Errors
///
/// As for planning and applying.
pub async fn publish(
    publisher: &Publisher<'_>,
    planned: Planned,
    question: Question<'_>,
    terms: Terms,
    observe: &dyn Observe,
) -> Result<Ending, ContestError> {
    let again = async |planned: Planned, Moment { now, store_time }| {
        let question = Question { now, ..question };
        let planned = plan_knowing(question, planned.offers, publisher.store, store_time).await;
        planned.map_err(ContestError::Plan)
    };
    let mut published = Vec::new();
    strive(publisher, planned, again, (terms, &mut published), observe).await
}

/// When a plan is made again.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// The present time, by this machine's clock.
    pub now: Timestamp,
    /// The latest time that the store's clock is known to have shown.
    pub store_time: Timestamp,
}

impl Moment {
    /// Returns the beginning, when nothing is known of the store's clock yet.
    pub fn at(now: Timestamp) -> Self {
        Self { now, store_time: Timestamp::MIN }
    }
}

/// Carries out a plan, and has it made `again` as long as other writers win.
///
/// What gets published is added to the list beside the terms, also if it ends in an error.
///
/// # Errors
///
/// As for planning and applying.
pub async fn strive<E: From<ApplyError>>(
    publisher: &Publisher<'_>,
    mut planned: Planned,
    again: impl AsyncFn(Planned, Moment) -> Result<Planned, E>,
    (terms, published): (Terms, &mut Vec<Applied>),
    observe: &dyn Observe,
) -> Result<Ending, E> {
    // Waiting begins with the first defeat: an upload may take hours before that.
    let mut deadline = None;
    let (mut defeats, mut delays) = (0_u32, 0_u32);
    let mut store_time = Timestamp::MIN;
    loop {
        let outcome = publisher.apply(&planned, published, observe).await?;
        let now = (publisher.clock)();
        match outcome {
            Outcome::Applied => {
                return Ok(Ending::Applied(published.clone(), Box::new(planned)));
            }
            Outcome::Overtaken(_) if mutation::is_on(Mutation::LoserIsDone) => {
                return Ok(Ending::Applied(published.clone(), Box::new(planned)));
            }
            Outcome::Overtaken(codename) => {
                if now >= *deadline.get_or_insert_with(|| after(now, terms.wait)) {
                    return Ok(Ending::Overtaken(codename, Box::new(planned)));
                }
                observe.event(&Event::Overtaken { codename });
                defeats += 1;
                tokio::time::sleep(pause(&publisher.writer, defeats)).await;
            }
            Outcome::Outdated { codename, store_time: shown } => {
                delays += 1;
                if delays > DELAYS {
                    return Err(ApplyError::TooSlow { codename }.into());
                }
                store_time = store_time.max(shown.unwrap_or(Timestamp::MIN));
                observe.event(&Event::Outdated { codename });
            }
        }
        planned = again(planned, Moment { now: (publisher.clock)(), store_time }).await?;
        if planned.plan.is_blocked() || !terms.approval.covers(&planned.plan, published) {
            return Ok(Ending::Changed(Box::new(planned), published.clone()));
        }
    }
}

fn after(now: Timestamp, span: Span) -> Timestamp {
    shifted(now, i64::try_from(span.as_seconds()).unwrap_or(i64::MAX))
}

/// Returns how long a loser waits, up to half a second: different for each writer and round, since
/// losers that come back at the same moment would only meet again.
fn pause(writer: &str, round: u32) -> Duration {
    let dice = Sha256::of(format!("{writer} {round}").as_bytes());
    Duration::from_millis(2 * u64::from(dice.as_bytes()[0]))
}

impl Approval {
    /// Tells whether a plan may be carried out, of which the run has published this already.
    fn covers(&self, plan: &Plan, published: &[Applied]) -> bool {
        match self {
            Self::Anything => true,
            Self::Only(approved) => plan.is_within(approved),
            Self::Saved(mandate) => {
                let published: Vec<_> = published.iter().map(|one| &one.codename).collect();
                mandate.excess(plan, &published).is_empty()
            }
        }
    }
}
