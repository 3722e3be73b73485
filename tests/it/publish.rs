//! The main job: from an empty store to packages that apt installs, and on from there.

use std::fs;
use std::process::Command;

use crate::support::{AptClient, Deb, FileServer, Run, TestKey, TestRepo, Trust, tree};

/// Puts a small product into the sources: a program, a library for two architectures, and data
/// that all share.
pub fn build_widget(repo: &TestRepo, version: &str) {
    let depends = format!("libwidget1 (= {version}), widget-data (= {version})");
    repo.build(&Deb::new("widget", version, "amd64").field("Depends", &depends));
    for architecture in ["amd64", "arm64"] {
        repo.build(&Deb::new("libwidget1", version, architecture).field("Multi-Arch", "same"));
    }
    repo.build(&Deb::new("widget-data", version, "all").field("Multi-Arch", "foreign"));
}

/// Has a client download and install the product, arm64 beside amd64.
pub fn install_widget(client: &AptClient, version: &str) {
    client.update();
    client.apt_get(["install", "--download-only", "widget", "libwidget1:arm64"]).ok();
    assert_eq!(client.downloaded().len(), 4);
    client.apt_get(["install", "widget", "libwidget1:arm64"]).ok();
    let expected = ["libwidget1:amd64", "libwidget1:arm64", "widget", "widget-data"];
    assert_eq!(client.installed(), expected.map(|package| format!("{package} {version}")));
}

#[test]
fn apt_installs_what_was_applied_to_an_empty_directory() {
    let repo = TestRepo::new();
    build_widget(&repo, "1.0-1");
    let plan = repo.repoman(["plan"]).ok();
    plan.says(["new distribution", "+ widget", "3 packages (4 files) to add", "Clients will use:"]);
    assert!(!repo.store().exists(), "a plan writes nothing");
    repo.apply().says(["bookworm is at generation 1"]);

    let server = FileServer::start(&repo.store());
    let client = AptClient::new(&server.url(), Trust::Key(&TestKey::shared().public));
    install_widget(&client, "1.0-1");
    let requests = server.requests();
    let indices = requests.iter().filter(|request| request.contains("/binary-"));
    let names: Vec<_> = indices.map(|request| request.contains("/by-hash/SHA256/")).collect();
    assert_eq!(names, [true, true], "apt gets index files by hash: {requests:?}");
}

#[test]
fn a_second_apply_touches_nothing() {
    let repo = TestRepo::new();
    build_widget(&repo, "1.0-1");
    repo.apply();
    let before = tree::stamps(&repo.store());
    repo.repoman(["plan", "--exit-code"]).ok().says(["No changes"]);
    repo.apply().says(["No changes"]);
    repo.repoman(["apply"]).ok().says(["No changes"]);
    assert_eq!(tree::stamps(&repo.store()), before);
}

#[test]
fn an_upgrade_is_one_line_of_the_plan_and_the_old_version_stays() {
    let repo = TestRepo::new();
    repo.build(&Deb::new("widget", "1.9-1", "amd64"));
    repo.build(&Deb::new("other", "1", "amd64"));
    repo.apply();
    let server = FileServer::start(&repo.store());
    let client = AptClient::new(&server.url(), Trust::Key(&TestKey::shared().public));
    client.update();
    assert_eq!(client.candidate("widget").as_deref(), Some("1.9-1"));

    repo.build(&Deb::new("widget", "1.10-1", "amd64"));
    let plan = repo.repoman(["plan", "--exit-code"]).exits(2);
    let added = plan.stdout.lines().filter(|line| line.trim_start().starts_with("+ "));
    assert_eq!(added.count(), 1, "{plan}");
    plan.says(["+ widget", "clients upgrade 1.9-1 → 1.10-1", "1 package (1 file) to add"]);
    repo.repoman(["plan"]).ok();
    repo.apply().says(["bookworm is at generation 2"]);

    client.update();
    assert_eq!(client.candidate("widget").as_deref(), Some("1.10-1"));
    client.apt_get(["install", "widget=1.9-1"]).ok();
    assert_eq!(client.installed(), ["widget 1.9-1"]);
    client.apt_get(["upgrade"]).ok();
    assert_eq!(client.installed(), ["widget 1.10-1"]);
}

#[test]
fn packages_of_every_compression_that_dpkg_deb_makes_are_installed() {
    let repo = TestRepo::new();
    fs::create_dir(repo.path("dist")).unwrap();
    let compressions = ["none", "gzip", "xz", "zstd"];
    for compression in compressions {
        let tree = repo.path(compression);
        fs::create_dir_all(tree.join("DEBIAN")).unwrap();
        fs::create_dir_all(tree.join("opt")).unwrap();
        fs::write(tree.join("opt").join(compression), compression).unwrap();
        let control = Deb::new(&format!("with-{compression}"), "1.0", "all").control();
        fs::write(tree.join("DEBIAN/control"), control).unwrap();
        let mut build = Command::new("dpkg-deb");
        build.args(["--root-owner-group", "--uniform-compression"]);
        build.arg(format!("-Z{compression}")).arg("--build");
        Run::of(build.arg(&tree).arg(repo.path("dist"))).ok();
    }
    repo.apply();
    let server = FileServer::start(&repo.store());
    let client = AptClient::new(&server.url(), Trust::Key(&TestKey::shared().public));
    client.update();
    client.apt_get(["install", "with-none", "with-gzip", "with-xz", "with-zstd"]).ok();
    for compression in compressions {
        assert!(client.path("opt").join(compression).is_file(), "{compression}");
    }
}
