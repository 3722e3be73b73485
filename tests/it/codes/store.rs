//! Stores that fail, lie or are damaged.

use std::fs;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use repoman::digest::Sha256;

use super::{Scenario, published, scenario, unpublished};
use crate::support::bucket::Request;
use crate::support::{Bucket, Conduct, Deb, Run, TestKey, TestRepo, tree};

pub const SCENARIOS: &[Scenario] = &[
    scenario("RM4001", 1, || failing(|_| true, Conduct::Refuse(403, "AccessDenied"))),
    scenario("RM4002", 1, || {
        let server = Bucket::start(|_| Conduct::Honest);
        let repo = unpublished();
        let manifest = fs::read_to_string(server.repo("").path("repo.toml")).unwrap();
        repo.write_manifest(&manifest);
        repo.repoman(["plan"])
    }),
    scenario("RM4003", 1, || failing(|_| true, Conduct::Unconditional)),
    scenario("RM4004", 1, || failing(|_| true, Conduct::Break)),
    scenario("RM4005", 1, || failing(|_| true, Conduct::Refuse(404, "NoSuchBucket"))),
    scenario("RM4006", 1, || {
        let repo = published();
        alter(&repo, |key| key.contains("main/binary-amd64"));
        repo.repoman(["plan"])
    }),
    scenario("RM4007", 1, || {
        let repo = published();
        sign_another_state(&repo, "{}");
        repo.repoman(["plan"])
    }),
    scenario("RM4008", 1, || failing(Request::is_swap, Conduct::Break)),
    scenario("RM4009", 1, || {
        let (server, repo) = stage();
        repo.repoman(["plan"]).ok();
        let deb = repo.path("dist/widget_1.0_amd64.deb");
        let bytes = fs::read(deb).unwrap().len();
        server.behave(move |request| {
            match request.key.contains("/pool/") && request.method == "PUT" {
                true => Conduct::Overtaken("x".repeat(bytes).into_bytes().leak()),
                false => Conduct::Honest,
            }
        });
        repo.repoman(["apply", "--yes"])
    }),
    scenario("RM4010", 1, || {
        let (server, repo) = stage();
        let deb = repo.path("dist/widget_1.0_amd64.deb");
        // The build goes on while the store is read.
        server.behave(move |_| {
            fs::write(&deb, "half a package").unwrap();
            Conduct::Honest
        });
        repo.repoman(["apply", "--yes"])
    }),
    scenario("RM4011", 1, || failing(|_| true, Conduct::Refuse(400, "Strange"))),
    scenario("RM4012", 1, || failing(|_| true, Conduct::Refuse(503, "SlowDown"))),
    scenario("RM4013", 1, || {
        let repo = published();
        for key in repo.pool() {
            fs::remove_file(repo.store().join("pool").join(key)).unwrap();
        }
        fs::remove_dir_all(repo.path("dist")).unwrap();
        repo.repoman(["plan", "--repair"])
    }),
    scenario("RM4014", 1, || published().repoman(["plan", "--public"])),
];

/// Starts a server and a repository on it with one package to publish.
fn stage() -> (Bucket, TestRepo) {
    let server = Bucket::start(|_| Conduct::Honest);
    let repo = server.repo("").env("REPOMAN_TIMEOUT", "1s");
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    (server, repo)
}

/// Applies on a server that behaves so with requests of a kind.
fn failing(is_meant: fn(&Request) -> bool, conduct: Conduct) -> Run {
    let (server, repo) = stage();
    server.behave(move |request| if is_meant(request) { conduct } else { Conduct::Honest });
    repo.repoman(["apply", "--yes"])
}

/// Replaces the state of bookworm, and has the Release name it.
fn sign_another_state(repo: &TestRepo, state: &str) {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(state.as_bytes()).unwrap();
    let forms = [("", state.as_bytes().to_vec()), (".gz", encoder.finish().unwrap())];
    let directory = repo.store().join("dists/bookworm");
    let mut release = repo.published("dists/bookworm/Release");
    for (suffix, bytes) in forms {
        let (name, size) = (Sha256::of(&bytes), bytes.len());
        let entry = format!(" repoman/state.json{suffix}");
        let line = |line: &str| match line.ends_with(&entry) {
            true => format!(" {name} {size}{entry}\n"),
            false => format!("{line}\n"),
        };
        release = release.lines().map(line).collect();
        fs::write(directory.join(format!("repoman/by-hash/SHA256/{name}")), bytes).unwrap();
    }
    let signed = TestKey::shared().clear_sign(release.as_bytes());
    fs::write(directory.join("InRelease"), signed).unwrap();
}

/// Alters the files of a kind in a store.
fn alter(repo: &TestRepo, is_meant: fn(&str) -> bool) {
    let files = tree::files(&repo.store());
    let meant: Vec<_> = files.iter().filter(|key| is_meant(key)).collect();
    assert!(!meant.is_empty(), "{files:?}");
    for key in meant {
        fs::write(repo.store().join(key), "altered").unwrap();
    }
}

#[test]
fn what_stores_do_wrong_has_its_code() {
    super::play(SCENARIOS);
}
