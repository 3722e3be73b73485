//! `repoman plan`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::cli::failure::Failure;
use crate::cli::progress;
use crate::cli::project::Project;
use crate::cli::render::report::{document, report};
use crate::cli::terminal::Terminal;
use crate::cli::{Global, exit};
use crate::ops::plan::{Question, plan};
use crate::source::path::Demand;
use crate::store::Settings;
use crate::time::Timestamp;

/// Show what an apply would change; nothing is written
#[derive(Debug, Args)]
pub struct Arguments {
    /// Exit with 2 if the plan has changes
    #[arg(long)]
    exit_code: bool,
    /// Print the plan as JSON
    #[arg(long)]
    json: bool,
    /// Write the plan as JSON to a file, too
    #[arg(long, value_name = "FILE")]
    json_out: Option<PathBuf>,
    /// Judge everything that depends on the time as of then (RFC 3339) [default: now]
    #[arg(long, value_name = "TIME")]
    now: Option<Timestamp>,
    #[command(flatten)]
    sources: SourceArguments,
}

/// How sources are treated.
#[derive(Debug, Clone, Args)]
pub struct SourceArguments {
    /// Fail if the directory of a source is not there
    #[arg(long)]
    require_sources: bool,
}

impl SourceArguments {
    /// Returns whether sources that are not there are errors.
    pub fn demand(&self) -> Demand {
        if self.require_sources { Demand::Required } else { Demand::Optional }
    }
}

#[tokio::main]
pub async fn run(
    arguments: &Arguments,
    global: &Global,
    terminal: &Terminal,
) -> Result<ExitCode, Failure> {
    let project = Project::open(global, terminal)?;
    let store = project.store(Settings::JOBS);
    let question = Question {
        manifest: &project.manifest,
        root: &project.root(),
        demand: arguments.sources.demand(),
        now: arguments.now.unwrap_or_else(Timestamp::now),
    };
    let planned = plan(question, &store, progress::observer(terminal).as_ref()).await?;
    if let Some(path) = &arguments.json_out {
        std::fs::write(path, document(&project, &planned))
            .map_err(|error| Failure::file(path, error))?;
    }
    if arguments.json {
        terminal.product(&document(&project, &planned))?;
    } else {
        terminal.product(&report(&project, &planned, terminal, terminal.out))?;
    }
    if planned.plan.is_blocked() {
        return Err(Failure::blocked(planned.plan.dangers.len()));
    }
    let differs = arguments.exit_code && !planned.plan.is_empty();
    Ok(if differs { exit::DIFFERENCES } else { exit::SUCCESS }.into())
}
