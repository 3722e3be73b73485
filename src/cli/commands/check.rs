//! `repoman check`

use std::process::ExitCode;

use clap::Args;

use crate::cli::failure::Failure;
use crate::cli::project::Project;
use crate::cli::terminal::Terminal;
use crate::cli::{Global, exit};
use crate::text::plural;

/// Check the manifest, offline: every problem at once, each with its place
#[derive(Debug, Args)]
pub struct Arguments {}

pub fn run(_: &Arguments, global: &Global, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let project = Project::open(global, terminal)?;
    let manifest = &project.manifest;
    terminal.say(&format!(
        "{} is valid: {}, {}.",
        project.path.display(),
        plural(manifest.distributions.len(), "distribution"),
        plural(manifest.sources.len(), "source")
    ));
    Ok(exit::SUCCESS.into())
}
