//! What somebody else does to the store, and how `drift` tells it; it writes nothing itself.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::manifest::signed_by;
use crate::support::moto::Request;
use crate::support::{Deb, Manifest, Moto, Run, TestKey, TestRepo, tree};

const IN_RELEASE: &str = "dists/bookworm/InRelease";

/// Returns a repository at generation 2, with two package files.
fn published() -> TestRepo {
    let repo = TestRepo::new();
    for version in ["1.0", "1.1"] {
        repo.build(&Deb::new("widget", version, "amd64"));
        repo.apply();
    }
    repo
}

/// Runs drift without any secret, and asserts that the store is as it was.
#[track_caller]
fn drift<const N: usize>(repo: &TestRepo, arguments: [&str; N]) -> Run {
    let before = tree::stamps(&repo.store());
    let mut command = repo.command(env!("CARGO_BIN_EXE_repoman").as_ref());
    command.env_remove("TEST_SIGNING_KEY").arg("drift").args(arguments);
    let run = Run::of(&mut command);
    assert_eq!(tree::stamps(&repo.store()), before, "{run}");
    run
}

/// Returns what drift found, each as `severity kind object`.
#[track_caller]
fn found(repo: &TestRepo) -> Vec<String> {
    let run = drift(repo, ["--json", "--deep"]);
    let document: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run}"));
    let text = |item: &Value, field: &str| item[field].as_str().unwrap().to_owned();
    let line =
        |item: &Value| [text(item, "severity"), text(item, "kind"), text(item, "object")].join(" ");
    document["items"].as_array().unwrap().iter().map(line).collect()
}

/// Returns the only file in the store whose key contains all of these.
#[track_caller]
fn object(repo: &TestRepo, parts: &[&str]) -> (String, PathBuf) {
    let mut keys = tree::files(&repo.store());
    keys.retain(|key| parts.iter().all(|part| key.contains(part)));
    assert_eq!(keys.len(), 1, "{keys:?}");
    let path = repo.store().join(&keys[0]);
    (keys.remove(0), path)
}

/// Changes one byte of a file.
fn alter(path: &PathBuf) {
    let mut bytes = fs::read(path).unwrap();
    bytes[10] ^= 1;
    fs::write(path, bytes).unwrap();
}

/// Returns the current index of amd64 in a form, under its hash.
fn by_hash(repo: &TestRepo, form: &str) -> (String, PathBuf) {
    let release = repo.published("dists/bookworm/Release");
    let line = release.lines().find(|line| line.ends_with(&format!("binary-amd64/Packages{form}")));
    object(repo, &["by-hash", line.unwrap().split_whitespace().next().unwrap()])
}

#[test]
fn what_was_just_applied_is_clean() {
    let repo = published();
    let run = drift(&repo, []).ok().says(["no drift", "bookworm generation 2", "2 package files"]);
    assert_eq!(run.stdout.lines().count(), 1);
    drift(&repo, ["--deep", "--fail-on", "security,breaking,expiring,cosmetic"])
        .ok()
        .says(["hashed again"]);
    assert_eq!(found(&repo), [""; 0]);
}

#[test]
fn an_empty_store_and_what_is_not_applied_yet_are_no_drift() {
    let repo = TestRepo::new();
    drift_of_nothing(&repo);
    let manifest = Manifest::default();
    let more = "[distribution.trixie]\ncomponents = [\"main\"]\narchitectures = [\"amd64\"]";
    let distributions = format!("{}\n{more}", manifest.distributions);
    let repo = published();
    repo.write_manifest(&Manifest { distributions, ..manifest }.to_text());
    // `trixie` has no sources entry yet, and needs none.
    drift(&repo, ["--fail-on", "security,breaking,expiring,cosmetic"]).ok();
}

fn drift_of_nothing(repo: &TestRepo) {
    fs::create_dir(repo.store()).unwrap();
    drift(repo, []).ok().says(["nothing is published here"]);
}

#[test]
fn package_files_that_are_missing_or_changed_are_breaking() {
    let repo = published();
    let (missing, path) = object(&repo, &["pool/", "widget_1.0_"]);
    fs::remove_file(path).unwrap();
    let (shorter, path) = object(&repo, &["pool/", "widget_1.1_"]);
    fs::write(path, "short").unwrap();
    let run = drift(&repo, []).exits(2);
    run.says(["breaking", &missing, "listed in bookworm/main/amd64", "5 bytes, not"]);
    let mut expected =
        [format!("breaking missing {missing}"), format!("breaking altered {shorter}")];
    expected.sort_by_key(|line| line.split(' ').next_back().map(str::to_owned));
    assert_eq!(found(&repo), expected);
}

#[test]
fn a_changed_package_file_of_the_same_size_takes_a_deep_look() {
    let repo = published();
    let (key, path) = object(&repo, &["pool/", "widget_1.1_"]);
    alter(&path);
    drift(&repo, []).ok();
    drift(&repo, ["--deep"]).exits(2).says(["altered", &key, "SHA256"]);
}

#[test]
fn index_files_that_are_missing_or_changed_are_all_told() {
    let repo = published();
    let ((altered, path), (missing, other)) = (by_hash(&repo, ".xz"), by_hash(&repo, ".gz"));
    alter(&path);
    fs::remove_file(other).unwrap();
    let found = found(&repo);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.contains(&format!("breaking altered {altered}")), "{found:?}");
    assert!(found.contains(&format!("breaking missing {missing}")), "{found:?}");
    drift(&repo, []).exits(2);
}

#[test]
fn a_state_that_is_gone_does_not_hide_the_rest() {
    let repo = published();
    let release = repo.published("dists/bookworm/Release");
    let line = release.lines().find(|line| line.ends_with("repoman/state.json.gz")).unwrap();
    let (state, path) = object(&repo, &[line.split_whitespace().next().unwrap()]);
    fs::remove_file(path).unwrap();
    let (package, path) = object(&repo, &["pool/", "widget_1.0_"]);
    fs::remove_file(path).unwrap();
    let expected = [state, package].map(|key| format!("breaking missing {key}"));
    assert_eq!(found(&repo), expected);
}

#[test]
fn a_release_by_a_stranger_or_by_nobody_is_a_matter_of_security() {
    let repo = published();
    let stranger = TestKey::generate("Stranger <stranger@example.org>", "never");
    let release = repo.published("dists/bookworm/Release");
    let in_release = fs::read(repo.store().join(IN_RELEASE)).unwrap();
    fs::write(repo.store().join(IN_RELEASE), stranger.clear_sign(release.as_bytes())).unwrap();
    let run = drift(&repo, []).exits(2);
    let run = run.says(["security", "unknown-signer", "unknown key, not a signature by test"]);
    assert!(!run.said(".repoman/history"), "{run}");
    fs::write(repo.store().join("acme-apt.asc"), &stranger.public).unwrap();
    let run = drift(&repo, []).exits(2);
    run.says(["stray-key", "Stranger <stranger@example.org>", "unknown-signer", "key-missing"]);

    let changed = String::from_utf8(in_release).unwrap().replace("Origin: Acme", "Origin: Acmf");
    fs::write(repo.store().join(IN_RELEASE), changed).unwrap();
    fs::write(repo.store().join("acme-apt.asc"), &TestKey::shared().public).unwrap();
    drift(&repo, []).exits(2).says(["bad-signature"]);
    fs::remove_file(repo.store().join(IN_RELEASE)).unwrap();
    assert_eq!(found(&repo)[0], format!("security unsigned {IN_RELEASE}"));
}

#[test]
fn a_generation_that_was_put_back_is_a_matter_of_security() {
    let repo = TestRepo::new();
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo.apply();
    let first = fs::read(repo.store().join(IN_RELEASE)).unwrap();
    for version in ["1.1", "1.2"] {
        repo.build(&Deb::new("widget", version, "amd64"));
        repo.apply();
    }
    fs::write(repo.store().join(IN_RELEASE), first).unwrap();
    drift(&repo, []).exits(2).says(["put-back", "generation 1, not generation 2 or later"]);
}

#[test]
fn a_keyring_that_is_gone_leaves_nothing_verified() {
    let repo = published();
    fs::remove_file(repo.store().join("acme-apt.asc")).unwrap();
    let expected =
        [format!("security unverifiable {IN_RELEASE}"), "breaking missing acme-apt.asc".into()];
    assert_eq!(found(&repo), expected);
}

#[test]
fn a_release_that_is_gone_is_missed_by_its_history() {
    let repo = published();
    for file in ["InRelease", "Release", "Release.gpg"] {
        fs::remove_file(repo.store().join("dists/bookworm").join(file)).unwrap();
    }
    drift(&repo, []).exits(2).says(["breaking", IN_RELEASE, "missing", "generation 2"]);
}

#[test]
fn cosmetic_drift_fails_only_where_it_is_asked_to() {
    let repo = published();
    fs::write(repo.store().join("index.html"), "hello").unwrap();
    fs::write(repo.store().join("bad\u{1b}[31m"), "hello").unwrap();
    fs::remove_file(repo.store().join("dists/bookworm/Release.gpg")).unwrap();
    fs::remove_file(repo.store().join("acme-apt.sources")).unwrap();
    fs::write(repo.store().join("acme-apt-bookworm.sources"), "Types: deb\n").unwrap();
    let run = drift(&repo, []).ok().says(["Drift: 5 cosmetic", "apply makes up for it"]);
    assert!(!run.stdout.contains('\u{1b}'), "{run}");
    let expected = [
        "cosmetic altered acme-apt-bookworm.sources",
        "cosmetic missing acme-apt.sources",
        "cosmetic unexpected bad\u{1b}[31m",
        "cosmetic copies-behind dists/bookworm/",
        "cosmetic unexpected index.html",
    ];
    assert_eq!(found(&repo), expected);
    drift(&repo, ["--fail-on", "expiring,cosmetic"]).exits(2);
    drift(&repo, ["--fail-on", "expiring"]).ok();
    drift(&repo, ["--fail-on", "nothing"]).exits(64);
}

#[test]
fn copies_of_an_earlier_generation_are_cosmetic_even_at_a_deep_look() {
    let repo = TestRepo::new();
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo.apply();
    let copies = ["Release", "Release.gpg", "main/binary-amd64/Packages.xz"];
    let path = |copy: &str| repo.store().join("dists/bookworm").join(copy);
    let old = copies.map(|copy| (copy, fs::read(path(copy)).unwrap()));
    repo.build(&Deb::new("widget", "1.1", "amd64"));
    repo.apply();
    for (copy, bytes) in old {
        fs::write(path(copy), bytes).unwrap();
        let file = fs::File::options().append(true).open(path(copy)).unwrap();
        file.set_modified(std::time::UNIX_EPOCH).unwrap();
    }
    assert_eq!(found(&repo), ["cosmetic copies-behind dists/bookworm/"]);
    repo.apply();
    assert_eq!(found(&repo), [""; 0]);
}

#[test]
fn a_copy_of_an_index_that_was_changed_is_told() {
    let repo = published();
    alter(&repo.store().join("dists/bookworm/main/binary-amd64/Packages.xz"));
    drift(&repo, []).ok().says(["copies-behind", "apply makes up for it"]);
    repo.apply();
    assert_eq!(found(&repo), [""; 0]);
}

#[test]
fn a_detached_signature_of_another_release_is_told() {
    let repo = published();
    let seal = repo.store().join("dists/bookworm/Release.gpg");
    let right = fs::read(&seal).unwrap();
    let wrong = TestKey::shared().detach_sign(b"Origin: Evil\n");
    for broken in [wrong.as_slice(), b"", b"hello"] {
        fs::write(&seal, broken).unwrap();
        assert_eq!(found(&repo), ["cosmetic copies-behind dists/bookworm/"]);
        let run = drift(&repo, []).ok();
        run.says(["Release.gpg is no signature of the Release", "apply makes up for it"]);
    }
    repo.apply();
    assert_eq!(fs::read(&seal).unwrap(), right);
    assert_eq!(found(&repo), [""; 0]);
    // The same size, so that only its content tells.
    let release = repo.published("dists/bookworm/Release").replace("Acme", "Evil");
    fs::write(repo.store().join("dists/bookworm/Release"), release).unwrap();
    assert_eq!(found(&repo), ["cosmetic copies-behind dists/bookworm/"]);
}

#[test]
fn a_bucket_is_looked_through_by_reading_alone() {
    let moto = Moto::start();
    let manifest = Manifest { store: moto.store("debian"), ..Manifest::default() };
    let repo = moto.admit(TestRepo::with(&manifest));
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo.apply();
    moto.requests();
    repo.repoman(["drift"]).ok().says(["no drift", "s3://apt/debian", "1 package file"]);
    let requests = moto.requests();
    let of_pool = requests.iter().filter(|request| request.path.contains("/pool/"));
    assert_eq!(of_pool.count(), 0);
    let listings = requests.iter().filter(|request| !request.path.contains("/debian/"));
    assert_eq!(listings.count(), 1, "{requests:?}");
    repo.repoman(["drift", "--deep"]).ok().says(["hashed again"]);
    assert_eq!(moto.requests().into_iter().filter(Request::is_write).count(), 0);
}

#[test]
fn keys_and_releases_that_end_soon_are_told() {
    let now = repoman::time::Timestamp::now();
    let end = repoman::time::shifted(now, 20 * 86_400);
    let ending = TestKey::generate("Old <old@example.org>", &repoman::time::day(end));
    let keys =
        [("old", &ending, "env:OLD_KEY"), ("new", TestKey::shared(), "env:TEST_SIGNING_KEY")];
    let manifest = Manifest { signing: signed_by(&keys), ..Manifest::default() };
    let repo = TestRepo::with(&manifest).env("OLD_KEY", &ending.secret);
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo.apply();
    drift(&repo, []).ok().says(["expiring", "key-expires", "old expires", "new signs, too"]);
    drift(&repo, ["--fail-on", "expiring"]).exits(2);

    let release = repo.published("dists/bookworm/Release");
    let valid_until = |seconds| {
        let until = repoman::time::shifted(now, seconds);
        let release = repoman::apt::release::Release::parse(&release).unwrap();
        let release = repoman::apt::release::Release {
            date: repoman::time::shifted(until, -14 * 86_400),
            valid_until: Some(repoman::time::whole_second(until)),
            ..release
        };
        let text = release.to_text();
        let signed = TestKey::shared().clear_sign(text.as_bytes());
        fs::write(repo.store().join(IN_RELEASE), signed).unwrap();
    };
    valid_until(84 * 3600);
    drift(&repo, []).ok().says(["Valid-Until", "in 3 days", "not published since"]);
    valid_until(-86_400);
    drift(&repo, []).exits(2).says(["breaking", "valid-until", "1 day ago"]);
}

#[test]
fn the_document_keeps_to_its_schema() {
    let repo = published();
    let schema = repo.repoman(["schema", "drift"]).ok().stdout;
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let document = |repo: &TestRepo| -> Value {
        serde_json::from_str(&drift(repo, ["--json"]).stdout).unwrap()
    };
    let clean = document(&repo);
    assert_eq!(clean["status"], "clean");
    fs::remove_file(by_hash(&repo, ".xz").1).unwrap();
    let drifted = document(&repo);
    assert_eq!(drifted["status"], "drift");
    assert_eq!(drifted["distributions"]["bookworm"]["generation"], 2);
    for document in [clean, drifted] {
        let errors: Vec<_> = validator.iter_errors(&document).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
    }
}

#[test]
fn objects_that_are_unmanaged_are_passed_over() {
    let store = "url = \"file://repo\"\nunmanaged = [\"index.html\", \"images/**\"]".to_owned();
    let repo = TestRepo::with(&Manifest { store, ..Manifest::default() });
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo.apply();
    fs::create_dir_all(repo.store().join("images")).unwrap();
    for name in ["index.html", "images/logo.png"] {
        fs::write(repo.store().join(name), "x").unwrap();
    }
    assert_eq!(found(&repo), [""; 0]);
    fs::write(repo.store().join("robots.txt"), "x").unwrap();
    assert_eq!(found(&repo), ["cosmetic unexpected robots.txt"]);
}

#[test]
fn what_is_not_applied_is_pending() {
    let repo = TestRepo::new();
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo.apply();
    repo.repoman(["drift", "--pending"]).ok().says(["no drift", "Nothing is pending"]);
    repo.build(&Deb::new("widget", "1.1", "amd64"));
    repo.repoman(["drift"]).ok();
    let run = repo.repoman(["drift", "--pending"]).exits(2);
    run.says(["no drift", "Pending: 1 to add, 0 to remove, 0 to change; `repoman plan` shows it."]);
    let json = repo.repoman(["drift", "--pending", "--json"]).exits(2).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["status"], &json["pending"]["add"]), (&"clean".into(), &1.into()));
    repo.write_manifest(&Manifest::default().to_text().replace("\"Acme\"", "\"Other\""));
    repo.repoman(["drift", "--pending"]).exits(2).says(["1 to change, blocked by 1 danger;"]);
}
