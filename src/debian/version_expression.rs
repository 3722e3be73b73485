//! Sets of versions as a manifest names them: `>= 11, << 12`, `1.4.2-1`, `1.0.*`.
//!
//! The operators are those of `Depends` (Debian Policy 7.1), a comma means *and*, a version alone
//! means just that one, and `*` stands for any characters. Versions are compared as dpkg does. What
//! no version can be is refused, since a set that is empty by mistake looks like one that works.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use super::checked_text::excerpt;
use super::glob;
use super::relation::{Constraint, Operator};
use super::version::{Version, VersionReason};

#[cfg(test)]
mod tests;

/// A set of versions.
///
/// Displayed in one way however it was written: `>=11,<<12` as `>= 11, << 12`, and `= 1.0` as
/// `1.0`. Parsing that gives an equal expression again.
///
/// ```
/// use repoman::debian::version_expression::VersionExpression;
///
/// let expression: VersionExpression = ">= 11, << 12".parse()?;
/// assert!(expression.matches(&"11.2.0+security-01".parse()?));
/// assert!(!expression.matches(&"12".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionExpression {
    /// At least one; all must hold.
    terms: Vec<Term>,
}

/// One part of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Term {
    /// An operator and a version; a version alone has [`Operator::Equal`].
    Relation(Constraint),
    /// A version with `*` in it.
    Glob(Box<str>),
}

/// A text is not a version expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct ExpressionError {
    /// Which bytes of the text are wrong; empty where something is missing.
    pub span: Range<usize>,
    /// What is wrong with them.
    pub reason: ExpressionReason,
}

/// What makes a text no version expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionReason {
    /// Nothing at all, or nothing beside a comma.
    #[error("a version is missing; `*` means every version")]
    Empty,
    /// `<` or `>`, which in Debian's old relations mean `<=` and `>=`.
    #[error("`{0}` is ambiguous; write `{0}{0}` or `{0}=`")]
    Ambiguous(char),
    /// What stands before the version is no operator.
    #[error("`{0}` is not an operator; there are `<<`, `<=`, `=`, `>=` and `>>`")]
    Operator(Box<str>),
    /// Nothing after an operator.
    #[error("a version must follow `{}`", .0.as_str())]
    NoVersion(Operator),
    /// An operator before a version with `*`.
    #[error("`*` has no order; a version with it stands without an operator")]
    OperatorOnGlob,
    /// A blank within a version.
    #[error("a comma is missing between two parts")]
    NoComma,
    /// `|` between parts.
    #[error("`|` has no meaning here; a comma means that both parts hold")]
    Alternative,
    /// What is there is no version.
    #[error("{0}")]
    Version(VersionReason),
    /// Two parts that exclude each other.
    #[error("no version is both `{0}` and `{1}`")]
    Contradiction(Box<str>, Box<str>),
}

impl VersionExpression {
    /// Tells whether a version is in the set.
    pub fn matches(&self, version: &Version) -> bool {
        self.terms.iter().all(|term| term.matches(version))
    }

    /// Returns the version if the expression is one version alone.
    pub fn exact(&self) -> Option<&Version> {
        match &self.terms[..] {
            [Term::Relation(Constraint { operator: Operator::Equal, version })] => Some(version),
            _ => None,
        }
    }
}

impl Term {
    fn matches(&self, version: &Version) -> bool {
        match self {
            Self::Relation(constraint) => constraint.is_satisfied_by(version),
            // No epoch is the epoch 0, however either is written.
            Self::Glob(pattern) if version.epoch() == 0 => glob::matches(
                pattern.strip_prefix("0:").unwrap_or(pattern),
                version.without_epoch(),
            ),
            Self::Glob(pattern) => glob::matches(pattern, version.as_str()),
        }
    }

    /// Tells whether no version is in both.
    ///
    /// For relations that is exact; globs get the benefit of the doubt.
    fn excludes(&self, other: &Self) -> bool {
        let (Self::Relation(one), Self::Relation(two)) = (self, other) else { return false };
        let are_bounds = is_lower(one.operator) && is_upper(two.operator)
            || is_upper(one.operator) && is_lower(two.operator);
        let apart = |one: &Constraint, two: &Constraint| !two.is_satisfied_by(&one.version);
        match (one.operator, two.operator) {
            (Operator::Equal, _) => apart(one, two),
            (_, Operator::Equal) => apart(two, one),
            _ => are_bounds && (apart(one, two) || apart(two, one)),
        }
    }

    /// Reads a part without blanks around it.
    fn parse(text: &str) -> Result<Self, (Range<usize>, ExpressionReason)> {
        let (operator, at) = read_operator(text)?;
        let rest = &text[at..];
        let version = rest.trim_start_matches(is_blank);
        let start = text.len() - version.len();
        let whole = start..text.len();
        if version.is_empty() {
            let reason = operator.map_or(ExpressionReason::Empty, ExpressionReason::NoVersion);
            return Err((whole, reason));
        }
        if let Some(bar) = version.find('|') {
            return Err((start + bar..start + bar + 1, ExpressionReason::Alternative));
        }
        if let Some(blank) = version.find(is_blank) {
            return Err((start + blank..text.len(), ExpressionReason::NoComma));
        }
        let is_glob = version.contains(glob::STAR);
        // A digit may stand wherever a star does.
        Version::check(&version.replace(glob::STAR, "0"))
            .map_err(|error| (whole.clone(), ExpressionReason::Version(error.reason)))?;
        match operator {
            Some(_) if is_glob => Err((whole, ExpressionReason::OperatorOnGlob)),
            None if is_glob => Ok(Self::Glob(version.into())),
            _ => {
                let version = version.parse().expect("it was checked, and has no star");
                let operator = operator.unwrap_or(Operator::Equal);
                Ok(Self::Relation(Constraint { operator, version }))
            }
        }
    }
}

/// Reads the operator that a part starts with, and returns where it ends.
fn read_operator(
    text: &str,
) -> Result<(Option<Operator>, usize), (Range<usize>, ExpressionReason)> {
    let is_operator = |c: char| matches!(c, '<' | '>' | '=' | '!' | '~' | '^');
    let end = text.find(|c| !is_operator(c)).unwrap_or(text.len());
    let operator = match &text[..end] {
        "" => None,
        "<<" => Some(Operator::Earlier),
        "<=" => Some(Operator::EarlierOrEqual),
        "=" => Some(Operator::Equal),
        ">=" => Some(Operator::LaterOrEqual),
        ">>" => Some(Operator::Later),
        "<" => return Err((0..end, ExpressionReason::Ambiguous('<'))),
        ">" => return Err((0..end, ExpressionReason::Ambiguous('>'))),
        other => return Err((0..end, ExpressionReason::Operator(excerpt(other)))),
    };
    Ok((operator, end))
}

fn is_lower(operator: Operator) -> bool {
    matches!(operator, Operator::Later | Operator::LaterOrEqual)
}

fn is_upper(operator: Operator) -> bool {
    matches!(operator, Operator::Earlier | Operator::EarlierOrEqual)
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

impl FromStr for VersionExpression {
    type Err = ExpressionError;

    fn from_str(text: &str) -> Result<Self, ExpressionError> {
        let mut terms: Vec<Term> = Vec::new();
        let mut at = 0;
        for part in text.split(',') {
            let start = at + part.len() - part.trim_start_matches(is_blank).len();
            let trimmed = part.trim_matches(is_blank);
            let term = Term::parse(trimmed).map_err(|(span, reason)| ExpressionError {
                span: start + span.start..start + span.end,
                reason,
            })?;
            if let Some(other) = terms.iter().find(|other| other.excludes(&term)) {
                let reason = ExpressionReason::Contradiction(
                    other.to_string().into(),
                    term.to_string().into(),
                );
                return Err(ExpressionError { span: start..start + trimmed.len(), reason });
            }
            terms.push(term);
            at += part.len() + 1;
        }
        Ok(Self { terms })
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Relation(Constraint { operator: Operator::Equal, version }) => version.fmt(f),
            Self::Relation(Constraint { operator, version }) => {
                write!(f, "{} {version}", operator.as_str())
            }
            Self::Glob(pattern) => f.write_str(pattern),
        }
    }
}

impl fmt::Display for VersionExpression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, term) in self.terms.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{term}")?;
        }
        Ok(())
    }
}
