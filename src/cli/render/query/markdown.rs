//! A table in GitHub's Markdown.
//!
//! Every value stands in code spans, where neither markup nor mentions nor issue numbers are read.

use std::io::{self, Write};

use super::Sheet;

/// Writes the table; nothing at all if nothing was found.
pub fn write(sheet: Sheet<'_>, out: &mut dyn Write) -> io::Result<()> {
    if sheet.found.is_empty() {
        return Ok(());
    }
    let headings: Vec<_> = sheet.headings().map(|heading| heading.replace('_', "\\_")).collect();
    writeln!(out, "| {} |\n|{}", headings.join(" | "), "---|".repeat(headings.len()))?;
    for entry in sheet.found {
        let values: Vec<_> = sheet.line(entry).map(|value| code(&value)).collect();
        writeln!(out, "| {} |", values.join(" | "))?;
    }
    Ok(())
}

/// Returns a value of one line as code.
///
/// A bar would end the cell even within code, so it stands between two spans as an entity.
fn code(value: &str) -> String {
    let spans: Vec<_> = value.split('|').map(span).collect();
    spans.join("&#124;")
}

/// Returns text as one span of code, between more backticks than it has in a row.
fn span(text: &str) -> String {
    if text.trim().is_empty() {
        return text.to_owned();
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_code_and_never_end_their_cell() {
        for (value, written) in [
            ("", ""),
            ("1.0~rc1", "`1.0~rc1`"),
            ("@team <!-- #12 [x](y)", "`@team <!-- #12 [x](y)`"),
            ("a | b", "`a `&#124;` b`"),
            ("a\\|b", "`a\\`&#124;`b`"),
            ("||", "&#124;&#124;"),
            ("a`b", "``a`b``"),
            ("``x", "``` ``x ```"),
        ] {
            assert_eq!(code(value), written);
        }
    }
}
