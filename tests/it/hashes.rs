//! Checksums beside SHA-256, for consumers that want them: held against what coreutils compute.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::stanza::{stanzas, value};
use crate::support::{AptClient, Deb, FileServer, Manifest, Run, TestKey, TestRepo, Trust};

/// Returns a manifest whose distribution has this line, too.
fn manifest(line: &str) -> Manifest {
    let manifest = Manifest::default();
    Manifest { distributions: format!("{}\n{line}", manifest.distributions), ..manifest }
}

fn repo(line: &str) -> TestRepo {
    let repo = TestRepo::with(&manifest(line));
    for (name, architecture) in [("widget", "amd64"), ("widget", "arm64"), ("gadget", "all")] {
        repo.build(&Deb::new(name, "1.0", architecture));
    }
    repo
}

/// Returns what a program of coreutils says of a file.
fn computed(program: &str, file: &Path) -> String {
    let printed = Run::of(Command::new(program).arg(file)).ok().stdout;
    printed.split(' ').next().unwrap().to_owned()
}

/// Makes sure that every stanza has just these checksums, and that they are right.
fn verify_stanzas(repo: &TestRepo, codename: &str, wanted: &[&str]) {
    let programs = [("MD5sum", "md5sum"), ("SHA256", "sha256sum"), ("SHA512", "sha512sum")];
    let text = repo.index_file(&format!("{codename}/main/binary-amd64/Packages"));
    let stanzas = stanzas(&text);
    assert!(!stanzas.is_empty());
    for stanza in stanzas {
        let file = repo.store().join(value(&stanza, "Filename").unwrap());
        for (field, program) in programs {
            let is_wanted = field == "SHA256" || wanted.contains(&field);
            let expected = is_wanted.then(|| computed(program, &file));
            assert_eq!(value(&stanza, field).map(str::to_owned), expected, "{field}");
        }
    }
}

/// Makes sure that Release lists the same files by MD5 as by SHA-256, with the right values.
fn verify_release(repo: &TestRepo) {
    let release = repo.published("dists/bookworm/Release");
    let (before, sha256) = release.split_once("\nSHA256:\n").unwrap();
    let (_, md5) = before.split_once("\nMD5Sum:\n").unwrap();
    let paths = |lines: &str| {
        let words = lines.lines().map(|line| line.split_whitespace().skip(1).collect::<Vec<_>>());
        words.map(|words| words.join(" ")).collect::<Vec<_>>()
    };
    assert_eq!(paths(md5), paths(sha256));
    assert!(!release.contains("SHA512"), "apt would look for by-hash/SHA512");
    let mut verified = 0;
    for line in md5.lines() {
        let [sum, _, path] = line.split_whitespace().collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let file = repo.store().join("dists/bookworm").join(path);
        if file.exists() {
            assert_eq!(sum, computed("md5sum", &file), "{path}");
            verified += 1;
        }
    }
    // Both forms of two indices.
    assert!(verified >= 4, "{verified}");
}

#[test]
fn apt_installs_from_a_distribution_that_lists_all_of_them() {
    let repo = repo("hashes = [\"sha256\", \"md5\", \"sha512\"]\ncontents = true");
    let plan = repo.repoman(["plan"]).ok();
    plan.says(["Checksums sha256 md5 sha512"]);
    repo.apply();
    verify_stanzas(&repo, "bookworm", &["MD5sum", "SHA512"]);
    verify_release(&repo);
    let server = FileServer::start(&repo.store());
    let client = AptClient::new(&server.url(), Trust::Key(&TestKey::shared().public));
    client.update();
    client.download(&["widget", "gadget"]);
    assert!(server.requests().iter().any(|request| request.contains("by-hash/SHA256/")));
    assert!(!server.requests().iter().any(|request| request.contains("by-hash/MD5Sum/")));
    repo.repoman(["plan", "--exit-code"]).ok();
    repo.repoman(["drift"]).ok();

    // One more package, and the indices of an architecture that stay as they are.
    repo.build(&Deb::new("widget", "1.1", "amd64"));
    repo.apply();
    verify_stanzas(&repo, "bookworm", &["MD5sum", "SHA512"]);
    verify_release(&repo);
    client.update();
    client.download(&["widget"]);
}

#[test]
fn they_come_and_go_for_what_is_published_and_only_in_the_store() {
    let repo = repo("");
    repo.apply();
    let plain = repo.index_file("bookworm/main/binary-amd64/Packages");
    verify_stanzas(&repo, "bookworm", &[]);
    fs::remove_dir_all(repo.path("dist")).unwrap();

    repo.write_manifest(&manifest("hashes = [\"md5\"]").to_text());
    let plan = repo.repoman(["plan"]).ok();
    plan.says([
        "~ Checksums    \"sha256\" → \"sha256 md5\"",
        "for the checksums of bookworm, 3 package files (",
        "are read from the store",
        "0 to add, 0 to remove, 1 to change",
    ]);
    repo.apply();
    verify_stanzas(&repo, "bookworm", &["MD5sum"]);
    verify_release(&repo);
    repo.repoman(["plan", "--exit-code"]).ok();

    // What has one of them gets the other one, too.
    repo.write_manifest(&manifest("hashes = [\"md5\", \"sha512\"]").to_text());
    repo.apply();
    verify_stanzas(&repo, "bookworm", &["MD5sum", "SHA512"]);

    // They are no part of what a rollback brings back.
    repo.repoman(["rollback", "bookworm", "1", "--yes"]).ok();
    verify_stanzas(&repo, "bookworm", &["MD5sum", "SHA512"]);
    repo.repoman(["plan", "--exit-code"]).ok();

    repo.write_manifest(&manifest("").to_text());
    let plan = repo.repoman(["plan"]).ok();
    assert!(!plan.said("read from the store"), "nothing has to be computed");
    repo.apply();
    assert!(!repo.published("dists/bookworm/Release").contains("MD5Sum"));
    let again = repo.index_file("bookworm/main/binary-amd64/Packages");
    // The names of the first index are given up: its text comes back with an empty line more.
    assert_eq!(again.trim_end(), plain.trim_end());
    assert_eq!(fs::read_dir(repo.temporary()).unwrap().count(), 0);
}

#[test]
fn a_promoted_package_has_the_checksums_of_the_distribution_that_it_comes_to() {
    let distribution = |codename: &str, hashes: &str| {
        format!(
            "[distribution.{codename}]\ncomponents = [\"main\"]\narchitectures = [\"amd64\"]\n\
             hashes = [{hashes}]\n"
        )
    };
    let repo = TestRepo::with(&Manifest {
        distributions: distribution("bookworm", "\"md5\"") + &distribution("trixie", "\"sha512\""),
        sources: "[source.build]\npath = \"dist/*.deb\"\nto = \"trixie/main\"\n\
                  [source.stable]\ndistribution = \"trixie/main\"\nto = \"bookworm/main\""
            .to_owned(),
        ..Manifest::default()
    });
    repo.build(&Deb::new("widget", "1.0", "amd64"));
    repo.apply();
    verify_stanzas(&repo, "trixie", &["SHA512"]);
    verify_stanzas(&repo, "bookworm", &["MD5sum"]);
    repo.repoman(["plan", "--exit-code"]).ok();
}

#[test]
fn an_altered_package_file_gets_no_checksum() {
    let repo = repo("");
    repo.apply();
    fs::remove_dir_all(repo.path("dist")).unwrap();
    let pool = repo.pool();
    let file = repo.store().join("pool").join(&pool[0]);
    let mut bytes = fs::read(&file).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&file, bytes).unwrap();
    let before = repo.published("dists/bookworm/InRelease");
    repo.write_manifest(&manifest("hashes = [\"sha512\"]").to_text());
    let failed = repo.repoman(["apply", "--yes"]).exits(1);
    failed.says(["error[RM6019]: the checksums of ", "does not have the content that is listed"]);
    assert_eq!(repo.published("dists/bookworm/InRelease"), before);
}

#[test]
fn another_checksum_is_an_error_that_names_those_there_are() {
    let repo = repo("hashes = [\"sha1\"]");
    let failed = repo.repoman(["check"]).exits(1);
    failed.says(["`sha1` is not a value of `hashes`", "`md5` or `sha512`"]);
}
