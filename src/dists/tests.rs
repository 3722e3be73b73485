//! What a build makes of a distribution, and of what is published of it.

mod edits;

use std::sync::Arc;

use super::*;
use crate::apt::packages::FileFields;
use crate::digest::checksum::ChecksumSet;
use crate::snapshot::retired::Retired;
use crate::snapshot::state::ManifestRecord;
use crate::snapshot::{Package, PackageId, Packages, Provenance};
use crate::text::SharedText;

const POOL: &str = "pool/w/widget/0123456789abcdef/widget_1.0_amd64.deb";

static NO_TEXTS: BTreeMap<String, SharedText> = BTreeMap::new();

fn widget() -> (PackageId, Package) {
    let id = PackageId {
        name: "widget".parse().unwrap(),
        version: "1.0".parse().unwrap(),
        architecture: "amd64".parse().unwrap(),
    };
    let file = FileFields {
        filename: POOL.into(),
        size: 1,
        sha256: Sha256::of(b""),
        checksums: ChecksumSet::NONE,
    };
    let provenance = Provenance {
        sources: Default::default(),
        published_at: Timestamp::UNIX_EPOCH,
        superseded_at: None,
    };
    (id, Package { stanza: "Package: widget\n".into(), file, provenance })
}

fn distribution(packages: impl Into<Packages>) -> Distribution {
    Distribution {
        identity: crate::apt::release::Identity::default(),
        architectures: vec!["amd64".parse().unwrap()],
        compression: [Compression::Gzip].into(),
        hashes: ChecksumSet::NONE,
        contents: false,
        valid_for: None,
        signed_by: vec![],
        components: [("main".parse().unwrap(), packages.into())].into(),
        component_order: vec!["main".parse().unwrap()],
        remembered: Default::default(),
    }
}

fn build(
    desired: &Distribution,
    published: Option<(&Distribution, &Release)>,
    spent: &BTreeSet<String>,
) -> Suite {
    let (encoders, files) = (&Encoders::default(), &BTreeMap::new());
    let before = |(distribution, release)| Predecessor {
        distribution,
        release,
        encoders,
        files,
        texts: &NO_TEXTS,
    };
    build_on(desired, published.map(before), spent)
}

fn build_on(
    desired: &Distribution,
    published: Option<Predecessor<'_>>,
    spent: &BTreeSet<String>,
) -> Suite {
    let publication = Publication {
        tool: "test".into(),
        repository: "acme".into(),
        generation: 1,
        parent: None,
        writer: "writer".into(),
        manifest: ManifestRecord { sha256: Sha256::of(b""), git_commit: None },
        plan: None,
        rollback_of: None,
        allowed: Default::default(),
        purge_after: 7200,
        history: vec![],
        retired: Retired::default(),
        signing_since: Default::default(),
    };
    let (codename, date) = (&"bookworm".parse().unwrap(), Timestamp::UNIX_EPOCH);
    let contents = &contents(desired, published.as_ref());
    let build = Build { codename, desired, contents, published, spent };
    let draft = build.draft().unwrap();
    build.finish(draft, Imprint { date, publication }).unwrap()
}

/// Returns the `Contents` files that a build has to be given: widget has one file, others two.
fn contents(
    desired: &Distribution,
    published: Option<&Predecessor<'_>>,
) -> BTreeMap<String, ContentsText> {
    let lists = |digest: u8| -> Arc<[Box<[u8]>]> {
        Arc::from([Box::from(*b"shared"), Box::from([b'a' + digest % 26])])
    };
    let before = published.map(|before| before.distribution);
    let draft = |index| {
        let draft = ContentsDraft::new(desired, None, index);
        let files = draft.new_files().map(|file| file.sha256);
        let files = files.map(|digest| (digest, lists(digest.as_bytes()[0]))).collect();
        (draft.path.clone(), draft.write(Vec::new(), &files).unwrap())
    };
    desired.stale_contents(before).into_iter().map(draft).collect()
}

fn indices(suite: &Suite) -> BTreeSet<String> {
    let stored = suite.files.iter().filter(|file| file.entry.path.contains("/Packages"));
    let name =
        |file: &IndexFile| path::by_hash(&suite.codename, &file.entry.path, &file.entry.sha256);
    stored.map(name).collect()
}

fn retired(suite: &Suite) -> BTreeSet<String> {
    state(suite).retired.waiting.into_keys().collect()
}

fn state(suite: &Suite) -> State {
    let state = suite.files.iter().find(|file| file.audience == Audience::Repoman).unwrap();
    let mut bytes = Vec::new();
    let mut decoder =
        compression::decoder(Compression::Gzip, compression::Frames::Several, &state.bytes[..])
            .unwrap();
    std::io::Read::read_to_end(&mut decoder, &mut bytes).unwrap();
    State::parse(&bytes).unwrap()
}

#[test]
fn a_draft_knows_the_names_of_its_files() {
    let desired = &distribution([widget()]);
    let (codename, spent, contents) =
        (&"bookworm".parse().unwrap(), &BTreeSet::new(), &BTreeMap::new());
    let draft = Build { codename, desired, contents, published: None, spent }.draft().unwrap();
    let names = indices(&build(desired, None, spent));
    assert!(draft.has_any(codename, &names) && !draft.has_any(codename, spent));
    assert!(!draft.has_any(codename, &names.iter().map(|name| format!("{name}0")).collect()));
}

#[test]
fn an_index_whose_name_is_spent_gets_another_one_and_lists_the_same() {
    let desired = distribution([widget()]);
    let mut spent = BTreeSet::new();
    for blank_lines in 0..3 {
        let suite = build(&desired, None, &spent);
        let names = indices(&suite);
        assert_eq!((names.len(), names.is_disjoint(&spent)), (1, true));
        let plain = suite.release.file("main/binary-amd64/Packages").unwrap();
        assert_eq!(plain.size, "Package: widget\n\n".len() as u64 + blank_lines);
        spent.extend(names);
    }
}

#[test]
fn an_index_that_lists_nothing_keeps_its_name_for_ever() {
    let (empty, full) = (distribution([]), distribution([widget()]));
    let suite = build(&empty, None, &BTreeSet::new());
    let next = build(&full, Some((&empty, &suite.release)), &BTreeSet::new());
    assert_eq!(retired(&next), BTreeSet::new());
    let spent = indices(&suite);
    assert_eq!(indices(&build(&empty, None, &spent)), spent);
}

#[test]
fn what_is_named_no_more_is_retired() {
    let (empty, full) = (distribution([]), distribution([widget()]));
    let suite = build(&full, None, &BTreeSet::new());
    let next = build(&empty, Some((&full, &suite.release)), &BTreeSet::new());
    let mut expected = indices(&suite);
    expected.insert(POOL.to_owned());
    assert_eq!(retired(&next), expected);
    let xz = Distribution { compression: [Compression::Xz].into(), ..full.clone() };
    let next = build(&xz, Some((&full, &suite.release)), &BTreeSet::new());
    let mut expected = indices(&suite);
    expected.insert("dists/bookworm/main/binary-amd64/Packages.gz".to_owned());
    assert_eq!(retired(&next), expected);
}

/// Returns packages whose stanzas take more than a megabyte.
fn many() -> Packages {
    let package = |number: u64| {
        let digest = Sha256::of(&number.to_be_bytes());
        let (mut id, mut package) = widget();
        id.name = format!("widget-{number:05}").parse().unwrap();
        let lines = (0..40).map(|line| format!("Field-{line}: {:.20}\n", digest.to_string()));
        let stanza = format!("Package: {}\n{}", id.name, lines.collect::<String>());
        package.stanza = stanza.into();
        package.file.sha256 = digest;
        (id, package)
    };
    (0..1_200).map(package).collect()
}

/// A published generation and what has to follow it: one package more.
#[derive(Clone)]
struct Step {
    before: Distribution,
    after: Distribution,
    release: Release,
    encoders: Encoders,
    files: BTreeMap<String, Bytes>,
}

impl Step {
    fn new() -> Self {
        let compression: BTreeSet<_> =
            [Compression::Gzip, Compression::Xz, Compression::Zstd].into();
        let before = Distribution { compression, ..distribution(many()) };
        let mut after = before.clone();
        after.components.values_mut().for_each(|packages| packages.extend([widget()]));
        let suite = build(&before, None, &BTreeSet::new());
        let encoders = state(&suite).encoders;
        let Suite { release, files, .. } = suite;
        let files = files.into_iter().map(|file| (file.entry.path, file.bytes)).collect();
        Self { before, after, release, encoders, files }
    }

    fn predecessor(&self) -> Predecessor<'_> {
        let Self { before, release, encoders, files, .. } = self;
        Predecessor { distribution: before, release, encoders, files, texts: &NO_TEXTS }
    }

    /// Builds on the published generation.
    fn take(&self) -> Suite {
        build_on(&self.after, Some(self.predecessor()), &BTreeSet::new())
    }

    /// Alters a byte in the middle of each index file, where nothing changes.
    fn damage(&mut self) {
        self.files.retain(|path, _| path.contains("/Packages"));
        for bytes in self.files.values_mut() {
            let mut altered = bytes.to_vec();
            let place = altered.len() / 2;
            altered[place] ^= 1;
            *bytes = altered.into();
        }
    }
}

#[test]
fn blocks_of_published_files_are_taken_over_and_change_nothing() {
    let mut step = Step::new();
    let warm = step.take();
    let cold = Step { files: BTreeMap::new(), ..step.clone() }.take();
    assert_eq!(warm, cold);
    step.damage();
    let damaged = step.take();
    let differ = |(one, other): &(&IndexFile, &IndexFile)| one.bytes != other.bytes;
    let files = warm.files.iter().zip(&damaged.files);
    assert_eq!(files.filter(differ).count(), 3);
}

#[test]
fn blocks_of_the_published_state_are_taken_over_and_change_nothing() {
    let package = |number: u32| {
        let (mut id, package) = widget();
        id.name = format!("widget-{number:05}").parse().unwrap();
        (id, package)
    };
    let packages: Packages = (0..20_000).map(package).collect();
    let before = distribution(packages);
    let mut after = before.clone();
    after.components.values_mut().for_each(|packages| packages.extend([widget()]));
    let suite = build(&before, None, &BTreeSet::new());
    let encoders = state(&suite).encoders;
    let release = suite.release;
    let files = suite.files.into_iter().map(|file| (file.entry.path, file.bytes)).collect();
    let mut step = Step { before, after, release, encoders, files };
    assert!(step.predecessor().reusable(&step.before).iter().any(|e| e.path == path::STATE_FILE));

    let own = |suite: Suite| {
        suite.files.into_iter().find(|file| file.audience == Audience::Repoman).unwrap().bytes
    };
    let warm = own(step.take());
    assert_eq!(warm, own(Step { files: BTreeMap::new(), ..step.clone() }.take()));
    let foreign = recompressed(&step.files[path::STATE_FILE]);
    step.files.insert(path::STATE_FILE.to_owned(), foreign.clone().into());
    let taken = own(step.take());
    assert_ne!(taken, warm);
    let (length, same) = (foreign.len(), |(one, other): &(&u8, &u8)| one == other);
    let end = foreign.iter().rev().zip(taken.iter().rev()).take_while(same).count();
    assert!(end > length / 8, "{end} of {length} bytes");

    step.files.insert(path::STATE_FILE.to_owned(), foreign[..length - 1].to_vec().into());
    assert_eq!(own(step.take()), warm, "what can't be read is not used");
}

/// Returns the same members compressed in another way than ours.
fn recompressed(file: &[u8]) -> Vec<u8> {
    let mut rest = file;
    let mut members = Vec::new();
    while !rest.is_empty() {
        let length = u32::from_le_bytes(*rest[16..].first_chunk().unwrap()) as usize;
        let member;
        (member, rest) = rest.split_at(length);
        let mut text = Vec::new();
        let mut decoder = flate2::bufread::GzDecoder::new(member);
        std::io::Read::read_to_end(&mut decoder, &mut text).unwrap();
        let mut stored = flate2::write::DeflateEncoder::new(vec![], flate2::Compression::none());
        std::io::Write::write_all(&mut stored, &text).unwrap();
        let stored = stored.finish().unwrap();
        members.extend_from_slice(&member[..16]);
        members.extend_from_slice(&(stored.len() as u32 + 28).to_le_bytes());
        members.extend_from_slice(&stored);
        members.extend_from_slice(&member[length - 8..]);
    }
    members
}

#[test]
fn files_of_another_encoder_or_another_text_are_not_used() {
    let mut original = Step::new();
    let cold = Step { files: BTreeMap::new(), ..original.clone() }.take();
    original.damage();
    let mut step = original.clone();
    step.encoders.0.values_mut().for_each(|name| name.push('!'));
    assert_eq!(step.take().files, cold.files);

    let mut step = original;
    let altered = |mut entry: IndexEntry| {
        if entry.path.ends_with("/Packages") {
            entry.sha256 = Sha256::of(b"the same stanzas in another order");
        }
        entry
    };
    step.release.files = step.release.files.into_iter().map(altered).collect();
    let indices = |suite: &Suite| suite.files[..3].to_vec();
    assert_eq!(indices(&step.take()), indices(&cold));
}

#[test]
fn useful_are_files_of_large_indices_that_are_built_again() {
    let mut step = Step::new();
    let paths = |step: &Step, desired: &Distribution| -> Vec<_> {
        step.predecessor().reusable(desired).into_iter().map(|entry| entry.path.clone()).collect()
    };
    let expected = ["gz", "xz", "zst"].map(|form| format!("main/binary-amd64/Packages.{form}"));
    assert_eq!(paths(&step, &step.after), expected);
    assert!(paths(&step, &step.before).is_empty(), "nothing is built again");
    step.encoders = Encoders::default();
    assert!(paths(&step, &step.after).is_empty(), "nobody knows what made them");
    let small = Step { before: distribution([widget()]), ..step };
    let suite = build(&small.before, None, &BTreeSet::new());
    let encoders = state(&suite).encoders;
    let small = Step { release: suite.release, encoders, ..small };
    assert!(paths(&small, &small.after).is_empty(), "it is small");
}

#[test]
fn contents_are_published_kept_and_given_up() {
    let without = distribution([widget()]);
    let with = Distribution { contents: true, ..without.clone() };
    let first = build(&with, None, &BTreeSet::new());
    let listed = |suite: &Suite| -> Vec<IndexEntry> {
        let files = suite.release.files.iter().filter(|entry| entry.path.contains("Contents-"));
        files.cloned().collect()
    };
    let paths: Vec<_> = listed(&first).into_iter().map(|entry| entry.path).collect();
    assert_eq!(paths, ["main/Contents-amd64", "main/Contents-amd64.gz"]);

    let mut spent = BTreeSet::new();
    let file = listed(&first).pop().unwrap();
    spent.insert(path::by_hash(&first.codename, &file.path, &file.sha256));
    let again = build(&with, None, &spent);
    assert_eq!(listed(&again)[0].size, listed(&first)[0].size + 1);

    let relabeled = Distribution { valid_for: Some(crate::time::Span::seconds(9)), ..with.clone() };
    let kept = build(&relabeled, Some((&with, &first.release)), &BTreeSet::new());
    assert_eq!(listed(&kept), listed(&first));
    assert!(kept.files.iter().all(|file| file.audience == Audience::Repoman));

    let off = build(&without, Some((&with, &first.release)), &BTreeSet::new());
    assert!(listed(&off).is_empty());
    spent.insert("dists/bookworm/main/Contents-amd64.gz".to_owned());
    assert_eq!(retired(&off), spent);
}

#[test]
fn only_another_newest_version_makes_contents_stale() {
    let [old, new, newer] = ["1.0", "2.0", "3.0"].map(|version| {
        let (mut id, mut package) = widget();
        id.version = version.parse().unwrap();
        package.file.sha256 = Sha256::of(version.as_bytes());
        (id, package)
    });
    let of = |packages: &[&(PackageId, Package)]| {
        let packages: Packages = packages.iter().copied().cloned().collect();
        Distribution { contents: true, ..distribution(packages) }
    };
    let before = of(&[&old, &new]);
    assert!(of(&[&new]).stale_contents(Some(&before)).is_empty());
    for changed in [of(&[&old]), of(&[&new, &newer]), of(&[])] {
        assert_eq!(changed.stale_contents(Some(&before)).len(), 1);
    }
    let draft = ContentsDraft::new(&of(&[&old]), Some(&before), before.stale_contents(None)[0]);
    assert_eq!(draft.new_files().collect::<Vec<_>>(), [&old.1.file]);
}

#[test]
fn another_form_leaves_the_files_of_the_others_as_they_are() {
    let before = distribution([widget()]);
    let compression: BTreeSet<_> = [Compression::None, Compression::Gzip, Compression::Xz].into();
    let after = Distribution { compression, ..before.clone() };
    let suite = build(&before, None, &BTreeSet::new());
    let next = build(&after, Some((&before, &suite.release)), &BTreeSet::new());
    let mut paths: Vec<_> = next.files.iter().map(|file| &*file.entry.path).collect();
    paths.sort_unstable();
    let index = "main/binary-amd64/Packages";
    assert_eq!(paths, [index, "main/binary-amd64/Packages.xz", "repoman/state.json.gz"]);
}
