//! Comma-separated values as RFC 4180 has them: a heading, CRLF, quotes where they are needed.

use std::borrow::Cow;
use std::io::{self, Write};

use super::Sheet;
use crate::text::is_printable;

/// Writes the heading and one record for each package.
pub fn write(sheet: Sheet<'_>, out: &mut dyn Write) -> io::Result<()> {
    record(&mut sheet.headings().map(Cow::Borrowed), out)?;
    for entry in sheet.found {
        let value = |field: &crate::query::Field| field.value(entry, sheet.now).unwrap_or_default();
        record(&mut sheet.fields.iter().map(value), out)?;
    }
    Ok(())
}

fn record(values: &mut dyn Iterator<Item = Cow<'_, str>>, out: &mut dyn Write) -> io::Result<()> {
    for (index, value) in values.enumerate() {
        out.write_all(if index == 0 { b"" } else { b"," })?;
        out.write_all(field(&value).as_bytes())?;
    }
    out.write_all(b"\r\n")
}

/// Returns a value in quotes if it needs them.
///
/// A spreadsheet calculates what begins like a formula, whoever wrote it into a package; the
/// apostrophe makes it text. Other programs should read JSON, which alters nothing.
fn field(value: &str) -> String {
    let safe = |c: char| if is_printable(c) || c == '\n' { c } else { char::REPLACEMENT_CHARACTER };
    let mut text: String = value.chars().map(safe).collect();
    if text.starts_with(['=', '+', '-', '@']) {
        text.insert(0, '\'');
    }
    if text.contains([',', '"', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_where_they_need_it_and_never_calculate() {
        for (value, written) in [
            ("", ""),
            ("widget", "widget"),
            ("a, \"b\"", "\"a, \"\"b\"\"\""),
            ("two\n lines", "\"two\n lines\""),
            ("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\""),
            ("@SUM(1,1)", "\"'@SUM(1,1)\""),
            ("-1", "'-1"),
            ("a\r\u{1b}\u{202e}", "a\u{fffd}\u{fffd}\u{fffd}"),
        ] {
            assert_eq!(field(value), written);
        }
    }
}
