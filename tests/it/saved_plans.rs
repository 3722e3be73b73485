//! Plans that are saved, approved, and then carried out: never more than was approved.

use crate::support::{Deb, Manifest, TestRepo, tree};

/// Returns a repository with widget 1.0, and a plan in `plan.json` that adds widget 1.1.
fn planned() -> TestRepo {
    let repo = TestRepo::new();
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo.apply();
    repo.build(&Deb::new("widget", "1.1", "amd64"));
    let run = repo.repoman(["plan", "--out", "plan.json"]).ok();
    run.says(["+ widget", "Saved to plan.json; `repoman apply --plan plan.json` carries it out."]);
    repo
}

/// Asserts that the saved plan is refused, with this in the difference, and nothing written.
#[track_caller]
fn is_refused<const N: usize>(repo: &TestRepo, difference: [&str; N]) {
    let before = tree::stamps(&repo.store());
    let run = repo.repoman(["apply", "--plan", "plan.json"]).exits(4);
    let run = run.says(["error[RM6020]", "repoman plan --out plan.json", "Nothing was written."]);
    run.says(difference);
    assert_eq!(tree::stamps(&repo.store()), before);
}

#[test]
fn an_approved_plan_is_carried_out_without_a_question() {
    let repo = planned();
    repo.repoman(["apply", "--plan", "plan.json"]).ok().says(["bookworm is at generation 2"]);
    let before = tree::stamps(&repo.store());
    for exact in
        [&["apply", "--plan", "plan.json"][..], &["apply", "--plan", "plan.json", "--exact"]]
    {
        let run = crate::support::Run::of(
            repo.command(std::path::Path::new(env!("CARGO_BIN_EXE_repoman"))).args(exact),
        );
        run.ok().says(["No changes"]);
    }
    assert_eq!(tree::stamps(&repo.store()), before);
}

#[test]
fn what_accumulates_may_join_but_not_if_it_has_to_be_exact() {
    let repo = planned();
    repo.build(&Deb::new("gadget", "1.0", "arm64"));
    let before = tree::stamps(&repo.store());
    repo.repoman(["apply", "--plan", "plan.json", "--exact"])
        .exits(4)
        .says(["does more than the approved one", "+ bookworm/main/arm64/gadget@1.0"]);
    assert_eq!(tree::stamps(&repo.store()), before);
    repo.repoman(["apply", "--plan", "plan.json"]).ok().says(["2 added"]);
}

#[test]
fn an_exact_plan_is_not_done_by_half() {
    let repo = planned();
    std::fs::remove_file(repo.path("dist/widget_1.1_amd64.deb")).unwrap();
    repo.build(&Deb::new("gadget", "1.0", "arm64"));
    repo.repoman(["plan", "--out", "plan.json"]).ok();
    repo.build(&Deb::new("widget", "1.1", "amd64"));
    repo.repoman(["plan", "--out", "both.json"]).ok();
    repo.repoman(["apply", "--plan", "plan.json"]).ok().says(["2 added"]);
    repo.build(&Deb::new("widget", "1.2", "amd64"));
    repo.repoman(["apply", "--plan", "both.json", "--exact"]).exits(4).says([
        "+ bookworm/main/amd64/widget@1.2",
        "approved, and not done: + bookworm/main/arm64/gadget@1.0",
    ]);
}

#[test]
fn other_bytes_for_an_approved_version_are_refused() {
    let repo = planned();
    repo.build(&Deb::new("widget", "1.1", "amd64").content("built again"));
    is_refused(&repo, ["+ bookworm/main/amd64/widget@1.1"]);
}

#[test]
fn a_removal_that_nobody_approved_is_refused() {
    let repo = planned();
    let manifest = Manifest::default().to_text() + "\n[yank.widget]\n\"1.0\" = \"broken\"\n";
    repo.write_manifest(&manifest);
    is_refused(&repo, ["- bookworm/main/amd64/widget@1.0"]);
    repo.repoman(["plan", "--out", "plan.json"]).ok();
    repo.repoman(["apply", "--plan", "plan.json"]).ok();
}

#[test]
fn a_change_and_its_danger_are_refused_even_where_they_are_allowed() {
    let repo = planned();
    let manifest =
        Manifest { repository: "origin = \"Acme Inc\"".to_owned(), ..Manifest::default() };
    let allow = "\n[allow]\n\"release-field:bookworm.origin\" = \"rebrand\"\n";
    repo.write_manifest(&(manifest.to_text() + allow));
    is_refused(&repo, ["~ bookworm.origin \"Acme Inc\"", "! release-field:bookworm.origin"]);
}

#[test]
fn a_danger_of_an_approved_plan_still_needs_its_line() {
    let repo = planned();
    let manifest =
        Manifest { repository: "origin = \"Acme Inc\"".to_owned(), ..Manifest::default() };
    repo.write_manifest(&manifest.to_text());
    repo.repoman(["plan", "--out", "plan.json"]).exits(3);
    repo.repoman(["apply", "--plan", "plan.json"]).exits(3).says(["error[RM7001]"]);
    let danger = "release-field:bookworm.origin";
    repo.repoman(["apply", "--plan", "plan.json", "--allow", danger]).ok();
}

#[test]
fn files_that_are_no_plan_are_told_apart() {
    let repo = planned();
    let plan = std::fs::read_to_string(repo.path("plan.json")).unwrap();
    let drift = repo.repoman(["drift", "--json"]).ok().stdout;
    let cases = [
        ("no json", "it is not JSON"),
        ("[1]", "it is some other JSON, not a plan"),
        (&*drift, "a document of kind `repoman.drift`, not a plan"),
        (&plan[..plan.len() / 2], "it ends in the middle of the document"),
        (&plan.replace("\"1.0\"", "\"2.0\""), "it has format version 2.0"),
        (&plan.replace("\"actions\"", "\"deeds\""), "missing field `actions`"),
    ];
    for (text, why) in cases {
        std::fs::write(repo.path("plan.json"), text).unwrap();
        repo.repoman(["apply", "--plan", "plan.json"]).exits(1).says(["error[RM6021]", why]);
    }
    repo.repoman(["apply", "--plan", "missing.json"])
        .exits(1)
        .says(["error[RM9002]", "missing.json"]);
    repo.repoman(["apply", "--exact"]).exits(64).says(["--plan <FILE>"]);
}

#[test]
fn a_plan_for_another_place_is_refused() {
    let repo = planned();
    let manifest = Manifest::default();
    repo.write_manifest(&manifest.to_text().replace("\"acme-apt\"", "\"other\""));
    let run = repo.repoman(["apply", "--plan", "plan.json"]).exits(1);
    run.says(["error[RM6022]: plan.json is a plan for the repository acme-apt, not for other"]);
    let elsewhere = Manifest { store: "url = \"file://elsewhere\"".to_owned(), ..manifest };
    repo.write_manifest(&elsewhere.to_text());
    let run = repo.repoman(["apply", "--plan", "plan.json"]).exits(1);
    run.says(["plan for the store file://repo, not for file://elsewhere"]);
}
