//! Where a plan goes for reviewers: Markdown on stdout or in a file.
//!
//! A run without a plan leaves its reasons there instead, so that nobody reviews an old one.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::Global;
use crate::cli::failure::Failure;
use crate::cli::project::{self, Project};
use crate::cli::render::markdown;
use crate::cli::render::report::subject;
use crate::cli::terminal::{Style, Terminal};
use crate::ops::plan::Planned;

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
}

impl ReviewArguments {
    /// Tells whether stdout carries the Markdown.
    pub fn is_product(&self) -> bool {
        self.markdown
    }

    /// Returns a plan as Markdown.
    pub fn markdown(&self, project: &Project, planned: &Planned) -> String {
        markdown::render(&planned.plan, &subject(project, planned), self.max_bytes)
    }

    /// Writes a plan where the arguments want it.
    ///
    /// # Errors
    ///
    /// When a file can't be written.
    pub fn write(&self, project: &Project, planned: &Planned) -> Result<(), Failure> {
        match &self.markdown_out {
            Some(path) => write(path, &self.markdown(project, planned)),
            None => Ok(()),
        }
    }

    /// Writes why there is no plan where the arguments want one.
    ///
    /// What can't be written is only told: the failure at hand is the one that counts.
    pub fn failed(&self, failure: &Failure, global: &Global, terminal: &Terminal) {
        let report = failure.render(Style { colored: false, ascii: false });
        let (name, environment) = project::claimed(global);
        let text = markdown::failed(&name, environment, &report, self.max_bytes);
        let printed = if self.markdown { terminal.product(&text) } else { Ok(()) };
        let written = self.markdown_out.as_ref().map_or(Ok(()), |path| write(path, &text));
        for error in [printed, written].into_iter().filter_map(Result::err) {
            terminal.failure(&error);
        }
    }
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(|error| Failure::file(path, error))
}
