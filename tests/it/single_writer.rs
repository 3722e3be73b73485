//! Servers without working conditional writes: refused, unless somebody guarantees one writer.

use serde_json::Value;

use crate::support::{Bucket, Conduct, Deb, TestRepo, bucket};

const SINGLE: &str = "single_writer = true";
const WARNING: &str = "two at once can lose packages";

/// Returns what a server does that ignores `If-Match`, but not `If-None-Match`.
fn forgets_tags(request: &bucket::Request) -> Conduct {
    if request.is_update() { Conduct::Unconditional } else { Conduct::Honest }
}

/// Returns what a server does that doesn't know conditions.
fn knows_no_conditions(request: &bucket::Request) -> Conduct {
    match request.is_conditional() {
        true => Conduct::Refuse(501, "NotImplemented"),
        false => Conduct::Honest,
    }
}

/// Returns what is known of the conditional writes of the server.
fn trial(server: &Bucket) -> Value {
    let descriptor = &server.objects()[".repoman/store.json"];
    serde_json::from_slice::<Value>(descriptor).unwrap()["conditional_writes"].clone()
}

fn build(repo: &TestRepo, version: &str) {
    repo.build(&Deb::new("widget", version, "amd64"));
}

#[test]
fn a_server_without_conditions_is_refused_and_nothing_is_written() {
    for conduct in [forgets_tags, knows_no_conditions, |_: &_| Conduct::Unconditional] {
        let server = Bucket::start(conduct);
        let repo = server.repo("");
        build(&repo, "1.0");
        let run = repo.repoman(["apply", "--yes"]).exits(1);
        run.says(["error[RM4003]", "single_writer = true"]);
        assert!(server.objects().is_empty());
    }
}

#[test]
fn a_single_writer_publishes_by_looking_before_it_writes() {
    for conduct in [forgets_tags, knows_no_conditions, |_: &_| Conduct::Unconditional] {
        let server = Bucket::start(conduct);
        let repo = server.repo(SINGLE);
        build(&repo, "1.0");
        repo.repoman(["plan"]).ok().says([WARNING]);
        repo.apply().says([WARNING, "generation 1"]);
        assert!(trial(&server)["fault"].is_string());
        build(&repo, "1.1");
        server.requests();
        repo.apply().says([WARNING, "generation 2"]);
        let probes = server.requests().into_iter().filter(|line| line.contains("/probe/"));
        assert_eq!(probes.count(), 0, "what is known is not tried again");
        repo.repoman(["plan", "--exit-code"]).ok();
        repo.repoman(["drift"]).ok().says(["no drift", "can lose packages"]);
        let document = repo.repoman(["drift", "--json"]).ok().stdout;
        let document: Value = serde_json::from_str(&document).unwrap();
        assert!(document["unguarded"].is_string() && document["status"] == "clean");
    }
}

#[test]
fn a_single_writer_that_is_not_alone_notices_what_was_there_before() {
    let server = Bucket::start(|_| Conduct::Unconditional);
    let repo = server.repo(SINGLE);
    build(&repo, "1.0");
    repo.apply();
    let base = server.objects()["dists/bookworm/InRelease"].clone();
    build(&repo, "1.1");
    repo.apply();
    let latest = server.objects()["dists/bookworm/InRelease"].clone();
    // Another writer publishes between this one's plan and its swap.
    server.set("dists/bookworm/InRelease", Some(&base));
    let other = latest.clone();
    build(&repo, "1.2");
    server.behave(move |request| {
        match request.key.contains("by-hash") && request.method == "PUT" {
            true => Conduct::Replacing("debian/dists/bookworm/InRelease", other.clone().leak()),
            false => Conduct::Unconditional,
        }
    });
    let run = repo.repoman(["apply", "--yes"]).ok();
    run.says(["generation 3", "published"]);
}

#[test]
fn what_is_known_of_one_server_is_tried_again_at_another() {
    let server = Bucket::start(|_| Conduct::Unconditional);
    let repo = server.repo(SINGLE);
    build(&repo, "1.0");
    repo.apply();
    let better = Bucket::start(|_| Conduct::Honest);
    for (key, bytes) in server.objects() {
        better.set(&key, Some(&bytes));
    }
    let moved = better.repo("");
    build(&moved, "1.0");
    build(&moved, "1.1");
    moved.apply().says(["generation 2"]);
    assert!(trial(&better)["fault"].is_null());
    // Where conditions hold the line changes nothing, and nothing is said.
    let moved = better.repo(SINGLE);
    build(&moved, "1.2");
    assert!(!moved.apply().said(WARNING));
}

#[test]
fn the_line_has_no_effect_on_a_directory_and_is_refused_there() {
    let repo = TestRepo::with(&crate::support::Manifest {
        store: format!("url = \"file://repo\"\n{SINGLE}"),
        ..Default::default()
    });
    repo.repoman(["check"]).exits(1).says(["error[RM1016]", "single_writer"]);
}
