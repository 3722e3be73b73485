//! Files of buckets that are kept on this machine: fewer requests, and never another result.

use std::fs;
use std::path::PathBuf;

use crate::support::{Bucket, Conduct, Deb, TestRepo};

fn published() -> (Bucket, TestRepo) {
    let server = Bucket::start(|_| Conduct::Honest);
    let repo = server.repo("");
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo.apply();
    repo.repoman(["plan", "--exit-code"]).ok();
    server.requests();
    (server, repo)
}

/// Returns the requests of a plan that finds nothing to do.
#[track_caller]
fn requests_of_a_plan(server: &Bucket, repo: &TestRepo) -> Vec<String> {
    server.requests();
    repo.repoman(["plan", "--exit-code"]).ok().says(["No changes"]);
    let mut requests = server.requests();
    requests.sort();
    requests
}

fn kept(repo: &TestRepo) -> Vec<PathBuf> {
    let entries = fs::read_dir(repo.home().join(".cache/repoman")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.file_name().unwrap() != "CACHEDIR.TAG").collect()
}

#[test]
fn a_plan_without_changes_asks_three_times() {
    let (server, repo) = published();
    let requests = requests_of_a_plan(&server, &repo);
    let expected = ["GET ", "GET debian/acme-apt.asc", "GET debian/dists/bookworm/InRelease"];
    assert_eq!(requests, expected);
}

#[test]
fn files_that_were_damaged_or_deleted_are_read_again() {
    let (server, repo) = published();
    // The state and two indices, of each one form of the two that are kept.
    let count = 3;
    assert_eq!(kept(&repo).len(), 5);
    for path in kept(&repo) {
        fs::write(path, "garbage").unwrap();
    }
    assert_eq!(requests_of_a_plan(&server, &repo).len(), 3 + count);
    assert_eq!(requests_of_a_plan(&server, &repo).len(), 3);
    fs::remove_dir_all(repo.home().join(".cache")).unwrap();
    assert_eq!(requests_of_a_plan(&server, &repo).len(), 3 + count);
}

#[test]
fn it_is_switched_off_by_an_empty_variable_and_does_without_a_place() {
    for directory in ["", "/dev/null/below"] {
        let (server, repo) = published();
        fs::remove_dir_all(repo.home().join(".cache")).unwrap();
        let repo = repo.env("REPOMAN_CACHE_DIR", directory);
        assert!(requests_of_a_plan(&server, &repo).len() > 3);
        assert!(requests_of_a_plan(&server, &repo).len() > 3);
        assert!(!repo.home().join(".cache").exists());
    }
}

#[test]
fn drift_looks_at_the_store_whatever_is_kept() {
    let (server, repo) = published();
    let objects = server.objects();
    let index = objects.keys().find(|key| key.contains("binary-amd64/by-hash")).unwrap();
    let mut bytes = objects[index].clone();
    bytes[10] ^= 1;
    server.set(index, Some(&bytes));
    repo.repoman(["drift"]).exits(2).says(["altered", index]);
    repo.repoman(["apply", "--yes", "--repair"]).ok().says(["1 repaired"]);
    assert_eq!(&server.objects()[index], &objects[index]);
}
