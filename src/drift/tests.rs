//! Items from facts; what it takes to gather the facts is the stories' business.

use super::*;
use crate::apt::path;
use crate::digest::checksum::ChecksumSet;
use crate::report::{Drift, DriftKind, Severity};
use crate::sign::SignatureState;
use crate::store::{Etag, Key};
use crate::time::shifted;

const OURS: &str = "9A3F52C1E7B04D6688A1F0C2B7D19E35A1C4D04E";
const POOL: &str = "pool/w/widget/e3b0c44298fc1c14/widget_1.0_amd64.deb";

fn now() -> Timestamp {
    "2026-11-20T10:00:00Z".parse().unwrap()
}

fn codename() -> Codename {
    "bookworm".parse().unwrap()
}

fn expected() -> Expected {
    Expected {
        name: "acme".to_owned(),
        keys: [(OURS.parse().unwrap(), Some("release".to_owned()))].into(),
        declared: [codename()].into(),
        entries: BTreeMap::new(),
        unmanaged: KeyPatterns::default(),
        now: now(),
    }
}

fn key(fingerprint: &str, expires: Option<Timestamp>) -> PublicKey {
    PublicKey {
        name: String::new(),
        fingerprint: fingerprint.parse().unwrap(),
        user_id: "Acme".to_owned(),
        algorithm: "ed25519".to_owned(),
        created: Timestamp::UNIX_EPOCH,
        expires,
        signing: None,
        valid_from: Timestamp::UNIX_EPOCH,
    }
}

fn signed(fingerprint: &str, state: SignatureState) -> Signature {
    Signature::By(vec![SignatureStatus {
        issuer: fingerprint.to_owned(),
        fingerprint: fingerprint.parse().ok(),
        signing_key: None,
        made_at: None,
        state,
    }])
}

/// Returns the facts of a distribution that lists one package file, and of nothing else.
///
/// It has no state that could be read: what hangs on one is told by the stories.
fn facts(signature: Signature) -> Facts {
    let release = "Suite: stable\nCodename: bookworm\nDate: Fri, 20 Nov 2026 09:00:00 UTC\n\
                   Architectures: amd64\nComponents: main\nSHA256:\n";
    let digest = Sha256::of(b"");
    let release = Release::parse(&format!("{release} {digest} 0 repoman/state.json\n"));
    let file =
        FileFields { filename: POOL.into(), size: 7, sha256: digest, checksums: ChecksumSet::NONE };
    let distribution = DistributionFacts {
        key: path::in_release(&codename()),
        object: Object { bytes: Bytes::new(), etag: Etag::new("1"), last_modified: now() },
        signature,
        release: Ok(release.unwrap()),
        state: None,
        files: Vec::new(),
        packages: [("main/amd64".to_owned(), vec![file])].into(),
        copies: Copies::Current,
        seal: Seal::Unchecked,
    };
    let mut facts = Facts {
        keyring: Keyring::Keys(vec![key(OURS, None)]),
        distributions: [(codename(), distribution)].into(),
        ..Facts::default()
    };
    put(&mut facts, POOL, 7);
    facts
}

fn good() -> Facts {
    facts(signed(OURS, SignatureState::Good))
}

fn put(facts: &mut Facts, name: &str, size: u64) {
    let key = Key::found(name).unwrap();
    let entry = Entry { key, size, etag: Etag::new("1"), last_modified: now() };
    facts.objects.insert(name.to_owned(), entry);
}

fn found(facts: &Facts) -> Vec<(Severity, DriftKind)> {
    let Drift { items, .. } = judge(facts, &expected());
    items.iter().map(|item| (item.severity, item.kind)).collect()
}

#[test]
fn nothing_wrong_is_nothing_found() {
    assert_eq!(found(&good()), []);
    assert_eq!(found(&Facts::default()), []);
}

#[test]
fn only_a_key_of_the_manifest_vouches_and_a_bad_signature_outweighs_it() {
    let security = |kind| vec![(Severity::Security, kind)];
    let stranger = OURS.replace('9', "8");
    let cases = [
        (signed(OURS, SignatureState::Bad), DriftKind::BadSignature),
        (signed(OURS, SignatureState::Revoked), DriftKind::UnknownSigner),
        (signed(OURS, SignatureState::UnknownKey), DriftKind::UnknownSigner),
        (signed(&stranger, SignatureState::Good), DriftKind::UnknownSigner),
        (Signature::By(Vec::new()), DriftKind::UnknownSigner),
        (Signature::Malformed("no end"), DriftKind::BadSignature),
        (Signature::Unverifiable, DriftKind::Unverifiable),
        (Signature::Absent, DriftKind::Unsigned),
    ];
    for (signature, kind) in cases {
        assert_eq!(found(&facts(signature.clone())), security(kind), "{signature:?}");
    }
    let expired = facts(signed(OURS, SignatureState::Expired));
    assert_eq!(found(&expired), [(Severity::Breaking, DriftKind::SignatureExpired)]);
}

#[test]
fn the_keyring_holds_what_signs_and_nothing_else() {
    let mut facts = good();
    let stranger = OURS.replace('9', "8");
    facts.keyring = Keyring::Keys(vec![key(&stranger, None)]);
    let both =
        [(Severity::Security, DriftKind::StrayKey), (Severity::Breaking, DriftKind::KeyMissing)];
    assert_eq!(found(&facts), both);
    facts.keyring = Keyring::Unreadable;
    assert_eq!(found(&facts), [(Severity::Breaking, DriftKind::Unreadable)]);
    facts.keyring = Keyring::Missing;
    assert_eq!(found(&facts), [(Severity::Breaking, DriftKind::Missing)]);
}

#[test]
fn keys_are_told_thirty_days_before_their_end_and_releases_in_their_last_quarter() {
    let day = 86_400;
    for (days, is_told) in [(-1, true), (29, true), (31, false)] {
        let mut facts = good();
        facts.keyring = Keyring::Keys(vec![key(OURS, Some(shifted(now(), days * day)))]);
        let item = (Severity::Expiring, DriftKind::KeyExpires);
        assert_eq!(found(&facts).contains(&item), is_told, "{days}");
    }
    let near = [(-1, Some(Severity::Breaking)), (4, Some(Severity::Expiring)), (5, None)];
    for (days, severity) in near {
        let mut facts = good();
        let distribution = facts.distributions.get_mut(&codename()).unwrap();
        let release = distribution.release.as_mut().unwrap();
        release.valid_until = Some(shifted(now(), days * day));
        release.date = shifted(now(), (days - 16) * day);
        let items: Vec<_> = severity.map(|s| (s, DriftKind::ValidUntil)).into_iter().collect();
        assert_eq!(found(&facts), items, "{days}");
    }
}

#[test]
fn package_files_are_held_against_the_listing_and_the_digests() {
    let breaking = |kind| [(Severity::Breaking, kind)];
    let mut facts = good();
    facts.digests.insert(POOL.to_owned(), Sha256::of(b"other"));
    assert_eq!(found(&facts), breaking(DriftKind::Altered));
    put(&mut facts, POOL, 8);
    assert_eq!(found(&facts), breaking(DriftKind::Altered), "one item for one object");
    facts.objects.clear();
    assert_eq!(found(&facts), breaking(DriftKind::Missing));
    let item = &judge(&facts, &expected()).items[0];
    assert_eq!(item.referenced_by, ["bookworm/main/amd64".to_owned()].into());
}

#[test]
fn names_that_nothing_here_writes_are_unexpected_unless_an_index_lists_them() {
    let mut facts = good();
    put(&mut facts, "index.html", 1);
    put(&mut facts, "pool/x/y/0123456789abcdef/orphan_1.0_all.deb", 1);
    facts.unlistable = vec!["a//b".to_owned()];
    let unexpected = (Severity::Cosmetic, DriftKind::Unexpected);
    assert_eq!(found(&facts), [unexpected, unexpected]);
    let distribution = facts.distributions.get_mut(&codename()).unwrap();
    let files = distribution.packages.get_mut("main/amd64").unwrap();
    files.push(FileFields {
        filename: "index.html".into(),
        size: 1,
        sha256: Sha256::of(b""),
        checksums: ChecksumSet::NONE,
    });
    assert_eq!(found(&facts), [unexpected]);
}

#[test]
fn what_is_unmanaged_is_passed_over_unless_an_index_lists_it() {
    let text = "format = 1\nrepository.name = \"acme\"\nsigning.keys = []\n\
                store = { url = \"file:///srv\", unmanaged = [\"index.html\", \"old/**\", \"pool/**\"] }\n\
                distribution.bookworm = { components = [\"main\"], architectures = [\"amd64\"] }\n";
    let unmanaged = crate::manifest::parse(text).unwrap().manifest.store.unmanaged;
    let expected = Expected { unmanaged, ..expected() };
    let mut facts = good();
    put(&mut facts, "index.html", 1);
    put(&mut facts, "old/a/b.deb", 1);
    assert_eq!(judge(&facts, &expected).items, []);
    put(&mut facts, "about/index.html", 1);
    assert_eq!(judge(&facts, &expected).items.len(), 1);
    facts.objects.remove(POOL);
    let kinds = judge(&facts, &expected).items.into_iter().map(|item| item.kind);
    assert_eq!(kinds.collect::<Vec<_>>(), [DriftKind::Missing, DriftKind::Unexpected]);
}

#[test]
fn a_distribution_is_missed_only_if_it_was_published() {
    let mut facts = Facts::default();
    put(&mut facts, &path::history(&codename(), 1, &Sha256::of(b"")), 1);
    assert_eq!(found(&facts), [(Severity::Breaking, DriftKind::Missing)]);
}

#[test]
fn another_tool_s_distribution_matters_where_ours_should_be() {
    let mut facts = facts(signed("", SignatureState::UnknownKey));
    let mut distribution = facts.distributions.remove(&codename()).unwrap();
    distribution.release.as_mut().unwrap().files.clear();
    distribution.packages.clear();
    facts.objects.clear();
    facts.distributions.insert("sid".parse().unwrap(), distribution.clone());
    assert_eq!(found(&facts), [(Severity::Cosmetic, DriftKind::NotMine)]);
    facts.distributions = [(codename(), distribution)].into();
    let both =
        [(Severity::Security, DriftKind::UnknownSigner), (Severity::Breaking, DriftKind::NotMine)];
    assert_eq!(found(&facts), both);
}
