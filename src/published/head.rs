//! The current generation of a distribution, and where it is found.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::apt::path;
use crate::apt::release::Release;
use crate::debian::suite::Codename;
use crate::digest::Sha256;
use crate::plan::{Base, Copies, PushRules, Seniority, Standing, Validity};
use crate::snapshot::retired::Ancestor;
use crate::snapshot::state::State;
use crate::store::{Entry, Etag};
use crate::time::Timestamp;

/// The current generation of a distribution.
#[derive(Debug, Clone)]
pub struct Head {
    /// The object that decides: InRelease, or Release where the distribution is unsigned.
    pub key: String,
    /// Its version, which a swap has to name.
    pub etag: Etag,
    /// Its bytes.
    pub bytes: Bytes,
    /// Their digest.
    pub sha256: Sha256,
    /// When the store says that it was written.
    pub last_modified: Timestamp,
    /// The Release file in it.
    pub release: Release,
    /// The state file that it lists.
    pub state: State,
}

impl Head {
    /// Returns the generation that a plan on it starts from.
    pub fn base(&self) -> Base {
        Base { generation: self.state.generation, inrelease_sha256: self.sha256 }
    }

    /// Returns how it stands if nothing has to be done about it.
    pub fn standing(&self, at: Timestamp) -> Standing {
        let (copies, rules) = (Copies::Current, PushRules::Recorded);
        let (validity, since) = (Validity::Unlimited, self.seniority());
        Standing { base: self.base(), copies, rules, validity, since, later: None, at }
    }

    /// Returns since when which keys have signed without a break, at the latest.
    ///
    /// States of earlier versions don't tell: there it is known of this generation only.
    pub fn seniority(&self) -> Seniority {
        if !self.key.ends_with("/InRelease") {
            return Seniority::new();
        }
        let since = |key: &String| {
            let recorded = self.state.signing_since.get(key);
            let recorded = recorded.and_then(|second| Timestamp::from_second(*second).ok());
            Some((key.parse().ok()?, recorded.unwrap_or(self.release.date)))
        };
        self.state.signed_by.iter().filter_map(since).collect()
    }

    /// Returns how it stands with regard to its `Valid-Until`.
    pub fn validity(&self, now: Timestamp) -> Validity {
        Validity::of(self.release.date, self.release.valid_until, now)
    }

    /// Returns what is kept of this generation when another one has replaced it.
    pub fn ancestor(&self) -> Ancestor {
        let files = self.release.files.iter().filter(|file| file.path.starts_with(path::STATE));
        let state = files.max_by_key(|file| file.path != path::STATE);
        let state = state.expect("a head has a state, which its Release lists");
        Ancestor { generation: self.state.generation, in_release: self.sha256, state: state.sha256 }
    }
}

/// The object that decides what is published of a distribution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitPoint {
    /// The distribution.
    pub codename: Codename,
    /// The key: InRelease, or Release where there is none.
    pub key: String,
}

/// Returns the commit points among the keys under `dists/`: each InRelease, and each Release
/// without one beside it, as an unsigned distribution has it.
pub fn commit_points(objects: &BTreeMap<String, Entry>) -> Vec<CommitPoint> {
    let point = |key: &String| {
        let (directory, file) = key.strip_prefix(path::DISTS)?.rsplit_once('/')?;
        let decides = match file {
            "InRelease" => true,
            // Other tools write a Release file into each directory of an index, too.
            "Release" => {
                !directory.contains("/binary-")
                    && !directory.ends_with("/source")
                    && !objects.contains_key(&format!("{}{directory}/InRelease", path::DISTS))
            }
            _ => false,
        };
        let codename = directory.parse().ok().filter(|_| decides)?;
        Some(CommitPoint { codename, key: key.clone() })
    };
    objects.keys().filter_map(point).collect()
}
