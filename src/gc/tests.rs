//! What is due, spent or nobody's, by times and by what several distributions say.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::apt::packages::FileFields;
use crate::apt::path;
use crate::apt::release::{Identity, IndexEntry, Release};
use crate::compression::Compression;
use crate::debian::suite::Codename;
use crate::digest::Sha256;
use crate::digest::checksum::ChecksumSet;
use crate::published::{Head, Headless, Published, Sight};
use crate::snapshot::retired::Retired;
use crate::snapshot::state::{ManifestRecord, Origins, Publication, State};
use crate::snapshot::{Distribution, Package, PackageId, Provenance, Snapshot};
use crate::store::{Entry, Etag, Key};
use crate::time::{Span, Timestamp};

const HOUR: i64 = 3600;
const WIDGET: &str = "pool/w/widget/0123456789abcdef/widget_1.0_amd64.deb";
const GADGET: &str = "pool/g/gadget/0123456789abcdef/gadget_1.0_amd64.deb";

/// A distribution, as far as sweeping goes by it.
#[derive(Debug, Clone)]
struct Side {
    codename: &'static str,
    named: Vec<&'static str>,
    waiting: Vec<(&'static str, Option<i64>)>,
    swept: Vec<&'static str>,
    committed: i64,
    hours: u64,
}

fn side(codename: &'static str) -> Side {
    let (named, waiting, swept) = (vec![], vec![], vec![]);
    Side { codename, named, waiting, swept, committed: 0, hours: 2 }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn distribution(side: &Side) -> Distribution {
    let package = |(number, key): (usize, &&str)| {
        let id = PackageId {
            name: "widget".parse().unwrap(),
            version: format!("{number}").parse().unwrap(),
            architecture: "amd64".parse().unwrap(),
        };
        let provenance =
            Provenance { sources: Default::default(), published_at: at(0), superseded_at: None };
        let file = FileFields {
            filename: (*key).into(),
            size: 1,
            sha256: Sha256::of(b""),
            checksums: ChecksumSet::NONE,
        };
        (id, Package { stanza: "".into(), file, provenance })
    };
    let packages = side.named.iter().enumerate().map(package).collect();
    Distribution {
        identity: Identity::default(),
        architectures: vec!["amd64".parse().unwrap()],
        compression: [Compression::Gzip].into(),
        hashes: ChecksumSet::NONE,
        contents: false,
        valid_for: None,
        signed_by: vec![],
        components: [("main".parse().unwrap(), packages)].into(),
        component_order: vec!["main".parse().unwrap()],
        remembered: Default::default(),
    }
}

fn head(side: &Side, distribution: &Distribution) -> Head {
    let marks =
        |keys: &[(&str, Option<i64>)]| keys.iter().map(|(key, at)| ((*key).into(), *at)).collect();
    let swept: Vec<_> = side.swept.iter().map(|key| (*key, None)).collect();
    let publication = Publication {
        tool: "test".into(),
        repository: "acme".into(),
        generation: 1,
        parent: None,
        writer: "writer".into(),
        manifest: ManifestRecord { sha256: Sha256::of(b""), git_commit: None },
        plan: None,
        rollback_of: None,
        allowed: BTreeMap::new(),
        purge_after: side.hours * 3600,
        history: vec![],
        retired: Retired { waiting: marks(&side.waiting), swept: marks(&swept) },
        signing_since: Default::default(),
    };
    let entry = |path: &str| IndexEntry {
        path: path.to_owned(),
        size: 1,
        sha256: Sha256::of(b"index"),
        md5: None,
    };
    Head {
        key: format!("dists/{}/InRelease", side.codename),
        etag: Etag::new("1"),
        bytes: Bytes::new(),
        sha256: Sha256::of(side.codename.as_bytes()),
        last_modified: at(side.committed),
        release: Release {
            identity: Identity::default(),
            date: at(0),
            valid_until: None,
            architectures: vec![],
            components: vec![],
            files: vec![entry("main/binary-amd64/Packages.gz"), entry("repoman/state.json.gz")],
        },
        state: State::new(
            publication,
            side.codename.to_owned(),
            distribution,
            Origins::of(distribution),
        ),
    }
}

fn published(sides: &[Side]) -> Published {
    let mut snapshot = Snapshot::default();
    let mut heads = BTreeMap::new();
    for side in sides {
        let (codename, content) = (side.codename.parse::<Codename>().unwrap(), distribution(side));
        heads.insert(codename.clone(), head(side, &content));
        snapshot.distributions.insert(codename, content);
    }
    let (objects, files, lost) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    Published {
        snapshot,
        heads,
        objects,
        files,
        keyring: None,
        texts: Default::default(),
        lost,
        sight: Sight::begin(at(0)),
    }
}

/// Returns what is due at a time; the manifest says two hours.
fn due(sides: &[Side], now: i64) -> Vec<String> {
    let given_up = GivenUp::new(&published(sides), Span::seconds(7200));
    given_up.due(at(now)).map(|(key, _)| key.clone()).collect()
}

fn spent(sides: &[Side], now: i64) -> Vec<String> {
    let given_up = GivenUp::new(&published(sides), Span::seconds(7200));
    given_up.spent(at(now)).into_iter().collect()
}

#[tokio::test]
async fn a_name_is_spent_at_half_its_time_and_due_at_the_end_of_it() {
    let sides = [Side { waiting: vec![(WIDGET, Some(HOUR))], ..side("bookworm") }];
    assert_eq!(spent(&sides, 2 * HOUR - 1), [""; 0]);
    assert_eq!(spent(&sides, 2 * HOUR), [WIDGET]);
    assert_eq!(due(&sides, 3 * HOUR - 1), [""; 0]);
    assert_eq!(due(&sides, 3 * HOUR), [WIDGET]);
    let just_now =
        [Side { waiting: vec![(WIDGET, None)], committed: 5 * HOUR, ..side("bookworm") }];
    assert_eq!((due(&just_now, 7 * HOUR - 1).len(), due(&just_now, 7 * HOUR).len()), (0, 1));
}

#[tokio::test]
async fn the_last_distribution_that_gave_a_name_up_decides_and_one_that_names_it_keeps_it() {
    let old = Side { waiting: vec![(WIDGET, Some(0))], ..side("bookworm") };
    let alone = std::slice::from_ref(&old);
    let young = Side { waiting: vec![(WIDGET, Some(HOUR))], ..side("trixie") };
    let naming = Side { named: vec![WIDGET], ..side("trixie") };
    assert_eq!(due(alone, 2 * HOUR), [WIDGET]);
    assert_eq!(due(&[old.clone(), young.clone()], 2 * HOUR), [""; 0]);
    assert_eq!(due(&[old.clone(), young], 3 * HOUR), [WIDGET]);
    assert_eq!(due(&[old.clone(), naming.clone()], 99 * HOUR), [""; 0]);
    assert_eq!(spent(&[old, naming], 99 * HOUR), [""; 0]);
}

#[tokio::test]
async fn distributions_that_say_other_times_are_held_to_the_safe_ones() {
    let waiting = vec![(WIDGET, Some(0))];
    let sides =
        [Side { waiting, hours: 10, ..side("bookworm") }, Side { hours: 4, ..side("trixie") }];
    assert_eq!((due(&sides, 10 * HOUR - 1).len(), due(&sides, 10 * HOUR).len()), (0, 1));
    assert_eq!((spent(&sides, HOUR - 1).len(), spent(&sides, HOUR).len()), (0, 1));
    let forged = [Side { waiting: vec![(WIDGET, Some(0))], hours: 0, ..side("bookworm") }];
    assert_eq!((due(&forged, 2 * HOUR - 1).len(), due(&forged, 2 * HOUR).len()), (0, 1));
}

#[tokio::test]
async fn what_was_deleted_is_spent_and_deleted_again_only_for_who_has_not_marked_it() {
    let marked = Side { swept: vec![WIDGET], ..side("bookworm") };
    let unmarked = Side { waiting: vec![(WIDGET, Some(0))], ..side("trixie") };
    let alone = std::slice::from_ref(&marked);
    assert_eq!(spent(alone, 0), [WIDGET]);
    assert_eq!(due(alone, 99 * HOUR), [""; 0]);
    assert_eq!(due(&[marked, unmarked], 99 * HOUR), [WIDGET]);
}

#[tokio::test]
async fn a_state_can_t_have_anything_deleted_that_decides() {
    let digest = Sha256::of(b"");
    let manifest = path::manifest(&digest);
    let keys: Vec<&'static str> = vec![
        "dists/bookworm/InRelease",
        "dists/bookworm/Release",
        "dists/bookworm/Release.gpg",
        "acme.asc",
        "index.html",
        ".repoman/store.json",
        manifest.leak(),
    ];
    let waiting = keys.into_iter().map(|key| (key, Some(0))).collect();
    assert_eq!(due(&[Side { waiting, ..side("sid") }], 99 * HOUR), [""; 0]);
}

fn entry(key: &str) -> Entry {
    Entry { key: Key::found(key).unwrap(), size: 1, etag: Etag::new("1"), last_modified: at(0) }
}

fn nobodys(sides: &[Side], keys: &[&str]) -> Result<Vec<(String, String)>, Headless> {
    let published = published(sides);
    let given_up = GivenUp::new(&published, Span::seconds(7200));
    let listing: Vec<_> = keys.iter().map(|key| entry(key)).collect();
    let orphans = orphans(&published, &given_up, &listing)?;
    let pair = |codename: &Codename, entry: &Entry| (codename.to_string(), entry.key.to_string());
    let orphans = orphans.iter();
    Ok(orphans.flat_map(|(name, list)| list.iter().map(move |entry| pair(name, entry))).collect())
}

#[tokio::test]
async fn orphans_have_our_form_and_fall_to_the_distribution_that_they_lie_in() {
    let hash = Sha256::of(b"other").to_string();
    let empty = Sha256::of(b"").to_string();
    let index = |codename: &str, hash: &str| {
        format!("dists/{codename}/main/binary-amd64/by-hash/SHA256/{hash}")
    };
    let named = index("bookworm", &Sha256::of(b"index").to_string());
    let (own, other) = (index("bookworm", &hash), index("bookworm/updates", &hash));
    let free = index("bookworm", &empty);
    let sides = [
        Side { named: vec![WIDGET], ..side("bookworm") },
        Side {
            waiting: vec![("pool/a/a/0123456789abcdef/a.deb", None)],
            ..side("bookworm/updates")
        },
    ];
    let keys = [
        WIDGET,
        GADGET,
        "pool/a/a/0123456789abcdef/a.deb",
        "pool/main/s/stranger/stranger_1.0_all.deb",
        "dists/bookworm/InRelease",
        "index.html",
        &named,
        &own,
        &other,
        &free,
    ];
    let expected = [("bookworm", GADGET), ("bookworm", &own), ("bookworm/updates", &other)];
    let expected = expected.map(|(name, key)| (name.to_owned(), key.to_owned()));
    let found: BTreeSet<_> = nobodys(&sides, &keys).unwrap().into_iter().collect();
    assert_eq!(found, BTreeSet::from(expected));
    assert_eq!(nobodys(&[], &keys).unwrap(), []);
}

#[tokio::test]
async fn records_without_their_distribution_stop_the_search() {
    let record = path::history(&"trixie".parse().unwrap(), 2, &Sha256::of(b""));
    let headless = nobodys(&[side("bookworm")], &[&record]).unwrap_err();
    assert_eq!((headless.codename.as_str(), headless.key.as_str()), ("trixie", record.as_str()));
    assert!(nobodys(&[side("trixie")], &[&record]).is_ok());
}

#[tokio::test]
async fn parts_of_a_distribution_without_its_commit_point_are_found_in_the_listing() {
    let mut published = published(&[side("bookworm")]);
    let state =
        |codename: &str| path::by_hash(&codename.parse().unwrap(), path::STATE, &Sha256::of(b""));
    published.objects.insert(state("bookworm"), entry(&state("bookworm")));
    assert_eq!(published.headed(), Ok(()));
    published.objects.insert(state("trixie"), entry(&state("trixie")));
    assert_eq!(published.headed().unwrap_err().codename, "trixie");
    published.objects = [("dists/sid/InRelease".to_owned(), entry("dists/sid/InRelease"))].into();
    assert_eq!(published.headed().unwrap_err().codename, "sid");
}

/// What two distributions may say of three names: named, waiting since, or swept.
fn sides() -> impl Strategy<Value = Vec<Side>> {
    const NAMES: [&str; 3] = [WIDGET, GADGET, "pool/a/a/0123456789abcdef/a.deb"];
    let word = prop_oneof![
        Just(None),
        Just(Some(None)),
        (0..10 * HOUR).prop_map(|since| Some(Some(since))),
        Just(Some(Some(-1))),
    ];
    let one = (proptest::collection::vec(word, 3), 2_u64..6);
    proptest::collection::vec(one, 2).prop_map(|all| {
        let codenames = ["bookworm", "trixie"].into_iter();
        codenames
            .zip(all)
            .map(|(codename, (words, hours))| {
                let mut side = Side { hours, ..side(codename) };
                for (name, word) in NAMES.into_iter().zip(words) {
                    match word {
                        None => {}
                        Some(None) => side.named.push(name),
                        Some(Some(-1)) => side.swept.push(name),
                        Some(since) => side.waiting.push((name, since)),
                    }
                }
                side
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn nothing_is_due_that_is_named_or_could_be_named_again_within_an_hour(
        sides in sides(), now in 0..20 * HOUR
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let _guard = runtime.enter();
        let before: BTreeSet<_> = spent(&sides, now - HOUR).into_iter().collect();
        for key in due(&sides, now) {
            prop_assert!(sides.iter().all(|side| !side.named.contains(&key.as_str())));
            prop_assert!(before.contains(&key), "{key} could be named again an hour ago");
        }
        let later: BTreeSet<_> = due(&sides, now + HOUR).into_iter().collect();
        prop_assert!(due(&sides, now).iter().all(|key| later.contains(key)));
    }
}
