//! Where a publish goes, and whom it trusts there.
//!
//! The rules of a publish lie in the store. What this run knows of its own is only the address and
//! either the keys of a manifest at hand, or a secret key.

use std::path::PathBuf;
use std::sync::Arc;

use crate::cli::Global;
use crate::cli::failure::Failure;
use crate::cli::project::{Project, cache, patience};
use crate::cli::secrets;
use crate::cli::terminal::Terminal;
use crate::fingerprint::Fingerprint;
use crate::manifest::{Manifest, StoreSettings};
use crate::ops::publish::{PublishError, Rules, claimed, rules};
use crate::published::Expected;
use crate::sign::GpgSigner;
use crate::store::{Location, Settings, Store, Writers};
use crate::time::Timestamp;

/// The address of a repository, and how far it has to prove itself.
pub struct Destination {
    /// How the store is reached.
    settings: Settings,
    /// The address, for people.
    pub url: String,
    /// What the manifest at hand says; nothing if there is none.
    anchor: Option<Anchor>,
    /// The directory that the paths of secrets are relative to.
    root: PathBuf,
    /// Whether the manifest at hand says how the store is reached.
    address: Address,
    /// The environment of the stored manifest, if one was chosen.
    environment: Option<String>,
}

/// Whose repository it has to be.
pub struct Anchor {
    name: String,
    keys: Vec<Fingerprint>,
}

/// Where an address comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Address {
    /// A manifest, which says all that matters for the way there.
    Manifest,
    /// The command line and the environment.
    Flag,
}

/// The rules of a repository that has proved itself.
pub struct Verified {
    /// The rules.
    pub rules: Rules,
    /// Whose repository it is.
    pub anchor: Anchor,
    /// The signing keys, if they had to be opened to find that out.
    pub signer: Option<Arc<GpgSigner>>,
}

impl Anchor {
    /// Returns what is expected in the store.
    pub fn expected(&self) -> Expected<'_> {
        Expected { name: &self.name, keys: &self.keys, now: Timestamp::now() }
    }

    fn of(manifest: &Manifest, keys: Vec<Fingerprint>) -> Self {
        Self { name: manifest.repository.name.clone(), keys }
    }
}

impl Destination {
    /// Returns where `store` is; without it, what the manifest at hand names.
    ///
    /// A manifest that `--file` names says whom to trust in any case; one that is just there does
    /// so only if it also says where the store is.
    ///
    /// # Errors
    ///
    /// When a manifest is needed or named, and can't be used.
    pub fn open(
        store: Option<&Location>,
        global: &Global,
        jobs: usize,
        terminal: &Terminal,
    ) -> Result<Self, Failure> {
        let project = match (store, &global.file) {
            (Some(_), None) => None,
            _ => Some(Project::open(global, terminal)?),
        };
        let address = if store.is_some() { Address::Flag } else { Address::Manifest };
        let (settings, url) = match (store, &project) {
            (None, Some(project)) => {
                (project.settings(jobs), project.manifest.store.url.to_string())
            }
            (Some(location), _) => {
                let settings = from_environment(location.clone());
                (Settings { jobs, patience: patience(global), ..settings }, location.to_string())
            }
            (None, None) => return Err(Failure::no_manifest()),
        };
        let anchor = |project: &Project| {
            Anchor::of(&project.manifest, project.manifest.signing.known.clone())
        };
        Ok(Self {
            settings,
            url,
            anchor: project.as_ref().map(anchor),
            root: project.as_ref().map(Project::root).unwrap_or_default(),
            address,
            environment: global.environment.clone().filter(|name| !name.is_empty()),
        })
    }

    /// Finds the rules, and makes sure that they are those of the repository's owner.
    ///
    /// Without a manifest at hand, the owner is whoever has the secret key: what is published has
    /// to be signed by the very key that will sign it again.
    ///
    /// # Errors
    ///
    /// When nobody vouches for what is published, or it can't be read.
    pub async fn verified(&self, terminal: &Terminal) -> Result<Verified, Stop> {
        let store = Store::open(&self.settings).with_cache(cache());
        if let Some(Anchor { name, keys }) = &self.anchor {
            let anchor = Anchor { name: name.clone(), keys: keys.clone() };
            let rules = rules(&store, anchor.expected(), self.environment.as_deref()).await?;
            return Ok(Verified { rules, anchor, signer: None });
        }
        let claim = claimed(&store, self.environment.as_deref()).await?;
        let Some(signer) = self.signer(&claim, terminal)? else {
            return Err(Failure::no_anchor().into());
        };
        let keys = claim.signing.keys.iter().map(|key| key.fingerprint).collect();
        let anchor = Anchor::of(&claim, keys);
        let rules = rules(&store, anchor.expected(), self.environment.as_deref()).await?;
        if rules.manifest.digest != claim.digest {
            return Err(Stop::Again);
        }
        Ok(Verified { rules, anchor, signer: Some(signer) })
    }

    /// Opens the signing keys that a manifest names; none if it declares an unsigned repository.
    ///
    /// # Errors
    ///
    /// When a secret is not where the manifest says, or can't sign.
    pub fn signer(
        &self,
        manifest: &Manifest,
        terminal: &Terminal,
    ) -> Result<Option<Arc<GpgSigner>>, Failure> {
        let specs = secrets::specs_of(&manifest.signing.keys, &self.root)?;
        secrets::signer(&specs, Timestamp::now(), terminal)
    }

    /// Opens the store as the rules say that objects are written to it.
    pub fn store(&self, rules: &StoreSettings) -> Store {
        let mut settings = Settings {
            encryption: rules.encryption.map(|encryption| encryption.to_string()),
            kms_key: rules.kms_key.clone(),
            storage_class: rules.storage_class.clone(),
            acl: rules.acl.clone(),
            writers: if rules.single_writer { Writers::One } else { Writers::Several },
            ..self.settings.clone()
        };
        if self.address == Address::Flag {
            settings.region = rules.region.clone().or(settings.region);
            if rules.endpoint.is_some() {
                settings.endpoint = rules.endpoint.clone();
                settings.path_style = rules.path_style;
            }
        }
        Store::open(&settings).with_cache(cache())
    }
}

/// Returns the settings of a store of which only the address is known.
///
/// Servers other than AWS mostly have no host name for each bucket.
fn from_environment(location: Location) -> Settings {
    let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let endpoint = variable("AWS_ENDPOINT_URL_S3").or_else(|| variable("AWS_ENDPOINT_URL"));
    Settings { path_style: endpoint.is_some(), endpoint, ..Settings::new(location) }
}

/// Why an attempt to publish ended early.
pub enum Stop {
    /// The rules have changed meanwhile; everything has to begin anew.
    Again,
    /// It failed.
    Failed(Failure),
}

impl From<PublishError> for Stop {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::Superseded => Self::Again,
            error => Self::Failed(error.into()),
        }
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}
