//! Checks a parsed text against the [`grammar`]: keys and the types of values.
//!
//! It knows no meaning; a manifest that passes can still be nonsense.

mod exceptions;
mod keys;
mod place;
mod value;

use std::borrow::Cow;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use self::keys::{is_absent, is_excused, is_list_of};
use self::place::Place;
use self::value::with_article;
use super::code;
use super::grammar::{self, Key, Shape, Table};
use super::problem::Problem;
use crate::text::printable;
use crate::time::{Span, SpanError};

/// Returns what is wrong with the keys and types of the whole text.
pub(super) fn check(source: &str, document: &DeTable<'_>) -> Vec<Problem> {
    let mut check = Check { source, problems: Vec::new() };
    check.table(document, &grammar::MANIFEST, &Place::default());
    check.problems
}

/// Returns a value as a number that is not negative.
pub(super) fn number(value: &DeValue<'_>) -> Option<u64> {
    let DeValue::Integer(number) = value else { return None };
    u64::from_str_radix(number.as_str(), number.radix()).ok()
}

/// Parses a duration; one of no length is none.
pub(super) fn duration(text: &str) -> Result<Span, SpanError> {
    text.parse()
        .and_then(|span: Span| if span.as_seconds() > 0 { Ok(span) } else { Err(SpanError) })
}

/// Returns why a string can't be a value anywhere, if so.
///
/// Values reach Release files, where a line break would forge a field, and terminals.
pub(super) fn text_fault(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        Some("is empty")
    } else if printable(text) != text {
        Some("holds a line break or another character that can't be shown")
    } else if text.trim() != text {
        Some("begins or ends with a blank")
    } else {
        None
    }
}

struct Check<'a> {
    source: &'a str,
    problems: Vec<Problem>,
}

impl Check<'_> {
    fn table(&mut self, table: &DeTable<'_>, grammar: &Table, place: &Place) {
        self.keys(table, grammar, place);
        self.alternatives(table, grammar, place);
        let needed = grammar.keys.iter().filter(|key| !key.is_alternative);
        for key in needed.filter(|key| is_absent(key, table)) {
            if !is_excused(key, table, grammar, place) {
                self.missing(key, place);
            }
        }
    }

    /// Checks the keys that are there.
    fn keys(&mut self, table: &DeTable<'_>, grammar: &Table, place: &Place) {
        for (name, value) in table {
            match grammar.key(name.get_ref()) {
                None => self.unknown_key(name, value, grammar, place),
                Some(key) if is_list_of(key, value, grammar) => {
                    self.unknown_key(name, value, grammar, place);
                }
                Some(Key { shape: Shape::Later, doc, .. }) => self.not_yet(name, doc, place),
                Some(Key { shape: Shape::Fixed, .. }) => self.fixed(name, place),
                Some(key) => self.value(key, value, &place.below(key.name, value.span())),
            }
        }
    }

    fn value(&mut self, key: &Key, value: &Spanned<DeValue<'_>>, place: &Place) {
        match (key.shape, value.get_ref()) {
            (Shape::Text | Shape::Reference, DeValue::String(text)) => {
                self.text(key, text, value.span());
            }
            (Shape::Choice(choices), DeValue::String(text)) => {
                self.choice(key, text, choices, value.span());
            }
            (Shape::TextOrTexts, DeValue::String(text)) => self.text(key, text, value.span()),
            (Shape::Texts | Shape::TextOrTexts | Shape::Choices(_), DeValue::Array(items)) => {
                self.items(key, items);
            }
            (Shape::Selection, DeValue::Array(items)) => self.items(key, items),
            (Shape::Selection, DeValue::Table(table)) => self.selection(key, table),
            (Shape::True, DeValue::Boolean(true)) => {}
            (Shape::Flag, DeValue::Boolean(_)) | (Shape::Format, DeValue::Integer(_)) => {}
            (Shape::Count { least, most }, number @ DeValue::Integer(_)) => {
                self.count(key, number, least..=most, value.span());
            }
            (Shape::Duration, DeValue::String(text)) => self.duration(key, text, value.span()),
            (Shape::Reasons, DeValue::Table(table)) => self.reasons(table, place),
            (Shape::Exceptions, DeValue::Table(named)) => self.exceptions(named, place),
            (Shape::Table(grammar), DeValue::Table(table)) => self.table(table, grammar, place),
            (Shape::Part(grammar), DeValue::Table(table)) => self.keys(table, grammar, place),
            (Shape::Named(grammar), DeValue::Table(named)) => self.named(named, grammar, place),
            _ => self.wrong_type(key, value),
        }
    }

    fn named(&mut self, named: &DeTable<'_>, grammar: &Table, place: &Place) {
        for (name, value) in named {
            match value.get_ref() {
                DeValue::Table(table) => {
                    self.table(table, grammar, &place.named(name.get_ref(), value.span()));
                }
                other => self.no_table(name, other, place),
            }
        }
    }

    /// Reports what stands where only tables with a name are.
    fn no_table(&mut self, name: &Spanned<Cow<'_, str>>, value: &DeValue<'_>, place: &Place) {
        let message = format!("{} holds tables only", place.shown());
        self.problems.push(
            Problem::error(code::WRONG_TYPE, name.span(), message)
                .label(format!("this is {}", with_article(value)))
                .help(format!("keys stand in a table with a name: [{}.NAME]", place.header)),
        );
    }

    /// Returns a value as it was written, if it is simple and short enough to repeat.
    fn snippet(&self, span: &Range<usize>) -> Option<&str> {
        const LONGEST: usize = 60;
        let written = self.source.get(span.clone())?;
        let is_simple = written.len() <= LONGEST && !written.contains(['\n', '[', '{']);
        is_simple.then_some(written)
    }
}
