//! One table of the parsed text, read by key.
//!
//! Reading never complains: what has the wrong type or is no proper text was reported by
//! [`shape`] before, and is as good as absent here.

use std::borrow::Cow;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::shape;
use crate::time::Span;

/// The text of a manifest, and where its lines are.
///
/// Counting lines anew for every table would make long manifests slow.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Document<'a> {
    pub(super) text: &'a str,
    /// Where each line but the first begins, in order.
    line_starts: Vec<usize>,
}

/// One table and the text that it was parsed from.
#[derive(Clone)]
pub(super) struct Section<'a> {
    table: &'a DeTable<'a>,
    /// A table whose keys stand before those of `table`.
    above: Option<&'a DeTable<'a>>,
    document: &'a Document<'a>,
    /// Its header, or the whole of an inline table.
    pub(super) span: Range<usize>,
}

/// One string (or key) and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text<'a> {
    pub(super) text: &'a str,
    pub(super) span: Range<usize>,
    document: &'a Document<'a>,
}

impl<'a> Document<'a> {
    /// Finds the lines of a text.
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, line_starts: text.match_indices('\n').map(|(at, _)| at + 1).collect() }
    }

    /// Returns the line in which a byte stands, from 1.
    pub(super) fn line(&self, byte: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= byte) + 1
    }
}

impl<'a> Text<'a> {
    /// Returns the line in which the text begins, from 1.
    pub(super) fn line(&self) -> usize {
        self.document.line(self.span.start)
    }

    /// Returns where a part of the text stands, or the whole if escapes hide the place.
    pub(super) fn part(&self, part: Range<usize>) -> Range<usize> {
        let literal = &self.document.text[self.span.clone()];
        match literal.find(self.text) {
            Some(offset) => {
                let start = self.span.start + offset;
                start + part.start..start + part.end
            }
            None => self.span.clone(),
        }
    }
}

impl<'a> Section<'a> {
    /// Wraps a table.
    pub(super) fn new(
        table: &'a DeTable<'a>,
        document: &'a Document<'a>,
        span: Range<usize>,
    ) -> Self {
        Self { table, above: None, document, span }
    }

    /// Returns the table with the keys of another one before its own, also in the tables below.
    pub(super) fn below(&self, above: &Self) -> Self {
        Self { above: Some(above.table), ..self.clone() }
    }

    /// Returns the line in which the table begins, from 1.
    pub(super) fn line(&self) -> usize {
        self.document.line(self.span.start)
    }

    /// Returns the string of a key.
    pub(super) fn text(&self, key: &str) -> Option<Text<'a>> {
        self.as_text(self.value(key)?)
    }

    /// Returns the string of a key, owned.
    pub(super) fn string(&self, key: &str) -> Option<String> {
        self.text(key).map(|text| text.text.to_owned())
    }

    /// Returns the strings of a key that takes a list, or one string for a list of one.
    ///
    /// None if the key is absent or neither of these.
    pub(super) fn texts(&self, key: &str) -> Option<Vec<Text<'a>>> {
        let value = self.value(key)?;
        match value.get_ref() {
            DeValue::Array(items) => {
                Some(items.iter().filter_map(|item| self.as_text(item)).collect())
            }
            DeValue::String(_) => Some(self.as_text(value).into_iter().collect()),
            DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Table(_) => None,
        }
    }

    /// Returns whether a key is `true`; a key that is absent is not.
    pub(super) fn flag(&self, key: &str) -> bool {
        self.value(key).and_then(|value| value.get_ref().as_bool()) == Some(true)
    }

    /// Returns the table below a key.
    pub(super) fn section(&self, key: &str) -> Option<Section<'a>> {
        let table = |table: &'a DeTable<'a>| {
            let value = table.get(key)?;
            Some(Section::new(value.get_ref().as_table()?, self.document, value.span()))
        };
        let above = self.above.and_then(table);
        match (table(self.table), above) {
            (Some(table), Some(above)) => Some(table.below(&above)),
            (table, above) => table.or(above),
        }
    }

    /// Returns the tables below a key with their names, in the order of the names; a table above
    /// this one has none of its own.
    pub(super) fn sections(&self, key: &str) -> Vec<(Text<'a>, Section<'a>)> {
        let Some(named) = self.section(key) else { return Vec::new() };
        named
            .table
            .iter()
            .filter_map(|(name, value)| {
                let table = value.get_ref().as_table()?;
                Some((self.key(name), Section::new(table, self.document, value.span())))
            })
            .collect()
    }

    /// Returns all keys.
    pub(super) fn keys(&self) -> impl Iterator<Item = Text<'a>> {
        self.table.iter().map(|(key, _)| self.key(key))
    }

    /// Returns all keys whose values are strings, with these.
    pub(super) fn entries(&self) -> Vec<(Text<'a>, Text<'a>)> {
        let entries = self.table.iter();
        entries.filter_map(|(key, value)| Some((self.key(key), self.as_text(value)?))).collect()
    }

    /// Returns the number of a key.
    pub(super) fn number(&self, key: &str) -> Option<u64> {
        shape::number(self.value(key)?.get_ref())
    }

    /// Returns the duration of a key.
    pub(super) fn duration(&self, key: &str) -> Option<Span> {
        shape::duration(self.text(key)?.text).ok()
    }

    /// Returns where the value of a key stands.
    pub(super) fn value_span(&self, key: &str) -> Option<Range<usize>> {
        self.value(key).map(Spanned::span)
    }

    /// Returns where the value of a key stands if it is a list or a table without elements.
    pub(super) fn empty_list(&self, key: &str) -> Option<Range<usize>> {
        let value = self.value(key)?;
        let is_empty = match value.get_ref() {
            DeValue::Array(items) => items.is_empty(),
            DeValue::Table(table) => table.is_empty(),
            _ => false,
        };
        is_empty.then(|| value.span())
    }

    /// Returns where a key itself stands.
    pub(super) fn key_span(&self, key: &str) -> Option<Range<usize>> {
        self.entry(key).map(|(key, _)| key.span())
    }

    fn entry(&self, key: &str) -> Option<(&'a Spanned<Cow<'a, str>>, &'a Spanned<DeValue<'a>>)> {
        let above = self.above.and_then(|above| above.get_key_value(key));
        above.or_else(|| self.table.get_key_value(key))
    }

    fn value(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.entry(key).map(|(_, value)| value)
    }

    fn key(&self, key: &'a Spanned<Cow<'a, str>>) -> Text<'a> {
        Text { text: key.get_ref(), span: key.span(), document: self.document }
    }

    fn as_text(&self, value: &'a Spanned<DeValue<'a>>) -> Option<Text<'a>> {
        let text = value.get_ref().as_str()?;
        let document = self.document;
        shape::text_fault(text).is_none().then(|| Text { text, span: value.span(), document })
    }
}
