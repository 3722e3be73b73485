//! The one way to write a manifest: order, spacing, alignment.
//!
//! Only white space and order change. Values, the spelling of keys and comments are kept, and so are
//! values over several lines, as they are.

use std::collections::BTreeMap;

use super::layout::{Block, Entry, Layout};
use super::value::{tidy_key, tidy_value};
use super::{EditError, gap, order};

/// The blanks between a value and the comment behind it, at least.
const COMMENT_GAP: usize = 2;

/// Returns a manifest in the documented order and spacing, with the same meaning.
///
/// Lines end as the first one does, and the last line ends, too; a byte order mark stays. What was
/// formatted before does not change any more.
///
/// # Errors
///
/// Fails if the text is not TOML.
pub fn format(text: &str) -> Result<String, EditError> {
    let mut layout = Layout::parse(text)?;
    order::sort(&mut layout);
    let mut out = layout.mark.clone();
    for line in render(&layout) {
        out.extend([line.as_str(), layout.newline]);
    }
    Ok(out)
}

/// Returns the lines, without their ends; a value over several lines is one of them.
fn render(layout: &Layout) -> Vec<String> {
    let mut out = Lines::default();
    out.comments(&layout.head);
    let mut is_first = true;
    for block in &layout.blocks {
        if !block.header.is_empty() {
            if !is_first {
                out.blank();
            }
            out.comments(&block.lead);
            let comment = Comment { text: block.comment(), more: &block.after };
            out.code(header(block), comment, block.comment_column());
        }
        out.comments(block.about.trim_start());
        out.entries(&block.entries);
        out.comments(&block.tail);
        is_first &= block.header.is_empty() && block.entries.is_empty();
    }
    if gap::has_comment(&layout.foot) {
        out.blank();
        out.comments(&layout.foot);
    }
    out.0.truncate(out.0.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1));
    out.0
}

fn header(block: &Block) -> String {
    let name = &block.header[block.name.clone()];
    let (open, close) = if block.is_element { ("[[", "]]") } else { ("[", "]") };
    let inner = name.trim_start_matches(open).trim_end_matches(close);
    format!("{open}{}{close}", tidy_key(inner))
}

/// A comment behind code.
struct Comment<'a> {
    text: &'a str,
    /// Its further lines.
    more: &'a str,
}

#[derive(Default)]
struct Lines(Vec<String>);

impl Lines {
    /// Adds a blank line, unless there is one, or nothing yet.
    fn blank(&mut self) {
        if self.0.last().is_some_and(|line| !line.is_empty()) {
            self.0.push(String::new());
        }
    }

    /// Adds comments on lines of their own.
    fn comments(&mut self, gap: &str) {
        for line in gap::tidy(gap) {
            if line.is_empty() {
                self.blank();
            } else {
                self.0.push(line);
            }
        }
    }

    /// Adds code with the comment behind it, which stays in its column if it can.
    fn code(&mut self, code: String, comment: Comment<'_>, column: Option<usize>) {
        let Some(column) = column else { return self.0.push(code) };
        let end = width(&code);
        let column = column.max(end + COMMENT_GAP);
        self.0.push(format!("{code}{:1$}{2}", "", column - end, comment.text));
        let more = comment.more.lines().map(|line| format!("{:column$}{}", "", line.trim()));
        self.0.extend(more);
    }

    /// Adds the keys of a table; blank lines part them into groups that are aligned by themselves.
    fn entries(&mut self, mut entries: &[Entry]) {
        let mut is_first = true;
        while let Some((first, rest)) = entries.split_first() {
            let more = rest.iter().take_while(|entry| !gap::has_blank(&entry.lead)).count();
            let (group, rest) = entries.split_at(1 + more);
            self.comments(if is_first { first.lead.trim_start() } else { &first.lead });
            self.group(group);
            (entries, is_first) = (rest, false);
        }
    }

    /// Adds keys whose values, and the comments behind them, each begin in one column.
    fn group(&mut self, group: &[Entry]) {
        let keys: Vec<String> = group.iter().map(|entry| tidy_key(entry.key())).collect();
        let widest = keys.iter().map(|key| width(key)).max().unwrap_or_default();
        let codes = group.iter().zip(&keys);
        let codes =
            codes.map(|(entry, key)| format!("{key:widest$} = {}", tidy_value(entry.value())));
        let codes: Vec<String> = codes.collect();
        let places = group.iter().zip(&codes);
        let columns = places.filter_map(|(entry, code)| {
            Some(entry.comment_column()?.max(width(code) + COMMENT_GAP))
        });
        let shared = most_common(columns);
        for (position, (entry, code)) in group.iter().zip(codes).enumerate() {
            if position > 0 {
                self.comments(&entry.lead);
            }
            let fits = shared.filter(|shared| width(&code) + COMMENT_GAP <= *shared);
            let column = entry.comment_column().map(|own| fits.unwrap_or(own));
            self.code(code, Comment { text: entry.comment(), more: &entry.after }, column);
        }
    }
}

/// Returns the number that comes most often; of several, the largest.
///
/// A column that only a long value needs is not the one for all; but if each comment stands
/// elsewhere, all of them find room in the last.
fn most_common(numbers: impl Iterator<Item = usize>) -> Option<usize> {
    let mut counts = BTreeMap::new();
    for number in numbers {
        *counts.entry(number).or_insert(0_usize) += 1;
    }
    counts.into_iter().max_by_key(|&(_, count)| count).map(|(number, _)| number)
}

/// Returns the characters of the last line.
fn width(code: &str) -> usize {
    code.rsplit('\n').next().unwrap_or_default().chars().count()
}
