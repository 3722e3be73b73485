//! The small changes that all edits are made of: set a key, append a table, remove either.
//!
//! TOML can say one thing in several ways: a table with a header, an inline table, a dotted key. A
//! change keeps to the way that it finds.

use toml_edit::{Item, TableLike, Value};

use super::EditError;
use super::gap;
use super::layout::{Block, Entry, Layout};
use super::value::{key, tidy_value};
use crate::manifest::documented_position;

/// The number of blanks between a value and the comment behind it that a change leaves.
const COMMENT_GAP: usize = 2;

impl Layout {
    /// Returns what stands at a path, as it was parsed.
    pub(super) fn find(&self, path: &[&str]) -> Option<&Item> {
        let (first, rest) = path.split_first()?;
        let mut item = self.values.get(first)?;
        for name in rest {
            item = item.as_table_like()?.get(name)?;
        }
        Some(item)
    }

    /// Returns the names below a path, as they were parsed, in the order of the text.
    pub(super) fn names(&self, path: &[&str]) -> Vec<&str> {
        let table = self.find(path).and_then(Item::as_table_like);
        table.into_iter().flat_map(TableLike::iter).map(|(name, _)| name).collect()
    }

    /// Sets a key of a table: changes its value, adds a line for it, or makes the table.
    ///
    /// # Errors
    ///
    /// Fails if something on the way to the key is no table.
    pub(super) fn set(
        &mut self,
        table: &[&str],
        name: &str,
        value: Value,
    ) -> Result<(), EditError> {
        let path: Vec<&str> = table.iter().chain([&name]).copied().collect();
        for block in &mut self.blocks {
            let depth = block.path.len();
            if !starts_with(&path, &block.path) {
                continue;
            }
            if let Some(entry) =
                block.entries.iter_mut().find(|e| starts_with(&path[depth..], &e.path))
            {
                return entry.set(&path[depth + entry.path.len()..], value);
            }
        }
        if self.insert_beside_dotted(&path, &value) {
            self.end_lines();
            return Ok(());
        }
        match self.block(table) {
            Some(index) => {
                let newline = self.newline;
                let block = &mut self.blocks[index];
                let end = block.entries.len();
                block.insert(end, &[name], &value, newline);
                self.end_lines();
            }
            None => self.append(table, &[(name, value)]),
        }
        Ok(())
    }

    /// Adds a table behind the last of its kind, or else in the documented order.
    pub(super) fn append(&mut self, path: &[&str], entries: &[(&str, Value)]) {
        let newline = self.newline;
        let header = format!("[{}]", key(path));
        let mut block = Block {
            path: path.iter().map(|&name| name.to_owned()).collect(),
            name: 0..header.len(),
            header: header + newline,
            ..Block::default()
        };
        let widest = entries.iter().map(|(name, _)| key(&[name]).chars().count()).max();
        for (name, value) in entries {
            let entry = Entry::new(&[name], value, widest.unwrap_or_default(), newline);
            block.entries.push(entry);
        }
        let index = self.place_of(path);
        if !self.is_empty() || gap::has_comment(&self.head) && !gap::ends_blank(&self.head) {
            block.lead = newline.to_owned();
        }
        if let Some(next) = self.blocks.get_mut(index)
            && !gap::starts_blank(&next.lead)
        {
            next.lead.insert_str(0, newline);
        }
        self.blocks.insert(index, block);
        self.end_lines();
    }

    /// Removes the table or key at a path, with all below it and the comments that belong to it.
    ///
    /// Tells whether there was one.
    pub(super) fn remove(&mut self, path: &[&str]) -> bool {
        let mut found = false;
        let mut left = String::new();
        for mut block in std::mem::take(&mut self.blocks) {
            if !block.path.is_empty() && starts_with(&block.path, path) {
                left += gap::of_removed(&block.lead).0;
                found = true;
                continue;
            }
            found |= block.remove(path);
            gap::join(&mut left, &mut block.lead);
            self.blocks.push(block);
        }
        if gap::has_comment(&left) {
            gap::join(&mut left, &mut self.foot);
        }
        found
    }

    /// Adds a key beside others with the same dotted start; tells whether there are any.
    fn insert_beside_dotted(&mut self, path: &[&str], value: &Value) -> bool {
        let newline = self.newline;
        let (_, table) = path.split_last().expect("a path has at least one name");
        for block in &mut self.blocks {
            let depth = block.path.len();
            if depth >= table.len() || !starts_with(path, &block.path) {
                continue;
            }
            let last = block.entries.iter().rposition(|e| starts_with(&e.path, &table[depth..]));
            if let Some(last) = last {
                block.insert(last + 1, &path[depth..], value, newline);
                return true;
            }
        }
        false
    }

    /// Returns the number of the block before which a new table belongs.
    fn place_of(&self, path: &[&str]) -> usize {
        for length in (1..path.len()).rev() {
            let is_kin = |block: &Block| starts_with(&block.path, &path[..length]);
            if let Some(last) = self.blocks.iter().rposition(is_kin) {
                return last + 1;
            }
        }
        let position = |name: &str| documented_position(&[], name).unwrap_or(usize::MAX);
        let is_before = |block: &Block| {
            block.path.first().is_none_or(|name| position(name) <= position(path[0]))
        };
        self.blocks.iter().rposition(is_before).map_or(1, |last| last + 1)
    }

    /// Ends the lines that were the last of the text and had no end.
    fn end_lines(&mut self) {
        let newline = self.newline;
        let mut parts: Vec<&mut String> = vec![&mut self.head];
        for block in &mut self.blocks {
            parts.extend([&mut block.lead, &mut block.header, &mut block.after, &mut block.about]);
            for entry in &mut block.entries {
                parts.extend([&mut entry.lead, &mut entry.line, &mut entry.after]);
            }
            parts.push(&mut block.tail);
        }
        for part in parts {
            if !part.is_empty() && !part.ends_with('\n') {
                part.push_str(newline);
            }
        }
    }
}

impl Block {
    /// Adds a key, aligned with the one before it.
    fn insert(&mut self, index: usize, path: &[&str], value: &Value, newline: &str) {
        let before = index.checked_sub(1).and_then(|before| self.entries.get(before));
        let width = before.map_or(0, Entry::key_width);
        self.entries.insert(index, Entry::new(path, value, width, newline));
    }

    /// Removes the keys at and below a path; tells whether there were any.
    fn remove(&mut self, path: &[&str]) -> bool {
        if !starts_with(path, &self.path) {
            return false;
        }
        let path = &path[self.path.len()..];
        let (mut found, mut left) = (false, String::new());
        for mut entry in std::mem::take(&mut self.entries) {
            if starts_with(&entry.path, path) {
                left += gap::of_removed(&entry.lead).0;
                found = true;
                continue;
            }
            found |= starts_with(path, &entry.path) && entry.remove(&path[entry.path.len()..]);
            gap::join(&mut left, &mut entry.lead);
            self.entries.push(entry);
        }
        gap::join(&mut left, &mut self.tail);
        found
    }
}

impl Entry {
    /// Returns a line whose `=` stands in the column behind a key of this width, if it can.
    fn new(path: &[&str], value: &Value, width: usize, newline: &str) -> Self {
        let key = key(path);
        let start = format!("{key:width$} = ");
        let value = value.to_string();
        let value = value.trim();
        Self {
            path: path.iter().map(|&name| name.to_owned()).collect(),
            lead: String::new(),
            key: 0..key.len(),
            value: start.len()..start.len() + value.len(),
            line: format!("{start}{value}{newline}"),
            after: String::new(),
        }
    }

    /// Returns the characters before the blank before the `=`.
    fn key_width(&self) -> usize {
        let equals = self.line[self.key.end..].find('=').unwrap_or_default();
        self.line[..self.key.end + equals].chars().count().saturating_sub(1)
    }

    /// Changes the value, or what stands at a path in it.
    fn set(&mut self, path: &[&str], value: Value) -> Result<(), EditError> {
        let Some((name, table)) = path.split_last() else {
            self.replace(value.to_string().trim());
            return Ok(());
        };
        let mut whole: Value = self.value().parse()?;
        let mut inner = Some(&mut whole);
        for name in table {
            inner = inner.and_then(|value| value.as_inline_table_mut()).map(|table| {
                table.entry(*name).or_insert_with(|| Value::InlineTable(Default::default()))
            });
        }
        let inner = inner.and_then(Value::as_inline_table_mut);
        inner.ok_or_else(|| EditError::NotATable(key(&self.path)))?.insert(*name, value);
        self.replace(&tidy_value(whole.to_string().trim()));
        Ok(())
    }

    /// Removes what stands at a path in the value; tells whether there was anything.
    fn remove(&mut self, path: &[&str]) -> bool {
        let Some((name, table)) = path.split_last() else { return false };
        let Ok(mut whole) = self.value().parse::<Value>() else { return false };
        let mut inner = whole.as_inline_table_mut();
        for name in table {
            inner = inner.and_then(|table| table.get_mut(name)?.as_inline_table_mut());
        }
        let found = inner.is_some_and(|table| table.remove(name).is_some());
        if found {
            self.replace(&tidy_value(whole.to_string().trim()));
        }
        found
    }

    /// Puts another value in the place of the value; a comment behind it stays where it is.
    fn replace(&mut self, value: &str) {
        let column = self.comment_column();
        // What was parsed has lost its carriage returns.
        let newline = if self.line.contains("\r\n") { "\r\n" } else { "\n" };
        let value = value.replace('\n', newline);
        self.line.replace_range(self.value.clone(), &value);
        self.value.end = self.value.start + value.len();
        let Some(hash) = column.zip(self.line[self.value.end..].find('#')) else { return };
        let (column, hash) = (hash.0, self.value.end + hash.1);
        let code = self.line[..self.value.end].rsplit('\n').next().unwrap_or_default();
        let blanks = column.saturating_sub(code.chars().count()).max(COMMENT_GAP);
        self.line.replace_range(self.value.end..hash, &" ".repeat(blanks));
    }
}

/// Tells whether a path begins with another, or is it.
fn starts_with<A: AsRef<str>, B: AsRef<str>>(path: &[A], start: &[B]) -> bool {
    path.len() >= start.len() && path.iter().zip(start).all(|(a, b)| a.as_ref() == b.as_ref())
}
