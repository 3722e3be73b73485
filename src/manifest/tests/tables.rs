//! The tables beside sources: what they mean.

use super::*;
use crate::time::Span;

/// Parses the smallest manifest with more at its end, whether plans know that or not.
fn parsed(addition: &str) -> Parsed {
    parse_for(&format!("{SMALLEST}{addition}"), None).unwrap_or_else(|found| panic!("{found:#?}"))
}

#[test]
fn limits_have_defaults_of_their_own() {
    let limits = |addition: &str| parsed(addition).manifest.limits;
    assert_eq!(limits(""), Limits { remove_percent: 20, remove_at_least: 10 });
    let some = limits("[limits]\nremove_percent = 5\n");
    assert_eq!(some, Limits { remove_percent: 5, remove_at_least: 10 });
    let most = limits("[limits]\nremove_percent = 100\nremove_at_least = 0x10\n");
    assert_eq!(most, Limits { remove_percent: 100, remove_at_least: 16 });
}

const EXCEPTIONS: &str = r#"[yank.widget]
"1.4.1-1" = "corrupts config on upgrade, #412"
"<< 1.0"  = "unsupported since 2026-01"

[yank.libacme1]
"2.9-1" = { reason = "only broken on trixie, #398", from = "bookworm" }
"2.8-1" = { reason = "broken", from = "bookworm/main" }

[yank."python3.11"]
"*"     = "replaced by python3.12"

[keep.widget]
"1.0.*" = "LTS customers until 2027-06"
"#;

#[test]
fn exceptions_are_found_by_package_version_and_place() {
    let Manifest { yank, keep, .. } = parsed(EXCEPTIONS).manifest;
    let first = SMALLEST.lines().count() + 1;
    let find = |exceptions: &Exceptions, place: &str, package: &str, version: &str| {
        let (codename, component) = place.split_once('/').unwrap();
        let (codename, component) = (codename.parse().unwrap(), component.parse().unwrap());
        let (package, version) = (package.parse().unwrap(), version.parse().unwrap());
        exceptions
            .find(&codename, &component, &package, &version)
            .map(|found| (found.reason.line - first, found.reason.text.clone()))
    };
    let yanked =
        |place, package, version| find(&yank, place, package, version).map(|(line, _)| line);
    let text = "corrupts config on upgrade, #412".to_owned();
    assert_eq!(find(&yank, "bookworm/main", "widget", "1.4.1-1"), Some((1, text)));
    assert_eq!(yanked("bookworm/main", "widget", "0.9"), Some(2));
    assert_eq!(yanked("bookworm/main", "widget", "1.4.1"), None);
    assert_eq!(yanked("bookworm/main", "gadget", "1.4.1-1"), None);
    assert_eq!(yanked("bookworm/extra", "libacme1", "2.9-1"), Some(5));
    assert_eq!(yanked("trixie/main", "libacme1", "2.9-1"), None);
    assert_eq!(yanked("bookworm/main", "libacme1", "2.8-1"), Some(6));
    assert_eq!(yanked("bookworm/extra", "libacme1", "2.8-1"), None);
    assert_eq!(yanked("any/any", "python3.11", "3.11.2-6"), Some(9));
    let text = "LTS customers until 2027-06".to_owned();
    assert_eq!(find(&keep, "any/any", "widget", "1.0.7-1"), Some((12, text)));
    let lines: Vec<_> = yank.iter().map(|(_, exception)| exception.reason.line - first).collect();
    assert_eq!(lines, [5, 6, 9, 1, 2], "by package, then by line");
    let areas = yank.iter().filter_map(|(_, exception)| exception.from.as_ref());
    assert_eq!(areas.map(Area::to_string).collect::<Vec<_>>(), ["bookworm", "bookworm/main"]);
}

#[test]
fn what_is_yanked_in_one_place_may_be_kept_in_another() {
    let other = "[distribution.trixie]\ncomponents = [\"main\"]\narchitectures = [\"amd64\"]\n";
    let lines = "[yank.widget]\n\"1.0\" = { reason = \"x\", from = \"trixie\" }\n\
                 [keep.widget]\n\"1.0\" = { reason = \"y\", from = \"bookworm/main\" }\n";
    let manifest = parsed(&format!("{other}{lines}")).manifest;
    assert_eq!((manifest.yank.iter().count(), manifest.keep.iter().count()), (1, 1));
}

const POLICIES: &str = r#"[retain]
versions    = 5
newer_than  = "90d"
grace       = "14d"
purge_after = "3d"

[distribution.bookworm.component.main.retain]
versions = 3

[distribution.trixie]
components    = ["main", "updates/main"]
architectures = ["amd64"]
retain        = { newer_than = "7d" }

[distribution.trixie.component."updates/main".retain]
grace = "1h"

[retain.package."linux-*"]
versions = 2

[retain.package."linux-image-*"]
versions = 1

[retain.package.linux-image-6]
versions = 9
"#;

#[test]
fn the_narrowest_policy_is_the_policy_whole() {
    let manifest = parsed(POLICIES).manifest;
    let first = SMALLEST.lines().count() + 1;
    let policy = |place: &str, package: &str| {
        let (codename, component) = place.split_once('/').unwrap();
        let (codename, component) = (codename.parse().unwrap(), component.parse().unwrap());
        let package = package.parse().unwrap();
        let policy = manifest.retention.policy(&codename, &component, &package).unwrap();
        let Policy { versions, newer_than, grace, scope, line } = policy;
        let spans = [newer_than, grace].map(|span| span.map(Span::as_seconds));
        (*versions, spans, line - first, scope.to_string())
    };
    let days = |count: u64| Some(count * 86_400);
    let repository = (Some(5), [days(90), days(14)], 0, "[retain]".to_owned());
    assert_eq!(policy("sid/main", "widget"), repository);
    let header = "[distribution.bookworm.component.main.retain]".to_owned();
    assert_eq!(policy("bookworm/main", "widget"), (Some(3), [None, None], 6, header));
    assert_eq!(policy("bookworm/extra", "widget"), repository);
    let header = "[distribution.trixie.retain]".to_owned();
    assert_eq!(policy("trixie/main", "widget"), (None, [days(7), None], 12, header));
    let header = "[distribution.trixie.component.\"updates/main\".retain]".to_owned();
    assert_eq!(policy("trixie/updates/main", "widget"), (None, [None, Some(3600)], 14, header));
    let packages = |names: &str, versions, line| {
        (Some(versions), [None, None], line, format!("[retain.package.{names}]"))
    };
    assert_eq!(policy("trixie/main", "linux-doc"), packages("\"linux-*\"", 2, 17));
    assert_eq!(policy("sid/main", "linux-image-7"), packages("\"linux-image-*\"", 1, 20));
    assert_eq!(policy("sid/main", "linux-image-6"), packages("linux-image-6", 9, 23));
    assert_eq!(manifest.retention.policies().count(), 7);
    assert_eq!(manifest.purge_after, Span::seconds(3 * 86_400));
}

#[test]
fn without_a_policy_there_is_none() {
    let retention = parsed("[retain]\npurge_after = \"3d\"\n").manifest.retention;
    let (codename, component) = ("bookworm".parse().unwrap(), "main".parse().unwrap());
    assert_eq!(retention.policy(&codename, &component, &"widget".parse().unwrap()), None);
    assert_eq!(retention.policies().count(), 0);
}

#[test]
fn a_promotion_is_a_source() {
    let text = "[distribution.trixie]\ncomponents = [\"main\"]\narchitectures = [\"amd64\"]\n\
                [source.to-stable]\ndistribution = \"trixie/main\"\nto = \"bookworm/main\"\n\
                soak = \"7d\"\non_conflict = \"keep\"\npackages = { widget = \"1.4.2-1\" }\n\
                [source.also]\ndistribution = \"trixie/main\"\nto = \"bookworm/main\"\n";
    let sources = parsed(text).manifest.sources;
    let promotion = |name: &str| match &sources[name].kind {
        SourceKind::Promotion(Promotion { from, soak }) => (from.to_string(), *soak),
        SourceKind::Path(_) | SourceKind::Push => panic!("{name}"),
    };
    let soak = Span::seconds(7 * 86_400);
    assert_eq!(promotion("to-stable"), ("trixie/main".to_owned(), Some(soak)));
    assert_eq!(promotion("also"), ("trixie/main".to_owned(), None));
    let conducts = ["to-stable", "also", "widget"].map(|name| sources[name].on_conflict);
    assert_eq!(conducts, [OnConflict::Keep, OnConflict::Refuse, OnConflict::Refuse]);
    assert_eq!(sources["to-stable"].packages.rules[0].to_string(), "widget (1.4.2-1)");
}

#[test]
fn what_is_removed_is_known_by_its_address() {
    let text = "[removed]\nbuster = \"EOL\"\n\"bookworm/updates\" = \"never used\"\n\
                \"bookworm/*/i386\" = \"no machine left, #690\"\n";
    let removed = parsed(text).manifest.removed;
    let first = SMALLEST.lines().count() + 2;
    let reason = |text: &str, line| Reason { text: text.to_owned(), line };
    assert_eq!(removed["buster"], reason("EOL", first));
    assert_eq!(removed["bookworm/updates"], reason("never used", first + 1));
    assert_eq!(removed["bookworm/*/i386"], reason("no machine left, #690", first + 2));
    assert_eq!(removed.len(), 3);
}

#[test]
fn what_is_allowed_is_known_by_the_id_of_the_danger() {
    let ids = [
        "release-field:bookworm.label",
        "mass-removal:bookworm",
        "package-gone:bookworm/main/*/widget",
        "source-empty:widget",
        "older-manifest:4f1c2ab",
    ];
    let lines = ids.map(|id| format!("\"{id}\" = \"why {id}\"\n"));
    let allow = parsed(&format!("[allow]\n{}", lines.concat())).manifest.allow;
    for (index, id) in ids.iter().enumerate() {
        let line = SMALLEST.lines().count() + 2 + index;
        assert_eq!(allow[*id], Reason { text: format!("why {id}"), line });
    }
}

#[test]
fn a_release_that_is_valid_over_no_weekend_is_a_warning() {
    let text = |valid_for: &str| {
        SMALLEST.replace("components ", &format!("valid_for = \"{valid_for}\"\ncomponents "))
    };
    let Parsed { manifest, warnings } = parse_for(&text("47h"), None).unwrap();
    assert_eq!(manifest.distributions["bookworm"].valid_for, Some(Span::seconds(47 * 3600)));
    let [warning] = &warnings[..] else { panic!("{warnings:#?}") };
    assert_eq!((warning.code, warning.severity), (code::VALIDITY, Severity::Warning));
    assert_eq!(parse_for(&text("2d"), None).unwrap().warnings, []);
}
