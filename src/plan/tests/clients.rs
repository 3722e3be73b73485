//! What clients of single architectures notice.

use super::*;

const WORLD: &str = r#"
format = 1
repository = { name = "acme" }
store = { url = "file://repo" }
signing = { keys = [] }
distribution.bookworm = { components = ["main", "extra"], architectures = ["amd64", "arm64"] }
source.mirror = { path = "m/*.deb", to = "bookworm/main", mode = "mirror" }
source.extra = { path = "e/*.deb", to = "bookworm/extra" }
limits = { remove_percent = 100 }
"#;

/// Makes files of `name version architecture`.
fn offer(source: &str, component: &str, packages: &[&str]) -> Offers {
    let offering = |package: &&str| {
        let [name, version, architecture] =
            package.split(' ').collect::<Vec<_>>().try_into().unwrap();
        let control = format!(
            "Package: {name}\nVersion: {version}\nArchitecture: {architecture}\n\
             Maintainer: A <a@example.org>\nDescription: test\n"
        );
        let file = OfferedFile {
            path: PathBuf::from(package),
            sha256: Sha256::of(control.as_bytes()),
            size: 1,
            control: Control::parse(control.as_bytes()).unwrap(),
        };
        let (codename, component) = ("bookworm".parse().unwrap(), component.parse().unwrap());
        Offering { codename, component, file: Arc::new(file) }
    };
    let offerings = packages.iter().map(offering).collect();
    let offer = SourceOffer { offerings, ..SourceOffer::default() };
    Offers { sources: [(source.to_owned(), offer)].into() }
}

/// Returns the dangers and the effects where the mirror has the one, and then the other.
fn told(before: &[&str], after: &[&str]) -> (Vec<String>, Vec<String>) {
    told_by(WORLD, Snapshot::default(), before, after)
}

fn told_by(
    manifest: &str,
    published: Snapshot,
    before: &[&str],
    after: &[&str],
) -> (Vec<String>, Vec<String>) {
    let manifest = parse(manifest).unwrap().manifest;
    let first = desired(&manifest, &offer("mirror", "main", before), &published, at(1)).unwrap();
    let second = desired(&manifest, &offer("mirror", "main", after), &first.snapshot, at(2));
    let plan = diff(&first.snapshot, &second.unwrap(), &BTreeMap::new());
    let dangers = plan.dangers.iter().map(|danger| format!("{} {}", danger.id, danger.message));
    let effects = plan.distributions.values().flat_map(|distribution| &distribution.packages);
    let effects = effects.filter_map(|change| Some(change.effect.as_ref()?.to_string()));
    (dangers.collect(), effects.collect())
}

#[test]
fn a_package_that_is_gone_for_one_architecture_is_a_danger_there() {
    let both = ["widget 1 amd64", "widget 1 arm64", "other 1 all"];
    let (dangers, effects) = told(&both, &["widget 1 amd64", "other 1 all"]);
    assert_eq!(
        dangers,
        [
            "package-gone:bookworm/main/arm64/widget no version of widget is left for arm64; 1 was the newest"
        ]
    );
    assert_eq!(effects, ["no version is left to install on arm64"]);
    let (dangers, effects) = told(&both, &["other 1 all"]);
    assert_eq!(
        dangers,
        ["package-gone:bookworm/main/*/widget no version of widget is left; 1 was the newest"]
    );
    assert_eq!(effects, ["no version is left to install"]);
}

#[test]
fn a_newest_version_that_leaves_for_one_architecture_is_a_danger_there() {
    let all = ["widget 1 amd64", "widget 1 arm64", "widget 2 amd64", "widget 2 arm64"];
    let (dangers, effects) = told(&all, &all[..3]);
    let id = "newest-lowered:bookworm/main/arm64/widget";
    let message = "arm64 clients that have widget 2 stay with it; new installations get 1";
    assert_eq!(dangers, [format!("{id} {message}")]);
    assert_eq!(effects, ["new installations on arm64 get 1"]);
    let (dangers, _) = told(&all, &all[..2]);
    let message = "clients that have widget 2 stay with it; new installations get 1";
    assert_eq!(dangers, [format!("newest-lowered:bookworm/main/*/widget {message}")]);
    // One architecture falls back, the other has nothing to fall back to.
    let (dangers, effects) = told(&all[1..], &[all[1]]);
    let codes: Vec<_> = dangers.iter().map(|danger| danger.split(' ').next().unwrap()).collect();
    assert_eq!(codes, [id, "package-gone:bookworm/main/amd64/widget"]);
    assert_eq!(effects, ["no version is left to install on amd64"]);
}

#[test]
fn a_package_for_all_takes_the_place_of_one_for_an_architecture() {
    let (dangers, _) = told(&["widget 1 amd64", "widget 1 arm64"], &["widget 1 all"]);
    assert_eq!(dangers, [""; 0]);
    let (dangers, effects) = told(&["widget 2 all", "widget 1 amd64"], &["widget 1 amd64"]);
    let codes: Vec<_> = dangers.iter().map(|danger| danger.split(' ').next().unwrap()).collect();
    let [gone, lowered] = ["package-gone", "newest-lowered"];
    assert_eq!(
        codes,
        [
            format!("{lowered}:bookworm/main/amd64/widget"),
            format!("{gone}:bookworm/main/arm64/widget")
        ]
    );
    assert_eq!(effects, ["no version is left to install on arm64"]);
}

#[test]
fn what_another_component_has_for_the_architecture_is_not_gone() {
    let manifest = parse(WORLD).unwrap().manifest;
    let extra = offer("extra", "extra", &["widget 1 arm64"]);
    let published = desired(&manifest, &extra, &Snapshot::default(), at(0)).unwrap().snapshot;
    let (dangers, _) =
        told_by(WORLD, published.clone(), &["widget 1 arm64", "other 1 all"], &["other 1 all"]);
    assert_eq!(dangers, [""; 0]);
    let (dangers, _) = told_by(
        WORLD,
        published,
        &["widget 1 amd64", "widget 1 arm64", "other 1 all"],
        &["other 1 all"],
    );
    assert_eq!(dangers.len(), 1, "{dangers:?}");
    assert!(dangers[0].starts_with("package-gone:bookworm/main/amd64/widget "));
}
