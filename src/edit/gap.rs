//! Comments and blank lines between two keys or tables: which of them belongs to which.
//!
//! A comment belongs to what stands below it, unless it follows a table at once and a blank line
//! parts it from the next: then it is the end of that table, as keys that are commented out are.

/// Splits what stands above the first key or table: what stays at the top of the file, and what
/// belongs to the key or table.
///
/// A comment that a blank line parts from what follows is about the file, and so is a directive
/// (`#:schema …`).
pub(super) fn of_file(gap: &str) -> (&str, &str) {
    let directives: usize =
        gap.split_inclusive('\n').take_while(|line| line.starts_with("#:")).map(str::len).sum();
    gap.split_at(directives.max(behind_last_blank(gap)))
}

/// Splits what stands above a header: what belongs to the table before, and what to the new one.
pub(super) fn of_header(gap: &str) -> (&str, &str) {
    gap.split_at(before_first_blank(gap).unwrap_or(0))
}

/// Splits what stands between a header and its first key: what is about the table, and what about
/// the key.
pub(super) fn of_first_key(gap: &str) -> (&str, &str) {
    gap.split_at(behind_last_blank(gap))
}

/// Splits what stands behind everything: what belongs to the last table, and what to the file.
pub(super) fn of_end(gap: &str) -> (&str, &str) {
    gap.split_at(before_first_blank(gap).unwrap_or(gap.len()))
}

/// Splits off the further lines of a comment that stands behind a value, in this column.
pub(super) fn continuation(gap: &str, column: usize) -> (&str, &str) {
    let continues = |line: &&str| {
        let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
        indent == column && line[indent..].starts_with('#')
    };
    let more = gap.split_inclusive('\n').take_while(continues).map(str::len).sum();
    gap.split_at(more)
}

/// Splits comments above a key or table that goes away: what a blank line parts from it, and so
/// stays, and what goes with it.
pub(super) fn of_removed(lead: &str) -> (&str, &str) {
    lead.split_at(behind_last_blank(lead))
}

/// Puts what a removed key or table left before the comments of what follows now.
///
/// Blank lines alone are left only where there would be none.
pub(super) fn join(left: &mut String, lead: &mut String) {
    let left = std::mem::take(left);
    if has_comment(&left) {
        let left = if starts_blank(lead) { trim_last_blanks(&left) } else { &left };
        lead.insert_str(0, left);
    }
}

/// Tells whether there is a blank line.
pub(super) fn has_blank(gap: &str) -> bool {
    before_first_blank(gap).is_some()
}

/// Tells whether the first line is blank.
pub(super) fn starts_blank(gap: &str) -> bool {
    before_first_blank(gap) == Some(0)
}

/// Tells whether the last line is blank.
pub(super) fn ends_blank(gap: &str) -> bool {
    has_blank(gap) && behind_last_blank(gap) == gap.len()
}

/// Tells whether there is a comment.
pub(super) fn has_comment(gap: &str) -> bool {
    gap.contains('#')
}

/// Returns comments without white space around them; of blank lines in a row, the first.
pub(super) fn tidy(gap: &str) -> Vec<String> {
    let mut lines: Vec<String> = gap.lines().map(|line| line.trim().to_owned()).collect();
    lines.dedup_by(|line, before| line.is_empty() && before.is_empty());
    lines
}

fn trim_last_blanks(gap: &str) -> &str {
    let end = gap.trim_end().len();
    gap[end..].find('\n').map_or(gap, |newline| &gap[..end + newline + 1])
}

fn before_first_blank(gap: &str) -> Option<usize> {
    let mut start = 0;
    for line in gap.split_inclusive('\n') {
        if line.trim().is_empty() {
            return Some(start);
        }
        start += line.len();
    }
    None
}

fn behind_last_blank(gap: &str) -> usize {
    let mut end = gap.len();
    for line in gap.split_inclusive('\n').rev() {
        if line.trim().is_empty() {
            return end;
        }
        end -= line.len();
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_on_the_file_stays_at_its_top() {
        assert_eq!(of_file("#:schema x\n# a\n"), ("#:schema x\n", "# a\n"));
        assert_eq!(of_file("#:schema x\n# a\n\n# b\n"), ("#:schema x\n# a\n\n", "# b\n"));
        assert_eq!(of_file("# b\n"), ("", "# b\n"));
    }

    #[test]
    fn a_comment_belongs_to_what_is_below_unless_it_ends_a_table() {
        assert_eq!(of_header("# key = 1\n\n# next\n"), ("# key = 1\n", "\n# next\n"));
        assert_eq!(of_header("# next\n"), ("", "# next\n"));
        assert_eq!(of_header("\n# next\n"), ("", "\n# next\n"));
        assert_eq!(of_end("# key = 1\n"), ("# key = 1\n", ""));
        assert_eq!(of_first_key("# table\n\n# key\n"), ("# table\n\n", "# key\n"));
    }

    #[test]
    fn only_a_comment_in_the_same_column_continues_one() {
        assert_eq!(continuation("    # b\n # c\n", 4), ("    # b\n", " # c\n"));
        assert_eq!(continuation("\n    # b\n", 4), ("", "\n    # b\n"));
    }
}
