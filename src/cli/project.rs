//! The manifest of a run: where it is, what it says, and the store that it names.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::cli::Global;
use crate::cli::commands::version::TOOL;
use crate::cli::confirm::Ask;
use crate::cli::failure::Failure;
use crate::cli::render::github::Annotation;
use crate::cli::render::problems;
use crate::cli::terminal::Terminal;
use crate::digest::hex;
use crate::manifest::{self, Manifest, Parsed, Problem, Reason, StoreUrl};
use crate::ops::apply::Publisher;
use crate::ops::contents::FileReader;
use crate::plan::Plan;
use crate::sign::{GpgSigner, Signer};
use crate::source::known::Known;
use crate::store::{Cache, Location, Settings, Store, Writers};
use crate::time::Timestamp;

/// The name that a manifest has unless `--file` says otherwise.
pub const MANIFEST: &str = "repo.toml";

/// A manifest that was read and found valid.
pub struct Project {
    /// Its path, as it was given or found.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
    /// What it says.
    pub manifest: Manifest,
    /// What is wrong with it but stops nothing.
    warnings: Vec<Problem>,
    /// The patterns by which sources look for files in this run only, by their names.
    pub inputs: BTreeMap<String, String>,
    /// How long an answer of the store may take.
    patience: Duration,
    /// The commit that it is from, once somebody has asked.
    commit: OnceLock<Option<Commit>>,
}

/// The Git commit that a manifest is from.
pub struct Commit {
    /// The full id.
    pub id: String,
    /// Whether the file differs from the commit's.
    pub modified: bool,
}

impl Project {
    /// Reads the manifest that the flags name, or the nearest one upwards from here.
    ///
    /// Warnings about it are printed.
    ///
    /// # Errors
    ///
    /// When there is none, or when anything in it is wrong; then all of that is reported.
    pub fn open(global: &Global, terminal: &Terminal) -> Result<Self, Failure> {
        let (path, text) = locate(global)?;
        Self::judge(path, text, global, terminal)
    }

    /// Takes a text for the manifest at a path, whatever the file holds.
    ///
    /// Warnings about it are printed.
    ///
    /// # Errors
    ///
    /// When anything in it is wrong; then all of that is reported.
    pub fn judge(
        path: PathBuf,
        text: String,
        global: &Global,
        terminal: &Terminal,
    ) -> Result<Self, Failure> {
        // An empty variable is how a pipeline unsets it.
        let environment = global.environment.as_deref().filter(|name| !name.is_empty());
        let parsed = manifest::parse_for(&text, environment)
            .map_err(|problems| Failure::manifest(&path, &text, &problems))?;
        let shown = manifest::masked(&text, &parsed.warnings);
        for warning in &parsed.warnings {
            terminal.say(problems::render(&path, &shown, warning, terminal.err).trim_end());
        }
        let Parsed { manifest, warnings } = parsed;
        let (inputs, patience) = (BTreeMap::new(), patience(global));
        let commit = OnceLock::new();
        let project = Self { path, text, manifest, warnings, inputs, patience, commit };
        project.stay_inside(global)?;
        Ok(project)
    }

    /// Returns the warnings about it as remarks beside its lines.
    pub fn annotations(&self) -> Vec<Annotation> {
        let warnings = self.warnings.iter();
        warnings.map(|warning| problems::annotation(&self.path, &self.text, warning)).collect()
    }

    /// Accepts dangers by their ids for this run.
    pub fn allow(&mut self, ids: &[String]) {
        let reason = || Reason { text: "--allow".to_owned(), line: 0 };
        let table = |id: &str| id.split_once("-removed:").map(|(_, address)| address.to_owned());
        for id in ids {
            match table(id) {
                Some(address) => self.manifest.removed.insert(address, reason()),
                None => self.manifest.allow.insert(id.clone(), reason()),
            };
        }
    }

    /// Returns what a person is asked before a plan is carried out.
    pub fn question(&self, plan: &Plan) -> Ask {
        self.question_or(plan, format!("Apply to {}?", self.manifest.store.url))
    }

    /// Returns the question, or the demand for the repository's name where a danger was accepted.
    pub fn question_or(&self, plan: &Plan, question: String) -> Ask {
        match plan.dangers.iter().any(|danger| danger.accepted.is_some()) {
            true => Ask::Name(self.manifest.repository.name.clone()),
            false => Ask::Yes(question),
        }
    }

    /// Returns the directory that the manifest's paths are relative to; empty for the present one.
    pub fn root(&self) -> PathBuf {
        match self.path.parent() {
            Some(parent) if parent != Path::new("") => parent.to_owned(),
            _ => PathBuf::new(),
        }
    }

    /// Opens the store that the manifest names; no request is made.
    pub fn store(&self, jobs: usize) -> Store {
        Store::open(&self.settings(jobs)).with_cache(cache())
    }

    /// Returns how the store that the manifest names is reached and written to.
    pub fn settings(&self, jobs: usize) -> Settings {
        let declared = &self.manifest.store;
        let location = match &declared.url {
            StoreUrl::File { path } => Location::File { root: self.root().join(path) },
            StoreUrl::S3 { bucket, prefix } => {
                Location::S3 { bucket: bucket.clone(), prefix: prefix.clone() }
            }
        };
        Settings {
            region: declared.region.clone(),
            endpoint: declared.endpoint.clone(),
            path_style: declared.path_style,
            role: declared.role.clone(),
            profile: declared.profile.clone(),
            encryption: declared.encryption.map(|encryption| encryption.to_string()),
            kms_key: declared.kms_key.clone(),
            storage_class: declared.storage_class.clone(),
            acl: declared.acl.clone(),
            patience: self.patience,
            writers: if declared.single_writer { Writers::One } else { Writers::Several },
            jobs,
            ..Settings::new(location)
        }
    }

    /// Opens what the public sees of the store; no request is made.
    ///
    /// # Errors
    ///
    /// When the manifest names no URL for it.
    pub fn public_store(&self) -> Result<Store, Failure> {
        let url = self.manifest.repository.public_url.clone().ok_or_else(Failure::no_public_url)?;
        let settings =
            Settings { patience: self.patience, ..Settings::new(Location::Public { url }) };
        Ok(Store::open(&settings).with_cache(cache()))
    }

    /// Returns who publishes this manifest, as a run of its own.
    pub fn publisher<'a>(&self, store: &'a Store, signer: Option<Arc<GpgSigner>>) -> Publisher<'a> {
        Publisher {
            store,
            signer: signer.map(|signer| signer as Arc<dyn Signer>),
            clock: &Timestamp::now,
            writer: random_id(),
            tool: TOOL.to_owned(),
            repository: self.manifest.repository.name.clone(),
            manifest: self.text.clone().into(),
            git_commit: self.commit().and_then(Commit::exact),
            files: FileReader::new(std::env::temp_dir()),
        }
    }

    /// Returns the Git commit of the manifest, if it is in a repository with Git at hand.
    ///
    /// Git is asked once.
    pub fn commit(&self) -> Option<&Commit> {
        self.commit.get_or_init(|| self.ask_for_commit()).as_ref()
    }

    fn ask_for_commit(&self) -> Option<Commit> {
        let name = self.path.file_name()?.to_str()?;
        let id = self.git(&["rev-parse", "--verify", "--quiet", "HEAD"])?;
        // An ignored file is in no commit.
        let status = self.git(&["status", "--porcelain", "--ignored", "--", name])?;
        Some(Commit { id, modified: !status.is_empty() })
    }

    /// Tells whether a commit descends from that of the manifest.
    ///
    /// Where nobody can tell, it does not: a shallow clone lacks either commit, or what is between.
    pub fn is_later(&self, commit: &str) -> bool {
        // What stands in a store must never be an option of git.
        let is_id = commit.len() >= 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
        let own = self.commit().and_then(Commit::exact);
        let Some(own) = own.filter(|own| is_id && own != commit) else { return false };
        self.git(&["merge-base", "--is-ancestor", &own, commit]).is_some()
    }

    /// Returns what git prints, if it succeeds.
    fn git(&self, arguments: &[&str]) -> Option<String> {
        let output =
            Command::new("git").arg("-C").arg(self.root()).args(arguments).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim().to_owned())
    }

    /// Makes sure that no source looks for files outside the manifest's directory, unless it may.
    ///
    /// # Errors
    ///
    /// When one does.
    pub fn stay_inside(&self, global: &Global) -> Result<(), Failure> {
        let sources = self.manifest.sources.values();
        let mut patterns = sources.filter_map(|source| Some((source, source.pattern()?)));
        match patterns.find(|(_, pattern)| pattern.escapes()) {
            Some((source, pattern)) if !global.allow_outside => {
                Err(Failure::outside(&source.name, &pattern.to_string()))
            }
            _ => Ok(()),
        }
    }
}

impl Commit {
    /// Returns the commit as plans show it: `4f1c2ab`, with a mark where the file differs.
    pub fn short(&self) -> String {
        let mark = if self.modified { " + changes" } else { "" };
        format!("{}{mark}", &self.id[..self.id.len().min(7)])
    }

    /// Returns the commit's id, if the manifest is exactly the one in it.
    pub fn exact(&self) -> Option<String> {
        (!self.modified).then(|| self.id.clone())
    }
}

/// Returns how long a run waits for an answer of the store.
pub fn patience(global: &Global) -> Duration {
    let seconds = global.timeout.map(|span| Duration::from_secs(span.as_seconds().max(1)));
    seconds.unwrap_or(Settings::PATIENCE)
}

/// Returns an id that no other run has.
pub fn random_id() -> String {
    hex(&rand::random::<[u8; 16]>())
}

/// Reads the manifest that the flags name, or the nearest one upwards from here.
///
/// # Errors
///
/// When there is none, or when it can't be read.
pub fn locate(global: &Global) -> Result<(PathBuf, String), Failure> {
    let path = match &global.file {
        Some(path) => path.clone(),
        None => find()?,
    };
    let text = read(&path)?;
    Ok((path, text))
}

/// Returns the name and the environment that a manifest claims to be of, even one that is not valid.
pub fn claimed(global: &Global) -> (String, Option<&str>) {
    let text = locate(global).map(|(_, text)| text).unwrap_or_default();
    let section = text.lines().map(str::trim).skip_while(|line| *line != "[repository]").skip(1);
    let mut pairs = section.take_while(|line| !line.starts_with('[')).filter_map(|line| {
        let (key, value) = line.split_once('=')?;
        (key.trim() == "name").then(|| value.trim_start().strip_prefix('"')?.split('"').next())?
    });
    let name = pairs.next().unwrap_or("unknown").to_owned();
    (name, global.environment.as_deref().filter(|name| !name.is_empty()))
}

/// Returns where files of stores are kept on this machine; nowhere if `REPOMAN_CACHE_DIR` is empty.
pub fn cache() -> Cache {
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let directory = variable("REPOMAN_CACHE_DIR").or_else(|| {
        // A relative path is to be ignored (XDG Base Directory Specification).
        let base = variable("XDG_CACHE_HOME").filter(|path| path.is_absolute());
        let base = base.or_else(|| Some(variable("HOME")?.join(".cache")));
        Some(base?.join("repoman"))
    });
    match directory.filter(|path| !path.as_os_str().is_empty()) {
        Some(directory) => Cache::in_directory(directory, Cache::LIMIT),
        None => Cache::off(),
    }
}

/// Returns what was read of package files on this machine before.
pub fn known() -> Known {
    Known::new(cache(), Timestamp::now())
}

fn find() -> Result<PathBuf, Failure> {
    let here = std::env::current_dir().map_err(|error| Failure::file(Path::new("."), error))?;
    let found = here.ancestors().map(|directory| directory.join(MANIFEST)).find(|p| p.is_file());
    let found = found.ok_or_else(Failure::no_manifest)?;
    // The short name reads better where it is enough.
    Ok(found.strip_prefix(&here).map(Path::to_owned).unwrap_or(found))
}

fn read(path: &Path) -> Result<String, Failure> {
    let bytes = std::fs::read(path).map_err(|error| Failure::unreadable_manifest(path, error))?;
    String::from_utf8(bytes).map_err(|error| {
        Failure::unreadable_manifest(
            path,
            std::io::Error::new(std::io::ErrorKind::InvalidData, error),
        )
    })
}
