//! One version, two contents: refused, as clients would fetch one under the hash of the other.

use crate::support::{Deb, Manifest, TestRepo, tree};

#[test]
fn other_bytes_for_a_published_version_are_refused() {
    let repo = TestRepo::new();
    let widget = Deb::new("widget", "1.0-1", "amd64");
    repo.build(&widget);
    repo.apply();
    let before = tree::stamps(&repo.store());
    repo.build(&widget.content("built again\n"));
    repo.build(&Deb::new("other", "1", "amd64"));
    let run = repo.repoman(["apply", "--yes"]).exits(1);
    run.says(["error[RM3003]", "widget 1.0-1 amd64", "dist/widget_1.0-1_amd64.deb", "Nothing was"]);
    assert_eq!(tree::stamps(&repo.store()), before);
}

#[test]
fn two_sources_with_different_bytes_are_both_named() {
    let sources = "[source.one]\npath = \"one/*.deb\"\nto = \"bookworm/main\"\n\
                   [source.two]\npath = \"two/*.deb\"\nto = \"bookworm/main\"";
    let repo = TestRepo::with(&Manifest { sources: sources.to_owned(), ..Manifest::default() });
    let widget = Deb::new("widget", "1.0-1", "amd64");
    widget.write_to(&repo.path("one"));
    widget.content("another\n").write_to(&repo.path("two"));
    let run = repo.repoman(["plan"]).exits(1);
    let run =
        run.says(["error[RM3002]", "one/widget_1.0-1_amd64.deb", "two/widget_1.0-1_amd64.deb"]);
    let run = run.says(["- SHA256: ", "+ SHA256: "]);
    assert!(!run.said("Filename: "), "where they would lie is no difference: {run}");
}

#[test]
fn equal_bytes_from_two_sources_are_one_package() {
    let sources = "[source.one]\npath = \"one/*.deb\"\nto = \"bookworm/main\"\n\
                   [source.two]\npath = \"two/*.deb\"\nto = \"bookworm/main\"";
    let repo = TestRepo::with(&Manifest { sources: sources.to_owned(), ..Manifest::default() });
    for directory in ["one", "two"] {
        Deb::new("widget", "1.0-1", "amd64").write_to(&repo.path(directory));
    }
    repo.apply().says(["source.one source.two", "1 package (1 file) to add"]);
}

#[test]
fn another_build_of_one_version_may_be_in_another_distribution() {
    let distributions = ["bookworm", "trixie"].map(|codename| {
        format!("[distribution.{codename}]\ncomponents = [\"main\"]\narchitectures = [\"amd64\"]\n")
    });
    let sources =
        "[source.build]\npath = \"dist/{distribution}/*.deb\"\nto = \"*/main\"".to_owned();
    let manifest =
        Manifest { distributions: distributions.concat(), sources, ..Manifest::default() };
    let repo = TestRepo::with(&manifest);
    for codename in ["bookworm", "trixie"] {
        let widget = Deb::new("widget", "1.0-1", "amd64").content(codename);
        widget.write_to(&repo.path("dist").join(codename));
    }
    repo.apply().says(["note:", "widget 1.0-1 amd64", "bookworm and trixie"]);
    assert_eq!(tree::files(&repo.store().join("pool")).len(), 2);
}
