//! Properties of promotions, over rounds that lie days apart: against a model that goes through the
//! components one after the other, and where it would take a person to say what is right.

use super::*;
use crate::debian::suite::Component;
use crate::snapshot::Packages;

/// Distributions that depend on each other in both ways, and a chain of three.
const WORLD: &str = r#"
format = 1
repository = { name = "acme" }
store = { url = "file://repo" }
signing = { keys = [] }
distribution.bookworm = { components = ["main", "nightly"], architectures = ["amd64"] }
distribution.bullseye = { components = ["main"], architectures = ["amd64"] }
distribution.trixie = { components = ["main", "nightly"], architectures = ["amd64"] }
source.build = { path = "b/*.deb", to = "trixie/main" }
source.away = { path = "a/*.deb", to = ["trixie/main", "bullseye/main"], mode = "mirror" }
source.night = { path = "n/*.deb", to = "bookworm/nightly", mode = "mirror" }
source.up = { distribution = "trixie/main", to = "bookworm/main", soak = "2d" }
source.on = { distribution = "bookworm/main", to = "bullseye/main", soak = "1d", mode = "mirror", allow_empty = true }
source.over = { distribution = "bookworm/nightly", to = "trixie/nightly", mode = "mirror", allow_empty = true }
"#;

const RULES: &str = r#"
retain = { versions = 2, newer_than = "3d" }
distribution.bookworm.component.nightly.retain.versions = 1
distribution.bullseye.retain.versions = 1
yank.pkg0 = { "1.2" = { reason = "broken", from = "bookworm" } }
"#;

/// Where each path source puts its packages.
const PATHS: [(&str, &[(&str, &str)]); 3] = [
    ("build", &[("trixie", "main")]),
    ("away", &[("trixie", "main"), ("bullseye", "main")]),
    ("night", &[("bookworm", "nightly")]),
];

const DAY: i64 = 86_400;

/// A package: name, version, and which of two builds.
type Build = (u8, u8, bool);

/// What each path source has, and how many days have passed since the round before.
type Dated = (i64, [Option<BTreeSet<Build>>; 3]);

fn world() -> Manifest {
    parse(WORLD).unwrap().manifest
}

fn ruled() -> Manifest {
    let lines = WORLD.lines().filter(|line| !line.starts_with("distribution."));
    let [bookworm, bullseye, trixie] = ["bookworm", "bullseye", "trixie"].map(|codename| {
        let line = WORLD.lines().find(|line| line.contains(&format!("distribution.{codename} = ")));
        line.unwrap().to_owned()
    });
    let add = |line: String, more: &str| line.replace(" }", &format!(", {more} }}"));
    let nightly = "component = { nightly = { retain = { versions = 1 } } }";
    let distributions =
        [add(bookworm, nightly), add(bullseye, "retain = { versions = 1 }"), trixie].join("\n");
    let rules = RULES.lines().filter(|line| !line.starts_with("distribution."));
    let lines: Vec<_> = lines.chain(rules).collect();
    parse(&format!("{}\n{distributions}\n", lines.join("\n"))).unwrap().manifest
}

/// The world with sources that give way to what is published.
fn keeping(mut manifest: Manifest) -> Manifest {
    for name in ["away", "up", "over"] {
        let source = manifest.sources.get_mut(name).unwrap();
        source.on_conflict = crate::manifest::OnConflict::Keep;
    }
    manifest
}

fn offered(round: &Dated) -> Offers {
    let mut offers = Offers::default();
    for ((name, targets), builds) in PATHS.iter().zip(&round.1) {
        let presence = if builds.is_some() { Presence::Present } else { Presence::Absent };
        let mut offer = SourceOffer { presence, ..SourceOffer::default() };
        for (codename, component) in *targets {
            let offering = |(name, version, other): &Build| Offering {
                codename: codename.parse().unwrap(),
                component: component.parse().unwrap(),
                file: file((*name, *version, false), if *other { "other" } else { "" }),
            };
            offer.offerings.extend(builds.iter().flatten().map(offering));
        }
        offers.sources.insert((*name).to_owned(), offer);
    }
    for name in ["up", "on", "over"] {
        offers.sources.insert(name.to_owned(), SourceOffer::absent());
    }
    offers
}

fn rounds(builds: impl Strategy<Value = bool> + Clone) -> impl Strategy<Value = Vec<Dated>> {
    let picks = proptest::collection::btree_set((0u8..3, 0u8..4, builds), 0..5);
    let source = proptest::option::weighted(0.8, picks);
    let round = (0i64..4, [source.clone(), source.clone(), source]);
    proptest::collection::vec(round, 1..6)
}

/// Returns what is published after the rounds and when the last one was; a round that contradicts
/// itself or what is published changes nothing.
fn after(manifest: &Manifest, rounds: &[Dated]) -> (Snapshot, i64) {
    let mut now = 1;
    let mut state = Snapshot::default();
    for round in rounds {
        now += round.0 * DAY;
        match desired(manifest, &offered(round), &state, at(now)) {
            Ok(desired) => state = desired.snapshot,
            Err(obstacles) => assert!(obstacles.iter().all(|o| matches!(o, Obstacle::Conflict(_)))),
        }
    }
    (state, now)
}

fn changes(before: &Snapshot, after: &Desired) -> BTreeSet<(Operation, String)> {
    let plan = diff(before, after, &BTreeMap::new());
    let lines = plan.distributions.into_iter().flat_map(|(codename, plan)| {
        plan.packages.into_iter().map(move |line| {
            let PackageChange { operation, component, name, version, .. } = line;
            (operation, format!("{codename}/{component} {name} {version}"))
        })
    });
    lines.collect()
}

/// Of each package in a component: who brought it, and since when it is there.
type Shelf = BTreeMap<PackageId, (BTreeSet<String>, i64)>;

/// The repository as the model has it, by distribution and component.
type Shelves = BTreeMap<(&'static str, &'static str), Shelf>;

fn on(shelves: &mut Shelves, place: (&'static str, &'static str), offer: Said, now: i64) {
    let shelf = shelves.entry(place).or_default();
    for id in &offer.ids {
        let new = || (BTreeSet::new(), now);
        shelf.entry(id.clone()).or_insert_with(new).0.insert(offer.source.to_owned());
    }
    if offer.mirrors {
        for (id, (sources, _)) in shelf.iter_mut() {
            if !offer.ids.contains(id) {
                sources.remove(offer.source);
            }
        }
    }
}

/// What one source says of one component.
struct Said {
    source: &'static str,
    ids: BTreeSet<PackageId>,
    mirrors: bool,
}

/// Plays a round in the model: one component after the other, each once what it takes from is done.
fn play(shelves: &mut Shelves, round: &Dated, now: i64) {
    let id = |(name, version, _): &Build| file((*name, *version, false), "").id();
    let sweep = |shelves: &mut Shelves, place| {
        let shelf: &mut Shelf = shelves.entry(place).or_default();
        shelf.retain(|_, (sources, _)| !sources.is_empty());
    };
    for ((source, targets), builds) in PATHS.into_iter().zip(&round.1) {
        let Some(builds) = builds else { continue };
        for place in targets {
            let ids = builds.iter().map(id).collect();
            on(shelves, *place, Said { source, ids, mirrors: source != "build" }, now);
        }
    }
    sweep(shelves, ("trixie", "main"));
    sweep(shelves, ("bookworm", "nightly"));
    let promotions = [
        ("up", ("trixie", "main"), ("bookworm", "main"), 2),
        ("over", ("bookworm", "nightly"), ("trixie", "nightly"), 0),
        ("on", ("bookworm", "main"), ("bullseye", "main"), 1),
    ];
    for (source, from, to, days) in promotions {
        let origin = shelves.entry(from).or_default().iter();
        let ripe = origin.filter(|(_, (_, since))| now - since >= days * DAY);
        let ids = ripe.map(|(id, _)| id.clone()).collect();
        on(shelves, to, Said { source, ids, mirrors: source != "up" }, now);
        sweep(shelves, to);
    }
}

fn shelf(packages: &Packages) -> Shelf {
    let entry = |(id, package): (&PackageId, &Package)| {
        let provenance = &package.provenance;
        (id.clone(), (BTreeSet::clone(&provenance.sources), provenance.published_at.as_second()))
    };
    packages.iter().map(entry).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn promotions_reach_what_a_walk_along_the_chain_reaches(rounds in rounds(Just(false))) {
        let (mut shelves, mut state, mut now) = (Shelves::new(), Snapshot::default(), 1);
        for round in &rounds {
            now += round.0 * DAY;
            play(&mut shelves, round, now);
            state = desired(&world(), &offered(round), &state, at(now)).unwrap().snapshot;
            for ((codename, component), expected) in &shelves {
                let found = shelf(&state.distributions[*codename].components[*component]);
                prop_assert_eq!(&found, expected, "{}/{}", codename, component);
            }
        }
    }

    #[test]
    fn what_was_promoted_is_settled(rounds in rounds(any::<bool>())) {
        for manifest in [world(), ruled(), keeping(world()), keeping(ruled())] {
            let (state, now) = after(&manifest, &rounds);
            let last = rounds.last().unwrap();
            if let Ok(again) = desired(&manifest, &offered(last), &state, at(now)) {
                prop_assert_eq!(changes(&state, &again), BTreeSet::new());
                let once_more = desired(&manifest, &offered(last), &again.snapshot, at(now));
                prop_assert_eq!(once_more.unwrap().snapshot, again.snapshot);
            }
        }
    }

    #[test]
    fn what_left_does_not_come_back_by_time_alone(
        rounds in rounds(Just(false)), days in proptest::collection::vec(0i64..9, 1..6)
    ) {
        let manifest = ruled();
        let (mut state, mut now) = after(&manifest, &rounds);
        let last = rounds.last().unwrap();
        let mut gone = BTreeSet::new();
        for days in days {
            now += days * DAY;
            let desired = desired(&manifest, &offered(last), &state, at(now)).unwrap();
            for (operation, line) in changes(&state, &desired) {
                match operation {
                    Operation::Remove => prop_assert!(gone.insert(line)),
                    _ => prop_assert!(!gone.contains(&line), "{} comes back", line),
                }
            }
            state = desired.snapshot;
        }
    }

    #[test]
    fn files_of_promoted_packages_are_in_the_pool_already_or_uploaded_once(
        rounds in rounds(Just(false))
    ) {
        let (mut state, mut now) = (Snapshot::default(), 1);
        for round in &rounds {
            now += round.0 * DAY;
            let desired = desired(&world(), &offered(round), &state, at(now)).unwrap();
            let known: BTreeSet<String> = keys(&state).collect();
            let uploads = diff(&state, &desired, &BTreeMap::new()).uploads;
            for key in keys(&desired.snapshot) {
                prop_assert!(known.contains(&key) || uploads.contains_key(&key), "{}", key);
            }
            state = desired.snapshot;
        }
    }

    #[test]
    fn the_order_of_sources_decides_nothing(rounds in rounds(any::<bool>())) {
        for manifest in [world(), ruled(), keeping(world())] {
            let (mut one, mut two, mut now) = (Snapshot::default(), Snapshot::default(), 1);
            for round in &rounds {
                now += round.0 * DAY;
                let offers = offered(round);
                let first = desired(&manifest, &offers, &one, at(now));
                let second = desired(&renamed(&manifest), &as_renamed(&offers), &two, at(now));
                match (first, second) {
                    (Ok(first), Ok(second)) => (one, two) = (first.snapshot, second.snapshot),
                    (Err(first), Err(second)) => prop_assert_eq!(first.len(), second.len()),
                    (first, second) => prop_assert_eq!(first.is_ok(), second.is_ok()),
                }
                prop_assert_eq!(listed(&one), listed(&two));
            }
        }
    }

    #[test]
    fn another_order_of_the_manifest_plans_nothing(
        rounds in rounds(any::<bool>()), lines in Just(WORLD.trim().lines().collect::<Vec<_>>()).prop_shuffle()
    ) {
        let shuffled = parse(&lines.join("\n")).unwrap().manifest;
        let (state, now) = after(&world(), &rounds);
        for later in [now, now + DAY] {
            let offers = offered(rounds.last().unwrap());
            let one = desired(&world(), &offers, &state, at(later));
            let two = desired(&shuffled, &offers, &state, at(later));
            prop_assert_eq!(one.map(|d| d.snapshot), two.map(|d| d.snapshot));
        }
    }

    #[test]
    fn other_names_of_sources_plan_nothing(rounds in rounds(any::<bool>())) {
        for manifest in [world(), ruled(), keeping(world())] {
            let (state, now) = after(&manifest, &rounds);
            let offers = offered(rounds.last().unwrap());
            if desired(&manifest, &offers, &state, at(now)).is_ok() {
                let plan = desired(&renamed(&manifest), &as_renamed(&offers), &state, at(now));
                prop_assert_eq!(changes(&state, &plan.unwrap()), BTreeSet::new());
            }
        }
    }
}

fn keys(snapshot: &Snapshot) -> impl Iterator<Item = String> {
    let components = snapshot.distributions.values().flat_map(|d| d.components.values());
    components.flatten().map(|(_, package)| package.file.filename.to_string())
}

/// The names in the opposite order.
fn new_name(name: &str) -> String {
    let place = ["away", "build", "night", "on", "over", "up"].iter().position(|n| *n == name);
    format!("{}-new", (b'z' - u8::try_from(place.unwrap()).unwrap()) as char)
}

fn renamed(manifest: &Manifest) -> Manifest {
    let mut renamed = manifest.clone();
    renamed.sources = manifest
        .sources
        .values()
        .map(|source| {
            let name = new_name(&source.name);
            (name.clone(), crate::manifest::Source { name, ..source.clone() })
        })
        .collect();
    renamed
}

fn as_renamed(offers: &Offers) -> Offers {
    let offers = offers.sources.iter();
    Offers { sources: offers.map(|(name, offer)| (new_name(name), offer.clone())).collect() }
}

/// Returns where everything is listed, and since when.
fn listed(snapshot: &Snapshot) -> BTreeMap<String, (String, Timestamp)> {
    let all = snapshot.distributions.iter().flat_map(|(codename, distribution)| {
        distribution.components.iter().flat_map(move |(component, packages)| {
            packages.iter().map(move |(id, Package { file, provenance, .. })| {
                let place = format!("{codename}/{component} {id}");
                (place, (file.filename.to_string(), provenance.published_at))
            })
        })
    });
    all.collect()
}

/// Returns a round in which `build` has these versions of pkg0.
fn built(days: i64, versions: &[u8]) -> Dated {
    let builds = versions.iter().map(|version| (0, *version, false)).collect();
    (days, [Some(builds), None, None])
}

#[test]
fn a_version_is_promoted_once_it_has_been_there_for_long_enough() {
    let manifest = world();
    let (state, now) = after(&manifest, &[built(0, &[1])]);
    let round = built(0, &[1]);
    let early = desired(&manifest, &offered(&round), &state, at(now + 2 * DAY - 1)).unwrap();
    assert_eq!(changes(&state, &early), BTreeSet::new());
    let until = at(now + 2 * DAY);
    let soaking = Soaking { until, since: at(now), package: "pkg0 1.1".to_owned() };
    let (source, from, first) = ("up".to_owned(), "trixie/main".to_owned(), vec![soaking]);
    assert!(early.notes.contains(&Note::Soaking { source, from, first, more: 0 }));

    let ripe = desired(&manifest, &offered(&round), &state, at(now + 2 * DAY)).unwrap();
    let plan = diff(&state, &ripe, &BTreeMap::new());
    let line = &plan.distributions["bookworm"].packages[0];
    assert_eq!(line.reason, Reason::Offered(vec!["up".to_owned()]));
    assert_eq!(line.origins["up"].from.to_string(), "trixie/main");
    assert_eq!(line.origins["up"].soaked, Some(crate::time::Span::seconds(2 * 86_400)));
    assert!(plan.uploads.is_empty(), "it is in the pool");
    assert!(!plan.distributions.contains_key("bullseye"), "there it has been for no time at all");
}

#[test]
fn a_rule_about_nothing_that_is_there_is_told_with_what_is() {
    let rule = |rule: &str| {
        let packages = format!("soak = \"2d\", packages = {{ {rule} }}");
        parse(&WORLD.replace("soak = \"2d\"", &packages)).unwrap().manifest
    };
    let (state, now) = after(&world(), &[built(0, &[1, 2])]);
    let missing = |manifest: &Manifest, state: &Snapshot| -> Vec<(String, Vec<String>)> {
        let later = at(now + 3 * DAY);
        let notes = desired(manifest, &offered(&built(0, &[1, 2])), state, later).unwrap().notes;
        let missing = notes.into_iter().filter_map(|note| match note {
            Note::NothingToPromote { rule, nearest, .. } => Some((rule, nearest)),
            _ => None,
        });
        missing.collect()
    };
    let nearest = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let found = missing(&rule("pkg0 = \"1.3\""), &state);
    assert_eq!(found, [("pkg0 (1.3)".to_owned(), nearest(&["1.2", "1.1"]))]);
    let found = missing(&rule("pkgo = \"1.1\""), &state);
    assert_eq!(found, [("pkgo (1.1)".to_owned(), nearest(&["pkg0"]))]);
    assert_eq!(missing(&rule("pkg0 = \">= 1.1\""), &state), []);
    // What was promoted is no mistake when the origin has dropped it since.
    let manifest = rule("pkg0 = \"1.2\"");
    let promoted = desired(&manifest, &offered(&built(0, &[1, 2])), &state, at(now + 3 * DAY));
    let mut promoted = promoted.unwrap().snapshot;
    let (trixie, main): (Codename, Component) =
        ("trixie".parse().unwrap(), "main".parse().unwrap());
    promoted.distributions.get_mut(&trixie).unwrap().components.get_mut(&main).unwrap().clear();
    let none: Dated = (0, [None, None, None]);
    let notes = desired(&manifest, &offered(&none), &promoted, at(now + 3 * DAY)).unwrap().notes;
    assert!(!notes.iter().any(|note| matches!(note, Note::NothingToPromote { .. })));
}

#[test]
fn a_mirror_of_nothing_is_an_error_unless_that_is_allowed() {
    let strict = parse(&WORLD.replace(", allow_empty = true", "")).unwrap().manifest;
    let none: Dated = (0, [None, None, None]);
    let obstacles = desired(&strict, &offered(&none), &Snapshot::default(), at(1)).unwrap_err();
    let names: Vec<_> = obstacles.iter().map(ToString::to_string).collect();
    assert_eq!(
        names,
        [
            "source `on`: bookworm/main has nothing that it promotes",
            "source `over`: bookworm/nightly has nothing that it promotes"
        ]
    );
    // What has to wait is something.
    let (builds, night) = (BTreeSet::from([(0, 1, false)]), BTreeSet::from([(1, 1, false)]));
    let round: Dated = (0, [Some(builds), None, Some(night)]);
    let obstacles = desired(&strict, &offered(&round), &Snapshot::default(), at(1)).unwrap_err();
    assert_eq!(obstacles.len(), 1, "trixie/main has something to wait for: {obstacles:?}");
}

#[test]
fn architectures_that_the_target_does_not_declare_are_left_out() {
    let wider = WORLD.replace(
        r#"trixie = { components = ["main", "nightly"], architectures = ["amd64"#,
        r#"trixie = { components = ["main", "nightly"], architectures = ["amd64", "arm64"#,
    );
    let manifest = parse(&wider).unwrap().manifest;
    let mut offers = offered(&built(0, &[1]));
    let control = "Package: pkg0\nVersion: 1.1\nArchitecture: arm64\nMaintainer: A <a@example.org>\n\
                   Description: test\n";
    let arm = OfferedFile {
        path: PathBuf::from("arm.deb"),
        sha256: Sha256::of(control.as_bytes()),
        size: 1,
        control: Control::parse(control.as_bytes()).unwrap(),
    };
    let offerings = &mut offers.sources.get_mut("build").unwrap().offerings;
    offerings.push(Offering { file: Arc::new(arm), ..offerings[0].clone() });
    let first = desired(&manifest, &offers, &Snapshot::default(), at(1)).unwrap().snapshot;
    let later = desired(&manifest, &offers, &first, at(1 + 3 * DAY)).unwrap().snapshot;
    let architectures = |codename: &str| -> Vec<String> {
        let packages = &later.distributions[codename].components["main"];
        packages.keys().map(|id| id.architecture.to_string()).collect()
    };
    assert_eq!(architectures("trixie"), ["amd64", "arm64"]);
    assert_eq!(architectures("bookworm"), ["amd64"]);
}

#[test]
fn a_promoted_package_keeps_its_name_in_the_pool_whatever_is_given_up() {
    let manifest = world();
    let (mut state, now) = after(&manifest, &[built(0, &[1])]);
    state.spent = keys(&state).collect();
    let ripe = desired(&manifest, &offered(&built(0, &[1])), &state, at(now + 2 * DAY)).unwrap();
    let names: BTreeSet<_> = keys(&ripe.snapshot).collect();
    assert_eq!(names, state.spent);
}

#[test]
fn a_push_promotes_nothing() {
    let manifest = parse(&WORLD.replace("path = \"b/*.deb\"", "push = true")).unwrap().manifest;
    let (state, now) = after(&manifest, &[built(0, &[1])]);
    let offers = offered(&built(0, &[2]));
    let pushed = added(&manifest, &offers, &state, at(now + 9 * DAY)).unwrap();
    let codenames: Vec<_> = pushed.snapshot.distributions.keys().map(Codename::as_str).collect();
    assert_eq!(codenames, ["trixie"]);
    let next = Snapshot {
        distributions: state
            .distributions
            .into_iter()
            .chain(pushed.snapshot.distributions)
            .collect(),
        ..Snapshot::default()
    };
    let none: Dated = (0, [None, None, None]);
    let applied = desired(&manifest, &offered(&none), &next, at(now + 9 * DAY)).unwrap();
    let lines = changes(&next, &applied);
    assert_eq!(lines, BTreeSet::from([(Operation::Add, "bookworm/main pkg0 1.1".to_owned())]));
}

/// Promotions whose components depend on each other by exact dependencies, so that each is kept as
/// long as it is not.
#[test]
fn promotions_that_never_settle_end_in_an_error() {
    let text = r#"
        format = 1
        repository = { name = "acme" }
        store = { url = "file://repo" }
        signing = { keys = [] }
        retain = { versions = 1 }
        distribution.bookworm = { components = ["main", "nightly"], architectures = ["amd64"] }
        distribution.trixie = { components = ["main", "nightly"], architectures = ["amd64"] }
        source.one = { distribution = "trixie/main", to = "bookworm/main", packages = ["widget"] }
        source.two = { distribution = "bookworm/nightly", to = "trixie/nightly", mode = "mirror", allow_empty = true, packages = { library = "1" } }
        source.files = { path = "f/*.deb", to = "*/main" }
    "#;
    let manifest = parse(text).unwrap().manifest;
    let package = |name: &str, version: &str, depends: &str| {
        let depends =
            if depends.is_empty() { String::new() } else { format!("Depends: {depends}\n") };
        let control = format!(
            "Package: {name}\nVersion: {version}\nArchitecture: amd64\n{depends}\
             Maintainer: A <a@example.org>\nDescription: test\n"
        );
        Arc::new(OfferedFile {
            path: PathBuf::from(format!("{name}_{version}.deb")),
            sha256: Sha256::of(control.as_bytes()),
            size: 1,
            control: Control::parse(control.as_bytes()).unwrap(),
        })
    };
    let mut offer = SourceOffer::default();
    let mut put = |place: &str, file: Arc<OfferedFile>| {
        let (codename, component) = place.split_once('/').unwrap();
        let (codename, component) = (codename.parse().unwrap(), component.parse().unwrap());
        offer.offerings.push(Offering { codename, component, file });
    };
    // In bookworm: while widget 2 is not there, widget 1 stays, and needs library 1.
    put("bookworm/main", package("widget", "1", "library (= 1)"));
    put("bookworm/nightly", package("library", "1", ""));
    put("bookworm/nightly", package("library", "2", ""));
    // In trixie: while library 1 is there, it needs widget 2, which is not the newest.
    put("trixie/main", package("widget", "3", ""));
    put("trixie/main", package("widget", "2", ""));
    let mut offers = Offers::default();
    offers.sources.insert("files".to_owned(), offer);
    let with = |manifest: &Manifest, offers: &Offers| {
        desired(manifest, offers, &Snapshot::default(), at(1)).map(|desired| desired.snapshot)
    };
    assert!(with(&manifest, &offers).is_ok(), "nothing leads back");
    let needy = package("library", "1", "widget (= 2)");
    for offering in &mut offers.sources.get_mut("files").unwrap().offerings {
        if offering.file.path == needy.path {
            offering.file = Arc::clone(&needy);
        }
    }
    let only_two = text.replace("packages = [\"widget\"]", "packages = { widget = \"2\" }");
    let obstacles = with(&parse(&only_two).unwrap().manifest, &offers).unwrap_err();
    assert!(matches!(&obstacles[..], [Obstacle::Unsettled { sources }] if !sources.is_empty()));
}

#[test]
fn what_contradicts_itself_is_told_before_what_never_settles() {
    let builds = |builds: &[Build]| Some(builds.iter().copied().collect::<BTreeSet<_>>());
    let rounds = [
        (0, [builds(&[(1, 0, true)]), None, None]),
        (3, [None, builds(&[(1, 1, false), (1, 2, false)]), None]),
    ];
    let (state, now) = after(&ruled(), &rounds);
    // Each of both builds of version 0 would be promoted to where the other one is.
    let last = (0, [builds(&[(1, 0, true)]), builds(&[]), builds(&[(1, 0, false)])]);
    let obstacles = desired(&ruled(), &offered(&last), &state, at(now)).unwrap_err();
    assert!(!obstacles.is_empty());
    assert!(obstacles.iter().all(|obstacle| matches!(obstacle, Obstacle::Conflict(_))));
}

#[test]
fn what_left_does_not_come_back_when_its_like_has_soaked() {
    let builds = |builds: &[Build]| Some(builds.iter().copied().collect::<BTreeSet<_>>());
    let mirror: Dated = (1, [None, builds(&[(2, 1, false)]), None]);
    let rounds = [
        (0, [builds(&[(2, 1, false)]), None, None]),
        (2, [None, None, None]),
        (1, [builds(&[(2, 2, false), (2, 3, false)]), None, None]),
        // Version 1 comes back to where it is promoted from, and leaves its target meanwhile.
        mirror.clone(),
        mirror.clone(),
        mirror,
    ];
    let (state, _) = after(&ruled(), &rounds);
    let packages = &state.distributions[&"bookworm".parse::<Codename>().unwrap()].components
        [&"main".parse::<Component>().unwrap()];
    let versions: Vec<_> = packages.keys().map(|id| id.version.as_str()).collect();
    assert_eq!(versions, ["1.2", "1.3"]);
}
