//! What is published, asked in the language of queries and told in every format.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use crate::support::stanza::{stanzas, value};
use crate::support::{Deb, Manifest, Run, TestRepo};

/// Returns a repository with two distributions, versions of several days, and a package whose
/// description tries everything.
fn repository() -> TestRepo {
    let manifest = Manifest {
        distributions: "[distribution.bookworm]\ncomponents = [\"main\", \"extra\"]\n\
                        architectures = [\"amd64\", \"arm64\"]\n\
                        [distribution.trixie]\ncomponents = [\"main\"]\n\
                        architectures = [\"amd64\"]\n"
            .to_owned(),
        sources: "[source.widget]\npath = \"dist/*.deb\"\nto = \"bookworm/main\"\n\
                  [source.nightly]\npath = \"nightly/*.deb\"\nto = \"trixie/main\"\n"
            .to_owned(),
        ..Manifest::default()
    };
    let repo = TestRepo::with(&manifest);
    let widget = |version, architecture| {
        Deb::new("widget", version, architecture)
            .field("Section", "utils")
            .field("Depends", "libwidget1 (>= 1.0), libssl3 | libssl1.1")
    };
    for deb in [
        widget("1.9-1", "amd64"),
        widget("1.10-1", "amd64"),
        widget("1.10-1", "arm64"),
        Deb::new("libwidget1", "1:1.10-1", "amd64").field("Source", "widget (1.10-1)"),
        Deb::new("widget-doc", "1.10-1", "all").field("Homepage", HOSTILE),
    ] {
        repo.build(&deb);
    }
    widget("2.0~git1-1", "amd64").write_to(&repo.path("nightly"));
    repo.apply();
    repo
}

/// What a package may say and no reader may act on.
const HOSTILE: &str = "=cmd|'/c \"x\"'!A1 <b>@team</b> `x` <!-- \u{202e}";

/// Returns what a query finds, as `distribution name version architecture`.
#[track_caller]
fn found<const N: usize>(repo: &TestRepo, arguments: [&str; N]) -> Vec<String> {
    let mut command = repo.command(std::path::Path::new(env!("CARGO_BIN_EXE_repoman")));
    command.args(["query", "--format", "plain", "--fields"]);
    command.arg("$Distribution,Package,Version,Architecture").args(arguments);
    let run = Run::of(&mut command).ok();
    run.stdout.lines().map(|line| line.replace('\t', " ")).collect()
}

#[test]
fn a_query_tells_what_is_where_since_when_and_from_which_source() {
    let repo = repository();
    let run = repo.repoman(["query", "widget (>= 1.10)"]).ok();
    let lines: Vec<_> = run.stdout.lines().collect();
    let columns = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(
        columns(lines[0]),
        [
            "distribution",
            "component",
            "package",
            "version",
            "architecture",
            "published",
            "at",
            "from"
        ]
    );
    assert_eq!(lines.len(), 4, "{run}");
    let nightly = columns(lines[3]);
    assert_eq!(nightly[..5], ["trixie", "main", "widget", "2.0~git1-1", "amd64"], "{run}");
    assert!(nightly[5].ends_with('Z') && nightly[6] == "nightly", "{run}");
    assert_eq!(run.stderr, "", "{run}");
}

#[test]
fn expressions_and_flags_choose_together() {
    let repo = repository();
    let widget_doc = "bookworm widget-doc 1.10-1 all";
    assert_eq!(found(&repo, ["!widget, !lib*"]), [widget_doc]);
    assert_eq!(found(&repo, ["widget-doc_1.10-1_all"]), [widget_doc]);
    assert_eq!(found(&repo, ["bookworm/main/arm64/widget-*"]), [widget_doc]);
    assert_eq!(found(&repo, ["trixie/main"]), ["trixie widget 2.0~git1-1 amd64"]);
    assert_eq!(found(&repo, ["$From (nightly)", "-d", "bookworm"]), [""; 0]);
    assert_eq!(found(&repo, ["Depends (libssl1.1), $Architecture (arm64)"]).len(), 1);
    assert_eq!(found(&repo, ["$Source (widget)", "-d", "bookworm", "-a", "amd64"]).len(), 3);
    assert_eq!(found(&repo, ["$Age (<< 1d), $PublishedAt (>> 2026-01-01)"]).len(), 6);
    assert_eq!(
        found(&repo, ["widget", "-d", "bookworm", "--latest", "-a", "amd64"]),
        ["bookworm widget 1.10-1 amd64"]
    );
    assert_eq!(found(&repo, ["widget", "-d", "bookworm", "--recent", "2"]).len(), 3);
    assert_eq!(
        found(&repo, ["widget", "--sort=-Version,Architecture"]),
        [
            "trixie widget 2.0~git1-1 amd64",
            "bookworm widget 1.10-1 amd64",
            "bookworm widget 1.10-1 arm64",
            "bookworm widget 1.9-1 amd64",
        ]
    );
}

#[test]
fn nothing_found_is_no_failure_unless_it_is_asked_for() {
    let repo = repository();
    let run = repo.repoman(["query", "nginx"]).ok();
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", "No package matches.\n"));
    repo.repoman(["query", "nginx", "--exit-code"]).exits(1).says(["error[RM8002]"]);
    repo.repoman(["query", "widget", "--exit-code"]).ok();
    let empty = repo.repoman(["query", "nginx", "--json"]).ok().stdout;
    assert_eq!(serde_json::from_str::<Value>(&empty).unwrap()["packages"], serde_json::json!([]));
    TestRepo::new().repoman(["query"]).ok().says(["No package matches."]);
}

#[test]
fn mistakes_in_a_query_are_shown_in_it() {
    let repo = TestRepo::new();
    let run = repo.repoman(["query", "widget, section (utils) \u{1b}"]).exits(64);
    let run =
        run.says(["error[RM8001]", "widget, section (utils)", "`Section (…)`", "[query:1:18]"]);
    assert!(!run.said("\u{1b}"), "{run}");
    repo.repoman(["query", "a1, b1 | c1"]).exits(64).says(["write parentheses"]);
    repo.repoman(["query", "widget,"]).exits(64).says(["found the end"]);
    repo.repoman(["query", "--fields", "$Sice"]).exits(64).says(["did you mean `$Size`?"]);
    repo.repoman(["query", "--fields", "Package", "--json"]).exits(64).says(["error[RM8003]"]);
    repo.repoman(["query", "-a", "x86_64"]).exits(64).says(["amd64"]);
}

#[test]
fn names_that_nothing_has_are_pointed_out() {
    let repo = repository();
    repo.repoman(["query", "-d", "buster"]).exits(1).says(["error[RM6009]", "buster"]);
    repo.repoman(["query", "-c", "contrib"]).ok().says(["no distribution has a component contrib"]);
    repo.repoman(["query", "-a", "riscv64"]).ok().says(["has the architecture riscv64"]);
    repo.repoman(["query", "Sectoin (utils)"]).ok().says(["did you mean `Section`?"]);
    repo.repoman(["query", "--fields", "Distribution"])
        .ok()
        .says(["did you mean `$Distribution`?"]);
}

#[test]
fn stanzas_are_those_of_the_index_byte_for_byte() {
    let repo = repository();
    let run =
        repo.repoman(["query", "$Architecture (amd64)", "-d", "bookworm", "--format", "deb822"]);
    assert_eq!(run.ok().stdout, repo.index("bookworm/main/binary-amd64"));
}

#[test]
fn tools_of_debian_read_the_stanzas() {
    let repo = repository();
    let text = repo.repoman(["query", "--format", "deb822"]).ok().stdout;
    std::fs::write(repo.path("Packages"), &text).unwrap();
    let sorted = Command::new("apt-sortpkgs").arg(repo.path("Packages")).output().unwrap();
    assert!(sorted.status.success());
    let names = |text: &str| {
        let stanzas = stanzas(text);
        let names = stanzas.iter().filter_map(|fields| value(fields, "Package"));
        names.map(str::to_owned).collect::<Vec<_>>()
    };
    let (ours, theirs) = (names(&text), names(&String::from_utf8_lossy(&sorted.stdout)));
    assert_eq!(ours.len(), 6);
    assert_eq!(ours.iter().collect::<BTreeSet<_>>(), theirs.iter().collect());
}

#[test]
fn the_document_follows_its_schema_and_lines_are_its_packages() {
    let repo = repository();
    let schema = repo.repoman(["schema", "query"]).ok().stdout;
    let schema = serde_json::from_str(&schema).unwrap();
    let text = repo.repoman(["query", "--json"]).ok().stdout;
    let document: Value = serde_json::from_str(&text).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let faults: Vec<_> = validator.iter_errors(&document).map(|e| e.to_string()).collect();
    assert_eq!(faults, [""; 0], "{text}");
    assert_eq!(format!("{document:#}\n").replace('\u{202e}', "\\u202e"), text, "keys are sorted");
    let lines = repo.repoman(["query", "--format", "jsonl"]).ok().stdout;
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(document["packages"].as_array().unwrap(), &lines);
    let library = &lines[0];
    assert_eq!(library["package"], "libwidget1");
    assert_eq!(
        (&library["source"], &library["source_version"]),
        (&"widget".into(), &"1.10-1".into())
    );
    assert_eq!(library["fields"]["Source"], "widget (1.10-1)");
    assert_eq!(library["from"], serde_json::json!(["widget"]));
}

#[test]
fn no_format_lets_a_package_speak_for_itself() {
    let repo = repository();
    let ask = |format| {
        let fields = "Package,Homepage,Description";
        repo.repoman(["query", "widget-doc", "--format", format, "--fields", fields]).ok().stdout
    };
    for format in ["table", "plain", "markdown", "csv", "html"] {
        assert!(!ask(format).contains('\u{202e}'), "{format}");
    }
    assert_eq!(
        ask("csv"),
        "Package,Homepage,Description\r\nwidget-doc,\
         \"'=cmd|'/c \"\"x\"\"'!A1 <b>@team</b> `x` <!-- \u{fffd}\",\
         \"package widget-doc of a test\n Nobody needs it.\"\r\n"
    );
    let html = ask("html");
    assert!(html.contains("&lt;b&gt;@team&lt;/b&gt; `x` &lt;!-- "), "{html}");
    let markdown = ask("markdown");
    let row = markdown.lines().last().unwrap();
    assert_eq!(row.matches('|').count(), 4, "{markdown}");
    assert!(row.contains("``'/c \"x\"'!A1 <b>@team</b> `x` <!-- \u{fffd}``"), "{markdown}");
}
