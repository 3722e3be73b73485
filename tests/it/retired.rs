//! What is not published any more, and what became of it, as `query --retired` tells.

use std::fs;

use serde_json::{Value, json};

use crate::support::stanza::{stanzas, value};
use crate::support::{Deb, Manifest, Run, TestRepo};

/// A mirror of `dist`, retention of what `nightly` brings, and a yank if there is one.
fn manifest(yank: &str) -> Manifest {
    let sources = "[source.widget]\npath = \"dist/*.deb\"\nto = \"bookworm/main\"\n\
                   mode = \"mirror\"\n\
                   [source.nightly]\npath = \"nightly/*.deb\"\nto = \"bookworm/extra\"\n\
                   [retain]\npurge_after = \"2h\"\n\
                   [distribution.bookworm.component.extra.retain]\nversions = 1\n";
    Manifest {
        distributions: "[distribution.bookworm]\ncomponents = [\"main\", \"extra\"]\n\
                        architectures = [\"amd64\", \"arm64\"]\n"
            .to_owned(),
        sources: sources.to_owned() + yank,
        ..Manifest::default()
    }
}

/// Returns a repository in which packages have gone for three reasons: one version was yanked, a
/// mirror has another one, and retention keeps the newest nightly build only.
fn repository() -> TestRepo {
    let repo = TestRepo::with(&manifest(""));
    let nightly = |version: &str| {
        Deb::new("nightly", version, "amd64").write_to(&repo.path("nightly"));
    };
    let doc = Deb::new("widget-doc", "1.0", "all").field("Section", "doc");
    let old = [&Deb::new("widget", "1.0", "amd64"), &Deb::new("widget", "1.0", "arm64"), &doc];
    let old = old.map(|deb| repo.build(deb));
    repo.build(&Deb::new("gadget", "1:0.9+b1", "amd64").field("Section", "utils"));
    repo.build(&Deb::new("gadget", "1:1.0", "amd64"));
    nightly("1");
    repo.apply();
    old.iter().for_each(|path| fs::remove_file(path).unwrap());
    repo.build(&Deb::new("widget", "1.1", "amd64"));
    nightly("2");
    let gone = ["*/widget-doc", "arm64/widget"];
    let gone = gone.map(|package| format!("package-gone:bookworm/main/{package}"));
    repo.repoman(["apply", "--yes", "--allow", &gone[0], "--allow", &gone[1]]).ok();
    let yank = "[yank.gadget]\n\"1:0.9+b1\" = \"corrupts | data\"\n";
    repo.write_manifest(&manifest(yank).to_text());
    repo.apply();
    repo
}

/// Returns what a query of retired packages finds, as `name version architecture` and more fields.
#[track_caller]
fn retired<const N: usize>(repo: &TestRepo, fields: &str, arguments: [&str; N]) -> Vec<String> {
    let fields = format!("Package,Version,Architecture,{fields}");
    let asked = ["query", "--retired", "--format", "plain", "--fields", &fields];
    let mut command = repo.command(std::path::Path::new(env!("CARGO_BIN_EXE_repoman")));
    let run = Run::of(command.args(asked).args(arguments)).ok();
    run.stdout.lines().map(|line| line.replace('\t', " ")).collect()
}

#[test]
fn what_is_gone_is_told_with_the_reason_the_time_and_the_last_generation() {
    let repo = repository();
    assert_eq!(
        retired(&repo, "$LastGeneration,$File,$Reason", []),
        [
            "nightly 1 amd64 1 available kept by no rule",
            "gadget 1:0.9+b1 amd64 2 available yanked: corrupts | data",
            "widget 1.0 amd64 1 available gone from widget",
            "widget 1.0 arm64 1 available gone from widget",
            "widget-doc 1.0 all 1 available gone from widget",
        ]
    );
    let release = repo.published("dists/bookworm/InRelease");
    let date = release.lines().find_map(|line| line.strip_prefix("Date: ")).unwrap();
    let since = retired(&repo, "$RetiredAt", ["gadget"]);
    let since: jiff::Timestamp = since[0].rsplit(' ').next().unwrap().parse().unwrap();
    assert_eq!(since.strftime("%a, %d %b %Y %H:%M:%S UTC").to_string(), date);
    let until = retired(&repo, "$AvailableUntil", ["$AvailableUntil (>> 2026-01-01)"]);
    assert_eq!(until.len(), 5, "{until:?}");
    repo.repoman(["query", "--retired"]).ok().says(["retired at", "file", "reason"]);
}

#[test]
fn the_whole_language_is_asked_of_what_is_gone() {
    let repo = repository();
    let asked = |expression: &str| retired(&repo, "$Component", [expression]);
    assert_eq!(asked("Section (utils)"), ["gadget 1:0.9+b1 amd64 main"]);
    assert_eq!(asked("bookworm/main/arm64/widget-*"), ["widget-doc 1.0 all main"]);
    assert_eq!(asked("$Reason (~ yanked) | $From (nightly)").len(), 2);
    assert_eq!(asked("$LastGeneration (>= 2), $RetiredAt (>> 2026-01-01)").len(), 1);
    assert_eq!(asked("widget (>= 1.1)"), [""; 0], "that one is published");
    assert_eq!(retired(&repo, "$Component", ["--latest", "-c", "main", "-a", "arm64"]).len(), 2);
    let text = repo.repoman(["query", "--retired", "gadget", "--format", "deb822"]).ok().stdout;
    assert_eq!(value(&stanzas(&text)[0], "Section"), Some("utils"));
    assert!(text.contains("\nSHA256: "), "{text}");
}

#[test]
fn a_package_that_comes_back_is_not_gone() {
    let repo = repository();
    repo.build(&Deb::new("widget", "1.0", "arm64"));
    repo.apply();
    assert!(!retired(&repo, "$Component", ["widget"]).iter().any(|line| line.contains("arm64")));
    repo.repoman(["rollback", "bookworm", "1", "--yes"]).ok();
    assert_eq!(
        retired(&repo, "$LastGeneration,$Reason", []),
        [
            "nightly 2 amd64 4 rollback to generation 1",
            "widget 1.1 amd64 4 rollback to generation 1"
        ]
    );
}

#[test]
fn what_is_deleted_is_told_from_what_can_be_downloaded() {
    let repo = repository();
    repo.age(3);
    repo.repoman(["gc", "--yes"]).ok();
    assert_eq!(
        retired(&repo, "$File,$Reason,$From,Section", ["!nightly, $Architecture (amd64)"]),
        [
            "gadget 1:0.9+b1 amd64 deleted yanked: corrupts | data widget ",
            "widget 1.0 amd64 available gone from widget widget ",
            "widget-doc 1.0 all available gone from widget widget doc",
        ],
        "the oldest generation's time was not moved back"
    );
    let run = repo.repoman(["query", "--retired", "gadget", "--format", "deb822"]).ok();
    assert_eq!(run.stdout, "", "a stanza that is lost is not made up");
    run.says(["1 package left out"]);
    let text = repo.repoman(["query", "--retired", "gadget", "--json"]).ok().stdout;
    let document: Value = serde_json::from_str(&text).unwrap();
    let gadget = &document["packages"][0];
    let lost = ["filename", "sha256", "size", "source"].map(|member| &gadget[member]);
    assert_eq!(lost, [&Value::Null; 4]);
    assert_eq!((&gadget["version"], &gadget["from"]), (&json!("1:0.9+b1"), &json!(["widget"])));
    assert_eq!(gadget["retired"]["file"], "deleted");
    assert_eq!(gadget["retired"]["available_until"], Value::Null);
}

#[test]
fn a_file_that_another_distribution_lists_stays() {
    let both = manifest("");
    let trixie = "[distribution.trixie]\ncomponents = [\"main\"]\narchitectures = [\"amd64\"]\n";
    let also = "[source.kept]\npath = \"kept/*.deb\"\nto = \"trixie/main\"\n";
    let distributions = both.distributions.clone() + trixie;
    let sources = also.to_owned() + &both.sources;
    let repo = TestRepo::with(&Manifest { distributions, sources, ..both });
    let widget = Deb::new("widget", "1.0", "amd64");
    let old = repo.build(&widget);
    widget.write_to(&repo.path("kept"));
    repo.apply();
    fs::remove_file(old).unwrap();
    repo.build(&Deb::new("widget", "1.1", "amd64"));
    repo.apply();
    let fields = "$Distribution,$File,$AvailableUntil";
    assert_eq!(retired(&repo, fields, []), ["widget 1.0 amd64 bookworm available "]);
    assert_eq!(retired(&repo, fields, ["-d", "trixie"]), [""; 0]);
}

#[test]
fn a_distribution_that_is_removed_has_all_of_its_packages_there() {
    let repo = TestRepo::new();
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo.apply();
    let manifest = Manifest::default();
    let distributions = manifest.distributions.replace("bookworm", "trixie");
    let sources = manifest.sources.replace("bookworm", "trixie")
        + "\n[removed]\nbookworm = \"end of life\"\n";
    repo.write_manifest(&Manifest { distributions, sources, ..manifest }.to_text());
    repo.apply();
    assert_eq!(
        retired(&repo, "$Distribution,$Reason", []),
        ["widget 1.0 amd64 bookworm not declared any more"]
    );
    repo.repoman(["query", "-d", "bookworm"]).ok().says(["is removed", "--retired"]);
}

#[test]
fn records_that_are_gone_are_named_and_those_that_were_changed_are_refused() {
    let repo = repository();
    let history = repo.store().join(".repoman/history/bookworm");
    let record = |generation: &str| {
        let entries = fs::read_dir(&history).unwrap().map(|entry| entry.unwrap().path());
        let is_it = |path: &std::path::PathBuf| {
            path.file_name().unwrap().to_string_lossy().starts_with(&format!("{generation}-"))
        };
        entries.into_iter().find(is_it).unwrap()
    };
    let second = fs::read(record("2")).unwrap();
    let path = record("2");
    fs::remove_file(&path).unwrap();
    let run = repo.repoman(["query", "--retired", "--format", "plain"]).ok();
    run.says(["generation 2 of bookworm can't be read"]);
    assert_eq!(
        retired(&repo, "$LastGeneration,$Reason", ["gadget | widget-doc"]),
        ["gadget 1:0.9+b1 amd64 1 ", "widget-doc 1.0 all 1 "],
        "by whom they were dropped is not known"
    );
    fs::write(&path, [&second[..], b" "].concat()).unwrap();
    repo.repoman(["query", "--retired"]).exits(1).says(["error[RM4006]", "history/bookworm/2-"]);
}

#[test]
fn the_document_follows_its_schema() {
    let repo = repository();
    let schema = repo.repoman(["schema", "query"]).ok().stdout;
    let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    let text = repo.repoman(["query", "--retired", "--json"]).ok().stdout;
    let document: Value = serde_json::from_str(&text).unwrap();
    let faults: Vec<_> = validator.iter_errors(&document).map(|e| e.to_string()).collect();
    assert_eq!(faults, [""; 0], "{text}");
    let retired = |name: &str| {
        let packages = document["packages"].as_array().unwrap();
        packages.iter().find(|package| package["package"] == name).unwrap()["retired"].clone()
    };
    let reason = json!({"code": "yanked", "sources": [], "text": "yanked: corrupts | data"});
    assert_eq!(retired("gadget")["reason"], reason);
    assert_eq!(retired("widget")["reason"]["sources"], json!(["widget"]));
    assert_eq!(retired("widget")["generation"], 1);
    let lines = repo.repoman(["query", "--retired", "--format", "jsonl"]).ok().stdout;
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(document["packages"].as_array().unwrap(), &lines);
    for format in ["table", "markdown", "csv", "html"] {
        let run = repo.repoman(["query", "--retired", "--format", format]).ok();
        assert_eq!(run.stdout.matches("widget-doc").count(), 1, "{run}");
    }
}

#[test]
fn mistakes_are_pointed_out() {
    let repo = repository();
    repo.repoman(["query", "$RetiredAt (>> 2026-01-01)"]).ok().says(["--retired", "`$RetiredAt`"]);
    repo.repoman(["query", "--fields", "$Reasn"]).exits(64).says(["did you mean `$Reason`?"]);
    repo.repoman(["query", "--retired", "-d", "buster"]).exits(1).says(["error[RM6009]"]);
    repo.repoman(["query", "--retired", "-c", "contrib"]).ok().says(["has a component contrib"]);
    let run = repo.repoman(["query", "--retired", "-c", "extra", "-d", "bookworm"]).ok();
    assert_eq!(run.stderr, "", "{run}");
    TestRepo::new().repoman(["query", "--retired"]).ok().says(["No package matches."]);
}
