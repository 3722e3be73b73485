//! Sources, packages and edits that are refused.

use std::fs;
use std::os::unix::fs::symlink;

use super::{Scenario, published, scenario, unpublished};
use crate::push::{SERVICES, push, service};
use crate::support::{Deb, Manifest, Run, TestRepo};

pub const SCENARIOS: &[Scenario] = &[
    scenario("RM2001", 1, || {
        let repo = unpublished();
        fs::remove_file(repo.path("dist/widget_1.0_amd64.deb")).unwrap();
        repo.repoman(["plan"])
    }),
    scenario("RM2002", 1, || TestRepo::new().repoman(["plan", "--require-sources"])),
    scenario("RM2004", 1, || {
        let repo = unpublished();
        // Directories of any depth, of which one is its own child.
        let sources = Manifest::default().sources.replace("dist/", "dist/**/");
        repo.write_manifest(&Manifest { sources, ..Manifest::default() }.to_text());
        symlink(".", repo.path("dist/loop")).unwrap();
        repo.repoman(["plan"])
    }),
    scenario("RM2005", 1, || {
        let repo = unpublished();
        repo.build(&Deb::new("widget", "1.0", "riscv64"));
        repo.repoman(["plan"])
    }),
    scenario("RM2006", 1, || {
        let sources = Manifest::default().sources.replace("dist/", "../dist/");
        TestRepo::with(&Manifest { sources, ..Manifest::default() }).repoman(["plan"])
    }),
    scenario("RM2007", 1, || pushed(&published(), &Deb::new("widget", "2.0", "amd64"))),
    scenario("RM2008", 1, || pushed(&owner(SERVICES), &Deb::new("widget", "1.0", "amd64"))),
    scenario("RM2009", 1, || {
        let both = format!("{SERVICES}\n{}", SERVICES.replace("services", "others"));
        pushed(&owner(&both), &Deb::new("acme-api", "1.0", "amd64"))
    }),
    scenario("RM2010", 1, || {
        let yanked = format!("{SERVICES}\n[yank.acme-api]\n\"1.0\" = \"bad\"");
        pushed(&owner(&yanked), &Deb::new("acme-api", "1.0", "amd64"))
    }),
    scenario("RM2011", 1, || {
        let sources = "[source.up]\ndistribution = \"bookworm/main\"\nto = \"bookworm/stable\"\n\
                       mode = \"mirror\"";
        let distributions =
            Manifest::default().distributions.replace("[\"main\"]", "[\"main\", \"stable\"]");
        TestRepo::with(&Manifest {
            sources: sources.to_owned(),
            distributions,
            ..Manifest::default()
        })
        .repoman(["plan"])
    }),
    scenario("RM2012", 1, || {
        let repo = circle();
        let build = |place: &str, name: &str, version: &str, depends: &str| {
            let deb = Deb::new(name, version, "amd64").field("Depends", depends);
            deb.write_to(&repo.path("out").join(place));
        };
        // While widget 2 is not in stable, widget 1 stays, and library 1 for it; while that is promoted,
        // widget 2 stays for it, and is promoted.
        build("stable/main", "widget", "1", "library (= 1)");
        build("stable/extra", "library", "1", "widget (= 2)");
        build("stable/extra", "library", "2", "base");
        build("testing/main", "widget", "2", "base");
        build("testing/main", "widget", "3", "base");
        repo.repoman(["plan"])
    }),
    scenario("RM2020", 64, || unpublished().repoman(["plan", "--input", "biuld=x/*.deb"])),
    scenario("RM3001", 1, || {
        let repo = unpublished();
        fs::write(repo.path("dist/page.deb"), "<html>404</html>").unwrap();
        repo.repoman(["plan"])
    }),
    scenario("RM3002", 1, || {
        let repo = unpublished();
        let again = Deb::new("widget", "1.0", "amd64").content("built again").to_bytes();
        fs::write(repo.path("dist/again.deb"), again).unwrap();
        repo.repoman(["plan"])
    }),
    scenario("RM3003", 1, || {
        let repo = owner(SERVICES);
        let deb = Deb::new("acme-api", "1.0", "amd64");
        pushed(&repo, &deb).ok();
        pushed(&repo, &deb.content("built again"))
    }),
    scenario("RM1060", 1, || unpublished().repoman(["plan", "--base", "no-such-branch"])),
    scenario("RM1101", 1, || TestRepo::new().repoman(["remove", "source", "biuld"])),
    scenario("RM1102", 1, || {
        let add = ["add", "source", "build", "--path", "x/*.deb", "--to", "bookworm/main"];
        TestRepo::new().repoman(add)
    }),
    scenario("RM1103", 1, || {
        TestRepo::new().repoman(["remove", "distribution", "bookworm", "--reason", "x"])
    }),
    scenario("RM1104", 1, || TestRepo::new().repoman(["promote", "widget", "1.0"])),
    scenario("RM1106", 1, || TestRepo::new().repoman(["fmt", "--check"])),
];

/// Returns a repository whose promotions depend on each other once there are such packages.
fn circle() -> TestRepo {
    let distribution = |codename: &str| {
        format!(
            "[distribution.{codename}]\ncomponents = [\"main\", \"extra\"]\n\
             architectures = [\"amd64\"]\nretain.versions = 1\n"
        )
    };
    let sources = "[source.built]\npath = \"out/{distribution}/{component}/*.deb\"\n\
                   to = [\"*/main\", \"stable/extra\"]\n\
                   [source.up]\ndistribution = \"testing/main\"\nto = \"stable/main\"\n\
                   packages = { widget = \"2\" }\n\
                   [source.over]\ndistribution = \"stable/extra\"\nto = \"testing/extra\"\n\
                   packages = { library = \"1\" }\nmode = \"mirror\"\nallow_empty = true";
    TestRepo::with(&Manifest {
        distributions: distribution("stable") + &distribution("testing"),
        sources: sources.to_owned(),
        ..Manifest::default()
    })
}

/// Returns a published repository of these sources.
fn owner(sources: &str) -> TestRepo {
    let repo = TestRepo::with(&Manifest { sources: sources.to_owned(), ..Manifest::default() });
    repo.apply();
    repo
}

/// Pushes a package from a service.
fn pushed(repo: &TestRepo, deb: &Deb) -> Run {
    let service = service();
    push(&service, &format!("file://{}", repo.store().display()), &[service.build(deb)])
}

#[test]
fn what_sources_and_edits_do_wrong_has_its_code() {
    super::play(SCENARIOS);
}
