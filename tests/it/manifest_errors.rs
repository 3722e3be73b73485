//! Mistakes in the manifest: all of them at once, each with its place, before anything happens.

use crate::support::{Deb, FileServer, Manifest, TestRepo};

#[test]
fn all_mistakes_are_told_at_once_and_nothing_is_contacted() {
    let directory = tempfile::tempdir().unwrap();
    let server = FileServer::start(directory.path());
    let store = format!(
        "url = \"s3://acme-apt\"\nendpoint = \"{}\"\nregion = \"eu-central-1\"\npathstyle = true",
        server.url()
    );
    let distributions = "[distribution.bookworm]\ncomponents = [\"main\"]\n\
                         architectures = [\"amd64\", \"x86_64\"]"
        .to_owned();
    let sources = "[source.build]\npath = \"dist/{arhc}/*.deb\"\nto = \"bokworm/main\"".to_owned();
    let manifest = Manifest { store, distributions, sources, ..Manifest::default() };
    let repo = TestRepo::with(&manifest)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test");
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    for command in ["check", "plan", "apply"] {
        let run = repo.repoman([command]).exits(1);
        let run = run.says(["error[RM1002]", "pathstyle", "path_style"]);
        let run = run.says(["error[RM1004]", "x86_64", "amd64"]);
        let run = run.says(["error[RM1024]", "bokworm", "bookworm"]);
        let run = run.says(["error[RM1026]", "{arhc}", "{arch}"]);
        run.says(["4 errors in repo.toml. Nothing was contacted."]);
    }
    assert_eq!(server.requests(), [""; 0]);
}

#[test]
fn grammar_of_later_versions_is_refused_and_never_ignored() {
    let repo = TestRepo::new();
    let later = [
        "[notify.releases]\nsns = \"arn:aws:sns:eu-central-1:111122223333:apt\"",
        "[cdn]\ncloudfront = \"E1ABCDEF\"",
        "[source.incoming]\nstore = \"s3://incoming/*.deb\"\nto = \"bookworm/main\"",
        "[source.agent]\ngithub = \"acme/agent\"\nto = \"bookworm/main\"",
    ];
    repo.write_manifest(&format!("{}\n{}\n", Manifest::default().to_text(), later.join("\n")));
    let run = repo.repoman(["check"]).exits(1);
    let refused = run.stderr.lines().filter(|line| line.starts_with("error[RM1008]")).count();
    assert_eq!(refused, later.len(), "{run}");
}

#[test]
fn a_secret_in_the_manifest_is_refused_without_being_repeated() {
    let secret = "-----BEGIN PGP PRIVATE KEY BLOCK-----";
    let manifest = Manifest::default();
    let signing = manifest.signing.replace("env:TEST_SIGNING_KEY", secret);
    let repo = TestRepo::with(&Manifest { signing, ..manifest });
    let run = repo.repoman(["check"]).exits(1);
    assert!(!run.said(secret), "{run}");
    run.says(["error[RM1010]"]);
}

#[test]
fn the_manifest_is_found_from_below() {
    let repo = TestRepo::new();
    let below = repo.path("some/directory");
    std::fs::create_dir_all(&below).unwrap();
    let mut command = repo.command(std::path::Path::new(env!("CARGO_BIN_EXE_repoman")));
    crate::support::Run::of(command.current_dir(&below).arg("check")).ok().says(["is valid"]);
}

#[test]
fn a_path_that_leaves_the_manifests_directory_needs_a_flag() {
    let manifest = Manifest::default();
    let sources = manifest.sources.replace("dist/", "../dist/");
    let repo = TestRepo::with(&Manifest { sources, ..manifest });
    Deb::new("widget", "1.0", "amd64").write_to(&repo.path("../dist"));
    repo.repoman(["plan"]).exits(1).says(["error[RM2006]", "--allow-outside"]);
    repo.repoman(["plan", "--allow-outside"]).ok().says(["+ widget"]);
}
