//! The parser: one pass from left to right, which stops at the first mistake.
//!
//! ```text
//! query     = operand { "," operand } | operand { "|" operand }
//! operand   = "!" operand | "(" query ")" | term
//! term      = name [ conditions ] | reference | address | field conditions
//! conditions = "(" condition { "," condition } ")"
//! condition = [ operator ] value
//! ```

use std::ops::Range;

use super::Query;
use super::error::{Expected, Found, QueryError, QueryReason};
use super::field::{Computed, Field, Nature};
use super::glob::Glob;
use super::term::{Address, Condition, Term};
use super::value::{Moment, Size};
use crate::debian::name::PackageName;
use crate::debian::relation::{Constraint, Operator};
use crate::text::printable;
use crate::time::Span;

/// The most levels of parentheses and `!`; the tree is walked by recursion.
pub(super) const MAX_DEPTH: usize = 64;
/// What operators are made of; `!` because `!=` is a common mistake.
pub(super) const OPERATOR_CHARACTERS: [char; 6] = ['<', '>', '=', '%', '~', '!'];

/// Tells whether a character ends a word outside of conditions.
pub(super) fn ends_word(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | '|' | '(' | ')' | '"' | '\'')
}

/// Tells whether a character ends a value without quotes.
pub(super) fn ends_value(c: char) -> bool {
    matches!(c, ',' | '|' | '(' | ')' | '"' | '\'')
}

/// Reads a whole text as a query.
pub(super) fn parse(text: &str) -> Result<Query, QueryError> {
    let mut parser = Parser { text, at: 0, depth: 0 };
    let query = parser.query()?;
    match parser.peek() {
        None => Ok(query),
        Some(_) => Err(parser.expected(Expected::Separator)),
    }
}

struct Parser<'a> {
    text: &'a str,
    /// The place of the next character, in bytes.
    at: usize,
    /// The parentheses and `!` around it.
    depth: usize,
}

type Parsed<T> = Result<T, QueryError>;

impl<'a> Parser<'a> {
    fn query(&mut self) -> Parsed<Query> {
        let mut operands = vec![self.operand()?];
        let separator = self.peek().filter(|c| matches!(c, ',' | '|'));
        let Some(separator) = separator else {
            return Ok(operands.remove(0));
        };
        while let Some(next @ (',' | '|')) = self.peek() {
            if next != separator {
                return Err(QueryError::new(self.at..self.at + 1, QueryReason::Mixed));
            }
            self.at += 1;
            operands.push(self.operand()?);
        }
        Ok(if separator == ',' { Query::All(operands) } else { Query::Any(operands) })
    }

    fn operand(&mut self) -> Parsed<Query> {
        let next = self.peek();
        let start = self.at;
        match next {
            Some('!') => {
                self.at += 1;
                let operand = self.nested(start, Self::operand)?;
                Ok(Query::Not(Box::new(operand)))
            }
            Some('(') => {
                self.at += 1;
                let query = self.nested(start, Self::query)?;
                self.close(start, Expected::Separator)?;
                Ok(query)
            }
            _ => self.term().map(Query::Term),
        }
    }

    fn nested(&mut self, start: usize, read: fn(&mut Self) -> Parsed<Query>) -> Parsed<Query> {
        if self.depth == MAX_DEPTH {
            return Err(QueryError::new(start..self.at, QueryReason::TooDeep));
        }
        self.depth += 1;
        let query = read(self)?;
        self.depth -= 1;
        Ok(query)
    }

    /// Takes the `)` of the parenthesis that was opened at `start`.
    fn close(&mut self, start: usize, expected: Expected) -> Parsed<()> {
        match self.peek() {
            Some(')') => {
                self.at += 1;
                Ok(())
            }
            None => Err(QueryError::new(start..start + 1, QueryReason::Unclosed)),
            Some(_) => Err(self.expected(expected)),
        }
    }

    fn term(&mut self) -> Parsed<Term> {
        self.skip_blanks();
        let word = self.take_while(|c| !ends_word(c));
        let span = self.at - word.len()..self.at;
        if word.is_empty() {
            return Err(self.expected(Expected::Term));
        }
        if word.contains('/') {
            return address(word, span).map(Term::Address);
        } else if word.starts_with(|c: char| c == '$' || c.is_uppercase()) {
            return self.field(word, span);
        } else if word.contains('_') {
            return reference(word, span);
        }
        let name = package_name(word, span)?;
        let conditions = match self.peek() {
            Some('(') => self.conditions(&Field::Computed(Computed::Version))?,
            _ => Vec::new(),
        };
        Ok(Term::Name { name, conditions })
    }

    fn field(&mut self, word: &str, span: Range<usize>) -> Parsed<Term> {
        let field: Field = word
            .parse()
            .map_err(|reason: super::field::FieldError| QueryError::new(span, reason))?;
        if self.peek() != Some('(') {
            return Err(self.expected(Expected::Condition));
        }
        let conditions = self.conditions(&field)?;
        Ok(Term::Field { field, conditions })
    }

    fn conditions(&mut self, field: &Field) -> Parsed<Vec<Condition>> {
        let start = self.at;
        let mut conditions = Vec::new();
        loop {
            // The parenthesis, or the comma.
            self.at += 1;
            conditions.push(self.condition(field)?);
            if self.peek() != Some(',') {
                break;
            }
        }
        self.close(start, Expected::AfterValue)?;
        Ok(conditions)
    }

    fn condition(&mut self, field: &Field) -> Parsed<Condition> {
        self.skip_blanks();
        let written = self.take_while(|c| OPERATOR_CHARACTERS.contains(&c));
        let span = self.at - written.len()..self.at;
        let test = Test::of(written)
            .ok_or_else(|| QueryError::new(span, QueryReason::Operator(shortened(written))))?;
        let (value, span) = self.value()?;
        condition(field.nature(), test, &value).map_err(|reason| QueryError::new(span, reason))
    }

    /// Takes a value, in quotes or up to where the condition ends.
    fn value(&mut self) -> Parsed<(String, Range<usize>)> {
        if let Some(quote @ ('"' | '\'')) = self.peek() {
            return self.quoted(quote);
        }
        let start = self.at;
        let value = self.take_while(|c| !ends_value(c)).trim_end();
        if value.is_empty() {
            return Err(self.expected(Expected::Value));
        }
        Ok((value.to_owned(), start..start + value.len()))
    }

    fn quoted(&mut self, quote: char) -> Parsed<(String, Range<usize>)> {
        let start = self.at;
        let mut value = String::new();
        let mut characters = self.text[start + 1..].char_indices();
        while let Some((offset, character)) = characters.next() {
            match character {
                '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
                _ if character == quote => {
                    self.at = start + 1 + offset + 1;
                    return Ok((value, start..self.at));
                }
                other => value.push(other),
            }
        }
        Err(QueryError::new(start..start + 1, QueryReason::UnclosedQuote))
    }

    /// Returns the next character that is not blank, and moves there.
    fn peek(&mut self) -> Option<char> {
        self.skip_blanks();
        self.text[self.at..].chars().next()
    }

    fn skip_blanks(&mut self) {
        self.take_while(char::is_whitespace);
    }

    fn take_while(&mut self, is_taken: impl Fn(char) -> bool) -> &'a str {
        let rest = &self.text[self.at..];
        let end = rest.find(|c| !is_taken(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    /// Returns the error that something else is here than expected.
    fn expected(&mut self, expected: Expected) -> QueryError {
        self.skip_blanks();
        let rest = &self.text[self.at..];
        let word = rest.find(ends_word).map_or(rest, |end| &rest[..end]);
        let found = match rest.chars().next() {
            None => "",
            Some(first) if word.is_empty() => &rest[..first.len_utf8()],
            Some(_) => word,
        };
        let span = self.at..self.at + found.len();
        let found = if found.is_empty() { Found::End } else { Found::Text(shortened(found)) };
        QueryError::new(span, QueryReason::Expected { expected, found })
    }
}

/// Returns the start of a text, safe to print.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 40;
    printable(text).chars().take(LONGEST).collect()
}

/// What an operator asks of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Test {
    /// None, or `%`.
    Like,
    /// `~`
    Finds,
    Order(Operator),
}

impl Test {
    fn of(written: &str) -> Option<Self> {
        Some(match written {
            "" | "%" => Self::Like,
            "~" => Self::Finds,
            "<<" => Self::Order(Operator::Earlier),
            "<=" => Self::Order(Operator::EarlierOrEqual),
            "=" => Self::Order(Operator::Equal),
            ">=" => Self::Order(Operator::LaterOrEqual),
            ">>" => Self::Order(Operator::Later),
            _ => return None,
        })
    }

    /// Returns the order; none given means equal.
    fn order(self) -> Result<Operator, QueryReason> {
        match self {
            Self::Like => Ok(Operator::Equal),
            Self::Order(operator) => Ok(operator),
            Self::Finds => Err(QueryReason::Pattern),
        }
    }
}

fn condition(nature: Nature, test: Test, value: &str) -> Result<Condition, QueryReason> {
    match nature {
        Nature::Text => text_condition(test, value),
        Nature::Version => version_condition(test, value),
        Nature::Size => Ok(Condition::Size(test.order()?, value.parse::<Size>()?)),
        Nature::Moment => Ok(Condition::Moment(test.order()?, value.parse::<Moment>()?)),
        Nature::Age => Ok(Condition::Age(test.order()?, value.parse::<Span>()?)),
    }
}

fn text_condition(test: Test, value: &str) -> Result<Condition, QueryReason> {
    Ok(match test {
        Test::Like => Condition::Like(value.parse()?),
        Test::Finds => finds(value)?,
        Test::Order(Operator::Equal) => Condition::Is(value.into()),
        Test::Order(operator) => {
            let version = value.parse().map_err(QueryReason::Unordered)?;
            Condition::Version(Constraint { operator, version })
        }
    })
}

fn version_condition(test: Test, value: &str) -> Result<Condition, QueryReason> {
    let operator = match test {
        Test::Finds => return finds(value),
        Test::Like => {
            let glob: Glob = value.parse()?;
            if !glob.is_literal() {
                return Ok(Condition::Like(glob));
            }
            Operator::Equal
        }
        Test::Order(operator) => operator,
    };
    Ok(Condition::Version(Constraint { operator, version: value.parse()? }))
}

fn finds(value: &str) -> Result<Condition, QueryReason> {
    let looks_regular = value.starts_with(".*")
        || value.ends_with(".*")
        || value.starts_with('^')
        || value.ends_with('$')
        || value.contains('\\');
    if looks_regular {
        return Err(QueryReason::RegularExpression);
    }
    Ok(Condition::Finds(Glob::anywhere(value)?))
}

fn package_name(word: &str, span: Range<usize>) -> Parsed<Glob> {
    let glob = glob(word, span.clone())?;
    let special = |c: char| matches!(c, '*' | '?' | '[' | ']' | '^' | '!');
    // Where patterns stand, any letter would do.
    let name: String = if glob.is_literal() {
        word.to_owned()
    } else {
        format!("xx{}", word.replace(special, ""))
    };
    match name.parse::<PackageName>() {
        Ok(_) => Ok(glob),
        Err(mut error) => {
            error.text = printable(word).into();
            Err(QueryError::new(span, error))
        }
    }
}

fn reference(word: &str, span: Range<usize>) -> Parsed<Term> {
    let parts: Vec<&str> = word.split('_').collect();
    match parts[..] {
        [name, version, architecture] if parts.iter().all(|part| !part.is_empty()) => {
            Ok(Term::Reference {
                name: glob(name, span.clone())?,
                version: glob(version, span.clone())?,
                architecture: glob(architecture, span)?,
            })
        }
        _ => Err(QueryError::new(span, QueryReason::Reference)),
    }
}

fn address(word: &str, span: Range<usize>) -> Parsed<Address> {
    // Distribution, component, architecture and package.
    const FULL: usize = 4;
    let (path, version) = match word.split_once('@') {
        Some((path, version)) => (path, Some(version)),
        None => (word, None),
    };
    let segments: Vec<&str> = path.split('/').collect();
    let is_versioned_too_early = version.is_some() && segments.len() < FULL;
    if is_versioned_too_early || segments.contains(&"") || version == Some("") {
        return Err(QueryError::new(span, QueryReason::Address));
    }
    let segments = segments.into_iter().map(|segment| glob(segment, span.clone()));
    Ok(Address {
        segments: segments.collect::<Parsed<_>>()?,
        version: version.map(|version| glob(version, span.clone())).transpose()?,
    })
}

fn glob(text: &str, span: Range<usize>) -> Parsed<Glob> {
    text.parse().map_err(|reason: super::glob::GlobError| QueryError::new(span, reason))
}
