//! The long texts of error codes, offline and without a manifest.

use crate::support::TestRepo;

#[test]
fn every_code_is_explained_as_the_page_has_it() {
    let repo = TestRepo::new();
    std::fs::remove_file(repo.path("repo.toml")).unwrap();
    let run = repo.repoman(["explain", "error[rm1004]:"]).ok();
    assert!(run.stdout.starts_with("RM1004: not a Debian architecture\n\nDebian has"), "{run}");
    assert!(run.stdout.ends_with("lists them all.\n"), "{run}");
    // The last one of its group, too.
    let run = repo.repoman(["explain", "7003"]).ok();
    assert!(run.stdout.ends_with("Exit status 3.\n"), "{run}");
    let list = repo.repoman(["explain"]).ok().stdout;
    assert!(list.starts_with("RM1000  no manifest\n"), "{list}");
    assert!(list.lines().all(|line| line.starts_with("RM")), "{list}");
}

#[test]
fn an_unknown_code_is_answered_with_the_nearest() {
    let repo = TestRepo::new();
    repo.repoman(["explain", "RM9904"]).exits(64).says(["error[RM8004]", "did you mean RM9004?"]);
    let run = repo.repoman(["explain", "widget\u{1b}"]).exits(64).says(["without a code lists"]);
    assert!(!run.said("\u{1b}"), "{run}");
}

#[test]
fn errors_of_a_manifest_lead_to_their_explanation() {
    let repo = TestRepo::new();
    repo.write_manifest("format = 1\nzebra = 2\n");
    repo.repoman(["check"]).exits(1).says(["`repoman explain RM1002` says more"]);
}
