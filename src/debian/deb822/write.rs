//! Writing fields that are read back as they were.

use super::{Deb822Error, Deb822Reason, check_name, excerpt, is_blank};

/// Appends `name: value` and a newline, so that reading it gives the same back.
///
/// A value of several lines has them in the form of [`Field::value`](super::Field::value): each starts with a blank and
/// has something else too. Errors name what would read back as something else; nothing is appended.
pub fn write_field(out: &mut String, name: &str, value: &str) -> Result<(), Deb822Error> {
    let at_line_1 = |reason| Deb822Error { line: 1, reason };
    check_name(name).map_err(at_line_1)?;
    if !is_writable(value) {
        return Err(at_line_1(Deb822Reason::Value(excerpt(name))));
    }
    let separator = if value.is_empty() || value.starts_with('\n') { ":" } else { ": " };
    out.extend([name, separator, value, "\n"]);
    Ok(())
}

/// Tells whether a value survives being written and read.
fn is_writable(value: &str) -> bool {
    let mut lines = value.split('\n');
    let first = lines.next().unwrap_or_default();
    let continues =
        |line: &str| line.starts_with(is_blank) && !line.trim_matches(is_blank).is_empty();
    !first.starts_with(is_blank) && !value.ends_with(is_blank) && lines.all(continues)
}
