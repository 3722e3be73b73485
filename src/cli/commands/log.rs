//! `repoman log`

use std::process::ExitCode;

use clap::Args;

use crate::cli::failure::Failure;
use crate::cli::project::Project;
use crate::cli::render::log::render;
use crate::cli::terminal::Terminal;
use crate::cli::{Global, exit};
use crate::debian::suite::Codename;
use crate::ops::log::log;
use crate::published::Expected;
use crate::report::{Document, LogDocument};
use crate::store::Settings;
use crate::time::Timestamp;

/// Show the generations: when, from which manifest, and what each changed
#[derive(Debug, Args)]
pub struct Arguments {
    /// Codename of the distribution [default: all]
    distribution: Option<Codename>,
    /// Show so many generations of each distribution
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10)]
    limit: usize,
    /// Print them as JSON
    #[arg(long)]
    json: bool,
}

pub async fn run(
    arguments: &Arguments,
    global: &Global,
    terminal: &Terminal,
) -> Result<ExitCode, Failure> {
    let project = Project::open(global, terminal)?;
    let store = project.store(Settings::JOBS);
    let expected = Expected {
        name: &project.manifest.repository.name,
        keys: &project.manifest.signing.known,
        now: Timestamp::now(),
    };
    let logs = log(&store, expected, arguments.distribution.as_ref(), arguments.limit).await?;
    if let (Some(codename), true) = (&arguments.distribution, logs.is_empty()) {
        return Err(Failure::not_published(codename.as_str()));
    }
    if arguments.json {
        terminal.product(&LogDocument::new(&logs).to_text())?;
    } else {
        terminal.product(&render(&logs, terminal.out, terminal.verbosity))?;
    }
    Ok(exit::SUCCESS.into())
}
