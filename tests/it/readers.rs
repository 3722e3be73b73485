//! Who else reads repositories: programs that bootstrap machines from one, or mirror it.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::blocks::build;
use crate::support::{Deb, FileServer, Manifest, Run, TestKey, TestRepo};

/// The compressed forms that every one of these programs knows.
const FORMS: [&str; 2] = ["gz", "xz"];

/// Returns a repository with indices of many blocks, most of them taken over, in one form.
fn repository(form: &str) -> TestRepo {
    let manifest = Manifest::default();
    let only = format!("compression = [\"{form}\"]");
    let distributions = format!("{}\n{only}", manifest.distributions);
    let repo = TestRepo::with(&Manifest { distributions, ..manifest });
    (0..200).for_each(|number| build(&repo, number));
    repo.apply();
    for name in ["apt", "usr-is-merged", "zz-last"] {
        repo.build(&Deb::new(name, "1.0", "amd64").field("Priority", "required"));
    }
    repo.apply();
    repo
}

/// Returns a file with the public key of test repositories, not armored.
fn keyring(directory: &Path) -> String {
    let keyring = directory.join("keyring.gpg");
    let mut gpg = Command::new("gpg");
    gpg.arg("--homedir").arg(directory).args(["--batch", "--dearmor", "--output"]).arg(&keyring);
    Run::with_input(&mut gpg, &TestKey::shared().public).ok();
    keyring.display().to_string()
}

#[test]
fn debootstrap_finds_what_stands_in_the_last_block() {
    for form in FORMS {
        let repo = repository(form);
        let server = FileServer::start(&repo.store());
        let here = tempfile::tempdir().unwrap();
        let mut command = Command::new("/usr/sbin/debootstrap");
        command.args(["--print-debs", "--variant=minbase", "--arch=amd64"]);
        command.arg(format!("--keyring={}", keyring(here.path()))).arg("bookworm");
        command.arg(here.path().join("target")).arg(server.url());
        let printed = Run::of(&mut command).ok().stdout;
        let found: Vec<_> = printed.split_whitespace().collect();
        assert_eq!(found, ["apt", "usr-is-merged", "zz-last"], "{form}");
    }
}

#[test]
fn aptly_mirrors_every_package() {
    for form in FORMS {
        let repo = repository(form);
        let server = FileServer::start(&repo.store());
        let here = tempfile::tempdir().unwrap();
        let settings = format!(r#"{{"rootDir": "{}"}}"#, here.path().display());
        fs::write(here.path().join("aptly.conf"), settings).unwrap();
        let keyring = format!("-keyring={}", keyring(here.path()));
        mirror(&here, &["create", &keyring, "ours", &server.url(), "bookworm", "main"]);
        mirror(&here, &["update", &keyring, "ours"]);
        let shown = mirror(&here, &["show", "-with-packages", "ours"]);
        let packages = shown.lines().filter(|line| line.starts_with("  "));
        assert_eq!(packages.count(), 203, "{form}: {shown}");
    }
}

/// Runs `aptly mirror` in a directory.
fn mirror(here: &TempDir, arguments: &[&str]) -> String {
    let mut command = Command::new("aptly");
    command.arg(format!("-config={}", here.path().join("aptly.conf").display()));
    // Its gpgv wants a home, whatever the keyring.
    command.arg("mirror").args(arguments).env("GNUPGHOME", here.path());
    Run::of(&mut command).ok().stdout
}

#[test]
fn reprepro_updates_itself_from_every_package() {
    for form in FORMS {
        let repo = repository(form);
        let server = FileServer::start(&repo.store());
        let here = tempfile::tempdir().unwrap();
        let reprepro = |arguments: &[&str]| {
            let mut command = Command::new("reprepro");
            command.arg("--basedir").arg(here.path()).args(arguments);
            Run::of(command.env("GNUPGHOME", here.path())).ok().stdout
        };
        let mut import = Command::new("gpg");
        import.arg("--homedir").arg(here.path()).args(["--batch", "--import"]);
        let key = TestKey::shared();
        Run::with_input(&mut import, &key.public).ok();
        fs::create_dir(here.path().join("conf")).unwrap();
        let conf = |name: &str, text: String| {
            fs::write(here.path().join("conf").join(name), text).unwrap();
        };
        conf(
            "distributions",
            "Codename: bookworm\nComponents: main\nArchitectures: amd64\nUpdate: ours\n".to_owned(),
        );
        let key = &key.fingerprint[key.fingerprint.len() - 16..];
        let url = server.url();
        conf(
            "updates",
            format!("Name: ours\nMethod: {url}\nSuite: bookworm\nVerifyRelease: {key}\n"),
        );
        reprepro(&["update"]);
        assert_eq!(reprepro(&["list", "bookworm"]).lines().count(), 203, "{form}");
    }
}
