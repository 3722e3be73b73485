//! The lines of a manifest, each with what it belongs to.
//!
//! A layout is lossless: put together again, its parts are the text, byte for byte. So an edit
//! changes what it means to change and nothing else, whatever the line ends and the spacing are.

use std::ops::Range;

use toml_edit::{Document, Item, Key, Table, Value};

use super::EditError;
use super::gap;

/// A byte order mark, which editors on Windows write.
const MARK: char = '\u{feff}';

/// A manifest in parts.
#[derive(Debug)]
pub(super) struct Layout {
    /// A byte order mark, if there is one.
    pub(super) mark: String,
    /// What stays at the top: directives, and the comment on the whole file.
    pub(super) head: String,
    /// The keys before the first table, then the tables in the order of the text; at least one.
    pub(super) blocks: Vec<Block>,
    /// The comments behind the last table.
    pub(super) foot: String,
    /// How lines end: as the first one does.
    pub(super) newline: &'static str,
    /// What the text meant when it was parsed; edits of the lines don't change it.
    pub(super) values: Table,
}

/// One table, or the keys before the first table.
#[derive(Debug, Default)]
pub(super) struct Block {
    /// The names in the header; empty for the keys before the first table.
    pub(super) path: Vec<String>,
    /// The comments and blank lines above the header.
    pub(super) lead: String,
    /// The line of the header; empty where there is none.
    pub(super) header: String,
    /// The place of the header in its line, with its brackets.
    pub(super) name: Range<usize>,
    /// Further lines of the comment behind the header.
    pub(super) after: String,
    /// Comments and blank lines below the header that are about the table.
    pub(super) about: String,
    /// The keys with their values.
    pub(super) entries: Vec<Entry>,
    /// The comments that follow the last line at once, such as keys that are commented out.
    pub(super) tail: String,
    /// Whether it is an element of an array of tables.
    pub(super) is_element: bool,
}

/// One key and its value.
#[derive(Debug)]
pub(super) struct Entry {
    /// The key, in parts if it is dotted.
    pub(super) path: Vec<String>,
    /// The comments and blank lines above.
    pub(super) lead: String,
    /// The line; more than one if the value goes over several.
    pub(super) line: String,
    /// The place of the key in the line.
    pub(super) key: Range<usize>,
    /// The place of the value in the line.
    pub(super) value: Range<usize>,
    /// Further lines of the comment behind the value.
    pub(super) after: String,
}

/// A header or a key with its value, in bytes of the text.
struct Found {
    path: Vec<String>,
    lines: Range<usize>,
    what: What,
}

enum What {
    Header { name: Range<usize>, is_element: bool },
    Entry { key: Range<usize>, value: Range<usize> },
}

impl Layout {
    /// Takes a text apart.
    ///
    /// # Errors
    ///
    /// Fails if the text is not TOML.
    pub(super) fn parse(text: &str) -> Result<Self, EditError> {
        let body = text.strip_prefix(MARK).unwrap_or(text);
        let document = Document::parse(body)?;
        let mut found = Vec::new();
        collect(body, document.as_table(), &mut Vec::new(), &mut found);
        found.sort_by_key(|found| found.lines.start);
        let mut layout = Self {
            mark: text[..text.len() - body.len()].to_owned(),
            head: String::new(),
            blocks: vec![Block::default()],
            foot: String::new(),
            newline: newline(body),
            values: Table::new(),
        };
        let mut cursor = 0;
        for found in found {
            let gap = &body[cursor..found.lines.start];
            cursor = found.lines.end;
            layout.push(gap, &body[found.lines.clone()], found);
        }
        layout.end(&body[cursor..]);
        layout.values = document.into_mut().into_table();
        Ok(layout)
    }

    /// Puts the parts together.
    pub(super) fn to_text(&self) -> String {
        let mut out = format!("{}{}", self.mark, self.head);
        for block in &self.blocks {
            out.extend([&*block.lead, &block.header, &block.after, &block.about]);
            for entry in &block.entries {
                out.extend([&*entry.lead, &entry.line, &entry.after]);
            }
            out += &block.tail;
        }
        out + &self.foot
    }

    /// Returns the block of a table that has a header of its own.
    pub(super) fn block(&self, path: &[&str]) -> Option<usize> {
        self.blocks.iter().position(|block| block.path == path && !block.header.is_empty())
    }

    /// Tells whether there is no key and no table.
    pub(super) fn is_empty(&self) -> bool {
        self.blocks.iter().all(|block| block.header.is_empty() && block.entries.is_empty())
    }

    /// Adds what stands in some lines, and the comments and blank lines above them.
    fn push(&mut self, gap: &str, text: &str, found: Found) {
        let is_header = matches!(found.what, What::Header { .. });
        let lead = if self.is_empty() {
            let (head, lead) = gap::of_file(gap);
            self.head = head.to_owned();
            lead
        } else {
            let gap = self.continue_comment(gap);
            let block = self.last_block();
            if is_header {
                let (tail, lead) = gap::of_header(gap);
                block.tail = tail.to_owned();
                lead
            } else if block.entries.is_empty() {
                let (about, lead) = gap::of_first_key(gap);
                block.about = about.to_owned();
                lead
            } else {
                gap
            }
        };
        let start = found.lines.start;
        let local = |range: Range<usize>| range.start - start..range.end - start;
        let (lead, path) = (lead.to_owned(), found.path);
        match found.what {
            What::Header { name, is_element } => self.blocks.push(Block {
                path,
                lead,
                header: text.to_owned(),
                name: local(name),
                is_element,
                ..Block::default()
            }),
            What::Entry { key, value } => {
                let (key, value) = (local(key), local(value));
                let (line, after) = (text.to_owned(), String::new());
                self.last_block().entries.push(Entry { path, lead, line, key, value, after });
            }
        }
    }

    /// Gives further lines of the last comment to it, and returns the rest.
    fn continue_comment<'a>(&mut self, gap: &'a str) -> &'a str {
        let block = self.last_block();
        let (column, after) = match block.entries.last_mut() {
            Some(entry) => (entry.comment_column(), &mut entry.after),
            None => (comment_column(&block.header, block.name.end), &mut block.after),
        };
        let Some(column) = column else { return gap };
        let (more, rest) = gap::continuation(gap, column);
        *after += more;
        rest
    }

    /// Adds what follows the last key or header.
    fn end(&mut self, gap: &str) {
        if self.is_empty() {
            self.head = gap.to_owned();
            return;
        }
        let gap = self.continue_comment(gap);
        let (tail, foot) = gap::of_end(gap);
        self.last_block().tail = tail.to_owned();
        self.foot = foot.to_owned();
    }

    fn last_block(&mut self) -> &mut Block {
        self.blocks.last_mut().expect("there always is the block before the first table")
    }
}

impl Block {
    /// Returns the comment behind the header, or nothing.
    pub(super) fn comment(&self) -> &str {
        self.header[self.name.end..].trim()
    }

    /// Returns the column of the comment behind the header, in characters from 0.
    pub(super) fn comment_column(&self) -> Option<usize> {
        comment_column(&self.header, self.name.end)
    }
}

impl Entry {
    /// Returns the key as it is written.
    pub(super) fn key(&self) -> &str {
        &self.line[self.key.clone()]
    }

    /// Returns the value as it is written.
    pub(super) fn value(&self) -> &str {
        &self.line[self.value.clone()]
    }

    /// Returns the comment behind the value, or nothing.
    pub(super) fn comment(&self) -> &str {
        self.line[self.value.end..].trim()
    }

    /// Returns the column of the comment behind the value, in characters from 0.
    pub(super) fn comment_column(&self) -> Option<usize> {
        comment_column(&self.line, self.value.end)
    }
}

/// Returns the column of the comment that follows a place in a line, in characters from 0.
fn comment_column(line: &str, after: usize) -> Option<usize> {
    let hash = after + line[after..].find('#')?;
    let start = line[..hash].rfind('\n').map_or(0, |newline| newline + 1);
    Some(line[start..hash].chars().count())
}

/// Returns how the first line ends.
fn newline(text: &str) -> &'static str {
    match text.split_once('\n') {
        Some((line, _)) if line.ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

/// Finds all headers and keys at and below a table.
fn collect<'a>(text: &str, table: &'a Table, path: &mut Vec<&'a str>, found: &mut Vec<Found>) {
    if !table.is_dotted() {
        // Keys below dotted ones are among those of the table in which they stand.
        let values = table.get_values();
        found.extend(values.iter().filter_map(|(key, value)| entry(text, key, value)));
    }
    for (name, item) in table {
        path.push(name);
        match item {
            Item::Table(table) => {
                found.extend(header(text, table, path, false));
                collect(text, table, path, found);
            }
            Item::ArrayOfTables(elements) => {
                for table in elements {
                    found.extend(header(text, table, path, true));
                    collect(text, table, path, found);
                }
            }
            Item::Value(_) | Item::None => {}
        }
        path.pop();
    }
}

fn header(text: &str, table: &Table, path: &[&str], is_element: bool) -> Option<Found> {
    // Tables without a header have no place.
    let name = table.span().filter(|_| !table.is_dotted() && !table.is_implicit())?;
    Some(Found {
        path: path.iter().map(|&name| name.to_owned()).collect(),
        lines: lines(text, &name),
        what: What::Header { name, is_element },
    })
}

fn entry(text: &str, key: &[&Key], value: &Value) -> Option<Found> {
    let last = key.last()?.span()?;
    let value = value.span()?;
    let lines = lines(text, &(last.start..value.end));
    let indent = text[lines.start..].find(|c| !matches!(c, ' ' | '\t'))?;
    Some(Found {
        path: key.iter().map(|part| part.get().to_owned()).collect(),
        what: What::Entry { key: lines.start + indent..last.end, value },
        lines,
    })
}

/// Returns the whole lines around a place.
fn lines(text: &str, place: &Range<usize>) -> Range<usize> {
    let start = text[..place.start].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[place.end..].find('\n').map_or(text.len(), |newline| place.end + newline + 1);
    start..end
}
