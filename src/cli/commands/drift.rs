//! `repoman drift`

use std::process::ExitCode;

use clap::Args;

use crate::cli::commands::version::TOOL;
use crate::cli::failure::Failure;
use crate::cli::progress;
use crate::cli::project::{Project, known};
use crate::cli::render::drift::{render, unapplied};
use crate::cli::terminal::Terminal;
use crate::cli::{Global, exit};
use crate::drift::Depth;
use crate::ops::drift::{Question, drift};
use crate::ops::plan;
use crate::plan::Plan;
use crate::report::{Document, DriftDocument, Observe, Severity};
use crate::source::path::Demand;
use crate::store::{Settings, Store};
use crate::time::Timestamp;

/// Hold what is published against what is really in the store; nothing is written
#[derive(Debug, Args)]
pub struct Arguments {
    /// Exit with 2 if something of these kinds is found: security, breaking, expiring, cosmetic
    #[arg(
        long,
        value_name = "KINDS",
        value_delimiter = ',',
        value_parser = severity,
        default_value = "security,breaking"
    )]
    fail_on: Vec<Severity>,
    /// Read and hash every package file again
    #[arg(long)]
    deep: bool,
    /// Look through the public_url of the repository, without credentials, as clients do
    #[arg(long)]
    public: bool,
    /// Exit with 2 also if a plan of the manifest has changes that were not applied
    #[arg(long)]
    pending: bool,
    /// Print what was found as JSON
    #[arg(long)]
    json: bool,
}

fn severity(text: &str) -> Result<Severity, String> {
    let named = Severity::ALL.into_iter().find(|severity| severity.as_str() == text);
    named.ok_or_else(|| "it is none of security, breaking, expiring, cosmetic".to_owned())
}

pub async fn run(
    arguments: &Arguments,
    global: &Global,
    terminal: &Terminal,
) -> Result<ExitCode, Failure> {
    let project = Project::open(global, terminal)?;
    let store = match arguments.public {
        true => project.public_store()?,
        false => project.store(Settings::JOBS),
    };
    let question = Question {
        manifest: &project.manifest,
        root: &project.root(),
        depth: if arguments.deep { Depth::Content } else { Depth::Listing },
        now: Timestamp::now(),
    };
    let observer = progress::observer(terminal);
    let drift = drift(question, &store, observer.as_ref()).await?;
    let url = match arguments.public {
        true => store.to_string(),
        false => project.manifest.store.url.to_string(),
    };
    let pending = match arguments.pending {
        true => Some(pending(&project, &store, observer.as_ref()).await),
        false => None,
    };
    let planned = pending.as_ref().and_then(|pending| pending.as_ref().ok());
    if arguments.json {
        let document = DriftDocument::new(&drift, TOOL, &url);
        terminal.product(&document.with_pending(planned).to_text())?;
    } else {
        let pending = planned.map(unapplied).unwrap_or_default();
        terminal.product(&(render(&drift, &url, terminal.out) + &pending))?;
    }
    let is_pending = pending.transpose()?.is_some_and(|plan| !plan.deeds().is_empty());
    let failed = is_pending || arguments.fail_on.iter().any(|severity| drift.count(*severity) > 0);
    Ok(if failed { exit::DIFFERENCES } else { exit::SUCCESS }.into())
}

/// Returns what a plan of the manifest would do that was not applied.
async fn pending(
    project: &Project,
    store: &Store,
    observer: &dyn Observe,
) -> Result<Plan, Failure> {
    let question = plan::Question {
        manifest: &project.manifest,
        root: &project.root(),
        demand: Demand::Optional,
        known: &known(),
        now: Timestamp::now(),
        is_later: &|commit| project.is_later(commit),
    };
    Ok(plan::plan(question, store, observer).await?.plan)
}
