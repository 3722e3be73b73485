//! Which package has which file, as the real apt-file finds it.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use crate::support::deb::{tar_gz, with_control};
use crate::support::{AptClient, FileServer, Manifest, Moto, TestKey, TestRepo, Trust, tree};

/// A mirror of the directory `dist` that keeps all versions there are, with `Contents` or without.
fn manifest(contents: bool) -> Manifest {
    let manifest = Manifest::default();
    Manifest {
        distributions: format!("{}\ncontents = {contents}", manifest.distributions),
        sources: manifest.sources.clone() + "\nmode = \"mirror\"",
        ..manifest
    }
}

/// Puts a package into the directory `dist` that has these files.
fn build(repo: &TestRepo, package: &str, files: &[&str]) -> PathBuf {
    let [name, version, architecture] = package.split(' ').collect::<Vec<_>>()[..] else {
        panic!("{package}")
    };
    let control = format!(
        "Package: {name}\nVersion: {version}\nArchitecture: {architecture}\nSection: utils\n\
         Maintainer: Test <test@example.org>\nDescription: a test\n"
    );
    let files: Vec<_> = files.iter().map(|path| format!("./{path}")).collect();
    let entries = files.iter().map(|path| (path.as_str(), Some(path.as_bytes())));
    let entries: Vec<_> = [("./", None), ("./usr/", None)].into_iter().chain(entries).collect();
    let path = repo.path(&format!("dist/{name}_{version}_{architecture}.deb"));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, with_control(&control, &tar_gz(&entries))).unwrap();
    path
}

/// Publishes three packages, of one of which there are two versions.
fn first(repo: &TestRepo) {
    build(repo, "widget 1.0 amd64", &["usr/bin/widget", "usr/share/widget/old"]);
    build(repo, "widget 1.1 amd64", &["usr/bin/widget", "usr/share/widget/new"]);
    build(repo, "gadget 1.0 all", &["usr/share/gadget/a file", "usr/share/shared"]);
    build(repo, "armed 1.0 arm64", &["usr/bin/armed", "usr/share/shared"]);
    repo.apply();
}

fn client(url: &str) -> AptClient {
    AptClient::new(url, Trust::Key(&TestKey::shared().public)).with_apt_file()
}

/// Returns the published text of an architecture.
fn text(repo: &TestRepo, architecture: &str) -> String {
    repo.index_file(&format!("bookworm/main/Contents-{architecture}"))
}

/// Returns all `Contents` files, by their names.
fn all(repo: &TestRepo) -> BTreeMap<String, Vec<u8>> {
    let directory = repo.store().join("dists/bookworm/main");
    let names = tree::files(&directory).into_iter().filter(|name| name.starts_with("Contents-"));
    names.map(|name| (name.clone(), fs::read(directory.join(name)).unwrap())).collect()
}

#[test]
fn apt_file_finds_what_apt_would_install_after_each_kind_of_change() {
    let repo = TestRepo::with(&manifest(true));
    first(&repo);
    assert_eq!(
        text(&repo, "amd64"),
        "usr/bin/widget utils/widget\nusr/share/gadget/a file utils/gadget\n\
         usr/share/shared utils/gadget\nusr/share/widget/new utils/widget\n"
    );
    assert_eq!(
        text(&repo, "arm64"),
        "usr/bin/armed utils/armed\nusr/share/gadget/a file utils/gadget\n\
         usr/share/shared utils/armed,utils/gadget\n"
    );
    let server = FileServer::start(&repo.store());
    let client = client(&server.url());
    client.update();
    assert_eq!(
        client.files_named("share/"),
        [
            "gadget: /usr/share/gadget/a file",
            "gadget: /usr/share/shared",
            "widget: /usr/share/widget/new",
        ]
    );

    // An upgrade.
    let newest = build(&repo, "widget 1.2 amd64", &["usr/bin/widget", "usr/share/widget/newest"]);
    repo.apply();
    client.update();
    assert_eq!(client.files_named("share/widget"), ["widget: /usr/share/widget/newest"]);

    // What is yanked makes an older version the newest; its file is only in the store.
    fs::remove_file(newest).unwrap();
    for version in ["1.0", "1.1"] {
        fs::remove_file(repo.path(&format!("dist/widget_{version}_amd64.deb"))).unwrap();
    }
    let manifest = Manifest { sources: Manifest::default().sources, ..manifest(true) };
    let yanked = format!("{}\n[yank.widget]\n\"1.2\" = \"broken\"\n", manifest.to_text());
    repo.write_manifest(&yanked);
    let plan = repo.repoman(["plan"]).ok();
    plan.says(["for the Contents of bookworm, 1 package file (", "is read from the store"]);
    repo.apply();
    client.update();
    assert_eq!(client.files_named("share/widget"), ["widget: /usr/share/widget/new"]);

    // A rollback brings the first text back byte for byte, under another name where that is spent.
    repo.repoman(["rollback", "bookworm", "2", "--yes"]).ok();
    client.update();
    assert_eq!(client.files_named("share/widget"), ["widget: /usr/share/widget/newest"]);
    repo.repoman(["drift"]).ok();
    assert_eq!(tree::files(&repo.temporary()), Vec::<String>::new());
}

#[test]
fn contents_come_and_go_with_the_manifest_and_are_the_same_however_they_came_about() {
    let repo = TestRepo::with(&manifest(false));
    first(&repo);
    assert_eq!(all(&repo).len(), 0);
    repo.write_manifest(&manifest(true).to_text());
    repo.repoman(["plan"]).ok().says(["Contents     nothing → \"yes\"", "4 index files"]);
    repo.apply();
    let grown = all(&repo);
    assert_eq!(grown.len(), 4);
    repo.repoman(["plan", "--exit-code"]).ok();

    let cold = TestRepo::with(&manifest(true));
    first(&cold);
    assert_eq!(all(&cold), grown);

    // What lists the same is left alone.
    fs::remove_file(repo.path("dist/widget_1.0_amd64.deb")).unwrap();
    repo.repoman(["plan"]).ok().says(["2 index files, then the Release files"]);
    repo.apply();
    assert_eq!(all(&repo), grown);

    repo.write_manifest(&manifest(false).to_text());
    repo.apply();
    assert!(!repo.published("dists/bookworm/InRelease").contains("Contents-"));
    repo.repoman(["plan", "--exit-code"]).ok();
    repo.repoman(["drift"]).ok();
    repo.age(24 * 8);
    repo.repoman(["gc", "--yes"]).ok();
    assert_eq!(all(&repo).len(), 0);
}

#[test]
fn lost_contents_are_made_again() {
    let repo = TestRepo::with(&manifest(true));
    first(&repo);
    let intact = all(&repo);
    let directory = repo.store().join("dists/bookworm/main");
    for name in intact.keys() {
        fs::remove_file(directory.join(name)).unwrap();
    }
    repo.repoman(["plan", "--exit-code"]).exits(2);
    repo.apply();
    assert_eq!(all(&repo), intact);

    fs::remove_dir_all(directory.join("by-hash")).unwrap();
    repo.repoman(["drift"]).exits(2);
    repo.apply();
    assert_eq!(all(&repo), intact);
    repo.repoman(["drift"]).ok();

    fs::remove_dir_all(repo.path("dist")).unwrap();
    let append = Manifest { sources: Manifest::default().sources, ..manifest(true) };
    repo.write_manifest(&append.to_text());
    fs::remove_dir_all(directory.join("by-hash")).unwrap();
    for name in intact.keys() {
        fs::remove_file(directory.join(name)).unwrap();
    }
    repo.repoman(["plan"]).ok().says(["3 package files (", "are read from the store"]);
    repo.apply();
    assert_eq!(all(&repo).keys().collect::<Vec<_>>(), intact.keys().collect::<Vec<_>>());
    repo.repoman(["drift"]).ok();
}

#[test]
fn a_bucket_serves_contents_to_apt_file_and_takes_pushes() {
    let moto = Moto::start();
    let store = moto.store("debian");
    let pushed = "\n\n[source.ci]\npush = true\nto = \"bookworm/main\"\n";
    let sources = Manifest::default().sources + pushed;
    let repo = moto.admit(TestRepo::with(&Manifest { store, sources, ..manifest(true) }));
    first(&repo);
    let client = client(&format!("{}/apt/debian", moto.endpoint()));
    client.update();
    assert_eq!(client.files_named("share/widget"), ["widget: /usr/share/widget/new"]);
    let path = build(&repo, "widget 2.0 amd64", &["usr/share/widget/pushed"]);
    let elsewhere = repo.path("widget.deb");
    fs::rename(path, &elsewhere).unwrap();
    repo.repoman(["publish", "--yes", "widget.deb"]).ok();
    client.update();
    assert_eq!(client.files_named("widget"), ["widget: /usr/share/widget/pushed"]);
    repo.repoman(["drift"]).ok();
}
