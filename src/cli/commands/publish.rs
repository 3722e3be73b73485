//! `repoman publish`

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;

use crate::cli::commands::version::TOOL;
use crate::cli::confirm::{Ask, confirm};
use crate::cli::destination::{Destination, Stop, Verified};
use crate::cli::failure::Failure;
use crate::cli::interrupt::interruptible;
use crate::cli::progress;
use crate::cli::project::random_id;
use crate::cli::render::publication::{self, Publication};
use crate::cli::terminal::Terminal;
use crate::cli::{Global, exit};
use crate::ops::apply::{Applied, Publisher};
use crate::ops::contents::FileReader;
use crate::ops::contest::{Approval, Ending, Moment, Terms};
use crate::ops::plan::Planned;
use crate::ops::publish::Push;
use crate::report::PublishStatus;
use crate::sign::{GpgSigner, Signer};
use crate::store::{Location, Settings, Store};
use crate::time::{Span, Timestamp};

/// Push package files into a published repository, by the rules of its last applied manifest
#[derive(Debug, Args)]
pub struct Arguments {
    /// Package files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Store of the repository [default: that of the manifest]
    #[arg(long, value_name = "URL", env = "REPOMAN_STORE", hide_env_values = true)]
    store: Option<Location>,
    /// Source to push to, where several let a file in
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// Publish without asking
    #[arg(long)]
    yes: bool,
    /// Transfers under way at once; fewer while the store asks to slow down
    #[arg(long, value_name = "N", default_value_t = Settings::JOBS as u16,
          value_parser = clap::value_parser!(u16).range(1..=1000))]
    jobs: u16,
    /// How long to plan again and retry while other writers win
    #[arg(long, value_name = "DURATION", default_value = "5m")]
    wait: Span,
    /// Print the plan and what came of it as JSON
    #[arg(long)]
    json: bool,
}

/// One run of the command.
struct Run<'a> {
    arguments: &'a Arguments,
    destination: Destination,
    terminal: &'a Terminal,
    deadline: Timestamp,
}

/// What is known of a run however it ends.
#[derive(Default)]
struct Course {
    published: Vec<Applied>,
    /// Whether its document was printed.
    is_told: bool,
}

pub async fn run(
    arguments: &Arguments,
    global: &Global,
    terminal: &Terminal,
) -> Result<ExitCode, Failure> {
    let mut course = Course::default();
    let ended = interruptible(publish(arguments, global, terminal, &mut course)).await;
    if let (Err(failure), true, false) = (&ended, arguments.json, course.is_told) {
        terminal.product(&publication::failed(failure, &course.published))?;
    }
    ended
}

/// Publishes, and begins anew as often as other manifests are applied meanwhile.
async fn publish(
    arguments: &Arguments,
    global: &Global,
    terminal: &Terminal,
    course: &mut Course,
) -> Result<ExitCode, Failure> {
    let jobs = usize::from(arguments.jobs);
    let destination = Destination::open(arguments.store.as_ref(), global, jobs, terminal)?;
    let deadline = arguments.wait.after(Timestamp::now());
    let run = Run { arguments, destination, terminal, deadline };
    loop {
        match run.attempt(course).await {
            Ok(code) => return Ok(code),
            Err(Stop::Again) if Timestamp::now() < deadline => {}
            Err(Stop::Again) => return Err(Failure::superseded()),
            Err(Stop::Failed(failure)) => return Err(failure),
        }
    }
}

impl Run<'_> {
    /// Publishes by the rules that are in force now.
    async fn attempt(&self, course: &mut Course) -> Result<ExitCode, Stop> {
        let Self { arguments, destination, terminal, .. } = self;
        let observer = progress::observer(terminal);
        let Verified { rules, anchor, signer } = destination.verified(terminal).await?;
        let store = destination.store(&rules.manifest.store);
        let push = Push { rules: &rules, expected: anchor.expected() };
        let offers =
            push.offers(&arguments.files, arguments.source.as_deref(), observer.as_ref())?;
        let planned = push.plan(offers, &store, Moment::at(Timestamp::now())).await?;
        let shown = Publication { rules: &rules, url: &destination.url };
        terminal.say(shown.report(&planned, terminal).trim_end());
        if planned.plan.is_blocked() {
            return self.end(shown, &planned, course, PublishStatus::Blocked);
        }
        if planned.plan.is_empty() {
            return self.end(shown, &planned, course, PublishStatus::NothingToDo);
        }
        // A key that can't sign is found out before anything is asked or sent.
        let signer = match signer {
            None => destination.signer(&rules.manifest, terminal)?,
            opened => opened,
        };
        if !arguments.yes
            && !confirm(terminal, &Ask::Yes(format!("Publish to {}?", destination.url))).await?
        {
            return Err(Failure::declined().into());
        }
        let terms = self.terms(&planned);
        let publisher = publisher(push, &store, signer);
        let terms = (terms, &mut course.published);
        match push.publish(&publisher, planned, terms, observer.as_ref()).await? {
            Ending::Applied(_, planned) => {
                self.end(shown, &planned, course, PublishStatus::Published)
            }
            Ending::Overtaken(codename, planned) => {
                self.print(shown, &planned, course, PublishStatus::Overtaken)?;
                Err(Failure::overtaken(codename.as_str()).into())
            }
            Ending::Changed(planned, _) => {
                terminal.say(shown.report(&planned, terminal).trim_end());
                self.end(shown, &planned, course, PublishStatus::Changed)
            }
        }
    }

    /// Returns what may be published: the plan that was shown, unless nobody was asked.
    fn terms(&self, planned: &Planned) -> Terms {
        let approval = match self.arguments.yes {
            true => Approval::Anything,
            false => Approval::Only(Box::new(planned.plan.clone())),
        };
        Terms { approval, wait: Span::between(Timestamp::now(), self.deadline) }
    }

    /// Says what came of a plan.
    fn end(
        &self,
        shown: Publication<'_>,
        planned: &Planned,
        course: &mut Course,
        status: PublishStatus,
    ) -> Result<ExitCode, Stop> {
        self.print(shown, planned, course, status)?;
        match status {
            PublishStatus::Published => {
                self.terminal.say(&shown.outcome(planned, &course.published, self.terminal.err));
                Ok(exit::SUCCESS.into())
            }
            PublishStatus::NothingToDo => Ok(exit::SUCCESS.into()),
            PublishStatus::Blocked => Err(Failure::blocked(planned.plan.blocking()).into()),
            PublishStatus::Changed
            | PublishStatus::Overtaken
            | PublishStatus::Superseded
            | PublishStatus::Failed => Err(Failure::plan_changed(planned.plan.blocking()).into()),
        }
    }

    /// Prints a plan and what came of it, if that is asked for.
    fn print(
        &self,
        shown: Publication<'_>,
        planned: &Planned,
        course: &mut Course,
        status: PublishStatus,
    ) -> Result<(), Failure> {
        if !self.arguments.json {
            return Ok(());
        }
        course.is_told = true;
        self.terminal.product(&shown.document(planned, &course.published, status))
    }
}

/// Returns who publishes, as a run of its own.
fn publisher<'a>(
    push: Push<'_>,
    store: &'a Store,
    signer: Option<Arc<GpgSigner>>,
) -> Publisher<'a> {
    Publisher {
        store,
        signer: signer.map(|signer| signer as Arc<dyn Signer>),
        clock: &Timestamp::now,
        writer: random_id(),
        tool: TOOL.to_owned(),
        repository: push.rules.manifest.repository.name.clone(),
        manifest: push.rules.text.clone(),
        git_commit: push.rules.git_commit.clone(),
        files: FileReader::new(std::env::temp_dir()),
    }
}
