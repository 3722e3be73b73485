//! Properties of the planner, over repositories that grow and shrink at random.

mod clients;
mod promotion;
mod retention;
mod settling;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use proptest::prelude::*;

use super::offer::{OfferedFile, Offering, Offers, Presence, SourceOffer};
use super::*;
use crate::debian::control::Control;
use crate::manifest::{Manifest, parse};
use crate::snapshot::{Package, PackageId, Snapshot};
use crate::time::{Timestamp, shifted};

const MANIFEST: &str = r#"
format = 1
repository = { name = "acme" }
store = { url = "file://repo" }
signing = { keys = [] }
distribution.bookworm = { components = ["main", "extra"], architectures = ["amd64"] }
distribution.trixie = { components = ["main"], architectures = ["amd64"] }
source.kept = { path = "k/*.deb", to = "*/main" }
source.mirror = { path = "m/*.deb", to = ["bookworm/main", "bookworm/extra"], mode = "mirror" }
source.other = { path = "o/*.deb", to = "bookworm/main", mode = "mirror" }
"#;

/// Where each source of the manifest puts its packages.
const TARGETS: [(&str, &[(&str, &str)]); 3] = [
    ("kept", &[("bookworm", "main"), ("trixie", "main")]),
    ("mirror", &[("bookworm", "main"), ("bookworm", "extra")]),
    ("other", &[("bookworm", "main")]),
];

/// A package of the small world: name, version, architecture, as small numbers.
type Pick = (u8, u8, bool);

/// What each source offers in a round; nothing for a source that is not in it.
type Round = [Option<BTreeSet<Pick>>; 3];

fn manifest() -> Manifest {
    parse(MANIFEST).unwrap().manifest
}

fn file((name, version, all): Pick, content: &str) -> Arc<OfferedFile> {
    let architecture = if all { "all" } else { "amd64" };
    let control = format!(
        "Package: pkg{name}\nVersion: 1.{version}\nArchitecture: {architecture}\n\
         Maintainer: A <a@example.org>\nDescription: test\n"
    );
    Arc::new(OfferedFile {
        path: PathBuf::from(format!("pkg{name}_{version}_{architecture}.deb")),
        sha256: Sha256::of(format!("{control}{content}").as_bytes()),
        size: 1,
        control: Control::parse(control.as_bytes()).unwrap(),
    })
}

fn offers(round: &Round) -> Offers {
    let mut offers = Offers::default();
    for ((name, targets), picks) in TARGETS.iter().zip(round) {
        let mut offer = SourceOffer::default();
        let Some(picks) = picks else {
            offer.presence = Presence::Absent;
            offers.sources.insert((*name).to_owned(), offer);
            continue;
        };
        for (codename, component) in *targets {
            let offering = |pick: &Pick| Offering {
                codename: codename.parse().unwrap(),
                component: component.parse().unwrap(),
                file: file(*pick, ""),
            };
            offer.offerings.extend(picks.iter().map(offering));
        }
        offers.sources.insert((*name).to_owned(), offer);
    }
    offers
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn round() -> impl Strategy<Value = Round> {
    let picks = proptest::collection::btree_set((0u8..3, 0u8..3, any::<bool>()), 0..6);
    let source = proptest::option::weighted(0.8, picks);
    [source.clone(), source.clone(), source]
}

/// Returns what is published after each round, beginning with nothing.
fn history(rounds: &[Round]) -> Vec<Snapshot> {
    let mut states = vec![Snapshot::default()];
    for (second, round) in (1..).zip(rounds) {
        let published = states.last().unwrap();
        states.push(desired(&manifest(), &offers(round), published, at(second)).unwrap().snapshot);
    }
    states
}

fn entries(snapshot: &Snapshot) -> BTreeMap<(String, String, String), &Package> {
    let mut entries = BTreeMap::new();
    for (codename, distribution) in &snapshot.distributions {
        for (component, packages) in &distribution.components {
            for (id, package) in packages {
                let name = format!("{} {} {}", id.name, id.version, id.architecture);
                entries.insert((codename.to_string(), component.to_string(), name), package);
            }
        }
    }
    entries
}

fn plan_of(round: &Round, published: &Snapshot) -> Plan {
    let desired = desired(&manifest(), &offers(round), published, at(99)).unwrap();
    diff(published, &desired, &BTreeMap::new())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_plan_that_was_applied_is_empty(rounds in proptest::collection::vec(round(), 1..5)) {
        let states = history(&rounds);
        let again = plan_of(rounds.last().unwrap(), states.last().unwrap());
        prop_assert!(again.is_empty(), "{again:?}");
    }

    #[test]
    fn a_snapshot_does_not_differ_from_itself(rounds in proptest::collection::vec(round(), 1..4)) {
        let state = history(&rounds).pop().unwrap();
        let same = Desired {
            snapshot: state.clone(), files: BTreeMap::new(), notes: Vec::new(),
            removals: BTreeMap::new(), sourcing: Sourcing::default(), consent: Consent::default(),
            purge_after: manifest().purge_after,
        };
        prop_assert!(diff(&state, &same, &BTreeMap::new()).is_empty());
    }

    #[test]
    fn mirrors_remove_only_what_nobody_else_brought_or_offers(
        rounds in proptest::collection::vec(round(), 2..6)
    ) {
        let states = history(&rounds);
        for (round, pair) in rounds.iter().zip(states.windows(2)) {
            let (before, after) = (entries(&pair[0]), entries(&pair[1]));
            for (key, package) in before.iter().filter(|(key, _)| !after.contains_key(*key)) {
                let sources = &package.provenance.sources;
                prop_assert!(!sources.contains("kept"), "{key:?} was brought by an accumulating source");
                for source in sources.iter() {
                    let place = TARGETS.iter().position(|(name, _)| name == source).unwrap();
                    prop_assert!(round[place].is_some(), "{key:?} of an absent source is gone");
                }
            }
            let offered = offers(round);
            for (source, offer) in &offered.sources {
                for offering in &offer.offerings {
                    let id = offering.file.id();
                    let name = format!("{} {} {}", id.name, id.version, id.architecture);
                    let place = (offering.codename.to_string(), offering.component.to_string(), name);
                    prop_assert!(after.contains_key(&place), "{source} offers {place:?} in vain");
                }
            }
        }
    }

    #[test]
    fn first_publication_is_remembered(rounds in proptest::collection::vec(round(), 2..5)) {
        let states = history(&rounds);
        for pair in states.windows(2) {
            let (before, after) = (entries(&pair[0]), entries(&pair[1]));
            for (key, package) in &before {
                if let Some(later) = after.get(key) {
                    prop_assert_eq!(package.provenance.published_at, later.provenance.published_at);
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn all_but_the_newest_are_superseded_since_the_round_in_which_a_newer_one_came(
        rounds in proptest::collection::vec(round(), 1..6)
    ) {
        let states = history(&rounds);
        for (second, pair) in (1..).zip(states.windows(2)) {
            let before = entries(&pair[0]);
            for (place, package) in entries(&pair[1]) {
                let distribution = &pair[1].distributions[place.0.as_str()];
                let id = package_id(&place.2);
                let packages = &distribution.components[place.1.as_str()];
                let has_newer = packages.keys().any(|other| {
                    other.name == id.name && other.version > id.version
                });
                let since = package.provenance.superseded_at;
                prop_assert_eq!(since.is_some(), has_newer, "{:?}", place);
                let was = before.get(&place).and_then(|before| before.provenance.superseded_at);
                prop_assert!(since.is_none() || since == Some(was.unwrap_or(at(second))));
            }
        }
    }
}

fn package_id(name: &str) -> PackageId {
    let words: Vec<_> = name.split(' ').collect();
    PackageId {
        name: words[0].parse().unwrap(),
        version: words[1].parse().unwrap(),
        architecture: words[2].parse().unwrap(),
    }
}

#[test]
fn a_file_whose_name_is_spent_gets_another_one() {
    let round = only(&[(0, 1, false)]);
    let key = |published: &Snapshot| {
        let after = desired(&manifest(), &offers(&round), published, at(9)).unwrap();
        let mut keys: Vec<_> = after.files.into_keys().collect();
        assert_eq!(keys.len(), 1, "one object serves main and extra");
        keys.remove(0)
    };
    let first = key(&Snapshot::default());
    let spent = |keys: &[&String]| Snapshot {
        spent: keys.iter().map(|key| (*key).clone()).collect(),
        ..Snapshot::default()
    };
    let second = key(&spent(&[&first]));
    assert_ne!(first, second);
    assert_ne!(key(&spent(&[&first, &second])), second);
    assert_eq!(key(&spent(&[&second])), first);
}

fn only(picks: &[Pick]) -> Round {
    [None, Some(picks.iter().copied().collect()), None]
}

#[test]
fn one_new_version_is_one_line_that_says_what_clients_do() {
    let published = history(&[only(&[(0, 1, false)])]).pop().unwrap();
    let plan = plan_of(&only(&[(0, 1, false), (0, 2, false)]), &published);
    let changes = &plan.distributions["bookworm"].packages;
    let effects: Vec<_> = changes.iter().map(|change| change.effect.clone().unwrap()).collect();
    let (from, to) = ("1.1".parse().unwrap(), "1.2".parse().unwrap());
    assert_eq!(effects, vec![Effect::Upgrade { from, to }; 2], "in main and in extra");
}

/// Returns the conflicts that stand in the way.
fn conflicts(manifest: &Manifest, offers: &Offers, published: &Snapshot) -> Vec<Conflict> {
    let obstacles = desired(manifest, offers, published, at(9)).unwrap_err();
    let conflict = |obstacle| match obstacle {
        Obstacle::Conflict(conflict) => conflict,
        other => panic!("{other}"),
    };
    obstacles.into_iter().map(conflict).collect()
}

/// Returns what the mirror offers if it has built its only package anew.
fn rebuilt() -> Offers {
    let mut offers = offers(&only(&[(0, 1, false)]));
    for offering in &mut offers.sources.get_mut("mirror").unwrap().offerings {
        offering.file = file((0, 1, false), "rebuilt");
    }
    offers
}

#[test]
fn other_bytes_under_a_published_version_take_its_place_if_somebody_accepts_that() {
    let published = history(&[only(&[(0, 1, false)])]).pop().unwrap();
    let plan_for = |manifest: &Manifest| {
        let after = desired(manifest, &rebuilt(), &published, at(9)).unwrap();
        (diff(&published, &after, &BTreeMap::new()), after)
    };
    let (plan, after) = plan_for(&manifest());
    let ids: Vec<_> = plan.dangers.iter().map(|danger| danger.id.as_str()).collect();
    let [extra, main] = ["extra", "main"]
        .map(|component| format!("content-changed:bookworm/{component}/amd64/pkg0@1.1"));
    assert_eq!(ids, [&extra, &main]);
    assert_eq!((plan.blocking(), plan.summary().change, plan.uploads.len()), (2, 2, 1));
    let lines = &plan.distributions["bookworm"].packages;
    assert!(
        lines.iter().all(|line| line.difference.iter().any(|line| line.starts_with("+ SHA256")))
    );
    let allow = format!("{MANIFEST}\nallow = {{ \"{extra}\" = \"why\", \"{main}\" = \"why\" }}\n");
    let (allowed, _) = plan_for(&parse(&allow).unwrap().manifest);
    assert!(!allowed.is_blocked());
    let again = desired(&manifest(), &rebuilt(), &after.snapshot, at(10)).unwrap();
    assert!(diff(&after.snapshot, &again, &BTreeMap::new()).is_empty());
}

#[test]
fn another_content_is_published_later_than_the_one_before_even_within_a_second() {
    let published = history(&[only(&[(0, 1, false)])]).pop().unwrap();
    let times = |snapshot: &Snapshot| -> BTreeSet<Timestamp> {
        entries(snapshot).values().map(|package| package.provenance.published_at).collect()
    };
    let first = times(&published).pop_last().unwrap();
    let after = desired(&manifest(), &rebuilt(), &published, first).unwrap();
    assert_eq!(times(&after.snapshot), BTreeSet::from([shifted(first, 1)]));
}

#[test]
fn a_source_that_keeps_gives_way_to_what_is_published() {
    let published = history(&[only(&[(0, 1, false)])]).pop().unwrap();
    let keeping =
        MANIFEST.replace("source.mirror = {", "source.mirror = { on_conflict = \"keep\",");
    let keeping = parse(&keeping).unwrap().manifest;
    let after = desired(&keeping, &rebuilt(), &published, at(9)).unwrap();
    assert!(diff(&published, &after, &BTreeMap::new()).is_empty());
    let kept = |note: &Note| matches!(note, Note::Kept { source, .. } if source == "mirror");
    assert_eq!(after.notes.iter().filter(|note| kept(note)).count(), 1);
    // It gives way to nothing that is not published yet.
    let mut offers = rebuilt();
    let other = Offering {
        file: file((0, 1, false), "other"),
        ..rebuilt().sources["mirror"].offerings[0].clone()
    };
    offers.sources.insert(
        "other".to_owned(),
        SourceOffer { offerings: vec![other], ..SourceOffer::default() },
    );
    let conflicts = conflicts(&keeping, &offers, &Snapshot::default());
    assert_eq!(conflicts[0].with, ConflictWith::Offered);
}

#[test]
fn other_bytes_in_a_component_that_the_source_does_not_offer_to_are_a_conflict() {
    let published = history(&[only(&[(0, 1, false)])]).pop().unwrap();
    let mut offers = rebuilt();
    offers.sources.get_mut("mirror").unwrap().offerings.retain(|o| o.component.as_str() == "main");
    let manifest = parse(&MANIFEST.replace(
        "[\"bookworm/main\", \"bookworm/extra\"], mode = \"mirror\"",
        "\"bookworm/main\"",
    ));
    let manifest = manifest.unwrap().manifest;
    let conflicts = conflicts(&manifest, &offers, &published);
    assert_eq!(conflicts.len(), 1);
    assert_eq!(conflicts[0].with, ConflictWith::Published);
    assert_eq!(conflicts[0].package, "pkg0 1.1 amd64");
}

/// Returns the ids of the dangers that block the round after `first`, and the reasons of what leaves.
fn blocked(first: &Round, then: &Round) -> (Vec<String>, BTreeSet<Reason>) {
    let published = history(std::slice::from_ref(first)).pop().unwrap();
    let plan = plan_of(then, &published);
    let blocking = plan.dangers.iter().filter(|danger| danger.blocks());
    let lines = plan.distributions.values().flat_map(|plan| &plan.packages);
    (blocking.map(|danger| danger.id.clone()).collect(), lines.map(|l| l.reason.clone()).collect())
}

#[test]
fn a_mirror_that_has_nothing_any_more_is_one_danger() {
    let first = only(&[(0, 1, false), (1, 1, false), (1, 2, true)]);
    let (dangers, reasons) = blocked(&first, &only(&[]));
    assert_eq!(dangers, ["source-empty:mirror"], "what the packages lose is accepted with it");
    assert_eq!(reasons, [Reason::Emptied(vec!["mirror".to_owned()])].into());
    assert_eq!(blocked(&first, &[None, None, None]), (vec![], [].into()), "nothing is known of it");
    let all = first[1].clone();
    let elsewhere = blocked(&first, &[None, Some([].into()), all]).0;
    assert_eq!(elsewhere, ["source-empty:mirror"], "in extra nobody else has them");
    let nothing = blocked(&only(&[]), &only(&[]));
    assert_eq!(nothing, (vec![], [].into()), "it never had anything");
}

#[test]
fn a_mirror_that_has_much_less_than_it_had_is_a_danger() {
    let builds = |range: std::ops::Range<u8>| -> Vec<Pick> {
        range.map(|version| (0, version, false)).collect()
    };
    let shrank = |kept: u8| {
        let mut picks = builds(20 - kept..20);
        picks.push((1, 1, true));
        let mut first = builds(0..20);
        first.push((1, 1, true));
        blocked(&only(&first), &only(&picks)).0.contains(&"source-shrank:mirror".to_owned())
    };
    // Of 21 files 10 are half.
    assert!(shrank(9) && shrank(1));
    assert!(!shrank(10) && !shrank(20));
    let few = blocked(&only(&builds(0..9)), &only(&builds(8..9))).0;
    assert!(!few.contains(&"source-shrank:mirror".to_owned()), "eight are not many");
}

#[test]
fn a_push_replaces_nothing() {
    let published = history(&[only(&[(0, 1, false)])]).pop().unwrap();
    let conflicts = added(&manifest(), &rebuilt(), &published, at(9)).unwrap_err();
    let with = |obstacle: &Obstacle| matches!(obstacle, Obstacle::Conflict(found) if found.with == ConflictWith::Published);
    assert!(conflicts.iter().all(with));
}

#[test]
fn one_version_offered_with_different_bytes_is_a_conflict() {
    let mut offers = offers(&only(&[(0, 1, false)]));
    let rebuilt = file((0, 1, false), "rebuilt");
    let offerings = &mut offers.sources.get_mut("mirror").unwrap().offerings;
    let twin = Offering { file: rebuilt, ..offerings[0].clone() };
    offerings.push(twin);
    let conflicts = conflicts(&manifest(), &offers, &Snapshot::default());
    assert_eq!(conflicts.len(), 1);
    assert_eq!(conflicts[0].with, ConflictWith::Offered);
}

#[test]
fn a_renamed_mirror_plans_nothing_and_goes_on_mirroring() {
    let first = only(&[(0, 1, false), (1, 1, false)]);
    let published = history(std::slice::from_ref(&first)).pop().unwrap();
    let renamed = parse(&MANIFEST.replace("source.mirror", "source.mirrored")).unwrap().manifest;
    let rename = |round: &Round| {
        let mut offers = offers(round);
        let offer = offers.sources.remove("mirror").unwrap();
        offers.sources.insert("mirrored".to_owned(), offer);
        offers
    };
    let same = desired(&renamed, &rename(&first), &published, at(9)).unwrap();
    assert!(diff(&published, &same, &BTreeMap::new()).is_empty());
    let less = rename(&only(&[(0, 1, false)]));
    let after = desired(&renamed, &less, &same.snapshot, at(10)).unwrap();
    let removed = diff(&same.snapshot, &after, &BTreeMap::new()).summary().remove;
    assert_eq!(removed, 2, "from main and from extra");
}

#[test]
fn what_apt_insists_on_blocks_a_plan() {
    let published = history(&[only(&[(0, 1, false)])]).pop().unwrap();
    let changed = MANIFEST.replace(r#"name = "acme""#, r#"name = "acme", origin = "Acme""#);
    let changed = parse(&changed).unwrap().manifest;
    let after = desired(&changed, &offers(&[None, None, None]), &published, at(9)).unwrap();
    let plan = diff(&published, &after, &BTreeMap::new());
    let ids: Vec<_> = plan.dangers.iter().map(|danger| danger.id.as_str()).collect();
    assert_eq!(ids, ["release-field:bookworm.origin", "release-field:trixie.origin"]);
}

#[test]
fn dropping_a_component_or_an_architecture_blocks_a_plan() {
    let published = history(&[only(&[(0, 1, false)])]).pop().unwrap();
    let changed = MANIFEST
        .replace(
            r#"["main", "extra"], architectures = ["amd64"]"#,
            r#"["main"], architectures = ["arm64"]"#,
        )
        .replace(r#"to = ["bookworm/main", "bookworm/extra"]"#, r#"to = "bookworm/main""#);
    let changed = parse(&changed).unwrap().manifest;
    let after = desired(&changed, &offers(&[None, None, None]), &published, at(9)).unwrap();
    let plan = diff(&published, &after, &BTreeMap::new());
    let ids: Vec<_> = plan.dangers.iter().map(|danger| danger.id.as_str()).collect();
    assert_eq!(ids, ["arch-removed:bookworm/*/amd64", "component-removed:bookworm/extra"]);
}

#[test]
fn signing_off_and_unknown_keys_block_a_plan() {
    let one: Fingerprint = "9A3F52C1E7B04D6688A1F0C2B7D19E35A1C4D04E".parse().unwrap();
    let two: Fingerprint = "1F0C2B7D19E35A1C4D04E9A3F52C1E7B04D66881".parse().unwrap();
    let base = history(&[only(&[(0, 1, false)])]).pop().unwrap();
    let codename: Codename = "trixie".parse().unwrap();
    let signed = |keys: &[Fingerprint]| {
        let mut distribution = base.distributions[&codename].clone();
        distribution.signed_by = keys.to_vec();
        distribution
    };
    let codes = |before: &[Fingerprint], after: &[Fingerprint]| -> Vec<DangerCode> {
        let (before, after) = (&signed(before), &signed(after));
        let plan = &DistributionPlan::default();
        let change = guard::Change { codename: &codename, before, after, plan, standing: None };
        let dangers = guard::dangers(change, &Consent::default());
        dangers.iter().map(|danger| danger.code).collect()
    };
    assert_eq!(codes(&[one], &[]), [DangerCode::SigningOff]);
    assert_eq!(codes(&[one], &[two]), [DangerCode::KeyDropped]);
    assert_eq!(codes(&[one], &[one, two]), []);
    assert_eq!(codes(&[], &[one]), [DangerCode::SigningOn]);
    assert_eq!(codes(&[], &[]), []);
}

#[test]
fn a_manifest_knows_every_danger_that_a_plan_can_have() {
    let codes = [
        DangerCode::ComponentRemoved,
        DangerCode::ArchRemoved,
        DangerCode::ReleaseField,
        DangerCode::KeyDropped,
        DangerCode::SigningOff,
        DangerCode::SigningOn,
        DangerCode::MassRemoval,
        DangerCode::PackageGone,
        DangerCode::NewestLowered,
        DangerCode::BreaksDepends,
        DangerCode::ContentChanged,
        DangerCode::SourceEmpty,
        DangerCode::SourceShrank,
    ];
    for code in codes {
        assert!(crate::manifest::is_danger(code.as_str()), "{}", code.as_str());
    }
}
