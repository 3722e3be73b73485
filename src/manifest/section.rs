//! One table of the parsed text, read by key.
//!
//! Reading never complains: what has the wrong type or is no proper text was reported by
//! [`shape`] before, and is as good as absent here.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::shape;

/// One table and the text that it was parsed from.
#[derive(Clone)]
pub(super) struct Section<'a> {
    table: &'a DeTable<'a>,
    source: &'a str,
    /// Its header, or the whole of an inline table.
    pub(super) span: Range<usize>,
}

/// One string (or key) and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text<'a> {
    pub(super) text: &'a str,
    pub(super) span: Range<usize>,
    source: &'a str,
}

impl<'a> Text<'a> {
    /// Returns where a part of the text stands, or the whole if escapes hide the place.
    pub(super) fn part(&self, part: Range<usize>) -> Range<usize> {
        let literal = &self.source[self.span.clone()];
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
    pub(super) fn new(table: &'a DeTable<'a>, source: &'a str, span: Range<usize>) -> Self {
        Self { table, source, span }
    }

    /// Returns the string of a key.
    pub(super) fn text(&self, key: &str) -> Option<Text<'a>> {
        self.as_text(self.table.get(key)?)
    }

    /// Returns the string of a key, owned.
    pub(super) fn string(&self, key: &str) -> Option<String> {
        self.text(key).map(|text| text.text.to_owned())
    }

    /// Returns the strings of a key that takes a list, or one string for a list of one.
    ///
    /// None if the key is absent or neither of these.
    pub(super) fn texts(&self, key: &str) -> Option<Vec<Text<'a>>> {
        let value = self.table.get(key)?;
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
        self.table.get(key).and_then(|value| value.get_ref().as_bool()) == Some(true)
    }

    /// Returns the table below a key.
    pub(super) fn section(&self, key: &str) -> Option<Section<'a>> {
        let value = self.table.get(key)?;
        Some(Section::new(value.get_ref().as_table()?, self.source, value.span()))
    }

    /// Returns the tables below a key with their names, in the order of the names.
    pub(super) fn sections(&self, key: &str) -> Vec<(Text<'a>, Section<'a>)> {
        let Some(named) = self.section(key) else { return Vec::new() };
        named
            .table
            .iter()
            .filter_map(|(name, value)| {
                let table = value.get_ref().as_table()?;
                let name = Text { text: name.get_ref(), span: name.span(), source: self.source };
                Some((name, Section::new(table, self.source, value.span())))
            })
            .collect()
    }

    /// Returns where the value of a key stands.
    pub(super) fn value_span(&self, key: &str) -> Option<Range<usize>> {
        self.table.get(key).map(toml::Spanned::span)
    }

    /// Returns where the value of a key stands if it is a list without elements.
    pub(super) fn empty_list(&self, key: &str) -> Option<Range<usize>> {
        let value = self.table.get(key)?;
        value.get_ref().as_array()?.is_empty().then(|| value.span())
    }

    /// Returns where a key itself stands.
    pub(super) fn key_span(&self, key: &str) -> Option<Range<usize>> {
        self.table.get_key_value(key).map(|(key, _)| key.span())
    }

    fn as_text(&self, value: &'a toml::Spanned<DeValue<'a>>) -> Option<Text<'a>> {
        let text = value.get_ref().as_str()?;
        let source = self.source;
        shape::text_fault(text).is_none().then(|| Text { text, span: value.span(), source })
    }
}
