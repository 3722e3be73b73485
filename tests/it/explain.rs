//! The long texts of error codes, offline and without a manifest; and why versions stay or leave.

use crate::support::{Deb, Manifest, TestRepo};

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

/// Returns a repository with versions of widget, of which the last one is not published yet, and a
/// tool that needs an old one.
fn aging() -> TestRepo {
    let repo = TestRepo::new();
    for version in ["1.0", "1.1", "1.2", "1.3", "1.4"] {
        repo.build(&Deb::new("widget", version, "amd64"));
    }
    repo.build(&Deb::new("widget", "1.4", "arm64"));
    let needs = Deb::new("tool", "1.0", "amd64").field("Depends", "widget (= 1.1)");
    repo.build(&needs);
    repo.apply();
    repo.build(&Deb::new("widget", "1.5", "amd64"));
    let more = "[retain]\nversions = 2\n[keep.widget]\n\"1.2\" = \"customers\"\n\
                [yank.widget]\n\"1.3\" = \"corrupts data\"\n";
    repo.write_manifest(&(Manifest::default().to_text() + more));
    repo
}

#[test]
fn every_reason_for_a_version_is_named() {
    let repo = aging();
    let run = repo.repoman(["explain", "bookworm/main/*/widget"]).ok();
    let today = repo.repoman(["query", "widget (= 1.0)", "--fields", "$PublishedAt"]).ok().stdout;
    let today = &today.lines().nth(1).unwrap()[..10];
    let lines: Vec<&str> = run.stdout.lines().collect();
    let expected = [
        "bookworm/main   widget".to_owned(),
        "version  architectures  published    kept because".to_owned(),
        "1.5      amd64          (this plan)  newest · versions 1/2".to_owned(),
        format!("1.4      arm64          {today}   newest · versions 1/2"),
        format!("1.4      amd64          {today}   versions 2/2"),
        format!(
            "1.3      amd64          {today}   – removed by this plan: [yank] line 31, corrupts data"
        ),
        format!("1.2      amd64          {today}   [keep] line 29: customers"),
        format!("1.1      amd64          {today}   needed by tool 1.0 amd64"),
        format!(
            "1.0      amd64          {today}   – removed by this plan: nothing in [retain], line 26, keeps it"
        ),
    ];
    assert_eq!(lines, expected, "{run}");
    repo.apply();
    repo.repoman(["explain", "*/*/amd64/widget@1.3"]).ok().says(["kept out by [yank] line 31"]);
    repo.repoman(["explain", "*/*/amd64/widget@1.0"]).ok().says(["removed by retention before"]);
}

#[test]
fn a_danger_stands_beside_the_version_that_it_is_about() {
    let repo = aging();
    repo.write_manifest(&(Manifest::default().to_text() + "[yank.tool]\n\"1.0\" = \"broken\"\n"));
    repo.repoman(["explain", "bookworm/main/amd64/tool"])
        .ok()
        .says(["[yank] line 27, broken · danger package-gone:bookworm/main/*/tool"]);
}

#[test]
fn times_are_told_with_their_ends_and_may_be_asked_about() {
    let repo = TestRepo::new();
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo.build(&Deb::new("widget", "1.1", "amd64"));
    let retain = "[retain]\nnewer_than = \"7d\"\ngrace = \"2d\"\n";
    repo.write_manifest(&(Manifest::default().to_text() + retain));
    repo.apply();
    let json = repo.repoman(["explain", "bookworm/main/amd64/widget@1.0", "--json"]).ok().stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let version = &json["versions"][0];
    assert_eq!(version["fate"], "kept");
    assert_eq!(version["reasons"][0]["code"], "newer_than");
    assert_eq!(version["reasons"][1]["code"], "grace");
    let until = version["reasons"][0]["until"].as_str().unwrap();
    let run = repo.repoman(["explain", "bookworm/main/amd64/widget@1.0", "--now", until]).ok();
    run.says(["– removed by this plan: nothing in [retain]"]);
}

#[test]
fn an_address_that_leads_nowhere_is_answered_with_the_nearest() {
    let repo = aging();
    let cases = [
        ("bookworm/main/amd64/widgt", 1, "did you mean bookworm/main/amd64/widget?"),
        ("bookworm/main/amd64/widget@1.44", 1, "did you mean bookworm/main/amd64/widget@1.4?"),
        ("bookworm/main/*/widget@1.44", 1, "did you mean bookworm/main/*/widget@1.4?"),
        ("bookwrom/main", 1, "did you mean bookworm/main?"),
        ("bookworm/widget", 1, "error[RM8005]"),
        ("bookworm/main/", 64, "error[RM8001]"),
        ("bookworm/main, tool", 64, "error[RM8006]"),
    ];
    for (address, code, text) in cases {
        repo.repoman(["explain", address]).exits(code).says([text]);
    }
}
