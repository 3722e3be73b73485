//! What somebody who can write to the store, but has no key, gets repoman to sign: nothing.

use std::fs;

use crate::support::{Deb, TestKey, TestRepo, tree};

const IN_RELEASE: &str = "dists/bookworm/InRelease";

fn published() -> TestRepo {
    let repo = TestRepo::new();
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo.apply();
    repo.build(&Deb::new("widget", "1.1", "amd64"));
    repo
}

/// Asserts that nothing is planned or built on what is published.
#[track_caller]
fn is_refused(repo: &TestRepo, code: &str) {
    let before = repo.published(IN_RELEASE);
    repo.repoman(["plan"]).exits(1).says([code]);
    repo.repoman(["apply", "--yes"]).exits(1).says([code]);
    assert_eq!(repo.published(IN_RELEASE), before);
}

#[test]
fn a_release_that_was_changed_is_refused() {
    let repo = published();
    let changed = repo.published(IN_RELEASE).replace("Origin: Acme", "Origin: Acmf");
    fs::write(repo.store().join(IN_RELEASE), changed).unwrap();
    is_refused(&repo, "error[RM5006]");
}

#[test]
fn a_stranger_s_signature_is_refused_even_with_the_stranger_s_key_in_the_keyring() {
    let repo = published();
    let stranger = TestKey::generate("Stranger <stranger@example.org>", "never");
    let release = fs::read(repo.store().join("dists/bookworm/Release")).unwrap();
    fs::write(repo.store().join(IN_RELEASE), stranger.clear_sign(&release)).unwrap();
    is_refused(&repo, "unknown key");
    fs::write(repo.store().join("acme-apt.asc"), &stranger.public).unwrap();
    is_refused(&repo, "is not signed by a key of the manifest");
}

#[test]
fn an_unsigned_release_in_place_of_a_signed_one_is_blocked() {
    let repo = published();
    fs::remove_file(repo.store().join(IN_RELEASE)).unwrap();
    repo.repoman(["apply", "--yes"]).exits(3).says(["signing-on:bookworm"]);
    assert!(!repo.store().join(IN_RELEASE).exists());
}

#[test]
fn an_index_that_was_changed_is_refused() {
    let repo = published();
    // By hash and as copies: as long as one is intact, it is taken.
    for file in tree::files(&repo.store()) {
        let path = repo.store().join(&file);
        if !file.contains("main/binary-amd64") {
            continue;
        }
        let mut bytes = fs::read(&path).unwrap();
        bytes[10] ^= 1;
        fs::write(&path, bytes).unwrap();
    }
    is_refused(&repo, "error[RM4006]");
}

#[test]
fn a_keyring_that_is_gone_is_named_and_can_be_put_back() {
    let repo = published();
    let keyring = repo.store().join("acme-apt.asc");
    fs::remove_file(&keyring).unwrap();
    repo.repoman(["plan"]).exits(1).says(["error[RM5005]"]);
    let exported = repo.repoman(["keys", "export"]).ok().stdout;
    fs::write(keyring, exported).unwrap();
    repo.apply();
}
