//! The verbs that edit the manifest: what they write, and the mistakes that write nothing.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use crate::support::{Manifest, Run, TestRepo};

/// Returns the manifest as it is.
fn manifest(repo: &TestRepo) -> String {
    fs::read_to_string(repo.path("repo.toml")).unwrap()
}

/// Runs a command that must fail and leave everything as it was.
#[track_caller]
fn refused<const N: usize>(repo: &TestRepo, arguments: [&str; N]) -> Run {
    let before = manifest(repo);
    let run = repo.repoman(arguments).exits(1);
    assert_eq!(manifest(repo), before, "{run}");
    assert_eq!(run.stdout, "", "{run}");
    assert!(
        fs::read_dir(repo.path(""))
            .unwrap()
            .all(|entry| { !entry.unwrap().file_name().to_string_lossy().starts_with(".repoman") })
    );
    run
}

/// Returns the lines of a difference that come and go.
fn changed(diff: &str) -> Vec<&str> {
    let hunks = diff.lines().skip_while(|line| !line.starts_with("@@"));
    hunks.filter(|line| line.starts_with(['+', '-'])).collect()
}

const ADD_GADGET: [&str; 7] =
    ["add", "source", "gadget", "--path", "gadget/*.deb", "--to", "bookworm/main"];

#[test]
fn a_source_is_added_shown_and_removed_again() {
    let repo = TestRepo::new();
    let before = manifest(&repo);
    let added = repo.repoman(ADD_GADGET).ok().says(["Wrote repo.toml."]);
    let lines = ["+", "+[source.gadget]", "+path = \"gadget/*.deb\"", "+to   = \"bookworm/main\""];
    assert_eq!((changed(&added.stderr), added.stdout.as_str()), (lines.to_vec(), ""));
    repo.repoman(["check"]).ok().says(["2 sources"]);
    repo.repoman(["remove", "source", "gadget"]).ok().says(["-[source.gadget]"]);
    assert_eq!(manifest(&repo), before);
    assert!(!repo.store().exists());
}

#[test]
fn a_dry_run_prints_the_difference_and_writes_nothing() {
    let repo = TestRepo::new();
    let before = manifest(&repo);
    let run = repo.repoman(["remove", "source", "build", "--dry-run", "-q"]).ok();
    assert!(run.stdout.starts_with("--- repo.toml\n+++ repo.toml\n@@ "), "{run}");
    assert!(run.stdout.contains("-[source.build]\n") && run.stderr.is_empty(), "{run}");
    assert_eq!(manifest(&repo), before);
}

#[test]
fn a_distribution_a_key_and_a_source_make_a_manifest() {
    let repo = TestRepo::new();
    let distribution = ["add", "distribution", "bookworm/updates", "--component", "main"];
    let [a, b, c, d, e] = distribution;
    repo.repoman([a, b, c, d, e, "--architecture", "amd64,arm64"])
        .ok()
        .says(["+[distribution.\"bookworm/updates\"]", "+architectures = [\"amd64\", \"arm64\"]"]);
    let fingerprint = "9A3F52C1E7B04D6688A1F0C2B7D19E35A1C4D04E";
    let [a, b, c, d, e] = ["add", "key", "next", "--fingerprint", fingerprint];
    repo.repoman([a, b, c, d, e, "--secret", "env:NEXT"]).ok();
    repo.repoman(ADD_GADGET).ok();
    repo.repoman(["check"]).ok().says(["2 distributions, 2 sources"]);
    repo.repoman(["remove", "key", "next"]).ok();
    assert!(!manifest(&repo).contains("next"));
}

#[test]
fn a_mistake_in_a_source_writes_nothing() {
    let repo = TestRepo::new();
    let add = |path: &str, to: &str| {
        let name = if path == "again" { "build" } else { "gadget" };
        refused(&repo, ["add", "source", name, "--path", path, "--to", to])
    };
    let run = add("dist/*.deb", "bokworm/main");
    run.says(["error[RM1024]", "bookworm/main", "repo.toml:", "Nothing was written."]);
    add("dist/{arhc}/*.deb", "bookworm/main").says(["error[RM1026]", "{arch}"]);
    add("../dist/*.deb", "bookworm/main").says(["error[RM2006]", "--allow-outside"]);
    add("again", "bookworm/main").says(["error[RM1102]", "source build is there already"]);
    let run = refused(&repo, ["remove", "source", "biuld"]);
    run.says(["error[RM1101]: there is no source biuld", "did you mean build?"]);
}

#[test]
fn a_mistake_in_a_distribution_or_key_writes_nothing() {
    let repo = TestRepo::new();
    let add = |codename: &str, architecture: &str| {
        let [a, b, c] = ["add", "distribution", codename];
        refused(&repo, [a, b, c, "--component", "main", "--architecture", architecture])
    };
    add("trixie", "x86_64").says(["error[RM1004]", "amd64"]);
    add("../trixie", "amd64").says(["error[RM1013]"]);
    add("bookworm", "amd64").says(["error[RM1102]"]);
    let remove = |codename| refused(&repo, ["remove", "distribution", codename, "--reason", "EOL"]);
    remove("bokworm").says(["error[RM1101]", "did you mean bookworm?"]);
    let run = remove("bookworm");
    run.says([
        "error[RM1103]: bookworm is all that there is to source build",
        "`repoman remove source build`",
    ]);
    let secret = "-----BEGIN PGP PRIVATE KEY BLOCK-----";
    let run = refused(&repo, ["add", "key", "a", "--fingerprint", "12", "--secret", secret]);
    assert!(!run.stderr.contains("PGP PRIVATE"), "{run}");
    run.says(["error[RM1010]", "error[RM1017]"]);
}

/// A manifest with two distributions and a route between them.
fn two_distributions() -> Manifest {
    let manifest = Manifest::default();
    let distributions = format!(
        "{}\n\n# the next stable\n[distribution.trixie]\ncomponents = [\"main\"]\narchitectures = \
         [\"amd64\", \"arm64\"]",
        manifest.distributions
    );
    Manifest { distributions, ..manifest }
}

#[test]
fn a_mistake_in_an_exception_writes_nothing() {
    let repo = TestRepo::with(&two_distributions());
    let yank = |versions, from| {
        refused(&repo, ["yank", "widget", versions, "--reason", "why", "--from", from])
    };
    yank("< 1.0", "trixie").says(["error[RM1043]", "write `<<` or `<=`", "Nothing was written."]);
    yank("1.0 | 2.0", "trixie").says(["error[RM1043]"]);
    yank("1.0", "trxie").says(["trixie", "Nothing was written."]);
    refused(&repo, ["yank", "widget", "1.0", "--reason", "a\nb"]).says(["error[RM1011]"]);
    refused(&repo, ["yank", "Widget!", "1.0", "--reason", "why"]).says(["Nothing was written."]);
    let run = refused(&repo, ["remove", "yank", "widget", "1.0"]);
    run.says(["error[RM1101]: there is no yank of widget 1.0"]);
    repo.repoman(["yank", "widget", "1.0"]).exits(64).says(["--reason"]);
}

#[test]
fn a_mistake_in_a_promotion_writes_nothing() {
    let repo = TestRepo::new();
    refused(&repo, ["promote", "widget", "1.0"]).says(["error[RM1104]", "--from", "--to"]);
    let run = refused(&repo, ["promote", "widget", "1.0", "--source", "biuld"]);
    run.says(["error[RM1101]", "did you mean build?"]);
    let run = refused(&repo, ["promote", "widget", "1.0", "--source", "build"]);
    run.says(["error[RM1104]: source build does not promote"]);
    let run = refused(&repo, ["promote", "widget", "1.0", "--from", "trixie/main"]);
    run.says(["error[RM1104]: no source promotes yet", "--to DIST/COMPONENT"]);
}

#[test]
fn versions_are_yanked_kept_and_let_go_again() {
    let repo = TestRepo::with(&two_distributions());
    let before = manifest(&repo);
    let yank =
        |package, versions, reason| repo.repoman(["yank", package, versions, "--reason", reason]);
    yank("widget", ">=1.4,<<1.4.2", "it's \"broken\", #412").ok();
    yank("widget", ">= 1.4, << 1.4.2", "it's \"broken\", #412").ok().says(["says so already"]);
    let other = refused(&repo, ["yank", "widget", ">=1.4,<<1.4.2", "--reason", "other"]);
    other.says(["error[RM1102]", "`repoman remove yank widget '>= 1.4, << 1.4.2'`"]);
    yank("python3.11", "1.0", "why").ok();
    repo.repoman(["keep", "widget", "1.0.*", "--reason", "LTS"]).ok();
    let lines = "\n[yank.widget]\n\">= 1.4, << 1.4.2\" = \"it's \\\"broken\\\", #412\"\n\n\
                 [yank.\"python3.11\"]\n\"1.0\" = \"why\"\n\n[keep.widget]\n\"1.0.*\" = \"LTS\"\n";
    assert_eq!(manifest(&repo), format!("{before}{lines}"));
    repo.repoman(["check"]).ok();

    let both = refused(&repo, ["keep", "widget", "1.4.1", "--reason", "LTS"]);
    both.says(["widget 1.4.1 is both yanked and kept", "Nothing was written."]);
    repo.repoman(["remove", "yank", "widget", ">=1.4,<<1.4.2"]).ok();
    repo.repoman(["remove", "yank", "python3.11", "= 1.0"]).ok();
    repo.repoman(["remove", "keep", "widget", "1.0.*"]).ok();
    assert_eq!(manifest(&repo), before);
}

#[test]
fn a_distribution_is_removed_with_what_names_it() {
    let manifest = two_distributions();
    let sources =
        manifest.sources.replace("\"bookworm/main\"", "[\"bookworm/main\", \"trixie/main\"]");
    let repo = TestRepo::with(&Manifest { sources, ..manifest });
    let run = repo.repoman(["remove", "distribution", "trixie", "--reason", "never used"]).ok();
    run.says(["-# the next stable", "+to = [\"bookworm/main\"]", "+trixie = \"never used\""]);
    repo.repoman(["check"]).ok().says(["1 distribution"]);
}

#[test]
fn no_environment_has_to_be_chosen_for_an_edit() {
    let repo = TestRepo::new();
    let environments = "\n[env.prod]\n\n[env.staging]\nstore.url = \"file://staging\"\n";
    repo.write_manifest(&format!("{}{environments}", manifest(&repo)));
    repo.repoman(ADD_GADGET).ok();
    repo.repoman(["check", "--env", "prod"]).ok().says(["2 sources"]);
    repo.repoman(["fmt", "--check"]).exits(1).says(["error[RM1106]"]);
    let broken = manifest(&repo).replace("file://staging", "staging");
    repo.write_manifest(&broken);
    refused(&repo, ["remove", "source", "gadget"]).says(["error[RM1014]"]);
}

#[test]
fn only_the_last_line_end_of_a_text_on_one_line_is_made_up_for() {
    let repo = TestRepo::new();
    let windows = format!("\u{feff}{}", manifest(&repo).trim_end().replace('\n', "\r\n"));
    repo.write_manifest(&windows);
    repo.repoman(ADD_GADGET).ok();
    let after = manifest(&repo);
    assert!(after.starts_with(&windows) && !after.replace("\r\n", "").contains('\n'), "{after}");
}

#[test]
fn links_stay_links_and_files_keep_their_mode() {
    let repo = TestRepo::new();
    fs::create_dir(repo.path("real")).unwrap();
    fs::rename(repo.path("repo.toml"), repo.path("real/apt.toml")).unwrap();
    symlink("real/apt.toml", repo.path("repo.toml")).unwrap();
    fs::set_permissions(repo.path("real/apt.toml"), fs::Permissions::from_mode(0o640)).unwrap();
    repo.repoman(ADD_GADGET).ok();
    assert!(repo.path("repo.toml").is_symlink());
    let mode = fs::metadata(repo.path("real/apt.toml")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    assert_eq!(fs::read_dir(repo.path("real")).unwrap().count(), 1);
}

#[test]
fn a_write_protected_manifest_stays_as_it_is() {
    let repo = TestRepo::new();
    fs::set_permissions(repo.path("repo.toml"), fs::Permissions::from_mode(0o444)).unwrap();
    let run = refused(&repo, ADD_GADGET);
    run.says(["error[RM9002]: failed to write repo.toml", "permission", "Nothing was written."]);
    repo.repoman(["remove", "source", "build", "--dry-run"]).ok();
    let unformatted = format!("{}\n\n", manifest(&repo));
    fs::remove_file(repo.path("repo.toml")).unwrap();
    repo.write_manifest(&unformatted);
    fs::set_permissions(repo.path("repo.toml"), fs::Permissions::from_mode(0o444)).unwrap();
    refused(&repo, ["fmt"]).says(["error[RM9002]"]);
}

#[test]
fn without_a_manifest_that_can_be_read_nothing_is_edited() {
    let repo = TestRepo::new();
    let broken = manifest(&repo).replace("[store]", "[store");
    repo.write_manifest(&broken);
    let commands: [&[&str]; 6] = [
        &["fmt"],
        &["remove", "source", "build"],
        &["remove", "distribution", "bookworm", "--reason", "EOL"],
        &["yank", "widget", "1.0", "--reason", "why"],
        &["keep", "widget", "1.0", "--reason", "why"],
        &["promote", "widget", "1.0"],
    ];
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_repoman"));
    for command in commands {
        let run = Run::of(repo.command(binary).args(command)).exits(1);
        run.says(["error[RM1001]", "repo.toml:7:7"]);
        assert_eq!(manifest(&repo), broken);
    }
    fs::remove_file(repo.path("repo.toml")).unwrap();
    for command in commands {
        Run::of(repo.command(binary).args(command))
            .exits(1)
            .says(["error[RM1000]", "repoman init"]);
    }
}

#[test]
fn the_format_is_made_checked_and_kept() {
    let repo = TestRepo::new();
    let text = manifest(&repo).replace("[source.build]", "# ours\n[source.build]   # all of them");
    repo.write_manifest(&text);
    let run = repo.repoman(["fmt", "--check"]).exits(1);
    let aligned = "+suite         = \"stable\"\n+components    = [\"main\"]\n";
    assert!(run.stdout.contains(aligned), "{run}");
    run.says(["error[RM1106]: repo.toml is not formatted", "`repoman fmt`"]);
    assert_eq!(manifest(&repo), text);
    repo.repoman(["fmt"]).ok().says(["Formatted repo.toml."]);
    let formatted = manifest(&repo);
    assert!(formatted.contains("# ours\n[source.build]   # all of them\npath = "), "{formatted}");
    assert_eq!(repo.repoman(["fmt", "--check"]).ok().stdout, "");
    repo.repoman(["check"]).ok();
    repo.repoman(["init", "-f", "new.toml"]).ok();
    repo.repoman(["fmt", "--check", "-f", "new.toml"]).ok();
}

#[test]
fn a_difference_never_shows_a_secret() {
    let repo = TestRepo::new();
    repo.write_manifest(&manifest(&repo).replace("env:TEST_SIGNING_KEY", "hunter2 hunter2"));
    let run = repo.repoman(["fmt", "--check"]).exits(1);
    assert!(!run.said("hunter2") && run.said("+secret      =***"), "{run}");
}
