//! The terms of a query: what each says of a package, and how it is written.

use std::fmt;

use super::entry::Entry;
use super::field::{Computed, Field};
use super::glob::Glob;
use super::value::{self, Moment, Size};
use crate::debian::relation::{Constraint, Operator};
use crate::debian::version::Version;
use crate::snapshot::PackageId;
use crate::time::{Span, Timestamp};

/// A statement about a package that is not made of others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Term {
    /// `nginx`, `lib*`, `nginx (>= 1.2, << 2)`.
    Name {
        /// What the name is like.
        name: Glob,
        /// What all hold for the version.
        conditions: Vec<Condition>,
    },
    /// `nginx_1.2-1_amd64`: one package, named in full.
    Reference {
        /// What the name is like.
        name: Glob,
        /// What the version is like.
        version: Glob,
        /// What the architecture is like.
        architecture: Glob,
    },
    /// `bookworm/main/amd64/nginx@1.2-1`, or the start of it.
    Address(Address),
    /// `Section (utils)`.
    Field {
        /// What is asked for.
        field: Field,
        /// What all hold for it; at least one.
        conditions: Vec<Condition>,
    },
}

/// What a value may have to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// `= text`: exactly this.
    Is(Box<str>),
    /// `pattern`: the whole value is like this.
    Like(Glob),
    /// `~ pattern`: something in the value is like this, in any case.
    Finds(Glob),
    /// `>= 1.2`: the order of versions, which also is that of whole numbers.
    Version(Constraint),
    /// `>> 10MB`
    Size(Operator, Size),
    /// `>= 2026-11-20`
    Moment(Operator, Moment),
    /// `<< 7d`
    Age(Operator, Span),
}

/// A place in a repository: `distribution/component/architecture/package@version`, or its start.
///
/// Each segment is a pattern; `*` stands for a whole codename or component, whose own slashes
/// otherwise divide segments as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    pub(super) segments: Vec<Glob>,
    pub(super) version: Option<Glob>,
}

impl Term {
    /// Tells whether the statement is true of a package.
    pub(super) fn holds(&self, entry: &Entry<'_>, now: Timestamp) -> bool {
        match self {
            Self::Name { name, conditions } => {
                name.matches(entry.id.name.as_str())
                    && conditions
                        .iter()
                        .all(|condition| condition.holds_for_version(&entry.id.version))
            }
            Self::Reference { name, version, architecture } => {
                name.matches(entry.id.name.as_str())
                    && is_like(version, &entry.id.version)
                    && architecture.matches(entry.id.architecture.as_str())
            }
            Self::Address(address) => address.leads_to(entry),
            Self::Field { field, conditions } => {
                conditions.iter().all(|condition| condition.holds(field, entry, now))
            }
        }
    }
}

impl Condition {
    fn holds(&self, field: &Field, entry: &Entry<'_>, now: Timestamp) -> bool {
        if *field == Field::Computed(Computed::Version) {
            return self.holds_for_version(&entry.id.version);
        }
        match self {
            Self::Size(operator, size) => {
                entry.file().is_some_and(|file| operator.accepts(file.size.cmp(&size.0)))
            }
            Self::Moment(operator, moment) => {
                field.moment(entry).is_some_and(|at| operator.accepts(moment.order_of(at)))
            }
            Self::Age(operator, span) => entry.published_at().is_some_and(|at| {
                operator.accepts(value::seconds_since(at, now).cmp(&span.as_seconds()))
            }),
            Self::Is(_) | Self::Like(_) | Self::Finds(_) | Self::Version(_) => {
                field.any_text(entry, &|text| self.holds_for_text(text))
            }
        }
    }

    fn holds_for_text(&self, text: &str) -> bool {
        match self {
            Self::Is(own) => **own == *text,
            Self::Like(glob) => glob.matches(text),
            Self::Finds(glob) => glob.finds(text),
            Self::Version(constraint) => {
                text.parse().is_ok_and(|version| constraint.is_satisfied_by(&version))
            }
            // The parser pairs these with fields that are no texts.
            Self::Size(..) | Self::Moment(..) | Self::Age(..) => false,
        }
    }

    fn holds_for_version(&self, version: &Version) -> bool {
        match self {
            Self::Version(constraint) => constraint.is_satisfied_by(version),
            other => other.holds_for_text(version.as_str()),
        }
    }
}

/// Tells whether a version fits, with its epoch or as the names of files have it.
fn is_like(glob: &Glob, version: &Version) -> bool {
    glob.matches(version.as_str()) || glob.matches(version.without_epoch())
}

impl Address {
    fn leads_to(&self, entry: &Entry<'_>) -> bool {
        let Entry { codename, component, id, .. } = entry;
        let place = (codename.as_str(), component.as_str());
        self.names(place, || entry.architectures(), id)
    }

    /// Tells whether this is the address of a package in a component of a distribution, or leads
    /// there, by one of these architectures.
    pub fn names<'a, I: Iterator<Item = &'a str>>(
        &self,
        (codename, component): (&str, &str),
        architectures: impl Fn() -> I,
        id: &PackageId,
    ) -> bool {
        let mut rest = &self.segments[..];
        for place in [codename, component] {
            match after(rest, place) {
                Some([]) => return true,
                Some(others) => rest = others,
                None => return false,
            }
        }
        let [architecture, rest @ ..] = rest else { return false };
        if !architectures().any(|own| architecture.matches(own)) {
            return false;
        }
        let version = self.version.as_ref();
        match rest {
            [] => true,
            [name] => {
                name.matches(id.name.as_str())
                    && version.is_none_or(|version| version.matches(id.version.as_str()))
            }
            _ => false,
        }
    }
}

/// Returns the segments after those that stand for a place; none if they don't.
fn after<'a>(segments: &'a [Glob], place: &str) -> Option<&'a [Glob]> {
    let (first, others) = segments.split_first()?;
    if first.as_str() == "*" {
        return Some(others);
    }
    let mut rest = segments;
    for part in place.split('/') {
        let (segment, others) = rest.split_first()?;
        if !segment.matches(part) {
            return None;
        }
        rest = others;
    }
    Some(rest)
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name { name, conditions } => write_conditioned(f, name, conditions),
            Self::Reference { name, version, architecture } => {
                write!(f, "{name}_{version}_{architecture}")
            }
            Self::Address(address) => address.fmt(f),
            Self::Field { field, conditions } => write_conditioned(f, field, conditions),
        }
    }
}

fn write_conditioned(
    f: &mut fmt::Formatter<'_>,
    subject: &dyn fmt::Display,
    conditions: &[Condition],
) -> fmt::Result {
    fmt::Display::fmt(subject, f)?;
    for (index, condition) in conditions.iter().enumerate() {
        f.write_str(if index == 0 { " (" } else { ", " })?;
        fmt::Display::fmt(condition, f)?;
    }
    f.write_str(if conditions.is_empty() { "" } else { ")" })
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Is(text) => write!(f, "= {}", Quoted(text)),
            Self::Like(glob) => Quoted(glob.as_str()).fmt(f),
            Self::Finds(glob) => write!(f, "~ {}", Quoted(glob.as_str())),
            Self::Version(Constraint { operator, version }) => {
                write!(f, "{} {version}", operator.as_str())
            }
            Self::Size(operator, size) => write!(f, "{} {size}", operator.as_str()),
            Self::Moment(operator, moment) => write!(f, "{} {moment}", operator.as_str()),
            Self::Age(operator, span) => write!(f, "{} {span}", operator.as_str()),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, segment) in self.segments.iter().enumerate() {
            write!(f, "{}{segment}", if index == 0 { "" } else { "/" })?;
        }
        self.version.iter().try_for_each(|version| write!(f, "@{version}"))
    }
}

/// A value as a query has it: in quotes where it would be read as something else.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0;
        let is_plain = !text.is_empty()
            && text.trim() == text
            && !text.starts_with(super::parse::OPERATOR_CHARACTERS)
            && !text.contains(super::parse::ends_value);
        if is_plain {
            return f.write_str(text);
        }
        write!(f, "\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
    }
}
