//! One manifest for several places: which of them a command is about.

use crate::support::{Deb, Manifest, Run, TestRepo};

/// Returns a repository with the places `repo` and `staging`, and one package.
fn repository() -> TestRepo {
    let manifest = Manifest::default();
    let environments = "[env.prod]\n[env.staging]\nstore.url = \"file://staging\"";
    let sources = format!("{}\n{environments}", manifest.sources);
    let repo = TestRepo::with(&Manifest { sources, ..manifest });
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo
}

#[test]
fn an_environment_is_published_to_its_own_place() {
    let repo = repository();
    repo.repoman(["apply", "--yes", "--env", "staging"]).ok().says(["env.staging"]);
    assert!(repo.path("staging/dists/bookworm/InRelease").exists());
    assert!(!repo.store().exists(), "the other place is left alone");
    let mut command = repo.command(env!("CARGO_BIN_EXE_repoman").as_ref());
    let run = Run::of(command.env("REPOMAN_ENV", "staging").args(["plan", "--json"])).ok();
    run.says(["\"env\": \"staging\"", "\"status\": \"empty\""]);
    repo.repoman(["plan", "--env", "prod"]).ok().says(["env.prod", "Nothing is published here"]);
}

#[test]
fn without_a_choice_nothing_is_done() {
    let repo = repository();
    for command in ["check", "plan", "apply", "drift"] {
        repo.repoman([command]).exits(1).says(["error[RM1049]", "`prod`, `staging`"]);
    }
    repo.repoman(["check", "--env", "stagng"]).exits(1).says(["did you mean `staging`?"]);
    repo.repoman(["check", "--env", "staging"]).ok();
    let mut command = repo.command(env!("CARGO_BIN_EXE_repoman").as_ref());
    Run::of(command.env("REPOMAN_ENV", "").arg("check")).exits(1).says(["error[RM1049]"]);
}

#[test]
fn a_manifest_without_environments_has_none_to_choose() {
    let repo = TestRepo::new();
    repo.repoman(["check", "--env", "prod"])
        .exits(1)
        .says(["error[RM1049]", "the manifest has none"]);
}
