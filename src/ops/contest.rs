//! Publishing beside other writers: who loses a swap plans again on what won.

use std::time::Duration;

use crate::debian::suite::Codename;
use crate::digest::Sha256;
use crate::mutation::{self, Mutation};
use crate::ops::apply::{Applied, ApplyError, Outcome, Publisher};
use crate::ops::plan::{PlanError, Planned, Question, plan_offers};
use crate::plan::Plan;
use crate::report::{Event, Observe};
use crate::time::Span;

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
}

/// How a publication ended.
#[must_use = "only one of the endings has published everything"]
pub enum Ending {
    /// Everything is published that was planned; last what the plan was that did it.
    Applied(Vec<Applied>, Box<Planned>),
    /// Other writers kept winning until the time was over.
    Overtaken(Codename),
    /// On what another writer published, the plan is one that nobody approved.
    Changed(Box<Planned>),
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
    mut planned: Planned,
    question: Question<'_>,
    terms: Terms,
    observe: &dyn Observe,
) -> Result<Ending, ContestError> {
    let deadline = publisher.after(terms.wait);
    let mut published = Vec::new();
    let mut round = 0_u32;
    loop {
        let codename = match publisher.apply(&planned, &mut published, observe).await? {
            Outcome::Applied => return Ok(Ending::Applied(published, Box::new(planned))),
            Outcome::Overtaken(_) if mutation::is_on(Mutation::LoserIsDone) => {
                return Ok(Ending::Applied(published, Box::new(planned)));
            }
            Outcome::Overtaken(codename) => codename,
        };
        let now = (publisher.clock)();
        if now >= deadline {
            return Ok(Ending::Overtaken(codename));
        }
        observe.event(&Event::Overtaken { codename });
        round += 1;
        tokio::time::sleep(pause(&publisher.writer, round)).await;
        let question = Question { now, ..question };
        planned = plan_offers(question, planned.offers, publisher.store).await?;
        if planned.plan.is_blocked() || !terms.approval.covers(&planned.plan) {
            return Ok(Ending::Changed(Box::new(planned)));
        }
    }
}

/// Returns how long a loser waits, up to half a second: different for each writer and round, since
/// losers that come back at the same moment would only meet again.
fn pause(writer: &str, round: u32) -> Duration {
    let dice = Sha256::of(format!("{writer} {round}").as_bytes());
    Duration::from_millis(2 * u64::from(dice.as_bytes()[0]))
}

impl Approval {
    fn covers(&self, plan: &Plan) -> bool {
        match self {
            Self::Anything => true,
            Self::Only(approved) => plan.is_within(approved),
        }
    }
}
