//! The signing keys, as values and as a JSON document (`keys --json`).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::debian::suite::Codename;
use crate::fingerprint::Fingerprint;
use crate::report::Document;
use crate::time::{Span, Timestamp};

/// A key that signs, or is to sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRecord {
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
    /// What the manifest calls it, if it signs by the manifest.
    pub name: Option<String>,
    /// What the published keyring says of it.
    pub public: Option<PublicRecord>,
    /// What it signs, and since when.
    pub since: BTreeMap<Codename, Timestamp>,
    /// When it may leave.
    pub leave: Leave,
}

/// What a keyring says of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicRecord {
    /// The first user id, as it is in the key: not safe to print as it is.
    pub user_id: String,
    /// The algorithm of the primary key: `ed25519`, `rsa4096`.
    pub algorithm: String,
    /// When the primary key was made.
    pub created: Timestamp,
    /// When the primary key ends, if ever.
    pub expires: Option<Timestamp>,
}

/// When a key may leave without a danger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    /// At any time: it signs nothing.
    Idle,
    /// Not yet: of what it signs, something is signed by no other key that is to stay.
    Alone,
    /// From then on.
    From {
        /// When the successor will have signed for long enough.
        at: Timestamp,
        /// The key that does.
        successor: Fingerprint,
    },
}

/// `keys --json`: kind `repoman.keys`, format 1.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct KeysDocument {
    kind: &'static str,
    format_version: &'static str,
    /// For how many seconds a key has to sign beside another one that is to leave.
    overlap: u64,
    /// Those of the manifest, in its order; then those that sign and are not in it any more.
    keys: Vec<KeyDocument>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct KeyDocument {
    fingerprint: String,
    /// What the manifest calls it; nothing if it is to sign no more.
    name: Option<String>,
    /// What the published keyring says of it; nothing if it is not there.
    public: Option<PublicDocument>,
    /// Since when it signs each distribution without a break, in RFC 3339, by codename.
    signs: BTreeMap<String, String>,
    leave: LeaveDocument,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct PublicDocument {
    user_id: String,
    /// `ed25519`, `rsa4096`.
    algorithm: String,
    /// RFC 3339.
    created: String,
    /// RFC 3339; nothing if it never does.
    expires: Option<String>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct LeaveDocument {
    /// `idle`: it signs nothing. `alone`: no other key that is to stay signs all that it signs.
    /// `from`: it may leave at a time, which may have passed.
    status: &'static str,
    /// That time, in RFC 3339.
    at: Option<String>,
    /// The fingerprint of the key that will have signed for long enough by then.
    successor: Option<String>,
}

impl KeysDocument {
    /// Returns the document of keys, `overlap` being how long a successor has to sign.
    pub fn new(keys: &[KeyRecord], overlap: Span) -> Self {
        let (kind, format_version) = ("repoman.keys", "1.0");
        let overlap = overlap.as_seconds();
        Self { kind, format_version, overlap, keys: keys.iter().map(KeyDocument::new).collect() }
    }
}

impl Document for KeysDocument {
    const NAME: &'static str = "keys";
}

impl KeyDocument {
    fn new(key: &KeyRecord) -> Self {
        let since = key.since.iter();
        Self {
            fingerprint: key.fingerprint.to_string(),
            name: key.name.clone(),
            public: key.public.as_ref().map(PublicDocument::new),
            signs: since.map(|(codename, at)| (codename.to_string(), at.to_string())).collect(),
            leave: LeaveDocument::new(key.leave),
        }
    }
}

impl PublicDocument {
    fn new(public: &PublicRecord) -> Self {
        Self {
            user_id: public.user_id.clone(),
            algorithm: public.algorithm.clone(),
            created: public.created.to_string(),
            expires: public.expires.map(|at| at.to_string()),
        }
    }
}

impl LeaveDocument {
    fn new(leave: Leave) -> Self {
        let (status, from) = match leave {
            Leave::Idle => ("idle", None),
            Leave::Alone => ("alone", None),
            Leave::From { at, successor } => ("from", Some((at, successor))),
        };
        Self {
            status,
            at: from.map(|(at, _)| at.to_string()),
            successor: from.map(|(_, successor)| successor.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_leave_has_its_word_and_only_a_time_has_a_successor() {
        let successor: Fingerprint = "A".repeat(40).parse().unwrap();
        let at: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        let words = [Leave::Idle, Leave::Alone, Leave::From { at, successor }].map(|leave| {
            let LeaveDocument { status, at, successor } = LeaveDocument::new(leave);
            (status, at.is_some(), successor.map(|it| it.len()))
        });
        assert_eq!(
            words,
            [("idle", false, None), ("alone", false, None), ("from", true, Some(40))]
        );
    }
}
