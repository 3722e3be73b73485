//! Tests of states and their files.

use super::*;
use crate::apt::release::Identity;

fn state() -> State {
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
        contents: false,
        valid_for: Some(Span::seconds(1_209_600)),
        signed_by: vec![],
        components: BTreeMap::new(),
        component_order: vec![],
        remembered: Memory::new(),
    };
    State::new(publication, "bookworm".into(), &distribution)
}

#[test]
fn what_was_written_is_read_back() {
    assert_eq!(State::parse(&state().to_bytes()).unwrap(), state());
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
