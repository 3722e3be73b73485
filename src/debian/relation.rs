//! Relations between binary packages: `Depends`, `Conflicts`, `Provides` and their kind.
//!
//! One malformed relation in an index stops apt on every client that reads it, so what dpkg refuses
//! is refused here. The grammar is that of binary packages: no `[architectures]`, no `<profiles>`.
//! Names follow dpkg, which allows more than Debian Policy does: `_`, upper case, one character.
//!
//! Source: Debian Policy 7.1, deb-control(5), dpkg's `f_dependency`.

use std::cmp::Ordering;
use std::fmt;

use super::version::Version;

mod error;
mod read;
#[cfg(test)]
mod tests;

pub use error::{RelationError, RelationReason};
use read::{Join, References};

/// The fields of a binary package that hold relations, with what each may say.
pub const RELATION_FIELDS: [(&str, RelationKind); 11] = [
    ("Pre-Depends", RelationKind::Dependency),
    ("Depends", RelationKind::Dependency),
    ("Recommends", RelationKind::Dependency),
    ("Suggests", RelationKind::Dependency),
    ("Enhances", RelationKind::Dependency),
    ("Conflicts", RelationKind::Conflict),
    ("Breaks", RelationKind::Conflict),
    ("Replaces", RelationKind::Conflict),
    ("Provides", RelationKind::Provision),
    ("Built-Using", RelationKind::Sources),
    ("Static-Built-Using", RelationKind::Sources),
];

/// What the relations of a field may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelationKind {
    /// Alternatives and all operators.
    Dependency,
    /// All operators but no alternatives.
    Conflict,
    /// No alternatives, and `=` as the only operator (Debian Policy 7.5).
    Provision,
    /// Source packages, each with `(= version)` (Debian Policy 7.8).
    Sources,
}

/// The value of a relation field: groups that all must hold, of which each has alternatives.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Relations {
    groups: Vec<Vec<Relation>>,
}

/// One package that a relation field names, with the versions it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    name: Box<str>,
    qualifier: Option<Box<str>>,
    constraint: Option<Constraint>,
}

/// The versions that a relation means: `(>= 1.2)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraint {
    /// How the versions lie to `version`.
    pub operator: Operator,
    /// The version that they are compared with.
    pub version: Version,
}

/// How the versions that a relation means lie to the one it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `<<`
    Earlier,
    /// `<=`, or the obsolete `<`.
    EarlierOrEqual,
    /// `=`
    Equal,
    /// `>=`, or the obsolete `>`.
    LaterOrEqual,
    /// `>>`
    Later,
}

impl Relations {
    /// Reads the value of a field of this kind; an empty one has no groups.
    ///
    /// What only one of dpkg and apt reads is an error: dpkg refuses a comma at the end and a value
    /// that starts on its second line, apt an empty `Provides` and a `(=1)` at the very end.
    pub fn parse(text: &str, kind: RelationKind) -> Result<Self, RelationError> {
        let mut groups: Vec<Vec<Relation>> = Vec::new();
        for reference in References::of(text, kind)? {
            let reference = reference?;
            let relation = reference.to_relation();
            match (reference.join, groups.last_mut()) {
                (Join::Or, Some(group)) => group.push(relation),
                _ => groups.push(vec![relation]),
            }
        }
        Ok(Self { groups })
    }

    /// Checks what [`Relations::parse`] does, without keeping anything.
    pub fn check(text: &str, kind: RelationKind) -> Result<(), RelationError> {
        References::of(text, kind)?.try_for_each(|reference| reference.map(|_| ()))
    }

    /// Returns the groups: all must hold, and one relation of a group is enough for it.
    pub fn groups(&self) -> &[Vec<Relation>] {
        &self.groups
    }
}

impl Relation {
    /// Returns the name of the package in lower case, as dpkg looks it up.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the architecture, or `any`, after the colon.
    pub fn qualifier(&self) -> Option<&str> {
        self.qualifier.as_deref()
    }

    /// Returns the versions that are meant; all if there is none.
    pub fn constraint(&self) -> Option<&Constraint> {
        self.constraint.as_ref()
    }

    /// Tells whether the relation means this version of the package it names.
    pub fn is_satisfied_by(&self, version: &Version) -> bool {
        self.constraint.as_ref().is_none_or(|constraint| constraint.is_satisfied_by(version))
    }
}

impl Constraint {
    /// Tells whether `version` is one of the versions, in the order of dpkg.
    pub fn is_satisfied_by(&self, version: &Version) -> bool {
        self.operator.accepts(version.compare(&self.version))
    }
}

impl Operator {
    /// Tells whether it holds between two values of which the first lies so to the second.
    pub fn accepts(self, order: Ordering) -> bool {
        match self {
            Self::Earlier => order.is_lt(),
            Self::EarlierOrEqual => order.is_le(),
            Self::Equal => order.is_eq(),
            Self::LaterOrEqual => order.is_ge(),
            Self::Later => order.is_gt(),
        }
    }

    /// Returns the operator as it is written today.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Earlier => "<<",
            Self::EarlierOrEqual => "<=",
            Self::Equal => "=",
            Self::LaterOrEqual => ">=",
            Self::Later => ">>",
        }
    }
}

impl fmt::Display for Relations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, group) in self.groups.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { ", " })?;
            for (index, relation) in group.iter().enumerate() {
                f.write_str(if index == 0 { "" } else { " | " })?;
                relation.fmt(f)?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if let Some(qualifier) = &self.qualifier {
            write!(f, ":{qualifier}")?;
        }
        if let Some(Constraint { operator, version }) = &self.constraint {
            write!(f, " ({} {version})", operator.as_str())?;
        }
        Ok(())
    }
}
