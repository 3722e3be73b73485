//! The store that all programs share: its journal, its clock, its auditor, its lies.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use object_store::path::Path;
use object_store::{Error, GetOptions, GetResult, ObjectMeta, PutMode, PutResult, Result};
use repoman::time::Timestamp;
use tokio::time::Instant;

use crate::auditor::Auditor;
use crate::lies::{Lie, Treatment};
use crate::link::Put;
use crate::schedule::Dice;
use crate::shelf::{Shelf, Stored};

/// When every simulation begins, in seconds since 1970.
const EPOCH: i64 = 1_800_000_000;

/// After how many store calls a write that was held back arrives.
const DELAY: usize = 3;

/// Whether a repository is signed; it decides what its commit point is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signing {
    /// InRelease is, and Release and Release.gpg follow it.
    Signed,
    /// Release is.
    Unsigned,
}

/// The store, and all that is known of it.
pub struct World {
    /// Whether the repository in it is signed.
    pub signing: Signing,
    /// The time at which this store began, and when that was by the runtime's clock.
    epoch: Timestamp,
    begun: Instant,
    ledger: Mutex<Ledger>,
}

#[derive(Default)]
struct Ledger {
    shelf: Shelf,
    /// How many programs there were.
    programs: usize,
    /// Writes on their way, with the number of calls until they arrive.
    late: Vec<(usize, Put)>,
    /// Writes that a lying store has put off.
    put_off: Vec<Put>,
    journal: Vec<Line>,
    lie: Option<Lie>,
    auditor: Auditor,
}

/// What came of a write.
struct Line {
    at: Timestamp,
    put: Put,
    outcome: Outcome,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Done,
    Refused,
    Deleted,
}

impl World {
    /// Returns an empty store; needs a runtime, whose clock it takes.
    pub fn new(signing: Signing) -> Arc<Self> {
        let epoch = Timestamp::from_second(EPOCH).expect("it is in range");
        let (begun, ledger) = (Instant::now(), Mutex::default());
        Arc::new(Self { signing, epoch, begun, ledger })
    }

    /// Returns another store with the same content and past, at the time of the last write: what
    /// happens in one fork is nothing to the next.
    pub fn fork(&self) -> Arc<Self> {
        let ledger = self.ledger.lock().unwrap();
        let copy = Ledger {
            shelf: ledger.shelf.clone(),
            programs: ledger.programs,
            auditor: ledger.auditor.clone(),
            ..Ledger::default()
        };
        Arc::new(Self {
            signing: self.signing,
            epoch: ledger.shelf.last_write().map_or(self.epoch, |at| at.max(self.epoch)),
            begun: Instant::now(),
            ledger: Mutex::new(copy),
        })
    }

    /// Returns another store with the same content and past, at the present time.
    pub fn fork_now(&self) -> Arc<Self> {
        let mut fork = Arc::into_inner(self.fork()).expect("nobody else has it yet");
        fork.epoch = self.now();
        Arc::new(fork)
    }

    /// Returns an id that no other program has.
    pub fn id(&self, dice: &mut Dice) -> String {
        let mut ledger = self.ledger.lock().unwrap();
        ledger.programs += 1;
        format!("run-{}-{:08x}", ledger.programs, dice.below(1 << 32))
    }

    /// Makes the store lie from now on.
    pub fn lie(&self, lie: Lie) {
        self.ledger.lock().unwrap().lie = Some(lie);
    }

    /// Tells whether requests may be on their way for as long as they like.
    pub fn is_patient(&self) -> bool {
        self.ledger.lock().unwrap().lie == Some(Lie::TakesAnyRequest)
    }

    /// Returns the keys of all objects, behind everybody's back.
    pub fn keys(&self) -> Vec<String> {
        self.list(None).into_iter().map(|meta| meta.location.to_string()).collect()
    }

    /// Returns the present time.
    pub fn now(&self) -> Timestamp {
        let passed = i64::try_from(self.begun.elapsed().as_millis()).expect("a short simulation");
        let now = self.epoch.as_millisecond() + passed;
        Timestamp::from_millisecond(now).expect("it is in range")
    }

    /// Returns what the journal says, for whoever reads of a failure.
    pub fn journal(&self) -> String {
        let mut text = String::new();
        for Line { at, put, outcome } in &self.ledger.lock().unwrap().journal {
            let Put { path, options, .. } = put;
            let _ = writeln!(text, "{at} {path} {:?}: {outcome:?}", options.mode);
        }
        text
    }

    /// Returns the writes that were carried out, in their order.
    pub fn writes(&self) -> Vec<Put> {
        let ledger = self.ledger.lock().unwrap();
        let done = ledger.journal.iter().filter(|line| line.outcome == Outcome::Done);
        done.map(|line| line.put.clone()).collect()
    }

    /// Gives access to the auditor.
    pub fn audit<T>(&self, question: impl FnOnce(&mut Auditor, &Self) -> T) -> T {
        let mut auditor = std::mem::take(&mut self.ledger.lock().unwrap().auditor);
        let answer = question(&mut auditor, self);
        self.ledger.lock().unwrap().auditor = auditor;
        answer
    }

    /// Returns an object, behind everybody's back.
    pub fn read(&self, key: &str) -> Option<Stored> {
        self.ledger.lock().unwrap().shelf.stored(key).cloned()
    }

    /// Tells whether anything is published.
    pub fn has_publication(&self) -> bool {
        self.read("dists/bookworm/Release").is_some()
    }

    /// Reads an object as a program does.
    pub fn get(&self, path: &Path, options: &GetOptions) -> Result<GetResult> {
        self.ledger.lock().unwrap().shelf.get(path, options)
    }

    /// Lists objects as a program does.
    pub fn list(&self, prefix: Option<&Path>) -> Vec<ObjectMeta> {
        self.ledger.lock().unwrap().shelf.list(prefix)
    }

    /// Carries out a write as the store is used to, which may not be as it was asked to.
    pub fn put(&self, put: Put) -> Result<PutResult> {
        let lie = self.ledger.lock().unwrap().lie;
        let treatment = lie.map_or(Treatment::Honest(put.clone()), |lie| lie.treat(put.clone()));
        match treatment {
            Treatment::Honest(put) => {
                let is_index = put.path.as_ref().contains("/by-hash/");
                let shows = put.path.as_ref().starts_with("dists/") && !is_index;
                let result = self.land(put);
                if shows {
                    self.land_put_off();
                }
                result
            }
            Treatment::Boast(put) => {
                let _ = self.land(put);
                Ok(made_up())
            }
            Treatment::Drop => Ok(made_up()),
            Treatment::Deny => {
                let path = put.path.to_string();
                Err(Error::AlreadyExists { path, source: "so it says".into() })
            }
            Treatment::PutOff => {
                self.ledger.lock().unwrap().put_off.push(put);
                Ok(made_up())
            }
        }
    }

    /// Lets a write arrive only later.
    pub fn hold_back(&self, put: Put) {
        self.ledger.lock().unwrap().late.push((DELAY, put));
    }

    /// Counts a call; lets those writes arrive whose time has come.
    pub fn deliver_late(&self) {
        let mut late = std::mem::take(&mut self.ledger.lock().unwrap().late);
        late.iter_mut().for_each(|(calls, _)| *calls -= 1);
        let (due, rest): (Vec<_>, Vec<_>) = late.into_iter().partition(|(calls, _)| *calls == 0);
        self.ledger.lock().unwrap().late = rest;
        for (_, put) in due {
            // Nobody hears of the answer.
            let _ = self.land(put);
        }
    }

    /// Deletes an object.
    pub fn delete(&self, path: &Path) {
        self.ledger.lock().unwrap().shelf.delete(path);
        let put = Put {
            path: path.clone(),
            payload: Default::default(),
            options: PutMode::Overwrite.into(),
        };
        self.note(put, Outcome::Deleted);
    }

    fn land_put_off(&self) {
        let put_off = std::mem::take(&mut self.ledger.lock().unwrap().put_off);
        for put in put_off {
            let _ = self.land(put);
        }
    }

    fn land(&self, put: Put) -> Result<PutResult> {
        let now = self.now();
        let result = self.ledger.lock().unwrap().shelf.put(put.clone(), now);
        let outcome = if result.is_ok() { Outcome::Done } else { Outcome::Refused };
        self.note(put, outcome);
        result
    }

    /// Takes note of a write, and has the auditor look at what came of it.
    fn note(&self, put: Put, outcome: Outcome) {
        let key = put.path.to_string();
        self.ledger.lock().unwrap().journal.push(Line { at: self.now(), put, outcome });
        if outcome != Outcome::Refused {
            self.audit(|auditor, world| auditor.look(world, &key));
        }
    }
}

/// Returns an answer to a write that did not happen as it says.
fn made_up() -> PutResult {
    PutResult {
        e_tag: Some("\"made up\"".to_owned()),
        version: None,
        extensions: Default::default(),
    }
}
