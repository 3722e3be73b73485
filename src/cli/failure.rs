//! Why a command failed, for people: code, message, causes, hint, and the exit status.
//!
//! The only place that turns the errors of the ranks below into codes and advice.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use crate::cli::exit;
use crate::cli::render::problems;
use crate::cli::terminal::{Style, Tone};
use crate::commit::run::CommitError;
use crate::manifest::{self, Problem, Severity};
use crate::ops::apply::ApplyError;
use crate::ops::plan::PlanError;
use crate::plan::{Conflict, ConflictWith};
use crate::published::LoadError;
use crate::sign::SignError;
use crate::source::SourceProblem;
use crate::store::StoreError;
use crate::text;

/// Why a command failed.
#[derive(Debug)]
pub struct Failure {
    items: Vec<Item>,
    /// What the run did or did not do in spite of it.
    conclusion: Option<String>,
    exit: u8,
}

/// One thing that went wrong.
#[derive(Debug)]
enum Item {
    /// A message in the ordinary form.
    Message { code: &'static str, message: String, causes: Vec<String>, hint: Option<String> },
    /// A problem of a manifest, rendered with its source.
    Manifest { path: std::path::PathBuf, text: String, problem: Problem },
}

impl Failure {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        let message =
            Item::Message { code, message: message.into(), causes: Vec::new(), hint: None };
        Self { items: vec![message], conclusion: None, exit: exit::FAILURE }
    }

    fn caused(mut self, error: &(dyn Error + 'static)) -> Self {
        if let Some(Item::Message { causes, .. }) = self.items.last_mut() {
            let mut cause = Some(error);
            while let Some(error) = cause {
                causes.push(text::printable(&error.to_string()));
                cause = error.source();
            }
            // Some libraries repeat their cause in their own message.
            causes.dedup();
        }
        self
    }

    fn hint(mut self, advice: impl Into<String>) -> Self {
        if let Some(Item::Message { hint, .. }) = self.items.last_mut() {
            *hint = Some(advice.into());
        }
        self
    }

    fn exit(mut self, status: u8) -> Self {
        self.exit = status;
        self
    }

    fn conclusion(mut self, text: impl Into<String>) -> Self {
        self.conclusion = Some(text.into());
        self
    }

    /// Returns several failures as one.
    pub fn several(failures: Vec<Self>) -> Self {
        let exit = failures.first().map_or(exit::FAILURE, |failure| failure.exit);
        let items = failures.into_iter().flat_map(|failure| failure.items).collect();
        Self { items, conclusion: None, exit }
    }

    /// Returns the problems of a manifest, all of them.
    pub fn manifest(path: &Path, text: &str, found: &[Problem]) -> Self {
        // A harmless problem may stand on the line of a secret.
        let shown = manifest::masked(text, found);
        let item = |problem: &Problem| Item::Manifest {
            path: path.to_owned(),
            text: shown.clone(),
            problem: problem.clone(),
        };
        let errors = found.iter().filter(|problem| problem.severity == Severity::Error).count();
        let errors = crate::text::plural(errors, "error");
        let conclusion = format!("{errors} in {}. Nothing was contacted.", path.display());
        Self {
            items: found.iter().map(item).collect(),
            conclusion: Some(conclusion),
            exit: exit::FAILURE,
        }
    }

    /// There is no manifest.
    pub fn no_manifest() -> Self {
        Self::new("RM1000", "no repo.toml here or in a directory above")
            .hint("`repoman init` writes one; `--file` names another")
    }

    /// A file can't be read or written.
    pub fn file(path: &Path, error: std::io::Error) -> Self {
        Self::new("RM9002", format!("failed to use {}", path.display())).caused(&error)
    }

    /// A file is in the way of one that should be written.
    pub fn exists(path: &Path) -> Self {
        Self::new("RM9003", format!("{} exists already", path.display()))
            .hint("nothing was written; remove it first, or name another with --file")
    }

    /// stdout or stderr can't be written to.
    pub fn output(error: std::io::Error) -> Self {
        Self::new("RM9004", "failed to write the output").caused(&error)
    }

    /// A source's pattern leaves the manifest's directory.
    pub fn outside(source: &str, pattern: &str) -> Self {
        Self::new("RM2006", format!("source `{source}`: {pattern} leaves the manifest's directory"))
            .hint("pass --allow-outside if that is meant")
    }

    /// An environment variable with a secret is not set.
    pub fn secret_variable(key: &str, variable: &str) -> Self {
        Self::new("RM5001", format!("signing key `{key}`: {variable} is not set"))
            .hint("set the environment variable; secrets never stand in repo.toml")
    }

    /// A file with a secret can't be read.
    pub fn secret_file(key: &str, path: &Path, error: std::io::Error) -> Self {
        Self::new("RM5002", format!("signing key `{key}`: failed to read {}", path.display()))
            .caused(&error)
    }

    /// Keys can't sign.
    pub fn signing(errors: Vec<SignError>) -> Self {
        Self::several(errors.iter().map(signing).collect())
    }

    /// An unsigned repository has no keyring.
    pub fn unsigned() -> Self {
        Self::new("RM5004", "the repository is unsigned: the manifest names no signing keys")
    }

    /// A confirmation is needed and nobody can give it.
    pub fn nobody_to_ask() -> Self {
        Self::new("RM6001", "nobody is there to confirm the plan: this is no terminal")
            .hint("pass --yes to apply without asking")
    }

    /// Signals can't be listened to.
    pub fn signals(error: std::io::Error) -> Self {
        Self::new("RM9005", "failed to listen to signals").caused(&error)
    }

    /// A signal ended the run.
    pub fn interrupted() -> Self {
        Self::new("RM6006", "interrupted")
            .hint("what is not reported as published is not visible; run apply again to go on")
    }

    /// A person said no.
    pub fn declined() -> Self {
        Self::new("RM6002", "not applied; nothing was written")
    }

    /// A plan has dangers that nobody accepted.
    pub fn blocked(count: usize) -> Self {
        let message = format!("the plan is blocked by {}", text::plural(count, "danger"));
        Self::new("RM7001", message).exit(exit::BLOCKED).conclusion("Nothing was written.")
    }

    /// Another writer was faster.
    pub fn overtaken(codename: &str) -> Self {
        Self::new("RM6003", format!("{codename} was published by another writer meanwhile"))
            .hint("run apply again: it plans on what is published now")
            .exit(exit::CONFLICT)
    }

    /// Returns the exit status.
    pub fn exit_code(&self) -> ExitCode {
        self.exit.into()
    }

    /// Returns the text to print.
    pub fn render(&self, style: Style) -> String {
        let mut out = String::new();
        for item in &self.items {
            match item {
                Item::Manifest { path, text, problem } => {
                    out.push_str(&problems::render(path, text, problem, style));
                    out.push('\n');
                }
                Item::Message { code, message, causes, hint } => {
                    let mark = style.paint(Tone::Removed, &format!("error[{code}]:"));
                    // Writing to a String can't fail.
                    let _ = writeln!(out, "{mark} {}", text::printable(message));
                    for cause in causes {
                        let _ = writeln!(out, "  {cause}");
                    }
                    for line in hint.iter().flat_map(|hint| hint.lines()) {
                        let _ = writeln!(out, "  help: {line}");
                    }
                }
            }
        }
        if let Some(conclusion) = &self.conclusion {
            let _ = writeln!(out, "{conclusion}");
        }
        out
    }
}

fn signing(error: &SignError) -> Failure {
    let mut failure = Failure::new("RM5003", error.to_string());
    if let Some(source) = error.source() {
        failure = failure.caused(source);
    }
    match error.hint() {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

impl From<PlanError> for Failure {
    fn from(error: PlanError) -> Self {
        match error {
            PlanError::Sources(sources) => rejected(&sources.problems),
            PlanError::Conflicts(conflicts) => {
                let failures = conflicts.iter().map(conflict).collect();
                Self::several(failures).conclusion("Nothing was written.")
            }
            PlanError::Load(error) => error.into(),
        }
    }
}

fn rejected(problems: &[SourceProblem]) -> Failure {
    let conclusion =
        format!("{} in the sources. Nothing was written.", text::plural(problems.len(), "problem"));
    Failure::several(problems.iter().map(source_problem).collect()).conclusion(conclusion)
}

fn source_problem(problem: &SourceProblem) -> Failure {
    let code = match problem {
        SourceProblem::Empty { .. } => "RM2001",
        SourceProblem::Absent { .. } => "RM2002",
        SourceProblem::Listing { .. } => "RM2004",
        SourceProblem::Architecture { .. } => "RM2005",
        SourceProblem::Rejected { .. } => "RM3001",
    };
    let failure = Failure::new(code, problem.to_string());
    match problem {
        SourceProblem::Empty { source_name, .. } => failure.hint(format!(
            "build the packages first, or set `allow_empty = true` in source.{source_name}"
        )),
        SourceProblem::Absent { .. } => {
            failure.hint("build the packages first, or leave --require-sources out")
        }
        SourceProblem::Architecture { source_name, architecture, codename, .. } => {
            failure.hint(format!(
                "add \"{architecture}\" to `architectures` of distribution.{codename}, or name \
                 the wanted ones in `architectures` of source.{source_name}"
            ))
        }
        SourceProblem::Listing { reason, .. } => failure.caused(reason),
        SourceProblem::Rejected { .. } => failure,
    }
}

fn conflict(conflict: &Conflict) -> Failure {
    match conflict.with {
        ConflictWith::Offered => Failure::new("RM3002", conflict.to_string())
            .hint("a version is built once; offer one of the two files only"),
        ConflictWith::Published => Failure::new("RM3003", conflict.to_string())
            .hint("clients may have the published file; give the new build a higher version"),
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        let message = error.to_string();
        match error {
            LoadError::Store(error) => error.into(),
            LoadError::NotMine { .. } => Self::new("RM7002", message)
                .hint("name an empty prefix in [store] url; taking over is not supported yet")
                .exit(exit::BLOCKED),
            LoadError::WrongRepository { .. } => Self::new("RM7003", message)
                .hint("correct [store] url, or [repository] name")
                .exit(exit::BLOCKED),
            LoadError::Missing { .. } | LoadError::Altered { .. } => Self::new("RM4006", message)
                .hint("somebody else wrote to the store; restore the object, then plan again"),
            LoadError::Release { reason, .. } => Self::new("RM4006", message).caused(&reason),
            LoadError::Packages { reason, .. } => Self::new("RM4006", message).caused(&reason),
            LoadError::State { reason, .. } => Self::new("RM4007", message).caused(&reason),
        }
    }
}

impl From<ApplyError> for Failure {
    fn from(error: ApplyError) -> Self {
        let message = error.to_string();
        match error {
            ApplyError::Commit(CommitError::Store(error)) => error.into(),
            ApplyError::Commit(CommitError::ReadBack { .. }) => Self::new("RM6005", message)
                .hint("another writer may have been faster; run plan to see what is published"),
            ApplyError::Sign { reason, .. } => {
                Self::several(vec![Self::new("RM5003", message), signing(&reason)])
            }
            ApplyError::Index { reason, .. } => Self::new("RM9001", message).caused(&reason),
            ApplyError::ClockBehind { .. } => Self::new("RM6004", message)
                .hint("set this machine's clock: clients refuse a Date that goes backwards"),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let code = match &error {
            StoreError::Denied { .. } => "RM4001",
            StoreError::Credentials { .. } => "RM4002",
            StoreError::Conditions { .. } => "RM4003",
            StoreError::Unavailable { .. } => "RM4004",
            StoreError::MissingBucket { .. } | StoreError::Region { .. } => "RM4005",
            StoreError::Unsettled { .. } => "RM4008",
            StoreError::DifferentContent { .. } => "RM4009",
            StoreError::SourceChanged { .. } | StoreError::Source { .. } => "RM4010",
            _ => "RM4011",
        };
        let failure = Self::new(code, error.to_string());
        let failure = match error.source() {
            Some(source) => failure.caused(source),
            None => failure,
        };
        match store_hint(&error) {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

fn store_hint(error: &StoreError) -> Option<&'static str> {
    Some(match error {
        StoreError::Denied { .. } => "grant the permission to the credentials of this run",
        StoreError::Credentials { .. } => {
            "set AWS_PROFILE or AWS_ACCESS_KEY_ID, log in, or correct [store] profile and role"
        }
        StoreError::Conditions { .. } => {
            "without conditional writes two publishers overwrite each other; use another server"
        }
        StoreError::Unavailable { .. } => "try again; nothing is visible that is not complete",
        StoreError::MissingBucket { .. } => "create the bucket, or correct [store] url",
        StoreError::Region { .. } => "correct [store] region",
        StoreError::Unsettled { .. } => "run apply again: it starts from what is there",
        StoreError::DifferentContent { .. } => {
            "somebody else wrote to the store; look at the object"
        }
        StoreError::SourceChanged { .. } => "let builds finish before publishing, then plan again",
        _ => return None,
    })
}
