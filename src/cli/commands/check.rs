//! `repoman check`

use std::process::ExitCode;

use clap::Args;

use crate::cli::failure::Failure;
use crate::cli::project::Project;
use crate::cli::render::github::Annotation;
use crate::cli::terminal::Terminal;
use crate::cli::{Global, exit, review};
use crate::text::plural;

/// Check the manifest, offline: every problem at once, each with its place
#[derive(Debug, Args)]
pub struct Arguments {
    /// In GitHub Actions: annotate the manifest, too
    #[arg(long)]
    github: bool,
}

pub fn run(
    arguments: &Arguments,
    global: &Global,
    terminal: &Terminal,
) -> Result<ExitCode, Failure> {
    let annotate = |annotations: Vec<Annotation>| {
        if arguments.github {
            review::annotate(&annotations, terminal);
        }
    };
    let project =
        Project::open(global, terminal).inspect_err(|failure| annotate(failure.annotations()))?;
    annotate(project.annotations());
    let manifest = &project.manifest;
    terminal.say(&format!(
        "{} is valid: {}, {}.",
        project.path.display(),
        plural(manifest.distributions.len(), "distribution"),
        plural(manifest.sources.len(), "source")
    ));
    Ok(exit::SUCCESS.into())
}
