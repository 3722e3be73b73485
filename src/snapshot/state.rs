//! The state file: what a distribution's indices can't hold.
//!
//! It is listed in Release like any index file, so it is swapped together with what it
//! describes and covered by the same signature. Packages, sizes and hashes are not in it: the
//! indices have them, and nothing keeps them twice.

mod file;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::compression::{self, Compression};
use crate::debian::suite::Component;
use crate::digest::Sha256;
use crate::digest::checksum::ChecksumSet;
use crate::fingerprint::Fingerprint;
use crate::snapshot::records::{PackageRecord, Records};
use crate::snapshot::retired::{Ancestor, Retired};
use crate::snapshot::{Distribution, Memory, Package, PackageId, Packages, Provenance};
use crate::time::{Span, Timestamp};

pub use file::{StateError, parts};

/// The format of the state files that this version writes.
pub const FORMAT_VERSION: &str = "1.0";
const KIND: &str = "repoman.state";

/// The content of a state file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    kind: String,
    format_version: String,
    /// What published this generation: `repoman 0.1.0`.
    pub tool: String,
    /// `[repository] name` of the manifest.
    pub repository: String,
    /// The distribution's codename.
    pub codename: String,
    /// Counts up by one with each publication.
    pub generation: u64,
    /// The generation that this one replaced.
    pub parent: Option<Parent>,
    /// Random, so that no two generations are ever equal byte for byte.
    pub writer: String,
    /// The manifest that was applied.
    pub manifest: ManifestRecord,
    /// The digest that names the plan that was applied.
    pub plan: Option<Sha256>,
    /// The forms in which index files are published; Release lists the plain one in any case.
    pub compression: BTreeSet<Compression>,
    /// The checksums that are listed beside SHA-256.
    #[serde(default, skip_serializing_if = "ChecksumSet::is_empty")]
    pub hashes: ChecksumSet,
    /// What compressed each index file.
    #[serde(default)]
    pub encoders: Encoders,
    /// For how many seconds after its `Date` this generation is valid; for ever if nothing is said.
    ///
    /// It is here so that a push, which has no manifest, signs for as long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_for: Option<u64>,
    /// The fingerprints of the keys that sign this generation.
    pub signed_by: Vec<String>,
    /// The `Date` of the first generation that each of them signed without a break until now, in
    /// seconds since 1970.
    #[serde(default)]
    pub signing_since: BTreeMap<String, i64>,
    /// The generation whose content this one brought back, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback_of: Option<u64>,
    /// The dangers that somebody accepted for this generation, and why, by their ids.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub allowed: BTreeMap<String, String>,
    /// For how many seconds what this distribution gives up stays in the store.
    ///
    /// It is here so that runs with different manifests agree on it.
    #[serde(default = "purge_after")]
    pub purge_after: u64,
    /// The generations before this one whose records are kept, newest last.
    #[serde(default)]
    pub history: Vec<Ancestor>,
    /// What the distribution has given up.
    #[serde(default)]
    pub retired: Retired,
    /// Who brought each package, and when: by component, then `name version architecture`.
    pub packages: BTreeMap<Component, Records>,
    /// The same of packages that retention removed and that a source may offer again.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub remembered: BTreeMap<Component, Records>,
}

/// What compressed index files: names as [`compression::encoder`] gives them, by path.
///
/// A file that another program made, or another version of this one, has another name or none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Encoders(pub BTreeMap<String, String>);

impl Encoders {
    /// Tells whether this program would make the file of this path from the same text, byte for
    /// byte.
    pub fn are_ours(&self, path: &str, form: Compression) -> bool {
        let recorded = self.0.get(path);
        recorded.is_some_and(|name| compression::encoder(form).is_ok_and(|own| own == name))
    }
}

/// The generation before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parent {
    /// Its number.
    pub generation: u64,
    /// The digest of its InRelease.
    pub in_release: Sha256,
}

/// The manifest that made a generation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestRecord {
    /// The digest of its text.
    pub sha256: Sha256,
    /// The Git commit that it was read from, where one is known.
    pub git_commit: Option<String>,
}

/// What holds for a state that does not say: a week.
fn purge_after() -> u64 {
    7 * 86_400
}

/// What a new state file records beside its packages.
#[derive(Debug, Clone)]
pub struct Publication {
    /// What publishes: name and version of the tool.
    pub tool: String,
    /// `[repository] name`.
    pub repository: String,
    /// The new generation's number.
    pub generation: u64,
    /// The one that it replaces.
    pub parent: Option<Parent>,
    /// The random id.
    pub writer: String,
    /// The manifest.
    pub manifest: ManifestRecord,
    /// The plan's id.
    pub plan: Option<Sha256>,
    /// The generation whose content is brought back, if that is what happens.
    pub rollback_of: Option<u64>,
    /// The dangers that somebody accepted, and why.
    pub allowed: BTreeMap<String, String>,
    /// For how many seconds what is given up stays.
    pub purge_after: u64,
    /// The generations before whose records are kept, newest last.
    pub history: Vec<Ancestor>,
    /// What the distribution has given up.
    pub retired: Retired,
    /// Since when which keys sign.
    pub signing_since: BTreeMap<Fingerprint, Timestamp>,
}

/// Where the packages of a distribution came from, by component: most of a state, and the part that takes
/// time.
#[derive(Debug)]
pub struct Origins {
    packages: BTreeMap<Component, Records>,
    remembered: BTreeMap<Component, Records>,
}

impl Origins {
    /// Returns those of the packages that a distribution has, and of those that it remembers.
    pub fn of(distribution: &Distribution) -> Self {
        let components = distribution.components.iter();
        let components = components.map(|(name, packages)| (name.clone(), records(packages)));
        let remembered = distribution.remembered.iter().map(remembered);
        Self { packages: components.collect(), remembered: remembered.collect() }
    }
}

impl State {
    /// Returns the state of a distribution as it is about to be published, whose packages have these
    /// origins.
    pub fn new(
        publication: Publication,
        codename: String,
        distribution: &Distribution,
        origins: Origins,
    ) -> Self {
        Self {
            kind: KIND.to_owned(),
            format_version: FORMAT_VERSION.to_owned(),
            tool: publication.tool,
            repository: publication.repository,
            codename,
            generation: publication.generation,
            parent: publication.parent,
            writer: publication.writer,
            manifest: publication.manifest,
            plan: publication.plan,
            rollback_of: publication.rollback_of,
            allowed: publication.allowed,
            purge_after: publication.purge_after,
            history: publication.history,
            retired: publication.retired,
            compression: distribution.compression.clone(),
            hashes: distribution.hashes,
            encoders: Encoders::default(),
            valid_for: distribution.valid_for.map(Span::as_seconds),
            signed_by: distribution.signed_by.iter().map(ToString::to_string).collect(),
            signing_since: publication
                .signing_since
                .iter()
                .map(|(key, since)| (key.to_string(), since.as_second()))
                .collect(),
            packages: origins.packages,
            remembered: origins.remembered,
        }
    }

    /// Notes of packages of a component who brought them, and when, as far as the state knows it.
    pub fn trace<'a>(
        &self,
        component: &Component,
        packages: impl Iterator<Item = (&'a PackageId, &'a mut Provenance)>,
    ) {
        let Some(records) = self.packages.get(component) else { return };
        let mut records = records.reader();
        let mut key = String::new();
        for (id, provenance) in packages {
            key.clear();
            write_record_key(&mut key, id);
            if let Some(record) = records.get(&key) {
                *provenance = record.into();
            }
        }
    }

    /// Returns what retention removed and a source may offer again.
    pub fn memory(&self) -> Memory {
        let ids = |records: &Records| {
            let id =
                |(key, record): (&str, &PackageRecord)| Some((package_id(key)?, record.into()));
            records.iter().filter_map(id).collect()
        };
        let components = self.remembered.iter();
        components.map(|(component, records)| (component.clone(), ids(records))).collect()
    }
}

impl From<&PackageRecord> for Provenance {
    fn from(record: &PackageRecord) -> Self {
        Self {
            sources: Arc::clone(&record.by),
            published_at: Timestamp::from_second(record.at).unwrap_or(Timestamp::UNIX_EPOCH),
            superseded_at: record.superseded.and_then(|at| Timestamp::from_second(at).ok()),
        }
    }
}

impl From<&Provenance> for PackageRecord {
    fn from(provenance: &Provenance) -> Self {
        Self {
            by: Arc::clone(&provenance.sources),
            at: provenance.published_at.as_second(),
            superseded: provenance.superseded_at.map(Timestamp::as_second),
        }
    }
}

fn records(packages: &Packages) -> Records {
    let packages: Vec<_> = packages.iter().collect();
    let groups = packages.chunk_by(|(one, _), (other, _)| one.name == other.name);
    let records = groups.flat_map(|group| {
        let record = |(id, package): &(&PackageId, &Package)| {
            (record_key(id), PackageRecord::from(&package.provenance))
        };
        let mut records: Vec<_> = group.iter().map(record).collect();
        // Names are in the order of texts already, versions are not.
        records.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        records
    });
    records.collect()
}

fn remembered(
    (component, ids): (&Component, &BTreeMap<PackageId, Provenance>),
) -> (Component, Records) {
    let records = ids.iter().map(|(id, provenance)| (record_key(id), provenance.into()));
    (component.clone(), records.collect())
}

/// Returns what the key of a record names; nothing if it is none.
pub fn package_id(key: &str) -> Option<PackageId> {
    let mut words = key.split(' ');
    let (name, version, architecture) = (words.next()?, words.next()?, words.next()?);
    Some(PackageId {
        name: name.parse().ok()?,
        version: version.parse().ok()?,
        architecture: architecture.parse().ok()?,
    })
}

fn record_key(id: &PackageId) -> String {
    let mut key = String::new();
    write_record_key(&mut key, id);
    key
}

fn write_record_key(key: &mut String, id: &PackageId) {
    let PackageId { name, version, architecture } = id;
    key.extend([name.as_str(), " ", version.as_str(), " ", architecture.as_str()]);
}
