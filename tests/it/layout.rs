//! What lies where in a published repository, as clients look for it.

use std::fs;

use repoman::apt::release::Release;
use repoman::digest::Sha256;

use crate::support::{AptClient, Deb, FileServer, Manifest, TestKey, TestRepo, Trust};

const DISTRIBUTIONS: &str = r#"
[distribution.bookworm]
suite         = "stable"
components    = ["main", "extra"]
architectures = ["amd64", "arm64"]

[distribution.trixie]
suite         = "testing"
components    = ["main"]
architectures = ["amd64", "riscv64"]
compression   = ["xz", "gz", "zst", "none"]
"#;

const SOURCES: &str = r#"
[source.everywhere]
path = "all/*.deb"
to   = "*/main"

[source.routed]
path = "routed/{distribution}/{component}/*_{arch}.deb"
to   = ["bookworm/main", "bookworm/extra", "trixie/main"]
"#;

/// Creates two distributions with packages that belong to one, or to both.
fn published() -> TestRepo {
    let manifest = Manifest {
        distributions: DISTRIBUTIONS.to_owned(),
        sources: SOURCES.to_owned(),
        ..Manifest::default()
    };
    let repo = TestRepo::with(&manifest);
    Deb::new("shared", "1.0", "all").write_to(&repo.path("all"));
    let routed = |place: &str, deb: Deb| deb.write_to(&repo.path("routed").join(place));
    routed("bookworm/main", Deb::new("widget", "1.0+deb12", "amd64"));
    routed("bookworm/extra", Deb::new("gadget", "1:2.0~rc1", "arm64"));
    routed("trixie/main", Deb::new("widget", "1.0+deb13", "riscv64"));
    repo.apply();
    repo
}

fn packages(repo: &TestRepo, directory: &str) -> Vec<String> {
    let text = repo.index(directory);
    let names = text.lines().filter_map(|line| line.strip_prefix("Package: "));
    names.map(str::to_owned).collect()
}

#[test]
fn packages_are_listed_where_their_source_puts_them_and_all_is_everywhere() {
    let repo = published();
    assert_eq!(packages(&repo, "bookworm/main/binary-amd64"), ["shared", "widget"]);
    assert_eq!(packages(&repo, "bookworm/main/binary-arm64"), ["shared"]);
    assert_eq!(packages(&repo, "bookworm/extra/binary-amd64"), [""; 0]);
    assert_eq!(packages(&repo, "bookworm/extra/binary-arm64"), ["gadget"]);
    assert_eq!(packages(&repo, "trixie/main/binary-amd64"), ["shared"]);
    assert_eq!(packages(&repo, "trixie/main/binary-riscv64"), ["shared", "widget"]);
    assert!(!repo.store().join("dists/bookworm/main/binary-all").exists());
    repo.repoman(["plan", "--exit-code"]).ok();
}

#[test]
fn release_files_name_every_index_and_the_index_is_there_under_its_hash() {
    let repo = published();
    for (codename, indices, extensions) in
        [("bookworm", 4, &["gz", "xz"][..]), ("trixie", 2, &["gz", "xz", "zst"][..])]
    {
        let dists = repo.store().join("dists").join(codename);
        let text = fs::read_to_string(dists.join("Release")).unwrap();
        assert!(text.contains("\nAcquire-By-Hash: yes\n"), "{text}");
        let release = Release::parse(&text).unwrap();
        let named: Vec<_> = release.files.iter().filter(|f| f.path.contains("/binary-")).collect();
        assert_eq!(named.len(), indices * (1 + extensions.len()), "{text}");
        let plain = named.iter().filter(|file| file.path.ends_with("/Packages")).count();
        assert_eq!(plain, indices, "Packages is listed uncompressed: {text}");
        for file in &release.files {
            let path = dists.join(&file.path);
            let by_hash =
                path.with_file_name("by-hash").join("SHA256").join(file.sha256.to_string());
            let is_published = path.extension().is_some_and(|x| extensions.iter().any(|e| *e == x));
            if is_published && file.path.contains("/binary-") {
                assert_eq!(fs::read(&path).unwrap(), fs::read(&by_hash).unwrap());
            }
            if is_published || codename == "trixie" && file.path.ends_with("/Packages") {
                let bytes = fs::read(&by_hash).unwrap();
                assert_eq!(Sha256::of(&bytes), file.sha256);
                assert_eq!(bytes.len() as u64, file.size);
            }
        }
    }
}

#[test]
fn apt_finds_suites_components_and_awkward_versions() {
    let repo = published();
    let server = FileServer::start(&repo.store());
    let trust = Trust::Key(&TestKey::shared().public);
    for suite in ["bookworm", "trixie"] {
        let components = if suite == "bookworm" { "main extra" } else { "main" };
        let client = AptClient::of(&server.url(), suite, components, trust);
        client.update();
        assert_eq!(client.candidate("shared").as_deref(), Some("1.0"), "{suite}");
    }
    let client = AptClient::of(&server.url(), "bookworm", "main extra", trust);
    client.update();
    assert_eq!(client.candidate("gadget:arm64").as_deref(), Some("1:2.0~rc1"));
    client.apt_get(["install", "widget", "gadget:arm64"]).ok();
    let names = server.requests().into_iter().filter(|request| request.contains("/pool/"));
    let names: Vec<_> = names.collect();
    assert_eq!(names.len(), 2);
    assert!(names.iter().all(|name| !name.contains(['+', '~', ':'])), "{names:?}");
}

#[test]
fn fields_that_a_package_smuggles_in_do_not_reach_the_index() {
    let repo = TestRepo::new();
    let widget = Deb::new("widget", "1.0", "amd64");
    let widget = widget.field("filename", "../../etc/passwd").field("SHA256", &"0".repeat(64));
    let file = repo.build(&widget.field("Size", "1").field("Homepage", "https://example.org"));
    repo.apply();
    let text = repo.index("bookworm/main/binary-amd64");
    let bytes = fs::read(file).unwrap();
    assert!(!text.contains("passwd") && !text.contains("0000000000"), "{text}");
    assert!(text.contains(&format!("\nSize: {}\n", bytes.len())), "{text}");
    assert!(text.contains(&format!("\nSHA256: {}\n", Sha256::of(&bytes))), "{text}");
    assert!(text.contains("\nHomepage: https://example.org\n"), "{text}");
    assert_eq!(text.to_lowercase().matches("\nfilename: ").count(), 1);
}
