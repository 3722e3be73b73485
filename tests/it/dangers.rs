//! Changes that hurt clients: shown in full, and not carried out.

use crate::support::manifest::signed_by;
use crate::support::{Deb, Manifest, TestKey, TestRepo, tree};

/// Asserts that a changed manifest is planned, blocked by a danger, and not applied.
#[track_caller]
fn is_blocked(change: impl Fn(Manifest) -> Manifest, danger: &str) {
    let repo = TestRepo::new();
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo.build(&Deb::new("widget", "1.0", "arm64"));
    repo.apply();
    let before = tree::stamps(&repo.store());
    repo.write_manifest(&change(Manifest::default()).to_text());
    let plan = repo.repoman(["plan"]).exits(3);
    assert!(plan.stdout.contains("BLOCKED – 1 danger"), "{plan}");
    assert!(plan.stdout.contains(danger), "{plan}");
    repo.repoman(["plan", "--exit-code"]).exits(3);
    repo.repoman(["apply", "--yes"]).exits(3).says([
        danger,
        "error[RM7001]",
        "Nothing was written",
    ]);
    assert_eq!(tree::stamps(&repo.store()), before);
}

#[test]
fn another_origin_is_blocked() {
    let change = |manifest: Manifest| Manifest {
        repository: "origin = \"Acme Inc\"".to_owned(),
        ..manifest
    };
    is_blocked(change, "! release-field:bookworm.origin");
}

#[test]
fn an_architecture_less_is_blocked() {
    let change = |manifest: Manifest| Manifest {
        distributions: manifest.distributions.replace(", \"arm64\"", ""),
        sources: manifest.sources.clone() + "\narchitectures = [\"amd64\"]",
        ..manifest
    };
    is_blocked(change, "! arch-removed:bookworm/*/arm64");
}

#[test]
fn a_component_less_is_blocked() {
    let change = |manifest: Manifest| Manifest {
        distributions: manifest.distributions.replace("\"main\"", "\"other\""),
        sources: manifest.sources.replace("bookworm/main", "bookworm/other"),
        ..manifest
    };
    is_blocked(change, "! component-removed:bookworm/main");
}

#[test]
fn no_signature_any_more_is_blocked() {
    let change = |manifest: Manifest| Manifest { signing: "keys = []".to_owned(), ..manifest };
    is_blocked(change, "! signing-off:bookworm");
}

#[test]
fn a_key_that_no_client_knows_is_blocked() {
    let key = TestKey::generate("Next <next@example.org>", "never");
    let keys = [
        ("next", &key, "env:TEST_SIGNING_KEY"),
        ("test", TestKey::shared(), "env:TEST_SIGNING_KEY"),
    ];
    let signing = signed_by(&keys).replace(r#"["next", "test"]"#, r#"["next"]"#);
    let change = |manifest: Manifest| Manifest { signing: signing.clone(), ..manifest };
    is_blocked(change, "! key-dropped:bookworm");
}

#[test]
fn a_store_of_another_repository_is_not_touched() {
    let repo = TestRepo::new();
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo.apply();
    let before = tree::stamps(&repo.store());
    repo.write_manifest(&Manifest::default().to_text().replace("\"acme-apt\"", "\"other\""));
    repo.repoman(["apply", "--yes"]).exits(3).says(["error[RM7003]"]);
    assert_eq!(tree::stamps(&repo.store()), before);
}

#[test]
fn a_repository_of_another_tool_is_not_taken_over() {
    let repo = TestRepo::new();
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    let foreign = repo.store().join("dists/bookworm");
    std::fs::create_dir_all(&foreign).unwrap();
    std::fs::write(foreign.join("InRelease"), "Origin: Other\nSuite: stable\n").unwrap();
    let before = tree::stamps(&repo.store());
    repo.repoman(["apply", "--yes"]).exits(3).says(["error[RM7002]"]);
    assert_eq!(tree::stamps(&repo.store()), before);
}
