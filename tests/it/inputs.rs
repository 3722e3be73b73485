//! `--input`: the files of a source lie elsewhere in one run.

use crate::support::{Deb, TestRepo};

#[test]
fn a_source_finds_its_files_elsewhere() {
    let repo = TestRepo::new();
    Deb::new("widget", "1.0", "amd64").write_to(&repo.path("artifacts"));
    repo.build(&Deb::new("gadget", "1.0", "amd64"));
    let input = "build=artifacts/*.deb";
    let run = repo.repoman(["plan", "--input", input, "--out", "plan.json"]).ok();
    let run = run.says(["+ widget", "In this run source.build is artifacts/*.deb (--input)."]);
    assert!(!run.said("gadget"), "{run}");
    let plan = std::fs::read_to_string(repo.path("plan.json")).unwrap();
    let plan: serde_json::Value = serde_json::from_str(&plan).unwrap();
    assert_eq!(plan["sources"][0]["input"], "artifacts/*.deb");
    repo.repoman(["apply", "--plan", "plan.json", "--exact", "--input", input]).ok();
    repo.repoman(["query", "--format", "plain"]).ok().says(["widget"]);
}

#[test]
fn mistakes_are_told_before_anything_is_read() {
    let repo = TestRepo::new();
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    let cases = [
        ("biuld=x/*.deb", 64, "did you mean `build`?"),
        ("build", 64, "it is not NAME=GLOB"),
        ("build=s3://x/*.deb", 64, "not for URLs"),
        ("build=../x/*.deb", 1, "error[RM2006]"),
        ("build=missing/*.deb", 1, "missing does not exist"),
        ("build=dist/*.rpm", 1, "error[RM2001]"),
    ];
    for (input, code, text) in cases {
        repo.repoman(["plan", "--input", input]).exits(code).says([text]);
    }
    let input = "build=dist/*.deb";
    repo.repoman(["plan", "--input", input, "--input", input]).exits(64).says(["RM2020", "twice"]);
}
