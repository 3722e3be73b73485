//! Why a command failed, for people: code, message, causes, hint, and the exit status.
//!
//! `reasons` turns the errors of the ranks below into codes and advice, and nothing else does.

mod approval;
mod base;
mod editing;
mod explain;
mod inputs;
mod reasons;

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use crate::cli::exit;
use crate::cli::render::github::{Annotation, Weight};
use crate::cli::render::problems;
use crate::cli::terminal::{Style, Tone};
use crate::manifest::{self, Exposure, Problem, Severity};
use crate::plan::Plan;
use crate::query::QueryError;
use crate::report::{ErrorDocument, explanations};
use crate::sign::SignError;
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
    /// A problem of a manifest or a query, rendered with its source.
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
            // Some libraries repeat their cause at the end of their own message.
            causes.dedup_by(|cause, said| said.ends_with(cause.as_str()));
        }
        self
    }

    fn details(mut self, lines: &[String]) -> Self {
        if let Some(Item::Message { causes, .. }) = self.items.last_mut() {
            causes.extend(lines.iter().map(|line| text::printable(line)));
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
        let more = found.first().map_or_else(String::new, |problem| {
            format!(" `repoman explain {}` says more.", problem.code)
        });
        let conclusion = format!("{errors} in {}. Nothing was contacted.{more}", path.display());
        Self {
            items: found.iter().map(item).collect(),
            conclusion: Some(conclusion),
            exit: exit::FAILURE,
        }
    }

    /// A query is none.
    pub fn query(text: &str, error: &QueryError) -> Self {
        // The place is in bytes, which what is shown has to keep; the end is a place, too.
        let blank = |c: char| " ".repeat(c.len_utf8());
        let show = |c: char| if text::is_printable(c) { c.to_string() } else { blank(c) };
        let shown = text.chars().map(show).collect::<String>() + " ";
        let problem = Problem {
            code: "RM8001",
            severity: Severity::Error,
            message: text::printable(&error.to_string()),
            span: Some(error.span.start..error.span.end.max(error.span.start + 1)),
            label: String::new(),
            help: error.help(text),
            exposure: Exposure::Plain,
        };
        let item = Item::Manifest { path: "query".into(), text: shown, problem };
        Self { items: vec![item], conclusion: None, exit: exit::USAGE }
    }

    /// Nothing was found where something has to be.
    pub fn nothing_found() -> Self {
        Self::new("RM8002", "no package matches")
    }

    /// Columns were chosen for a format that has none.
    pub fn no_columns(format: &str) -> Self {
        Self::new("RM8003", format!("--fields has no effect on the format {format}"))
            .hint("--fields is for table, plain, csv, markdown and html")
            .exit(exit::USAGE)
    }

    /// An error code does not exist; `code` is what `subject` was read as.
    pub fn no_such_code(subject: &str, code: &str) -> Self {
        let all = explanations().map(|explanation| explanation.code);
        let advice = match text::suggestion(code, all) {
            Some(near) => format!("did you mean {near}?"),
            None => "`repoman explain` without a code lists all of them".to_owned(),
        };
        Self::new("RM8004", format!("there is no error code `{subject}`"))
            .hint(advice)
            .exit(exit::USAGE)
    }

    /// There is no manifest.
    pub fn no_manifest() -> Self {
        Self::new("RM1000", "no repo.toml here or in a directory above").hint(
            "`repoman init` writes one; `--file` names another; to publish, --store is enough",
        )
    }

    /// The manifest that was named or found can't be read.
    pub fn unreadable_manifest(path: &Path, error: std::io::Error) -> Self {
        let failure = Self::new("RM1000", format!("failed to read {}", path.display()));
        let failure = failure.caused(&error);
        match error.kind() {
            std::io::ErrorKind::NotFound => failure.hint(format!(
                "correct --file, or write one by `repoman init --file {}`",
                path.display()
            )),
            _ => failure,
        }
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
        Self::several(errors.iter().map(reasons::signing).collect())
    }

    /// A distribution is not published.
    pub fn not_published(codename: &str) -> Self {
        Self::new("RM6009", format!("{codename} is not published"))
            .hint("`repoman log` without a codename shows what is")
    }

    /// Nothing tells whose repository it is.
    pub fn no_anchor() -> Self {
        Self::new("RM5007", "the repository is unsigned, so nothing proves whose it is")
            .hint("name its manifest with --file: it says that the repository is to be unsigned")
    }

    /// Manifests were applied faster than a publish could go by them.
    pub fn superseded() -> Self {
        Self::new("RM6003", "other manifests were applied meanwhile, again and again")
            .hint("run publish again: it goes by the rules that are there now")
            .exit(exit::CONFLICT)
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

    /// A step of GitHub Actions is meant, and this is none.
    pub fn no_step(variable: &str) -> Self {
        Self::new("RM9006", format!("--github: {variable} is not set"))
            .hint("--github is for steps of GitHub Actions; --markdown prints the plan anywhere")
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

    /// The manifest does not say where clients reach the repository.
    pub fn no_public_url() -> Self {
        Self::new("RM4014", "the manifest names no public_url to read through")
            .hint("set `public_url` of [repository], or leave --public out")
    }

    /// Published objects are damaged, and nothing in reach has their content; none if there are no
    /// such objects.
    pub fn beyond_repair(plan: &Plan) -> Option<Self> {
        let lost: Vec<_> =
            plan.beyond_repair().map(|r| format!("{}: {}", r.key, r.damage.as_str())).collect();
        let count = text::plural(lost.len(), "published object");
        let message = format!("{count} can't be repaired from what is here");
        let failure = Self::new("RM4013", message).details(&lost).hint(
            "offer the very same files by a source, or put them back from a version of the bucket \
             or a backup",
        );
        (!lost.is_empty()).then_some(failure)
    }

    /// Another writer was faster.
    pub fn overtaken(codename: &str) -> Self {
        Self::new("RM6003", format!("{codename} was published by another writer meanwhile"))
            .hint("run apply again: it plans on what is published now")
            .exit(exit::CONFLICT)
    }

    /// On what another writer published, the plan is not the one that was approved.
    pub fn plan_changed(dangers: usize) -> Self {
        if dangers > 0 {
            return Self::blocked(dangers);
        }
        Self::new("RM6008", "another writer's publication makes this a plan that nobody approved")
            .hint("run apply again to see it and decide")
            .exit(exit::CONFLICT)
    }

    /// Returns the exit status.
    pub fn exit_code(&self) -> ExitCode {
        self.exit.into()
    }

    /// Returns the exit status as a number.
    pub fn status(&self) -> u8 {
        self.exit
    }

    /// Returns what went wrong as remarks beside the files that it is about.
    pub fn annotations(&self) -> Vec<Annotation> {
        let annotation = |item: &Item| match item {
            Item::Manifest { path, text, problem } => problems::annotation(path, text, problem),
            Item::Message { code, message, causes, hint } => {
                let lines = [message].into_iter().chain(causes).chain(hint);
                let message = lines.map(|line| line.trim_end()).collect::<Vec<_>>().join("\n");
                let title = (*code).to_owned();
                Annotation { weight: Weight::Error, file: None, position: None, title, message }
            }
        };
        self.items.iter().map(annotation).collect()
    }

    /// Returns everything that went wrong, for other programs.
    pub fn documents(&self) -> Vec<ErrorDocument> {
        let items = self.items.iter();
        items
            .map(|item| match item {
                Item::Message { code, message, causes, hint } => ErrorDocument {
                    code: (*code).to_owned(),
                    message: text::printable(message),
                    details: causes.clone(),
                    help: hint.clone(),
                },
                Item::Manifest { path, text, problem } => {
                    let (line, column) = problem.position(text);
                    ErrorDocument {
                        code: problem.code.to_owned(),
                        message: problem.message.clone(),
                        details: vec![format!("{}:{line}:{column}", path.display())],
                        help: problem.help.clone(),
                    }
                }
            })
            .collect()
    }

    /// Returns what the run did or did not do in spite of it.
    pub fn last_words(&self) -> Option<&str> {
        self.conclusion.as_deref()
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
                    out.push_str(&problems::help(hint.as_deref()));
                }
            }
        }
        if let Some(conclusion) = &self.conclusion {
            let _ = writeln!(out, "{conclusion}");
        }
        out
    }
}
