//! `plan --base`: what the manifest would do now if a change of it were not made.

use crate::manifest::{Manifest, Source};
use crate::ops::plan::{PlanError, Planned, Question, difference};
use crate::plan::Baseline;
use crate::plan::offer::{Offers, SourceOffer};
use crate::report::Observe;
use crate::source::path::{self, Demand};
use crate::store::Store;

/// Returns what `base` would do at the same time as a plan was made, on what is published and what
/// sources offer there.
///
/// Sources that both manifests declare alike are not read again; one that can't be read as `base`
/// has it is not in that run.
///
/// # Errors
///
/// When packages contradict each other by that manifest, or the store can't be read.
pub async fn baseline(
    base: &Manifest,
    question: Question<'_>,
    planned: &Planned,
    store: &Store,
    observe: &dyn Observe,
) -> Result<Baseline, PlanError> {
    let offers = offers(base, question, &planned.offers, observe);
    let question = Question { manifest: base, is_later: &|_| false, ..question };
    let (_, plan) = difference(question, &offers, &planned.published, store).await?;
    Ok(Baseline::of(&plan))
}

fn offers(
    base: &Manifest,
    question: Question<'_>,
    known: &Offers,
    observe: &dyn Observe,
) -> Offers {
    let offer = |source: &Source| -> SourceOffer {
        let same = is_same(base, question.manifest, source);
        if let Some(offer) = known.sources.get(&source.name).filter(|_| same) {
            return offer.clone();
        }
        let mut alone = base.clone();
        alone.sources.retain(|name, _| *name == source.name);
        let Question { root, known, .. } = question;
        let read = path::read(&alone, root, Demand::Optional, known, observe).ok();
        let offer = read.and_then(|mut offers| offers.sources.remove(&source.name));
        offer.unwrap_or_else(SourceOffer::absent)
    };
    let sources = base.sources.values();
    Offers { sources: sources.map(|source| (source.name.clone(), offer(source))).collect() }
}

/// Tells whether a source offers the same by both manifests.
fn is_same(base: &Manifest, head: &Manifest, source: &Source) -> bool {
    let Some(other) = head.sources.get(&source.name) else { return false };
    let unplaced = |source: &Source| Source { line: 0, ..source.clone() };
    let targets = |manifest: &Manifest| -> Vec<_> {
        let distributions = source.targets.iter().map(|target| &target.codename);
        let of = distributions.map(|codename| manifest.distributions.get(codename));
        of.map(|found| found.map(|it| (it.architectures.clone(), it.release.clone()))).collect()
    };
    unplaced(source) == unplaced(other) && targets(base) == targets(head)
}
