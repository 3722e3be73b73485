//! The store in memory that all programs share: its journal, its clock, its auditor, its lies.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use bytes::Bytes;
use futures::{FutureExt as _, StreamExt as _};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    Error, GetOptions, GetResult, ObjectMeta, ObjectStore, PutMode, PutResult, Result,
};
use repoman::time::Timestamp;
use tokio::time::Instant;

use crate::auditor::Auditor;
use crate::lies::{Lie, Treatment};
use crate::link::Put;

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
    inner: InMemory,
    /// The time at which this store began, and when that was by the runtime's clock.
    epoch: Timestamp,
    begun: Instant,
    ledger: Mutex<Ledger>,
}

#[derive(Default)]
struct Ledger {
    times: BTreeMap<String, Timestamp>,
    /// Writes on their way, with the number of calls until they arrive.
    late: Vec<(usize, Put)>,
    /// Writes that a lying store has put off.
    put_off: Vec<Put>,
    journal: Vec<String>,
    lie: Option<Lie>,
    auditor: Auditor,
}

impl World {
    /// Returns an empty store; needs a runtime, whose clock it takes.
    pub fn new(signing: Signing) -> Arc<Self> {
        let epoch = Timestamp::from_second(EPOCH).expect("it is in range");
        let (begun, ledger) = (Instant::now(), Mutex::default());
        Arc::new(Self { signing, inner: InMemory::new(), epoch, begun, ledger })
    }

    /// Returns another store with the same content and past, at the time of the last write: what
    /// happens in one fork is nothing to the next.
    pub fn fork(&self) -> Arc<Self> {
        let ledger = self.ledger.lock().unwrap();
        let copy = Ledger {
            times: ledger.times.clone(),
            auditor: ledger.auditor.clone(),
            ..Ledger::default()
        };
        Arc::new(Self {
            signing: self.signing,
            inner: self.inner.fork(),
            epoch: ledger.times.values().max().copied().unwrap_or(self.epoch),
            begun: Instant::now(),
            ledger: Mutex::new(copy),
        })
    }

    /// Makes the store lie from now on.
    pub fn lie(&self, lie: Lie) {
        self.ledger.lock().unwrap().lie = Some(lie);
    }

    /// Returns the present time.
    pub fn now(&self) -> Timestamp {
        let passed = i64::try_from(self.begun.elapsed().as_millis()).expect("a short simulation");
        let now = self.epoch.as_millisecond() + passed;
        Timestamp::from_millisecond(now).expect("it is in range")
    }

    /// Returns what the journal says, for whoever reads of a failure.
    pub fn journal(&self) -> String {
        self.ledger.lock().unwrap().journal.join("\n")
    }

    /// Gives access to the auditor.
    pub fn audit<T>(&self, question: impl FnOnce(&mut Auditor, &Self) -> T) -> T {
        let mut auditor = std::mem::take(&mut self.ledger.lock().unwrap().auditor);
        let answer = question(&mut auditor, self);
        self.ledger.lock().unwrap().auditor = auditor;
        answer
    }

    /// Returns the content of an object, behind everybody's back.
    pub fn read(&self, key: &str) -> Option<Bytes> {
        let path = Path::parse(key).expect("keys are paths");
        let found = now(self.inner.get_opts(&path, GetOptions::default())).ok()?;
        Some(now(found.bytes()).expect("memory can be read"))
    }

    /// Reads an object as a program does.
    pub fn get(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        let mut result = now(self.inner.get_opts(path, options))?;
        self.date(&mut result.meta);
        Ok(result)
    }

    /// Lists objects as a program does.
    pub fn list(&self, prefix: Option<&Path>) -> Vec<ObjectMeta> {
        let listing: Vec<_> = now(self.inner.list(prefix).collect());
        let mut metas: Vec<_> = listing.into_iter().map(|meta| meta.unwrap()).collect();
        metas.iter_mut().for_each(|meta| self.date(meta));
        metas
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
        let locations = futures::stream::iter([Ok(path.clone())]).boxed();
        let _: Vec<_> = now(self.inner.delete_stream(locations).collect());
        self.note(path.as_ref(), "deleted");
    }

    fn land_put_off(&self) {
        let put_off = std::mem::take(&mut self.ledger.lock().unwrap().put_off);
        for put in put_off {
            let _ = self.land(put);
        }
    }

    fn land(&self, put: Put) -> Result<PutResult> {
        let Put { path, payload, options } = put;
        let condition = match &options.mode {
            PutMode::Create => "create",
            PutMode::Update(_) => "update",
            PutMode::Overwrite => "overwrite",
        };
        let result = now(self.inner.put_opts(&path, payload, options));
        if result.is_ok() {
            self.ledger.lock().unwrap().times.insert(path.to_string(), self.now());
        }
        let outcome = if result.is_ok() { "done" } else { "refused" };
        self.note(path.as_ref(), &format!("{condition}: {outcome}"));
        result
    }

    /// Takes note of a write, and has the auditor look at what came of it.
    fn note(&self, key: &str, what: &str) {
        let line = format!("{} {key} {what}", self.now());
        self.ledger.lock().unwrap().journal.push(line);
        self.audit(|auditor, world| auditor.look(world, key));
    }

    fn date(&self, meta: &mut ObjectMeta) {
        let ledger = self.ledger.lock().unwrap();
        if let Some(time) = ledger.times.get(meta.location.as_ref()) {
            meta.last_modified = SystemTime::from(*time).into();
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

/// Returns what a store in memory answers, which is at once.
fn now<T>(answer: impl Future<Output = T>) -> T {
    answer.now_or_never().expect("memory does not keep anybody waiting")
}
