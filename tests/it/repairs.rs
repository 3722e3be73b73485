//! Damage to what is published, and what an apply makes of it.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::bucket::Request;
use crate::support::{Bucket, Conduct, Deb, TestRepo, tree};

/// Returns a repository at generation 2, with two package files.
fn published() -> TestRepo {
    let repo = TestRepo::new();
    for version in ["1.0", "1.1"] {
        repo.build(&Deb::new("widget", version, "amd64"));
        repo.apply();
    }
    repo
}

/// Returns the only file in the store whose key contains all of these.
#[track_caller]
fn object(repo: &TestRepo, parts: &[&str]) -> PathBuf {
    let mut keys = tree::files(&repo.store());
    keys.retain(|key| parts.iter().all(|part| key.contains(part)));
    assert_eq!(keys.len(), 1, "{keys:?}");
    repo.store().join(&keys[0])
}

/// Returns the digest under which Release lists a file of amd64 or of the state.
fn listed(repo: &TestRepo, path: &str) -> String {
    let release = repo.published("dists/bookworm/Release");
    let line = release.lines().find(|line| line.ends_with(path)).unwrap();
    line.split_whitespace().next().unwrap().to_owned()
}

fn by_hash(repo: &TestRepo, form: &str) -> PathBuf {
    object(repo, &["by-hash", &listed(repo, &format!("binary-amd64/Packages{form}"))])
}

fn copy(repo: &TestRepo, form: &str) -> PathBuf {
    repo.store().join(format!("dists/bookworm/main/binary-amd64/Packages{form}"))
}

/// Changes one byte of a file.
fn alter(path: &PathBuf) {
    let mut bytes = fs::read(path).unwrap();
    bytes[10] ^= 1;
    fs::write(path, bytes).unwrap();
}

/// Asserts that nothing is wrong with what is published.
#[track_caller]
fn is_sound(repo: &TestRepo) {
    repo.repoman(["drift", "--deep", "--fail-on", "cosmetic,breaking,security"]).ok();
    repo.repoman(["plan", "--exit-code", "--repair", "--deep"]).ok().says(["No changes"]);
}

#[test]
fn an_index_file_is_restored_from_its_copy() {
    let repo = published();
    let path = by_hash(&repo, ".xz");
    let before = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    let plan = repo.repoman(["plan", "--exit-code"]).exits(2);
    plan.says([
        "missing: restored from dists/bookworm/main/binary-amd64/Packages.xz",
        "1 to repair",
    ]);
    repo.apply().says(["restore", "1 repaired"]);
    assert_eq!(fs::read(&path).unwrap(), before);
    is_sound(&repo);
}

#[test]
fn an_index_file_and_its_copy_are_made_again_from_another_form() {
    let repo = published();
    let (path, copy) = (by_hash(&repo, ".xz"), copy(&repo, ".xz"));
    let before = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    fs::remove_file(&copy).unwrap();
    repo.repoman(["plan"]).ok().says(["restored from another form of the index", "left behind"]);
    repo.apply();
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(fs::read(&copy).unwrap(), before);
    is_sound(&repo);
}

#[test]
fn an_index_without_any_form_by_hash_is_read_from_a_copy() {
    let repo = published();
    for form in [".xz", ".gz"] {
        fs::remove_file(by_hash(&repo, form)).unwrap();
    }
    repo.build(&Deb::new("widget", "1.2", "amd64"));
    repo.apply().says(["2 repaired", "generation 3"]);
    is_sound(&repo);
}

#[test]
fn an_altered_index_file_is_replaced() {
    let repo = published();
    let path = by_hash(&repo, ".gz");
    let before = fs::read(&path).unwrap();
    // The form that plans read: so it needs no closer look.
    alter(&path);
    repo.repoman(["plan"]).ok().says(["altered: restored from"]);
    repo.apply();
    assert_eq!(fs::read(&path).unwrap(), before);
    // The other one takes one.
    alter(&by_hash(&repo, ".xz"));
    repo.repoman(["plan", "--exit-code"]).ok();
    repo.repoman(["drift"]).exits(2).says(["altered", "apply --repair makes up for it"]);
    repo.repoman(["apply", "--yes", "--repair"]).ok().says(["1 repaired"]);
    is_sound(&repo);
}

#[test]
fn a_file_that_nobody_could_make_again_is_replaced_by_a_new_generation() {
    let repo = published();
    // As if another version of the compressor had made it: the same index in other bytes.
    let release = repo.published("dists/bookworm/Release");
    let old = listed(&repo, "binary-amd64/Packages.xz");
    let size = fs::metadata(by_hash(&repo, ".xz")).unwrap().len();
    let text = release.replace(&format!("{old} {size}"), &format!("{} {size}", "0".repeat(64)));
    assert_ne!(text, release);
    let signed = crate::support::TestKey::shared().clear_sign(text.as_bytes());
    fs::write(repo.store().join("dists/bookworm/InRelease"), signed).unwrap();
    let plan = repo.repoman(["plan"]).ok();
    plan.says(["a new generation lists another file in its place", "index files are made anew"]);
    repo.apply().says(["generation 3"]);
    is_sound(&repo);
}

#[test]
fn what_nothing_has_any_more_is_an_error_that_names_all_of_it() {
    let repo = published();
    let lost: Vec<_> = [".xz", ".gz"].map(|form| by_hash(&repo, form)).into();
    for path in lost.iter().chain(&[copy(&repo, ".xz"), copy(&repo, ".gz")]) {
        fs::remove_file(path).unwrap();
    }
    let state = object(&repo, &["by-hash", &listed(&repo, "repoman/state.json.gz")]);
    let name = lost[1].file_name().unwrap().to_str().unwrap();
    repo.repoman(["plan"]).exits(1).says(["error[RM4006]", name, "help", "version of the bucket"]);
    repo.repoman(["drift"]).exits(2).says(["missing", name]);
    fs::remove_file(&state).unwrap();
    let name = state.file_name().unwrap().to_str().unwrap();
    repo.repoman(["apply", "--yes"]).exits(1).says(["error[RM4006]", name]);
}

#[test]
fn package_files_are_uploaded_again_if_a_source_has_them() {
    let repo = published();
    let missing = object(&repo, &["pool/", "widget_1.0_"]);
    let altered = object(&repo, &["pool/", "widget_1.1_"]);
    fs::remove_file(&missing).unwrap();
    alter(&altered);
    repo.repoman(["plan", "--exit-code"]).ok();
    repo.repoman(["drift"]).exits(2).says(["missing", "apply --repair"]);
    let plan = repo.repoman(["plan", "--repair"]).ok();
    let plan = plan.says(["widget_1.0_amd64.deb", "missing: uploaded again", "1 to repair"]);
    assert!(!plan.said("altered"), "{plan}");
    let json = repo.repoman(["plan", "--repair", "--deep", "--json"]).ok().stdout;
    let document: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(document["summary"]["repair"], 2);
    let damage: Vec<_> = document["actions"].as_array().unwrap().iter().collect();
    assert!(damage.iter().all(|a| a["object"] == "damage" && a["after"] == "file"), "{json}");
    repo.repoman(["apply", "--yes", "--repair", "--deep"]).ok().says(["2 repaired"]);
    is_sound(&repo);
}

#[test]
fn package_files_that_no_source_has_are_named_and_the_rest_is_repaired() {
    let repo = published();
    let lost = object(&repo, &["pool/", "widget_1.0_"]);
    for path in [&lost, &object(&repo, &["pool/", "widget_1.1_"])] {
        fs::remove_file(path).unwrap();
    }
    fs::remove_file(repo.path("dist/widget_1.0_amd64.deb")).unwrap();
    let run = repo.repoman(["plan", "--repair"]).exits(1);
    let run = run.says(["error[RM4013]", "widget_1.0_amd64.deb: missing", "it can't be repaired"]);
    assert!(!run.stderr.contains("widget_1.1_amd64.deb: missing"), "{run}");
    let run = repo.repoman(["apply", "--yes", "--repair"]).exits(1);
    run.says(["1 repaired", "error[RM4013]", "widget_1.0_amd64.deb: missing"]);
    repo.repoman(["apply", "--yes", "--repair"]).exits(1).says(["error[RM4013]"]);
    fs::remove_dir_all(repo.path("dist")).unwrap();
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo.repoman(["apply", "--yes", "--repair"]).ok();
    is_sound(&repo);
}

#[test]
fn client_files_that_are_gone_are_written_again() {
    let repo = published();
    let keyring = repo.store().join("acme-apt.asc");
    let before = fs::read(&keyring).unwrap();
    fs::remove_file(&keyring).unwrap();
    repo.repoman(["plan"]).exits(1).says(["error[RM5005]", "repoman apply"]);
    repo.repoman(["apply"]).exits(1).says(["acme-apt.asc is missing", "RM6001"]);
    assert!(!keyring.exists());
    repo.apply().says(["acme-apt.asc is missing", "put back first", "No changes"]);
    assert_eq!(fs::read(&keyring).unwrap(), before);
    for file in ["acme-apt.sources", "acme-apt-bookworm.sources"] {
        fs::remove_file(repo.store().join(file)).unwrap();
    }
    repo.repoman(["plan", "--repair"]).ok().says([
        "acme-apt.sources",
        "written anew",
        "2 to repair",
    ]);
    repo.repoman(["apply", "--yes", "--repair"]).ok();
    is_sound(&repo);
}

#[test]
fn a_bucket_is_repaired_by_conditional_writes() {
    let server = Bucket::start(|_| Conduct::Honest);
    let repo = server.repo("");
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo.apply();
    let objects = server.objects();
    let find = |part: &str| objects.keys().find(|key| key.contains(part)).unwrap();
    let (package, index) = (find("pool/"), find("binary-amd64/by-hash"));
    server.set(package, Some(b"somebody else's"));
    server.set(index, None);
    let is_unguarded = |request: &Request| request.method == "PUT" && !request.is_conditional();
    server.behave(move |request| match is_unguarded(request) {
        true => Conduct::Refuse(400, "Unguarded"),
        false => Conduct::Honest,
    });
    repo.repoman(["apply", "--yes", "--repair"]).ok().says(["2 repaired"]);
    assert_eq!(server.objects(), objects);
}
