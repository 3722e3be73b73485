//! A program's connection to the store: it waits for its turn, breaks, and mishears.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures::stream::{self, BoxStream, StreamExt as _};
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload,
    ObjectMeta, ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::schedule::Dice;
use crate::world::World;

/// What goes wrong with one write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The program dies; the write never arrives.
    DiesBefore,
    /// The program dies; the write arrives.
    DiesAfter,
    /// The write is carried out, and answered with an error.
    Unheard,
    /// The write is not carried out, and answered with an error.
    Unsent,
    /// The write is carried out, and again; the second answer is the one that is heard.
    Repeated,
    /// The write is answered with an error, and arrives some calls later.
    Late,
    /// The write is carried out, and the answer takes its time.
    Slow,
}

/// What goes wrong with one read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misread {
    /// It is answered with an error.
    Failed,
    /// The content breaks off.
    Torn,
    /// The answer takes its time, and is no longer true when it arrives.
    Slow,
}

/// What goes wrong on a connection, and with which of its calls, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// With a write, or a deletion.
    Write(usize, Fault),
    /// With a read, or a listing.
    Read(usize, Misread),
}

/// How many turns of its own program a slow answer takes.
const SLOW: usize = 6;

/// For how long a request may be on its way, as signed requests are on S3: there it is a quarter
/// of an hour. What arrives later is turned away.
const VALID: Duration = Duration::from_secs(30 * 60);

/// The connection of one program; cheap to clone.
#[derive(Clone)]
pub struct Link(Arc<Inner>);

struct Inner {
    world: Arc<World>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    waiting: Vec<oneshot::Sender<()>>,
    writes: usize,
    reads: usize,
    flaws: Vec<Flaw>,
    dead: bool,
}

impl Link {
    /// Returns a connection on which these calls go wrong.
    pub fn new(world: &Arc<World>, flaws: &[Flaw]) -> Self {
        let state = Mutex::new(State { flaws: flaws.to_vec(), ..State::default() });
        Self(Arc::new(Inner { world: Arc::clone(world), state }))
    }

    /// Tells whether the program died.
    pub fn is_dead(&self) -> bool {
        self.0.state.lock().unwrap().dead
    }

    /// Tells whether a call waits for its turn.
    pub fn is_waiting(&self) -> bool {
        !self.0.state.lock().unwrap().waiting.is_empty()
    }

    /// Returns how many writes were sent so far.
    pub fn writes(&self) -> usize {
        self.0.state.lock().unwrap().writes
    }

    /// Lets one of the calls that wait happen.
    pub fn grant(&self, dice: &mut Dice) {
        let mut state = self.0.state.lock().unwrap();
        let one = dice.below(state.waiting.len());
        // A call that was dropped while it waited needs no turn.
        let _ = state.waiting.remove(one).send(());
    }

    async fn turn(&self) {
        let (sender, receiver) = oneshot::channel();
        self.0.state.lock().unwrap().waiting.push(sender);
        receiver.await.expect("whoever waits is granted a turn");
        self.0.world.deliver_late();
    }

    /// Waits until a request arrives; it may be too late by then.
    async fn arrive(&self) -> Result<()> {
        let sent = Instant::now();
        self.turn().await;
        match self.0.world.is_patient() || sent.elapsed() <= VALID {
            true => Ok(()),
            false => Err(unknown()),
        }
    }

    /// Counts a write; returns what goes wrong with it.
    fn fault(&self) -> Option<Fault> {
        let mut state = self.0.state.lock().unwrap();
        let number = state.writes;
        state.writes += 1;
        state.flaws.iter().find_map(|flaw| match flaw {
            Flaw::Write(at, fault) if *at == number => Some(*fault),
            _ => None,
        })
    }

    /// Counts a read; returns what goes wrong with it.
    fn misread(&self) -> Option<Misread> {
        let mut state = self.0.state.lock().unwrap();
        let number = state.reads;
        state.reads += 1;
        state.flaws.iter().find_map(|flaw| match flaw {
            Flaw::Read(at, misread) if *at == number => Some(*misread),
            _ => None,
        })
    }

    /// Lets others go on for a while.
    async fn dawdle(&self) {
        for _ in 0..SLOW {
            self.turn().await;
        }
    }

    async fn die<T>(&self) -> T {
        self.0.state.lock().unwrap().dead = true;
        std::future::pending().await
    }

    async fn write(&self, put: Put) -> Result<PutResult> {
        let arrived = self.arrive().await;
        let (fault, world) = (self.fault(), &self.0.world);
        arrived?;
        match fault {
            None => world.put(put),
            Some(Fault::DiesBefore) => self.die().await,
            Some(Fault::DiesAfter) => {
                let _ = world.put(put);
                self.die().await
            }
            Some(Fault::Unheard) => {
                let _ = world.put(put);
                Err(unknown())
            }
            Some(Fault::Unsent) => Err(unknown()),
            Some(Fault::Repeated) => {
                let _ = world.put(put.clone());
                world.put(put)
            }
            Some(Fault::Late) => {
                world.hold_back(put);
                Err(unknown())
            }
            Some(Fault::Slow) => {
                let answer = world.put(put);
                self.dawdle().await;
                answer
            }
        }
    }

    async fn read(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let arrived = self.arrive().await;
        let misread = self.misread();
        arrived?;
        if misread == Some(Misread::Failed) {
            return Err(unknown());
        }
        let answer = self.0.world.get(location, &options);
        match misread {
            Some(Misread::Slow) => self.dawdle().await,
            Some(Misread::Torn) => return answer.map(torn),
            _ => {}
        }
        answer
    }

    async fn listing(&self, prefix: Option<&Path>) -> Result<Vec<ObjectMeta>> {
        let arrived = self.arrive().await;
        let misread = self.misread();
        arrived?;
        let listing = self.0.world.list(prefix);
        match misread {
            Some(Misread::Failed | Misread::Torn) => return Err(unknown()),
            Some(Misread::Slow) => self.dawdle().await,
            None => {}
        }
        Ok(listing)
    }
}

/// Returns an answer whose content never comes.
fn torn(answer: GetResult) -> GetResult {
    let payload = GetResultPayload::Stream(stream::iter([Err(unknown())]).boxed());
    GetResult { payload, ..answer }
}

/// A write as it was asked for.
#[derive(Debug, Clone)]
pub struct Put {
    /// The key.
    pub path: Path,
    /// The bytes.
    pub payload: PutPayload,
    /// The condition, headers and extensions.
    pub options: PutOptions,
}

fn unknown() -> Error {
    Error::Generic { store: "simulation", source: "the connection broke".into() }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Link")
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a simulated store")
    }
}

#[async_trait]
impl ObjectStore for Link {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        self.write(Put { path: location.clone(), payload, options }).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        _: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        unreachable!("no package is so large: {location}")
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.read(location, options).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        let link = self.clone();
        let delete = move |location: Result<Path>| {
            let link = link.clone();
            async move {
                let location = location?;
                let arrived = link.arrive().await;
                let fault = link.fault();
                arrived?;
                match fault {
                    Some(Fault::DiesBefore) => link.die().await,
                    Some(Fault::Unsent | Fault::Late) => Err(unknown()),
                    fault => {
                        link.0.world.delete(&location);
                        match fault {
                            Some(Fault::DiesAfter) => link.die().await,
                            Some(Fault::Unheard) => Err(unknown()),
                            _ => Ok(location),
                        }
                    }
                }
            }
        };
        locations.then(delete).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (link, prefix) = (self.clone(), prefix.cloned());
        let listing = async move {
            match link.listing(prefix.as_ref()).await {
                Ok(metas) => metas.into_iter().map(Ok).collect(),
                Err(error) => vec![Err(error)],
            }
        };
        stream::once(listing).map(stream::iter).flatten().boxed()
    }

    async fn list_with_delimiter(&self, _: Option<&Path>) -> Result<ListResult> {
        unreachable!("listings are whole")
    }

    async fn copy_opts(&self, from: &Path, _: &Path, _: CopyOptions) -> Result<()> {
        unreachable!("nothing is copied by the store: {from}")
    }
}
