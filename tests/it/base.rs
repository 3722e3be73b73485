//! `plan --base`: what a change of the manifest causes, and what would happen without it.

use std::path::Path;

use crate::support::{Deb, Manifest, Run, TestRepo};

/// Runs git beside the manifest.
#[track_caller]
fn git(repo: &TestRepo, arguments: &[&str]) -> Run {
    let mut command = repo.command(Path::new("git"));
    command.args(["-c", "user.name=Test", "-c", "user.email=test@example.org"]);
    Run::of(command.args(arguments)).ok()
}

fn with(more: &str) -> String {
    format!("{}\n{more}\n", Manifest::default().to_text())
}

/// Returns a repository with three versions of widget and two of gadget; its manifest, which is
/// committed, keeps one version of gadget from now on.
fn committed() -> TestRepo {
    let repo = TestRepo::new();
    for (name, version) in [
        ("widget", "1.0"),
        ("widget", "1.1"),
        ("widget", "1.2"),
        ("gadget", "1.0"),
        ("gadget", "2.0"),
    ] {
        repo.build(&Deb::new(name, version, "amd64"));
    }
    repo.apply();
    repo.write_manifest(&with(GADGETS));
    git(&repo, &["init", "--quiet"]);
    git(&repo, &["add", "repo.toml"]);
    git(&repo, &["commit", "--quiet", "--message", "base"]);
    repo
}

const GADGETS: &str = "[retain.package.gadget]\nversions = 1\n";
const YANK: &str = "[yank.widget]\n\"1.1\" = \"corrupts data\"\n";

#[test]
fn a_change_is_told_from_what_would_happen_anyway() {
    let repo = committed();
    repo.write_manifest(&with(&format!("{GADGETS}\n{YANK}")));
    repo.build(&Deb::new("doodad", "1.0", "amd64"));
    let run = repo.repoman(["plan", "--base", "HEAD"]).ok().says([
        "- widget  1.1",
        "Plan: 0 to add, 1 to remove, 0 to change.",
        "Would happen anyway (not caused by this change): 1 package to add, 1 version to remove. -v",
    ]);
    assert!(!run.said("gadget") && !run.said("doodad"), "{run}");
    repo.repoman(["plan", "--base", "HEAD", "-v"]).ok().says(["- gadget  1.0", "+ doodad  1.0"]);
    let json = repo.repoman(["plan", "--base", "HEAD", "--json"]).ok().stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["compared"]["base"], "HEAD");
    let actions = json["actions"].as_array().unwrap();
    let anyway = actions
        .iter()
        .map(|action| (action["package"].as_str().unwrap(), action["in_base"] == true));
    assert_eq!(anyway.collect::<Vec<_>>(), [("doodad", true), ("gadget", true), ("widget", false)]);
}

#[test]
fn what_a_change_prevents_is_told() {
    let repo = committed();
    repo.write_manifest(&with(&format!("{GADGETS}\n[keep.gadget]\n\"1.0\" = \"customers\"\n")));
    repo.repoman(["plan", "--base", "HEAD"]).ok().says([
        "This change does nothing: HEAD has the same plan now.",
        "Does not happen any more, by this change:\n  - bookworm/main/amd64/gadget@1.0\n",
    ]);
    repo.repoman(["plan"]).ok().says(["No changes"]);
}

#[test]
fn a_danger_that_the_base_has_still_blocks() {
    let repo = committed();
    let renamed = with(GADGETS).replace("origin = \"Acme\"", "origin = \"Acme Inc\"");
    std::fs::write(repo.path("before.toml"), &renamed).unwrap();
    repo.write_manifest(&format!("{renamed}\n{YANK}"));
    let run = repo.repoman(["plan", "--base", "before.toml"]).exits(3).says([
        "- widget  1.1",
        "! release-field:bookworm.origin",
        "Not caused by this change: release-field:bookworm.origin is in the plan of before.toml, \
         and blocks all the same.",
    ]);
    assert!(!run.stdout.contains("~ Origin"), "{run}");
}

#[test]
fn a_base_without_manifest_makes_everything_the_change() {
    let repo = TestRepo::new();
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    git(&repo, &["init", "--quiet"]);
    git(&repo, &["commit", "--quiet", "--allow-empty", "--message", "base"]);
    let run = repo.repoman(["plan", "--base", "HEAD"]).ok();
    assert!(!run.said("anyway"), "{run}");
    run.says(["+ widget", "Plan: 1 distribution, 1 package (1 file) to add"]);
}

#[test]
fn a_base_that_is_none_is_named() {
    let repo = committed();
    for name in ["origin/main", "--all", "x y"] {
        let flag = format!("--base={name}");
        repo.repoman(["plan", &flag]).exits(1).says(["error[RM1060]", "neither a file nor", name]);
    }
    repo.write_manifest("format = 1\nzebra = 2\n");
    git(&repo, &["commit", "--quiet", "--all", "--message", "broken"]);
    repo.write_manifest(&with(GADGETS));
    repo.repoman(["plan", "--base", "HEAD"]).exits(1).says(["HEAD:repo.toml", "error[RM1002]"]);
}
