//! `rollback`: publishes again what an earlier generation held.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::apt::packages::FileFields;
use crate::apt::path::PoolFile;
use crate::debian::control::Control;
use crate::debian::suite::Codename;
use crate::gc::GivenUp;
use crate::manifest::Manifest;
use crate::ops::apply::{ApplyError, Publisher};
use crate::ops::contents;
use crate::ops::contest::{Ending, Moment, Terms, strive};
use crate::ops::plan::{Aim, Planned};
use crate::plan::offer::Offers;
use crate::plan::{
    self, Consent, DangerCode, Desired, Note, Plan, Reason, Severity, Sourcing, Upload,
};
use crate::published::history::{self, Generation};
use crate::published::pool::Pool;
use crate::published::{self, Expected, Head, LoadError, Published};
use crate::report::Observe;
use crate::snapshot::state::Parent;
use crate::snapshot::{Distribution, Package, Snapshot};
use crate::store::{Key, Store, StoreError};
use crate::time::Timestamp;

/// What is to be brought back.
#[derive(Clone, Copy)]
pub struct Rollback<'a> {
    /// The manifest: it says whose repository it is, and who signs.
    pub manifest: &'a Manifest,
    /// The store.
    pub store: &'a Store,
    /// The distribution.
    pub codename: &'a Codename,
    /// The number of the generation.
    pub generation: u64,
    /// An empty directory for package files that need another name.
    pub directory: &'a Path,
}

/// Why a generation can't be brought back.
#[derive(Debug, thiserror::Error)]
pub enum RollbackError {
    /// What is published can't be read, or is not to be trusted.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The distribution is not published.
    #[error("{0} is not published")]
    NotPublished(Codename),
    /// The generation is none of those that are kept.
    #[error("generation {generation} of {codename} is not kept")]
    NotKept {
        /// The distribution.
        codename: Codename,
        /// The generation.
        generation: u64,
        /// The generations that are kept, the current one included: the first and the last.
        kept: (u64, u64),
    },
    /// Objects of the generation are gone.
    #[error("generation {generation} of {codename} is not whole any more")]
    Gone {
        /// The distribution.
        codename: Codename,
        /// The generation.
        generation: u64,
        /// The keys of what is missing, or is not what it was.
        missing: Vec<String>,
    },
    /// A published stanza is none that this tool can list under another name.
    #[error("the stanza of {key} can't be read")]
    Stanza {
        /// The package file.
        key: String,
    },
    /// Publishing failed.
    #[error(transparent)]
    Apply(#[from] ApplyError),
}

impl Rollback<'_> {
    /// Plans to bring back what the generation held; nothing is written.
    ///
    /// The plan is empty if that is what is published.
    ///
    /// # Errors
    ///
    /// When the generation, or anything that it needs, is not there any more.
    pub async fn plan(&self, moment: Moment) -> Result<Planned, RollbackError> {
        let expected = Expected {
            name: &self.manifest.repository.name,
            keys: &self.manifest.signing.known,
            now: moment.now,
        };
        let mut published = published::load(self.store, expected).await?;
        let given_up = GivenUp::new(&published, self.manifest.purge_after);
        let at = published.latest().max(moment.now).max(moment.store_time);
        published.snapshot.spent = given_up.spent(at);
        let head = published.heads.get(self.codename);
        let head = head.ok_or_else(|| RollbackError::NotPublished(self.codename.clone()))?;
        let (mut content, manifest) = match self.recorded(head).await? {
            Some(generation) => {
                let mut content = self.content(&generation).await?;
                let signers = self.manifest.signing.keys.iter();
                content.signed_by = signers.map(|key| key.fingerprint).collect();
                // Packages are brought back, not for how long clients may trust them, nor by what
                // they verify them.
                let current = &published.snapshot.distributions[self.codename];
                if !current.is_removed() {
                    content.valid_for = current.valid_for;
                    content.hashes = current.hashes;
                }
                (content, generation.state.manifest)
            }
            None => {
                let current = published.snapshot.distributions[self.codename].clone();
                (current, head.state.manifest.clone())
            }
        };
        let renamed = self.rename(&mut content, &published.snapshot.spent)?;
        let files = self.uploads(&content, &renamed);
        let snapshot = Snapshot {
            distributions: [(self.codename.clone(), content)].into(),
            ..Snapshot::default()
        };
        let purge_after = self.manifest.purge_after;
        let is_declared = self.manifest.distributions.contains_key(self.codename);
        let note = (!is_declared).then(|| Note::Undeclared(self.codename.clone()));
        let (removals, notes) = (BTreeMap::new(), note.into_iter().collect());
        let consent = Consent::of(self.manifest);
        let sourcing = Sourcing::default();
        let desired = Desired { snapshot, files, removals, notes, sourcing, consent, purge_after };
        let plan = self.difference(&published, &desired, moment.now);
        let aim = Aim::BringBack { generation: self.generation, manifest, renamed };
        let offers = Offers::default();
        let mut planned = Planned { plan, offers, desired, published, given_up, aim };
        let notes = contents::notes(&planned);
        planned.plan.notes.extend(notes);
        Ok(planned)
    }

    /// Carries out a plan, and plans again as long as other writers win.
    ///
    /// # Errors
    ///
    /// As for planning and applying.
    pub async fn publish(
        &self,
        publisher: &Publisher<'_>,
        planned: Planned,
        terms: Terms,
        observe: &dyn Observe,
    ) -> Result<Ending, RollbackError> {
        self.download(&planned).await?;
        let again = async |_, moment| -> Result<Planned, RollbackError> {
            let planned = self.plan(moment).await?;
            self.download(&planned).await?;
            Ok(planned)
        };
        strive(publisher, planned, again, (terms, &mut Vec::new()), observe).await
    }

    /// Returns the generation by its record; nothing if it is the current one.
    ///
    /// Its digest stands in the state of the current generation, which was verified.
    async fn recorded(&self, head: &Head) -> Result<Option<Generation>, RollbackError> {
        let Self { codename, generation, .. } = *self;
        if generation == head.state.generation {
            return Ok(None);
        }
        let mut history = head.state.history.iter();
        let first = history.clone().next().map_or(head.state.generation, |first| first.generation);
        let ancestor = history.find(|ancestor| ancestor.generation == generation);
        let ancestor = ancestor.ok_or_else(|| RollbackError::NotKept {
            codename: codename.clone(),
            generation,
            kept: (first, head.state.generation),
        })?;
        let record = Parent { generation, in_release: ancestor.in_release };
        match history::parent(self.store, codename, &record).await? {
            Some(generation) => Ok(Some(generation)),
            None => {
                let [record, state, _] = ancestor.keys(codename);
                Err(self.gone(self.missing([record, state]).await?))
            }
        }
    }

    /// Returns what a generation held, if all of it is still there.
    async fn content(&self, generation: &Generation) -> Result<Distribution, RollbackError> {
        let content = match history::content(self.store, self.codename, generation).await {
            Err(LoadError::Missing { key }) => return Err(self.gone(vec![key])),
            content => content?,
        };
        let files = content.components.values().flatten().map(|(_, package)| &package.file);
        let pool = Pool::list(self.store).await.map_err(LoadError::Store)?;
        let missing = pool.absent(files).await.map_err(LoadError::Store)?;
        match missing.is_empty() {
            true => Ok(content),
            false => Err(self.gone(missing.into_iter().collect())),
        }
    }

    /// Returns which of some objects are not there.
    async fn missing(
        &self,
        names: impl IntoIterator<Item = String>,
    ) -> Result<Vec<String>, RollbackError> {
        let mut missing = Vec::new();
        for name in names {
            let key = Key::parse(&name).map_err(StoreError::from).map_err(LoadError::Store)?;
            if self.store.head(&key).await.map_err(LoadError::Store)?.is_none() {
                missing.push(name);
            }
        }
        Ok(missing)
    }

    fn gone(&self, missing: Vec<String>) -> RollbackError {
        let (codename, generation) = (self.codename.clone(), self.generation);
        RollbackError::Gone { codename, generation, missing }
    }

    /// Lists every package file whose name is spent under another name; returns the old names by the
    /// new ones.
    fn rename(
        &self,
        content: &mut Distribution,
        spent: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, String>, RollbackError> {
        let mut names = BTreeMap::new();
        for package in content.components.values_mut().flat_map(|packages| packages.values_mut()) {
            if spent.contains(&*package.file.filename) {
                let key = package.file.filename.to_string();
                let unreadable = || RollbackError::Stanza { key: key.clone() };
                *package = renamed(package, spent).ok_or_else(unreadable)?;
                names.insert(package.file.filename.to_string(), key);
            }
        }
        Ok(names)
    }

    /// Returns where the bytes of renamed files will be, by their new names.
    fn uploads(
        &self,
        content: &Distribution,
        renamed: &BTreeMap<String, String>,
    ) -> BTreeMap<String, Upload> {
        let files = content.components.values().flatten().map(|(_, package)| &package.file);
        let files = files.filter(|file| renamed.contains_key(&*file.filename));
        let upload = |file: &FileFields| Upload {
            path: self.directory.join(file.sha256.to_string()),
            size: file.size,
            sha256: file.sha256,
        };
        files.map(|file| (file.filename.to_string(), upload(file))).collect()
    }

    /// Returns the plan that makes what is published what it is to be.
    ///
    /// Copies that an earlier run has left behind are an apply's business: they are no reason to
    /// publish a generation.
    fn difference(&self, published: &Published, desired: &Desired, now: Timestamp) -> Plan {
        let standing =
            |(codename, head): (&Codename, &Head)| (codename.clone(), head.standing(now));
        let standings = published.heads.iter().map(standing).collect();
        let mut plan = plan::diff(&published.snapshot, desired, &standings);
        for change in plan.distributions.values_mut().flat_map(|plan| &mut plan.packages) {
            change.reason = Reason::Rollback(self.generation);
        }
        // Older versions and contents are what a rollback is for: that is told, and does not block.
        let meant = [
            DangerCode::MassRemoval,
            DangerCode::PackageGone,
            DangerCode::NewestLowered,
            DangerCode::ContentChanged,
        ];
        for danger in plan.dangers.iter_mut().filter(|danger| meant.contains(&danger.code)) {
            danger.severity = Severity::Warning;
        }
        // What the manifest accepts is accepted for its own plan.
        plan.notes.retain(|note| !matches!(note, Note::Unused { .. }));
        plan
    }

    /// Gets the bytes of the files that need another name.
    async fn download(&self, planned: &Planned) -> Result<(), RollbackError> {
        let Aim::BringBack { renamed, .. } = &planned.aim else { return Ok(()) };
        for (name, old) in renamed {
            let Some(upload) = planned.plan.uploads.get(name) else { continue };
            let key = Key::found(old).map_err(StoreError::from).map_err(LoadError::Store)?;
            let content = self.store.download(&key, &upload.path).await;
            if content.map_err(LoadError::Store)? != Some((upload.sha256, upload.size)) {
                return Err(self.gone(vec![old.clone()]));
            }
        }
        Ok(())
    }
}

/// Returns a package under the first name of its file that is not spent.
fn renamed(package: &Package, spent: &BTreeSet<String>) -> Option<Package> {
    let control = Control::parse(package.stanza.as_bytes()).ok()?;
    let pool_file = PoolFile {
        source: control.source_name(),
        package: control.package(),
        version: control.version(),
        architecture: control.architecture(),
        digest: &package.file.sha256,
    };
    let filename = pool_file.living_key(|key| spent.contains(key));
    let was = format!("\nFilename: {}\n", package.file.filename);
    let stanza = package.stanza.replacen(&was, &format!("\nFilename: {filename}\n"), 1);
    let file = FileFields { filename: filename.into(), ..package.file.clone() };
    Some(Package { stanza: stanza.into(), file, provenance: package.provenance.clone() })
}
