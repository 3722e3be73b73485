//! Sources that give way to what leaves by the same plan.

use super::*;

const WORLD: &str = r#"
format = 1
repository = { name = "acme" }
store = { url = "file://repo" }
signing = { keys = [] }
distribution.bookworm = { components = ["main", "extra"], architectures = ["amd64"] }
source.old = { path = "o/*.deb", to = "bookworm/extra" }
source.new = { path = "n/*.deb", to = "bookworm/main", on_conflict = "keep" }
"#;

fn offered(source: &str, component: &str, files: &[(Pick, &str)]) -> (String, SourceOffer) {
    let offering = |(pick, content): &(Pick, &str)| Offering {
        codename: "bookworm".parse().unwrap(),
        component: component.parse().unwrap(),
        file: file(*pick, content),
    };
    let offerings = files.iter().map(offering).collect();
    (source.to_owned(), SourceOffer { offerings, ..SourceOffer::default() })
}

const ONE: Pick = (0, 1, false);

/// Returns what is listed once the new source has other bytes for the version that only `extra` has.
fn settled(rules: &str) -> BTreeSet<String> {
    let text = format!("{WORLD}{rules}\n");
    let manifest = parse(&text).unwrap().manifest;
    let old = offered("old", "extra", &[(ONE, ""), ((0, 2, false), "")]);
    let old = Offers { sources: [old].into() };
    let plain = parse(WORLD).unwrap().manifest;
    let published = desired(&plain, &old, &Snapshot::default(), at(1)).unwrap().snapshot;
    let new = offered("new", "main", &[(ONE, "other")]);
    let new = Offers { sources: [new].into() };
    let first = desired(&manifest, &new, &published, at(2)).unwrap();
    let again = desired(&manifest, &new, &first.snapshot, at(3)).unwrap();
    assert!(diff(&first.snapshot, &again, &BTreeMap::new()).is_empty(), "it takes a second plan");
    let is_kept = first.notes.iter().any(|note| matches!(note, Note::Kept { .. }));
    let listed = entries(&first.snapshot);
    let listed: BTreeSet<_> =
        listed.into_keys().map(|(_, component, name)| format!("{component} {name}")).collect();
    assert_eq!(is_kept, !listed.contains("main pkg0 1.1 amd64"), "{listed:?}");
    listed
}

#[test]
fn what_stays_is_given_way_to() {
    assert_eq!(
        settled(""),
        ["extra pkg0 1.1 amd64", "extra pkg0 1.2 amd64"].map(String::from).into()
    );
}

#[test]
fn what_a_yank_takes_away_stands_in_nobodys_way() {
    let yank = "yank.pkg0 = { \"1.1\" = { reason = \"why\", from = \"bookworm/extra\" } }";
    let listed = settled(yank);
    assert_eq!(listed, ["extra pkg0 1.2 amd64", "main pkg0 1.1 amd64"].map(String::from).into());
}

#[test]
fn what_retention_lets_go_stands_in_nobodys_way() {
    let listed = settled("retain = { versions = 1 }");
    assert_eq!(listed, ["extra pkg0 1.2 amd64", "main pkg0 1.1 amd64"].map(String::from).into());
}
