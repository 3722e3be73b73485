//! Removal: what a mirrored source no longer offers, and what stays all the same.

use std::fs;

use crate::support::{AptClient, Deb, FileServer, Manifest, TestKey, TestRepo, Trust, tree};

/// Creates a repository whose source has one more line.
fn repo_with(line: &str) -> TestRepo {
    let manifest = Manifest::default();
    let sources = format!("{}\n{line}", manifest.sources);
    TestRepo::with(&Manifest { sources, ..manifest })
}

fn pool(repo: &TestRepo) -> Vec<String> {
    tree::files(&repo.store().join("pool"))
}

#[test]
fn a_file_that_a_mirror_lost_is_unlisted_and_stays_in_the_pool() {
    let repo = repo_with("mode = \"mirror\"");
    let gone = repo.build(&Deb::new("gone", "1", "amd64"));
    repo.build(&Deb::new("kept", "1", "amd64"));
    repo.apply();
    let server = FileServer::start(&repo.store());
    let client = AptClient::new(&server.url(), Trust::Key(&TestKey::shared().public));
    client.update();
    assert_eq!(client.candidate("gone").as_deref(), Some("1"));

    let before = pool(&repo);
    fs::remove_file(gone).unwrap();
    let plan = repo.repoman(["plan"]).exits(3);
    plan.says(["- gone", "gone from source.build", "no version is left to install", "1 to remove"]);
    let danger = "package-gone:bookworm/main/*/gone";
    repo.repoman(["apply", "--yes", "--allow", danger]).ok().says(["Accepted", danger]);
    assert_eq!(pool(&repo), before);
    client.update();
    assert_eq!(client.candidate("gone"), None);
    assert_eq!(client.candidate("kept").as_deref(), Some("1"));
    repo.repoman(["plan", "--exit-code"]).ok();
}

#[test]
fn an_older_version_takes_over_when_a_mirror_loses_the_newest() {
    let repo = repo_with("mode = \"mirror\"");
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    let newest = repo.build(&Deb::new("widget", "2.0", "amd64"));
    repo.apply();
    fs::remove_file(newest).unwrap();
    let plan = repo.repoman(["plan"]).exits(3);
    plan.says(["- widget", "new installations get 1.0", "! newest-lowered:bookworm/main/*/widget"]);
}

#[test]
fn a_mirror_that_lost_everything_is_an_error_unless_it_may_be_empty() {
    let repo = repo_with("mode = \"mirror\"");
    let only = repo.build(&Deb::new("only", "1", "amd64"));
    repo.apply();
    fs::remove_file(only).unwrap();
    let before = tree::stamps(&repo.store());
    let run = repo.repoman(["apply", "--yes"]).exits(1);
    run.says(["error[RM2001]", "no file matches dist/*.deb", "allow_empty"]);
    assert_eq!(tree::stamps(&repo.store()), before);

    let sources = format!("{}\nmode = \"mirror\"\nallow_empty = true", Manifest::default().sources);
    repo.write_manifest(&Manifest { sources, ..Manifest::default() }.to_text());
    let danger = "source-empty:build";
    let run = repo.repoman(["apply", "--yes"]).exits(3);
    run.says(["- only", "nothing left in source.build", danger, "BLOCKED – 1 danger"]);
    repo.repoman(["apply", "--yes", "--allow", danger]).ok();
    assert_eq!(repo.index("bookworm/main/binary-amd64"), "");
    repo.repoman(["log", "-n", "1"]).ok().says(["allowed source-empty:build: --allow"]);
    repo.repoman(["plan", "--exit-code"]).ok();
}

#[test]
fn a_mirror_that_lost_more_than_half_is_blocked() {
    let repo = repo_with("mode = \"mirror\"");
    let builds = |version: i32| Deb::new("widget", &version.to_string(), "amd64");
    let files: Vec<_> = (1..=15).map(|version| repo.build(&builds(version))).collect();
    repo.apply();
    for file in &files[..11] {
        fs::remove_file(file).unwrap();
    }
    let plan = repo.repoman(["plan"]).exits(3);
    plan.says(["! source-shrank:build", "of 15 package files that it brought, 11 leave"]);
    let manifest = fs::read_to_string(repo.path("repo.toml")).unwrap();
    let lines =
        "\"source-shrank:build\" = \"spring cleaning\"\n\"mass-removal:bookworm\" = \"the same\"";
    repo.write_manifest(&format!("{manifest}\n[allow]\n{lines}\n"));
    repo.apply().says(["Accepted: source-shrank:build (spring cleaning)"]);
}

#[test]
fn a_mirror_whose_directory_is_away_removes_nothing() {
    let repo = repo_with("mode = \"mirror\"");
    repo.build(&Deb::new("widget", "1", "amd64"));
    repo.apply();
    fs::rename(repo.path("dist"), repo.path("away")).unwrap();
    let plan = repo.repoman(["plan", "--exit-code"]).ok();
    plan.says(["No changes", "Not in this run: source.build"]);
    repo.repoman(["plan", "--require-sources"]).exits(1).says(["error[RM2002]"]);
}

#[test]
fn an_accumulating_source_keeps_what_it_once_brought() {
    let repo = TestRepo::new();
    let file = repo.build(&Deb::new("widget", "1", "amd64"));
    repo.build(&Deb::new("other", "1", "amd64"));
    repo.apply();
    fs::remove_file(file).unwrap();
    repo.repoman(["plan", "--exit-code"]).ok().says(["No changes"]);
}

#[test]
fn a_mirror_leaves_alone_what_another_source_offers_too() {
    let sources = "[source.build]\npath = \"dist/*.deb\"\nto = \"bookworm/main\"\nmode = \"mirror\"\n\
                   [source.other]\npath = \"other/*.deb\"\nto = \"bookworm/main\"";
    let repo = TestRepo::with(&Manifest { sources: sources.to_owned(), ..Manifest::default() });
    let shared = Deb::new("shared", "1", "amd64");
    let mirrored = repo.build(&shared);
    shared.write_to(&repo.path("other"));
    repo.build(&Deb::new("widget", "1", "amd64"));
    repo.apply();
    fs::remove_file(mirrored).unwrap();
    let plan = repo.repoman(["plan"]).ok();
    assert!(!plan.said("- shared"), "{plan}");
    repo.apply();
    assert!(repo.published("dists/bookworm/Release").contains("bookworm"));
    repo.repoman(["plan", "--exit-code"]).ok();
}
