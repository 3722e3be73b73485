//! `repoman rollback`

use std::process::ExitCode;

use clap::Args;

use crate::cli::confirm::confirm;
use crate::cli::failure::Failure;
use crate::cli::interrupt::interruptible;
use crate::cli::project::Project;
use crate::cli::render::outcome::brought_back;
use crate::cli::render::report::change;
use crate::cli::terminal::Terminal;
use crate::cli::{Global, exit, progress, secrets};
use crate::debian::suite::Codename;
use crate::ops::contest::{Approval, Ending, Moment, Terms};
use crate::ops::rollback::Rollback;
use crate::store::Settings;
use crate::time::{Span, Timestamp};

/// Publish again what an earlier generation held
///
/// It becomes a new generation, signed by the keys of today. The next apply publishes what the
/// manifest and its sources say, as always.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Codename of the distribution
    distribution: Codename,
    /// Number of the generation, as `repoman log` shows it
    generation: u64,
    /// Publish without asking
    #[arg(long)]
    yes: bool,
    /// Accept this danger once, by the id that the plan shows; `log` keeps it
    #[arg(long, value_name = "ID")]
    allow: Vec<String>,
    /// Transfers under way at once; fewer while the store asks to slow down
    #[arg(long, value_name = "N", default_value_t = Settings::JOBS as u16,
          value_parser = clap::value_parser!(u16).range(1..=1000))]
    jobs: u16,
    /// How long to plan again and retry while other writers win
    #[arg(long, value_name = "DURATION", default_value = "5m")]
    wait: Span,
}

pub async fn run(
    arguments: &Arguments,
    global: &Global,
    terminal: &Terminal,
) -> Result<ExitCode, Failure> {
    let mut project = Project::open(global, terminal)?;
    project.allow(&arguments.allow);
    let specs = secrets::specs(&project)?;
    let store = project.store(usize::from(arguments.jobs));
    let directory =
        tempfile::tempdir().map_err(|error| Failure::file(&std::env::temp_dir(), error))?;
    let rollback = Rollback {
        manifest: &project.manifest,
        store: &store,
        codename: &arguments.distribution,
        generation: arguments.generation,
        directory: directory.path(),
    };
    interruptible(async {
        let now = Timestamp::now();
        let planned = rollback.plan(Moment { now, store_time: Timestamp::MIN }).await?;
        terminal.say(change(&project, &planned, terminal).trim_end());
        if planned.plan.is_blocked() {
            return Err(Failure::blocked(planned.plan.blocking()));
        }
        if planned.plan.is_empty() {
            return Ok(exit::SUCCESS.into());
        }
        // A key that can't sign is found out before anything is asked or sent.
        let signer = secrets::signer(&specs, now, terminal)?;
        let question = format!("Publish generation {} again?", arguments.generation);
        let question = project.question_or(&planned.plan, question);
        if !arguments.yes && !confirm(terminal, &question).await? {
            return Err(Failure::declined());
        }
        let publisher = project.publisher(&store, signer);
        let approval = match arguments.yes {
            true => Approval::Anything,
            false => Approval::Only(Box::new(planned.plan.clone())),
        };
        let terms = Terms { approval, wait: arguments.wait };
        let observer = progress::observer(terminal);
        match rollback.publish(&publisher, planned, terms, observer.as_ref()).await? {
            Ending::Applied(applied, planned) => {
                let generation = arguments.generation;
                terminal.say(&brought_back(&planned.plan, &applied, generation, terminal.err));
                Ok(exit::SUCCESS.into())
            }
            Ending::Overtaken(codename, _) => Err(Failure::overtaken(codename.as_str())),
            Ending::Changed(planned, _) => {
                terminal.say(change(&project, &planned, terminal).trim_end());
                Err(Failure::plan_changed(planned.plan.blocking()))
            }
        }
    })
    .await
}
