//! `repoman gc`

use std::process::ExitCode;

use clap::Args;

use crate::cli::commands::version::TOOL;
use crate::cli::confirm::{Ask, confirm};
use crate::cli::failure::Failure;
use crate::cli::interrupt::interruptible;
use crate::cli::project::Project;
use crate::cli::render::gc::{given_up, render};
use crate::cli::terminal::Terminal;
use crate::cli::{Global, exit, progress, secrets};
use crate::ops::contest::Ending;
use crate::ops::gc::{Scope, Survey, Sweeper};
use crate::report::{Document, GcDocument, GcStatus};
use crate::store::Settings;
use crate::text::plural;
use crate::time::{Span, Timestamp};

/// Delete what no generation needs any more, past its time
///
/// What a distribution gives up stays for `retain.purge_after`. An apply deletes what is due in
/// the distributions that it publishes; this command deletes it at once, in all of them.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Look for objects that nothing names, too, and give them up by new generations
    #[arg(long)]
    full: bool,
    /// How long to try again while other writers win
    #[arg(long, value_name = "DURATION", default_value = "5m")]
    wait: Span,
    /// Delete without asking
    #[arg(long)]
    yes: bool,
    /// Print what was found as JSON
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
    let publisher = project.publisher(&store, None);
    let sweeper = Sweeper {
        manifest: &project.manifest,
        store: &store,
        clock: publisher.clock,
        run: &publisher.writer,
        scope: if arguments.full { Scope::Everything } else { Scope::GivenUp },
    };
    interruptible(async {
        let survey = sweeper.survey().await?;
        let (found, url) = (survey.leftovers(), project.manifest.store.url.to_string());
        terminal.say(render(&found, &url, terminal.err, terminal.verbosity).trim_end());
        let outcome = match found.is_empty() {
            true => Ok(()),
            false => arguments.carry_out(&project, &sweeper, survey, terminal).await,
        };
        if arguments.json {
            let status = if outcome.is_ok() { GcStatus::Done } else { GcStatus::Pending };
            terminal.product(&GcDocument::new(&found, status, TOOL, &url).to_text())?;
        }
        outcome.map(|()| exit::SUCCESS.into())
    })
    .await
}

impl Arguments {
    async fn carry_out(
        &self,
        project: &Project,
        sweeper: &Sweeper<'_>,
        survey: Survey,
        terminal: &Terminal,
    ) -> Result<(), Failure> {
        // A key that can't sign is found out before anything is asked or deleted.
        let signer = match survey.orphans.is_empty() {
            true => None,
            false => secrets::signer(&secrets::specs(project)?, Timestamp::now(), terminal)?,
        };
        let request = Ask::Yes(format!("Delete from {}?", project.manifest.store.url));
        if !self.yes && !confirm(terminal, &request).await? {
            return Err(Failure::declined());
        }
        let deleted = sweeper.sweep(&survey).await?;
        terminal.say(&format!("{} deleted.", plural(deleted, "object")));
        if survey.orphans.is_empty() {
            return Ok(());
        }
        let publisher = project.publisher(sweeper.store, signer);
        let observer = progress::observer(terminal);
        match sweeper.give_up(&publisher, survey, self.wait, observer.as_ref()).await? {
            Ending::Applied(applied, _) => {
                terminal.say(&given_up(&applied, project.manifest.purge_after));
                Ok(())
            }
            Ending::Overtaken(codename, _) => Err(Failure::overtaken(codename.as_str())),
            Ending::Changed(planned, _) => Err(Failure::plan_changed(planned.plan.dangers.len())),
        }
    }
}
