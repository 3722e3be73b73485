//! Runs that write, and end otherwise than they should.

use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::{Scenario, published, scenario, unpublished};
use crate::command_line::on_a_terminal;
use crate::push::{push, service};
use crate::support::bucket::Request;
use crate::support::manifest::signed_by;
use crate::support::proxy::{Mishap, Proxy, Trouble};
use crate::support::{Bucket, Conduct, Deb, Manifest, Moto, Run, TestKey, TestRepo};

const IN_RELEASE: &str = "dists/bookworm/InRelease";

pub const SCENARIOS: &[Scenario] = &[
    scenario("RM1105", 1, edited_at_once),
    scenario("RM6001", 1, || unpublished().repoman(["apply"])),
    scenario("RM6002", 1, || Run::with_input(&mut on_a_terminal(&unpublished(), "apply"), "n\n")),
    scenario("RM6003", 4, || {
        let (server, repo, [first, other]) = two_generations();
        let swaps = AtomicUsize::new(0);
        server.behave(move |request| match request.is_swap() {
            // Two others overwrite each other, again and again.
            true if swaps.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) => {
                Conduct::Overtaken(other)
            }
            true => Conduct::Overtaken(first),
            false => Conduct::Honest,
        });
        repo.repoman(["apply", "--yes", "--wait", "1s"])
    }),
    scenario("RM6004", 1, || {
        let repo = published();
        let dated = |line: &str| match line.starts_with("Date: ") {
            true => "Date: Fri, 01 Jan 2038 00:00:00 UTC\n".to_owned(),
            false => format!("{line}\n"),
        };
        let text: String = repo.published("dists/bookworm/Release").lines().map(dated).collect();
        let signed = TestKey::shared().clear_sign(text.as_bytes());
        fs::write(repo.store().join(IN_RELEASE), signed).unwrap();
        repo.build(&Deb::new("widget", "1.1", "amd64"));
        repo.repoman(["apply", "--yes"])
    }),
    scenario("RM6005", 1, || {
        let (server, repo) = second();
        // Somebody puts the first generation back as soon as the second one is there.
        let first: &'static [u8] = server.objects()[IN_RELEASE].clone().leak();
        server.behave(move |request| match is_copy(request) {
            true => Conduct::Replacing("debian/dists/bookworm/InRelease", first),
            false => Conduct::Honest,
        });
        repo.repoman(["apply", "--yes"])
    }),
    scenario("RM6006", 1, interrupted),
    scenario("RM6007", 1, || {
        let (server, repo) = second();
        server.behave(|request| match is_copy(request) {
            true => Conduct::Refuse(500, "InternalError"),
            false => Conduct::Honest,
        });
        repo.repoman(["apply", "--yes"])
    }),
    scenario("RM6008", 4, overtaken_after_a_yes),
    scenario("RM6009", 1, || published().repoman(["log", "trixie"])),
    scenario("RM6011", 1, || {
        let repo = published();
        for name in ["InRelease", "Release"] {
            fs::remove_file(repo.store().join("dists/bookworm").join(name)).unwrap();
        }
        repo.repoman(["gc", "--full", "--yes"])
    }),
    scenario("RM6012", 1, || {
        let other = TestKey::generate("Other <other@example.org>", "never");
        let repo = published().env("OTHER", &other.secret);
        let orphan = repo.store().join("pool/o/orphan/0123456789abcdef/orphan_1.0_amd64.deb");
        fs::create_dir_all(orphan.parent().unwrap()).unwrap();
        fs::write(orphan, "left behind").unwrap();
        let keys = [("other", &other, "env:OTHER"), ("test", TestKey::shared(), "env:TEST")];
        let signing = signed_by(&keys).replace("[\"other\", \"test\"]", "[\"other\"]");
        repo.write_manifest(&Manifest { signing, ..Manifest::default() }.to_text());
        repo.repoman(["gc", "--full", "--yes"])
    }),
    scenario("RM6013", 1, || {
        let moto = Moto::start();
        let proxy = Proxy::start(moto.endpoint());
        let store = moto.store_at(&proxy.url(), "debian");
        let repo = moto.admit(TestRepo::with(&Manifest { store, ..mirrored() }));
        replace(&repo);
        moto.turn_clock(3);
        let mishap = Mishap::Refused(403, "AccessDenied");
        proxy.make(&[Trouble { method: "POST", target: "delete", times: usize::MAX, mishap }]);
        repo.repoman(["gc", "--yes"])
    }),
    scenario("RM6014", 1, || {
        let service = service();
        let deb = service.build(&Deb::new("acme-api", "1.0", "amd64"));
        push(&service, &format!("file://{}", service.store().display()), &[deb])
    }),
    scenario("RM6015", 1, || published().repoman(["rollback", "bookworm", "7", "--yes"])),
    scenario("RM6016", 1, || {
        let repo = TestRepo::with(&mirrored());
        replace(&repo);
        repo.age(3);
        repo.repoman(["gc", "--yes"]).ok();
        repo.repoman(["rollback", "bookworm", "1", "--yes"])
    }),
    scenario("RM6018", 1, || {
        let repo = published();
        fs::remove_dir_all(repo.path("dist")).unwrap();
        fs::remove_dir_all(repo.store().join("pool")).unwrap();
        let default = Manifest::default();
        let distributions = default.distributions.clone() + "\ncontents = true";
        repo.write_manifest(&Manifest { distributions, ..default }.to_text());
        repo.repoman(["apply", "--yes"])
    }),
    scenario("RM6019", 1, || {
        let repo = published();
        fs::remove_dir_all(repo.path("dist")).unwrap();
        fs::remove_dir_all(repo.store().join("pool")).unwrap();
        let default = Manifest::default();
        let distributions = default.distributions.clone() + "\nhashes = [\"md5\"]";
        repo.write_manifest(&Manifest { distributions, ..default }.to_text());
        repo.repoman(["apply", "--yes"])
    }),
    scenario("RM6017", 1, || {
        let (server, repo) = second();
        let swapped = AtomicBool::new(false);
        server.behave(move |request| {
            let is_over = swapped.fetch_or(request.is_swap(), Ordering::Relaxed);
            match is_over && request.method == "GET" {
                true => Conduct::Break,
                false => Conduct::Honest,
            }
        });
        repo.repoman(["apply", "--yes"])
    }),
    scenario("RM6020", 4, || {
        let repo = saved();
        repo.build(&Deb::new("widget", "1.1", "amd64").content("built again"));
        repo.repoman(["apply", "--plan", "plan.json"])
    }),
    scenario("RM6021", 1, || {
        let repo = published();
        fs::write(repo.path("plan.json"), "{}").unwrap();
        repo.repoman(["apply", "--plan", "plan.json"])
    }),
    scenario("RM6022", 1, || {
        let repo = saved();
        repo.write_manifest(&Manifest::default().to_text().replace("\"acme-apt\"", "\"other\""));
        repo.repoman(["apply", "--plan", "plan.json"])
    }),
];

/// Returns a repository with widget 1.0 published, and a saved plan that adds widget 1.1.
fn saved() -> TestRepo {
    let repo = published();
    repo.build(&Deb::new("widget", "1.1", "amd64"));
    repo.repoman(["plan", "--out", "plan.json"]).ok();
    repo
}

/// Returns a server, and a repository on it that has published widget 1.0 and has 1.1 to publish.
fn second() -> (Bucket, TestRepo) {
    let server = Bucket::start(|_| Conduct::Honest);
    let repo = server.repo("").env("REPOMAN_TIMEOUT", "1s");
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo.apply();
    repo.build(&Deb::new("widget", "1.1", "amd64"));
    (server, repo)
}

/// Tells whether a request writes a copy for clients without by-hash, which comes after the swap.
fn is_copy(request: &Request) -> bool {
    request.method == "PUT" && request.key.ends_with("/Packages.gz")
}

/// A mirror of the directory `dist`: what is not there any more is given up.
fn mirrored() -> Manifest {
    let manifest = Manifest::default();
    let sources = manifest.sources + "\nmode = \"mirror\"\n\n[retain]\npurge_after = \"2h\"";
    Manifest { sources, ..Manifest::default() }
}

/// Publishes widget 1.0, and then 1.1 in its place.
fn replace(repo: &TestRepo) {
    let old = repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo.apply();
    fs::remove_file(old).unwrap();
    repo.build(&Deb::new("widget", "1.1", "amd64"));
    repo.apply();
}

/// Interrupts an apply while the store keeps it waiting.
fn interrupted() -> Run {
    let server = Bucket::start(|_| Conduct::Honest);
    let repo = server.repo("");
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    let pid = repo.path("pid");
    server.behave(move |request| match request.method == "PUT" && request.key.contains("/pool/") {
        true => {
            let pid = fs::read_to_string(&pid).unwrap();
            assert!(Command::new("kill").args(["-INT", pid.trim()]).status().unwrap().success());
            Conduct::Hang
        }
        false => Conduct::Honest,
    });
    let script = "echo $$ > pid; exec \"$0\" apply --yes";
    let mut command = repo.command("sh".as_ref());
    Run::of(command.args(["-c", script, env!("CARGO_BIN_EXE_repoman")]))
}

/// Returns a server at its first generation, a repository with a second one to publish, and the
/// InRelease of the first one and of another second one, in which the first package is withdrawn.
fn two_generations() -> (Bucket, TestRepo, [&'static [u8]; 2]) {
    let (server, repo) = second();
    let first: &'static [u8] = server.objects()[IN_RELEASE].clone().leak();
    let manifest = fs::read_to_string(repo.path("repo.toml")).unwrap();
    repo.write_manifest(&format!("{manifest}\n[yank.widget]\n\"1.0\" = \"bad\"\n"));
    repo.apply();
    let other: &'static [u8] = server.objects()[IN_RELEASE].clone().leak();
    server.set(IN_RELEASE, Some(first));
    repo.write_manifest(&manifest);
    (server, repo, [first, other])
}

/// Says yes to a plan; another writer publishes something else before it is carried out.
fn overtaken_after_a_yes() -> Run {
    let (server, repo, [_, other]) = two_generations();
    server.behave(move |request| match request.is_swap() {
        true => Conduct::Overtaken(other),
        false => Conduct::Honest,
    });
    Run::with_input(&mut on_a_terminal(&repo, "apply"), "y\n")
}

/// Edits a manifest that somebody else goes on writing, until the two meet.
fn edited_at_once() -> Run {
    let repo = TestRepo::new();
    let (path, beside) = (repo.path("repo.toml"), repo.path("repo.toml.new"));
    let text = fs::read_to_string(&path).unwrap();
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0.. {
                fs::write(&beside, format!("{text}# {number}\n")).unwrap();
                fs::rename(&beside, &path).unwrap();
                if is_over.load(Ordering::Relaxed) {
                    break;
                }
            }
        });
        let mut runs =
            (0..100).map(|n| repo.repoman(["yank", "widget", &n.to_string(), "--reason", "x"]));
        let met = runs.find(|run| run.said("error[RM1105]"));
        is_over.store(true, Ordering::Relaxed);
        met.expect("they meet")
    })
}

#[test]
fn what_ends_a_run_that_writes_has_its_code() {
    super::play(SCENARIOS);
}
