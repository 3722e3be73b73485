//! `publish`: adds pushed package files to a published repository, by the rules of the manifest
//! that was applied last.
//!
//! The rules lie in the store, so whoever can write to the store can put others there. Nothing of
//! them counts before the signature over the state that names them was verified; see [`rules`].

#[cfg(test)]
mod tests;

use std::path::PathBuf;

use bytes::Bytes;

use crate::apt::path;
use crate::debian::suite::Codename;
use crate::digest::Sha256;
use crate::gc::GivenUp;
use crate::manifest::{self, Manifest, Problem};
use crate::ops::apply::{Applied, ApplyError, Publisher};
use crate::ops::contest::{Ending, Moment, Terms, strive};
use crate::ops::mend;
use crate::ops::plan::{Aim, PlanError, Planned, is_unguarded};
use crate::plan::offer::{Offering, Offers};
use crate::plan::{self, Note};
use crate::published::damage::Lost;
use crate::published::{self, Expected, Head, LoadError, Published, manifests};
use crate::report::Observe;
use crate::snapshot::Snapshot;
use crate::source::push;
use crate::store::Store;

/// The manifest that a publish goes by, and where it is in force.
#[derive(Debug, Clone)]
pub struct Rules {
    /// What it says.
    pub manifest: Manifest,
    /// Its text.
    pub text: Bytes,
    /// The Git commit that it was applied from, where one is known.
    pub git_commit: Option<String>,
    /// The distribution that was published last by it, and its generation.
    pub from: (Codename, u64),
}

/// Why a publish failed.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// Nothing is published, so there are no rules to go by.
    #[error("nothing is published here yet")]
    Empty,
    /// A distribution is unsigned in a repository that has to be signed.
    #[error("{key} is not signed")]
    Unsigned {
        /// Its commit point.
        key: String,
    },
    /// The rules want signatures, and nobody is trusted who could have vouched for them.
    #[error("the repository is signed, and the manifest at hand names none of its keys")]
    Untrusted,
    /// The rules are not there.
    #[error("the manifest that was applied last is not in the store: {key} is missing")]
    NoRules {
        /// Where it should be.
        key: String,
    },
    /// The rules can't be read.
    #[error("{key} can't be used")]
    Manifest {
        /// The manifest.
        key: String,
        /// Its text.
        text: String,
        /// What is wrong with it.
        problems: Vec<Problem>,
    },
    /// Another manifest was applied meanwhile; everything has to begin anew.
    #[error("another manifest was applied meanwhile")]
    Superseded,
    /// The manifest declares a target that is not published yet.
    #[error("{target} is declared but not published yet")]
    Unpublished {
        /// `distribution/component`, or `distribution/component/architecture`.
        target: String,
    },
    /// The manifest keeps a version out.
    #[error("{package} is yanked from {target}: {reason}")]
    Yanked {
        /// `name version architecture`.
        package: String,
        /// `distribution/component`.
        target: String,
        /// Why.
        reason: String,
    },
    /// There is no plan.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// Publishing failed.
    #[error(transparent)]
    Apply(#[from] ApplyError),
}

impl From<LoadError> for PublishError {
    fn from(error: LoadError) -> Self {
        Self::Plan(error.into())
    }
}

/// Returns the manifest that the store gives as the last applied one, unverified.
///
/// It tells whoever has only the address of a repository where its signing key is found. What the
/// key then vouches for is asked of [`rules`]; nothing else of this may be used. `environment` is
/// the one of its environments that this store is.
///
/// # Errors
///
/// When nothing is published, or nothing of this tool's making.
pub async fn claimed(store: &Store, environment: Option<&str>) -> Result<Manifest, PublishError> {
    let sha256 = manifests::claimed(store).await?.ok_or(PublishError::Empty)?;
    Ok(read(store, &sha256, environment).await?.0)
}

/// Returns the manifest that was applied last, as one of the expected keys vouches for it.
///
/// The signature covers the state of the distribution, and the state holds the digest of the
/// manifest. Where keys are expected, every distribution must be signed by one of them: an
/// unsigned one beside them could else bring rules of its own.
///
/// # Errors
///
/// When what is published is not to be trusted, or has no rules that can be read.
pub async fn rules(
    store: &Store,
    expected: Expected<'_>,
    environment: Option<&str>,
) -> Result<Rules, PublishError> {
    let heads = published::heads(store, expected).await?;
    let (codename, head) = manifests::latest(&heads).ok_or(PublishError::Empty)?;
    all_are_signed(heads.values(), expected)?;
    let (manifest, text) = read(store, &head.state.manifest.sha256, environment).await?;
    if !manifest.signing.keys.is_empty() && expected.keys.is_empty() {
        return Err(PublishError::Untrusted);
    }
    Ok(Rules {
        manifest,
        text: text.into(),
        git_commit: head.state.manifest.git_commit.clone(),
        from: (codename.clone(), head.state.generation),
    })
}

fn all_are_signed<'a>(
    heads: impl IntoIterator<Item = &'a Head>,
    expected: Expected<'_>,
) -> Result<(), PublishError> {
    let mut heads = heads.into_iter();
    let unsigned = heads.find(|head| !head.key.ends_with("/InRelease"));
    match unsigned {
        Some(head) if !expected.keys.is_empty() => {
            Err(PublishError::Unsigned { key: head.key.clone() })
        }
        _ => Ok(()),
    }
}

async fn read(
    store: &Store,
    sha256: &Sha256,
    environment: Option<&str>,
) -> Result<(Manifest, String), PublishError> {
    let key = path::manifest(sha256);
    let Some(text) = manifests::text(store, sha256).await? else {
        return Err(PublishError::NoRules { key });
    };
    match manifest::parse_for(&text, environment) {
        Ok(parsed) => Ok((parsed.manifest, text)),
        Err(problems) => Err(PublishError::Manifest { key, text, problems }),
    }
}

/// Who pushes, by which rules.
#[derive(Clone, Copy)]
pub struct Push<'a> {
    /// The rules, verified.
    pub rules: &'a Rules,
    /// Whose repository it is.
    pub expected: Expected<'a>,
}

impl Push<'_> {
    /// Reads package files and offers each by the source that lets it in, only `source` if given.
    ///
    /// # Errors
    ///
    /// When a file is no package, or is let in by no source or by several.
    pub fn offers(
        self,
        files: &[PathBuf],
        source: Option<&str>,
        observe: &dyn Observe,
    ) -> Result<Offers, PublishError> {
        let offers = push::read(&self.rules.manifest, files, source, observe);
        Ok(offers.map_err(PlanError::Sources)?)
    }

    /// Plans to add what is offered to what is published, and nothing else.
    ///
    /// # Errors
    ///
    /// When the store no longer goes by these rules, when a target is not published, or when
    /// packages contradict each other or what is published.
    pub async fn plan(
        self,
        offers: Offers,
        store: &Store,
        Moment { now, store_time }: Moment,
    ) -> Result<Planned, PublishError> {
        let expected = Expected { now, ..self.expected };
        let mut published = published::load(store, expected).await?;
        let given_up = GivenUp::new(&published, self.rules.manifest.purge_after);
        published.snapshot.spent = given_up.spent(published.latest().max(now).max(store_time));
        // The plan is carried out on these very heads, so they have to name the rules.
        self.is_in_force(&published)?;
        all_are_signed(published.heads.values(), expected)?;
        are_published(&offers, &published.snapshot)?;
        are_not_yanked(&offers, &self.rules.manifest)?;
        let standings = published.standings(store, now).await.map_err(LoadError::Store)?;
        let manifest = &self.rules.manifest;
        let desired = plan::added(manifest, &offers, &published.snapshot, now)
            .map_err(PlanError::Obstacles)?;
        let mut plan = plan::diff(&published.snapshot, &desired, &standings);
        if is_unguarded(store).await.map_err(PlanError::Load)? {
            plan.notes.push(Note::SingleWriter);
        }
        // What is lost elsewhere is no business of a push.
        let is_touched = |lost: &&Lost| desired.snapshot.distributions.contains_key(&lost.codename);
        let lost = published.lost.iter().filter(is_touched).cloned().collect();
        let aim = Aim::Manifest;
        let planned = Planned { plan, offers, desired, published, given_up, aim };
        Ok(mend::met(planned, lost, store).await.map_err(LoadError::Store)?)
    }

    /// Carries out a plan, and plans again as long as other writers win and the rules stay.
    ///
    /// # Errors
    ///
    /// As for planning and applying; what was published until then is in the list.
    pub async fn publish(
        self,
        publisher: &Publisher<'_>,
        planned: Planned,
        course: (Terms, &mut Vec<Applied>),
        observe: &dyn Observe,
    ) -> Result<Ending, PublishError> {
        let again = async |planned: Planned, moment: Moment| {
            self.plan(planned.offers, publisher.store, moment).await
        };
        strive(publisher, planned, again, course, observe).await
    }

    fn is_in_force(self, published: &Published) -> Result<(), PublishError> {
        let (_, head) = manifests::latest(&published.heads).ok_or(PublishError::Empty)?;
        match head.state.manifest.sha256 == self.rules.manifest.digest {
            true => Ok(()),
            false => Err(PublishError::Superseded),
        }
    }
}

/// Makes sure that nothing is offered that the manifest keeps out.
fn are_not_yanked(offers: &Offers, manifest: &Manifest) -> Result<(), PublishError> {
    let mut offerings = offers.sources.values().flat_map(|offer| &offer.offerings);
    let yanked = offerings.find_map(|Offering { codename, component, file }| {
        let (name, version) = (file.control.package(), file.control.version());
        let line = manifest.yank.find(codename, component, name, version)?;
        let (package, reason) = (file.id().to_string(), line.reason.text.clone());
        let target = format!("{codename}/{component}");
        Some(PublishError::Yanked { package, target, reason })
    });
    yanked.map_or(Ok(()), Err)
}

/// Makes sure that all targets of an offer are published: to create them is up to an apply.
fn are_published(offers: &Offers, published: &Snapshot) -> Result<(), PublishError> {
    let missing = |offering: &Offering| {
        let Offering { codename, component, file } = offering;
        let architecture = file.control.architecture();
        let distribution = published.distributions.get(codename);
        let Some(distribution) =
            distribution.filter(|there| there.components.contains_key(component))
        else {
            return Some(format!("{codename}/{component}"));
        };
        let is_there = architecture.is_all() || distribution.architectures.contains(architecture);
        (!is_there).then(|| format!("{codename}/{component}/{architecture}"))
    };
    let mut offerings = offers.sources.values().flat_map(|offer| &offer.offerings);
    match offerings.find_map(missing) {
        Some(target) => Err(PublishError::Unpublished { target }),
        None => Ok(()),
    }
}
