//! `apply --json`: what happens, one JSON object a line.

use serde_json::Value;

use crate::support::{Bucket, Conduct, Deb, Manifest, Run, TestRepo};

/// Returns the events of a run, each of which follows the schema.
#[track_caller]
fn events(repo: &TestRepo, run: &Run) -> Vec<Value> {
    let schema = repo.repoman(["schema", "events"]).ok().stdout;
    let schema = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    let events: Vec<Value> =
        run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for event in &events {
        assert!(schema.is_valid(event), "{event:#}");
    }
    assert_eq!(events[0]["type"], "version");
    assert_eq!(events[0]["format_version"], "1.0");
    assert_eq!(events.last().unwrap()["type"], "outcome");
    assert_eq!(events.last().unwrap()["exit_code"], run.code);
    events
}

/// Returns the types of events.
fn types(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap()).collect()
}

#[test]
fn an_apply_tells_what_happens_and_what_came_of_it() {
    let repo = TestRepo::new();
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    let run = repo.repoman(["apply", "--yes", "--json"]).ok();
    let all = events(&repo, &run);
    let expected = [
        "version",
        "read",
        "plan",
        "uploads-planned",
        "uploaded",
        "indexed",
        "swapped",
        "verified",
        "outcome",
    ];
    assert_eq!(types(&all), expected);
    assert_eq!(all.last().unwrap()["status"], "applied");
    assert_eq!(all.last().unwrap()["generations"]["bookworm"], 1);
    run.says(["swap     bookworm generation 1", "Applied in"]);
    let again = repo.repoman(["apply", "--yes", "--json", "--quiet"]).ok();
    assert_eq!(again.stderr, "");
    assert_eq!(events(&repo, &again).last().unwrap()["status"], "nothing-to-do");
}

#[test]
fn a_failure_is_the_last_line_as_well() {
    let repo = TestRepo::new();
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    let unasked = repo.repoman(["apply", "--json"]).exits(1).says(["error[RM6001]"]);
    let all = events(&repo, &unasked);
    assert_eq!(all.last().unwrap()["status"], "failed");
    assert_eq!(all.last().unwrap()["errors"][0]["code"], "RM6001");
    repo.apply();
    let label = Manifest { repository: "origin = \"Other\"".to_owned(), ..Manifest::default() };
    repo.repoman(["plan", "--out", "plan.json"]).ok();
    repo.write_manifest(&label.to_text());
    let blocked = repo.repoman(["apply", "--yes", "--json"]).exits(3);
    assert_eq!(events(&repo, &blocked).last().unwrap()["status"], "blocked");
    let stale = repo.repoman(["apply", "--plan", "plan.json", "--json"]).exits(4);
    let all = events(&repo, &stale);
    assert_eq!(all.last().unwrap()["status"], "conflict");
    let details = &all.last().unwrap()["errors"][0]["details"];
    assert_eq!(details[0], "~ bookworm.origin \"Other\"");
    repo.write_manifest("format = 1\nzebra = 2\n");
    let invalid = repo.repoman(["apply", "--yes", "--json"]).exits(1);
    let all = events(&repo, &invalid);
    assert_eq!(types(&all), ["version", "outcome"]);
    let errors = all[1]["errors"].as_array().unwrap();
    let zebra = errors.iter().find(|error| error["code"] == "RM1002").unwrap();
    assert_eq!(zebra["details"][0], "repo.toml:2:1");
}

#[test]
fn a_run_that_keeps_losing_says_so_in_its_documents() {
    let bucket = Bucket::start(|_| Conduct::Honest);
    let sources = Manifest::default().sources + "\n" + crate::push::SERVICES;
    let store = bucket.store("");
    let repo = bucket.admit(TestRepo::with(&Manifest { store, sources, ..Manifest::default() }));
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo.apply();
    let commit_point = "dists/bookworm/InRelease";
    let published = bucket.objects()[commit_point].clone();
    let other: &'static [u8] = [&*published, b"\n"].concat().leak();
    bucket.behave(move |request| match request.is_swap() {
        true => Conduct::Overtaken(other),
        false => Conduct::Honest,
    });
    repo.build(&Deb::new("widget", "1.1", "amd64"));
    let run = repo.repoman(["apply", "--yes", "--json", "--wait", "0s"]).exits(4);
    let all = events(&repo, &run);
    assert_eq!(all.last().unwrap()["status"], "conflict");
    assert_eq!(all.last().unwrap()["errors"][0]["code"], "RM6003");
    bucket.set(commit_point, Some(&published));
    let acme = Deb::new("acme-api", "1.0", "amd64").write_to(&repo.path("pushed"));
    let mut push = repo.command(std::path::Path::new(env!("CARGO_BIN_EXE_repoman")));
    push.args(["publish", "--yes", "--json", "--wait", "0s"]).arg(acme);
    let run = Run::of(&mut push).exits(4);
    let document: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(document["outcome"]["status"], "overtaken", "{run}");
}
