//! One version, two contents: refused, blocked, or left alone.

use crate::support::{Deb, Manifest, TestRepo, tree};

#[test]
fn other_bytes_for_a_published_version_need_a_line_with_a_reason() {
    let repo = TestRepo::new();
    let widget = Deb::new("widget", "1.0-1", "amd64");
    repo.build(&widget);
    repo.apply();
    let before = tree::stamps(&repo.store());
    let old = repo.pool();
    repo.build(&widget.content("built again\n"));
    repo.build(&Deb::new("other", "1", "amd64"));
    let danger = "content-changed:bookworm/main/amd64/widget@1.0-1";
    let run = repo.repoman(["apply", "--yes"]).exits(3);
    run.says([
        "~ widget",
        "+ SHA256:",
        danger,
        "equal versions are no upgrade",
        "a higher version",
    ]);
    assert_eq!(tree::stamps(&repo.store()), before);

    let allow = format!("[allow]\n\"{danger}\" = \"a build without debug symbols, #7\"\n");
    repo.write_manifest(&format!("{}\n{allow}", Manifest::default().to_text()));
    repo.apply().says(["Accepted", danger, "1 to change"]);
    repo.repoman(["log", "-n", "1"]).ok().says(["~ main: widget 1.0-1 amd64"]);
    let index = repo.index("bookworm/main/binary-amd64");
    assert!(!index.contains(&old[0]), "{index}");
    assert!(repo.pool().contains(&old[0]), "clients may still come for it");
    repo.repoman(["plan", "--exit-code"]).ok().says(["No changes", "does nothing any more"]);
    repo.repoman(["drift"]).ok();
    repo.age(24 * 8);
    repo.repoman(["gc", "--yes"]).ok();
    assert!(!repo.pool().contains(&old[0]), "it was given up like any other");
}

#[test]
fn a_source_may_give_way_to_what_is_published() {
    let manifest = Manifest::default();
    let sources = format!("{}\non_conflict = \"keep\"", manifest.sources);
    let repo = TestRepo::with(&Manifest { sources, ..manifest });
    let widget = Deb::new("widget", "1.0-1", "amd64");
    repo.build(&widget);
    repo.apply();
    repo.build(&widget.content("built again\n"));
    let plan = repo.repoman(["plan", "--exit-code"]).ok();
    plan.says(["note: source.build has other content for `widget 1.0-1 amd64` than bookworm"]);
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
