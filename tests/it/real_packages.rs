//! Real packages of Debian's archive, held against what Debian's own tools say of them.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use crate::support::real::{PACKAGES, packages};
use crate::support::stanza::{Field, stanzas, value};
use crate::support::{AptClient, FileServer, Manifest, Run, TestKey, TestRepo, Trust};

/// What an index adds to the control file of a package.
const COMPUTED: [&str; 6] = ["Filename", "Size", "MD5sum", "SHA1", "SHA256", "SHA512"];

/// Publishes the real packages.
fn published() -> TestRepo {
    let manifest = Manifest::default();
    let sources =
        manifest.sources.replace("dist/*.deb", &format!("{}/*.deb", packages().display()));
    let repo = TestRepo::with(&Manifest { sources, ..manifest });
    repo.repoman(["apply", "--yes", "--allow-outside"]).ok();
    repo
}

/// Returns the stanzas of a text by what each is about: package, version, architecture.
fn by_package(text: &str) -> BTreeMap<[String; 3], Vec<Field>> {
    let key = |fields: &[Field]| {
        ["Package", "Version", "Architecture"].map(|name| value(fields, name).unwrap().to_owned())
    };
    stanzas(text).into_iter().map(|fields| (key(&fields), fields)).collect()
}

/// Returns the fields that tell something about the package, not where its file is; sorted.
fn told(fields: &[Field]) -> BTreeMap<&str, &str> {
    let skipped = ["Filename", "MD5sum", "SHA1", "SHA512"];
    let fields = fields.iter().filter(|(name, _)| !skipped.contains(&&**name));
    fields.map(|(name, value)| (&**name, &**value)).collect()
}

/// Returns the names of the fields that are from the control file, in order.
fn own_names(fields: &[Field]) -> Vec<&str> {
    let names = fields.iter().map(|(name, _)| &**name);
    names.filter(|name| !COMPUTED.contains(name)).collect()
}

#[test]
fn every_index_field_is_what_apt_ftparchive_says() {
    let repo = published();
    let ours = by_package(&repo.index("bookworm/main/binary-amd64"));
    assert_eq!(ours.len(), PACKAGES.len());
    let mut command = Command::new("apt-ftparchive");
    let theirs = Run::of(command.arg("packages").arg(packages())).ok().stdout;
    let theirs = by_package(&theirs);
    assert_eq!(ours.keys().collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>());
    for (package, fields) in &ours {
        assert_eq!(told(fields), told(&theirs[package]), "{package:?}");
        assert_eq!(value(fields, "SHA256").unwrap().len(), 64);
    }
}

#[test]
fn control_fields_keep_their_order() {
    let repo = published();
    let ours = by_package(&repo.index("bookworm/main/binary-amd64"));
    for entry in std::fs::read_dir(packages()).unwrap() {
        let control = control(&entry.unwrap().path());
        let theirs = by_package(&control);
        let (package, fields) = theirs.first_key_value().unwrap();
        assert_eq!(own_names(&ours[package]), own_names(fields), "{package:?}");
    }
}

fn control(deb: &Path) -> String {
    Run::of(Command::new("dpkg-deb").arg("--field").arg(deb)).ok().stdout
}

#[test]
fn apt_downloads_them_all_and_a_second_plan_is_empty() {
    let repo = published();
    let server = FileServer::start(&repo.store());
    let client = AptClient::new(&server.url(), Trust::Key(&TestKey::shared().public));
    client.update();
    // Unlike install, it asks for no dependency; apt checks every hash.
    client.download(PACKAGES);
    assert_eq!(client.files_here().len(), PACKAGES.len());
    let unneeding = ["ncurses-base", "media-types", "sensible-utils", "xfonts-encodings"];
    let run = client.apt_get(["install", "--download-only", unneeding[0], unneeding[1]]);
    run.ok();
    assert_eq!(client.downloaded().len(), 2);
    repo.repoman(["plan", "--exit-code", "--allow-outside"]).ok().says(["No changes"]);
}

#[test]
fn mmdebstrap_extracts_a_system_from_them() {
    let repo = published();
    let server = FileServer::start(&repo.store());
    let (key, target) = (repo.path("key.asc"), repo.path("system"));
    std::fs::write(&key, &TestKey::shared().public).unwrap();
    let entry = format!("deb [signed-by={}] {} bookworm main", key.display(), server.url());
    let mut command = repo.command(Path::new("mmdebstrap"));
    command.args(["--variant=extract", "--architectures=amd64"]);
    command.arg("--skip=check/empty,chroot/mount");
    command
        .args(["--aptopt=Apt::Sandbox::User \"root\"", "--aptopt=Acquire::http::Proxy \"DIRECT\""]);
    command.args(["--include=ncurses-base,media-types,sensible-utils", "bookworm"]);
    Run::of(command.arg(&target).arg(entry)).ok();
    assert!(target.join("etc/mime.types").is_file());
    assert!(target.join("usr/bin/sensible-editor").is_file());
    assert!(server.requests().iter().any(|request| request.contains("/by-hash/SHA256/")));
}
