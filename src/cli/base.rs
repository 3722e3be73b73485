//! `plan --base`: the manifest as it was before a change, from a file or a Git commit.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cli::Global;
use crate::cli::failure::Failure;
use crate::cli::project::Project;
use crate::cli::terminal::Terminal;
use crate::digest::Sha256;
use crate::manifest::{self, Manifest};
use crate::ops::baseline::baseline;
use crate::ops::plan::{PlanError, Planned, Question};
use crate::plan::Baseline;
use crate::report::Observe;
use crate::store::Store;

/// What a plan is held against.
pub struct Base {
    /// What was asked for: a commit or a file.
    pub name: String,
    /// The digest of the manifest there; none if there was none.
    pub sha256: Option<Sha256>,
    /// What would happen by it.
    pub baseline: Baseline,
}

/// The manifest of a base.
struct Before {
    /// How messages name it: `origin/main:repo.toml`.
    place: PathBuf,
    /// Its text; nothing if the commit has no such file.
    text: Option<String>,
}

impl Base {
    /// Plans the manifest that `name` stands for, at the same time and on what is published for the
    /// plan at hand.
    ///
    /// # Errors
    ///
    /// When there is no such file or commit, or the manifest there is invalid.
    pub async fn of(
        name: &str,
        (project, question, planned): (&Project, Question<'_>, &Planned),
        (global, terminal): (&Global, &Terminal),
        (store, observe): (&Store, &dyn Observe),
    ) -> Result<Self, Failure> {
        let before = before(name, project)?;
        let mut base = Self { name: name.to_owned(), sha256: None, baseline: Baseline::default() };
        let Some(text) = before.text else { return Ok(base) };
        let mut manifest = parse(&before.place, &text, global)?;
        base.sha256 = Some(manifest.digest);
        for (source, pattern) in &project.inputs {
            // A source that the base has not, or not so, is not pointed anywhere.
            let _ = manifest.point(source, pattern);
        }
        match baseline(&manifest, question, planned, store, observe).await {
            Ok(baseline) => base.baseline = baseline,
            // The change may be what makes a plan possible again.
            Err(PlanError::Obstacles(_) | PlanError::Sources(_)) => terminal.warn(&format!(
                "packages contradict each other by {}, so all of the plan counts as this change",
                before.place.display()
            )),
            Err(error) => return Err(error.into()),
        }
        Ok(base)
    }
}

fn parse(place: &Path, text: &str, global: &Global) -> Result<Manifest, Failure> {
    let environment = global.environment.as_deref().filter(|name| !name.is_empty());
    let parsed = manifest::parse_for(text, environment).or_else(|problems| {
        // The change may be what introduces environments.
        manifest::parse(text).map_err(|_| problems)
    });
    let parsed = parsed.map_err(|problems| Failure::manifest(place, text, &problems))?;
    Ok(parsed.manifest)
}

fn before(name: &str, project: &Project) -> Result<Before, Failure> {
    let path = Path::new(name);
    if path.is_file() {
        let text = std::fs::read(path).map_err(|error| Failure::unreadable_base(name, error))?;
        let text = Some(String::from_utf8_lossy(&text).into_owned());
        return Ok(Before { place: path.to_owned(), text });
    }
    let root = project.root();
    let commit = format!("{name}^{{commit}}");
    let commit = git(&root, &["rev-parse", "--verify", "--quiet", "--end-of-options", &commit]);
    let commit = commit.ok_or_else(|| Failure::no_base(name))?;
    let file = project.path.file_name().and_then(OsStr::to_str).unwrap_or_default();
    let object = format!("{}:./{file}", commit.trim());
    // An object that is there can be read; one that is not is a file that the change adds.
    let text = git(&root, &["cat-file", "blob", &object]);
    Ok(Before { place: PathBuf::from(format!("{name}:{file}")), text })
}

/// Returns what git says, if it says so with success.
fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new("git");
    if root != Path::new("") {
        command.arg("-C").arg(root);
    }
    let output = command.args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
