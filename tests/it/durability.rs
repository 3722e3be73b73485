//! Publishers that are killed at any moment, and clients that look while others publish.

use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::copies::are_current;
use crate::support::{AptClient, Deb, FileServer, Manifest, Moto, TestKey, TestRepo, Trust};

/// Publishers of one repository that are killed again and again, with a new package each time.
struct Victims {
    repo: TestRepo,
    client: AptClient,
    dice: StdRng,
    /// How long a publication takes at present, roughly.
    usual: Duration,
    /// How many packages were built.
    built: usize,
    /// How many of them a run has reported as published.
    reported: usize,
    /// How many runs were killed.
    killed: usize,
}

impl Victims {
    /// Begins where nothing is published.
    fn new(repo: TestRepo, url: &str, seed: u64) -> Self {
        let client = AptClient::new(url, Trust::Key(&TestKey::shared().public));
        let (dice, usual) = (StdRng::seed_from_u64(seed), Duration::from_millis(400));
        Self { repo, client, dice, usual, built: 0, reported: 0, killed: 0 }
    }

    /// Kills so many runs, at moments all over the time that one takes.
    fn kill(&mut self, count: usize) {
        while self.killed < count {
            self.build();
            let delay = self.usual.mul_f64(self.dice.random_range(0.0..1.1));
            let (pace, code) = kill_after(delay, self.start());
            match code {
                None => self.killed += 1,
                Some(0) => self.reported = self.built,
                Some(code) => panic!("a run that nobody disturbed ended with {code}"),
            }
            self.usual = self.usual.mul_f64(pace);
            if self.dice.random_ratio(1, 10) && self.reported > 0 {
                self.clients_get_everything();
            }
        }
        println!("{} runs killed, {} of {} packages reported", count, self.reported, self.built);
    }

    /// Publishes as usual after all that; everything is there then, and nothing left to do.
    fn recover(&mut self) {
        self.build();
        self.repo.apply();
        self.reported = self.built;
        self.repo.repoman(["plan", "--exit-code"]).ok();
        self.clients_get_everything();
    }

    fn build(&mut self) {
        self.built += 1;
        self.repo.build(&Deb::new(&name(self.built), "1.0", "amd64"));
    }

    fn start(&self) -> Child {
        let mut command = self.repo.command(env!("CARGO_BIN_EXE_repoman").as_ref());
        command.args(["apply", "--yes"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().unwrap()
    }

    /// Asserts that apt accepts what is published, and that all is in it that was reported.
    #[track_caller]
    fn clients_get_everything(&mut self) {
        self.client.update();
        let names: Vec<_> = (1..=self.reported).map(name).collect();
        for file in self.client.files_here() {
            std::fs::remove_file(self.client.path(&file)).unwrap();
        }
        self.client.download(&names.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(self.client.files_here().len(), names.len());
    }
}

fn name(number: usize) -> String {
    format!("package-{number:03}")
}

/// Kills a run unless it ends before; returns its status, and by what to correct the belief of how
/// long one takes, so that about a quarter of them ends before.
fn kill_after(delay: Duration, mut run: Child) -> (f64, Option<i32>) {
    let begun = Instant::now();
    while begun.elapsed() < delay {
        if let Some(status) = run.try_wait().unwrap() {
            return (0.85, status.code());
        }
        thread::sleep(Duration::from_millis(2));
    }
    run.kill().unwrap();
    (1.05, run.wait().unwrap().code())
}

#[test]
fn publishers_of_a_directory_lose_nothing_when_they_are_killed() {
    for seed in 0..8 {
        let repo = TestRepo::new();
        let server = FileServer::start(&repo.store());
        let mut victims = Victims::new(repo, &server.url(), seed);
        victims.kill(20);
        victims.recover();
        are_current(&victims.repo);
    }
}

#[test]
fn publishers_of_a_bucket_lose_nothing_when_they_are_killed() {
    let moto = Moto::start();
    let repo = |prefix: &str| {
        let manifest = Manifest { store: moto.store(prefix), ..Manifest::default() };
        moto.admit(TestRepo::with(&manifest))
    };
    for seed in 0..2 {
        let prefix = format!("seed-{seed}");
        let url = format!("{}/apt/{prefix}", moto.endpoint());
        let mut victims = Victims::new(repo(&prefix), &url, seed);
        victims.kill(20);
        victims.recover();
    }
}

/// The distributions of a repository whose clients look while it changes.
///
/// A commit point gets a later second each time, for apt's sake; several of them make a hundred
/// generations in less than a hundred seconds.
const CODENAMES: [&str; 4] = ["bookworm", "trixie", "forky", "duke"];

/// How often all of them are published.
const ROUNDS: usize = 25;

#[test]
fn clients_see_no_error_while_a_hundred_generations_are_published() {
    let repo = TestRepo::with(&several_distributions());
    let publish = |round: usize| {
        repo.build(&Deb::new("widget", &format!("1.{round}"), "amd64"));
        repo.apply();
    };
    publish(1);
    let server = FileServer::start(&repo.store());
    let is_over = AtomicBool::new(false);
    let updates: usize = thread::scope(|scope| {
        let look = || look_until(&is_over, &server);
        let clients = [scope.spawn(look), scope.spawn(look)];
        let _guard = End(&is_over);
        (2..=ROUNDS).for_each(publish);
        is_over.store(true, Ordering::Relaxed);
        clients.into_iter().map(|client| client.join().unwrap()).sum()
    });
    println!("{updates} times apt updated");
    assert!(updates >= 20, "{updates}");
    for codename in CODENAMES {
        let last = format!("/{codename}/{ROUNDS}-");
        let history = crate::support::tree::files(&repo.store().join(".repoman/history"));
        assert!(history.iter().any(|file| format!("/{file}").contains(&last)), "{history:?}");
    }
}

/// Tells the clients that it is over, also when the publisher panics.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Updates and downloads again and again; whatever apt finds fault with is a failure.
fn look_until(is_over: &AtomicBool, server: &FileServer) -> usize {
    let suites = CODENAMES.join(" ");
    let client =
        AptClient::of(&server.url(), &suites, "main", Trust::Key(&TestKey::shared().public));
    let mut updates = 0;
    while !is_over.load(Ordering::Relaxed) {
        client.update();
        client.download(&["widget"]);
        updates += 1;
    }
    updates
}

fn several_distributions() -> Manifest {
    let distribution = |codename: &&str| {
        format!(
            "[distribution.{codename}]\ncomponents = [\"main\"]\narchitectures = [\"amd64\"]\n\n"
        )
    };
    Manifest {
        distributions: CODENAMES.iter().map(distribution).collect(),
        sources: "[source.build]\npath = \"dist/*.deb\"\nto = \"*/main\"".to_owned(),
        ..Manifest::default()
    }
}
