//! Several publishers of one repository at the same moment.

use std::thread;

use crate::push::{SERVICES, push, service};
use crate::support::{AptClient, Deb, FileServer, Manifest, Moto, Run, TestKey, TestRepo, Trust};

/// How many there are.
const WRITERS: usize = 16;

fn name(number: usize) -> String {
    format!("package-{number:02}")
}

/// Has every writer publish its own package at the same moment, and asserts that all get it done.
#[track_caller]
fn publish_at_once(writers: &[TestRepo]) {
    let runs: Vec<_> = thread::scope(|scope| {
        let start = |repo| scope.spawn(move || TestRepo::repoman(repo, ["apply", "--yes"]));
        let threads: Vec<_> = writers.iter().map(start).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for run in runs {
        run.ok();
    }
}

/// Returns publishers of one repository, each with a package of its own name.
fn writers(make: impl Fn() -> TestRepo) -> Vec<TestRepo> {
    let writer = |number| {
        let repo = make();
        repo.build(&Deb::new(&name(number), "1.0", "amd64"));
        repo
    };
    (0..WRITERS).map(writer).collect()
}

/// Asserts that apt sees the package of every writer.
#[track_caller]
fn all_are_there(url: &str) {
    let client = AptClient::new(url, Trust::Key(&TestKey::shared().public));
    client.update();
    for name in (0..WRITERS).map(name) {
        assert_eq!(client.candidate(&name).as_deref(), Some("1.0"), "{name}");
    }
}

#[test]
fn writers_of_one_directory_lose_nothing_of_each_other() {
    let place = tempfile::tempdir().unwrap();
    let store = place.path().join("shared");
    let manifest =
        Manifest { store: format!("url = \"file://{}\"", store.display()), ..Manifest::default() };
    let writers = writers(|| TestRepo::with(&manifest));
    publish_at_once(&writers);
    let server = FileServer::start(&store);
    all_are_there(&server.url());
    let history = store.join(".repoman/history/bookworm");
    let generations = std::fs::read_dir(history).unwrap().map(|entry| {
        let name = entry.unwrap().file_name().into_string().unwrap();
        name.split('-').next().unwrap().parse::<usize>().unwrap()
    });
    assert_eq!(generations.max(), Some(WRITERS), "each writer published one generation");
}

#[test]
fn writers_of_one_bucket_lose_nothing_of_each_other() {
    let moto = Moto::start();
    let manifest = Manifest { store: moto.store("debian"), ..Manifest::default() };
    let writers = writers(|| moto.admit(TestRepo::with(&manifest)));
    publish_at_once(&writers);
    all_are_there(&format!("{}/apt/debian", moto.endpoint()));
}

/// Has services push a package each at the same moment, and asserts that all get it done, each by
/// one generation of its own.
#[track_caller]
fn push_at_once(url: &str, make: impl Fn() -> TestRepo) {
    let services: Vec<_> = (0..WRITERS).map(|_| make()).collect();
    let runs: Vec<_> = thread::scope(|scope| {
        let start = |(number, service)| {
            let deb = TestRepo::build(service, &Deb::new(&service_package(number), "1.0", "amd64"));
            scope.spawn(move || push(service, url, &[deb]))
        };
        let threads: Vec<_> = services.iter().enumerate().map(start).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let generation = |run: Run| {
        let run = run.ok();
        let (_, rest) = run.stderr.rsplit_once("bookworm is at generation ").unwrap();
        rest.split('.').next().unwrap().parse::<usize>().unwrap()
    };
    let mut generations: Vec<_> = runs.into_iter().map(generation).collect();
    generations.sort_unstable();
    assert!(generations.into_iter().eq(2..2 + WRITERS), "one generation each");
}

fn service_package(number: usize) -> String {
    format!("acme-{number}")
}

/// Asserts that apt sees the package of every service.
#[track_caller]
fn all_pushes_are_there(url: &str) {
    let client = AptClient::new(url, Trust::Key(&TestKey::shared().public));
    client.update();
    for name in (0..WRITERS).map(service_package) {
        assert_eq!(client.candidate(&name).as_deref(), Some("1.0"), "{name}");
    }
}

#[test]
fn services_that_push_to_one_directory_lose_nothing_of_each_other() {
    let repo = TestRepo::with(&Manifest { sources: SERVICES.to_owned(), ..Manifest::default() });
    repo.apply();
    push_at_once(&format!("file://{}", repo.store().display()), service);
    all_pushes_are_there(&FileServer::start(&repo.store()).url());
    repo.repoman(["drift", "--fail-on", "security,breaking,cosmetic"]).ok();
}

#[test]
fn services_that_push_to_one_bucket_lose_nothing_of_each_other() {
    let moto = Moto::start();
    let (store, sources) = (moto.store("debian"), SERVICES.to_owned());
    let repo = moto.admit(TestRepo::with(&Manifest { store, sources, ..Manifest::default() }));
    repo.apply();
    push_at_once("s3://apt/debian", || {
        moto.admit(service().env("AWS_ENDPOINT_URL", moto.endpoint()))
    });
    all_pushes_are_there(&format!("{}/apt/debian", moto.endpoint()));
    repo.repoman(["drift", "--fail-on", "security,breaking,cosmetic"]).ok();
}
