//! The state file: what a distribution's indices can't hold.
//!
//! It is listed in Release like any index file, so it is swapped together with what it
//! describes and covered by the same signature. Packages, sizes and hashes are not in it: the
//! indices have them, and nothing keeps them twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::compression::{self, Compression};
use crate::debian::suite::Component;
use crate::digest::Sha256;
use crate::fingerprint::Fingerprint;
use crate::snapshot::records::{PackageRecord, Records};
use crate::snapshot::retired::{Ancestor, Retired};
use crate::snapshot::{Distribution, Memory, PackageId, Packages, Provenance};
use crate::time::{Span, Timestamp};

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

/// Why a state file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// It was written by a newer version of this tool.
    #[error("state format {found} is newer than {FORMAT_VERSION}, which this repoman reads")]
    Newer {
        /// The format version in the file.
        found: String,
    },
    /// It is not a state file.
    #[error("not a state file")]
    Unreadable(#[source] serde_json::Error),
}

/// The part of every state file, of any version, that says what it is.
#[derive(Deserialize)]
struct Envelope {
    format_version: String,
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

impl State {
    /// Returns the state of a distribution as it is about to be published.
    pub fn new(publication: Publication, codename: String, distribution: &Distribution) -> Self {
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
            encoders: Encoders::default(),
            valid_for: distribution.valid_for.map(Span::as_seconds),
            signed_by: distribution.signed_by.iter().map(ToString::to_string).collect(),
            signing_since: publication
                .signing_since
                .iter()
                .map(|(key, since)| (key.to_string(), since.as_second()))
                .collect(),
            packages: distribution
                .components
                .iter()
                .map(|(component, packages)| (component.clone(), records(packages)))
                .collect(),
            remembered: distribution.remembered.iter().map(remembered).collect(),
        }
    }

    /// Returns the file's bytes: JSON with a final newline.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec(self).expect("a state has only string keys");
        bytes.push(b'\n');
        bytes
    }

    /// Reads a state file.
    ///
    /// # Errors
    ///
    /// When a newer version wrote it, or when it is no state file.
    pub fn parse(bytes: &[u8]) -> Result<Self, StateError> {
        let state = serde_json::from_slice::<Self>(bytes);
        // What can't be read may still say why not.
        let found = match &state {
            Ok(state) => state.format_version.clone(),
            Err(_) => {
                let envelope = serde_json::from_slice::<Envelope>(bytes);
                envelope.map_err(StateError::Unreadable)?.format_version
            }
        };
        if major(&found) != major(FORMAT_VERSION) {
            return Err(StateError::Newer { found });
        }
        state.map_err(StateError::Unreadable)
    }

    /// Notes of packages of a component who brought them, and when, as far as the state knows it.
    pub fn trace<'a>(
        &self,
        component: &Component,
        packages: impl Iterator<Item = (&'a PackageId, &'a mut Provenance)>,
    ) {
        let Some(records) = self.packages.get(component) else { return };
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
    packages.iter().map(|(id, package)| (record_key(id), (&package.provenance).into())).collect()
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

fn major(format_version: &str) -> &str {
    format_version.split('.').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apt::release::Identity;

    fn state() -> State {
        let publication = Publication {
            tool: "repoman 0.1.0".into(),
            repository: "acme-apt".into(),
            generation: 2,
            parent: Some(Parent { generation: 1, in_release: Sha256::of(b"1") }),
            writer: "c0ffee".into(),
            manifest: ManifestRecord { sha256: Sha256::of(b""), git_commit: None },
            plan: None,
            rollback_of: None,
            allowed: BTreeMap::new(),
            purge_after: 7200,
            history: Vec::new(),
            retired: Retired { waiting: [("a".to_owned(), None)].into(), ..Retired::default() },
            signing_since: BTreeMap::new(),
        };
        let distribution = Distribution {
            identity: Identity::default(),
            architectures: vec![],
            compression: BTreeSet::from([Compression::Xz]),
            contents: false,
            valid_for: Some(Span::seconds(1_209_600)),
            signed_by: vec![],
            components: BTreeMap::new(),
            component_order: vec![],
            remembered: Memory::new(),
        };
        State::new(publication, "bookworm".into(), &distribution)
    }

    #[test]
    fn what_was_written_is_read_back() {
        assert_eq!(State::parse(&state().to_bytes()).unwrap(), state());
    }

    #[test]
    fn a_state_from_before_anything_was_retired_is_read() {
        let mut older: serde_json::Value = serde_json::from_slice(&state().to_bytes()).unwrap();
        for later in ["purge_after", "history", "retired", "valid_for", "signing_since"] {
            assert!(older.as_object_mut().unwrap().remove(later).is_some());
        }
        let read = State::parse(older.to_string().as_bytes()).unwrap();
        assert_eq!((read.retired, read.history), (Retired::default(), vec![]));
        assert_eq!(read.purge_after, 604_800);
    }

    #[test]
    fn an_encoder_of_another_name_is_not_ours() {
        let own = compression::encoder(Compression::Xz).unwrap().to_owned();
        let other = own.replace("xz", "XZ");
        let encoders = [("own.xz", own), ("other.xz", other)];
        let encoders = encoders.map(|(path, name)| (path.to_owned(), name));
        let state = State { encoders: Encoders(encoders.into()), ..state() };
        let are_ours = ["own.xz", "other.xz", "unknown.xz"]
            .map(|path| state.encoders.are_ours(path, Compression::Xz));
        assert_eq!(are_ours, [true, false, false]);
        assert_eq!(State::parse(&state.to_bytes()).unwrap(), state);
    }

    #[test]
    fn a_newer_format_is_refused() {
        let newer = State { format_version: "2.0".into(), ..state() };
        assert!(matches!(State::parse(&newer.to_bytes()), Err(StateError::Newer { .. })));
    }

    #[test]
    fn a_newer_minor_version_is_read() {
        let newer = State { format_version: "1.7".into(), ..state() };
        assert!(State::parse(&newer.to_bytes()).is_ok());
    }
}
