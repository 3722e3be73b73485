//! Consequences of a plan that a person has to know, and who has accepted them.

use std::collections::BTreeMap;

use crate::debian::suite::Codename;
use crate::manifest::{Limits, Manifest, Reason, Retention};
use crate::plan::Cause;
use crate::time::Span;

/// A consequence that a person has to know, and mostly to accept, before a plan is carried out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Danger {
    /// `code:address`, the name under which it is accepted.
    pub id: String,
    /// What kind of consequence it is.
    pub code: DangerCode,
    /// The distribution that it is about; none if it is about all.
    pub distribution: Option<Codename>,
    /// What happens to clients.
    pub message: String,
    /// What could be done instead of accepting it.
    pub instead: Option<String>,
    /// Whether it blocks the plan until somebody accepts it.
    pub severity: Severity,
    /// Why somebody has accepted it, if somebody has.
    pub accepted: Option<Cause>,
}

/// How much a danger weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It has to be accepted first.
    Blocking,
    /// It is told.
    Warning,
}

/// The kinds of dangers; `docs/dangers.md` has their meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DangerCode {
    /// A distribution disappears.
    DistRemoved,
    /// A component disappears.
    ComponentRemoved,
    /// An architecture disappears.
    ArchRemoved,
    /// A field changes that apt insists on.
    ReleaseField,
    /// A key that clients may rely on stops signing.
    KeyDropped,
    /// A signed repository becomes an unsigned one.
    SigningOff,
    /// What was published unsigned would be signed as it is.
    SigningOn,
    /// Very many versions leave at once.
    MassRemoval,
    /// No version of a package is left.
    PackageGone,
    /// The newest version of a package leaves.
    NewestLowered,
    /// A package stays whose dependency leaves.
    BreaksDepends,
    /// A published version gets another content.
    ContentChanged,
    /// What is published comes from a later manifest.
    OlderManifest,
    /// A mirror has nothing any more.
    SourceEmpty,
    /// A mirror has much less than it had.
    SourceShrank,
}

/// What of a manifest decides about dangers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Consent {
    /// `[allow]`: reasons by the ids of dangers.
    pub allow: BTreeMap<String, Reason>,
    /// `[removed]`: reasons by address.
    pub removed: BTreeMap<String, Reason>,
    /// `[limits]`.
    pub limits: Limits,
    /// How long a successor has to sign beside a key before that key may leave.
    pub overlap: Span,
    /// The policies, since a package that a narrow one is about may well vanish.
    pub retention: Retention,
}

impl Severity {
    /// Returns the severity as documents carry it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Blocking => "blocking",
            Self::Warning => "warning",
        }
    }
}

impl DangerCode {
    /// Returns the code as ids and documents carry it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DistRemoved => "dist-removed",
            Self::ComponentRemoved => "component-removed",
            Self::ArchRemoved => "arch-removed",
            Self::ReleaseField => "release-field",
            Self::KeyDropped => "key-dropped",
            Self::SigningOff => "signing-off",
            Self::SigningOn => "signing-on",
            Self::MassRemoval => "mass-removal",
            Self::PackageGone => "package-gone",
            Self::NewestLowered => "newest-lowered",
            Self::BreaksDepends => "breaks-depends",
            Self::ContentChanged => "content-changed",
            Self::OlderManifest => "older-manifest",
            Self::SourceEmpty => "source-empty",
            Self::SourceShrank => "source-shrank",
        }
    }

    /// Tells whether somebody could accept it at all.
    ///
    /// Without signatures another object decides what is published, and no one write makes it take
    /// over from the one that decides so far: two writers could each win.
    pub fn is_acceptable(self) -> bool {
        self != Self::SigningOff
    }

    /// Returns the table of the manifest in which such dangers are accepted.
    pub fn table(self) -> &'static str {
        match self {
            Self::DistRemoved | Self::ComponentRemoved | Self::ArchRemoved => "removed",
            _ => "allow",
        }
    }
}

impl Danger {
    /// Returns a danger that blocks, and that nobody has accepted.
    pub fn new(code: DangerCode, distribution: &Codename, address: &str, message: String) -> Self {
        let distribution = Some(distribution.clone());
        Self { distribution, ..Self::overall(code, address, message) }
    }

    /// Returns a danger to the repository as a whole.
    pub fn overall(code: DangerCode, address: &str, message: String) -> Self {
        Self {
            id: format!("{}:{address}", code.as_str()),
            code,
            distribution: None,
            message,
            instead: None,
            severity: Severity::Blocking,
            accepted: None,
        }
    }

    /// Says what could be done instead.
    pub fn instead(self, instead: impl Into<String>) -> Self {
        Self { instead: Some(instead.into()), ..self }
    }

    /// Returns the key under which the manifest accepts it.
    pub fn key(&self) -> &str {
        match self.code.table() {
            "removed" => self.id.split_once(':').map_or(&*self.id, |(_, address)| address),
            _ => &self.id,
        }
    }

    /// Tells whether it blocks the plan.
    pub fn blocks(&self) -> bool {
        self.severity == Severity::Blocking && self.accepted.is_none()
    }
}

impl Consent {
    /// Returns what a manifest says.
    pub fn of(manifest: &Manifest) -> Self {
        Self {
            allow: manifest.allow.clone(),
            removed: manifest.removed.clone(),
            limits: manifest.limits,
            overlap: manifest.signing.overlap,
            retention: manifest.retention.clone(),
        }
    }

    /// Notes of a danger who has accepted it.
    pub fn judge(&self, danger: Danger) -> Danger {
        let table = if danger.code.table() == "removed" { &self.removed } else { &self.allow };
        let reason = table.get(danger.key()).filter(|_| danger.code.is_acceptable());
        let accepted = reason.map(|reason| Cause { text: reason.text.clone(), line: reason.line });
        Danger { accepted, ..danger }
    }
}
