//! What can be asked of a package, and shown of it: fields of its stanza, and what repoman knows.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use super::entry::Entry;
use super::value;
use crate::debian::relation::{RELATION_FIELDS, RelationKind, Relations};
use crate::text;
use crate::time::Timestamp;

/// A field: of the stanza, such as `Section`, or computed, such as `$Distribution`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field {
    /// A field of the stanza; the case of its name does not matter.
    Stanza(Box<str>),
    /// A field that repoman computes.
    Computed(Computed),
}

/// A field that repoman computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Computed {
    /// The codename of the distribution.
    Distribution,
    /// The component.
    Component,
    /// The architectures whose indices list the package: all of them for one of `all`.
    Architecture,
    /// The name of the source package.
    Source,
    /// The version of the source package.
    SourceVersion,
    /// The version, also without the `$`.
    Version,
    /// The size of the package file in bytes.
    Size,
    /// When it was first published in the distribution's component.
    PublishedAt,
    /// How long ago that was.
    Age,
    /// The sources of the manifest that brought it.
    From,
    /// Since when it is not published any more.
    RetiredAt,
    /// The last generation that lists it.
    LastGeneration,
    /// Why it is not published any more.
    Reason,
    /// Whether the file of a package that is not published any more is still there.
    File,
    /// From when on that may be deleted.
    AvailableUntil,
}

/// What the values of a field are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nature {
    Text,
    Version,
    Size,
    Moment,
    Age,
}

/// A text names no field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// There is no computed field of this name.
    #[error("there is no field `${name}`; {}", advice(*near))]
    Unknown {
        /// The name, safe to print.
        name: String,
        /// The name that was most likely meant.
        near: Option<&'static str>,
    },
    /// No field of a stanza is called so.
    #[error(
        "`{name}` is no field: a field's name begins with a capital letter or `$`, and has letters, digits and hyphens"
    )]
    Name {
        /// The text, safe to print.
        name: String,
    },
}

fn advice(near: Option<&str>) -> String {
    match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            let names = Computed::ALL.map(|(_, name)| format!("`{name}`"));
            format!("there are {}", names.join(", "))
        }
    }
}

/// The fields that `Packages` files ordinarily have, for suggestions.
const USUAL: [&str; 34] = [
    "Package",
    "Version",
    "Architecture",
    "Maintainer",
    "Source",
    "Section",
    "Priority",
    "Essential",
    "Important",
    "Protected",
    "Multi-Arch",
    "Installed-Size",
    "Homepage",
    "Description",
    "Description-md5",
    "Tag",
    "Origin",
    "Bugs",
    "Original-Maintainer",
    "Filename",
    "Size",
    "SHA256",
    "Built-Using",
    "Static-Built-Using",
    "Pre-Depends",
    "Depends",
    "Recommends",
    "Suggests",
    "Enhances",
    "Conflicts",
    "Breaks",
    "Replaces",
    "Provides",
    "Task",
];

/// Returns the usual field that most likely is meant by a name; the name itself is none.
pub(super) fn usual(name: &str) -> Option<&'static str> {
    let same = USUAL.into_iter().find(|usual| usual.eq_ignore_ascii_case(name));
    same.or_else(|| text::suggestion(name, USUAL))
}

/// Returns the field that most likely is meant by the name of one that nothing has.
pub(super) fn near(name: &str) -> Option<&'static str> {
    let computed = Computed::ALL.map(|(_, name)| name);
    let same = computed.into_iter().find(|computed| computed[1..].eq_ignore_ascii_case(name));
    same.or_else(|| usual(name))
}

impl Computed {
    /// All of them, with their names.
    const ALL: [(Self, &'static str); 15] = [
        (Self::Distribution, "$Distribution"),
        (Self::Component, "$Component"),
        (Self::Architecture, "$Architecture"),
        (Self::Source, "$Source"),
        (Self::SourceVersion, "$SourceVersion"),
        (Self::Version, "$Version"),
        (Self::Size, "$Size"),
        (Self::PublishedAt, "$PublishedAt"),
        (Self::Age, "$Age"),
        (Self::From, "$From"),
        (Self::RetiredAt, "$RetiredAt"),
        (Self::LastGeneration, "$LastGeneration"),
        (Self::Reason, "$Reason"),
        (Self::File, "$File"),
        (Self::AvailableUntil, "$AvailableUntil"),
    ];

    fn name(self) -> &'static str {
        let found = Self::ALL.into_iter().find(|(field, _)| *field == self);
        found.expect("ALL has every field").1
    }
}

impl Field {
    /// Returns the name for a heading: without the `$`.
    pub fn heading(&self) -> &str {
        match self {
            Self::Stanza(name) => name,
            Self::Computed(field) => &field.name()[1..],
        }
    }

    /// Returns the name of a field of the stanza.
    pub(super) fn stanza_name(&self) -> Option<&str> {
        match self {
            Self::Stanza(name) => Some(name),
            Self::Computed(_) => None,
        }
    }

    pub(super) fn nature(&self) -> Nature {
        match self {
            Self::Stanza(_) => Nature::Text,
            Self::Computed(field) => match field {
                Computed::Version | Computed::SourceVersion => Nature::Version,
                Computed::Size => Nature::Size,
                Computed::PublishedAt | Computed::RetiredAt | Computed::AvailableUntil => {
                    Nature::Moment
                }
                Computed::Age => Nature::Age,
                Computed::Distribution
                | Computed::Component
                | Computed::Architecture
                | Computed::Source
                | Computed::From
                | Computed::LastGeneration
                | Computed::Reason
                | Computed::File => Nature::Text,
            },
        }
    }

    /// Returns the value to show of a package; none if it has none.
    ///
    /// A value of several lines keeps its line breaks.
    pub fn value<'a>(&self, entry: &Entry<'a>, now: Timestamp) -> Option<Cow<'a, str>> {
        let field = match self {
            Self::Stanza(name) => return entry.stanza().get(name).map(Cow::Borrowed),
            Self::Computed(field) => field,
        };
        Some(match field {
            Computed::Distribution => entry.codename.as_str().into(),
            Computed::Component => entry.component.as_str().into(),
            Computed::Architecture => entry.id.architecture.as_str().into(),
            Computed::Source => entry.source()?.into(),
            Computed::SourceVersion => entry.source_version()?.into(),
            Computed::Version => entry.id.version.as_str().into(),
            Computed::Size => entry.file()?.size.to_string().into(),
            Computed::PublishedAt | Computed::RetiredAt | Computed::AvailableUntil => {
                self.moment(entry)?.to_string().into()
            }
            Computed::Age => value::age(entry.published_at()?, now).to_string().into(),
            Computed::From => {
                let sources = &entry.package.provenance.sources;
                sources.iter().map(String::as_str).collect::<Vec<_>>().join(" ").into()
            }
            Computed::LastGeneration => entry.retirement?.generation.to_string().into(),
            Computed::Reason => entry.retirement?.reason.as_ref()?.to_string().into(),
            Computed::File => entry.retirement?.remains.as_str().into(),
        })
    }

    /// Returns the point in time that this field is of a package; none if it has none.
    pub(super) fn moment(&self, entry: &Entry<'_>) -> Option<Timestamp> {
        match self {
            Self::Computed(Computed::RetiredAt) => Some(entry.retirement?.since),
            Self::Computed(Computed::AvailableUntil) => entry.retirement?.remains.until(),
            Self::Computed(_) => entry.published_at(),
            Self::Stanza(_) => None,
        }
    }

    /// Tells whether only packages that are not published any more have it.
    pub fn is_of_retired(&self) -> bool {
        use Computed::{AvailableUntil, File, LastGeneration, Reason, RetiredAt};
        let fields = [RetiredAt, LastGeneration, Reason, File, AvailableUntil];
        matches!(self, Self::Computed(field) if fields.contains(field))
    }

    /// Tells whether a test holds for one of the texts that this field has for a package.
    ///
    /// A field of relations has the name and the whole of each relation.
    pub(super) fn any_text(&self, entry: &Entry<'_>, test: &dyn Fn(&str) -> bool) -> bool {
        match self {
            Self::Stanza(name) => entry.stanza().get(name).is_some_and(|value| {
                test(value) || relations(name, value).is_some_and(|all| any_relation(&all, test))
            }),
            Self::Computed(Computed::Architecture) => entry.architectures().any(test),
            Self::Computed(Computed::From) => {
                entry.package.provenance.sources.iter().any(|source| test(source))
            }
            // The time is of no matter: an age is not matched as a text.
            Self::Computed(_) => {
                self.value(entry, Timestamp::UNIX_EPOCH).is_some_and(|value| test(&value))
            }
        }
    }
}

fn any_relation(relations: &Relations, test: &dyn Fn(&str) -> bool) -> bool {
    let mut all = relations.groups().iter().flatten();
    all.any(|relation| test(relation.name()) || test(&relation.to_string()))
}

fn relations(name: &str, value: &str) -> Option<Relations> {
    let field = RELATION_FIELDS.iter().find(|(field, _)| field.eq_ignore_ascii_case(name));
    let kind: RelationKind = field?.1;
    Relations::parse(value, kind).ok()
}

impl FromStr for Field {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, FieldError> {
        if text == "Version" {
            return Ok(Self::Computed(Computed::Version));
        }
        if text.starts_with('$') {
            let found = Computed::ALL.into_iter().find(|(_, name)| name.eq_ignore_ascii_case(text));
            let names = Computed::ALL.map(|(_, name)| name);
            let unknown = || FieldError::Unknown {
                name: text::printable(&text[1..]),
                near: text::suggestion(text, names),
            };
            return found.map(|(field, _)| Self::Computed(field)).ok_or_else(unknown);
        }
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if text.starts_with(|c: char| c.is_ascii_uppercase()) && text.chars().all(is_name) {
            return Ok(Self::Stanza(text.into()));
        }
        Err(FieldError::Name { name: text::printable(text) })
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stanza(name) => name,
            Self::Computed(Computed::Version) => "Version",
            Self::Computed(field) => field.name(),
        })
    }
}
