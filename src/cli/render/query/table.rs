//! Columns for people.

use std::io::{self, Write};

use super::Sheet;
use crate::cli::terminal::{Style, Tone};

/// What stands between two columns.
const GAP: &str = "   ";

/// Writes the table; nothing at all if nothing was found.
pub fn write(sheet: Sheet<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    if sheet.found.is_empty() {
        return Ok(());
    }
    let headings: Vec<String> = sheet.headings().map(worded).collect();
    let mut widths: Vec<usize> = headings.iter().map(|text| width(text)).collect();
    // Once for the widths and once to print: texts of many packages would fill the memory.
    for entry in sheet.found {
        for (widest, value) in widths.iter_mut().zip(sheet.line(entry)) {
            *widest = (*widest).max(width(&value));
        }
    }
    writeln!(out, "{}", style.paint(Tone::Strong, &row(&widths, headings.into_iter())))?;
    for entry in sheet.found {
        writeln!(out, "{}", row(&widths, sheet.line(entry)))?;
    }
    Ok(())
}

fn row(widths: &[usize], values: impl Iterator<Item = String>) -> String {
    let cells = values.zip(widths).map(|(value, width)| format!("{value:width$}"));
    cells.collect::<Vec<_>>().join(GAP).trim_end().to_owned()
}

/// Returns a heading as words: `published at` for `PublishedAt`.
fn worded(heading: &str) -> String {
    let mut words = String::new();
    for character in heading.chars() {
        if character.is_ascii_uppercase() && words.ends_with(|c: char| c.is_ascii_lowercase()) {
            words.push(' ');
        }
        words.push(character);
    }
    words.to_lowercase()
}

fn width(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_words() {
        for (heading, words) in [
            ("PublishedAt", "published at"),
            ("SourceVersion", "source version"),
            ("Multi-Arch", "multi-arch"),
            ("SHA256", "sha256"),
        ] {
            assert_eq!(worded(heading), words);
        }
    }
}
