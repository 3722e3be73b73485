//! Why a text is not a query: where, what was expected there, and what to write instead.

use std::fmt;
use std::ops::Range;

use super::field::{self, FieldError};
use super::glob::GlobError;
use super::value::{MomentError, SizeError};
use crate::debian::name::NameError;
use crate::debian::version::VersionError;
use crate::text::printable;
use crate::time::SpanError;

/// A text is not a query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct QueryError {
    /// The part of the text that is wrong, in bytes; empty at the place where something is missing.
    pub span: Range<usize>,
    /// What is wrong with it.
    pub reason: QueryReason,
}

/// What makes a text no query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryReason {
    /// Something else than what has to stand here.
    #[error("expected {expected}, found {found}")]
    Expected {
        /// What would do.
        expected: Expected,
        /// What is there.
        found: Found,
    },
    /// `(` without `)`.
    #[error("this parenthesis is not closed")]
    Unclosed,
    /// A quote without its second one.
    #[error("this quote is not closed")]
    UnclosedQuote,
    /// `,` and `|` beside each other.
    #[error("`,` and `|` can't stand beside each other")]
    Mixed,
    /// More levels of parentheses and `!` than anybody means.
    #[error("more than {} levels of parentheses and `!`", super::parse::MAX_DEPTH)]
    TooDeep,
    /// Not the name of a package.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A version that is none.
    #[error(transparent)]
    Version(#[from] VersionError),
    /// A value that has no order.
    #[error("only versions and whole numbers have an order, and this is neither")]
    Unordered(#[source] VersionError),
    /// Not a pattern.
    #[error(transparent)]
    Glob(#[from] GlobError),
    /// Not a field.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// Not a size.
    #[error(transparent)]
    Size(#[from] SizeError),
    /// Not a point in time.
    #[error(transparent)]
    Moment(#[from] MomentError),
    /// Not a span of time.
    #[error(transparent)]
    Span(#[from] SpanError),
    /// A pattern where only an order makes sense.
    #[error("the values of this field are compared, not matched by a pattern")]
    Pattern,
    /// `<`, `==` and other things that look like operators.
    #[error("there is no operator `{0}`")]
    Operator(String),
    /// `.*`, `^` or `$`.
    #[error("this looks like a regular expression, which is not what patterns are")]
    RegularExpression,
    /// `name_version`, or more parts than a reference has.
    #[error("a package in full is `name_version_architecture`")]
    Reference,
    /// Segments that lead nowhere.
    #[error("an address is `distribution/component/architecture/package@version`, or its start")]
    Address,
}

/// What would do at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// The start of a term.
    Term,
    /// What may follow a term.
    Separator,
    /// The condition of a field.
    Condition,
    /// What may follow a value.
    AfterValue,
    /// A value.
    Value,
}

/// What is at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Nothing more.
    End,
    /// A word or a character, safe to print.
    Text(String),
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Term => "a package, a field, `!` or `(`",
            Self::Separator => "`,`, `|` or the end",
            Self::Condition => "a condition in parentheses",
            Self::AfterValue => "`,` or `)`",
            Self::Value => "a value",
        })
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::End => f.write_str("the end"),
            Self::Text(text) => write!(f, "`{text}`"),
        }
    }
}

impl QueryError {
    /// Returns the error of a part of a text.
    pub(super) fn new(span: Range<usize>, reason: impl Into<QueryReason>) -> Self {
        Self { span, reason: reason.into() }
    }

    /// Returns what to write instead, as far as that can be told from the whole `text`.
    pub fn help(&self, text: &str) -> Option<String> {
        let at = self.span.start;
        match &self.reason {
            QueryReason::Expected { expected, found } => expected_help(*expected, found, text, at),
            QueryReason::Version(_) => field_meant(text, at),
            QueryReason::Name(_) => {
                let is_versioned =
                    text.get(self.span.clone()).is_some_and(|name| name.contains('@'));
                let advice = "a version stands in parentheses: `nginx (1.2-1)`";
                is_versioned.then(|| advice.to_owned())
            }
            reason => reason.advice().map(str::to_owned),
        }
    }
}

impl QueryReason {
    /// Returns what to write instead, where that does not depend on the text.
    fn advice(&self) -> Option<&'static str> {
        Some(match self {
            Self::Mixed => {
                "write parentheses: `a, (b | c)` or `(a, b) | c`; Debian's relations would read \
                 the first, aptly's queries the second"
            }
            Self::Pattern => "use one of `<<`, `<=`, `=`, `>=`, `>>`",
            Self::Operator(operator) => operator_advice(operator),
            Self::RegularExpression => {
                "`*` stands for any text, `?` for a character, and `~ word` finds a word anywhere"
            }
            Self::Unordered(_) => {
                "leave the operator out to compare for equality; `*` stands for any text"
            }
            Self::Address => "`bookworm/main`, `*/*/amd64`, `bookworm/main/amd64/nginx@1.2-1`",
            Self::Reference => "`nginx_1.2-1_amd64`; each part may have `*`",
            Self::Expected { .. }
            | Self::Unclosed
            | Self::UnclosedQuote
            | Self::TooDeep
            | Self::Name(_)
            | Self::Version(_)
            | Self::Glob(_)
            | Self::Field(_)
            | Self::Size(_)
            | Self::Moment(_)
            | Self::Span(_) => return None,
        })
    }
}

fn expected_help(expected: Expected, found: &Found, text: &str, at: usize) -> Option<String> {
    let advice = match expected {
        Expected::Condition => return Some(condition_help(last_word(text.get(..at)?))),
        Expected::Separator => "`,` means and, `|` means or; values stand in parentheses",
        Expected::AfterValue if *found == Found::Text("|".to_owned()) => {
            "write `Section (a) | Section (b)`, or put a value with `|` in quotes"
        }
        Expected::AfterValue => "put a value with parentheses or quotes in quotes",
        Expected::Term | Expected::Value => return None,
    };
    Some(advice.to_owned())
}

/// Returns what somebody probably wanted who wrote a field alone.
fn condition_help(field: &str) -> String {
    let field = printable(field);
    if field.starts_with('$') {
        return format!("`{field} (…)` with a value; `{field} (>= …)` where values have an order");
    }
    let package = field.to_lowercase();
    format!("`{field} (*)` asks whether the field is there; the package is `{package}`")
}

fn operator_advice(operator: &str) -> &'static str {
    match operator {
        "<" => "`<<` is earlier, `<=` earlier or equal",
        ">" => "`>>` is later, `>=` later or equal",
        "==" => "`=` is equal",
        "!=" => "put `!` before the term: `!Section (utils)`",
        _ => "there are `<<`, `<=`, `=`, `>=`, `>>`, `%` and `~`",
    }
}

/// Returns the field that a lower-case name before a condition probably is.
fn field_meant(text: &str, at: usize) -> Option<String> {
    let (before, _) = text.get(..at)?.rsplit_once('(')?;
    let name = last_word(before.trim_end());
    let field = field::usual(name).filter(|field| field.eq_ignore_ascii_case(name))?;
    Some(format!("fields begin with a capital letter: `{field} (…)`"))
}

fn last_word(text: &str) -> &str {
    let text = text.trim_end();
    text.rsplit(super::parse::ends_word).next().unwrap_or_default()
}
