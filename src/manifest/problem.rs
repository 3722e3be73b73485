//! One thing that is wrong with a manifest, and the list of them.
//!
//! A problem is plain data: code, message, place, label and help. How it is drawn is the business
//! of the command line, which shows the source through [`masked`](super::masked).

use std::ops::Range;

use crate::text::printable;

/// Whether a problem stops everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The manifest can't be used.
    Error,
    /// The manifest can be used, but somebody should look at this.
    Warning,
}

/// What the source text below a problem's span may be shown as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exposure {
    /// The text holds nothing confidential.
    Plain,
    /// The text is or may be a secret; [`masked`](super::masked) hides it.
    Secret,
}

/// One thing that is wrong with a manifest.
///
/// Messages, labels and help never hold a secret and are safe to print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The kind of problem, such as `RM1004`; `docs/errors.md` explains it.
    pub code: &'static str,
    /// Whether the manifest can be used nevertheless.
    pub severity: Severity,
    /// What is wrong, as a fragment.
    pub message: String,
    /// Where, in bytes of the text; none if the thing that is missing has no place.
    pub span: Option<Range<usize>>,
    /// What to say beside the span; may be empty.
    pub label: String,
    /// What to write instead; may have several lines.
    pub help: Option<String>,
    /// Whether the text below the span may be shown.
    pub exposure: Exposure,
}

impl Problem {
    /// Returns an error without label and help.
    pub(super) fn error(code: &'static str, span: Range<usize>, message: String) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: printable(&message),
            span: Some(span),
            label: String::new(),
            help: None,
            exposure: Exposure::Plain,
        }
    }

    /// Returns a warning without label and help.
    pub(super) fn warning(code: &'static str, span: Range<usize>, message: String) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, span, message) }
    }

    /// Returns the problem with something to say beside its span.
    pub(super) fn label(mut self, label: impl AsRef<str>) -> Self {
        self.label = printable(label.as_ref());
        self
    }

    /// Returns the problem with what to write instead; line breaks are kept.
    pub(super) fn help(mut self, help: impl AsRef<str>) -> Self {
        let lines: Vec<String> = help.as_ref().lines().map(printable).collect();
        self.help = Some(lines.join("\n"));
        self
    }

    /// Returns the problem with the text below its span hidden.
    pub(super) fn secret(mut self) -> Self {
        self.exposure = Exposure::Secret;
        self
    }

    /// Returns the line and column where the problem begins, both from 1, columns in characters.
    ///
    /// A problem without a place, or a `text` that it does not come from, gives the nearest
    /// position that exists.
    pub fn position(&self, text: &str) -> (usize, usize) {
        position(text, self.span.as_ref().map_or(0, |span| span.start))
    }
}

/// Returns the line and column of a byte, both from 1.
///
/// A byte order mark is no column.
pub(super) fn position(text: &str, byte: usize) -> (usize, usize) {
    let before = &text[..text.floor_char_boundary(byte.min(text.len()))];
    let before = before.strip_prefix('\u{feff}').unwrap_or(before);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    (line, before[line_start..].chars().count() + 1)
}

/// Returns what a user wrote in backticks, safe to print and cut to a length that fits a line.
pub(super) fn quoted(text: &str) -> String {
    const LONGEST: usize = 80;
    let shown: String = printable(text).chars().take(LONGEST).collect();
    let cut =
        if shown.len() < text.len() && text.chars().nth(LONGEST).is_some() { "…" } else { "" };
    format!("`{shown}{cut}`")
}

/// Returns the candidate that `typed` most likely stands for.
///
/// What is longer than any candidate is not compared, so that hostile input stays cheap.
pub(super) fn near<'a>(
    typed: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    const LONGEST: usize = 100;
    if typed.len() > LONGEST { None } else { crate::text::suggestion(typed, candidates) }
}

/// Returns words as a sentence lists them: `a`, `b` or `c`, each in backticks.
pub(super) fn alternatives<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let mut words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    let Some(last) = words.pop() else { return String::new() };
    if words.is_empty() { last } else { format!("{} or {last}", words.join(", ")) }
}

/// Returns the first of some names, each in backticks.
pub(super) fn shortened<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const MOST: usize = 8;
    let mut names = names.into_iter();
    let shown: Vec<String> = names.by_ref().take(MOST).map(quoted).collect();
    let more = if names.next().is_some() { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_from_one() {
        let text = "\u{feff}a\r\nöü = 1";
        assert_eq!(position(text, 0), (1, 1));
        assert_eq!(position(text, 3), (1, 1));
        assert_eq!(position(text, text.find('=').unwrap()), (2, 4));
        assert_eq!(position(text, 1000), (2, 7));
    }

    #[test]
    fn long_and_forged_words_are_cut_and_neutralised() {
        assert_eq!(quoted("a\nb"), "`a\u{fffd}b`");
        assert_eq!(quoted(&"ä".repeat(100)), format!("`{}…`", "ä".repeat(80)));
        assert_eq!(quoted(&"ä".repeat(80)), format!("`{}`", "ä".repeat(80)));
    }
}
