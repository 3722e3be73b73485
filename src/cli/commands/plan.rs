//! `repoman plan`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::cli::base::Base;
use crate::cli::failure::Failure;
use crate::cli::inputs::SourceArguments;
use crate::cli::progress;
use crate::cli::project::{Project, known};
use crate::cli::render::plan::Look;
use crate::cli::render::report::{document, report, subject};
use crate::cli::review::ReviewArguments;
use crate::cli::runtime::block_on;
use crate::cli::terminal::Terminal;
use crate::cli::{Global, exit};
use crate::drift::Depth;
use crate::ops;
use crate::ops::mend;
use crate::ops::plan::{Planned, Question, plan};
use crate::plan::Plan;
use crate::report::{Document as _, Observe};
use crate::store::{Settings, Store};
use crate::time::Timestamp;

/// Show what an apply would change; nothing is written
#[derive(Debug, Args)]
pub struct Arguments {
    /// Tell what a change of the manifest causes from what would happen anyway: the manifest before it
    ///
    /// A Git commit, such as origin/main, or a file. Both are planned on what is published now.
    #[arg(long, value_name = "REF|FILE")]
    base: Option<String>,
    /// Exit with 2 if the plan has changes
    #[arg(long)]
    exit_code: bool,
    /// Print the plan as JSON
    #[arg(long)]
    json: bool,
    /// Write the plan as JSON to a file, too
    #[arg(long, value_name = "FILE")]
    json_out: Option<PathBuf>,
    /// Save the plan to a file, for `apply --plan`: the JSON of --json, which holds no secret
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Read what is published through the public_url of the repository, without credentials
    ///
    /// Without a listing, distributions that are declared no more are known from the manifests that
    /// were applied last, and from the table `removed`.
    #[arg(long, conflicts_with = "repair")]
    public: bool,
    /// Judge everything that depends on the time as of then (RFC 3339) [default: now]
    #[arg(long, value_name = "TIME")]
    now: Option<Timestamp>,
    #[command(flatten)]
    review: ReviewArguments,
    #[command(flatten)]
    sources: SourceArguments,
    #[command(flatten)]
    repair: RepairArguments,
}

/// How closely what is published is looked at.
#[derive(Debug, Clone, Args)]
pub struct RepairArguments {
    /// Look through all that is published, as drift does, and repair what can be
    #[arg(long)]
    repair: bool,
    /// With --repair, read and hash every package file again
    #[arg(long, requires = "repair")]
    deep: bool,
}

impl RepairArguments {
    /// Returns the plan that also makes up for what is damaged, if that was asked for.
    pub async fn extend(
        &self,
        planned: Planned,
        question: Question<'_>,
        store: &Store,
        observe: &dyn Observe,
    ) -> Result<Planned, Failure> {
        if !self.repair {
            return Ok(planned);
        }
        let Question { manifest, root, now, .. } = question;
        let depth = if self.deep { Depth::Content } else { Depth::Listing };
        let question = ops::drift::Question { manifest, root, depth, now };
        Ok(mend::look_closer(planned, question, store, observe).await?)
    }
}

pub fn run(
    arguments: &Arguments,
    global: &Global,
    terminal: &Terminal,
) -> Result<ExitCode, Failure> {
    let review = arguments.review.begin()?;
    let (project, planned, base) = block_on(look(arguments, global, terminal))
        .inspect_err(|failure| review.failed(failure, global, terminal))?;
    let document = || document(&project, &planned, base.as_ref()).to_text();
    for path in [&arguments.json_out, &arguments.out].into_iter().flatten() {
        std::fs::write(path, document()).map_err(|error| Failure::file(path, error))?;
    }
    let style = Look { style: terminal.out, verbosity: terminal.verbosity };
    let subject = subject(&project, &planned, base.as_ref());
    terminal.product(&match (arguments.json, review.is_product()) {
        (true, _) => document(),
        (false, true) => review.markdown(&planned.plan, &subject),
        (false, false) => terminal.inert(report(&project, &planned, base.as_ref(), style)),
    })?;
    if let Some(path) = &arguments.out {
        let path = path.display();
        terminal.say(&format!("Saved to {path}; `repoman apply --plan {path}` carries it out."));
    }
    let verdict = verdict(arguments, &planned.plan);
    let status = verdict.as_ref().map_or_else(Failure::status, |status| *status);
    review.write(&project, (&planned.plan, &subject), status, terminal)?;
    planned.abandon();
    verdict.map(ExitCode::from)
}

/// Plans, and plans the base too if there is one.
async fn look(
    arguments: &Arguments,
    global: &Global,
    terminal: &Terminal,
) -> Result<(Project, Planned, Option<Base>), Failure> {
    let mut project = Project::open(global, terminal)?;
    arguments.sources.point(&mut project, global)?;
    let store = match arguments.public {
        true => project.public_store()?,
        false => project.store(Settings::JOBS),
    };
    let is_later = |commit: &str| project.is_later(commit);
    let question = Question {
        manifest: &project.manifest,
        root: &project.root(),
        demand: arguments.sources.demand(),
        known: &known(),
        now: arguments.now.unwrap_or_else(Timestamp::now),
        is_later: &is_later,
    };
    let observer = progress::observer(terminal);
    let planned = plan(question, &store, observer.as_ref()).await?;
    arguments.sources.are_there(&planned.offers)?;
    let planned = arguments.repair.extend(planned, question, &store, observer.as_ref()).await?;
    let base = match &arguments.base {
        None => None,
        Some(name) => {
            let plan = (&project, question, &planned);
            let place = (&store, observer.as_ref());
            Some(Base::of(name, plan, (global, terminal), place).await?)
        }
    };
    Ok((project, planned, base))
}

/// Returns the exit status of a plan that was shown.
fn verdict(arguments: &Arguments, plan: &Plan) -> Result<u8, Failure> {
    if plan.is_blocked() {
        return Err(Failure::blocked(plan.blocking()));
    }
    Failure::beyond_repair(plan).map_or(Ok(()), Err)?;
    let differs = arguments.exit_code && !plan.is_empty();
    Ok(if differs { exit::DIFFERENCES } else { exit::SUCCESS })
}
