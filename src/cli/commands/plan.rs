//! `repoman plan`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::cli::commands::version::TOOL;
use crate::cli::failure::Failure;
use crate::cli::progress;
use crate::cli::project::{Commit, Project};
use crate::cli::render::plan::{Look, render};
use crate::cli::terminal::{Style, Terminal};
use crate::cli::{Global, exit};
use crate::ops::client_files;
use crate::ops::plan::{Planned, Question, plan};
use crate::plan::DistributionStatus;
use crate::plan::offer::Presence;
use crate::report::{ManifestContext, PlanContext, PlanDocument, SourceContext};
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
    let document = || PlanDocument::new(&planned.plan, context(&project, &planned)).to_text();
    if let Some(path) = &arguments.json_out {
        std::fs::write(path, document()).map_err(|error| Failure::file(path, error))?;
    }
    if arguments.json {
        terminal.product(&document())?;
    } else {
        terminal.product(&report(&project, &planned, terminal, terminal.out))?;
    }
    if planned.plan.is_blocked() {
        return Err(Failure::blocked(planned.plan.dangers.len()));
    }
    let differs = arguments.exit_code && !planned.plan.is_empty();
    Ok(if differs { exit::DIFFERENCES } else { exit::SUCCESS }.into())
}

/// Returns a plan for people, from the heading to what clients need.
pub fn report(project: &Project, planned: &Planned, terminal: &Terminal, style: Style) -> String {
    let commit = project.commit().map(|commit| format!(" @ {}", commit.short()));
    let mut out = format!(
        "{TOOL}   {}{}   {}\n\n",
        project.path.display(),
        commit.unwrap_or_default(),
        project.manifest.store.url
    );
    let look = Look { style, verbosity: terminal.verbosity };
    out += &render(&planned.plan, planned.published.heads.is_empty(), look);
    for (name, offer) in &planned.offers.sources {
        if offer.presence == Presence::Absent {
            let place = offer.absent.values().next().map(|place| place.display().to_string());
            let place = place.unwrap_or_default();
            out += &format!("Not in this run: source.{name} ({place} does not exist).\n");
        }
    }
    out + &sources_entries(project, planned)
}

/// Returns what clients of distributions that a plan creates will have to use.
fn sources_entries(project: &Project, planned: &Planned) -> String {
    let is_new = |codename| {
        let distribution = planned.plan.distributions.get(codename);
        distribution.is_some_and(|plan| plan.status == DistributionStatus::New)
    };
    let entries = client_files::entries(&project.manifest, &project.root());
    let new: Vec<_> = entries.iter().filter(|entry| is_new(&entry.suite)).collect();
    if new.is_empty() {
        return String::new();
    }
    let mut out = String::from("\nClients will use:\n");
    for (position, entry) in new.into_iter().enumerate() {
        out += if position > 0 { "\n" } else { "" };
        out.extend(entry.to_text().lines().map(|line| format!("  {line}\n")));
    }
    out
}

/// Returns what a plan was made from.
fn context(project: &Project, planned: &Planned) -> PlanContext {
    let sources = planned.offers.sources.iter().map(|(name, offer)| SourceContext {
        name: name.clone(),
        present: offer.presence == Presence::Present,
        files: offer.offerings.len(),
        place: offer.absent.values().next().map(|place| place.display().to_string()),
    });
    PlanContext {
        tool: TOOL.to_owned(),
        manifest: ManifestContext {
            path: project.path.display().to_string(),
            sha256: project.manifest.digest.to_string(),
            git_commit: project.commit().as_ref().and_then(Commit::exact),
        },
        store: project.manifest.store.url.to_string(),
        sources: sources.collect(),
    }
}
