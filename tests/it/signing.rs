//! Who signs, and what clients make of it.

use crate::support::manifest::signed_by;
use crate::support::{AptClient, Deb, FileServer, Manifest, TestKey, TestRepo, Trust, tree};

/// Creates a repository with one package and a `[signing]` section.
fn repo_signed(signing: String) -> TestRepo {
    let repo = TestRepo::with(&Manifest { signing, ..Manifest::default() });
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo
}

#[test]
fn clients_that_trust_blindly_use_an_unsigned_repository() {
    let repo = repo_signed("keys = []".to_owned());
    repo.repoman(["plan"]).ok().says(["signed by  nobody", "Trusted: yes"]);
    repo.apply();
    let files = tree::files(&repo.store().join("dists/bookworm"));
    assert!(!files.iter().any(|file| file == "InRelease" || file == "Release.gpg"), "{files:?}");

    let server = FileServer::start(&repo.store());
    let client = AptClient::new(&server.url(), Trust::Blind);
    client.update();
    client.apt_get(["install", "widget"]).ok();
    let distrustful = AptClient::new(&server.url(), Trust::Key(&TestKey::shared().public));
    distrustful.apt_get(["update", "--error-on=any"]).exits(100).says(["is not signed"]);
    repo.repoman(["plan", "--exit-code"]).ok();
}

#[test]
fn a_repository_is_never_unsigned_by_omission() {
    let repo = repo_signed(String::new());
    repo.repoman(["plan"]).exits(1).says(["error[RM1005]", "keys"]);
}

#[test]
fn clients_that_know_either_of_two_keys_accept_what_both_sign() {
    let (old, new) = (TestKey::shared(), TestKey::generate("Next <next@example.org>", "never"));
    let keys = [("old", old, "env:TEST_SIGNING_KEY"), ("new", &new, "file:new.asc")];
    let repo = repo_signed(signed_by(&keys));
    std::fs::write(repo.path("new.asc"), &new.secret).unwrap();
    repo.apply();

    let in_release = repo.published("dists/bookworm/InRelease");
    assert_eq!(in_release.matches("-----BEGIN PGP SIGNATURE-----").count(), 1);
    assert!(in_release.ends_with("-----END PGP SIGNATURE-----\n"));
    assert!(in_release.contains("\nHash: SHA512\n"));
    let server = FileServer::start(&repo.store());
    for key in [old, &new] {
        assert!(key.accepts(&repo.store().join("dists/bookworm/InRelease")));
        AptClient::new(&server.url(), Trust::Key(&key.public)).update();
    }
    let stranger = TestKey::generate("Stranger <stranger@example.org>", "never");
    assert!(!stranger.accepts(&repo.store().join("dists/bookworm/InRelease")));
    let client = AptClient::new(&server.url(), Trust::Key(&stranger.public));
    client.apt_get(["update", "--error-on=any"]).exits(100).says(["NO_PUBKEY"]);
}

#[test]
fn the_published_keyring_is_the_one_that_clients_need() {
    let repo = repo_signed(Manifest::default().signing);
    repo.apply();
    let keyring = repo.published("acme-apt.asc");
    let exported = repo.repoman(["keys", "export"]).ok().stdout;
    assert_eq!(keyring, exported);
    let server = FileServer::start(&repo.store());
    AptClient::new(&server.url(), Trust::Key(&keyring)).update();
    let entry = repo.published("acme-apt.sources");
    let uri = entry.lines().find_map(|line| line.strip_prefix("URIs: ")).unwrap();
    AptClient::new(uri, Trust::Key(&keyring)).update();
    assert!(entry.contains("Signed-By: /usr/share/keyrings/acme-apt.asc\n"), "{entry}");
    assert!(entry.contains("Suites: bookworm\nComponents: main\n"), "{entry}");
}

#[test]
fn clients_without_inrelease_verify_the_detached_signature() {
    let repo = repo_signed(Manifest::default().signing);
    repo.apply();
    std::fs::remove_file(repo.store().join("dists/bookworm/InRelease")).unwrap();
    let server = FileServer::start(&repo.store());
    AptClient::new(&server.url(), Trust::Key(&TestKey::shared().public)).update();
}

#[test]
fn an_expired_key_is_refused_before_anything_is_written() {
    let expired = TestKey::generate("Expired <expired@example.org>", "20240601T000000");
    let repo = repo_signed(signed_by(&[("old", &expired, "env:OLD_KEY")]));
    let repo = repo.env("OLD_KEY", &expired.secret);
    let run = repo.repoman(["apply", "--yes"]).exits(1);
    run.says(["error[RM5003]", "signing key 'old': expired on 2024-06-01", "help: "]);
    assert!(!repo.store().exists());
}

#[test]
fn another_key_than_the_declared_one_is_refused() {
    let declared = TestKey::generate("Declared <declared@example.org>", "never");
    let repo = repo_signed(signed_by(&[("release", &declared, "env:TEST_SIGNING_KEY")]));
    let run = repo.repoman(["apply", "--yes"]).exits(1);
    let run = run.says(["error[RM5003]", &declared.fingerprint, &TestKey::shared().fingerprint]);
    assert!(!run.said("PRIVATE KEY"), "{run}");
    assert!(!repo.store().exists());
}

#[test]
fn every_secret_that_is_not_there_is_named() {
    let key = TestKey::generate("Other <other@example.org>", "never");
    let keys = [("a", TestKey::shared(), "env:NOT_SET"), ("b", &key, "file:not-there.asc")];
    let repo = repo_signed(signed_by(&keys));
    repo.repoman(["plan"]).ok();
    let run = repo.repoman(["apply", "--yes"]).exits(1);
    run.says(["error[RM5001]", "NOT_SET", "error[RM5002]", "not-there.asc"]);
    assert!(!repo.store().exists());
}

#[test]
fn a_key_in_place_of_the_one_that_clients_know_is_refused() {
    let repo = repo_signed(Manifest::default().signing);
    repo.apply();
    let before = tree::stamps(&repo.store());
    let next = TestKey::generate("Next <next@example.org>", "never");
    std::fs::write(repo.path("next.asc"), &next.secret).unwrap();
    let signing = signed_by(&[("next", &next, "file:next.asc")]);
    repo.write_manifest(&Manifest { signing, ..Manifest::default() }.to_text());
    let run = repo.repoman(["apply", "--yes"]).exits(1);
    run.says(["error[RM5006]", &TestKey::shared().fingerprint, "help: "]);
    assert_eq!(tree::stamps(&repo.store()), before);
}

#[test]
fn a_key_is_replaced_by_signing_with_both_for_a_while() {
    let repo = repo_signed(Manifest::default().signing);
    repo.apply();
    let server = FileServer::start(&repo.store());
    let (old, next) = (TestKey::shared(), TestKey::generate("Next <next@example.org>", "never"));
    std::fs::write(repo.path("next.asc"), &next.secret).unwrap();
    let (before, after) = (("test", old, "env:TEST_SIGNING_KEY"), ("next", &next, "file:next.asc"));
    let soon = format!("key-dropped:bookworm.{}", old.fingerprint);
    for (keys, trusted) in [(&[before, after][..], old), (&[after][..], &next)] {
        let signing = signed_by(keys);
        repo.write_manifest(&Manifest { signing, ..Manifest::default() }.to_text());
        let apply = ["apply", "--yes", "--allow", &soon];
        repo.repoman(apply).ok().says(["~ Signed by"]);
        AptClient::new(&server.url(), Trust::Key(&trusted.public)).update();
    }
}

/// Returns a `[signing]` section with an overlap.
fn overlapping(keys: &[(&str, &TestKey, &str)], overlap: &str) -> String {
    signed_by(keys).replacen('\n', &format!("\noverlap = \"{overlap}\"\n"), 1)
}

#[test]
fn a_key_leaves_when_its_successor_has_signed_for_long_enough() {
    let (old, new) = (TestKey::shared(), TestKey::generate("Next <next@example.org>", "never"));
    let (old, new) = (("old", old, "env:TEST_SIGNING_KEY"), ("new", &new, "file:new.asc"));
    let repo = repo_signed(signed_by(&[old]));
    std::fs::write(repo.path("new.asc"), &new.1.secret).unwrap();
    repo.repoman(["keys"]).ok().says(["old  ", "signs nothing yet"]);
    repo.apply();
    repo.repoman(["keys"]).ok().says([
        "\"Test Repository <test@example.org>\"  ed25519, never expires",
        "signs bookworm since 20",
        "must stay: no other key signs all that it signs",
    ]);
    let write = |signing: String| {
        repo.write_manifest(&Manifest { signing, ..Manifest::default() }.to_text());
    };
    write(overlapping(&[old, new], "60d"));
    repo.apply();
    repo.repoman(["keys"]).ok().says(["may leave on 20", "when new will have signed for 60d"]);
    let document = repo.repoman(["keys", "--json"]).ok().stdout;
    let document: serde_json::Value = serde_json::from_str(&document).unwrap();
    assert_eq!(document["overlap"], 60 * 86_400);
    let leave = &document["keys"][0]["leave"];
    assert_eq!(leave["status"], "from");
    assert_eq!(leave["successor"], new.1.fingerprint.as_str());
    assert_eq!(document["keys"][1]["leave"]["status"], "from", "either may leave for the other");
    repo.repoman(["keys", "--json", "export"]).ok().says(["--json has no effect", "BEGIN PGP"]);

    let both = overlapping(&[old, new], "60d");
    write(both.replace("[\"old\", \"new\"]", "[\"new\"]"));
    let danger = format!("key-dropped:bookworm.{}", old.1.fingerprint);
    repo.repoman(["plan"]).exits(3).says([
        &format!("! {danger}"),
        "yet refuse the distribution",
        "Better: let both sign until 20",
        &format!("\"{danger}\" = \"why\""),
    ]);
    let day = |days: i64| repoman::time::shifted(repoman::time::Timestamp::now(), days * 86_400);
    repo.repoman(["plan", "--now", &day(59).to_string()]).exits(3);
    let later = repo.repoman(["plan", "--exit-code", "--now", &day(61).to_string()]).exits(2);
    assert!(!later.said("key-dropped"), "{later}");
    // A generation in between does not begin anew.
    write(both);
    repo.build(&Deb::new("gadget", "1.0", "amd64"));
    repo.apply();
    repo.repoman(["keys"]).ok().says(["new will have signed for 60d"]);
    write(overlapping(&[new], "1s"));
    repo.apply();
    let keys = repo.repoman(["keys"]).ok();
    assert!(!keys.said(&old.1.fingerprint), "{keys}");
}
