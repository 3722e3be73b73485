//! Service repositories push what they build: `repoman publish`, with nothing but an address and
//! the signing key.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::manifest::signed_by;
use crate::support::{
    AptClient, Deb, FileServer, Manifest, Moto, Run, TestKey, TestRepo, Trust, tree,
};

/// What a manifest says that lets services push.
pub const SERVICES: &str = "[source.services]\npush = true\nto = \"bookworm/main\"\n\
                            packages = [\"acme-*\", \"libacme*\"]";

/// Returns a published repository that services can push to.
fn owner() -> TestRepo {
    let repo = TestRepo::with(&Manifest { sources: SERVICES.to_owned(), ..Manifest::default() });
    repo.apply();
    repo
}

/// Returns a directory of a service: it has packages and the signing key, but no manifest.
pub fn service() -> TestRepo {
    let service = TestRepo::new();
    fs::remove_file(service.path("repo.toml")).unwrap();
    service
}

/// Returns the address of a repository in a directory.
fn url(repo: &TestRepo) -> String {
    format!("file://{}", repo.store().display())
}

/// Pushes package files to a repository, from a service's directory.
pub fn push(service: &TestRepo, url: &str, debs: &[PathBuf]) -> Run {
    push_with(service, &["--store", url, "--yes"], debs)
}

fn push_with(service: &TestRepo, flags: &[&str], debs: &[PathBuf]) -> Run {
    let mut command = service.command(env!("CARGO_BIN_EXE_repoman").as_ref());
    Run::of(command.arg("publish").args(flags).args(debs))
}

fn acme_api(service: &TestRepo, version: &str) -> PathBuf {
    service.build(&Deb::new("acme-api", version, "amd64"))
}

#[test]
fn apt_installs_what_a_service_pushed_and_an_apply_leaves_it() {
    let (repo, service) = (owner(), service());
    let debs = [
        acme_api(&service, "1.0-1"),
        service.build(&Deb::new("libacme1", "1.0-1", "arm64").field("Multi-Arch", "same")),
    ];
    push(&service, &url(&repo), &debs).ok().says([
        "rules of manifest",
        "(bookworm, generation 1)",
        "+ acme-api",
        "source.services",
        "2 packages (2 files) to add",
        "bookworm is at generation 2",
    ]);
    let server = FileServer::start(&repo.store());
    let client = AptClient::new(&server.url(), Trust::Key(&TestKey::shared().public));
    client.update();
    client.apt_get(["install", "acme-api", "libacme1:arm64"]).ok();
    assert_eq!(client.installed(), ["acme-api 1.0-1", "libacme1:arm64 1.0-1"]);

    let before = tree::stamps(&repo.store());
    repo.apply().says(["No changes"]);
    assert_eq!(tree::stamps(&repo.store()), before);
    repo.repoman(["drift"]).ok();
}

#[test]
fn what_is_published_already_is_nothing_to_do() {
    let (repo, service) = (owner(), service());
    let deb = [acme_api(&service, "1.0-1")];
    push(&service, &url(&repo), &deb).ok();
    let before = tree::stamps(&repo.store());
    let again = push(&service, &url(&repo), &deb).ok();
    again.says(["Nothing to do: acme-api 1.0-1 amd64 is published already."]);
    // Nobody needs to be asked for nothing.
    push_with(&service, &["--store", &url(&repo)], &deb).ok();
    assert_eq!(tree::stamps(&repo.store()), before);
}

#[test]
fn the_rules_are_those_that_were_applied_last_not_those_at_hand() {
    let repo = owner();
    let widget = [repo.build(&Deb::new("widget", "1.0", "amd64"))];
    let text = fs::read_to_string(repo.path("repo.toml")).unwrap();
    repo.write_manifest(&text.replace("\"acme-*\"", "\"acme-*\", \"widget\""));
    push_with(&repo, &["--yes"], &widget).exits(1).says(["error[RM2008]"]);

    let plan = repo.repoman(["plan", "--exit-code"]).exits(2);
    plan.says(["~ Push rules", "0 to remove, 1 to change"]);
    repo.apply().says(["bookworm is at generation 2"]);
    repo.repoman(["plan", "--exit-code"]).ok();
    push_with(&repo, &["--yes"], &widget).ok().says(["bookworm is at generation 3"]);
    // What matters to nobody who pushes is not worth a generation.
    repo.write_manifest(
        &fs::read_to_string(repo.path("repo.toml")).unwrap().replace("= 1", "=  1"),
    );
    repo.apply().says(["No changes"]);
}

#[test]
fn a_push_adds_packages_and_applies_nothing_else_of_the_manifest() {
    let manifest = Manifest {
        sources: format!("{SERVICES}\n{}", Manifest::default().sources),
        ..Manifest::default()
    };
    let (repo, service) = (TestRepo::with(&manifest), service());
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo.apply();
    repo.build(&Deb::new("widget", "2.0", "amd64"));
    let run = push(&service, &url(&repo), &[acme_api(&service, "1.0")]).ok();
    run.says(["1 package (1 file) to add"]);
    assert!(!repo.index("bookworm/main/binary-amd64").contains("2.0"));
    repo.repoman(["plan", "--exit-code"]).exits(2).says(["+ widget", "1 package (1 file) to add"]);
}

#[test]
fn several_files_appear_together_in_every_target() {
    let distribution =
        "[distribution.trixie]\ncomponents = [\"main\"]\narchitectures = [\"amd64\"]";
    let manifest = Manifest {
        distributions: format!("{}\n{distribution}", Manifest::default().distributions),
        sources: SERVICES.replace("bookworm/main", "*/main"),
        ..Manifest::default()
    };
    let (repo, service) = (TestRepo::with(&manifest), service());
    repo.apply();
    let debs = ["acme-api", "acme-web", "acme-db"]
        .map(|name| service.build(&Deb::new(name, "1.0", "amd64")));
    push(&service, &url(&repo), &debs).ok().says([
        "3 uploaded",
        "bookworm is at generation 2",
        "trixie is at generation 2",
    ]);
    let narrow = [service.build(&Deb::new("acme-api", "1.0", "arm64"))];
    push(&service, &url(&repo), &narrow)
        .exits(1)
        .says(["error[RM2005]", "architecture arm64 is not declared by distribution.trixie"]);
}

#[test]
fn a_file_that_no_rule_lets_in_is_told_the_nearest_one() {
    let sources = format!(
        "{SERVICES}\n[source.tools]\npush = true\nto = \"bookworm/main\"\n\
         architectures = [\"amd64\"]\npackages = {{ widget = \">= 2, << 3\", gadget = \"*\" }}"
    );
    let repo = TestRepo::with(&Manifest { sources, ..Manifest::default() });
    repo.apply();
    let (service, url) = (service(), url(&repo));
    let refused = |name, version, architecture| {
        let deb = [service.build(&Deb::new(name, version, architecture))];
        push(&service, &url, &deb).exits(1)
    };
    refused("widget", "1.0", "amd64").says([
        "error[RM2008]",
        "no source lets widget 1.0 amd64 in",
        "widget (>= 2, << 3)",
    ]);
    refused("gadget", "1.0", "arm64").says(["error[RM2008]", "source.tools takes amd64 only"]);
    refused("wigdet", "2.5", "amd64")
        .says(["source.tools lets in gadget (*), widget (>= 2, << 3)"]);
    refused("amce", "1", "amd64").says(["error[RM2008]"]);
    assert!(!repo.store().join("pool").exists(), "nothing was uploaded");
}

#[test]
fn a_file_that_two_sources_let_in_needs_to_be_told_which() {
    let sources = format!("{SERVICES}\n{}", SERVICES.replace("services", "others"));
    let repo = TestRepo::with(&Manifest { sources, ..Manifest::default() });
    repo.apply();
    let (service, url) = (service(), url(&repo));
    let deb = [acme_api(&service, "1.0")];
    push(&service, &url, &deb).exits(1).says([
        "error[RM2009]",
        "source.others and source.services",
        "--source NAME",
    ]);
    let flags = ["--store", &url, "--yes", "--source"];
    push_with(&service, &[&flags[..], &["build"]].concat(), &deb)
        .exits(1)
        .says(["error[RM2007]", "others, services"]);
    push_with(&service, &[&flags[..], &["others"]].concat(), &deb).ok().says(["source.others"]);
}

#[test]
fn files_that_can_t_be_published_are_refused_with_their_reasons() {
    let (repo, service) = (owner(), service());
    let url = url(&repo);
    push(&service, &url, &[acme_api(&service, "1.0")]).ok();
    let text = service.path("dist/readme.deb");
    fs::write(&text, "not a package").unwrap();
    let other = service.build(&Deb::new("acme-api", "1.0", "amd64").field("Section", "net"));
    push(&service, &url, &[text]).exits(1).says(["error[RM3001]", "readme.deb"]);
    push(&service, &url, &[service.path("dist/none.deb")]).exits(1).says(["none.deb"]);
    let run = push(&service, &url, &[other]).exits(1);
    run.says(["error[RM3003]", "+ Section: net", "a higher version"]);
    let foreign = [service.build(&Deb::new("acme-api", "1.1", "riscv64"))];
    push(&service, &url, &foreign).exits(1).says(["error[RM2005]", "riscv64"]);
    push_with(&service, &["--store", &url], &[acme_api(&service, "2.0")])
        .exits(1)
        .says(["error[RM6001]", "--yes"]);
}

#[test]
fn where_nothing_can_be_pushed_to_the_error_says_what_to_do() {
    let (repo, service) = (TestRepo::new(), service());
    let deb = [acme_api(&service, "1.0")];
    push(&service, &url(&repo), &deb).exits(1).says(["error[RM6014]", "repoman apply"]);
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo.apply();
    push(&service, &url(&repo), &deb).exits(1).says(["error[RM2007]", "push = true"]);
    push_with(&service, &["--yes"], &deb).exits(1).says(["error[RM1000]", "--store"]);
    push_with(&service, &["--yes", "--store", "acme"], &deb).exits(64).says(["s3://bucket/prefix"]);
    push_with(&service, &["--yes"], &[]).exits(64);
}

#[test]
fn the_document_holds_the_plan_and_what_came_of_it() {
    let (repo, service) = (owner(), service());
    let url = url(&repo);
    let schema = service.repoman(["schema", "publish"]).ok().stdout;
    let schema = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    let deb = [acme_api(&service, "1.0")];
    let document = |run: Run| {
        let document: Value = serde_json::from_str(&run.stdout).unwrap();
        assert!(schema.is_valid(&document), "{document:#}");
        document
    };
    let options = ["--store", &url, "--yes", "--json"];
    let run = || document(push_with(&service, &options, &deb).ok());
    let first = run();
    assert_eq!(first["kind"], "repoman.publish");
    assert_eq!(first["outcome"]["status"], "published");
    assert_eq!(first["outcome"]["generations"]["bookworm"], 2);
    assert_eq!(first["plan"]["actions"][0]["package"], "acme-api");
    assert_eq!(first["plan"]["base"]["distributions"]["bookworm"]["generation"], 1);
    let path = first["plan"]["manifest"]["path"].as_str().unwrap();
    assert!(repo.store().join(path).exists(), "{path}");
    let second = run();
    assert_eq!(second["outcome"]["status"], "nothing-to-do");
    assert_eq!(second["plan"]["status"], "empty");
    let stranger = [Deb::new("stranger", "1.0", "amd64").write_to(&service.path("other"))];
    let failed = document(push_with(&service, &options, &stranger).exits(1));
    assert_eq!(failed["outcome"]["status"], "failed");
    assert_eq!(failed["outcome"]["errors"][0]["code"], "RM2008");
    assert!(failed["plan"].is_null());
}

#[test]
fn an_unsigned_repository_is_pushed_to_beside_its_manifest_only() {
    let sources = SERVICES.to_owned();
    let signing = "keys = []".to_owned();
    let repo = TestRepo::with(&Manifest { sources, signing, ..Manifest::default() });
    repo.apply();
    let deb = [repo.build(&Deb::new("acme-api", "1.0", "amd64"))];
    push_with(&repo, &["--store", &url(&repo), "--yes"], &deb).exits(1).says(["error[RM5007]"]);
    push_with(&repo, &["--yes"], &deb).ok().says(["bookworm is at generation 2"]);
}

#[test]
fn a_yanked_version_stays_out() {
    let repo = owner();
    let text = fs::read_to_string(repo.path("repo.toml")).unwrap();
    repo.write_manifest(&format!("{text}\n[yank.acme-api]\n\"1.0\" = \"loses data, #7\"\n"));
    // It withdraws nothing that is published, and yet services have to know.
    repo.apply().says(["bookworm is at generation 2"]);
    let service = service();
    let run = push(&service, &url(&repo), &[acme_api(&service, "1.0")]).exits(1);
    run.says(["error[RM2010]", "acme-api 1.0 amd64 is yanked from bookworm/main: loses data, #7"]);
    push(&service, &url(&repo), &[acme_api(&service, "1.1")]).ok();
}

/// Asserts that a push writes nothing, and that its error says so.
#[track_caller]
fn is_refused(repo: &TestRepo, code: &str) {
    let before = tree::stamps(&repo.store());
    for service in [&service(), repo] {
        let deb = [acme_api(service, "9.0")];
        let url = url(repo);
        let flags: &[&str] = match service.path("repo.toml").exists() {
            true => &["--yes"],
            false => &["--yes", "--store", &url],
        };
        push_with(service, flags, &deb).exits(1).says([code]);
        assert_eq!(tree::stamps(&repo.store()), before, "nothing was written");
    }
}

#[test]
fn nothing_is_signed_for_a_stranger_who_replaces_what_is_published() {
    let repo = owner();
    let stranger = TestKey::generate("Stranger <stranger@example.org>", "never");
    let release = fs::read(repo.store().join("dists/bookworm/Release")).unwrap();
    let path = repo.store().join("dists/bookworm/InRelease");
    fs::write(path, stranger.clear_sign(&release)).unwrap();
    fs::write(repo.store().join("acme-apt.asc"), &stranger.public).unwrap();
    is_refused(&repo, "error[RM5006]");
}

#[test]
fn nothing_is_signed_for_a_stranger_who_adds_a_distribution_with_own_rules() {
    let repo = owner();
    let stranger = Manifest {
        sources: SERVICES.replace("bookworm", "sid").replace("\"acme-*\", ", "\"*\", "),
        distributions: Manifest::default().distributions.replace("bookworm", "sid"),
        signing: "keys = []".to_owned(),
        ..Manifest::default()
    };
    let strange = TestRepo::with(&stranger);
    strange.apply();
    copy(&strange, &repo, "dists/sid");
    copy(&strange, &repo, ".repoman/manifests");
    let deb = [acme_api(&repo, "9.0")];
    let before = tree::stamps(&repo.store());
    push_with(&repo, &["--yes"], &deb)
        .exits(1)
        .says(["error[RM5006]", "sid/Release is not signed"]);
    push(&service(), &url(&repo), &deb).exits(1);
    assert_eq!(tree::stamps(&repo.store()), before, "nothing was written");
}

#[test]
fn nothing_is_signed_for_a_stranger_who_claims_that_another_secret_signs() {
    let repo = owner();
    let key = TestKey::generate("Stranger <stranger@example.org>", "never");
    let strange = TestRepo::with(&Manifest {
        sources: SERVICES.to_owned(),
        signing: signed_by(&[("test", TestKey::shared(), "env:AWS_SECRET_ACCESS_KEY")]),
        ..Manifest::default()
    });
    let strange = strange.env("AWS_SECRET_ACCESS_KEY", &TestKey::shared().secret);
    strange.apply();
    // The stranger has no key of ours, so the signature is another one.
    let release = fs::read(strange.store().join("dists/bookworm/Release")).unwrap();
    fs::remove_dir_all(repo.store().join("dists")).unwrap();
    copy(&strange, &repo, "dists");
    copy(&strange, &repo, ".repoman/manifests");
    let path = repo.store().join("dists/bookworm/InRelease");
    fs::write(path, key.clear_sign(&release)).unwrap();
    let service = service().env("AWS_SECRET_ACCESS_KEY", "a secret that nobody may see");
    let run = push(&service, &url(&repo), &[acme_api(&service, "9.0")]).exits(1);
    assert!(!run.said("nobody may see"), "{run}");
    run.says(["error[RM5003]"]);
}

#[test]
fn nothing_is_signed_for_a_stranger_who_moves_a_distribution() {
    let repo = owner();
    let moved = repo.store().join("dists/trixie");
    fs::create_dir(&moved).unwrap();
    copy_tree(&repo.store().join("dists/bookworm"), &moved);
    is_refused(&repo, "trixie/InRelease is the one of bookworm");
}

#[test]
fn rules_that_were_changed_or_are_gone_are_refused() {
    let repo = owner();
    let rules = repo.store().join(".repoman/manifests");
    let rules = fs::read_dir(rules).unwrap().next().unwrap().unwrap().path();
    let text = fs::read_to_string(&rules).unwrap();
    fs::write(&rules, text.replace("\"acme-*\"", "\"*\"")).unwrap();
    is_refused(&repo, "error[RM4006]");
    fs::remove_file(&rules).unwrap();
    is_refused(&repo, "error[RM4006]");
    fs::write(&rules, text).unwrap();
    push_with(&repo, &["--yes"], &[acme_api(&repo, "9.0")]).ok();
}

/// Copies what lies below a prefix of one store into another.
fn copy(from: &TestRepo, to: &TestRepo, prefix: &str) {
    copy_tree(&from.store().join(prefix), &to.store().join(prefix));
}

fn copy_tree(from: &std::path::Path, to: &std::path::Path) {
    for file in tree::files(from) {
        let target = to.join(&file);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(from.join(&file), target).unwrap();
    }
}

#[test]
fn a_bucket_is_reached_by_the_environment_and_written_to_as_the_rules_say() {
    let moto = Moto::start();
    let store =
        format!("{}\nacl = \"public-read\"\nstorage_class = \"STANDARD_IA\"", moto.store("debian"));
    let sources = SERVICES.to_owned();
    let repo = moto.admit(TestRepo::with(&Manifest { store, sources, ..Manifest::default() }));
    repo.apply();
    let service = moto.admit(service().env("AWS_ENDPOINT_URL_S3", moto.endpoint()));
    let service = service.env("REPOMAN_STORE", "s3://apt/debian");
    let deb = [acme_api(&service, "1.0-1")];
    moto.requests();
    push_with(&service, &["--yes"], &deb).ok().says(["s3://apt/debian", "generation 2"]);
    assert!(moto.requests().iter().all(|request| request.is_signed));
    let key = moto.keys().into_iter().find(|key| key.ends_with(".deb")).unwrap();
    assert_eq!(moto.get(&key).header("x-amz-storage-class"), Some("STANDARD_IA"));
    let client = AptClient::new(
        &format!("{}/apt/debian", moto.endpoint()),
        Trust::Key(&TestKey::shared().public),
    );
    client.update();
    client.apt_get(["install", "acme-api"]).ok();

    moto.requests();
    push_with(&service, &["--yes"], &deb).ok().says(["Nothing to do"]);
    let writes = moto.requests().into_iter().filter(|request| request.is_write());
    assert_eq!(writes.collect::<Vec<_>>(), []);
}
