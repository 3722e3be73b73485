//! Text of others in Markdown: it stays text, whatever it holds.
//!
//! Two renderers read the result: Markdown's, and then that of GitHub or GitLab, which makes
//! mentions, references and links of the text that the first one leaves. Character references stop
//! the first; a space of no width, which the eye does not see, stops the second. In code neither
//! does anything, so names and versions, which people copy, stand there as they are.

use std::fmt::Write as _;

use crate::text::is_printable;

/// A space of no width.
const GAP: char = '\u{200b}';

/// What makes a mention, a reference, a label or a formula of the word behind it, somewhere.
const SIGILS: &str = "@#!%&~$^";

/// What does nothing inside a line.
const SAFE: &str = " ,-.;'\"()/?+=";

/// Returns text in a code span where it can stand in one, and as [`prose`] elsewhere.
pub fn code(text: &str) -> String {
    // Neither a vertical bar nor a backslash can be written into the code of a table's cell.
    let is_plain = |c: char| c.is_ascii_alphanumeric() || " .,:+-~_/*@=()<>[]\"".contains(c);
    let is_framed = text.starts_with(' ') || text.ends_with(' ');
    match !text.is_empty() && !is_framed && text.chars().all(is_plain) {
        true => format!("`{text}`"),
        false => prose(text),
    }
}

/// Returns text that is neither markup nor a link, a mention or a reference; all on one line.
pub fn prose(text: &str) -> String {
    let mut out = String::new();
    let mut word = String::new();
    let mut characters = text.chars().map(shown).peekable();
    while let Some(c) = characters.next() {
        match c {
            c if c.is_ascii_alphanumeric() || !c.is_ascii() || SAFE.contains(c) => out.push(c),
            // Writing to a String can't fail.
            c => drop(write!(out, "&#{};", u32::from(c))),
        }
        let next = characters.peek().copied().unwrap_or(' ');
        if joins(&word, c, next) {
            out.push(GAP);
        }
        match c.is_ascii_alphanumeric() {
            true => word.push(c.to_ascii_lowercase()),
            false => word.clear(),
        }
    }
    out
}

/// Returns at most so many characters of a text, with a mark where some are missing.
pub fn cut(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Returns a block of code with any lines in it.
pub fn fenced(language: &str, text: &str) -> String {
    let mut longest = 2;
    let mut run = 0;
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest + 1);
    let lines = text.lines().map(|line| line.chars().map(shown).collect::<String>() + "\n");
    format!("{fence}{language}\n{}{fence}\n", lines.collect::<String>())
}

/// Returns text inside the comment that marks a document; only what names are made of is left.
pub fn marked(text: &str) -> String {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    let shown: String = text.chars().map(|c| if is_name(c) { c } else { '_' }).collect();
    // A comment ends with two dashes for parsers of old.
    shown.replace("--", "-_")
}

fn shown(c: char) -> char {
    // The two separators end a line for some readers.
    let is_line = is_printable(c) && !matches!(c, '\u{2028}' | '\u{2029}');
    if is_line { c } else { char::REPLACEMENT_CHARACTER }
}

/// Tells whether a character, behind the letters of a word, begins something together with the next.
fn joins(word: &str, c: char, next: char) -> bool {
    match c {
        ':' => next == '/',
        '.' => word == "www",
        '-' => word == "gh" && next.is_ascii_digit(),
        c => SIGILS.contains(c) && next != ' ',
    }
}
