//! Distributions that end.

use crate::support::manifest::signed_by;
use crate::support::{AptClient, Deb, FileServer, Manifest, TestKey, TestRepo, Trust, tree};

const BUSTER: &str = "\n[distribution.buster]\ncomponents = [\"main\"]\narchitectures = [\"amd64\"]\n\
                      \n[source.old]\npath = \"old/*.deb\"\nto = \"buster/main\"\n";

const REMOVED: &str = "\n[removed]\n\"buster\" = \"EOL 2024-06-30\"\n";

/// Creates a repository of two distributions that share a package, and returns it with the
/// manifest that declares only one of them.
fn two() -> (TestRepo, String) {
    let (repo, text) = (TestRepo::new(), Manifest::default().to_text());
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    Deb::new("widget", "1.0", "amd64").write_to(&repo.path("old"));
    Deb::new("relic", "0.9", "amd64").write_to(&repo.path("old"));
    repo.write_manifest(&format!("{text}{BUSTER}"));
    repo.apply();
    (repo, text)
}

fn client(server: &FileServer, suite: &str) -> AptClient {
    AptClient::of(&server.url(), suite, "main", Trust::Key(&TestKey::shared().public))
}

#[test]
fn a_distribution_that_is_not_declared_any_more_is_blocked_until_somebody_says_why() {
    let (repo, text) = two();
    repo.write_manifest(&text);
    let before = tree::stamps(&repo.store());
    repo.repoman(["plan"]).exits(3).says([
        "distribution removed",
        "- 2 packages (2 versions, 2 files) in 1 component",
        "2 to remove with 1 distribution",
        "! dist-removed:buster",
        "apt-get update warns them",
        "To go ahead:                    [removed]",
        "\"buster\" = \"why\"",
    ]);
    repo.repoman(["plan", "--markdown"]).exits(3).says([
        "2 to remove with 1 distribution",
        "**`buster`, removed**",
        "**Blocked: 1 danger needs a line in the manifest.**",
    ]);
    repo.repoman(["plan", "-v"]).exits(3).says(["- relic", "- widget"]);
    repo.repoman(["apply", "--yes"]).exits(3).says(["error[RM7001]"]);
    assert_eq!(tree::stamps(&repo.store()), before);
    repo.write_manifest(&format!("{text}{REMOVED}"));
    let json = repo.repoman(["plan", "--json"]).ok().stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["actions"][0]["op"], "remove");
    assert_eq!(json["actions"][0]["object"], "distribution");
    assert_eq!(json["dangers"][0]["acknowledged"], "EOL 2024-06-30");
}

#[test]
fn what_is_removed_says_so_to_clients_and_gives_up_all_that_it_had() {
    let (repo, text) = two();
    let server = FileServer::start(&repo.store());
    let old = client(&server, "buster");
    old.update();
    assert!(repo.store().join("acme-apt-buster.sources").is_file());
    repo.write_manifest(&format!("{text}{REMOVED}"));
    repo.apply().says([
        "Accepted: dist-removed:buster (EOL 2024-06-30)",
        "buster is removed, by generation 2",
    ]);
    repo.repoman(["plan", "--exit-code"]).ok().says(["in [removed], does nothing any more"]);
    assert!(!repo.store().join("acme-apt-buster.sources").exists());

    // Whoever has read the old Release gets what it named; whoever asks now is told.
    old.download(&["relic"]);
    let warning = "buster InRelease' does not seem to provide it";
    old.apt_get(["update", "--error-on=any"]).ok().says(["W: Skipping acquire", warning]);
    assert_eq!(old.candidate("relic"), None);
    client(&server, "bookworm").update();
    repo.repoman(["drift"]).ok();
    repo.repoman(["log", "buster"]).ok().says([
        "the distribution is removed",
        "allowed dist-removed:buster: EOL 2024-06-30",
        "main: relic 0.9 amd64",
    ]);
    repo.repoman(["query", "-d", "buster"]).ok().says(["buster is removed", "No package matches"]);

    // After its time everything goes that no other distribution has.
    repo.repoman(["gc", "--yes"]).ok();
    assert_eq!(repo.pool().len(), 2);
    repo.age(8 * 24);
    repo.repoman(["gc", "--yes"]).ok();
    assert_eq!(repo.pool().len(), 1);
    let left = tree::files(&repo.store().join("dists/buster"));
    assert!(left.iter().all(|name| !name.contains("Packages")), "{left:?}");
    repo.repoman(["gc", "--full", "--yes"]).ok().says(["Nothing"]);
    repo.repoman(["drift", "--deep"]).ok();
    repo.repoman(["plan", "--exit-code"]).ok();
}

#[test]
fn a_distribution_that_is_removed_comes_back_by_declaring_it_or_by_a_rollback() {
    let (repo, text) = two();
    let server = FileServer::start(&repo.store());
    let apply = ["apply", "--yes", "--allow", "dist-removed:buster"];
    repo.write_manifest(&text);
    repo.repoman(apply).ok();
    repo.repoman(["log", "buster", "-n", "1"]).ok().says(["dist-removed:buster: --allow"]);
    repo.write_manifest(&format!("{text}{BUSTER}"));
    repo.repoman(["plan"]).ok().says(["~ Components   nothing → \"main\"", "+ relic"]);
    repo.apply().says(["buster is at generation 3"]);
    let back = client(&server, "buster");
    back.update();
    back.download(&["relic", "widget"]);
    repo.repoman(["plan", "--exit-code"]).ok();
    repo.repoman(["drift"]).ok();

    repo.write_manifest(&text);
    repo.repoman(apply).ok();
    let rollback = repo.repoman(["rollback", "--yes", "buster", "3"]).ok();
    rollback
        .says(["does not declare buster: the next apply removes it", "buster is at generation 5"]);
    client(&server, "buster").update();
    repo.repoman(["plan"]).exits(3).says(["! dist-removed:buster"]);
    let left = repo.repoman(["rollback", "--yes", "buster", "4"]).exits(3);
    left.says(["! dist-removed:buster"]);
}

#[test]
fn another_codename_is_a_removal_and_a_new_distribution() {
    let repo = TestRepo::new();
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo.apply();
    let renamed = Manifest::default().to_text().replace("bookworm", "trixie");
    repo.write_manifest(&format!("{renamed}\n[removed]\n\"bookworm\" = \"renamed, #77\"\n"));
    let plan = repo.repoman(["plan"]).ok();
    plan.says(["distribution removed", "new distribution", "No package files to upload"]);
    let apply = repo.apply();
    assert!(
        apply.said("trixie is at generation 1, bookworm is removed, by generation 2"),
        "{apply}"
    );
    repo.repoman(["plan", "--exit-code"]).ok();
    repo.age(8 * 24);
    repo.repoman(["gc", "--yes"]).ok();
    assert_eq!(repo.pool().len(), 1, "trixie has it");
}

#[test]
fn what_is_removed_is_signed_by_the_keys_of_the_day() {
    let (repo, text) = two();
    let next = TestKey::generate("Next <next@example.org>", "never");
    std::fs::write(repo.path("next.asc"), &next.secret).unwrap();
    let (old, new) =
        (("test", TestKey::shared(), "env:TEST_SIGNING_KEY"), ("next", &next, "file:next.asc"));
    let signed = |keys: &[_]| {
        let signing = Manifest::default().signing;
        repo.write_manifest(&format!("{}{REMOVED}", text.replace(&signing, &signed_by(keys))));
    };
    signed(&[old]);
    repo.apply();
    signed(&[old, new]);
    repo.apply().says(["buster is at generation 3"]);
    signed(&[new]);
    let danger = format!("key-dropped:bookworm.{}", old.1.fingerprint);
    let plan = repo.repoman(["plan"]).exits(3);
    plan.says([&danger, "BLOCKED – 1 danger"]);
    repo.repoman(["apply", "--yes", "--allow", &danger]).ok();
    assert!(next.accepts(&repo.store().join("dists/buster/InRelease")));
    repo.repoman(["plan", "--exit-code"]).ok();
    repo.repoman(["drift"]).ok();
}
