//! What a reviewer sees of a plan: Markdown in a pull request, and what GitHub and GitLab show.

use std::fs;

use crate::support::{Deb, Manifest, TestRepo};

/// A yank, with a reason that means to do more than be read.
const YANK: &str = "\n[yank.widget]\n\"1.1\" = \"bad | @ann <b>#412</b>\"\n";

/// Returns a repository with two published versions of a package.
fn published() -> TestRepo {
    let repo = TestRepo::new();
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo.build(&Deb::new("widget", "1.1", "amd64"));
    repo.apply();
    repo
}

#[test]
fn a_plan_is_markdown_that_nobody_else_writes_in() {
    let repo = published();
    repo.write_manifest(&(Manifest::default().to_text() + YANK));
    let run = repo.repoman(["plan", "--markdown", "--markdown-out", "plan.md"]).ok();
    assert!(run.stdout.starts_with("<!-- repoman plan of=acme-apt -->\n### `acme-apt`: "), "{run}");
    let row = "| `bookworm/main` | `widget` `1.1` | `amd64` |";
    run.says([row, "1 to remove", "- warning: `newest-lowered:bookworm/main/*/widget`"]);
    let run = repo.repoman(["plan", "--markdown"]).ok();
    assert!(!run.stdout.contains("<b>") && !run.stdout.contains("@ann"), "{run}");
    assert_eq!(fs::read_to_string(repo.path("plan.md")).unwrap(), run.stdout);
}

#[test]
fn a_change_is_told_before_what_would_happen_anyway() {
    let repo = published();
    std::fs::copy(repo.path("repo.toml"), repo.path("before.toml")).unwrap();
    repo.build(&Deb::new("gadget", "1.0", "arm64"));
    repo.write_manifest(&(Manifest::default().to_text() + YANK));
    let run = repo.repoman(["plan", "--markdown", "--base", "before.toml"]).ok();
    let run = run.says(["### `acme-apt`: 0 packages to add, 1 to remove, 0 to change\n"]);
    let (own, anyway) = run.stdout.split_once("Would happen anyway").unwrap();
    assert!(own.contains("`widget` `1.1`") && anyway.contains("`gadget` `1.0`"), "{run}");
}

#[test]
fn a_blocked_plan_is_markdown_with_the_lines_to_add() {
    let repo = published();
    let rebranded = Manifest::default().to_text().replace("\"Acme\"", "\"Acme Inc\"");
    repo.write_manifest(&rebranded);
    let run = repo.repoman(["plan", "--markdown", "--max-bytes", "0"]).exits(3);
    run.says([
        "- `release-field:bookworm.origin`\n",
        "```toml\n[allow]\n\"release-field:bookworm.origin\" = \"why\"\n```\n",
    ]);
}

#[test]
fn a_run_without_a_plan_replaces_the_markdown_of_the_last_one() {
    let repo = published();
    repo.repoman(["plan", "--markdown-out", "plan.md"]).ok();
    let text = fs::read_to_string(repo.path("plan.md")).unwrap();
    repo.write_manifest(&Manifest::default().to_text().replace("arm64", "aarch64"));
    repo.repoman(["plan", "--markdown-out", "plan.md"]).exits(1).says(["error[RM1004]"]);
    let failed = fs::read_to_string(repo.path("plan.md")).unwrap();
    assert_eq!(failed.lines().next(), text.lines().next());
    assert!(failed.contains("no plan") && failed.contains("error[RM1004]"), "{failed}");
    repo.repoman(["plan", "--markdown", "--json"]).exits(64);
}

/// Returns a repository whose runs are steps of GitHub Actions, in a workspace above the manifest's
/// directory.
fn in_actions(repo: TestRepo) -> TestRepo {
    let path = |name: &str| repo.path(name).to_str().unwrap().to_owned();
    let (outputs, summary) = (path("outputs"), path("summary"));
    let workspace = repo.path("").parent().unwrap().to_str().unwrap().to_owned();
    repo.env("GITHUB_ACTIONS", "true")
        .env("GITHUB_WORKSPACE", &workspace)
        .env("GITHUB_OUTPUT", &outputs)
        .env("GITHUB_STEP_SUMMARY", &summary)
}

/// Takes what the runs so far have written to a file.
fn taken(repo: &TestRepo, name: &str) -> String {
    let text = fs::read_to_string(repo.path(name)).unwrap();
    fs::remove_file(repo.path(name)).unwrap();
    text
}

#[test]
fn a_step_has_outputs_a_summary_and_annotations() {
    let repo = in_actions(published());
    repo.repoman(["plan", "--github"]).ok();
    assert!(taken(&repo, "outputs").starts_with("status=empty\nexit=0\nplan-id="));
    assert!(taken(&repo, "summary").contains("no changes"));

    let rebranded = Manifest::default().to_text().replace("\"Acme\"", "\"Acme Inc\"");
    let allow = "\n[allow]\n\"release-field:bookworm.label\" = \"gone\"\n";
    repo.write_manifest(&format!("{rebranded}{YANK}{allow}"));
    let line = rebranded.lines().count() + 6;
    let run = repo.repoman(["plan", "--github", "--json"]).exits(3);
    assert!(run.stdout.starts_with('{'), "{run}");
    run.says([
        "::error file=work/repo.toml,title=release-field%3Abookworm.origin::apt-get update fails",
        "%0ATo go ahead: [allow] \"release-field:bookworm.origin\" = \"why\"\n",
        "::warning file=work/repo.toml,title=newest-lowered%3A",
        &format!("::warning file=work/repo.toml,line={line},title=[allow]::`release-field"),
    ]);
    let outputs = taken(&repo, "outputs");
    for line in ["status=blocked", "exit=3", "changed=true", "adds=0", "removes=1", "dangers=1"] {
        assert!(outputs.lines().any(|output| output == line), "{line} is missing in {outputs}");
    }
    assert!(taken(&repo, "summary").contains("**Blocked: 1 danger needs"));
}

#[test]
fn problems_of_the_manifest_stand_beside_their_lines() {
    let repo = in_actions(TestRepo::new());
    let text = Manifest::default().to_text().replace("\"arm64\"", "\"aarch64\"");
    let line = text.lines().position(|line| line.contains("aarch64")).unwrap() + 1;
    repo.write_manifest(&text);
    let place = format!("::error file=work/repo.toml,line={line},col=27,title=RM1004::");
    repo.repoman(["check", "--github"]).exits(1).says([&place, "%0ADebian calls this"]);
    repo.repoman(["plan", "--github"]).exits(1).says([&place]);
    assert_eq!(taken(&repo, "outputs"), "status=failed\nexit=1\n");
    assert!(taken(&repo, "summary").contains("error[RM1004]"));
    let run = repo.repoman(["check"]).exits(1);
    assert!(!run.said("::error"), "{run}");
}

#[test]
fn a_step_needs_the_files_that_github_names() {
    let repo = TestRepo::new();
    let run = repo.repoman(["plan", "--github"]).exits(1);
    run.says(["error[RM9006]", "GITHUB_OUTPUT is not set", "--markdown"]);
}

#[test]
fn no_reason_is_a_command_in_the_log_of_actions() {
    let repo = published();
    let forged = "\n[yank.widget]\n\"1.1\" = \"::set-output name=status::empty\"\n";
    repo.write_manifest(&(Manifest::default().to_text() + forged));
    let is_command = |line: &str| line.trim_start().starts_with("::");
    assert!(repo.repoman(["plan"]).ok().stdout.lines().any(is_command));
    let repo = in_actions(repo);
    let run = repo.repoman(["plan"]).ok();
    assert!(run.said("::set-output") && !run.stdout.lines().any(is_command), "{run}");
    let run = repo.repoman(["apply", "--yes"]).ok();
    assert!(run.said("::set-output") && !run.stderr.lines().any(is_command), "{run}");
}

#[test]
fn gitlab_gets_three_numbers() {
    let repo = published();
    repo.build(&Deb::new("gadget", "1.0", "amd64"));
    repo.write_manifest(&(Manifest::default().to_text() + YANK));
    repo.repoman(["plan", "--gitlab-out", "report.json"]).ok();
    assert_eq!(taken(&repo, "report.json"), "{\"create\":1,\"delete\":1,\"update\":0}\n");
    repo.write_manifest("format = 1");
    repo.repoman(["plan", "--gitlab-out", "report.json"]).exits(1);
    assert_eq!(taken(&repo, "report.json"), "{}\n");
}
