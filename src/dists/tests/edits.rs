//! Generation after generation, of packages that come, change and go, against builds from nothing.

use proptest::prelude::*;
use proptest::sample::Index as Place;

use super::*;
use crate::debian::architecture::Architecture;

/// What happens to the packages of a component between two generations.
#[derive(Debug, Clone, Copy)]
enum Edit {
    /// One comes: name, version and architecture follow from the number.
    Add(u32),
    /// One gets another content.
    Replace(Place, u32),
    /// One gives way to another.
    Exchange(Place, u32),
    /// One goes.
    Remove(Place),
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        any::<u32>().prop_map(Edit::Add),
        any::<(Place, u32)>().prop_map(|(place, content)| Edit::Replace(place, content)),
        any::<(Place, u32)>().prop_map(|(place, number)| Edit::Exchange(place, number)),
        any::<Place>().prop_map(Edit::Remove),
    ]
}

impl Edit {
    fn apply(self, packages: &mut Packages) {
        let at = |packages: &Packages, place: Place| {
            let id = (!packages.is_empty()).then(|| place.index(packages.len()));
            id.and_then(|index| packages.keys().nth(index).cloned())
        };
        match self {
            Self::Add(number) => packages.extend([package(number)]),
            Self::Replace(place, content) => {
                let Some(id) = at(packages, place) else { return };
                let package = described(&id, content);
                packages.insert(id, package);
            }
            Self::Exchange(place, number) => {
                at(packages, place).map(|id| packages.remove(&id));
                packages.extend([package(number)]);
            }
            Self::Remove(place) => drop(at(packages, place).map(|id| packages.remove(&id))),
        }
    }
}

/// Returns a package that follows from a number; a few numbers give the same name.
fn package(number: u32) -> (PackageId, Package) {
    let architecture = match number % 16 {
        0 => "all",
        1..4 => "arm64",
        _ => "amd64",
    };
    let id = PackageId {
        name: format!("widget-{:04}", number % 5_000).parse().unwrap(),
        version: format!("{}.0", number % 7).parse().unwrap(),
        architecture: architecture.parse().unwrap(),
    };
    let package = described(&id, number);
    (id, package)
}

/// Returns what a package with that content is, with as much text as most have.
fn described(id: &PackageId, content: u32) -> Package {
    let digest = Sha256::of(format!("{id} {content}").as_bytes());
    let lines =
        (0..20 + content % 20).map(|line| format!("Field-{line}: {:.24}\n", digest.to_string()));
    let stanza =
        format!("Package: {}\nVersion: {}\n{}", id.name, id.version, lines.collect::<String>());
    let (_, mut package) = widget();
    package.stanza = stanza.into();
    package.file.sha256 = digest;
    package
}

/// What is published, as the next build finds it.
#[derive(Clone)]
struct Published {
    distribution: Distribution,
    release: Release,
    encoders: Encoders,
    files: BTreeMap<String, Bytes>,
}

impl Published {
    /// Returns what is published once a suite is.
    fn new(distribution: Distribution, suite: &Suite, before: Option<Self>) -> Self {
        let mut files = before.map(|before| before.files).unwrap_or_default();
        files.extend(suite.files.iter().map(|file| (file.entry.path.clone(), file.bytes.clone())));
        let (release, encoders) = (suite.release.clone(), state(suite).encoders);
        Self { distribution, release, encoders, files }
    }

    fn predecessor(&self) -> Predecessor<'_> {
        let Self { distribution, release, encoders, files } = self;
        Predecessor { distribution, release, encoders, files, texts: &NO_TEXTS }
    }

    /// Tells whether another package at the end leaves the first blocks as they are, whatever is in
    /// them.
    fn takes_blocks_over(mut self) -> bool {
        let mut next = self.distribution.clone();
        let packages = next.components.values_mut().next().unwrap();
        let last = PackageId { name: "zz".parse().unwrap(), ..package(4).0 };
        packages.insert(last.clone(), described(&last, 0));
        let intact = build_on(&next, Some(self.predecessor()), &BTreeSet::new());
        for (_, bytes) in self.files.iter_mut().filter(|(path, _)| path.contains("-amd64/")) {
            let mut altered = bytes.to_vec();
            let place = altered.len() / 16;
            altered[place] ^= 1;
            *bytes = altered.into();
        }
        let altered = build_on(&next, Some(self.predecessor()), &BTreeSet::new());
        let forms = indices(&intact).difference(&indices(&altered)).count();
        forms == self.distribution.compression.len()
    }

    /// Returns the bytes of every index file that Release lists and the store has.
    fn indices(&self) -> BTreeMap<&str, &Bytes> {
        let listed = self.release.files.iter().filter(|entry| entry.path.contains("/Packages"));
        let stored = listed.filter_map(|entry| {
            let bytes = self.files.get(&entry.path)?;
            assert_eq!(Sha256::of(bytes), entry.sha256, "{}", entry.path);
            Some((entry.path.as_str(), bytes))
        });
        stored.collect()
    }
}

fn first(packages: Packages, form: Compression) -> Distribution {
    let architectures: Vec<Architecture> =
        ["amd64", "arm64"].map(|name| name.parse().unwrap()).into();
    Distribution { architectures, compression: [form].into(), ..distribution(packages) }
}

/// So many edits come between two generations: few enough for most blocks to stay.
const EDITS: usize = 2;
/// After so many generations one of earlier packages follows, all of whose names are spent.
const RETURN: usize = 20;

proptest! {
    #![proptest_config(ProptestConfig { cases: 1, max_shrink_iters: 20, ..ProptestConfig::default() })]

    #[test]
    fn after_200_edits_in_a_row_indices_are_those_of_a_build_from_nothing(
        // The test of all forms is that of `compression`: xz alone would take half a minute.
        form in prop::sample::select(vec![Compression::Gzip, Compression::Zstd]),
        numbers in proptest::collection::vec(any::<u32>(), 1_000),
        edits in proptest::collection::vec(edit(), 200),
    ) {
        let mut desired = first(numbers.into_iter().map(package).collect(), form);
        let mut published: Option<Published> = None;
        let (mut past, mut spent) = (Vec::new(), BTreeSet::new());
        let mut taken_over = 0;
        for (generation, edits) in edits.chunks(EDITS).enumerate() {
            let packages = desired.components.values_mut().next().unwrap();
            past.push(packages.clone());
            edits.iter().for_each(|edit| edit.apply(packages));
            if generation % RETURN == RETURN - 1 {
                *packages = past[generation - 2].clone();
            }
            let suite = build_on(&desired, published.as_ref().map(Published::predecessor), &spent);
            let next = Published::new(desired.clone(), &suite, published);
            // What were wrong once would stay so, but for the blocks of later edits.
            if generation % RETURN >= RETURN - 2 {
                let cold = build(&desired, None, &spent);
                let cold = Published::new(desired.clone(), &cold, None);
                prop_assert_eq!(next.indices().len(), 2);
                prop_assert!(next.indices() == cold.indices(), "generation {}", generation);
                taken_over += usize::from(next.clone().takes_blocks_over());
            }
            // As if everything were deleted that is given up.
            spent.extend(retired(&suite));
            published = Some(next);
        }
        // Of a text that is one long block, nothing can be.
        prop_assert!(taken_over > 0, "everything is built from nothing each time");
    }
}
