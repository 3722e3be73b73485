//! Changes that hurt clients: shown in full, and not carried out.

use std::path::Path;

use crate::support::manifest::signed_by;
use crate::support::{Deb, Manifest, Run, TestKey, TestRepo, tree};

/// Asserts that a changed manifest is planned, blocked by a danger, and not applied.
#[track_caller]
fn is_blocked(change: impl Fn(Manifest) -> Manifest, danger: &str) -> TestRepo {
    let repo = TestRepo::new();
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo.build(&Deb::new("widget", "1.0", "arm64"));
    repo.apply();
    let before = tree::stamps(&repo.store());
    repo.write_manifest(&change(Manifest::default()).to_text());
    let plan = repo.repoman(["plan"]).exits(3);
    assert!(plan.stdout.contains("BLOCKED – 1 danger"), "{plan}");
    assert!(plan.stdout.contains(danger), "{plan}");
    repo.repoman(["plan", "--exit-code"]).exits(3);
    repo.repoman(["apply", "--yes"]).exits(3).says([
        danger,
        "error[RM7001]",
        "Nothing was written",
    ]);
    assert_eq!(tree::stamps(&repo.store()), before);
    repo
}

/// Asserts that such a change goes ahead when the manifest says why.
#[track_caller]
fn needs_a_reason(change: impl Fn(Manifest) -> Manifest, danger: &str) {
    let repo = is_blocked(&change, danger);
    is_accepted(&repo, &change(Manifest::default()).to_text());
}

/// Pastes what a blocked plan says into the manifest, and asserts that it goes ahead for just this
/// once, and is on record.
#[track_caller]
fn is_accepted(repo: &TestRepo, text: &str) {
    let plan = repo.repoman(["plan", "--json"]).exits(3).stdout;
    let plan: serde_json::Value = serde_json::from_str(&plan).unwrap();
    let danger = &plan["dangers"][0];
    let remedy = danger["remedy"].as_str().unwrap();
    repo.write_manifest(&format!("{text}\n{}", remedy.replace("\"why\"", "\"agreed, #7\"")));
    let id = danger["id"].as_str().unwrap();
    repo.apply().says([&format!("Accepted: {id} (agreed, #7)")]);
    repo.repoman(["log", "-n", "1"]).ok().says([&format!("allowed {id}: agreed, #7")]);
    let again = repo.repoman(["plan", "--exit-code"]).ok();
    again.says(["does nothing any more", "No changes"]);
}

#[test]
fn another_origin_is_blocked() {
    let change = |manifest: Manifest| Manifest {
        repository: "origin = \"Acme Inc\"".to_owned(),
        ..manifest
    };
    needs_a_reason(change, "! release-field:bookworm.origin");
}

#[test]
fn a_distribution_that_is_not_automatic_any_more_is_blocked_and_another_suite_is_told() {
    let with = |line: &str| Manifest {
        distributions: format!("{}\n{line}", Manifest::default().distributions),
        ..Manifest::default()
    };
    needs_a_reason(|_| with("not_automatic = true"), "! release-field:bookworm.notautomatic");
    let repo = TestRepo::new();
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo.apply();
    let text = with("version = \"12.4\"").to_text().replace("\"stable\"", "\"oldstable\"");
    repo.write_manifest(&text);
    let plan = repo.repoman(["plan"]).ok();
    plan.says([
        "warning: release-field:bookworm.suite: clients that name the old value",
        "warning: release-field:bookworm.version",
    ]);
}

#[test]
fn an_architecture_less_is_blocked() {
    let change = |manifest: Manifest| Manifest {
        distributions: manifest.distributions.replace(", \"arm64\"", ""),
        sources: manifest.sources.clone() + "\narchitectures = [\"amd64\"]",
        ..manifest
    };
    needs_a_reason(change, "! arch-removed:bookworm/*/arm64");
}

#[test]
fn a_component_less_is_blocked() {
    let change = |manifest: Manifest| Manifest {
        distributions: manifest.distributions.replace("\"main\"", "\"other\""),
        sources: manifest.sources.replace("bookworm/main", "bookworm/other"),
        ..manifest
    };
    needs_a_reason(change, "! component-removed:bookworm/main");
}

#[test]
fn no_signature_any_more_is_blocked() {
    let change = |manifest: Manifest| Manifest { signing: "keys = []".to_owned(), ..manifest };
    let repo = is_blocked(change, "! signing-off:bookworm");
    repo.repoman(["plan"]).exits(3).says(["No line accepts it", "to an empty prefix"]);
    let markdown = repo.repoman(["plan", "--markdown"]).exits(3);
    markdown.says(["**Blocked: 1 danger.**", "No line accepts it"]);
    let accepted = ["apply", "--yes", "--allow", "signing-off:bookworm"];
    repo.repoman(accepted).exits(3).says(["! signing-off:bookworm"]);
    let text = change(Manifest::default()).to_text();
    repo.write_manifest(&format!("{text}\n[allow]\n\"signing-off:bookworm\" = \"why\"\n"));
    repo.repoman(["check"]).exits(1).says(["error[RM1041]", "to an empty prefix"]);
}

#[test]
fn a_first_signature_vouches_for_what_nobody_vouched_for() {
    let unsigned = Manifest { signing: "keys = []".to_owned(), ..Manifest::default() };
    let repo = TestRepo::with(&unsigned);
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo.apply();
    let signed = Manifest::default().to_text();
    repo.write_manifest(&signed);
    repo.repoman(["plan"]).exits(3).says(["! signing-on:bookworm"]);
    is_accepted(&repo, &signed);
    assert!(TestKey::shared().accepts(&repo.store().join("dists/bookworm/InRelease")));
    repo.repoman(["drift"]).ok();
}

#[test]
fn a_key_that_no_client_knows_is_blocked() {
    let key = TestKey::generate("Next <next@example.org>", "never");
    let keys = [
        ("next", &key, "env:TEST_SIGNING_KEY"),
        ("test", TestKey::shared(), "env:TEST_SIGNING_KEY"),
    ];
    let signing = signed_by(&keys).replace(r#"["next", "test"]"#, r#"["next"]"#);
    let change = |manifest: Manifest| Manifest { signing: signing.clone(), ..manifest };
    let danger = format!("! key-dropped:bookworm.{}", TestKey::shared().fingerprint);
    let repo = is_blocked(change, &danger).env("TEST_SIGNING_KEY", &key.secret);
    is_accepted(&repo, &change(Manifest::default()).to_text());
}

#[test]
fn a_store_of_another_repository_is_not_touched() {
    let repo = TestRepo::new();
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo.apply();
    let before = tree::stamps(&repo.store());
    repo.write_manifest(&Manifest::default().to_text().replace("\"acme-apt\"", "\"other\""));
    repo.repoman(["apply", "--yes"]).exits(3).says(["error[RM7003]"]);
    assert_eq!(tree::stamps(&repo.store()), before);
}

#[test]
fn a_repository_of_another_tool_is_not_taken_over() {
    let repo = TestRepo::new();
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    let foreign = repo.store().join("dists/bookworm");
    std::fs::create_dir_all(&foreign).unwrap();
    std::fs::write(foreign.join("InRelease"), "Origin: Other\nSuite: stable\n").unwrap();
    let before = tree::stamps(&repo.store());
    repo.repoman(["apply", "--yes"]).exits(3).says(["error[RM7002]"]);
    assert_eq!(tree::stamps(&repo.store()), before);
}

/// Creates a published repository, and returns its manifest with a field that apt insists on changed.
fn rebranded() -> (TestRepo, String) {
    let repo = TestRepo::new();
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo.apply();
    let manifest =
        Manifest { repository: "origin = \"Acme Inc\"".to_owned(), ..Manifest::default() };
    (repo, manifest.to_text())
}

#[test]
fn a_line_with_a_reason_accepts_a_danger_and_expires() {
    let (repo, manifest) = rebranded();
    repo.write_manifest(&manifest);
    let line = "\"release-field:bookworm.origin\" = \"why\"";
    repo.repoman(["plan"]).exits(3).says(["To go ahead:", "[allow]", line]);
    let allowed = line.replace("why", "rebrand, announced 2026-11-02");
    repo.write_manifest(&format!("{manifest}\n[allow]\n{allowed}\n"));
    let plan = repo.repoman(["plan", "--json"]).ok();
    let json: serde_json::Value = serde_json::from_str(&plan.stdout).unwrap();
    assert_eq!(json["status"], "ready");
    assert_eq!(json["dangers"][0]["acknowledged"], "rebrand, announced 2026-11-02");
    repo.repoman(["apply", "--yes"]).ok().says(["Accepted: release-field:bookworm.origin"]);
    repo.repoman(["log", "-n", "1"]).ok().says(["allowed release-field:bookworm.origin: rebrand"]);
    repo.repoman(["plan"]).ok().says(["in [allow], does nothing any more", "No changes"]);
}

#[test]
fn a_flag_accepts_a_danger_once() {
    let (repo, manifest) = rebranded();
    repo.write_manifest(&manifest);
    let danger = "release-field:bookworm.origin";
    repo.repoman(["apply", "--yes", "--allow", "release-field:bookworm.label"])
        .exits(3)
        .says(["--allow release-field:bookworm.label accepts no danger"]);
    repo.repoman(["apply", "--yes", "--allow", danger]).ok();
    repo.repoman(["log"]).ok().says(["allowed release-field:bookworm.origin: --allow"]);
}

#[test]
fn what_is_removed_for_good_needs_a_reason() {
    let repo = TestRepo::new();
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo.build(&Deb::new("gadget", "1.0", "arm64"));
    repo.apply();
    let manifest = Manifest::default();
    let manifest = Manifest {
        distributions: manifest.distributions.replace(", \"arm64\"", ""),
        sources: manifest.sources + "\narchitectures = [\"amd64\"]",
        ..Manifest::default()
    };
    let removed = "[removed]\n\"bookworm/*/arm64\" = \"no machine left\"\n";
    repo.write_manifest(&format!("{}\n{removed}", manifest.to_text()));
    repo.repoman(["apply", "--yes"]).ok().says(["- gadget", "not declared any more", "Accepted"]);
    assert!(!repo.published("dists/bookworm/InRelease").contains("arm64"));
    repo.repoman(["plan"]).ok().says(["No changes"]);
}

#[test]
fn very_many_removals_at_once_are_blocked() {
    let repo = TestRepo::new();
    for version in 1..=12 {
        repo.build(&Deb::new("widget", &version.to_string(), "amd64"));
    }
    repo.apply();
    let rules = format!("{}\n[retain]\nversions = 1\n", Manifest::default().to_text());
    repo.write_manifest(&rules);
    let plan = repo.repoman(["plan"]).exits(3);
    plan.says(["! mass-removal:bookworm", "11 versions of 12 leave at once", "11 to remove"]);
    repo.write_manifest(&format!("{rules}\n[limits]\nremove_at_least = 20\n"));
    repo.repoman(["plan", "--exit-code"]).exits(2);
    repo.write_manifest(&rules);
    is_accepted(&repo, &rules);
}

#[test]
fn a_dependency_that_would_lose_its_package_is_found() {
    let repo = TestRepo::new();
    repo.build(&Deb::new("libwidget1", "1.0", "amd64"));
    repo.build(&Deb::new("libwidget1", "1.1", "amd64"));
    let tool = Deb::new("tool", "1.0", "amd64").field("Depends", "libwidget1 (= 1.0)");
    repo.build(&tool);
    repo.apply();
    let text = Manifest::default().to_text();
    repo.write_manifest(&format!("{text}\n[retain]\nversions = 1\n"));
    repo.repoman(["plan"]).ok().says(["No changes"]);
    let yanked = format!("{text}\n[yank.libwidget1]\n\"1.0\" = \"bad, #1\"\n");
    repo.write_manifest(&yanked);
    let plan = repo.repoman(["plan"]).exits(3);
    plan.says([
        "- libwidget1  1.0",
        "[yank] line",
        "bad, #1",
        "! breaks-depends:bookworm/main/amd64/tool@1.0",
        "libwidget1 (= 1.0)",
    ]);
    is_accepted(&repo, &yanked);
}

/// Runs git beside the manifest; returns what it prints.
fn git(repo: &TestRepo, arguments: &str) -> String {
    let mut command = repo.command(Path::new("git"));
    command.args(["-c", "user.name=Test", "-c", "user.email=test@example.org"]);
    Run::of(command.args(arguments.split(' '))).ok().stdout.trim().to_owned()
}

#[test]
fn a_job_of_an_old_commit_does_not_take_back_what_came_since() {
    let repo = TestRepo::new();
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    git(&repo, "init --quiet");
    let commit = |text: &str| {
        repo.write_manifest(text);
        git(&repo, "add repo.toml");
        git(&repo, "commit --quiet --message manifest");
        git(&repo, "rev-parse HEAD")
    };
    let text = Manifest::default().to_text();
    let old = commit(&text);
    repo.apply();
    let new = commit(&text.replace("origin =", "description = \"For Debian\"\norigin ="));
    repo.apply();
    git(&repo, &format!("checkout --quiet {old}"));
    let danger = format!("older-manifest:{}", &new[..12]);
    repo.repoman(["plan"]).exits(3).says([
        "~ Description",
        &format!("! {danger}"),
        "Better: apply the latest commit",
        &format!("\"{danger}\" = \"why\""),
    ]);
    repo.repoman(["apply", "--yes"]).exits(3).says(["error[RM7001]"]);
    // Neither a file that is in no commit nor one of a stranger's history is known to be older.
    repo.write_manifest(&format!("{text}\n"));
    assert!(!repo.repoman(["plan"]).ok().said("older-manifest"));
    repo.write_manifest(&text);
    repo.repoman(["apply", "--yes", "--allow", &danger]).ok().says(["Accepted: older-manifest"]);
    repo.repoman(["log", "-n", "1"]).ok().says([&format!("allowed {danger}: --allow"), &old[..7]]);
    repo.repoman(["plan", "--exit-code"]).ok();
    git(&repo, &format!("checkout --quiet {new}"));
    assert!(!repo.apply().said("older-manifest"));
    // A later commit with the same manifest wants nothing else.
    git(&repo, "commit --quiet --allow-empty --message other");
    repo.build(&Deb::new("gadget", "1.0", "amd64"));
    repo.apply();
    git(&repo, &format!("checkout --quiet {new}"));
    repo.build(&Deb::new("gadget", "1.1", "amd64"));
    repo.repoman(["plan", "--exit-code"]).exits(2);
}

#[test]
fn a_mirror_that_loses_the_newest_version_or_the_last_one_needs_a_reason() {
    let repo = TestRepo::new();
    let mirrored = Manifest::default().to_text() + "mode = \"mirror\"\n";
    repo.write_manifest(&mirrored);
    repo.build(&Deb::new("gadget", "1.0", "amd64"));
    let newer = repo.build(&Deb::new("widget", "1.1", "amd64"));
    let older = repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo.apply();
    for (lost, danger) in [(newer, "! newest-lowered"), (older, "! package-gone")] {
        std::fs::remove_file(lost).unwrap();
        repo.repoman(["plan"]).exits(3).says([&format!("{danger}:bookworm/main/*/widget")]);
        is_accepted(&repo, &mirrored);
        repo.write_manifest(&mirrored);
    }
}
