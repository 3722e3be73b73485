//! Servers that fail at the worst moment: what is published, what is said, and how it goes on.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::bucket::Request;
use crate::support::{Bucket, Conduct, Deb, Run, TestRepo};

/// Starts a server and a repository on it with one package to publish.
fn stage() -> (Bucket, TestRepo) {
    let server = Bucket::start(|_| Conduct::Honest);
    let repo = server.repo("");
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    (server, repo)
}

/// Behaves so with the first requests of a kind, and well with all others.
fn first(
    count: usize,
    is_meant: fn(&Request) -> bool,
    conduct: Conduct,
) -> impl FnMut(&Request) -> Conduct + Send {
    let seen = AtomicUsize::new(0);
    move |request| match is_meant(request) && seen.fetch_add(1, Ordering::Relaxed) < count {
        true => conduct,
        false => Conduct::Honest,
    }
}

fn is_put(request: &Request) -> bool {
    request.method == "PUT" && !request.key.contains("/probe/")
}

fn is_in_pool(request: &Request) -> bool {
    request.key.starts_with("debian/pool/")
}

fn is_index(request: &Request) -> bool {
    request.key.contains("/by-hash/")
}

/// Returns what an apply says on a server that always behaves so with requests of a kind, and
/// asserts that clients see none of it and the next apply makes up for it.
#[track_caller]
fn fails(is_meant: fn(&Request) -> bool, conduct: Conduct) -> Run {
    let (server, repo) = stage();
    let repo = repo.env("REPOMAN_TIMEOUT", "1s");
    server.behave(first(usize::MAX, is_meant, conduct));
    let run = repo.repoman(["apply", "--yes"]).exits(1);
    assert!(!server.objects().contains_key("dists/bookworm/InRelease"), "{run}");
    server.behave(|_| Conduct::Honest);
    repo.apply().says(["generation 1"]);
    repo.repoman(["drift"]).ok().says(["no drift"]);
    run
}

#[test]
fn a_swap_whose_answer_is_lost_or_wrong_is_won_once() {
    let failures = [
        Conduct::Refuse(409, "ConditionalRequestConflict"),
        Conduct::DoAndSay(409, "ConditionalRequestConflict"),
        Conduct::DoAndSay(412, "PreconditionFailed"),
        Conduct::DoAndSay(500, "InternalError"),
        Conduct::DoAndSay(503, "SlowDown"),
        Conduct::DoAndBreak,
        Conduct::Refuse(500, "InternalError"),
        Conduct::Refuse(503, "SlowDown"),
        Conduct::Break,
    ];
    for failure in failures {
        let (server, repo) = stage();
        server.behave(first(1, Request::is_swap, failure));
        let run = repo.apply().says(["bookworm is at generation 1"]);
        repo.repoman(["plan", "--exit-code"]).ok();
        let drift = repo.repoman(["drift"]).ok();
        assert!(drift.said("no drift"), "{failure:?}\n{run}\n{drift}");
    }
}

#[test]
fn every_kind_of_write_gets_over_failures_that_pass() {
    for failure in [
        Conduct::DoAndSay(500, "InternalError"),
        Conduct::DoAndSay(409, "OperationAborted"),
        Conduct::DoAndBreak,
        Conduct::Refuse(503, "SlowDown"),
        Conduct::Refuse(429, "TooManyRequests"),
    ] {
        let (server, repo) = stage();
        server.behave(first(3, is_put, failure));
        repo.apply().says(["generation 1"]);
        repo.repoman(["drift"]).ok().says(["no drift"]);
    }
}

#[test]
fn a_store_that_goes_on_asking_to_slow_down_is_named() {
    for (status, code) in [(503, "SlowDown"), (429, "TooManyRequests")] {
        let run = fails(is_in_pool, Conduct::Refuse(status, code));
        let status = status.to_string();
        run.says(["error[RM4012]", "asks to slow down", &status, code, "--jobs"]);
    }
}

#[test]
fn connections_that_break_and_answers_that_never_come_are_named() {
    let run = fails(is_index, Conduct::Break);
    run.says(["error[RM4004]", "by-hash", "got no answer", "help"]);
    let run = fails(is_index, Conduct::Hang);
    run.says(["error[RM4004]", "by-hash", "timeout", "--timeout"]);
    // Whether it was written, nobody can tell: it might arrive yet.
    let run = fails(Request::is_swap, Conduct::Break);
    run.says(["error[RM4008]", "InRelease", "run apply again"]);
}

#[test]
fn a_swap_that_is_never_answered_is_looked_up() {
    let (server, repo) = stage();
    let repo = repo.env("REPOMAN_TIMEOUT", "1s");
    server.behave(first(1, Request::is_swap, Conduct::Hang));
    repo.apply().says(["generation 1"]);
    repo.repoman(["drift"]).ok().says(["no drift"]);
}

#[test]
fn a_store_that_is_not_there_is_named() {
    let (_server, repo) = stage();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let manifest = std::fs::read_to_string(repo.path("repo.toml")).unwrap();
    let endpoint = |line: &str| match line.starts_with("endpoint") {
        true => format!("endpoint = \"http://{free}\"\n"),
        false => format!("{line}\n"),
    };
    repo.write_manifest(&manifest.lines().map(endpoint).collect::<String>());
    repo.repoman(["plan"]).exits(1).says(["error[RM4004]", "refused"]);
}

#[test]
fn a_missing_key_that_is_denied_is_explained() {
    // What AWS does where the credentials lack s3:ListBucket.
    let run = fails(
        |request| request.method == "GET" && request.key.ends_with("/store.json"),
        Conduct::Refuse(403, "AccessDenied"),
    );
    run.says(["error[RM4001]", "s3:GetObject", "s3:ListBucket without which a missing key"]);
}
