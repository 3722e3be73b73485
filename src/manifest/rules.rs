//! Checks that several tables of the manifest share.

use std::collections::BTreeSet;
use std::ops::Range;

use super::code;
use super::problem::{Problem, quoted};
use super::section::{Section, Text};
use crate::debian::name_glob::{NameGlob, NameGlobError};
use crate::debian::version_expression::{ExpressionError, VersionExpression};

/// Reports a name that breaks the grammar `[a-z0-9][a-z0-9-_.]*`.
pub(super) fn check_name(name: &Text<'_>, what: &str, problems: &mut Vec<Problem>) {
    let is_start = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_good = |c: char| is_start(c) || matches!(c, '-' | '_' | '.');
    if name.text.starts_with(is_start) && name.text.chars().all(is_good) {
        return;
    }
    let message = format!("{} is not a name for a {what}", quoted(name.text));
    problems.push(
        Problem::error(code::NAME, name.span.clone(), message)
            .label("lower-case letters, digits, `-`, `_` and `.`")
            .help(match suggested_name(name.text) {
                Some(better) => format!("did you mean `{better}`?"),
                None => "a name begins with a lower-case letter or a digit".to_owned(),
            }),
    );
}

fn suggested_name(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase().replace([' ', '/', ':', '+'], "-");
    let is_good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
    let is_name =
        lower.starts_with(|c: char| c.is_ascii_alphanumeric()) && lower.chars().all(is_good);
    (is_name && lower.len() < 64).then_some(lower)
}

/// Returns a URL for HTTP without its last slashes, or reports what it is instead.
pub(super) fn http_url(text: &Text<'_>, key: &str, problems: &mut Vec<Problem>) -> Option<String> {
    match http_url_fault(text.text) {
        None => Some(text.text.trim_end_matches('/').to_owned()),
        Some(fault) => {
            let message = format!("`{key}` {fault}");
            problems.push(
                Problem::error(code::URL, text.span.clone(), message)
                    .label("not a URL that can be used here")
                    .help(format!("{key} = \"https://apt.example.com\"")),
            );
            None
        }
    }
}

fn http_url_fault(text: &str) -> Option<&'static str> {
    let Ok(url) = url::Url::parse(text) else { return Some("is not a URL") };
    if !matches!(url.scheme(), "http" | "https") {
        Some("must begin with https:// or http://")
    } else if url.query().is_some() || url.fragment().is_some() {
        Some("has a query or a fragment")
    } else if text.contains(|c: char| c.is_whitespace() || c == '\\') {
        Some("holds a blank or a backslash")
    } else if !url.username().is_empty() || url.password().is_some() {
        Some("holds credentials")
    } else {
        None
    }
}

/// Parses the names of packages, or reports why they can be none.
pub(super) fn read_name_glob(text: &Text<'_>, problems: &mut Vec<Problem>) -> Option<NameGlob> {
    let report = |error: &NameGlobError| {
        let message = format!("{} is not a package name", quoted(text.text));
        problems.push(
            Problem::error(code::PACKAGE, text.span.clone(), message)
                .label(error.reason.to_string())
                .help("\"widget\", or \"libwidget*\" for all names that begin so"),
        );
    };
    text.text.parse().inspect_err(report).ok()
}

/// Parses a set of versions, or reports the part of it that is none.
pub(super) fn read_versions(
    text: &Text<'_>,
    problems: &mut Vec<Problem>,
) -> Option<VersionExpression> {
    let report = |error: &ExpressionError| {
        // What is missing has no text; its neighbour stands for it.
        let part = match error.span.clone() {
            span if span.is_empty() => text.span.clone(),
            span => text.part(span),
        };
        problems.push(
            Problem::error(code::VERSIONS, part, error.to_string())
                .label("not a set of versions")
                .help("\">= 11, << 12\", \"1.4.2-1\" or \"1.0.*\""),
        );
    };
    text.text.parse().inspect_err(report).ok()
}

/// Reports a setting that breaks the grammar of its service.
pub(super) fn malformed(span: Range<usize>, message: String, example: &str) -> Problem {
    Problem::error(code::SETTING, span, message).label("malformed").help(example)
}

/// Reports every element of a list that stood in it before.
pub(super) fn check_listed_once(texts: &[Text<'_>], key: &str, problems: &mut Vec<Problem>) {
    let mut seen = BTreeSet::new();
    for text in texts {
        if !seen.insert(text.text) {
            let message = format!("{} stands twice in `{key}`", quoted(text.text));
            problems.push(
                Problem::error(code::LISTED_TWICE, text.span.clone(), message)
                    .label("listed before")
                    .help("remove one of the two"),
            );
        }
    }
}

/// Reports a list without an element.
pub(super) fn check_not_empty(section: &Section<'_>, key: &str, problems: &mut Vec<Problem>) {
    let Some(span) = section.empty_list(key) else { return };
    problems.push(
        Problem::error(code::EMPTY_LIST, span, format!("`{key}` is empty"))
            .label("needs at least one element"),
    );
}
