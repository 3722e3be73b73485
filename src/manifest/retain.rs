//! `[retain]`: what stays, and for how long.
//!
//! A policy stands for the whole repository, for a distribution, for one of its components, or for
//! packages of some names. The narrowest one that is about a package is its policy, whole: nothing
//! of a wider one is mixed in.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::code;
use super::distribution::Declared;
use super::problem::{Problem, near, quoted, shortened};
use super::rules::{malformed, read_name_glob};
use super::section::{Section, Text};
use super::source::Target;
use crate::debian::name::PackageName;
use crate::debian::name_glob::NameGlob;
use crate::debian::suite::{Codename, Component};
use crate::time::Span;

/// For how long an object stays in the store after the last index that named it is gone.
pub(super) const PURGE_AFTER: Span = Span::seconds(7 * 86_400);

/// The shortest such time.
///
/// Half of it has to be longer than what a run may take from its last look at the store to its
/// last write: half an hour, and half an hour for a write that is on its way.
const LEAST: Span = Span::seconds(2 * 3600);

/// The policies of a manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Retention {
    repository: Option<Policy>,
    distributions: BTreeMap<Codename, DistributionRetention>,
    /// With their names, the most specific first.
    packages: Vec<(NameGlob, Policy)>,
}

/// The policies of one distribution.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct DistributionRetention {
    whole: Option<Policy>,
    components: BTreeMap<Component, Policy>,
}

/// Which versions of a package stay: those that any of these wants; at least one says something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// So many of the newest; at least 1.
    pub versions: Option<u64>,
    /// Those that were published less than this ago.
    pub newer_than: Option<Span>,
    /// Those that a newer one came after less than this ago.
    pub grace: Option<Span>,
    /// What the policy is for.
    pub scope: Scope,
    /// The line of the manifest where it begins, from 1.
    pub line: usize,
}

/// What a policy is for.
///
/// Displayed as the header of its table: `[retain.package."linux-image-*"]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Everything.
    Repository,
    /// One distribution.
    Distribution(Codename),
    /// One component.
    Component(Target),
    /// Packages of these names, wherever they are.
    Packages(NameGlob),
}

impl Retention {
    /// Returns the policy for a package in a component; without one, every version stays.
    pub fn policy(
        &self,
        codename: &Codename,
        component: &Component,
        package: &PackageName,
    ) -> Option<&Policy> {
        let by_name = self.packages.iter().find(|(names, _)| names.matches(package));
        let distribution = self.distributions.get(codename);
        by_name
            .map(|(_, policy)| policy)
            .or_else(|| distribution?.components.get(component))
            .or_else(|| distribution?.whole.as_ref())
            .or(self.repository.as_ref())
    }

    /// Returns all policies: of the repository, of distributions, of components, of packages.
    pub fn policies(&self) -> impl Iterator<Item = &Policy> {
        let distributions = self.distributions.values();
        let whole = distributions.clone().filter_map(|distribution| distribution.whole.as_ref());
        let components = distributions.flat_map(|distribution| distribution.components.values());
        let packages = self.packages.iter().map(|(_, policy)| policy);
        self.repository.iter().chain(whole).chain(components).chain(packages)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repository => f.write_str("[retain]"),
            Self::Distribution(codename) => {
                write!(f, "[distribution.{}.retain]", Key(codename.as_str()))
            }
            Self::Component(Target { codename, component }) => write!(
                f,
                "[distribution.{}.component.{}.retain]",
                Key(codename.as_str()),
                Key(component.as_str())
            ),
            Self::Packages(names) => write!(f, "[retain.package.{}]", Key(names.as_str())),
        }
    }
}

/// A part of a header, in quotes where TOML needs them.
struct Key<'a>(&'a str);

impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if self.0.chars().all(is_bare) { f.write_str(self.0) } else { write!(f, "\"{}\"", self.0) }
    }
}

/// Returns `purge_after`, if it is there and makes sense.
pub(super) fn purge_after(section: &Section<'_>, problems: &mut Vec<Problem>) -> Option<Span> {
    let span = section.duration("purge_after")?;
    if span >= LEAST {
        return Some(span);
    }
    let text = section.text("purge_after")?;
    let message = format!("`purge_after` {} is shorter than {LEAST}", quoted(text.text));
    problems.push(malformed(text.span, message, "purge_after = \"7d\""));
    None
}

/// Reads all policies of the manifest.
pub(super) fn read(
    root: &Section<'_>,
    distributions: &[Declared<'_>],
    problems: &mut Vec<Problem>,
) -> Retention {
    let retain = root.section("retain");
    let policy = |section: &Section<'_>| read_policy(section, Scope::Repository);
    if let Some(retain) = &retain {
        check_says(retain, problems);
    }
    let packages = retain.as_ref().map(|retain| read_packages(retain, problems));
    let mut by_distribution = BTreeMap::new();
    for (name, section) in root.sections("distribution") {
        let declared = distributions.iter().find(|declared| declared.codename.text == name.text);
        let read = read_distribution(&section, declared, problems);
        if let Ok(codename) = name.text.parse() {
            by_distribution.insert(codename, read);
        }
    }
    Retention {
        repository: retain.as_ref().and_then(policy),
        distributions: by_distribution,
        packages: packages.unwrap_or_default(),
    }
}

/// Reads one table; none if no key of it says what stays.
fn read_policy(section: &Section<'_>, scope: Scope) -> Option<Policy> {
    let policy = Policy {
        versions: section.number("versions"),
        newer_than: section.duration("newer_than"),
        grace: section.duration("grace"),
        scope,
        line: section.line(),
    };
    let says = policy.versions.is_some() || policy.newer_than.is_some() || policy.grace.is_some();
    says.then_some(policy)
}

/// Reports a table without a key, which would be taken for one that keeps something.
fn check_says(section: &Section<'_>, problems: &mut Vec<Problem>) {
    if section.keys().next().is_some() {
        return;
    }
    let message = "the policy does not say what stays".to_owned();
    problems.push(
        Problem::error(code::EMPTY_POLICY, section.span.clone(), message)
            .label("no key")
            .help("versions = 5, newer_than = \"90d\" or grace = \"14d\""),
    );
}

fn read_distribution(
    section: &Section<'_>,
    declared: Option<&Declared<'_>>,
    problems: &mut Vec<Problem>,
) -> DistributionRetention {
    let mut read = DistributionRetention::default();
    let Some(declared) = declared else { return read };
    let codename = declared.codename.text.parse::<Codename>().ok();
    if let Some(retain) = section.section("retain") {
        check_says(&retain, problems);
        let scope = codename.clone().map(Scope::Distribution);
        read.whole = scope.and_then(|scope| read_policy(&retain, scope));
    }
    for (name, section) in section.sections("component") {
        check_component(&name, declared, problems);
        let Some(retain) = section.section("retain") else { continue };
        check_says(&retain, problems);
        let component = name.text.parse::<Component>().ok();
        let (Some(codename), Some(component)) = (codename.clone(), component) else { continue };
        let scope = Scope::Component(Target { codename, component: component.clone() });
        read.components.extend(read_policy(&retain, scope).map(|policy| (component, policy)));
    }
    read
}

fn check_component(name: &Text<'_>, declared: &Declared<'_>, problems: &mut Vec<Problem>) {
    let components = || declared.components.iter().map(|component| component.text);
    if declared.components.is_empty() || components().any(|component| component == name.text) {
        return;
    }
    let codename = quoted(declared.codename.text);
    let message = format!("{codename} has no component {}", quoted(name.text));
    let label = match near(name.text, components()) {
        Some(better) => format!("did you mean `{better}`?"),
        None => "not declared".to_owned(),
    };
    problems.push(
        Problem::error(code::COMPONENT, name.span.clone(), message)
            .label(label)
            .help(format!("declared: {}", shortened(components()))),
    );
}

/// Reads `[retain.package.*]`: the most specific names first.
fn read_packages(retain: &Section<'_>, problems: &mut Vec<Problem>) -> Vec<(NameGlob, Policy)> {
    let mut read: Vec<(Text<'_>, NameGlob, Option<Policy>)> = Vec::new();
    for (name, section) in retain.sections("package") {
        check_says(&section, problems);
        let Some(names) = read_name_glob(&name, problems) else { continue };
        let policy = read_policy(&section, Scope::Packages(names.clone()));
        read.push((name, names, policy));
    }
    read.sort_by(|(_, one, _), (_, two, _)| {
        one.specificity().cmp(&two.specificity()).reverse().then_with(|| one.cmp(two))
    });
    let patterns = read.iter().filter(|(_, names, _)| !names.is_exact());
    let names: Vec<_> = patterns.map(|(text, names, _)| (text, names)).collect();
    check_ties(&names, problems);
    read.into_iter().filter_map(|(_, names, policy)| Some((names, policy?))).collect()
}

/// Reports names that are as specific as others and can mean the same package.
///
/// `names` is in the order of how specific they are, and then of the texts. So whatever begins as
/// one of them does up to its first `*` follows right behind it, and nothing else can meet it.
fn check_ties(names: &[(&Text<'_>, &NameGlob)], problems: &mut Vec<Problem>) {
    let mut reported = BTreeSet::new();
    for level in names.chunk_by(|(_, one), (_, two)| one.specificity() == two.specificity()) {
        for (index, (text, names)) in level.iter().enumerate() {
            let begins_so = |(_, other): &&(&Text<'_>, &NameGlob)| {
                other.as_str().starts_with(names.literal_start())
            };
            let followers = level[index + 1..].iter().take_while(begins_so);
            for (other, _) in followers.filter(|(_, other)| names.meets(other)) {
                let is_later = other.span.start > text.span.start;
                let (first, later) = if is_later { (*text, *other) } else { (*other, *text) };
                if reported.insert(later.span.start) {
                    problems.push(tie(first, later));
                }
            }
        }
    }
}

fn tie(first: &Text<'_>, later: &Text<'_>) -> Problem {
    let message =
        format!("{} and {} can be the same package", quoted(first.text), quoted(later.text));
    Problem::error(code::POLICY_TIE, later.span.clone(), message)
        .label(format!("as specific as the names in line {}", first.line()))
        .help("make one of the two longer, or name the packages of one of them")
}
