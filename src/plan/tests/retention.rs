//! Properties of retention, yanks and keeps, over rounds that lie days apart.

use proptest::prelude::*;

use super::*;
use crate::debian::suite::Component;
use crate::manifest::Policy;
use crate::snapshot::PackageId;

const RULES: &str = r#"
[retain]
versions = 1
newer_than = "3d"
grace = "2d"

[retain.package.pkg2]
versions = 2

[yank.pkg0]
"1.2" = "broken"

[keep.pkg1]
"1.0" = "long-term support"
"#;

const DAY: i64 = 86_400;

/// A round, and how many days after the one before it is.
type Dated = (u8, Round);

fn rules() -> Manifest {
    let extra = "components = [\"main\", \"extra\"],";
    let own = format!("component.extra.retain.newer_than = \"1d\", {extra}");
    parse(&format!("{}{RULES}", MANIFEST.replace(extra, &own))).unwrap().manifest
}

fn dated() -> impl Strategy<Value = Dated> {
    let picks = proptest::collection::btree_set((0u8..3, 0u8..5, any::<bool>()), 0..8);
    let source = proptest::option::weighted(0.8, picks);
    (0u8..5, [source.clone(), source.clone(), source])
}

fn step(round: &Round, published: &Snapshot, now: i64) -> Desired {
    desired(&rules(), &offers(round), published, at(now)).unwrap()
}

/// Returns what is published after the rounds, and when the last one was.
fn after(rounds: &[Dated]) -> (Snapshot, i64) {
    let mut now = 1;
    let mut state = Snapshot::default();
    for (days, round) in rounds {
        now += i64::from(*days) * DAY;
        state = step(round, &state, now).snapshot;
    }
    (state, now)
}

fn operations(published: &Snapshot, desired: &Desired) -> Vec<(Operation, String)> {
    let plan = diff(published, desired, &BTreeMap::new());
    let changes = plan.distributions.into_values().flat_map(|plan| plan.packages);
    changes.map(|c| (c.operation, format!("{} {} {:?}", c.name, c.version, c.reason))).collect()
}

fn all(snapshot: &Snapshot) -> impl Iterator<Item = (&Codename, &Component, &PackageId, &Package)> {
    snapshot.distributions.iter().flat_map(|(codename, distribution)| {
        distribution.components.iter().flat_map(move |(component, packages)| {
            packages.iter().map(move |(id, package)| (codename, component, id, package))
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn what_was_applied_is_settled(rounds in proptest::collection::vec(dated(), 1..6)) {
        let (state, now) = after(&rounds);
        let (_, last) = rounds.last().unwrap();
        prop_assert_eq!(operations(&state, &step(last, &state, now)), vec![]);
    }

    #[test]
    fn time_alone_adds_nothing(
        rounds in proptest::collection::vec(dated(), 1..6), days in 0i64..40
    ) {
        let (mut state, now) = after(&rounds);
        let (_, last) = rounds.last().unwrap();
        for later in [now + days * DAY, now + 2 * days * DAY] {
            let desired = step(last, &state, later);
            for (operation, change) in operations(&state, &desired) {
                prop_assert_eq!(operation, Operation::Remove, "{}", change);
            }
            state = desired.snapshot;
        }
    }

    #[test]
    fn what_a_rule_wants_stays_and_what_leaves_nothing_wants(
        rounds in proptest::collection::vec(dated(), 2..6)
    ) {
        let manifest = rules();
        let (last, before) = rounds.split_last().unwrap();
        let (published, then) = after(before);
        let now = then + i64::from(last.0) * DAY;
        let result = step(&last.1, &published, now);
        for (codename, component, id, package) in all(&published) {
            let there = result.snapshot.distributions[codename].components[component].contains_key(id);
            let key = (component.clone(), id.clone());
            let is_unkept = matches!(result.removals[codename].get(&key), Some(Reason::Unkept(_)));
            if !is_unkept {
                continue;
            }
            prop_assert!(!there);
            let policy = manifest.retention.policy(codename, component, &id.name);
            let Policy { newer_than, versions, .. } = policy.unwrap().clone();
            let age = now - package.provenance.published_at.as_second();
            prop_assert!(newer_than.is_none_or(|span| age >= span.as_seconds() as i64));
            let newer: BTreeSet<_> = result.snapshot.distributions[codename].components[component]
                .keys()
                .filter(|other| other.name == id.name && other.version > id.version)
                .map(|other| &other.version)
                .collect();
            prop_assert!(newer.len() as u64 >= versions.unwrap_or(1), "{:?}", id);
            prop_assert!(!(id.name.as_str() == "pkg1" && id.version.to_string() == "1.0"));
        }
        for (.., id, _) in all(&result.snapshot) {
            prop_assert!(!(id.name.as_str() == "pkg0" && id.version.to_string() == "1.2"));
        }
    }

    #[test]
    fn files_are_uploaded_for_what_is_listed_only(
        rounds in proptest::collection::vec(dated(), 1..4)
    ) {
        let (last, before) = rounds.split_last().unwrap();
        let (published, then) = after(before);
        let result = step(&last.1, &published, then);
        let listed: BTreeSet<_> =
            all(&result.snapshot).map(|(.., package)| package.file.filename.to_string()).collect();
        prop_assert!(result.files.keys().all(|key| listed.contains(key)));
    }
}

#[test]
fn an_old_version_does_not_come_back_as_new() {
    let old = only(&[(0, 1, false), (0, 3, false)]);
    let (first, now) = after(&[(0, old.clone())]);
    let later = step(&old, &first, now + 4 * DAY);
    let removed = operations(&first, &later);
    assert!(removed.iter().all(|(operation, _)| *operation == Operation::Remove), "{removed:?}");
    assert!(!removed.is_empty());
    // A run without the source must not make anybody forget it.
    let absent = step(&[None, None, None], &later.snapshot, now + 5 * DAY);
    let again = step(&old, &absent.snapshot, now + 6 * DAY);
    assert_eq!(operations(&absent.snapshot, &again), vec![]);
    // Once the source has it no more, nothing has to be remembered.
    let gone = step(&only(&[(0, 3, false)]), &again.snapshot, now + 7 * DAY);
    assert!(gone.snapshot.distributions.values().all(|d| d.remembered.is_empty()));
}

#[test]
fn lines_about_packages_that_are_not_there_are_told_if_one_is_near() {
    let told = |rules: &str| -> Vec<String> {
        let manifest = parse(&format!("{MANIFEST}\n{rules}\n")).unwrap().manifest;
        let offers = offers(&only(&[(0, 1, false), (1, 1, false)]));
        let desired = desired(&manifest, &offers, &Snapshot::default(), at(1)).unwrap();
        let notes = desired.notes.iter().filter(|note| matches!(note, Note::Stranger { .. }));
        notes.map(ToString::to_string).collect()
    };
    let about = |line: &str| format!("line 12 of the manifest is about {line}");
    let expected = about("pgk0, which is not there; did you mean pkg0?");
    assert_eq!(told("yank.pgk0 = { \"1\" = \"why\" }"), [&*expected]);
    assert_eq!(told("keep.pgk0 = { \"1\" = \"why\" }"), [&*expected]);
    assert_eq!(told("retain.package.pgk0 = { versions = 2 }"), [&*expected]);
    assert_eq!(told("keep.pkg0 = { \"1\" = \"why\" }"), [""; 0]);
    assert_eq!(told("keep.pkg7 = { \"1\" = \"why\" }"), [""; 0], "another number, another library");
    assert_eq!(told("keep.zebra = { \"1\" = \"why\" }"), [""; 0]);
    assert_eq!(told("retain.package.\"pgk*\" = { versions = 2 }"), [""; 0]);
}
