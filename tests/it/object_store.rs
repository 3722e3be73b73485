//! The main job on S3: signed requests to a real server, served to apt over plain HTTP.

use std::fs;

use crate::publish::{build_widget, install_widget};
use crate::support::deb::{container, tar, tar_gz};
use crate::support::moto::Request;
use crate::support::{AptClient, Deb, Manifest, Moto, TestKey, TestRepo, Trust};

/// Creates a repository in a prefix of the server's bucket.
fn repo_on(moto: &Moto) -> TestRepo {
    let store = moto.store("debian");
    moto.admit(TestRepo::with(&Manifest { store, ..Manifest::default() }))
}

fn client_of(moto: &Moto) -> AptClient {
    let url = format!("{}/apt/debian", moto.endpoint());
    AptClient::new(&url, Trust::Key(&TestKey::shared().public))
}

fn writes(moto: &Moto) -> Vec<Request> {
    moto.requests().into_iter().filter(Request::is_write).collect()
}

#[test]
fn apt_installs_from_a_bucket_and_a_second_apply_writes_nothing() {
    let moto = Moto::start();
    let repo = repo_on(&moto);
    build_widget(&repo, "1.0-1");
    repo.repoman(["plan", "--exit-code"]).exits(2).says(["s3://apt/debian", "new distribution"]);
    let requests = moto.requests();
    assert!(!requests.is_empty() && requests.iter().all(|request| request.is_signed));
    assert_eq!(requests.into_iter().filter(Request::is_write).collect::<Vec<_>>(), []);

    repo.apply().says(["bookworm is at generation 1"]);
    let writes_of_apply = writes(&moto);
    assert!(writes_of_apply.iter().all(|request| request.is_signed), "{writes_of_apply:?}");
    let swaps = writes_of_apply.iter().filter(|request| request.path.ends_with("/InRelease"));
    assert_eq!(swaps.count(), 1);
    install_widget(&client_of(&moto), "1.0-1");

    moto.requests();
    repo.repoman(["plan", "--exit-code"]).ok().says(["No changes"]);
    repo.apply().says(["No changes"]);
    assert_eq!(writes(&moto), []);
}

#[test]
fn an_upgrade_uploads_the_new_package_only() {
    let moto = Moto::start();
    let repo = repo_on(&moto);
    repo.build(&Deb::new("widget", "1.0-1", "amd64"));
    repo.build(&Deb::new("other", "1", "amd64"));
    repo.apply();
    let client = client_of(&moto);
    client.update();

    repo.build(&Deb::new("widget", "1.0-2", "amd64"));
    let plan = repo.repoman(["plan", "--exit-code"]).exits(2);
    plan.says(["clients upgrade 1.0-1 → 1.0-2", "Uploads 1 package file"]);
    moto.requests();
    repo.apply();
    let uploads = writes(&moto).into_iter().filter(|request| request.path.contains("/pool/"));
    let uploads: Vec<_> = uploads.map(|request| request.path).collect();
    assert_eq!(uploads.len(), 1, "{uploads:?}");
    assert!(uploads[0].ends_with("/widget_1.0-2_amd64.deb"));

    client.update();
    assert_eq!(client.candidate("widget").as_deref(), Some("1.0-2"));
    client.apt_get(["install", "widget=1.0-1"]).ok();
    assert_eq!(client.installed(), ["widget 1.0-1"]);
}

#[test]
fn objects_say_what_they_are_and_how_long_they_may_be_kept() {
    let moto = Moto::start();
    let repo = repo_on(&moto);
    build_widget(&repo, "1.0-1");
    repo.apply();
    let keys = moto.keys();
    assert!(keys.iter().any(|key| key == "debian/dists/bookworm/InRelease"), "{keys:?}");
    for key in keys {
        let lasting = ["/pool/", "/by-hash/"].iter().any(|part| key.contains(part));
        let is_client_file = key.contains("/dists/") || key.contains("/pool/");
        let answer = moto.get(&key);
        assert_eq!(answer.status, 200, "{key}");
        let cache = answer.header("Cache-Control").unwrap_or_default();
        if is_client_file {
            assert_eq!(cache.contains("immutable"), lasting, "{key}: {cache}");
            assert_eq!(cache.contains("no-cache"), !lasting, "{key}: {cache}");
        }
        let kind = answer.header("Content-Type").unwrap_or_default();
        let expected = match key.rsplit(['/', '.']).next().unwrap() {
            "deb" => "application/vnd.debian.binary-package",
            "InRelease" | "Release" | "asc" | "sources" => "text/plain; charset=utf-8",
            _ => continue,
        };
        assert_eq!(kind, expected, "{key}");
        // apt would unpack twice what a server calls encoded.
        assert_eq!(answer.header("Content-Encoding"), None, "{key}");
    }
}

#[test]
fn a_large_package_goes_up_in_parts_and_comes_down_whole() {
    let moto = Moto::start();
    let repo = repo_on(&moto);
    let large = repo.path("dist/large_1.0_amd64.deb");
    fs::create_dir_all(repo.path("dist")).unwrap();
    fs::write(&large, large_package(70 << 20)).unwrap();
    repo.apply();
    let parts = writes(&moto).into_iter().filter(|request| request.path.contains("/pool/"));
    assert!(parts.filter(|request| request.method == "PUT").count() > 1);
    let client = client_of(&moto);
    client.update();
    client.download(&["large"]);
    assert_eq!(client.files_here(), ["large_1.0_amd64.deb"]);
    assert!(fs::read(client.path("large_1.0_amd64.deb")).unwrap() == fs::read(&large).unwrap());
}

/// Returns a package with one file of so many bytes, which nothing compresses.
fn large_package(size: usize) -> Vec<u8> {
    let control = Deb::new("large", "1.0", "amd64").control();
    let content: Vec<u8> = (0..size).map(|position| (position % 251) as u8).collect();
    container(&[
        ("debian-binary", b"2.0\n"),
        ("control.tar.gz", &tar_gz(&[("./control", Some(control.as_bytes()))])),
        ("data.tar", &tar(&[("./large", Some(&content))])),
    ])
}

#[test]
fn a_bucket_that_is_not_there_is_named_and_not_created() {
    let moto = Moto::start();
    let store = moto.store("").replace("s3://apt/", "s3://other");
    let repo = moto.admit(TestRepo::with(&Manifest { store, ..Manifest::default() }));
    repo.build(&Deb::new("widget", "1.0-1", "amd64"));
    let run = repo.repoman(["apply", "--yes"]).exits(1);
    run.says(["error[RM4005]", "other", "create the bucket"]);
    assert_eq!(writes(&moto), []);
}

#[test]
fn without_credentials_nothing_is_sent() {
    let moto = Moto::start();
    let repo = TestRepo::with(&Manifest { store: moto.store("debian"), ..Manifest::default() });
    repo.build(&Deb::new("widget", "1.0-1", "amd64"));
    repo.repoman(["plan"]).exits(1).says(["error[RM4002]", "AWS_PROFILE"]);
    assert_eq!(moto.requests(), []);
}
