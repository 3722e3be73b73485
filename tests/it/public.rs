//! What the public sees of a repository, through a web server that behaves well or badly.

use std::fs;

use serde_json::Value;

use crate::support::bucket::Request;
use crate::support::{Bucket, Conduct, Deb, FileServer, Manifest, Run, TestRepo, tree};

/// Returns a published repository that clients reach at this URL.
fn published(url: &str) -> TestRepo {
    let repository = format!("origin = \"Acme\"\npublic_url = \"{url}\"");
    let repo = TestRepo::with(&Manifest { repository, ..Manifest::default() });
    for version in ["1.0", "1.1"] {
        repo.build(&Deb::new("widget", version, "amd64"));
        repo.apply();
    }
    repo
}

/// Starts a web server that shows what a directory holds now, under `debian/`.
fn shown(repo: &TestRepo, server: &Bucket) {
    for key in tree::files(&repo.store()) {
        server.set(&key, Some(&fs::read(repo.store().join(&key)).unwrap()));
    }
}

/// Returns a repository and a web server that shows it.
fn stage() -> (TestRepo, Bucket) {
    let server = Bucket::start(|_| Conduct::Honest);
    let repo = published(&server.url());
    shown(&repo, &server);
    server.requests();
    (repo, server)
}

/// Looks from outside, without secrets or access to the store.
fn look<const N: usize>(repo: &TestRepo, arguments: [&str; N]) -> Run {
    let store = repo.store();
    let hidden = store.with_extension("hidden");
    fs::rename(&store, &hidden).unwrap();
    let mut command = repo.command(env!("CARGO_BIN_EXE_repoman").as_ref());
    let run = Run::of(command.env_remove("TEST_SIGNING_KEY").args(arguments));
    fs::rename(&hidden, &store).unwrap();
    run
}

#[track_caller]
fn found(repo: &TestRepo, arguments: &[&str]) -> Vec<String> {
    let mut all = vec!["drift", "--public", "--json"];
    all.extend(arguments);
    let mut command = repo.command(env!("CARGO_BIN_EXE_repoman").as_ref());
    let run = Run::of(command.env_remove("TEST_SIGNING_KEY").args(all));
    let document: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run}"));
    let text = |item: &Value, field: &str| item[field].as_str().unwrap_or("-").to_owned();
    let line = |item: &Value| [text(item, "kind"), text(item, "object")].join(" ");
    document["items"].as_array().unwrap().iter().map(line).collect()
}

fn key(server: &Bucket, part: &str) -> String {
    let keys = server.objects().into_keys();
    keys.filter(|key| key.contains(part)).max().unwrap()
}

#[test]
fn what_the_public_sees_is_read_anonymously_from_in_release_down() {
    let (repo, server) = stage();
    let run = look(&repo, ["drift", "--public"]).ok();
    run.says(["no drift", &server.url(), "bookworm generation 2", "2 package files"]);
    let requests = server.requests();
    assert!(requests.iter().all(|line| line.starts_with("GET ") || line.starts_with("HEAD ")));
    assert!(requests.iter().all(|line| !line.contains(".repoman")), "{requests:?}");
    let downloads = requests.iter().filter(|line| line.starts_with("GET debian/pool/"));
    assert_eq!(downloads.count(), 0);
    look(&repo, ["drift", "--public", "--deep"]).ok().says(["2 hashed again"]);
    look(&repo, ["plan", "--public", "--exit-code"]).ok().says(["No changes"]);
}

#[test]
fn a_server_of_files_will_do() {
    let directory = tempfile::tempdir().unwrap();
    let repo = published(&FileServer::start(directory.path()).url());
    let server = FileServer::start(&repo.store());
    let text = fs::read_to_string(repo.path("repo.toml")).unwrap();
    let line = text.lines().find(|line| line.starts_with("public_url")).unwrap();
    repo.write_manifest(&text.replace(line, &format!("public_url = \"{}\"", server.url())));
    // The entries still name the other server.
    let run = repo.repoman(["drift", "--public"]).ok();
    run.says(["acme-apt.sources", "altered"]);
}

#[test]
fn what_is_missing_cut_short_or_changed_is_told() {
    let (repo, server) = stage();
    let (first, second) = (key(&server, "widget_1.0"), key(&server, "widget_1.1"));
    server.set(&first, None);
    server.set(&second, Some(b"short"));
    assert_eq!(found(&repo, &[]).len(), 2);
    let run = look(&repo, ["drift", "--public"]).exits(2);
    run.says(["missing", &first, "altered", "5 bytes, not", "listed in bookworm/main/amd64"]);
    shown(&repo, &server);
    let mut bytes = server.objects()[&second].clone();
    bytes[100] ^= 1;
    server.set(&second, Some(&bytes));
    assert_eq!(found(&repo, &[]), [""; 0]);
    assert_eq!(found(&repo, &["--deep"]), [format!("altered {second}")]);
}

#[test]
fn lagging_caches_and_forgeries_are_told() {
    let (repo, server) = stage();
    repo.build(&Deb::new("widget", "1.2", "amd64"));
    let old = server.objects();
    repo.apply();
    // A cache that shows all of the old generation is consistent, and the plan tells.
    look(&repo, ["drift", "--public"]).ok();
    look(&repo, ["plan", "--public", "--exit-code"]).exits(2).says(["1.2", "generation 2"]);
    shown(&repo, &server);
    for copy in ["Release", "Release.gpg", "main/binary-amd64/Packages.xz"] {
        let key = format!("dists/bookworm/{copy}");
        server.set(&key, Some(&old[&key]));
    }
    assert_eq!(found(&repo, &[]), ["copies-behind dists/bookworm/"]);
    let in_release = "dists/bookworm/InRelease";
    let forged = String::from_utf8(server.objects()[in_release].clone()).unwrap();
    server.set(in_release, Some(forged.replace("Acme", "Evil").as_bytes()));
    assert!(found(&repo, &[]).contains(&format!("bad-signature {in_release}")));
    look(&repo, ["plan", "--public"]).exits(1).says(["error[RM5006]"]);
}

#[test]
fn a_plan_from_outside_sees_that_a_distribution_is_removed() {
    let (repo, server) = stage();
    let repository = format!("origin = \"Acme\"\npublic_url = \"{}\"", server.url());
    let text = Manifest { repository, ..Manifest::default() }.to_text();
    let more = |codename: &str| {
        format!(
            "{text}\n[distribution.{codename}]\ncomponents = [\"main\"]\narchitectures = [\"amd64\"]\n"
        )
    };
    repo.write_manifest(&more("buster"));
    repo.build(&Deb::new("widget", "1.2", "amd64"));
    repo.apply();
    shown(&repo, &server);
    look(&repo, ["plan", "--public", "--exit-code"]).ok();
    // The manifest that was applied last knows of it.
    repo.write_manifest(&text);
    look(&repo, ["plan", "--public"]).exits(3).says(["! dist-removed:buster"]);
    repo.write_manifest(&more("trixie"));
    look(&repo, ["plan", "--public"]).exits(3).says(["! dist-removed:buster", "new distribution"]);
    // And so does the line that says why, if that manifest is not to be seen.
    repo.write_manifest(&format!("{text}\n[removed]\n\"buster\" = \"EOL\"\n"));
    server.behave(|request| match request.key.contains(".repoman") {
        true => Conduct::Refuse(403, "AccessDenied"),
        false => Conduct::Honest,
    });
    let run = look(&repo, ["plan", "--public", "--exit-code"]).exits(2);
    run.says(["distribution removed", "Accepted: dist-removed:buster (EOL)"]);
}

#[test]
fn a_server_that_denies_redirects_or_fails_is_told_apart() {
    let (repo, server) = stage();
    let package = key(&server, "widget_1.0");
    let is_package: fn(&Request) -> bool = |request| request.key.ends_with("widget_1.0_amd64.deb");
    let behave = |conduct: Conduct| {
        server.behave(move |request| if is_package(request) { conduct } else { Conduct::Honest });
    };
    behave(Conduct::Refuse(403, "AccessDenied"));
    look(&repo, ["drift", "--public"]).exits(2).says(["missing", &package, "HTTP status 403"]);
    behave(Conduct::Refuse(500, "InternalError"));
    let run = look(&repo, ["drift", "--public"]).exits(2);
    run.says(["unreachable", &package, "answered 500"]);

    let other = Bucket::start(|_| Conduct::Honest);
    shown(&repo, &other);
    let target: &'static str = other.url().leak();
    server.behave(move |_| Conduct::Redirect(target));
    look(&repo, ["drift", "--public"]).ok().says(["no drift"]);
    server.behave(|_| Conduct::Redirect(""));
    let run = look(&repo, ["drift", "--public"]).exits(1);
    run.says(["error[RM4011]", "InRelease", "redirects without end"]);
    server.behave(|_| Conduct::Refuse(403, "AccessDenied"));
    let run = look(&repo, ["drift", "--public"]).exits(2);
    run.says(["breaking", "dists/bookworm/InRelease", "missing", "HTTP status 403"]);
}

#[test]
fn a_server_that_is_silent_or_not_there_ends_it() {
    let (repo, server) = stage();
    let repo = repo.env("REPOMAN_TIMEOUT", "1s");
    server.behave(|_| Conduct::Hang);
    look(&repo, ["drift", "--public"]).exits(1).says(["error[RM4004]", "InRelease", "timed out"]);
    let repo = TestRepo::new();
    repo.repoman(["drift", "--public"]).exits(1).says(["error[RM4014]", "public_url"]);
}
