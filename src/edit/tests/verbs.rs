//! What each verb makes of a manifest, as the lines that come and go.

use similar::{ChangeTag, TextDiff};

use crate::edit::*;

const MANIFEST: &str = r#"format = 1

# ── what clients choose from ──

[distribution.bookworm]
components    = ["main", "nightly"]
architectures = ["amd64"]

# the next stable
[distribution.trixie]
components    = ["main"]
architectures = ["amd64"]

[signing]
keys = ["a"]

[signing.key.a]
fingerprint = "A"
secret      = "agent:"

[source.widget]                # ours
path = "dist/*.deb"
to   = ["bookworm/main", "trixie/main"]

[source.up]
distribution = "trixie/main"
to           = "bookworm/main"

[source.up.packages]
widget = "1.0"                 # #412

[yank.widget]
"1.4.1-1" = "breaks, #412"
"<< 1.0"  = "old"
"#;

/// Returns the lines that differ, each with its sign.
fn difference(before: &str, after: &str) -> String {
    let diff = TextDiff::from_lines(before, after);
    let changes = diff.iter_all_changes().filter_map(|change| match change.tag() {
        ChangeTag::Equal => None,
        ChangeTag::Delete => Some(format!("-{}", change.value())),
        ChangeTag::Insert => Some(format!("+{}", change.value())),
    });
    changes.collect()
}

#[track_caller]
fn gives(after: Result<String, EditError>, expected: &str) {
    assert_eq!(difference(MANIFEST, &after.unwrap()), expected);
}

#[track_caller]
fn fails(after: Result<String, EditError>, message: &str) {
    assert_eq!(after.unwrap_err().to_string(), message);
}

fn exception(kind: ExceptionKind, package: &str, versions: &str, reason: &str) -> Exception {
    let [package, versions, reason] = [package, versions, reason].map(str::to_owned);
    Exception { kind, package, versions, reason, from: None }
}

use ExceptionKind::{Keep, Yank};

#[test]
fn a_yank_is_one_line() {
    gives(
        except(MANIFEST, &exception(Yank, "widget", "2.0", "leaks \"keys\"")),
        "+\"2.0\"     = 'leaks \"keys\"'\n",
    );
    let from = Some("trixie".to_owned());
    gives(
        except(MANIFEST, &Exception { from, ..exception(Yank, "widget", ">=2,<<3", "why") }),
        "+\">= 2, << 3\" = { reason = \"why\", from = \"trixie\" }\n",
    );
    gives(
        except(MANIFEST, &exception(Yank, "python3.11", "1.0", "why")),
        "+\n+[yank.\"python3.11\"]\n+\"1.0\" = \"why\"\n",
    );
    gives(
        except(MANIFEST, &exception(Keep, "widget", "1.0.*", "LTS")),
        "+\n+[keep.widget]\n+\"1.0.*\" = \"LTS\"\n",
    );
}

#[test]
fn what_is_yanked_already_is_left_alone() {
    gives(except(MANIFEST, &exception(Yank, "widget", "<<1.0", "old")), "");
    fails(
        except(MANIFEST, &exception(Yank, "widget", "<<1.0", "new")),
        "yank of widget << 1.0 is there already",
    );
}

#[test]
fn the_last_exception_takes_its_table_along() {
    gives(remove_exception(MANIFEST, Yank, "widget", "<<1.0"), "-\"<< 1.0\"  = \"old\"\n");
    let one = remove_exception(MANIFEST, Yank, "widget", "<< 1.0").unwrap();
    let none = remove_exception(&one, Yank, "widget", "= 1.4.1-1").unwrap();
    assert!(!none.contains("yank") && none.ends_with("# #412\n"), "{none}");
    fails(remove_exception(MANIFEST, Keep, "widget", "1.0"), "there is no keep of widget 1.0");
    let near = |result: Result<String, EditError>| match result {
        Err(EditError::Missing { near, .. }) => near,
        other => panic!("{other:?}"),
    };
    let of = |package, versions| near(remove_exception(MANIFEST, Yank, package, versions));
    assert_eq!(of("widget", "1.4.1"), Some("widget 1.4.1-1".to_owned()));
    assert_eq!(of("widgit", "1.0"), Some("widget".to_owned()));
    assert_eq!(of("gadget-tools", "1.0"), None);
}

fn promotion(package: &str, route: Route) -> Promotion {
    Promotion { package: package.to_owned(), versions: "<= 2".to_owned(), route, soak: None }
}

fn between(from: &str, to: &str) -> Route {
    let end = |end: &str| (!end.is_empty()).then(|| end.to_owned());
    Route::Between { from: end(from), to: end(to) }
}

fn only() -> Route {
    between("", "")
}

#[test]
fn a_promotion_is_one_line() {
    let changed = "-widget = \"1.0\"                 # #412\n\
                   +widget = \"<= 2\"                # #412\n";
    gives(promote(MANIFEST, &promotion("widget", only())), changed);
    gives(
        promote(MANIFEST, &promotion("widget", between("trixie/main", "bookworm/main"))),
        changed,
    );
    gives(
        promote(MANIFEST, &promotion("a", Route::Source("up".to_owned()))),
        "+a      = \"<= 2\"\n",
    );
    let soak = Some("7d".to_owned());
    gives(
        promote(MANIFEST, &Promotion { soak, ..promotion("a", only()) }),
        "+soak         = \"7d\"\n+a      = \"<= 2\"\n",
    );
}

#[test]
fn one_end_is_enough_where_it_tells_which_source_is_meant() {
    let two = format!(
        "{MANIFEST}\n[source.on]\ndistribution = \"bookworm/main\"\nto = \"sid/main\"\n\n[source.on.packages]\ngadget = \"1\"\n"
    );
    for route in [between("", "sid/main"), between("", "sid"), between("bookworm", "")] {
        let after = promote(&two, &promotion("gadget", route)).unwrap();
        assert_eq!(after, two.replace("gadget = \"1\"", "gadget = \"<= 2\""));
    }
    fails(promote(&two, &promotion("gadget", only())), "sources up and on promote");
    fails(promote(&two, &promotion("gadget", between("", "trixie"))), "sources up and on promote");
}

#[test]
fn a_new_route_makes_a_source() {
    let route = between("bookworm/nightly", "bookworm/main");
    let after = promote(MANIFEST, &promotion("widget", route.clone()));
    gives(
        after,
        "+[source.to-bookworm]\n+distribution = \"bookworm/nightly\"\n+to           = \
         \"bookworm/main\"\n+\n+[source.to-bookworm.packages]\n+widget = \"<= 2\"\n+\n",
    );
    let taken = MANIFEST.replace("source.widget", "source.to-bookworm");
    let after = promote(&taken, &promotion("widget", route)).unwrap();
    assert!(after.contains("[source.to-bookworm-main]"), "{after}");
}

#[test]
fn a_promotion_needs_a_source_that_promotes() {
    let none = MANIFEST.replace("distribution = ", "path = ");
    fails(promote(&none, &promotion("widget", only())), "no source promotes yet");
    let two = format!("{MANIFEST}\n[source.other]\ndistribution = 'x/y'\nto = 'z/y'\n");
    fails(promote(&two, &promotion("widget", only())), "sources up and other promote");
    let of = |name: &str| promotion("widget", Route::Source(name.to_owned()));
    fails(promote(MANIFEST, &of("upp")), "there is no source upp");
    fails(
        promote(MANIFEST, &of("widget")),
        "source widget does not promote: it has no `distribution`",
    );
    fails(promote(&two, &of("other")), "`packages` of source other names no versions");
}

#[test]
fn sources_come_and_go_whole() {
    let source = NewSource {
        name: "gadget".to_owned(),
        path: "out/*.deb".to_owned(),
        to: vec!["bookworm/main".to_owned()],
        architectures: vec!["amd64".to_owned()],
        ..NewSource::default()
    };
    gives(
        add_source(MANIFEST, &source),
        "+[source.gadget]\n+path          = \"out/*.deb\"\n+to            = \"bookworm/main\"\n\
         +architectures = [\"amd64\"]\n+\n",
    );
    fails(
        add_source(MANIFEST, &NewSource { name: "up".to_owned(), ..source }),
        "source up is there already",
    );
    gives(
        remove_source(MANIFEST, "up"),
        "-[source.up]\n-distribution = \"trixie/main\"\n-to           = \"bookworm/main\"\n-\n\
         -[source.up.packages]\n-widget = \"1.0\"                 # #412\n-\n",
    );
    fails(remove_source(MANIFEST, "wiget"), "there is no source wiget");
}

#[test]
fn a_new_distribution_stands_behind_the_others() {
    let new = NewDistribution {
        codename: "bookworm/updates".to_owned(),
        suite: Some("stable-updates".to_owned()),
        components: vec!["main".to_owned()],
        architectures: vec!["amd64".to_owned(), "arm64".to_owned()],
        ..NewDistribution::default()
    };
    let after = add_distribution(MANIFEST, &new).unwrap();
    let lines = "+[distribution.\"bookworm/updates\"]\n+suite         = \"stable-updates\"\n\
                 +components    = [\"main\"]\n+architectures = [\"amd64\", \"arm64\"]\n+\n";
    assert_eq!(difference(MANIFEST, &after), lines);
    assert!(after.find("updates\"]") < after.find("[signing]"), "{after}");
    fails(add_distribution(&after, &new), "distribution bookworm/updates is there already");
}

#[test]
fn a_removed_distribution_leaves_its_reason() {
    let other = MANIFEST.replace("\"trixie/main\"\nto ", "\"bookworm/nightly\"\nto ");
    let after = remove_distribution(&other, "trixie", "EOL").unwrap();
    assert_eq!(
        difference(&other, &after),
        "-# the next stable\n-[distribution.trixie]\n-components    = [\"main\"]\n\
         -architectures = [\"amd64\"]\n-\n-to   = [\"bookworm/main\", \"trixie/main\"]\n\
         +to   = [\"bookworm/main\"]\n+\n+[removed]\n+trixie = \"EOL\"\n",
    );
    fails(remove_distribution(MANIFEST, "trixi", "EOL"), "there is no distribution trixi");
    fails(
        remove_distribution(MANIFEST, "trixie", "EOL"),
        "trixie is all that there is to source up",
    );
    let first = remove_distribution(&other, "bookworm", "EOL");
    fails(first, "bookworm is all that there is to source up");
}

#[test]
fn a_key_stands_in_two_places() {
    let new = NewKey {
        name: "b".to_owned(),
        fingerprint: "B".to_owned(),
        secret: "env:B".to_owned(),
        passphrase: None,
    };
    let after = add_key(MANIFEST, &new).unwrap();
    assert_eq!(
        difference(MANIFEST, &after),
        "-keys = [\"a\"]\n+keys = [\"a\", \"b\"]\n+[signing.key.b]\n+fingerprint = \"B\"\n\
         +secret      = \"env:B\"\n+\n",
    );
    assert_eq!(remove_key(&after, "b").unwrap(), MANIFEST);
    assert!(remove_key(&after, "a").unwrap().contains("keys = [\"b\"]\n\n[signing.key.b]\n"));
    fails(remove_key(MANIFEST, "bb"), "there is no signing key bb");
    let lines = MANIFEST.replace("[\"a\"]", "[\n  \"a\", # first\n]");
    let after = add_key(&lines, &new).unwrap();
    assert!(after.contains("keys = [\n  \"a\", # first\n  \"b\",\n]"), "{after}");
}

#[test]
fn windows_line_ends_stay() {
    let windows = MANIFEST.replace('\n', "\r\n");
    let after = except(&windows, &exception(Yank, "widget", "2.0", "why")).unwrap();
    assert_eq!(after.replace("\r\n", "\n").lines().count(), MANIFEST.lines().count() + 1);
    assert!(!after.replace("\r\n", "").contains('\n'));
}
