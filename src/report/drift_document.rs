//! Drift: where the store differs from what is published, and its document (`drift --json`).

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::debian::suite::Codename;
use crate::plan::{Base, Plan};
use crate::report::Document;
use crate::report::plan_document::SummaryDocument;

/// How much a difference matters; the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Nobody can vouch for what clients get.
    Security,
    /// Clients fail, now.
    Breaking,
    /// Clients will fail if nobody acts.
    Expiring,
    /// Nothing that clients with by-hash notice.
    Cosmetic,
}

/// What is wrong with an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DriftKind {
    /// A commit point is not what a known key signed.
    BadSignature,
    /// A commit point is not signed by a key of the manifest.
    UnknownSigner,
    /// A plain Release stands where the manifest names keys.
    Unsigned,
    /// A signature can't be verified for want of a keyring.
    Unverifiable,
    /// All that signed a commit point has expired.
    SignatureExpired,
    /// The published keyring has a key that neither the manifest nor a distribution names.
    StrayKey,
    /// The published keyring lacks a key that signs.
    KeyMissing,
    /// A signing key ends soon, or has ended.
    KeyExpires,
    /// A Release file's `Valid-Until` is near, or past.
    ValidUntil,
    /// An object is not there.
    Missing,
    /// Whether an object is there could not be told: the web server fails.
    Unreachable,
    /// An object has another content.
    Altered,
    /// An object has the right hash or name, but can't be read.
    Unreadable,
    /// A commit point is that of a generation which later ones have replaced.
    PutBack,
    /// A distribution is another tool's, or another repository's.
    NotMine,
    /// Copies for clients without by-hash are those of an earlier generation.
    CopiesBehind,
    /// Nothing that repoman writes has such a name.
    Unexpected,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct DriftItem {
    /// How much it matters.
    pub severity: Severity,
    /// The object's key; as the store has it, so not safe to print.
    pub object: String,
    /// What is wrong with it.
    pub kind: DriftKind,
    /// What should be there.
    pub expected: Option<String>,
    /// What is there.
    pub actual: Option<String>,
    /// Which indices list it: `bookworm/main/amd64`.
    pub referenced_by: BTreeSet<String>,
    /// Whether `apply --repair` of the same manifest makes up for it, whatever its sources offer.
    pub repairable: bool,
}

/// All differences, and what was looked at to find them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Drift {
    /// The differences, sorted: the worst first.
    pub items: Vec<DriftItem>,
    /// The generation of each distribution that could be read.
    pub generations: BTreeMap<Codename, Base>,
    /// What the store does instead of honouring conditional writes, where it is written to without
    /// them.
    pub unguarded: Option<String>,
    /// What was looked at.
    pub seen: Seen,
}

/// What was looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Seen {
    /// The objects in the listing.
    pub objects: usize,
    /// The index and state files that were read.
    pub indices: usize,
    /// The package files that the indices list.
    pub packages: usize,
    /// The objects that were read and hashed for `--deep`.
    pub hashed: usize,
}

/// `drift --json`: kind `repoman.drift`, format 1.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DriftDocument {
    kind: &'static str,
    format_version: &'static str,
    tool: String,
    store: String,
    /// `clean` or `drift`.
    status: &'static str,
    /// By codename; only those whose state could be read.
    distributions: BTreeMap<String, DriftGeneration>,
    seen: Seen,
    /// What the store does instead of honouring conditional writes, where it is written to without
    /// them.
    unguarded: Option<String>,
    items: Vec<DriftItem>,
    /// What a plan of the manifest would do; none unless it was asked for (`--pending`), or where no
    /// plan can be made.
    pending: Option<SummaryDocument>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct DriftGeneration {
    generation: u64,
    inrelease_sha256: String,
}

impl Drift {
    /// Returns the number of items of a severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.items.iter().filter(|item| item.severity == severity).count()
    }
}

impl Severity {
    /// All of them, the worst first.
    pub const ALL: [Self; 4] = [Self::Security, Self::Breaking, Self::Expiring, Self::Cosmetic];

    /// Returns the name, as `--fail-on` has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Security => "security",
            Self::Breaking => "breaking",
            Self::Expiring => "expiring",
            Self::Cosmetic => "cosmetic",
        }
    }
}

impl DriftKind {
    /// Returns the name, as documents have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadSignature => "bad-signature",
            Self::UnknownSigner => "unknown-signer",
            Self::Unsigned => "unsigned",
            Self::Unverifiable => "unverifiable",
            Self::SignatureExpired => "signature-expired",
            Self::StrayKey => "stray-key",
            Self::KeyMissing => "key-missing",
            Self::KeyExpires => "key-expires",
            Self::ValidUntil => "valid-until",
            Self::Missing => "missing",
            Self::Unreachable => "unreachable",
            Self::Altered => "altered",
            Self::Unreadable => "unreadable",
            Self::PutBack => "put-back",
            Self::NotMine => "not-mine",
            Self::CopiesBehind => "copies-behind",
            Self::Unexpected => "unexpected",
        }
    }
}

impl DriftDocument {
    /// Returns the document of what was found by `tool` in `store`.
    pub fn new(drift: &Drift, tool: &str, store: &str) -> Self {
        let generation = |(codename, base): (&Codename, &Base)| {
            let inrelease_sha256 = base.inrelease_sha256.to_string();
            (
                codename.to_string(),
                DriftGeneration { generation: base.generation, inrelease_sha256 },
            )
        };
        Self {
            kind: "repoman.drift",
            format_version: "1.0",
            tool: tool.to_owned(),
            store: store.to_owned(),
            status: if drift.items.is_empty() { "clean" } else { "drift" },
            distributions: drift.generations.iter().map(generation).collect(),
            seen: drift.seen,
            unguarded: drift.unguarded.clone(),
            items: drift.items.clone(),
            pending: None,
        }
    }

    /// Says what a plan would do that was not applied.
    #[must_use]
    pub fn with_pending(self, plan: Option<&Plan>) -> Self {
        Self { pending: plan.map(|plan| plan.summary().into()), ..self }
    }
}

impl Document for DriftDocument {
    const NAME: &'static str = "drift";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_document() {
        let schema = DriftDocument::schema().to_string();
        for severity in Severity::ALL {
            assert_eq!(serde_json::to_value(severity).unwrap(), severity.as_str());
        }
        for kind in [DriftKind::BadSignature, DriftKind::CopiesBehind, DriftKind::KeyExpires] {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
            assert!(schema.contains(&format!("\"{}\"", kind.as_str())));
        }
    }
}
