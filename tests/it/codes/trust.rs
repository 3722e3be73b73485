//! Keys, signatures, and repositories of others.

use std::fs;

use super::{Scenario, published, scenario, unpublished};
use crate::push::{SERVICES, push, service};
use crate::support::{Deb, Manifest, TestRepo};

const IN_RELEASE: &str = "dists/bookworm/InRelease";

pub const SCENARIOS: &[Scenario] = &[
    scenario("RM5001", 1, || with_secret("env:NO_SUCH_VARIABLE")),
    scenario("RM5002", 1, || with_secret("file:no-such-file")),
    scenario("RM5003", 1, || {
        let repo = unpublished().env("TEST_SIGNING_KEY", "no key at all");
        repo.repoman(["apply", "--yes"])
    }),
    scenario("RM5004", 1, || {
        let signing = "keys = []".to_owned();
        let repo = TestRepo::with(&Manifest { signing, ..Manifest::default() });
        repo.repoman(["keys", "export"])
    }),
    scenario("RM5005", 1, || {
        let repo = published();
        fs::remove_file(repo.store().join("acme-apt.asc")).unwrap();
        repo.repoman(["plan"])
    }),
    scenario("RM5006", 1, || {
        let repo = published();
        let changed = repo.published(IN_RELEASE).replace("Origin: Acme", "Origin: Acmf");
        fs::write(repo.store().join(IN_RELEASE), changed).unwrap();
        repo.repoman(["plan"])
    }),
    scenario("RM5007", 1, || {
        let (sources, signing) = (SERVICES.to_owned(), "keys = []".to_owned());
        let repo = TestRepo::with(&Manifest { sources, signing, ..Manifest::default() });
        repo.apply();
        let service = service();
        let deb = service.build(&Deb::new("acme-api", "1.0", "amd64"));
        push(&service, &format!("file://{}", repo.store().display()), &[deb])
    }),
    scenario("RM7001", 3, || {
        let repo = published();
        repo.write_manifest(&Manifest::default().to_text().replace("\"Acme\"", "\"Acme Inc\""));
        repo.repoman(["plan"])
    }),
    scenario("RM7002", 3, || {
        let repo = unpublished();
        fs::create_dir_all(repo.store().join("dists/bookworm")).unwrap();
        fs::write(repo.store().join(IN_RELEASE), "Origin: Other\nSuite: stable\n").unwrap();
        repo.repoman(["plan"])
    }),
    scenario("RM7003", 3, || {
        let repo = published();
        repo.write_manifest(&Manifest::default().to_text().replace("acme-apt", "other-apt"));
        repo.repoman(["plan"])
    }),
];

/// Applies with a secret key that is to be found there.
fn with_secret(place: &str) -> crate::support::Run {
    let signing = Manifest::default().signing.replace("env:TEST_SIGNING_KEY", place);
    TestRepo::with(&Manifest { signing, ..Manifest::default() }).repoman(["apply", "--yes"])
}

#[test]
fn what_is_not_to_be_trusted_has_its_code() {
    super::play(SCENARIOS);
}
