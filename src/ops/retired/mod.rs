//! `query --retired`: the packages that earlier generations listed and the current ones don't.
//!
//! Which ones these are, the states of the generations say. What else is known of a package stands
//! in the last index that lists it, which is deleted at about the same time as its file. An index is
//! read once, and only if some package is described nowhere else.

mod cause;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::{StreamExt as _, TryStreamExt as _};

use crate::apt::packages::FileFields;
use crate::debian::architecture::Architecture;
use crate::debian::suite::{Codename, Component};
use crate::digest::Sha256;
use crate::digest::checksum::ChecksumSet;
use crate::gc::GivenUp;
use crate::manifest::{self, Manifest};
use crate::published::history::{self, Generation};
use crate::published::pool::{self, Pool};
use crate::published::{Head, LoadError, Published, manifests};
use crate::query::{Listing, Record, Remains, Retirement};
use crate::snapshot::state::{Parent, State};
use crate::snapshot::{Distribution, Memory, Package, PackageId, Packages};
use crate::store::Store;
use crate::time::{Timestamp, whole_second};

use cause::{Dropped, Named, Seen};

/// So many states of generations are in memory at a time.
const STATES: usize = 4;

/// What is asked.
#[derive(Clone, Copy)]
pub struct Past<'a> {
    /// The store.
    pub store: &'a Store,
    /// What is published in it.
    pub published: &'a Published,
    /// The manifest at hand.
    pub manifest: &'a Manifest,
    /// Only these distributions, if there are any.
    pub only: &'a [Codename],
}

/// What was found.
#[derive(Debug, Default)]
pub struct Retired {
    /// The packages, and what became of them.
    pub listing: Listing,
    /// The generations whose records should be there and are not.
    pub unreadable: BTreeMap<Codename, Vec<u64>>,
}

/// Returns the packages that are not published any more, as far as generations are kept.
///
/// # Errors
///
/// When a record or an index is not what was published, or when the store can't be read.
pub async fn retired(past: Past<'_>) -> Result<Retired, LoadError> {
    let mut retired = Retired::default();
    let mut manifests = Manifests::default();
    for (codename, head) in &past.published.heads {
        let mut reading = Reading::new(past, codename, head);
        if past.only.is_empty() || past.only.contains(codename) {
            reading.read(&mut manifests).await?;
        }
        reading.settle(&mut retired);
    }
    look(past, &mut retired.listing).await?;
    Ok(retired)
}

/// What became of one distribution.
struct Reading<'a> {
    past: Past<'a>,
    codename: &'a Codename,
    head: &'a Head,
    distribution: Distribution,
    retirements: BTreeMap<Component, BTreeMap<PackageId, Retirement>>,
    unreadable: Vec<u64>,
}

impl<'a> Reading<'a> {
    fn new(past: Past<'a>, codename: &'a Codename, head: &'a Head) -> Self {
        let current = &past.published.snapshot.distributions[codename];
        let components = current.components.keys().map(|name| (name.clone(), Packages::new()));
        let distribution = Distribution {
            components: components.collect(),
            remembered: Memory::new(),
            ..current.clone()
        };
        let (retirements, unreadable) = Default::default();
        Self { past, codename, head, distribution, retirements, unreadable }
    }

    /// Goes through the generations, from the newest to the oldest.
    async fn read(&mut self, manifests: &mut Manifests) -> Result<(), LoadError> {
        let Past { store, .. } = self.past;
        let codename = self.codename;
        let ancestors = self.head.state.history.iter().rev().map(|ancestor| async move {
            let generation = ancestor.generation;
            let record = Parent { generation, in_release: ancestor.in_release };
            Ok::<_, LoadError>((generation, history::parent(store, codename, &record).await?))
        });
        let mut ancestors = futures::stream::iter(ancestors).buffered(STATES);
        let mut seen = Seen::new(&self.head.state);
        let Head { release, state, .. } = self.head.clone();
        let mut next = Generation { release, state };
        while let Some((number, generation)) = ancestors.try_next().await? {
            let Some(generation) = generation else {
                self.unreadable.push(number);
                continue;
            };
            let last = seen.last_listed(&generation.state);
            if !last.is_empty() {
                let manifest = manifests.get(self.past, &next.state).await?;
                self.retire(last, (&generation, &next), manifest.as_deref()).await?;
            }
            next = generation;
        }
        Ok(())
    }

    /// Takes the packages that one generation listed and the next one did not.
    async fn retire(
        &mut self,
        last: Vec<Named>,
        (before, next): (&Generation, &Generation),
        manifest: Option<&Manifest>,
    ) -> Result<(), LoadError> {
        let mut described = self.described(&last, before).await?;
        // Who made a generation further on, whose record is missing in between, is not known.
        let is_next = next.state.generation == before.state.generation + 1;
        for named in last {
            let (package, record) = match described.remove(&named) {
                Some(package) => (package, Record::Index),
                None => (name_only(&named, &before.state), Record::State),
            };
            let (component, id) = named;
            let sources = &package.provenance.sources;
            let dropped =
                Dropped { codename: self.codename, component: &component, id: &id, sources };
            let retirement = Retirement {
                generation: before.state.generation,
                since: next.release.date,
                reason: if is_next { dropped.by(next, manifest) } else { None },
                record,
                remains: Remains::Unknown,
            };
            self.retirements.entry(component.clone()).or_default().insert(id.clone(), retirement);
            self.distribution.components.entry(component).or_default().insert(id, package);
        }
        for architecture in &before.release.architectures {
            if !self.distribution.architectures.contains(architecture) {
                self.distribution.architectures.push(architecture.clone());
            }
        }
        Ok(())
    }

    /// Returns those of the packages that an index still describes.
    async fn described(
        &self,
        last: &[Named],
        generation: &Generation,
    ) -> Result<BTreeMap<Named, Package>, LoadError> {
        let Past { store, published, .. } = self.past;
        let codename = self.codename;
        let is_there = |index: (&Component, &Architecture)| {
            history::has_index(&published.objects, codename, generation, index)
        };
        let reads = indices(last, generation, &is_there).into_iter().map(|index| async move {
            let listed = history::packages(store, codename, generation, index).await;
            match listed {
                Ok(listed) => Ok(listed
                    .into_iter()
                    .map(|(id, package)| ((index.0.clone(), id), package))
                    .collect()),
                // It was deleted since the listing.
                Err(LoadError::Missing { .. }) => Ok(Vec::new()),
                Err(error) => Err(error),
            }
        });
        let wanted: BTreeSet<&Named> = last.iter().collect();
        let mut reads = futures::stream::iter(reads).buffered(STATES);
        let mut described = BTreeMap::new();
        while let Some(listed) = reads.try_next().await? {
            for (named, mut package) in listed {
                if wanted.contains(&named) {
                    // The text of the whole index would stay with a piece of it.
                    package.stanza = package.stanza.as_str().into();
                    package.file.filename = package.file.filename.as_str().into();
                    described.insert(named, package);
                }
            }
        }
        Ok(described)
    }

    /// Adds what was found.
    fn settle(self, retired: &mut Retired) {
        let codename = self.codename;
        retired.listing.snapshot.distributions.insert(codename.clone(), self.distribution);
        retired.listing.retirements.insert(codename.clone(), self.retirements);
        if !self.unreadable.is_empty() {
            retired.unreadable.insert(codename.clone(), self.unreadable);
        }
    }
}

/// Returns the indices that describe these packages: each once, of those that are there.
///
/// One for all architectures stands in every index of its component, and the first that is read
/// anyway, or that is there, will do.
fn indices<'a>(
    last: &'a [Named],
    generation: &'a Generation,
    is_there: &dyn Fn((&Component, &Architecture)) -> bool,
) -> BTreeSet<(&'a Component, &'a Architecture)> {
    let own = last.iter().map(|(component, id)| (component, &id.architecture));
    let mut indices: BTreeSet<_> = own.filter(|(_, own)| !own.is_all()).collect();
    indices.retain(|index| is_there(*index));
    let for_all = last.iter().filter(|(_, id)| id.architecture.is_all());
    let components: BTreeSet<&Component> = for_all.map(|(component, _)| component).collect();
    for component in components {
        if !indices.iter().any(|(read, _)| *read == component) {
            let all = generation.release.architectures.iter();
            let mut there = all.filter(|architecture| is_there((component, architecture)));
            indices.extend(there.next().map(|architecture| (component, architecture)));
        }
    }
    indices
}

/// Returns a package of which only the state knows.
fn name_only((component, id): &Named, state: &State) -> Package {
    let PackageId { name, version, architecture } = id;
    let stanza = format!("Package: {name}\nVersion: {version}\nArchitecture: {architecture}\n");
    let record = state.packages.get(component).and_then(|it| it.reader().get(&id.to_string()));
    let record = record.expect("the state that names a package has its record");
    let file = FileFields {
        filename: "".into(),
        size: 0,
        sha256: Sha256::of(b""),
        checksums: ChecksumSet::NONE,
    };
    Package { stanza: stanza.into(), file, provenance: record.into() }
}

/// Finds out which package files are still there.
async fn look(past: Past<'_>, listing: &mut Listing) -> Result<(), LoadError> {
    let Past { store, published, manifest, .. } = past;
    if listing.entries().next().is_none() {
        return Ok(());
    }
    let pool = Pool::list(store).await?;
    let files = listing.entries().filter_map(|entry| entry.file());
    let absent = pool.absent(files).await?;
    let names = pool.names();
    let given_up = GivenUp::new(published, manifest.purge_after);
    let waiting = given_up.waiting().map(|(key, until)| (key.as_str(), whole_second(until)));
    let until: BTreeMap<&str, Timestamp> = waiting.collect();
    for (codename, components) in &mut listing.retirements {
        let distribution = &listing.snapshot.distributions[codename];
        for (component, retirements) in components {
            for (id, retirement) in retirements {
                let key = &distribution.components[component][id].file.filename;
                retirement.remains = match retirement.record {
                    Record::Index if absent.contains(&**key) => Remains::Deleted,
                    Record::Index => Remains::Available { until: until.get(&**key).copied() },
                    Record::State if names.contains(&*pool::name(id)) => Remains::Unknown,
                    Record::State => Remains::Deleted,
                };
            }
        }
    }
    Ok(())
}

/// The manifests that made generations, each read once; nothing for one that is not there, or that
/// this version does not read.
#[derive(Default)]
struct Manifests(BTreeMap<Sha256, Option<Arc<Manifest>>>);

impl Manifests {
    async fn get(
        &mut self,
        past: Past<'_>,
        state: &State,
    ) -> Result<Option<Arc<Manifest>>, LoadError> {
        let sha256 = state.manifest.sha256;
        if let Some(known) = self.0.get(&sha256) {
            return Ok(known.clone());
        }
        let text = manifests::text(past.store, &sha256).await?;
        let environment = past.manifest.environment.as_deref();
        let parsed = text.and_then(|text| manifest::parse_for(&text, environment).ok());
        let manifest = parsed.map(|parsed| Arc::new(parsed.manifest));
        self.0.insert(sha256, manifest.clone());
        Ok(manifest)
    }
}
