//! Small pieces of wording that every rank needs: counts, sizes, suggestions; and shared texts.

mod shared;

use std::cmp::Reverse;

pub use shared::SharedText;

/// Returns `1 file` or `3 files`, with the plural made by adding an `s`.
pub fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// Returns a size in bytes as people write it: `512 B`, `9.5 MB` (powers of 1000, as apt prints).
pub fn bytes(size: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if size < 1000 {
        return format!("{size} B");
    }
    let mut value = size as f64 / 1000.0;
    let mut unit = 0;
    while value >= 999.95 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// Returns the candidate that `typed` most likely stands for, if one is close enough: of several, one
/// that begins as it does.
pub fn suggestion<'a>(
    typed: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(typed, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.chars().count() / 4)
        .min_by_key(|(distance, candidate)| {
            (*distance, Reverse(shared_beginning(typed, candidate)), *candidate)
        })
        .map(|(_, candidate)| candidate)
}

/// Returns how many characters two words begin with alike.
fn shared_beginning(one: &str, other: &str) -> usize {
    one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count()
}

/// Returns `text` with everything that could drive a terminal or forge a line of a log replaced.
///
/// Whatever came from a package, a file name or a server passes through here before it is shown.
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if is_printable(c) { c } else { char::REPLACEMENT_CHARACTER }).collect()
}

/// Tells whether a character neither drives a terminal nor forges a line of a log.
pub fn is_printable(c: char) -> bool {
    !c.is_control() && !is_direction_mark(c)
}

/// Tells whether a character changes the direction of the text around it.
fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_round_to_one_decimal() {
        let cases = [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (9_500_000, "9.5 MB"),
            (999_999, "1.0 MB"),
        ];
        for (size, expected) in cases {
            assert_eq!(bytes(size), expected);
        }
    }

    #[test]
    fn near_words_are_suggested_and_far_ones_are_not() {
        assert_eq!(suggestion("component", ["components", "codename"]), Some("components"));
        assert_eq!(suggestion("orgin", ["origin", "label"]), Some("origin"));
        assert_eq!(suggestion("zebra", ["origin", "label"]), None);
        assert_eq!(suggestion("soke", ["mode", "soak", "some"]), Some("some"));
        assert_eq!(suggestion("soke", ["mode", "soak"]), Some("soak"), "it begins alike");
    }

    #[test]
    fn control_characters_are_neutralised() {
        assert_eq!(printable("a\x1b[31m\nb\u{202e}"), "a\u{fffd}[31m\u{fffd}b\u{fffd}");
    }
}
