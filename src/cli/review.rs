//! Where a plan goes for reviewers: Markdown, and what GitHub and GitLab read of a job.
//!
//! A run without a plan leaves its reasons there instead, so that nobody reviews an old one.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::Global;
use crate::cli::failure::Failure;
use crate::cli::project::{self, Project};
use crate::cli::render::github::{self, Annotation};
use crate::cli::render::markdown::Subject;
use crate::cli::render::{gitlab, markdown};
use crate::cli::terminal::{Style, Terminal};
use crate::plan::Plan;
use crate::report::plan_status;

/// What a step summary may take: 1 MiB by GitHub's rules, part of which others may have used.
const SUMMARY: usize = 1_000_000;

/// What is written for those who review a plan.
#[derive(Debug, Clone, Args)]
pub struct ReviewArguments {
    /// Print the plan as Markdown, for a comment in a pull request
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
    /// Write the plan as Markdown to a file, too
    #[arg(long, value_name = "FILE")]
    markdown_out: Option<PathBuf>,
    /// Tell less in the Markdown until it fits; removals and dangers stay in any case
    #[arg(long, value_name = "N", default_value_t = 60_000)]
    max_bytes: usize,
    /// In GitHub Actions: write outputs and summary of the step, and annotate the manifest
    #[arg(long)]
    github: bool,
    /// Write the totals to a file that GitLab shows beside a merge request (reports: terraform)
    #[arg(long, value_name = "FILE")]
    gitlab_out: Option<PathBuf>,
}

impl ReviewArguments {
    /// Finds out where reviewers look, before anything is planned.
    ///
    /// # Errors
    ///
    /// When GitHub is meant and did not start this.
    pub fn begin(&self) -> Result<Review<'_>, Failure> {
        let step = self.github.then(Step::of_environment).transpose()?;
        Ok(Review { wanted: self, step })
    }
}

/// The files of a step of GitHub Actions.
#[derive(Debug)]
struct Step {
    outputs: PathBuf,
    summary: PathBuf,
}

impl Step {
    fn of_environment() -> Result<Self, Failure> {
        let path = |name| match std::env::var_os(name).filter(|path| !path.is_empty()) {
            Some(path) => Ok(PathBuf::from(path)),
            None => Err(Failure::no_step(name)),
        };
        Ok(Self { outputs: path("GITHUB_OUTPUT")?, summary: path("GITHUB_STEP_SUMMARY")? })
    }
}

/// A plan under way to its reviewers.
#[derive(Debug)]
pub struct Review<'a> {
    wanted: &'a ReviewArguments,
    step: Option<Step>,
}

impl Review<'_> {
    /// Tells whether stdout carries the Markdown.
    pub fn is_product(&self) -> bool {
        self.wanted.markdown
    }

    /// Returns a plan as Markdown.
    pub fn markdown(&self, plan: &Plan, subject: &Subject) -> String {
        markdown::render(plan, subject, self.wanted.max_bytes)
    }

    /// Writes a plan, and the exit status that it leads to, where the arguments want it.
    ///
    /// # Errors
    ///
    /// When a file can't be written.
    pub fn write(
        &self,
        project: &Project,
        (plan, subject): (&Plan, &Subject),
        status: u8,
        terminal: &Terminal,
    ) -> Result<(), Failure> {
        if let Some(path) = &self.wanted.markdown_out {
            write(path, &self.markdown(plan, subject))?;
        }
        if let Some(path) = &self.wanted.gitlab_out {
            write(path, &gitlab::report(plan))?;
        }
        let Some(step) = &self.step else { return Ok(()) };
        annotate(&project.annotations(), terminal);
        annotate(&github::annotations(plan, &project.path), terminal);
        append(&step.summary, &markdown::render(plan, subject, SUMMARY))?;
        append(&step.outputs, &outputs(plan, status))
    }

    /// Writes why there is no plan where the arguments want one.
    ///
    /// What can't be written is only told: the failure at hand is the one that counts.
    pub fn failed(&self, failure: &Failure, global: &Global, terminal: &Terminal) {
        let report = failure.render(Style { colored: false, ascii: false });
        let (name, environment) = project::claimed(global);
        let text = |budget| markdown::failed(&name, environment, &report, budget);
        let mut results = Vec::new();
        if self.wanted.markdown {
            results.push(terminal.product(&text(self.wanted.max_bytes)));
        }
        if let Some(path) = &self.wanted.markdown_out {
            results.push(write(path, &text(self.wanted.max_bytes)));
        }
        if let Some(path) = &self.wanted.gitlab_out {
            results.push(write(path, &gitlab::failed()));
        }
        if let Some(step) = &self.step {
            annotate(&failure.annotations(), terminal);
            let outputs = [("status", "failed".to_owned()), ("exit", failure.status().to_string())];
            results.push(append(&step.summary, &text(SUMMARY)));
            results.push(append(&step.outputs, &github::outputs(&outputs)));
        }
        results.into_iter().filter_map(Result::err).for_each(|error| terminal.failure(&error));
    }
}

/// Returns what later steps can know of a plan.
fn outputs(plan: &Plan, status: u8) -> String {
    let sum = plan.summary();
    github::outputs(&[
        ("status", plan_status(plan).to_owned()),
        ("exit", status.to_string()),
        ("plan-id", plan.id.to_string()),
        ("changed", (!plan.is_empty()).to_string()),
        ("adds", sum.add.to_string()),
        ("removes", sum.remove.to_string()),
        ("changes", sum.change.to_string()),
        ("dangers", plan.blocking().to_string()),
    ])
}

/// Shows annotations, as commands in the log.
pub fn annotate(annotations: &[Annotation], terminal: &Terminal) {
    for annotation in annotations {
        let file = annotation.file.as_deref().map(in_workspace);
        terminal.command(&Annotation { file, ..annotation.clone() }.to_string());
    }
}

/// Returns a path as GitHub wants it: relative to the workspace, if it is in there.
fn in_workspace(path: &Path) -> PathBuf {
    let inner = || {
        let workspace = std::env::var_os("GITHUB_WORKSPACE")?;
        let path = std::path::absolute(path).ok()?;
        path.strip_prefix(workspace).ok().map(Path::to_owned)
    };
    inner().unwrap_or_else(|| path.to_owned())
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(|error| Failure::file(path, error))
}

/// Appends to a file that other steps write to as well.
fn append(path: &Path, text: &str) -> Result<(), Failure> {
    let file = std::fs::File::options().append(true).create(true).open(path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| Failure::file(path, error))
}
