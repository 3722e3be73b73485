//! `packages` of a source: which packages and versions it lets in.

use super::code;
use super::problem::Problem;
use super::rules::{check_listed_once, check_not_empty, read_versions};
use super::section::{Section, Text};
use crate::debian::name_glob::NameGlobError;
use crate::debian::{NameGlob, PackageName, Version, VersionExpression};

/// Which packages and versions a source lets in.
///
/// A package is let in if any rule lets it in, and without rules every package is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    /// In the order of the manifest, or of the names if it has a table of them.
    pub rules: Vec<Rule>,
}

/// Lets packages of some names in.
///
/// Displayed as messages show it: `acme-*`, or `grafana (>= 11, << 12)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The names.
    pub name: NameGlob,
    /// The versions; every one if it is none.
    pub versions: Option<VersionExpression>,
}

/// What a selection says of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict<'a> {
    /// It is let in.
    LetIn,
    /// This rule has the name, but not the version.
    OtherVersion(&'a Rule),
    /// No rule has the name.
    OtherName,
}

impl Selection {
    /// Tells whether a version of a package is let in, and if not, what comes nearest to it.
    pub fn verdict(&self, name: &PackageName, version: &Version) -> Verdict<'_> {
        let mut named = self.rules.iter().filter(|rule| rule.name.matches(name)).peekable();
        let first = named.peek().copied();
        let is_in = |rule: &Rule| rule.versions.as_ref().is_none_or(|set| set.matches(version));
        match first {
            _ if self.rules.is_empty() || named.any(is_in) => Verdict::LetIn,
            Some(rule) => Verdict::OtherVersion(rule),
            None => Verdict::OtherName,
        }
    }
}

impl std::fmt::Display for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.versions {
            Some(versions) => write!(f, "{} ({versions})", self.name),
            None => self.name.fmt(f),
        }
    }
}

/// Reads the key: a list of names, or a table from names to versions.
pub(super) fn read(section: &Section<'_>, problems: &mut Vec<Problem>) -> Selection {
    const KEY: &str = "packages";
    check_not_empty(section, KEY, problems);
    if let Some(table) = section.section(KEY) {
        let rules = table.entries().into_iter().filter_map(|(name, versions)| {
            let name = read_name(&name, problems);
            let versions = read_versions(&versions, problems);
            Some(Rule { name: name?, versions: Some(versions?) })
        });
        return Selection { rules: rules.collect() };
    }
    let names = section.texts(KEY).unwrap_or_default();
    check_listed_once(&names, KEY, problems);
    let names = names.iter().filter_map(|name| read_name(name, problems));
    Selection { rules: names.map(|name| Rule { name, versions: None }).collect() }
}

fn read_name(text: &Text<'_>, problems: &mut Vec<Problem>) -> Option<NameGlob> {
    let report = |error: &NameGlobError| {
        problems.push(
            Problem::error(code::PACKAGE, text.span.clone(), error.to_string())
                .label("not a package name")
                .help("packages = [\"widget\", \"libwidget*\"]"),
        );
    };
    text.text.parse().inspect_err(report).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selection(rules: &[(&str, Option<&str>)]) -> Selection {
        let rule = |(name, versions): &(&str, Option<&str>)| Rule {
            name: name.parse().unwrap(),
            versions: versions.map(|versions| versions.parse().unwrap()),
        };
        Selection { rules: rules.iter().map(rule).collect() }
    }

    #[test]
    fn one_rule_that_lets_a_package_in_is_enough() {
        let selection = selection(&[("acme-*", Some("<< 2")), ("acme-api", Some(">= 3"))]);
        let verdict = |name: &str, version: &str| match selection
            .verdict(&name.parse().unwrap(), &version.parse().unwrap())
        {
            Verdict::LetIn => "in".to_owned(),
            Verdict::OtherVersion(rule) => rule.to_string(),
            Verdict::OtherName => "other name".to_owned(),
        };
        assert_eq!(verdict("acme-api", "1"), "in");
        assert_eq!(verdict("acme-api", "3"), "in");
        assert_eq!(verdict("acme-api", "2"), "acme-* (<< 2)");
        assert_eq!(verdict("acme-web", "3"), "acme-* (<< 2)");
        assert_eq!(verdict("widget", "1"), "other name");
    }

    #[test]
    fn without_rules_everything_is_let_in() {
        let (name, version) = ("widget".parse().unwrap(), "1".parse().unwrap());
        assert_eq!(Selection::default().verdict(&name, &version), Verdict::LetIn);
    }
}
