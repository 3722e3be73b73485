//! `repoman apply`

use std::process::ExitCode;
use std::time::Instant;

use clap::Args;

use crate::cli::approval::{ApprovalArguments, SavedPlan};
use crate::cli::commands::plan::RepairArguments;
use crate::cli::confirm::{Ask, confirm};
use crate::cli::events::EventLines;
use crate::cli::failure::Failure;
use crate::cli::inputs::SourceArguments;
use crate::cli::interrupt::interruptible;
use crate::cli::progress;
use crate::cli::project::{Project, known};
use crate::cli::render::outcome::outcome;
use crate::cli::render::plan::Look;
use crate::cli::render::report::{document, report};
use crate::cli::secrets;
use crate::cli::terminal::Terminal;
use crate::cli::{Global, exit};
use crate::ops::client_files;
use crate::ops::contest::{Ending, Terms, publish};
use crate::ops::plan::{PlanError, Planned, Question, plan};
use crate::plan::{DistributionStatus, Plan};
use crate::published::LoadError;
use crate::report::{ApplyStatus, Observe};
use crate::sign::Signer as _;
use crate::store::{Settings, Store};
use crate::time::{Span, Timestamp};

/// Make the published repository what the manifest declares
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    approval: ApprovalArguments,
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
    /// Print what happens as JSON, one event a line; the last one says what came of it
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    sources: SourceArguments,
    #[command(flatten)]
    repair: RepairArguments,
}

pub async fn run(
    arguments: &Arguments,
    global: &Global,
    terminal: &Terminal,
) -> Result<ExitCode, Failure> {
    let lines = arguments.json.then(|| EventLines::begin(terminal)).transpose()?;
    let ended = arguments.apply(global, terminal, lines.as_ref()).await;
    lines.map_or(Ok(()), |lines| lines.end(&ended))?;
    ended.map(|_| exit::SUCCESS.into())
}

impl Arguments {
    async fn apply(
        &self,
        global: &Global,
        terminal: &Terminal,
        lines: Option<&EventLines>,
    ) -> Result<ApplyStatus, Failure> {
        let started = Instant::now();
        let mut project = Project::open(global, terminal)?;
        self.sources.point(&mut project, global)?;
        project.allow(&self.allow);
        let saved = self.approval.saved_plan(&project)?;
        let saved = saved.as_ref();
        let specs = secrets::specs(&project)?;
        let store = project.store(usize::from(self.jobs));
        let plain = progress::observer(terminal);
        let observer: &dyn Observe = lines.map_or(plain.as_ref(), |lines| lines);
        let (root, known) = (project.root(), known());
        let is_later = |commit: &str| project.is_later(commit);
        let question = Question {
            manifest: &project.manifest,
            root: &root,
            demand: self.sources.demand(),
            known: &known,
            now: Timestamp::now(),
            is_later: &is_later,
        };
        let planned = match plan(question, &store, observer).await {
            Err(PlanError::Load(LoadError::Keyring { key })) => {
                self.put_keyring_back(&key, &project, &store, terminal).await?;
                plan(question, &store, observer).await?
            }
            planned => planned?,
        };
        self.sources.are_there(&planned.offers)?;
        let planned = self.repair.extend(planned, question, &store, observer).await?;
        let beyond_repair = Failure::beyond_repair(&planned.plan);
        tell(&project, &planned, terminal, lines)?;
        saved.map_or(Ok(()), |saved| saved.covers(&planned.plan, &[]))?;
        if planned.plan.is_blocked() {
            return Err(Failure::blocked(planned.plan.blocking()));
        }
        if planned.plan.is_empty() {
            planned.abandon();
            return beyond_repair.map_or(Ok(ApplyStatus::NothingToDo), Err);
        }
        interruptible(async {
            // A key that can't sign is found out before anything is asked or sent.
            let signer = secrets::signer(&specs, Timestamp::now(), terminal)?;
            let approval = self.approval.obtain(&planned.plan, saved, &project, terminal).await?;
            let terms = Terms { approval, wait: self.wait };
            let publisher = project.publisher(&store, signer);
            let published = publish(&publisher, planned, question, terms, observer).await;
            let ending = published.inspect_err(|_| known.forget(&root))?;
            let scene = Scene { project: &project, store: &store, terminal, lines, saved, started };
            scene.conclude(ending).await?;
            beyond_repair.map_or(Ok(ApplyStatus::Applied), Err)
        })
        .await
    }

    /// Puts the public keys back where they are gone: without them nothing that is published can
    /// be verified, and so nothing be planned.
    async fn put_keyring_back(
        &self,
        key: &str,
        project: &Project,
        store: &Store,
        terminal: &Terminal,
    ) -> Result<(), Failure> {
        let signer = secrets::signer(&secrets::specs(project)?, Timestamp::now(), terminal)?;
        let Some(signer) = signer else { return Ok(()) };
        terminal.say(&format!(
            "{key} is missing, without which nothing that is published can be verified; the \
             public keys of the manifest are put back first."
        ));
        let question = Ask::Yes(format!("Apply to {}?", project.manifest.store.url));
        if !self.approval.yes && !confirm(terminal, &question).await? {
            return Err(Failure::declined());
        }
        let keyring = signer.public_keyring().map_err(|error| Failure::signing(vec![error]))?;
        let name = &project.manifest.repository.name;
        Ok(client_files::update_keyring(store, name, keyring).await?)
    }
}

/// Where a plan was carried out, and who is told of it.
struct Scene<'a> {
    project: &'a Project,
    store: &'a Store,
    terminal: &'a Terminal,
    lines: Option<&'a EventLines>,
    saved: Option<&'a SavedPlan<'a>>,
    started: Instant,
}

impl Scene<'_> {
    /// Tells how it ended; an end without a publication is an error.
    async fn conclude(&self, ending: Ending) -> Result<(), Failure> {
        let Self { project, store, terminal, lines, saved, started } = *self;
        match ending {
            Ending::Applied(applied, planned) => {
                sources_entries(project, store, &planned.plan, terminal).await;
                terminal.say(&outcome(project, &planned.plan, &applied, terminal.err));
                terminal.say(&format!("Applied in {:.1}s.", started.elapsed().as_secs_f64()));
                planned.abandon();
                Ok(())
            }
            Ending::Overtaken(codename, _) => Err(Failure::overtaken(codename.as_str())),
            Ending::Changed(planned, published) => {
                tell(project, &planned, terminal, lines)?;
                let published: Vec<_> = published.iter().map(|one| &one.codename).collect();
                saved.map_or(Ok(()), |saved| saved.covers(&planned.plan, &published))?;
                Err(Failure::plan_changed(planned.plan.blocking()))
            }
        }
    }
}

/// Tells a plan to people, and to other programs.
fn tell(
    project: &Project,
    planned: &Planned,
    terminal: &Terminal,
    lines: Option<&EventLines>,
) -> Result<(), Failure> {
    let look = Look { style: terminal.err, verbosity: terminal.verbosity };
    terminal.say(report(project, planned, None, look).trim_end());
    lines.map_or(Ok(()), |lines| lines.plan(document(project, planned, None)))
}

/// Brings the sources entries up to date; the publication stands whatever comes of it.
async fn sources_entries(project: &Project, store: &Store, plan: &Plan, terminal: &Terminal) {
    let entries = client_files::entries(&project.manifest, &project.root());
    let name = &project.manifest.repository.name;
    let removed = plan.distributions.iter();
    let removed = removed.filter(|(_, changes)| changes.status == DistributionStatus::Removed);
    let removed = removed.map(|(codename, _)| codename);
    let updated = async {
        client_files::update_entries(store, name, &entries).await?;
        client_files::remove_entries(store, name, &entries, removed).await
    };
    if let Err(error) = updated.await {
        terminal.warn(&format!("the sources entries for clients were not written: {error}"));
    }
}
