//! For how long clients believe a Release, and what keeps it believable.

use std::fs;

use repoman::apt::path;
use repoman::apt::release::Release;
use repoman::digest::Sha256;
use repoman::time::shifted;

use crate::support::{AptClient, Deb, FileServer, Manifest, TestKey, TestRepo, Trust};

const HOUR: i64 = 3600;

/// Returns the text of a manifest whose distribution is valid for so long; for ever if empty.
fn manifest(valid_for: &str) -> String {
    let Manifest { distributions, .. } = Manifest::default();
    let line = if valid_for.is_empty() { "" } else { &format!("\nvalid_for = \"{valid_for}\"") };
    Manifest { distributions: distributions + line, ..Manifest::default() }.to_text()
}

/// Creates a published repository of one package that is valid for so long.
fn published(valid_for: &str) -> TestRepo {
    let repo = TestRepo::new();
    repo.write_manifest(&manifest(valid_for));
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo.apply();
    repo
}

fn release(repo: &TestRepo) -> Release {
    Release::parse(&repo.published("dists/bookworm/Release")).unwrap()
}

/// Returns for how many hours a published Release is valid, if not for ever.
fn hours(repo: &TestRepo) -> Option<i64> {
    let Release { date, valid_until, .. } = release(repo);
    Some((valid_until?.as_second() - date.as_second()) / HOUR)
}

/// Signs the published Release as it would have been so many hours ago.
fn backdate(repo: &TestRepo, hours: i64) {
    let earlier = |at| shifted(at, -hours * HOUR);
    let Release { date, valid_until, .. } = release(repo);
    let earlier =
        Release { date: earlier(date), valid_until: valid_until.map(earlier), ..release(repo) };
    let text = earlier.to_text();
    let in_release = TestKey::shared().clear_sign(text.as_bytes());
    let seal = TestKey::shared().detach_sign(text.as_bytes());
    let twin = path::signature(&"bookworm".parse().unwrap(), &Sha256::of(&in_release));
    for (key, bytes) in [
        ("dists/bookworm/Release", text.as_bytes()),
        ("dists/bookworm/InRelease", &in_release),
        ("dists/bookworm/Release.gpg", &seal),
        (&twin, &seal),
    ] {
        fs::write(repo.store().join(key), bytes).unwrap();
    }
    repo.age(hours.unsigned_abs());
}

#[test]
fn clients_refuse_what_has_run_out_until_an_apply_renews_it() {
    let repo = published("12d");
    let server = FileServer::start(&repo.store());
    let client = || AptClient::new(&server.url(), Trust::Key(&TestKey::shared().public));
    assert_eq!(hours(&repo), Some(12 * 24));
    client().update();
    backdate(&repo, 13 * 24);
    client().apt_get(["update", "--error-on=any"]).exits(100).says(["is expired"]);
    repo.repoman(["drift"]).exits(2).says(["breaking", "Valid-Until", "not published since"]);

    repo.repoman(["plan"]).ok().says(["~ Valid-Until", "runs out: signed again", "1 to change"]);
    repo.apply().says(["generation 2"]);
    assert_eq!(hours(&repo), Some(12 * 24));
    let renewed = client();
    renewed.update();
    assert_eq!(renewed.candidate("widget").as_deref(), Some("1.0"));
    repo.repoman(["plan", "--exit-code"]).ok().says(["No changes"]);
    repo.repoman(["drift"]).ok();
}

#[test]
fn nothing_is_signed_again_before_half_of_the_time_is_over() {
    let repo = published("12d");
    backdate(&repo, 6 * 24 - 1);
    let fresh = repo.repoman(["plan", "--exit-code", "-v"]).ok();
    fresh.says(["bookworm is valid until", "renews it", "No changes"]);
    let calm = repo.repoman(["plan", "--exit-code"]).ok();
    assert!(!calm.stdout.contains("note:"), "nothing of it is news: {}", calm.stdout);
    let json = repo.repoman(["plan", "--json"]).ok().stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["diagnostics"][0]["code"], "valid-until");
    backdate(&repo, 2);
    let waning = repo.repoman(["plan", "--exit-code", "--json"]).exits(2);
    let json: serde_json::Value = serde_json::from_str(&waning.stdout).unwrap();
    assert_eq!(json["actions"][0]["object"], "validity");
    assert_eq!(json["summary"]["change"], 1);
    assert_eq!(json["summary"]["index_files"], 0);
    let earlier = release(&repo).date.to_string();
    repo.repoman(["plan", "--exit-code", "--now", &earlier]).ok();
    repo.repoman(["drift", "--fail-on", "expiring"]).ok();
}

#[test]
fn another_time_is_a_change_and_so_is_none() {
    let repo = published("");
    assert_eq!(hours(&repo), None);
    repo.write_manifest(&manifest("14d"));
    let plan = repo.repoman(["plan", "--exit-code"]).exits(2);
    plan.says(["~ Valid for    nothing → \"14d\"", "have cron run `repoman apply`", "every 7d"]);
    repo.apply();
    assert_eq!(hours(&repo), Some(14 * 24));
    repo.write_manifest(&manifest("3d"));
    repo.apply();
    assert_eq!(hours(&repo), Some(3 * 24));
    repo.write_manifest(&manifest(""));
    repo.repoman(["plan"]).ok().says(["\"3d\" → nothing"]);
    repo.apply();
    assert_eq!(hours(&repo), None);
    repo.repoman(["plan", "--exit-code"]).ok();
}

#[test]
fn pushes_and_rollbacks_renew_it_too() {
    let repo = TestRepo::new();
    let source = "\n[source.services]\npush = true\nto = \"bookworm/main\"\n";
    repo.write_manifest(&format!("{}{source}", manifest("12d")));
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo.apply();
    backdate(&repo, 5 * 24);
    Deb::new("api", "1.0", "amd64").write_to(&repo.path("pushed"));
    repo.repoman(["publish", "--yes", "pushed/api_1.0_amd64.deb"]).ok();
    assert_eq!((hours(&repo), generation(&repo)), (Some(12 * 24), 2));
    repo.write_manifest(&format!("{}{source}", manifest("3d")));
    repo.build(&Deb::new("gadget", "1.0", "amd64"));
    repo.apply();
    repo.repoman(["rollback", "--yes", "bookworm", "2"]).ok();
    assert_eq!((hours(&repo), generation(&repo)), (Some(3 * 24), 4));
    assert!(!repo.index("bookworm/main/binary-amd64").contains("Package: gadget"));
}

fn generation(repo: &TestRepo) -> u64 {
    let log = repo.repoman(["log", "--json"]).ok();
    let json: serde_json::Value = serde_json::from_str(&log.stdout).unwrap();
    json["distributions"]["bookworm"][0]["generation"].as_u64().unwrap_or_else(|| panic!("{json}"))
}
