//! The documents for other programs: each follows its schema, also in the eyes of another
//! implementation, and looks as it is kept in `tests/golden`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::push::SERVICES;
use crate::support::{Deb, Manifest, Run, TestRepo, moto};

/// The kinds of documents, as `repoman schema` calls them; those of several lines end in `l`.
const KINDS: [(&str, &str); 9] = [
    ("drift", "json"),
    ("events", "jsonl"),
    ("explain", "json"),
    ("gc", "json"),
    ("keys", "json"),
    ("log", "json"),
    ("plan", "json"),
    ("publish", "json"),
    ("query", "json"),
];

/// Returns a document of each kind, of a repository to which all of that has happened.
fn documents() -> BTreeMap<&'static str, String> {
    let sources = Manifest::default().sources + "\n" + SERVICES;
    let manifest = Manifest { sources, ..Manifest::default() };
    let repo = TestRepo::with(&manifest);
    let mut documents = BTreeMap::new();
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo.build(&Deb::new("widget", "1.0", "arm64"));
    documents
        .insert("events", repo.repoman(["apply", "--yes", "--json", "--jobs", "1"]).ok().stdout);
    let acme = Deb::new("acme-api", "1.0", "all").write_to(&repo.path("pushed"));
    let mut push = repo.command(Path::new(env!("CARGO_BIN_EXE_repoman")));
    push.args(["publish", "--yes", "--json"]).arg(acme);
    documents.insert("publish", Run::of(&mut push).ok().stdout);
    documents.insert("query", repo.repoman(["query", "--json"]).ok().stdout);
    documents.insert("keys", repo.repoman(["keys", "--json"]).ok().stdout);
    documents.insert("log", repo.repoman(["log", "--json"]).ok().stdout);
    let yank = "\n[yank.widget]\n\"1.0\" = \"corrupts data\"\n";
    fs::write(repo.path("before.toml"), manifest.to_text()).unwrap();
    let allow = "[allow]\n\"package-gone:bookworm/main/*/widget\" = \"known\"\n";
    repo.write_manifest(&(manifest.to_text() + yank + allow));
    repo.build(&Deb::new("gadget", "2.0", "amd64"));
    let plan = repo.repoman(["plan", "--json", "--base", "before.toml"]).ok();
    documents.insert("plan", plan.stdout);
    documents.insert("explain", repo.repoman(["explain", "*/*", "--json"]).ok().stdout);
    repo.apply();
    documents.insert("gc", repo.repoman(["gc", "--json"]).ok().stdout);
    let gadget = repo.pool().into_iter().find(|key| key.contains("gadget")).unwrap();
    fs::remove_file(repo.store().join("pool").join(gadget)).unwrap();
    documents.insert("drift", repo.repoman(["drift", "--json", "--pending"]).exits(2).stdout);
    documents
}

/// Replaces what differs from run to run: digests of what is signed, times, the version.
fn steady(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(steady),
        Value::Object(members) => members.values_mut().for_each(steady),
        Value::String(text) => {
            let is_digest = text.len() >= 40 && text.bytes().all(|b| b.is_ascii_hexdigit());
            let is_time = text.parse::<jiff::Timestamp>().is_ok();
            if is_digest {
                *text = "DIGEST".to_owned();
            } else if is_time {
                *text = "TIME".to_owned();
            } else if text.starts_with("manifest ") || text.starts_with(".repoman/manifests/") {
                // The fingerprint of the test's own key stands in it.
                *text = "MANIFEST".to_owned();
            } else if text.starts_with("repoman ") {
                *text = "repoman VERSION".to_owned();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn lines(kind: &str, text: &str) -> Vec<Value> {
    match kind {
        "jsonl" => text.lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
        _ => vec![serde_json::from_str(text).unwrap()],
    }
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.json"))
}

/// Run with `UPDATE_GOLDEN=1` to write the files anew.
#[test]
fn every_document_follows_its_schema_and_looks_as_it_is_kept() {
    let documents = documents();
    let directory = tempfile::tempdir().unwrap();
    let repo = TestRepo::new();
    for (name, form) in KINDS {
        let text = &documents[name];
        let schema = repo.repoman(["schema", name]).ok().stdout;
        fs::write(directory.path().join(format!("{name}.schema.json")), &schema).unwrap();
        fs::write(directory.path().join(format!("{name}.{form}")), text).unwrap();
        let schema = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
        assert!(!schema.is_valid(&serde_json::json!({})), "{name}: anything follows it");
        let mut found = lines(form, text);
        for document in &found {
            let faults: Vec<_> = schema.iter_errors(document).map(|e| e.to_string()).collect();
            assert_eq!(faults, [""; 0], "{name}: {document:#}");
        }
        found.iter_mut().for_each(steady);
        let found: String = found.iter().map(|document| format!("{document:#}\n")).collect();
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(golden(name), &found).unwrap();
        }
        let kept = fs::read_to_string(golden(name)).unwrap();
        assert_eq!(found, kept, "{name}: run with UPDATE_GOLDEN=1 if that is meant");
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/validate.py");
    Run::of(Command::new(moto::python()).arg(script).arg(directory.path())).ok();
}

#[test]
fn every_schema_but_that_of_the_manifest_has_a_document() {
    let files = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("schema")).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name != "repo.schema.json").collect();
    names.sort();
    assert_eq!(names, KINDS.map(|(name, _)| format!("{name}.schema.json")));
}
