//! Tests of states and their files.

use super::*;
use crate::apt::packages::FileFields;
use crate::apt::release::Identity;
use crate::digest::checksum::ChecksumSet;

fn state() -> State {
    state_of(Packages::new())
}

fn state_of(packages: Packages) -> State {
    let publication = Publication {
        tool: "repoman 0.1.0".into(),
        repository: "acme-apt".into(),
        generation: 2,
        parent: Some(Parent { generation: 1, in_release: Sha256::of(b"1") }),
        writer: "c0ffee".into(),
        manifest: ManifestRecord { sha256: Sha256::of(b""), git_commit: None },
        plan: None,
        rollback_of: None,
        allowed: BTreeMap::new(),
        purge_after: 7200,
        history: Vec::new(),
        retired: Retired { waiting: [("a".to_owned(), None)].into(), ..Retired::default() },
        signing_since: BTreeMap::new(),
    };
    let distribution = Distribution {
        identity: Identity::default(),
        architectures: vec![],
        compression: BTreeSet::from([Compression::Xz]),
        hashes: ChecksumSet::NONE,
        contents: false,
        valid_for: Some(Span::seconds(1_209_600)),
        signed_by: vec![],
        components: [("main".parse().unwrap(), packages)].into(),
        component_order: vec![],
        remembered: Memory::new(),
    };
    let origins = Origins::of(&distribution);
    State::new(publication, "bookworm".into(), &distribution, origins)
}

/// Returns packages of these names, each in two versions whose texts are in the other order.
fn packages(names: impl Iterator<Item = u32>) -> Packages {
    let both = names.flat_map(|name| [(name, "1.9"), (name, "1.10")]);
    let package = |(name, version): (u32, &str)| {
        let id = PackageId {
            name: format!("widget-{name:05}").parse().unwrap(),
            version: version.parse().unwrap(),
            architecture: "amd64".parse().unwrap(),
        };
        let file = FileFields {
            filename: "pool/w".into(),
            size: 1,
            sha256: Sha256::of(b""),
            checksums: ChecksumSet::NONE,
        };
        let provenance = Provenance {
            sources: Arc::default(),
            published_at: Timestamp::UNIX_EPOCH,
            superseded_at: None,
        };
        (id, Package { stanza: "Package: widget\n".into(), file, provenance })
    };
    both.map(package).collect()
}

#[test]
fn what_was_written_is_read_back() {
    for state in [state(), state_of(packages(0..3))] {
        assert_eq!(State::parse(&state.to_bytes()).unwrap(), state);
    }
}

#[test]
fn each_package_has_a_line_in_the_order_of_their_texts() {
    let text = String::from_utf8(state_of(packages(0..2)).to_bytes()).unwrap();
    let lines: Vec<_> = text.lines().filter(|line| line.contains("widget")).collect();
    let ids = lines.iter().map(|line| line.split('"').nth(1).unwrap());
    let expected = ["00000 1.10", "00000 1.9", "00001 1.10", "00001 1.9"];
    assert!(ids.eq(expected.map(|id| format!("widget-{id} amd64"))), "{text}");
}

#[test]
fn a_package_that_comes_changes_few_parts() {
    let [before, after] =
        [(0..5_000).filter(|name| *name != 2_500).collect(), (0..5_000).collect::<Vec<_>>()];
    let [before, after] =
        [before, after].map(|names| state_of(packages(names.into_iter())).to_bytes());
    let [old, new] = [&before, &after].map(|text| parts(text));
    assert_eq!(new.iter().map(|part| part.text).collect::<Vec<_>>().concat(), after);
    assert!(new.len() > 200, "{}", new.len());
    let kept = new.iter().filter(|part| old.contains(part)).count();
    assert!(kept + 3 >= new.len(), "{kept} of {}", new.len());
    let text = b"{\"packages\":{}}";
    assert_eq!(parts(text), [crate::compression::Part { text, mark: None }]);
}

#[test]
fn a_state_from_before_anything_was_retired_is_read() {
    let mut older: serde_json::Value = serde_json::from_slice(&state().to_bytes()).unwrap();
    for later in ["purge_after", "history", "retired", "valid_for", "signing_since"] {
        assert!(older.as_object_mut().unwrap().remove(later).is_some());
    }
    let read = State::parse(older.to_string().as_bytes()).unwrap();
    assert_eq!((read.retired, read.history), (Retired::default(), vec![]));
    assert_eq!(read.purge_after, 604_800);
}

#[test]
fn an_encoder_of_another_name_is_not_ours() {
    let own = compression::encoder(Compression::Xz).unwrap().to_owned();
    let other = own.replace("xz", "XZ");
    let encoders = [("own.xz", own), ("other.xz", other)];
    let encoders = encoders.map(|(path, name)| (path.to_owned(), name));
    let state = State { encoders: Encoders(encoders.into()), ..state() };
    let are_ours = ["own.xz", "other.xz", "unknown.xz"]
        .map(|path| state.encoders.are_ours(path, Compression::Xz));
    assert_eq!(are_ours, [true, false, false]);
    assert_eq!(State::parse(&state.to_bytes()).unwrap(), state);
}

#[test]
fn a_newer_format_is_refused() {
    let newer = State { format_version: "2.0".into(), ..state() };
    assert!(matches!(State::parse(&newer.to_bytes()), Err(StateError::Newer { .. })));
}

#[test]
fn a_newer_minor_version_is_read() {
    let newer = State { format_version: "1.7".into(), ..state() };
    assert!(State::parse(&newer.to_bytes()).is_ok());
}
