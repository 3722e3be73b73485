//! Relations between binary packages: `Depends`, `Conflicts`, `Provides` and their kind.
//!
//! One malformed relation in an index stops apt on every client that reads it, so what dpkg refuses
//! is refused here. The grammar is that of binary packages: no `[architectures]`, no `<profiles>`.
//! Names follow dpkg, which allows more than Debian Policy does: `_`, upper case, one character.
//!
//! Source: Debian Policy 7.1, deb-control(5), dpkg's `f_dependency`.

use std::cmp::Ordering;
use std::fmt;

use super::checked_text::{MAX_LENGTH, excerpt, first_outside};
use super::version::{Version, VersionError};

#[cfg(test)]
mod tests;

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

/// A text is not the value of a relation field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}': {reason}")]
pub struct RelationError {
    /// The start of the relation that is wrong.
    pub text: Box<str>,
    /// What is wrong with it.
    pub reason: RelationReason,
}

/// What makes a text no relation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RelationReason {
    /// Nothing on the line of the field's name but something on the next, which dpkg refuses.
    #[error("the first relation must stand on the line of the field's name")]
    FirstLine,
    /// A `Provides` without a value, at which apt stops.
    #[error("it is empty, which apt can't read in this field; remove the field")]
    Empty,
    /// Nothing before a comma, a bar, a parenthesis or the end.
    #[error("a package name is missing; is there a ',' or '|' too many?")]
    NoName,
    /// The name starts with neither a letter nor a digit.
    #[error("a package name must start with a letter or a digit, not with {0:?}")]
    NameStart(char),
    /// A character that names can't have.
    #[error("the package name has {0:?}")]
    NameCharacter(char),
    /// More bytes than names can have.
    #[error("the package name is longer than {MAX_LENGTH} characters")]
    NameTooLong,
    /// `${…}`, which dpkg-gencontrol replaces.
    #[error("a substitution variable was not replaced")]
    Substitution,
    /// What follows the colon is no architecture.
    #[error("an architecture or 'any' must follow ':'")]
    Qualifier,
    /// `[…]`, which only source packages have.
    #[error("architectures in '[]' are for source packages only")]
    Architectures,
    /// `<…>`, which only source packages have.
    #[error("build profiles in '<>' are for source packages only")]
    Profiles,
    /// The parenthesis does not start with an operator.
    #[error("one of '<<', '<=', '=', '>=', '>>' must follow '('")]
    NoOperator,
    /// `<>` or `><`.
    #[error("there is no such operator; use '<<', '<=', '=', '>=' or '>>'")]
    BadOperator,
    /// The version is not one.
    #[error(transparent)]
    Version(#[from] VersionError),
    /// A parenthesis is not closed after the version.
    #[error("')' is missing after the version")]
    Unclosed,
    /// `(=1)` at the end of the value, which dpkg reads but apt does not.
    #[error("apt can't read it; write a blank before the version")]
    Cramped,
    /// Something stands where a comma should.
    #[error("{0:?} is there where ',' or '|' should be")]
    Separator(char),
    /// A bar in a field that has no alternatives.
    #[error("alternatives with '|' are not allowed in this field")]
    Alternative,
    /// An operator other than `=` in a field that allows no other.
    #[error("only '=' is allowed in this field")]
    OnlyEqual,
    /// No version, in a field that needs one.
    #[error("this field needs '(= version)' with each source package")]
    NeedsVersion,
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

    /// Takes the operator that `rest` starts with.
    fn take(rest: &mut &str) -> Result<Self, RelationReason> {
        // The obsolete ones come last: they are the starts of the others.
        const WRITTEN: [(&str, Operator); 7] = [
            ("<<", Operator::Earlier),
            ("<=", Operator::EarlierOrEqual),
            ("=", Operator::Equal),
            (">=", Operator::LaterOrEqual),
            (">>", Operator::Later),
            ("<", Operator::EarlierOrEqual),
            (">", Operator::LaterOrEqual),
        ];
        if rest.starts_with("<>") || rest.starts_with("><") {
            return Err(RelationReason::BadOperator);
        }
        let (written, operator) = WRITTEN
            .iter()
            .find(|(written, _)| rest.starts_with(written))
            .ok_or(RelationReason::NoOperator)?;
        *rest = &rest[written.len()..];
        Ok(*operator)
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

/// How a relation follows the one before it.
#[derive(Debug, Clone, Copy)]
enum Join {
    And,
    Or,
}

/// A relation that borrows from the text it was read from.
struct Reference<'a> {
    join: Join,
    name: &'a str,
    qualifier: Option<&'a str>,
    constraint: Option<(Operator, &'a str)>,
}

impl Reference<'_> {
    fn to_relation(&self) -> Relation {
        let constraint = self.constraint.map(|(operator, version)| Constraint {
            operator,
            version: version.parse().expect("a version that `read_constraint` checked"),
        });
        Relation {
            name: self.name.to_ascii_lowercase().into(),
            qualifier: self.qualifier.map(Into::into),
            constraint,
        }
    }
}

/// An iterator over the relations of a text; after an error there are no more.
struct References<'a> {
    rest: &'a str,
    kind: RelationKind,
    next: Option<Join>,
}

impl<'a> References<'a> {
    fn of(text: &'a str, kind: RelationKind) -> Result<Self, RelationError> {
        let rest = text.trim_end_matches(is_blank).trim_start_matches([' ', '\t']);
        if rest.is_empty() && kind == RelationKind::Provision {
            return Err(RelationError { text: "".into(), reason: RelationReason::Empty });
        }
        Ok(Self { rest, kind, next: (!rest.is_empty()).then_some(Join::And) })
    }

    /// Takes one relation and what divides it from the next.
    fn read(&mut self, join: Join) -> Result<Reference<'a>, RelationReason> {
        if self.rest.starts_with('\n') {
            return Err(RelationReason::FirstLine);
        }
        let name = self.take_until(&[':', '(', ',', '|']);
        check_name(name)?;
        let qualifier = self.read_qualifier()?;
        self.skip_blanks();
        let constraint = self.read_constraint()?;
        check_constraint(constraint, self.kind)?;
        self.skip_blanks();
        self.next = self.read_separator()?;
        Ok(Reference { join, name, qualifier, constraint })
    }

    fn read_qualifier(&mut self) -> Result<Option<&'a str>, RelationReason> {
        if !self.take(':') {
            return Ok(None);
        }
        let qualifier = self.take_until(&['(', ',', '|']);
        let allowed = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        let flawed = qualifier.is_empty()
            || qualifier.starts_with('-')
            || qualifier.len() > MAX_LENGTH
            || first_outside(qualifier, allowed).is_some();
        if flawed { Err(RelationReason::Qualifier) } else { Ok(Some(qualifier)) }
    }

    fn read_constraint(&mut self) -> Result<Option<(Operator, &'a str)>, RelationReason> {
        if !self.take('(') {
            return Ok(None);
        }
        self.skip_blanks();
        let length = self.rest.len();
        let operator = Operator::take(&mut self.rest)?;
        self.skip_blanks();
        // A comma ends it too, for an error that shows the version alone.
        let version = self.take_until(&['(', ')', ',', '|']);
        Version::check(version)?;
        self.skip_blanks();
        match self.take(')') {
            true if length < SHORTEST_END => Err(RelationReason::Cramped),
            true => Ok(Some((operator, version))),
            false => Err(RelationReason::Unclosed),
        }
    }

    /// Takes the comma or bar that another relation must follow; nothing at the end of the text.
    fn read_separator(&mut self) -> Result<Option<Join>, RelationReason> {
        let Some(separator) = self.rest.chars().next() else { return Ok(None) };
        self.rest = &self.rest[separator.len_utf8()..];
        self.skip_blanks();
        match separator {
            ',' => Ok(Some(Join::And)),
            '|' if self.kind == RelationKind::Dependency => Ok(Some(Join::Or)),
            '|' => Err(RelationReason::Alternative),
            '[' => Err(RelationReason::Architectures),
            '<' => Err(RelationReason::Profiles),
            other => Err(RelationReason::Separator(other)),
        }
    }

    fn take(&mut self, expected: char) -> bool {
        let rest = self.rest.strip_prefix(expected);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn take_until(&mut self, ends: &[char]) -> &'a str {
        let is_end = |c| is_blank(c) || ends.contains(&c);
        let (taken, rest) = self.rest.split_at(self.rest.find(is_end).unwrap_or(self.rest.len()));
        self.rest = rest;
        taken
    }

    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start_matches(is_blank);
    }
}

impl<'a> Iterator for References<'a> {
    type Item = Result<Reference<'a>, RelationError>;

    fn next(&mut self) -> Option<Self::Item> {
        let join = self.next.take()?;
        let start = self.rest;
        Some(self.read(join).map_err(|reason| {
            let start = start.trim_start_matches(is_blank);
            let end = start.find([',', '\n']).unwrap_or(start.len());
            RelationError { text: excerpt(start[..end].trim_end_matches(is_blank)), reason }
        }))
    }
}

/// The fewest bytes, from an operator to the end of the value, with which apt looks for a version.
const SHORTEST_END: usize = 4;

/// Tells whether a character may stand between the parts of a relation.
fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n')
}

/// Checks a name as dpkg's `pkg_name_is_illegal` does.
fn check_name(name: &str) -> Result<(), RelationReason> {
    if name.contains('$') {
        return Err(RelationReason::Substitution);
    }
    let first = name.chars().next().ok_or(RelationReason::NoName)?;
    if !first.is_ascii_alphanumeric() {
        return Err(RelationReason::NameStart(first));
    }
    let allowed =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.' | b'_');
    match first_outside(name, allowed) {
        Some('[') => Err(RelationReason::Architectures),
        Some('<') => Err(RelationReason::Profiles),
        Some(other) => Err(RelationReason::NameCharacter(other)),
        None if name.len() > MAX_LENGTH => Err(RelationReason::NameTooLong),
        None => Ok(()),
    }
}

/// Checks the operator against what the field may say.
fn check_constraint(
    constraint: Option<(Operator, &str)>,
    kind: RelationKind,
) -> Result<(), RelationReason> {
    match (kind, constraint) {
        (RelationKind::Dependency | RelationKind::Conflict, _)
        | (RelationKind::Provision | RelationKind::Sources, Some((Operator::Equal, _)))
        | (RelationKind::Provision, None) => Ok(()),
        (RelationKind::Provision | RelationKind::Sources, Some(_)) => {
            Err(RelationReason::OnlyEqual)
        }
        (RelationKind::Sources, None) => Err(RelationReason::NeedsVersion),
    }
}
