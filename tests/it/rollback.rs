//! An earlier generation comes back, with everything that clients see of it.

use std::fs;

use crate::support::{AptClient, Deb, FileServer, Manifest, Moto, TestKey, TestRepo, Trust, tree};

/// Returns a repository with three generations: a package, a newer version, and a third package
/// with another description.
fn three_generations() -> TestRepo {
    let repo = TestRepo::with(&mirrored(""));
    publish_three(&repo, mirrored);
    repo
}

fn publish_two(repo: &TestRepo) {
    let old = repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo.apply();
    fs::remove_file(old).unwrap();
    repo.build(&Deb::new("widget", "1.1", "amd64"));
    repo.apply();
}

fn publish_three(repo: &TestRepo, manifest: impl Fn(&str) -> Manifest) {
    publish_two(repo);
    repo.build(&Deb::new("gadget", "1.0", "arm64"));
    repo.write_manifest(&manifest("\ndescription = \"Widgets\"").to_text());
    repo.apply();
}

/// A mirror of the directory `dist`.
fn mirrored(repository: &str) -> Manifest {
    let manifest = Manifest::default();
    Manifest {
        repository: manifest.repository.clone() + repository,
        sources: manifest.sources.clone() + "\nmode = \"mirror\"",
        ..manifest
    }
}

fn client(url: &str) -> AptClient {
    AptClient::new(url, Trust::Key(&TestKey::shared().public))
}

#[test]
fn clients_get_what_they_got_before_and_the_log_says_why() {
    let repo = three_generations();
    let server = FileServer::start(&repo.store());
    let client = client(&server.url());
    client.update();
    assert_eq!(client.candidate("widget").as_deref(), Some("1.1"));

    let run = repo.repoman(["rollback", "bookworm", "1"]).exits(1);
    run.says(["widget", "1.0", "generation 1", "\"Widgets\" → nothing", "error[RM6001]"]);
    let run = repo.repoman(["rollback", "bookworm", "1", "--yes"]).ok();
    run.says([
        "1 brought back, 2 taken away",
        "bookworm is at generation 4, with the content of generation 1",
        "The next apply",
    ]);
    client.update();
    assert_eq!(client.candidate("widget").as_deref(), Some("1.0"));
    assert_eq!(client.candidate("gadget:arm64"), None);
    client.apt_get(["install", "widget"]).ok();
    assert_eq!(client.installed(), ["widget 1.0"]);
    assert!(!repo.published("dists/bookworm/InRelease").contains("Widgets"));

    repo.repoman(["log", "-n", "1"]).ok().says(["rollback to generation 1", "widget 1.0 amd64"]);
    repo.repoman(["drift"]).ok();
    let again = repo.repoman(["rollback", "bookworm", "1", "--yes"]).ok();
    again.says(["Nothing to do"]);
    repo.repoman(["rollback", "bookworm", "4", "--yes"]).ok().says(["Nothing to do"]);
    repo.repoman(["plan", "--exit-code"]).exits(2).says(["1.1", "gadget"]);
    repo.apply();
    client.update();
    assert_eq!(client.candidate("widget").as_deref(), Some("1.1"));
}

#[test]
fn a_package_whose_name_is_half_gone_comes_back_under_another() {
    let repo = TestRepo::with(&mirrored(""));
    publish_two(&repo);
    // Half of a week and an hour: deleted is nothing yet.
    repo.age(85);
    repo.repoman(["rollback", "bookworm", "1", "--yes"]).ok().says(["Uploads 1 package file"]);
    let pool = repo.pool();
    let copies = pool.iter().filter(|key| key.ends_with("widget_1.0_amd64.deb")).count();
    assert_eq!(copies, 2, "{pool:?}");
    let server = FileServer::start(&repo.store());
    let client = client(&server.url());
    client.update();
    client.download(&["widget"]);
    assert_eq!(client.files_here(), ["widget_1.0_amd64.deb"]);
}

#[test]
fn what_is_not_kept_or_not_whole_is_named() {
    let repo = TestRepo::with(&mirrored(""));
    publish_two(&repo);
    let run = repo.repoman(["rollback", "bookworm", "7", "--yes"]).exits(1);
    run.says(["error[RM6015]", "generation 7", "1 to 2"]);
    repo.repoman(["rollback", "trixie", "1", "--yes"]).exits(1).says(["error[RM6009]", "trixie"]);
    repo.age(24 * 8);
    repo.repoman(["gc", "--yes"]).ok();
    let run = repo.repoman(["rollback", "bookworm", "1", "--yes"]).exits(1);
    let run = run.says(["error[RM6016]", "is missing"]);
    assert_eq!(repo.repoman(["log"]).ok().stdout.matches("package file").count(), 2);
    let index = tree::files(&repo.store().join("dists/bookworm"))
        .into_iter()
        .find(|file| file.contains("/by-hash/") && run.said(file.rsplit('/').next().unwrap()));
    assert_eq!(index, None, "what it names is really gone");
}

#[test]
fn what_would_break_clients_blocks_a_rollback_too() {
    let repo = TestRepo::with(&mirrored(""));
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo.apply();
    let manifest = mirrored("");
    let distributions = manifest.distributions.replace("[\"main\"]", "[\"main\", \"extra\"]");
    repo.write_manifest(&Manifest { distributions, ..manifest }.to_text());
    repo.apply();
    let in_release = repo.published("dists/bookworm/InRelease");
    let run = repo.repoman(["rollback", "bookworm", "1", "--yes"]).exits(3);
    run.says(["component-removed:bookworm/extra", "error[RM7001]"]);
    assert_eq!(repo.published("dists/bookworm/InRelease"), in_release);
}

#[test]
fn a_bucket_is_rolled_back_without_an_upload() {
    let moto = Moto::start();
    let manifest =
        |repository: &str| Manifest { store: moto.store("debian"), ..mirrored(repository) };
    let repo = moto.admit(TestRepo::with(&manifest("")));
    publish_three(&repo, manifest);
    moto.requests();
    repo.repoman(["rollback", "bookworm", "2", "--yes"]).ok().says(["0 brought back, 1 taken"]);
    let uploads = moto.requests().into_iter().filter(|request| {
        request.is_write() && request.path.contains("/pool/") && request.method == "PUT"
    });
    assert_eq!(uploads.count(), 0);
    let client = client(&format!("{}/apt/debian", moto.endpoint()));
    client.update();
    assert_eq!(client.candidate("widget").as_deref(), Some("1.1"));
    assert_eq!(client.candidate("gadget:arm64"), None);
}
