//! What the programs of a simulation publish, and how one of them runs.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use repoman::commit::run::CommitError;
use repoman::manifest::{self, Manifest};
use repoman::ops::apply::{ApplyError, Publisher};
use repoman::ops::contest::{self, Approval, ContestError, Terms, publish};
use repoman::ops::plan::{Question, plan_offers, read_offers};
use repoman::plan::offer::Offers;
use repoman::report::{Event, Observe};
use repoman::sign::Signer;
use repoman::source::path::Demand;
use repoman::store::{Store, StoreError};
use repoman::time::Span;
use tempfile::TempDir;

use crate::auditor::Invariant;
use crate::deb::Deb;
use crate::link::{Fault, Link};
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
"#;

/// How a run ended, as its user is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// It reported success.
    Done,
    /// It reported that nothing was published.
    NotDone(String),
    /// It reported that it published, and that what follows failed.
    Published(String),
    /// It reported that it does not know.
    Unsettled(String),
}

/// What a program wants to publish.
pub struct Part {
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
        let manifest = manifest::parse(MANIFEST).map_err(|problems| format!("{problems:?}"));
        let manifest = manifest.unwrap().manifest;
        let part = |name: &str, files: &[(&str, &str, &str)]| {
            part(&manifest, &directory.path().join(name), files)
        };
        Stock {
            first: part("first", &[("build", "widget", "1.0"), ("extra", "spare", "1.0")]),
            upgrade: part("upgrade", &[("build", "widget", "1.1"), ("extra", "spare", "2.0")]),
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
            _directory: directory,
            manifest,
        }
    })
}

fn part(manifest: &Manifest, root: &Path, files: &[(&str, &str, &str)]) -> Part {
    for (source, name, version) in files {
        let deb = Deb::new(name, version, "amd64").field("Section", "misc").content("nothing\n");
        deb.write_to(&root.join(source));
    }
    let demand = Demand::Optional;
    let now = repoman::time::Timestamp::UNIX_EPOCH;
    let question = Question { manifest, root, demand, now };
    let offers = read_offers(question, &Nobody).map_err(|_| "unreadable packages").unwrap();
    let packages = files.iter().map(|(_, name, version)| format!("{name} {version}")).collect();
    Part { offers, root: root.to_owned(), packages }
}

/// Runs `repoman apply --yes` over a connection; `run` is the run's random id.
pub async fn apply(world: &Arc<World>, link: &Link, part: &Part, run: &str) -> Ending {
    let stock = stock();
    let store = Store::with_backend(Arc::new(link.clone()), "memory:///");
    let (clock, now) = (Arc::clone(world), world.now());
    let clock = move || clock.now();
    let question =
        Question { manifest: &stock.manifest, root: &part.root, demand: Demand::Optional, now };
    let planned = match plan_offers(question, part.offers.clone(), &store).await {
        Ok(planned) => planned,
        Err(error) => return Ending::NotDone(format!("{error:?}")),
    };
    if planned.plan.is_blocked() {
        return Ending::NotDone("blocked".to_owned());
    }
    if planned.plan.is_empty() {
        return Ending::Done;
    }
    let signer = match world.signing {
        Signing::Signed => Some(Arc::new(Seal) as Arc<dyn Signer>),
        Signing::Unsigned => None,
    };
    let publisher = Publisher {
        store: &store,
        signer,
        clock: &clock,
        writer: run.to_owned(),
        tool: "repoman simulated".to_owned(),
        repository: stock.manifest.repository.name.clone(),
        manifest: MANIFEST.into(),
        git_commit: None,
    };
    let terms = Terms { approval: Approval::Anything, wait: Span::seconds(3600) };
    match publish(&publisher, planned, question, terms, &Nobody).await {
        Ok(contest::Ending::Applied(..)) => Ending::Done,
        Ok(contest::Ending::Overtaken(_)) => Ending::NotDone("overtaken".to_owned()),
        Ok(contest::Ending::Changed(_)) => Ending::NotDone("another plan".to_owned()),
        Err(error) => failure(error),
    }
}

fn failure(error: ContestError) -> Ending {
    let text = format!("{error:?}");
    match error {
        ContestError::Apply(ApplyError::Commit(CommitError::Store(StoreError::Unsettled {
            ..
        }))) => Ending::Unsettled(text),
        ContestError::Apply(ApplyError::Commit(
            CommitError::Copies { .. } | CommitError::ReadBack { .. },
        )) => Ending::Published(text),
        _ => Ending::NotDone(text),
    }
}

/// Returns whether a plan of a part would have nothing to do.
async fn is_settled(world: &Arc<World>, link: &Link, part: &Part) -> bool {
    let stock = stock();
    let store = Store::with_backend(Arc::new(link.clone()), "memory:///");
    let (root, now) = (&part.root, world.now());
    let question = Question { manifest: &stock.manifest, root, demand: Demand::Optional, now };
    let planned = plan_offers(question, part.offers.clone(), &store).await;
    planned.is_ok_and(|planned| planned.plan.is_empty())
}

/// Runs one part alone to its end, or to its death; returns the ending and the number of writes.
pub async fn alone(
    world: &Arc<World>,
    part: &Part,
    fault: Option<(usize, Fault)>,
    dice: &mut Dice,
) -> (Option<Ending>, usize) {
    let link = Link::new(world, fault);
    let run = format!("run-{:08x}", dice.below(1 << 32));
    let actor = Actor::new(&link, apply(world, &link, part, &run));
    let ending = play(vec![actor], dice).await.pop().flatten();
    if let Some(ending) = &ending {
        world.audit(|auditor, _| auditor.judge(&run, &part.packages, ending));
    }
    (ending, link.writes())
}

/// Runs a part once more, undisturbed, and looks whether everything is in order then: I4, I8.
pub async fn once_more(world: &Arc<World>, part: &Part, dice: &mut Dice) {
    let (ending, _) = alone(world, part, None, dice).await;
    let link = Link::new(world, None);
    let settled = Actor::new(&link, is_settled(world, &link, part));
    let settled = play(vec![settled], dice).await.pop().flatten();
    world.audit(|auditor, world| {
        if ending != Some(Ending::Done) {
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
    let violations = world.audit(|auditor, _| auditor.violations().to_vec());
    let list: Vec<_> = violations.iter().map(ToString::to_string).collect();
    assert!(list.is_empty(), "{how}\n{}\n\n{}", list.join("\n"), world.journal());
}
