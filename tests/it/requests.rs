//! How often a bucket is asked, counted by the server: each request costs, in time and in money.

use std::fs;

use crate::support::{Bucket, Conduct, Deb, Manifest, TestRepo};

/// Returns a repository of one distribution with two architectures, with a package published.
fn published() -> (Bucket, TestRepo) {
    let server = Bucket::start(|_| Conduct::Honest);
    let repo = server.repo("");
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo.apply();
    (server, repo)
}

/// Returns the requests of an apply, in the order in which they came in.
#[track_caller]
fn requests_of_an_apply(server: &Bucket, repo: &TestRepo) -> Vec<String> {
    server.requests();
    repo.apply();
    server.requests()
}

#[test]
fn one_more_package_takes_twenty_requests_with_nothing_kept_on_this_machine() {
    let (server, repo) = published();
    fs::remove_dir_all(repo.home().join(".cache")).unwrap();
    repo.build(&Deb::new("widget", "1.1", "amd64"));
    let requests = requests_of_an_apply(&server, &repo);
    assert_eq!(requests.len(), 20, "{requests:#?}");
}

#[test]
fn what_an_apply_has_written_the_next_one_need_not_read() {
    let (server, repo) = published();
    repo.build(&Deb::new("widget", "1.1", "amd64"));
    let requests = requests_of_an_apply(&server, &repo);
    assert_eq!(requests.len(), 17, "{requests:#?}");
    let of_indices = requests.iter().filter(|r| r.starts_with("GET ") && r.contains("/by-hash/"));
    assert_eq!(of_indices.count(), 0, "{requests:#?}");
}

#[test]
fn no_change_takes_three_requests_and_one_more_for_each_further_distribution() {
    let (server, repo) = published();
    assert_eq!(requests_of_an_apply(&server, &repo).len(), 3);
    let one = Manifest::default().distributions;
    let other = one.replace("bookworm", "trixie").replace("stable", "testing");
    let distributions = format!("{one}\n{other}");
    let server = Bucket::start(|_| Conduct::Honest);
    let manifest = Manifest { store: server.store(""), distributions, ..Manifest::default() };
    let repo = server.admit(TestRepo::with(&manifest));
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo.apply();
    assert_eq!(requests_of_an_apply(&server, &repo).len(), 4);
}

#[test]
fn what_is_gone_is_told_by_the_records_and_each_index_that_describes_it_once() {
    let server = Bucket::start(|_| Conduct::Honest);
    let policy = "[distribution.bookworm.component.main.retain]\nversions = 1\n";
    let sources = format!("{}\n\n{policy}", Manifest::default().sources);
    let manifest = Manifest { store: server.store(""), sources, ..Manifest::default() };
    let repo = server.admit(TestRepo::with(&manifest));
    for version in ["1.0", "1.1", "1.2"] {
        for architecture in ["amd64", "arm64"] {
            repo.build(&Deb::new("widget", version, architecture));
        }
        repo.build(&Deb::new("widget-doc", version, "all"));
        repo.apply();
    }
    // This generation drops nothing, so nobody asks for the indices of the one before.
    let repository = manifest.repository.clone() + "\ndescription = \"Widgets\"";
    repo.write_manifest(&Manifest { repository, ..manifest }.to_text());
    repo.apply();
    fs::remove_dir_all(repo.home().join(".cache")).unwrap();
    server.requests();
    let run = repo.repoman(["query", "--retired", "--format", "plain"]).ok();
    assert_eq!(run.stdout.lines().count(), 6, "{run}");
    let requests = server.requests();
    let of_indices = requests.iter().filter(|request| request.contains("/binary-"));
    let indices: std::collections::BTreeSet<_> = of_indices.clone().collect();
    assert_eq!((of_indices.count(), indices.len()), (6, 6), "{requests:#?}");
    // Beside the indices: listings, keyring, the current generation, three before it, a manifest.
    assert_eq!(requests.len(), 6 + 2 + 1 + 2 + 6 + 1, "{requests:#?}");
}
