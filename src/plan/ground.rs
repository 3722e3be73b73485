//! What every distribution of a plan is made from: the manifest and all that is offered.

use std::collections::BTreeSet;

use crate::debian::suite::{Codename, Component};
use crate::manifest::{Manifest, Target};
use crate::plan::intake::{Candidate, Content};
use crate::plan::offer::{Offering, Offers};
use crate::plan::promotion::Promotions;
use crate::snapshot::PackageId;
use crate::time::Timestamp;

/// What every draft of a plan is made from.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    /// The manifest.
    pub manifest: &'a Manifest,
    /// What the sources offer.
    pub offers: &'a Offers,
    /// What the sources promote.
    pub promotions: &'a Promotions,
    /// Names under which nothing may be published.
    pub spent: &'a BTreeSet<String>,
    /// The time of the plan.
    pub now: Timestamp,
}

impl<'a> Ground<'a> {
    /// Returns what a source offers to a distribution.
    pub fn offered(
        self,
        source: &'a str,
        codename: &'a Codename,
    ) -> impl Iterator<Item = (PackageId, Candidate<'a>)> {
        let offerings = self.offers.sources.get(source).map(|offer| &offer.offerings);
        let here =
            offerings.into_iter().flatten().filter(|offering| offering.codename == *codename);
        let files = here.map(move |Offering { component, file, .. }| {
            (file.id(), Candidate { source, component, content: Content::File(file) })
        });
        files.chain(self.promoted(source, codename))
    }

    /// Returns what a source promotes to a distribution.
    fn promoted(
        self,
        source: &'a str,
        codename: &'a Codename,
    ) -> impl Iterator<Item = (PackageId, Candidate<'a>)> {
        let promoted = self.promotions.get(source).into_iter();
        promoted.flat_map(move |promoted| {
            let targets = self.manifest.sources[source].targets.iter();
            let here = targets.filter(move |target| target.codename == *codename);
            here.flat_map(move |Target { component, .. }| {
                let architectures = &self.manifest.distributions[codename].architectures;
                promoted.offered_for(architectures).map(move |(id, package)| {
                    let content = Content::Listed(package, promoted);
                    (id.clone(), Candidate { source, component, content })
                })
            })
        })
    }

    /// Returns what all sources offer to a distribution, in the order of the sources' names.
    pub fn candidates(
        self,
        codename: &'a Codename,
    ) -> impl Iterator<Item = (PackageId, Candidate<'a>)> {
        let sources: BTreeSet<&String> =
            self.offers.sources.keys().chain(self.promotions.names()).collect();
        sources.into_iter().flat_map(move |source| self.offered(source, codename))
    }

    /// Tells whether a source will promote a package to a component of its own accord, in time.
    pub fn is_awaited(self, codename: &Codename, component: &Component, id: &PackageId) -> bool {
        self.promotions.names().any(|source| {
            let targets = &self.manifest.sources[source].targets;
            let is_here = |to: &Target| to.codename == *codename && to.component == *component;
            let promoted = self.promotions.get(source);
            promoted.is_some_and(|promoted| promoted.is_soaking(id)) && targets.iter().any(is_here)
        })
    }

    /// Tells whether what a source does not offer to a component is really gone.
    ///
    /// A source that is not in this run says nothing.
    pub fn is_told(self, source: &str, codename: &Codename, component: &Component) -> bool {
        if self.promotions.get(source).is_some() {
            return true;
        }
        let offer = self.offers.sources.get(source);
        offer.is_some_and(|offer| offer.is_complete(codename, component))
    }
}
