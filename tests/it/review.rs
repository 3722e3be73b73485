//! What a reviewer sees of a plan: Markdown in a pull request.

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
