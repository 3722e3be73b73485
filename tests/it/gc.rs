//! What nothing needs any more goes, and what a client may still come for stays.

use std::fs;

use crate::support::{AptClient, Deb, FileServer, Manifest, Moto, TestKey, TestRepo, Trust, tree};

/// A mirror of the directory `dist`: what is not there any more is given up.
fn mirrored() -> Manifest {
    let manifest = Manifest::default();
    let sources = manifest.sources + "\nmode = \"mirror\"\n\n[retain]\npurge_after = \"2h\"";
    Manifest { sources, ..Manifest::default() }
}

/// Returns a repository that has published version 1.0 of a package, and then 1.1 instead.
fn replaced(manifest: &Manifest) -> TestRepo {
    let repo = TestRepo::with(manifest);
    replace(&repo);
    repo
}

fn replace(repo: &TestRepo) {
    let old = repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo.apply();
    fs::remove_file(old).unwrap();
    repo.build(&Deb::new("widget", "1.1", "amd64"));
    repo.apply();
}

fn client(url: &str) -> AptClient {
    AptClient::new(url, Trust::Key(&TestKey::shared().public))
}

#[test]
fn what_is_given_up_is_deleted_when_its_time_is_over_and_clients_notice_nothing() {
    let repo = replaced(&mirrored());
    let server = FileServer::start(&repo.store());
    let early = client(&server.url());
    early.update();
    let files = tree::files(&repo.store());
    repo.repoman(["gc", "--yes"]).ok().says(["Nothing is to be deleted", "given up, the first"]);
    assert_eq!(tree::files(&repo.store()), files);

    repo.age(3);
    let run = repo.repoman(["gc"]).exits(1).says(["widget_1.0_amd64.deb", "error[RM6001]"]);
    assert!(run.said("1 package file") && run.said("index files"), "{run}");
    assert_eq!(repo.pool().len(), 2);
    repo.repoman(["gc", "--yes"]).ok().says(["deleted"]);
    let pool = repo.pool();
    assert!(pool.len() == 1 && pool[0].ends_with("widget_1.1_amd64.deb"), "{pool:?}");
    let dists = repo.store().join("pool/w/widget");
    assert_eq!(fs::read_dir(dists).unwrap().count(), 1, "no empty directory is left");
    repo.repoman(["gc", "--yes"]).ok().says(["Nothing is to be deleted"]);
    repo.repoman(["plan", "--exit-code"]).ok();
    repo.repoman(["drift"]).ok();
    early.update();
    early.download(&["widget"]);
    repo.repoman(["log"]).ok().says(["widget 1.0 amd64"]);
}

#[test]
fn an_apply_deletes_what_is_due_and_remembers_it() {
    let repo = replaced(&mirrored());
    repo.age(3);
    repo.build(&Deb::new("gadget", "1.0", "amd64"));
    repo.apply().says(["delete", "object"]);
    assert!(!repo.pool().iter().any(|key| key.contains("widget_1.0")));
    repo.repoman(["gc", "--yes"]).ok().says(["Nothing is to be deleted"]);
}

#[test]
fn a_package_that_comes_back_late_comes_back_under_another_name() {
    let repo = replaced(&mirrored());
    let directory = |repo: &TestRepo| {
        let keys = repo.pool().into_iter().filter(|key| key.ends_with("widget_1.0_amd64.deb"));
        let directories = keys.map(|key| key.split('/').nth(2).unwrap().to_owned());
        directories.collect::<Vec<_>>()
    };
    let before = directory(&repo);
    repo.age(3);
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    let danger = "newest-lowered:bookworm/main/*/widget";
    repo.repoman(["apply", "--yes", "--allow", danger]).ok();
    let after = directory(&repo);
    assert!(after.len() == 1 && after != before, "{before:?} {after:?}");
    let server = FileServer::start(&repo.store());
    let client = client(&server.url());
    client.update();
    client.apt_get(["install", "widget=1.0"]).ok();
    assert_eq!(client.installed(), ["widget 1.0"]);
}

#[test]
fn what_dead_runs_left_is_given_up_first_and_strangers_are_left_alone() {
    let repo = replaced(&mirrored());
    let orphan = repo.store().join("pool/o/orphan/0123456789abcdef/orphan_1.0_amd64.deb");
    fs::create_dir_all(orphan.parent().unwrap()).unwrap();
    for path in [&orphan, &repo.store().join("index.html"), &repo.store().join("pool/notes")] {
        fs::write(path, "left behind").unwrap();
    }
    repo.repoman(["gc", "--yes"]).ok().says(["Nothing is to be deleted"]);
    let run = repo.repoman(["gc", "--full", "--yes"]).ok();
    run.says(["Named by nothing", "orphan_1.0_amd64.deb", "bookworm at generation 3", "after 2h"]);
    assert!(orphan.exists());
    repo.repoman(["plan", "--exit-code"]).ok().says(["No changes"]);
    repo.age(3);
    repo.repoman(["gc", "--yes"]).ok().says(["orphan_1.0_amd64.deb"]);
    assert!(!orphan.exists());
    assert!(repo.store().join("index.html").exists() && repo.store().join("pool/notes").exists());
    repo.repoman(["gc", "--full", "--yes"]).ok().says(["Nothing is to be deleted"]);
}

#[test]
fn a_distribution_without_its_release_file_stops_the_search_for_orphans() {
    let repo = replaced(&mirrored());
    fs::remove_file(repo.store().join("dists/bookworm/InRelease")).unwrap();
    fs::remove_file(repo.store().join("dists/bookworm/Release")).unwrap();
    let files = tree::files(&repo.store());
    repo.repoman(["gc", "--full", "--yes"]).exits(1).says(["error[RM6011]", "bookworm"]);
    assert_eq!(tree::files(&repo.store()), files);
}

#[test]
fn the_findings_for_machines_follow_their_schema() {
    let repo = replaced(&mirrored());
    repo.age(3);
    let schema = repo.repoman(["schema", "gc"]).ok().stdout;
    let schema = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let expect = |run: crate::support::Run, status: &str, due: usize| {
        let document: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        let faults: Vec<_> = validator.iter_errors(&document).map(|e| e.to_string()).collect();
        assert_eq!(faults, [""; 0], "{run}");
        assert_eq!(document["status"], status, "{run}");
        let packages = document["due"].as_array().unwrap().iter();
        let packages = packages.filter(|object| object["kind"] == "package").count();
        assert_eq!(packages, due, "{run}");
    };
    expect(repo.repoman(["gc", "--json"]).exits(1), "pending", 1);
    expect(repo.repoman(["gc", "--json", "--yes"]).ok(), "done", 1);
    expect(repo.repoman(["gc", "--json", "--yes"]).ok(), "empty", 0);
}

#[test]
fn a_bucket_is_swept_by_its_own_clock_and_by_one_request() {
    let moto = Moto::start();
    let manifest = Manifest { store: moto.store("debian"), ..mirrored() };
    let repo = moto.admit(TestRepo::with(&manifest));
    replace(&repo);
    let client = client(&format!("{}/apt/debian", moto.endpoint()));
    client.update();
    repo.repoman(["gc", "--yes"]).ok().says(["Nothing is to be deleted"]);
    moto.turn_clock(3);
    moto.requests();
    repo.repoman(["gc", "--yes"]).ok().says(["widget_1.0_amd64.deb", "deleted"]);
    let deletions = moto.requests().into_iter().filter(|request| request.method == "POST");
    let deletions: Vec<_> = deletions.collect();
    assert!(deletions.len() == 2 && deletions.iter().all(|d| d.is_signed), "{deletions:?}");
    let keys = moto.keys();
    assert!(!keys.iter().any(|key| key.contains("widget_1.0")), "{keys:?}");
    client.update();
    client.download(&["widget"]);
    assert_eq!(client.files_here(), ["widget_1.1_amd64.deb"]);
}
