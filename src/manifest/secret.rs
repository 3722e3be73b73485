//! Finds secrets in the text of a manifest, so that they are refused and never shown.
//!
//! It reads the raw text rather than values, since a secret in a comment, or in a line that is not
//! even TOML, leaks just as well.

use std::cmp::Reverse;
use std::ops::Range;

use super::code;
use super::problem::{Exposure, Problem};

/// Returns an error for each secret in the text.
pub(super) fn check(text: &str) -> Vec<Problem> {
    let kinds: [(Finder, &str, &str); 3] = [
        (
            private_keys,
            "the manifest holds a private key",
            "[signing.key.NAME]\nsecret = \"file:PATH\", or \"env:VARIABLE\"",
        ),
        (
            access_keys,
            "the manifest holds an AWS access key",
            "credentials come from the AWS credential chain: the environment, a profile or a role",
        ),
        (
            url_passwords,
            "the manifest holds a URL with credentials",
            "remove the credentials from the URL",
        ),
    ];
    let found = kinds.into_iter().flat_map(|(find, message, help)| {
        find(text).into_iter().map(move |span| {
            Problem::error(code::SECRET, span, message.to_owned())
                .label("masked")
                .help(format!("count it as leaked and revoke it; {help}"))
                .secret()
        })
    });
    found.collect()
}

/// Returns the text with every secret replaced by asterisks.
///
/// Bytes keep their offsets and line breaks stay, so that the spans of `problems` fit the result.
/// Beside what the problems mark, it hides the values of keys that sound like a secret.
pub fn masked(text: &str, problems: &[Problem]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for span in hidden(text, problems) {
        for byte in &mut bytes[span] {
            if !matches!(byte, b'\n' | b'\r') {
                *byte = b'*';
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Removes from all messages what [`masked`] would hide.
pub(super) fn redact(text: &str, problems: &mut [Problem]) {
    // Shorter words could be a part of anything.
    const SHORTEST: usize = 4;
    let spans = hidden(text, problems);
    let secrets = spans.into_iter().flat_map(|span| text[span].lines());
    let mut secrets: Vec<&str> = secrets
        .map(|line| line.trim_matches(|c: char| c.is_whitespace() || c == '"' || c == '\''))
        .filter(|secret| secret.len() >= SHORTEST)
        .collect();
    // The longest first, so that none of another is left over.
    secrets.sort_by_key(|secret| (Reverse(secret.len()), *secret));
    secrets.dedup();
    for problem in problems {
        let help = problem.help.as_mut();
        for shown in [&mut problem.message, &mut problem.label].into_iter().chain(help) {
            for secret in secrets
                .iter()
                .filter(|secret| shown.contains(**secret))
                .copied()
                .collect::<Vec<_>>()
            {
                *shown = shown.replace(secret, "***");
            }
        }
    }
}

/// Returns everything that must not be shown, cut to whole characters.
fn hidden(text: &str, problems: &[Problem]) -> Vec<Range<usize>> {
    let marked = problems.iter().filter(|problem| problem.exposure == Exposure::Secret);
    let marked = marked.filter_map(|problem| problem.span.clone());
    let found =
        [private_keys, access_keys, url_passwords, suspicious_values].map(|find| find(text));
    marked
        .chain(found.into_iter().flatten())
        .map(|span| text.floor_char_boundary(span.start)..text.ceil_char_boundary(span.end))
        .collect()
}

type Finder = fn(&str) -> Vec<Range<usize>>;

/// Finds armoured private keys, from their first line to the last.
fn private_keys(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut end = 0;
    for (start, _) in text.match_indices("-----BEGIN ") {
        let line = text[start..].lines().next().unwrap_or_default();
        // An escaped line break keeps the whole key on one line.
        if start < end || !line.contains("PRIVATE KEY") {
            continue;
        }
        let rest = &text[start..];
        end = match rest.find("-----END ") {
            Some(last) => start + last + last_line(&rest[last..]),
            None => start + truncated_key(rest),
        };
        found.push(start..end);
    }
    found
}

/// Returns the length of a private key that has no end: up to a line that surely is TOML again.
fn truncated_key(text: &str) -> usize {
    let is_toml = |line: &&str| line.starts_with('[') || line.contains(" = ");
    let lines = text.split_inclusive('\n').skip(1).scan(0, |at, line| {
        *at += line.len();
        Some((*at - line.len(), line))
    });
    let first = text.split_inclusive('\n').next().map_or(0, str::len);
    let toml = lines.into_iter().find(|(_, line)| is_toml(line));
    toml.map_or(text.len(), |(at, _)| first + at)
}

/// Returns the length of the line `-----END … KEY-----` at the beginning of the text.
fn last_line(text: &str) -> usize {
    const DASHES: &str = "-----";
    let line = text.lines().next().unwrap_or_default();
    match line[DASHES.len()..].find(DASHES) {
        Some(dashes) => DASHES.len() + dashes + DASHES.len(),
        None => line.len(),
    }
}

/// Finds identifiers of AWS access keys: `AKIA` or `ASIA` and 16 capitals or digits.
fn access_keys(text: &str) -> Vec<Range<usize>> {
    const LENGTH: usize = 20;
    let bytes = text.as_bytes();
    let in_key = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    let starts = text.match_indices("AKIA").chain(text.match_indices("ASIA"));
    starts
        .map(|(start, _)| start..start + LENGTH)
        .filter(|span| bytes.get(span.clone()).is_some_and(|key| key.iter().all(in_key)))
        .filter(|span| span.start == 0 || !bytes[span.start - 1].is_ascii_alphanumeric())
        .filter(|span| bytes.get(span.end).is_none_or(|next| !next.is_ascii_alphanumeric()))
        .collect()
}

/// Finds `user:password` (or a token) between `://` and `@`.
fn url_passwords(text: &str) -> Vec<Range<usize>> {
    let authority_ends = |c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\'' | '?' | '#');
    text.match_indices("://")
        .filter_map(|(scheme_end, separator)| {
            let start = scheme_end + separator.len();
            let rest = &text[start..];
            let authority = &rest[..rest.find(authority_ends).unwrap_or(rest.len())];
            let at = authority.rfind('@').filter(|at| *at > 0)?;
            Some(start..start + at)
        })
        .collect()
}

/// Finds the values of keys that sound like a secret and are no reference to one.
fn suspicious_values(text: &str) -> Vec<Range<usize>> {
    const WORDS: [&str; 6] =
        ["secret", "passphrase", "password", "token", "access_key", "private_key"];
    const REFERENCES: [&str; 3] = ["env:", "file:", "agent:"];
    let starts = text.match_indices('=').map(|(equals, _)| equals + 1);
    starts
        .filter(|start| {
            let before = text[..start - 1].trim_end_matches(is_padding);
            let key = before.rsplit(|c| !is_key_character(c)).next().unwrap_or_default();
            let key = key.to_ascii_lowercase();
            WORDS.iter().any(|word| key.contains(word))
        })
        .filter(|start| {
            let value = text[*start..].trim_start_matches(is_padding);
            !REFERENCES.iter().any(|reference| value.starts_with(reference))
        })
        .map(|start| start..start + value_length(&text[start..]))
        .collect()
}

/// Returns the length of a value with all that follows it on its last line.
fn value_length(text: &str) -> usize {
    let value = text.trim_start_matches([' ', '\t']);
    let quote = ["\"\"\"", "'''"].into_iter().find(|quote| value.starts_with(quote));
    let end = quote.map_or(0, |quote| {
        let begin = text.len() - value.len() + quote.len();
        text[begin..].find(quote).map_or(text.len(), |end| begin + end)
    });
    end + text[end..].find('\n').unwrap_or(text.len() - end)
}

fn is_padding(c: char) -> bool {
    matches!(c, ' ' | '\t' | '"' | '\'')
}

fn is_key_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}
