//! What makes a text no relation field.

use crate::debian::checked_text::MAX_LENGTH;
use crate::debian::version::VersionError;

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
