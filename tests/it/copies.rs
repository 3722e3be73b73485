//! Copies under canonical names, which a run that dies after its swap leaves behind.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use repoman::apt::release::Release;
use repoman::digest::Sha256;

use crate::support::{Deb, Manifest, TestRepo, tree};

/// The copies of a generation, each with its content and time.
type Copies = Vec<(String, Vec<u8>, SystemTime)>;

fn dists(repo: &TestRepo) -> std::path::PathBuf {
    repo.store().join("dists/bookworm")
}

/// Returns all copies: what lies under `dists` but InRelease and the files by hash.
fn copies(repo: &TestRepo) -> Copies {
    let files = tree::files(&dists(repo)).into_iter();
    let is_copy = |file: &String| file != "InRelease" && !file.contains("by-hash");
    let read = |file: String| {
        let path = dists(repo).join(&file);
        let time = fs::metadata(&path).unwrap().modified().unwrap();
        (file, fs::read(path).unwrap(), time)
    };
    files.filter(is_copy).map(read).collect()
}

/// Leaves the store as a run that died right after its swap would have.
fn put_back(repo: &TestRepo, copies: &Copies) {
    for (file, content, time) in copies {
        let path = dists(repo).join(file);
        fs::write(&path, content).unwrap();
        fs::File::options().append(true).open(path).unwrap().set_modified(*time).unwrap();
    }
}

/// Asserts that every copy is that of the current generation.
#[track_caller]
pub fn are_current(repo: &TestRepo) {
    let directory = dists(repo);
    let text = repo.published("dists/bookworm/Release");
    assert!(repo.published("dists/bookworm/InRelease").contains(&text), "Release is another one");
    let release = Release::parse(&text).unwrap();
    for file in release.files.iter().filter(|file| directory.join(&file.path).exists()) {
        let copy = fs::read(directory.join(&file.path)).unwrap();
        assert_eq!(Sha256::of(&copy), file.sha256, "{}", file.path);
    }
    let signature = directory.join("Release.gpg");
    let keyring = repo.store().join("acme-apt.asc");
    assert!(is_signed(&directory.join("Release"), &signature, &keyring));
}

fn is_signed(text: &Path, signature: &Path, keyring: &Path) -> bool {
    let binary = tempfile::NamedTempFile::new().unwrap();
    let mut gpg = std::process::Command::new("gpg");
    gpg.args(["--batch", "--yes", "--dearmor", "--output"]).arg(binary.path()).arg(keyring);
    assert!(gpg.output().unwrap().status.success());
    let mut gpgv = std::process::Command::new("gpgv");
    gpgv.arg("--keyring").arg(binary.path()).arg(signature).arg(text);
    gpgv.output().unwrap().status.success()
}

/// Returns a repository at generation 2 whose copies are those of generation 1.
fn left_behind() -> TestRepo {
    let sources = "[source.build]\npath = \"dist/*.deb\"\nto = \"bookworm/main\"\n\
                   [source.extra]\npath = \"extra/*.deb\"\nto = \"bookworm/extra\"\n\
                   allow_empty = true";
    let manifest = Manifest::default();
    let distributions = manifest.distributions.replace("[\"main\"]", "[\"main\", \"extra\"]");
    let manifest = Manifest { sources: sources.to_owned(), distributions, ..manifest };
    let repo = TestRepo::with(&manifest);
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo.apply();
    let old = copies(&repo);
    repo.build(&Deb::new("widget", "1.1", "amd64"));
    repo.apply();
    are_current(&repo);
    put_back(&repo, &old);
    repo
}

#[test]
fn copies_that_were_left_behind_are_brought_up_to_date() {
    let repo = left_behind();
    let in_release = repo.published("dists/bookworm/InRelease");
    let plan = repo.repoman(["plan", "--exit-code"]).exits(2);
    plan.says(["left behind", "0 to add, 0 to remove, 1 to change"]);
    repo.apply();
    are_current(&repo);
    assert_eq!(repo.published("dists/bookworm/InRelease"), in_release, "no new generation");
    repo.repoman(["plan", "--exit-code"]).ok().says(["No changes"]);
}

#[test]
fn the_next_generation_makes_up_for_copies_that_it_would_not_have_written() {
    let repo = left_behind();
    Deb::new("gadget", "1.0", "amd64").write_to(&repo.path("extra"));
    repo.apply().says(["left behind", "gadget"]);
    are_current(&repo);
    repo.repoman(["plan", "--exit-code"]).ok();
}

#[test]
fn copies_that_are_gone_are_written_again() {
    let repo = TestRepo::new();
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo.apply();
    for copy in ["Release.gpg", "main/binary-amd64/Packages.xz"] {
        fs::remove_file(dists(&repo).join(copy)).unwrap();
        repo.repoman(["plan", "--exit-code"]).exits(2);
        repo.apply();
        assert!(dists(&repo).join(copy).exists());
    }
    are_current(&repo);
}
