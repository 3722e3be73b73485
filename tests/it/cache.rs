//! What is kept on this machine, of buckets and of local packages: less to ask and to read, and never
//! another result.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use repoman::deb::register;
use repoman::digest::Sha256;

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

/// Returns the files that are kept of the bucket.
fn kept(repo: &TestRepo) -> Vec<PathBuf> {
    kept_files(repo).into_iter().filter(|path| !is_register(path)).collect()
}

fn kept_files(repo: &TestRepo) -> Vec<PathBuf> {
    let entries = fs::read_dir(repo.home().join(".cache/repoman")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.file_name().unwrap() != "CACHEDIR.TAG").collect()
}

/// Tells whether a file says what local packages contain.
fn is_register(path: &Path) -> bool {
    path.file_name().unwrap().to_str().unwrap().starts_with("packages-")
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

/// Returns a repository with a package that nobody has touched for a while, which is planned, and
/// the register of it.
fn planned() -> (TestRepo, PathBuf) {
    let repo = TestRepo::new();
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/deb/xz");
    fs::create_dir_all(repo.path("dist")).unwrap();
    symlink(package, repo.path("dist/widget.deb")).unwrap();
    repo.repoman(["plan"]).ok().says(["widget", "1.4.2-1"]);
    let files = kept_files(&repo);
    assert!(files.len() == 1 && is_register(&files[0]), "{files:?}");
    (repo, files[0].clone())
}

#[test]
fn nothing_is_published_that_only_the_register_of_packages_says() {
    let (repo, path) = planned();
    let bytes = fs::read(&path).unwrap();
    let mut entries = register::decode(&bytes).unwrap();
    entries[0].sha256 = Sha256::of(b"another file");
    fs::write(&path, register::encode(entries)).unwrap();
    let apply = repo.repoman(["apply", "--yes"]).exits(1);
    apply.says(["RM4010", "widget.deb", "changed while it was uploaded"]);
    // What misled this run does not mislead the next one.
    assert!(!path.exists());
    repo.repoman(["apply", "--yes"]).ok();
}

#[test]
fn a_register_of_packages_that_is_damaged_does_no_harm() {
    let (repo, path) = planned();
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    repo.repoman(["plan"]).ok().says(["widget", "1.4.2-1"]);
    assert!(register::decode(&fs::read(&path).unwrap()).is_some());
    repo.repoman(["apply", "--yes"]).ok();
    repo.repoman(["plan", "--exit-code"]).ok().says(["No changes"]);
}
