//! What the programs of a simulation publish, and how one of them runs.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use repoman::commit::run::CommitError;
use repoman::manifest::{self, Manifest};
use repoman::ops::apply::{ApplyError, Publisher};
use repoman::ops::contents::FileReader;
use repoman::ops::contest::{self, Approval, ContestError, Moment, Terms};
use repoman::ops::gc::{GcError, Scope, Sweeper};
use repoman::ops::plan::{PlanError, Planned, Question, UNRELATED, plan_offers, read_offers};
use repoman::ops::publish::{self, PublishError, Push};
use repoman::ops::rollback::Rollback;
use repoman::plan::offer::Offers;
use repoman::published::{Expected, LoadError};
use repoman::report::{Event, Observe};
use repoman::sign::Signer;
use repoman::source::known::Known;
use repoman::source::path::Demand;
use repoman::source::push;
use repoman::store::{Operation, Store, StoreError};
use repoman::time::{Clock, Span, Timestamp, shifted};
use tempfile::TempDir;

use crate::auditor::Invariant;
use crate::deb::Deb;
use crate::link::{Flaw, Link};
use crate::schedule::{Actor, Dice, play, prepare};
use crate::seal::Seal;
use crate::world::{Signing, World};

const MANIFEST: &str = r#"
format = 1

[repository]
name = "acme-apt"

[store]
url = "file://repo"

[signing]
keys = []

[retain]
purge_after = "2h"

[allow]
"newest-lowered:bookworm/main/*/tool" = "mirrors go back and forth"

[distribution.bookworm]
suite = "stable"
components = ["main", "extra"]
architectures = ["amd64"]
compression = ["none"]

[source.build]
path = "build/*.deb"
to = "bookworm/main"

[source.extra]
path = "extra/*.deb"
to = "bookworm/extra"

[source.mirror]
path = "mirror/*.deb"
to = "bookworm/main"
mode = "mirror"

[source.services]
push = true
to = "bookworm/main"
packages = ["acme-*"]
"#;

/// What a second distribution takes, which nobody looks at but sweepers.
const SECOND: &str = r#"
[distribution.trixie]
components = ["main"]
architectures = ["amd64"]
compression = ["none"]

[source.second]
path = "second/*.deb"
to = "trixie/main"
mode = "mirror"
"#;

/// What is left when the distribution that everybody looks at is removed: the other one, empty.
const ENDED: &str = r#"
[removed]
"bookworm" = "nobody is left"
"#;

/// Has the first distribution take from the second one.
const PROMOTION: &str = r#"
[source.promotion]
distribution = "trixie/main"
to = "bookworm/main"
"#;

/// How a run ended, as its user is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// It reported success, and the generation that it published; none if there was no need.
    Done(Option<u64>),
    /// It reported that nothing was published.
    NotDone(String),
    /// It reported that its clock is behind what is published, so nothing was.
    ClockBehind,
    /// It reported that somebody else was always faster, or that the plan is another one now.
    GaveWay,
    /// It reported that this generation is published, and that what follows failed.
    Incomplete(u64, String),
    /// It reported that it can't find what it published.
    Vanished(String),
    /// It reported that it could not read, and so does not know.
    Unread(String),
    /// It reported that it does not know.
    Unsettled(String),
}

impl Ending {
    /// Returns what it is called.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Done(Some(_)) => "done",
            Self::Done(None) => "not needed",
            Self::NotDone(_) => "not done",
            Self::ClockBehind => "clock behind",
            Self::GaveWay => "gave way",
            Self::Incomplete(..) => "incomplete",
            Self::Vanished(_) => "vanished",
            Self::Unread(_) => "unread",
            Self::Unsettled(_) => "unsettled",
        }
    }
}

/// What a run's user agreed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// To whatever the manifest declares, however long it takes.
    Everything,
    /// To the first plan.
    FirstPlan,
    /// To everything, but only if nobody else is faster.
    FirstTry,
}

/// Which command a program runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// `repoman apply --yes`
    Apply,
    /// `repoman publish --yes`, which needs something that was applied before.
    Publish,
}

/// What a program wants to publish.
pub struct Part {
    /// By which command.
    pub verb: Verb,
    manifest: Manifest,
    text: String,
    offers: Offers,
    root: PathBuf,
    /// The packages, as `name version`.
    pub packages: BTreeSet<String>,
}

/// Everything that any program of a simulation may publish.
pub struct Stock {
    _directory: TempDir,
    manifest: Manifest,
    /// The first publication of a repository.
    pub first: Part,
    /// A second one, with new versions in both components.
    pub upgrade: Part,
    /// Mirrors: each withdraws what the one before it brought.
    pub mirrors: [Part; 3],
    /// Programs that publish beside each other.
    pub rivals: [Part; 4],
    /// Nothing: the distribution is removed.
    pub end: Part,
    /// The same, with a package in the other distribution.
    pub other: Part,
    /// The first publication and the second one, with the other distribution declared as well.
    pub back: [Part; 2],
    /// What services push.
    pub pushes: [Part; 3],
    /// A package in a second distribution; the same in the first, too; another version in the
    /// second one.
    pub shared: [Part; 3],
    /// What the second distribution has, in the first one; no file of it is at hand.
    pub promotion: Part,
}

/// Nobody watches.
struct Nobody;

impl Observe for Nobody {
    fn event(&self, _: &Event) {}
}

/// Returns the stock, made once.
pub fn stock() -> &'static Stock {
    static STOCK: OnceLock<Stock> = OnceLock::new();
    STOCK.get_or_init(|| {
        prepare();
        let directory = tempfile::tempdir().unwrap();
        let (manifest, both) = (parsed(MANIFEST), format!("{MANIFEST}{SECOND}"));
        let rest = MANIFEST.split("[allow]").next().unwrap_or_default();
        let ended = format!("{rest}{SECOND}{ENDED}");
        let end = part(&ended, &directory.path().join("end"), &[]);
        let other = &[("second", "tool", "1.0")];
        let other = part(&ended, &directory.path().join("other"), other);
        let promoting = format!("{both}{PROMOTION}");
        let promotion = part(&promoting, &directory.path().join("promotion"), &[]);
        let shared = |name: &str, files: &[(&str, &str, &str)]| {
            part(&both, &directory.path().join(name), files)
        };
        let part = |name: &str, files: &[(&str, &str, &str)]| {
            part(MANIFEST, &directory.path().join(name), files)
        };
        let first = [("build", "widget", "1.0"), ("extra", "spare", "1.0")];
        let upgrade = [("build", "widget", "1.1"), ("extra", "spare", "2.0")];
        Stock {
            back: [shared("back-1", &first), shared("back-2", &upgrade)],
            first: part("first", &first),
            upgrade: part("upgrade", &upgrade),
            mirrors: [
                part("mirror-1", &[("mirror", "tool", "1.0"), ("mirror", "saw", "1.0")]),
                part("mirror-2", &[("mirror", "tool", "2.0"), ("mirror", "saw", "1.0")]),
                part("mirror-3", &[("mirror", "tool", "3.0"), ("mirror", "saw", "1.0")]),
            ],
            rivals: [
                part("rival-1", &[("build", "one", "1.0")]),
                part("rival-2", &[("extra", "two", "1.0")]),
                part("rival-3", &[("build", "three", "1.0"), ("extra", "three-doc", "1.0")]),
                part("rival-4", &[("build", "widget", "1.2")]),
            ],
            end,
            other,
            pushes: [
                pushed(&manifest, directory.path(), &["acme-one"]),
                pushed(&manifest, directory.path(), &["acme-two", "acme-two-doc"]),
                pushed(&manifest, directory.path(), &["acme-three"]),
            ],
            shared: [
                shared("shared-1", &[("second", "tool", "1.0")]),
                shared("shared-2", &[("second", "tool", "1.0"), ("build", "tool", "1.0")]),
                shared("shared-3", &[("second", "tool", "2.0")]),
            ],
            promotion,
            _directory: directory,
            manifest,
        }
    })
}

fn parsed(text: &str) -> Manifest {
    let parsed = manifest::parse(text).map_err(|problems| format!("{problems:?}"));
    parsed.unwrap().manifest
}

fn part(text: &str, root: &Path, files: &[(&str, &str, &str)]) -> Part {
    let manifest = parsed(text);
    for (source, name, version) in files {
        let deb = Deb::new(name, version, "amd64").field("Section", "misc").content("nothing\n");
        deb.write_to(&root.join(source));
    }
    let demand = Demand::Optional;
    let now = Timestamp::UNIX_EPOCH;
    let (known, is_later) = (Known::NOTHING, UNRELATED);
    let question = Question { manifest: &manifest, root, demand, known, now, is_later };
    let offers = read_offers(question, &Nobody).map_err(|_| "unreadable packages").unwrap();
    let first = files.iter().filter(|(source, ..)| *source != "second");
    let packages = first.map(|(_, name, version)| format!("{name} {version}")).collect();
    let (text, root) = (text.to_owned(), root.to_owned());
    Part { verb: Verb::Apply, manifest, text, offers, root, packages }
}

fn pushed(manifest: &Manifest, root: &Path, names: &[&str]) -> Part {
    let deb = |name: &&str| {
        Deb::new(name, "1.0", "amd64").content("nothing\n").write_to(&root.join("pushed"))
    };
    let files: Vec<_> = names.iter().map(deb).collect();
    let offers = push::read(manifest, &files, None, &Nobody);
    let offers = offers.map_err(|_| "no source lets them in").unwrap();
    let packages = names.iter().map(|name| format!("{name} 1.0")).collect();
    let (manifest, text, root) = (manifest.clone(), MANIFEST.to_owned(), root.to_owned());
    Part { verb: Verb::Publish, manifest, text, offers, root, packages }
}

/// A program that is to run once.
#[derive(Clone)]
pub struct Program {
    /// What it publishes.
    pub part: &'static Part,
    /// Its random id.
    pub run: String,
    /// Its connection.
    pub link: Link,
    /// By how many seconds its clock is ahead of the store's.
    pub ahead: i64,
    /// What its user agreed to.
    pub consent: Consent,
}

impl Program {
    /// Returns a program with a right clock, that does all that it can.
    pub fn new(world: &Arc<World>, part: &'static Part, flaws: &[Flaw], dice: &mut Dice) -> Self {
        let run = world.id(dice);
        let link = Link::new(world, flaws);
        Self { part, run, link, ahead: 0, consent: Consent::Everything }
    }

    /// Runs the command, and has the auditor judge what it reports.
    pub async fn play(&self, world: &Arc<World>) -> Ending {
        let ending = match self.part.verb {
            Verb::Apply => self.apply(world).await,
            Verb::Publish => self.publish(world).await.unwrap_or_else(publish_failure),
        };
        // At once: what others publish later must not be of use to it.
        world.audit(|auditor, _| auditor.judge(self, self.now(world), &ending));
        ending
    }

    /// Returns the time that it believes it is.
    fn now(&self, world: &World) -> Timestamp {
        shifted(world.now(), self.ahead)
    }

    async fn apply(&self, world: &Arc<World>) -> Ending {
        let store = Store::with_backend(Arc::new(self.link.clone()), "memory:///");
        let question = self.part.question(self.now(world));
        let planned = match plan_offers(question, self.part.offers.clone(), &store).await {
            Ok(planned) => planned,
            Err(error) => return failure(error.into()),
        };
        if planned.plan.is_blocked() {
            return Ending::NotDone("blocked".to_owned());
        }
        if planned.plan.is_empty() {
            return Ending::Done(None);
        }
        let clock = self.clock(world);
        let publisher = self.publisher(world, &store, &clock);
        let terms = self.terms(&planned);
        match contest::publish(&publisher, planned, question, terms, &Nobody).await {
            Ok(ending) => told(&ending),
            Err(error) => failure(error),
        }
    }

    async fn publish(&self, world: &Arc<World>) -> Result<Ending, PublishError> {
        let store = Store::with_backend(Arc::new(self.link.clone()), "memory:///");
        let expected = expected(self.now(world));
        let rules = publish::rules(&store, expected, None).await?;
        let push = Push { rules: &rules, expected };
        let planned =
            push.plan(self.part.offers.clone(), &store, Moment::at(self.now(world))).await?;
        if planned.plan.is_empty() {
            return Ok(Ending::Done(None));
        }
        let clock = self.clock(world);
        let publisher = self.publisher(world, &store, &clock);
        let course = (self.terms(&planned), &mut Vec::new());
        push.publish(&publisher, planned, course, &Nobody).await.map(|ending| told(&ending))
    }

    /// Runs `repoman gc --yes`, or `gc --full --yes`; returns how it ended and how many objects it
    /// deleted. What the program would publish is nothing to it.
    pub async fn sweep(&self, world: &Arc<World>, scope: Scope) -> (Ending, usize) {
        let store = Store::with_backend(Arc::new(self.link.clone()), "memory:///");
        let (clock, manifest) = (self.clock(world), &stock().manifest);
        let sweeper = Sweeper { manifest, store: &store, clock: &clock, run: &self.run, scope };
        let publisher = self.publisher(world, &store, &clock);
        match swept(&sweeper, &publisher).await {
            Ok((ending, deleted)) => (ending.map_or(Ending::Done(None), |e| told(&e)), deleted),
            Err(error) => (Ending::NotDone(format!("{error:?}")), 0),
        }
    }

    /// Runs `repoman rollback bookworm GENERATION --yes`.
    pub async fn rollback(&self, world: &Arc<World>, generation: u64) -> Ending {
        let store = Store::with_backend(Arc::new(self.link.clone()), "memory:///");
        let (clock, directory) = (self.clock(world), tempfile::tempdir().unwrap());
        let rollback = Rollback {
            manifest: &stock().manifest,
            store: &store,
            codename: &"bookworm".parse().unwrap(),
            generation,
            directory: directory.path(),
        };
        let planned = match rollback.plan(Moment::at(self.now(world))).await {
            Ok(planned) if planned.plan.is_empty() => return Ending::Done(None),
            Ok(planned) => planned,
            Err(error) => return Ending::NotDone(format!("{error:?}")),
        };
        let (publisher, terms) = (self.publisher(world, &store, &clock), self.terms(&planned));
        match rollback.publish(&publisher, planned, terms, &Nobody).await {
            Ok(ending) => told(&ending),
            Err(error) => Ending::NotDone(format!("{error:?}")),
        }
    }

    fn clock(&self, world: &Arc<World>) -> impl Fn() -> Timestamp + Send + Sync + use<> {
        let (world, ahead) = (Arc::clone(world), self.ahead);
        move || shifted(world.now(), ahead)
    }

    fn publisher<'a>(&self, world: &World, store: &'a Store, clock: &'a Clock) -> Publisher<'a> {
        let signer = match world.signing {
            Signing::Signed => Some(Arc::new(Seal) as Arc<dyn Signer>),
            Signing::Unsigned => None,
        };
        Publisher {
            store,
            signer,
            clock,
            writer: self.run.clone(),
            tool: "repoman simulated".to_owned(),
            repository: stock().manifest.repository.name.clone(),
            manifest: self.part.text.clone().into(),
            git_commit: None,
            files: FileReader::new(std::env::temp_dir()),
        }
    }

    fn terms(&self, planned: &Planned) -> Terms {
        let (approval, wait) = match self.consent {
            Consent::Everything => (Approval::Anything, Span::seconds(3600)),
            Consent::FirstPlan => {
                (Approval::Only(Box::new(planned.plan.clone())), Span::seconds(3600))
            }
            Consent::FirstTry => (Approval::Anything, Span::seconds(0)),
        };
        Terms { approval, wait }
    }
}

impl Part {
    fn question(&self, now: Timestamp) -> Question<'_> {
        let Self { manifest, root, .. } = self;
        let (demand, known) = (Demand::Optional, Known::NOTHING);
        Question { manifest, root, demand, known, now, is_later: UNRELATED }
    }
}

/// Returns what a push expects in the store: signatures are not verified in a simulation.
fn expected(now: Timestamp) -> Expected<'static> {
    Expected { name: &stock().manifest.repository.name, keys: &[], now }
}

fn publish_failure(error: PublishError) -> Ending {
    match error {
        PublishError::Plan(error) => failure(error.into()),
        PublishError::Apply(error) => failure(error.into()),
        error => Ending::NotDone(format!("{error:?}")),
    }
}

/// Deletes what is due, and has orphans given up.
async fn swept(
    sweeper: &Sweeper<'_>,
    publisher: &Publisher<'_>,
) -> Result<(Option<contest::Ending>, usize), GcError> {
    let survey = sweeper.survey().await?;
    let deleted = sweeper.sweep(&survey).await?;
    if survey.orphans.is_empty() {
        return Ok((None, deleted));
    }
    let ending = sweeper.give_up(publisher, survey, Span::seconds(3600), &Nobody).await?;
    Ok((Some(ending), deleted))
}

fn told(ending: &contest::Ending) -> Ending {
    match ending {
        contest::Ending::Applied(published, planned) => {
            let audited = published.iter().find(|applied| applied.codename.as_str() == "bookworm");
            // Copies that were only repaired are of a generation that somebody else published.
            let changes = planned.plan.distributions.get("bookworm");
            let is_new = changes.is_some_and(|changes| !changes.is_unchanged());
            let audited = audited.filter(|_| is_new);
            Ending::Done(audited.map(|applied| applied.generation))
        }
        contest::Ending::Overtaken(..) | contest::Ending::Changed(..) => Ending::GaveWay,
    }
}

fn failure(error: ContestError) -> Ending {
    let text = format!("{error:?}");
    let store = match error {
        ContestError::Apply(ApplyError::ClockBehind { .. }) => return Ending::ClockBehind,
        ContestError::Apply(ApplyError::Commit(
            CommitError::Copies { generation, .. } | CommitError::Unread { generation, .. },
        )) => {
            return Ending::Incomplete(generation, text);
        }
        ContestError::Apply(ApplyError::Commit(CommitError::ReadBack { .. })) => {
            return Ending::Vanished(text);
        }
        ContestError::Apply(ApplyError::Commit(CommitError::Store(error)))
        | ContestError::Apply(ApplyError::Load(LoadError::Store(error)))
        | ContestError::Plan(PlanError::Load(LoadError::Store(error))) => error,
        _ => return Ending::NotDone(text),
    };
    match store {
        StoreError::Unsettled { .. } => Ending::Unsettled(text),
        StoreError::Unavailable {
            operation: Operation::Read | Operation::Look | Operation::List,
            ..
        } => Ending::Unread(text),
        _ => Ending::NotDone(text),
    }
}

/// Returns whether a plan of a part would have nothing to do.
async fn is_settled(world: &Arc<World>, link: &Link, part: &Part) -> bool {
    let store = Store::with_backend(Arc::new(link.clone()), "memory:///");
    let (offers, now) = (part.offers.clone(), world.now());
    let planned = match part.verb {
        Verb::Apply => plan_offers(part.question(now), offers, &store).await.ok(),
        Verb::Publish => match publish::rules(&store, expected(now), None).await {
            Ok(rules) => {
                let push = Push { rules: &rules, expected: expected(now) };
                push.plan(offers, &store, Moment::at(now)).await.ok()
            }
            Err(_) => None,
        },
    };
    planned.is_some_and(|planned| planned.plan.is_empty())
}

/// Runs one part alone to its end, or to its death; returns the ending and the number of writes.
pub async fn alone(
    world: &Arc<World>,
    part: &'static Part,
    flaws: &[Flaw],
    dice: &mut Dice,
) -> (Option<Ending>, usize) {
    let program = Program::new(world, part, flaws, dice);
    let actor = Actor::new(&program.link, program.play(world));
    let ending = play(vec![actor], dice).await.pop().flatten();
    (ending, program.link.writes())
}

/// Runs a part once more, undisturbed, and looks whether everything is in order then: I4, I8.
///
/// Where a program with a wrong clock has published, this is when that time has come.
pub async fn once_more(world: &Arc<World>, part: &'static Part, dice: &mut Dice) {
    let date = world.audit(|auditor, _| auditor.date()).unwrap_or(world.now());
    let until = date.duration_since(world.now());
    tokio::time::advance(until.try_into().unwrap_or_default()).await;
    let (ending, _) = alone(world, part, &[], dice).await;
    let link = Link::new(world, &[]);
    let settled = Actor::new(&link, is_settled(world, &link, part));
    let settled = play(vec![settled], dice).await.pop().flatten();
    world.audit(|auditor, world| {
        if !matches!(ending, Some(Ending::Done(_))) {
            auditor.violated(Invariant::Convergence, format!("the second run: {ending:?}"));
        } else if settled != Some(true) {
            auditor.violated(Invariant::Convergence, "the second run leaves something to do");
        }
        auditor.copies(world);
    });
}

/// Asserts that everything held; `how` says how to get there again.
#[track_caller]
pub fn sound(world: &World, how: &str) {
    if let Err(what) = verdict(world) {
        panic!("{how}\n{what}");
    }
}

/// Returns what did not hold, and the journal.
///
/// # Errors
///
/// When anything did not hold.
pub fn verdict(world: &World) -> Result<(), String> {
    let violations = world.audit(|auditor, _| auditor.violations().to_vec());
    let list: Vec<_> = violations.iter().map(ToString::to_string).collect();
    match list.is_empty() {
        true => Ok(()),
        false => Err(format!("{}\n\n{}", list.join("\n"), world.journal())),
    }
}
