//! The generations of a repository, as its records tell them.

use std::fs;

use crate::support::{Deb, Manifest, TestRepo};

/// Returns a repository with three generations: a package, a newer version, another description.
fn three_generations() -> TestRepo {
    let repo = TestRepo::new();
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo.apply();
    repo.build(&Deb::new("widget", "1.1", "amd64"));
    repo.apply();
    let manifest = Manifest::default();
    let repository = manifest.repository.clone() + "\ndescription = \"Widgets\"";
    repo.write_manifest(&Manifest { repository, ..manifest }.to_text());
    repo.apply();
    repo
}

/// Returns the lines of a log that say what changed, without the blanks around them.
fn changes(log: &str) -> Vec<String> {
    let lines = log.lines().filter(|line| line.starts_with("        "));
    lines.map(|line| line.trim().to_owned()).collect()
}

#[test]
fn every_generation_says_what_it_changed() {
    let repo = three_generations();
    let log = repo.repoman(["log"]).ok();
    assert_eq!(
        changes(&log.stdout),
        [
            "~ no packages; fields, keys or forms",
            "+ main: widget 1.1 amd64",
            "+ the first generation"
        ],
        "{log}"
    );
    let newest = repo.repoman(["log", "bookworm", "--limit", "1"]).ok();
    assert_eq!(changes(&newest.stdout).len(), 1, "{newest}");
    repo.repoman(["log", "trixie"]).exits(1).says(["error[RM6009]", "trixie"]);
}

#[test]
fn a_repository_that_is_not_published_has_no_log() {
    TestRepo::new().repoman(["log"]).ok().says(["Nothing is published here yet"]);
}

#[test]
fn the_log_for_machines_follows_its_schema() {
    let repo = three_generations();
    let schema = repo.repoman(["schema", "log"]).ok().stdout;
    let schema = serde_json::from_str(&schema).unwrap();
    let log = repo.repoman(["log", "--json"]).ok().stdout;
    let document = serde_json::from_str(&log).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let faults: Vec<_> = validator.iter_errors(&document).map(|e| e.to_string()).collect();
    assert_eq!(faults, [""; 0], "{log}");
    let generations = document["distributions"]["bookworm"].as_array().unwrap();
    assert_eq!(generations.len(), 3);
    assert_eq!(generations[1]["added"], serde_json::json!(["main: widget 1.1 amd64"]));
}

#[test]
fn records_that_are_gone_end_the_log_and_records_that_were_changed_are_refused() {
    let repo = three_generations();
    let history = repo.store().join(".repoman/history/bookworm");
    let record = |generation: &str| {
        let mut entries = fs::read_dir(&history).unwrap().map(|entry| entry.unwrap().path());
        let is_it = |path: &std::path::PathBuf| {
            path.file_name().unwrap().to_string_lossy().starts_with(&format!("{generation}-"))
        };
        entries.find(is_it).unwrap()
    };
    fs::remove_file(record("1")).unwrap();
    let log = repo.repoman(["log"]).ok();
    assert_eq!(changes(&log.stdout).last().unwrap(), "? the generation before is not kept");
    let changed = fs::read_to_string(record("2")).unwrap().replace("Acme", "Acmf");
    fs::write(record("2"), changed).unwrap();
    repo.repoman(["log"]).exits(1).says(["error[RM4006]", ".repoman/history/bookworm/2-"]);
}
