//! Reads relations from a text, one after the other, without keeping anything.
//!
//! Source: dpkg's `f_dependency`, and `debListParser::ParseDepends` of apt.

use super::error::{RelationError, RelationReason};
use super::{Constraint, Operator, Relation, RelationKind};
use crate::debian::checked_text::{MAX_LENGTH, excerpt, first_outside};
use crate::debian::version::Version;

/// How a relation follows the one before it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Join {
    And,
    Or,
}

/// A relation that borrows from the text it was read from.
pub(super) struct Reference<'a> {
    pub(super) join: Join,
    name: &'a str,
    qualifier: Option<&'a str>,
    constraint: Option<(Operator, &'a str)>,
}

impl Reference<'_> {
    /// Returns the relation with a text of its own.
    pub(super) fn to_relation(&self) -> Relation {
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
pub(super) struct References<'a> {
    rest: &'a str,
    kind: RelationKind,
    next: Option<Join>,
}

impl<'a> References<'a> {
    /// Returns the relations of a field of this kind.
    pub(super) fn of(text: &'a str, kind: RelationKind) -> Result<Self, RelationError> {
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
        let name = self.take_until(*b":(,|");
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
        let qualifier = self.take_until(*b"(,|");
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
        let operator = take_operator(&mut self.rest)?;
        self.skip_blanks();
        // A comma ends it too, for an error that shows the version alone.
        let version = self.take_until(*b"(),|");
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

    /// Takes all up to a blank or one of `ends`, which are ASCII.
    fn take_until<const N: usize>(&mut self, ends: [u8; N]) -> &'a str {
        let is_end = |byte| is_blank(char::from(byte)) || ends.contains(&byte);
        let end = self.rest.bytes().position(is_end).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
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

/// Takes the operator that `rest` starts with.
fn take_operator(rest: &mut &str) -> Result<Operator, RelationReason> {
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
