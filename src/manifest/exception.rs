//! Exceptions, each with its reason: `[yank.PACKAGE]`, `[keep.PACKAGE]`, and what all tables of
//! exceptions share.

use std::collections::BTreeMap;
use std::fmt;

use super::code;
use super::distribution::Declared;
use super::problem::{Problem, near, quoted, shortened};
use super::rules::read_versions;
use super::section::{Section, Text};
use super::source::Target;
use crate::debian::name::{NameReason, PackageName};
use crate::debian::suite::{Codename, Component};
use crate::debian::version::Version;
use crate::debian::version_expression::VersionExpression;

/// Why an exception stands, and where: plans print both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The reason: one line of text that is safe to print.
    pub text: String,
    /// The line of the manifest, from 1.
    pub line: usize,
}

/// Versions of packages that are treated otherwise than the rest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exceptions {
    /// By package, in the order of the lines.
    by_package: BTreeMap<PackageName, Vec<Exception>>,
}

/// One line of a table of exceptions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// Which versions of the package.
    pub versions: VersionExpression,
    /// Where; everywhere if nothing is said.
    pub from: Option<Area>,
    /// Why.
    pub reason: Reason,
}

/// A part of the repository that an exception is about.
///
/// Displayed as its address: `trixie` or `trixie/main`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Area {
    /// A distribution.
    Distribution(Codename),
    /// One component of one.
    Component(Target),
}

impl Reason {
    /// Returns the reason for what stands in the line of a key.
    pub(super) fn of(key: &Text<'_>, reason: &Text<'_>) -> Self {
        Self { text: reason.text.to_owned(), line: key.line() }
    }
}

impl Exceptions {
    /// Returns the first line of the manifest that is about a version of a package in a component.
    pub fn find(
        &self,
        codename: &Codename,
        component: &Component,
        package: &PackageName,
        version: &Version,
    ) -> Option<&Exception> {
        self.by_package.get(package)?.iter().find(|exception| {
            exception.is_in(codename, component) && exception.versions.matches(version)
        })
    }

    /// Returns all exceptions with their packages: by package, then by line.
    pub fn iter(&self) -> impl Iterator<Item = (&PackageName, &Exception)> {
        let packages = self.by_package.iter();
        packages.flat_map(|(package, lines)| lines.iter().map(move |line| (package, line)))
    }
}

impl Exception {
    /// Tells whether the line is about versions in this component.
    pub fn is_in(&self, codename: &Codename, component: &Component) -> bool {
        match &self.from {
            None => true,
            Some(Area::Distribution(here)) => here == codename,
            Some(Area::Component(here)) => {
                here.codename == *codename && here.component == *component
            }
        }
    }

    /// Tells whether some component is in what both lines are about.
    fn meets(&self, other: &Self) -> bool {
        match (&self.from, &other.from) {
            (None, _) | (_, None) => true,
            (Some(Area::Component(here)), _) => other.is_in(&here.codename, &here.component),
            (_, Some(Area::Component(here))) => self.is_in(&here.codename, &here.component),
            (Some(Area::Distribution(here)), Some(Area::Distribution(there))) => here == there,
        }
    }

    /// Tells whether some version is surely in both lines.
    ///
    /// That can be seen if one of them is a version alone, or if they say the same.
    fn collides(&self, other: &Self) -> bool {
        let has = |one: &Self, other: &Self| {
            one.versions.exact().is_some_and(|version| other.versions.matches(version))
        };
        self.versions == other.versions || has(self, other) || has(other, self)
    }
}

impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Distribution(codename) => codename.fmt(f),
            Self::Component(target) => target.fmt(f),
        }
    }
}

/// Exceptions as they were read, each with the key that it stands behind.
pub(super) type Lines<'a> = BTreeMap<PackageName, Vec<(Text<'a>, Exception)>>;

/// Reads `[yank]` or `[keep]`.
pub(super) fn read<'a>(
    packages: &[(Text<'a>, Section<'a>)],
    distributions: &[Declared<'_>],
    problems: &mut Vec<Problem>,
) -> Lines<'a> {
    let mut read = Lines::new();
    for (name, section) in packages {
        let package = read_package(name, problems);
        let mut lines = Vec::new();
        for key in section.keys() {
            if let Some(line) = read_line(&key, section, distributions, problems) {
                lines.push((key, line));
            }
        }
        lines.sort_by_key(|(key, _)| key.span.start);
        check_repeated(&lines, problems);
        if let Some(package) = package {
            read.insert(package, lines);
        }
    }
    read
}

/// Reports versions that are yanked and kept in one place, at the later line; returns both tables
/// without the places of their keys.
pub(super) fn settle(
    yank: Lines<'_>,
    keep: Lines<'_>,
    problems: &mut Vec<Problem>,
) -> (Exceptions, Exceptions) {
    for (package, kept) in &keep {
        let yanked = yank.get(package).into_iter().flatten();
        for (yank_key, yanked) in yanked {
            let collision =
                kept.iter().find(|(_, kept)| kept.meets(yanked) && kept.collides(yanked));
            let Some((keep_key, kept)) = collision else { continue };
            problems.push(contradiction(package, (yank_key, yanked), (keep_key, kept)));
        }
    }
    (Exceptions::of(yank), Exceptions::of(keep))
}

impl Exceptions {
    fn of(lines: Lines<'_>) -> Self {
        let strip = |lines: Vec<(Text<'_>, Exception)>| -> Vec<Exception> {
            lines.into_iter().map(|(_, exception)| exception).collect()
        };
        let by_package = lines.into_iter().map(|(package, lines)| (package, strip(lines)));
        Self { by_package: by_package.collect() }
    }
}

fn contradiction(
    package: &PackageName,
    yank: (&Text<'_>, &Exception),
    keep: (&Text<'_>, &Exception),
) -> Problem {
    let exact = [yank.1, keep.1].into_iter().find_map(|line| line.versions.exact());
    let versions = exact.map_or_else(|| yank.1.versions.to_string(), Version::to_string);
    let message = format!("{package} {versions} is both yanked and kept");
    let (later, other, said) = if yank.0.span.start > keep.0.span.start {
        (yank.0, keep.1, "kept")
    } else {
        (keep.0, yank.1, "yanked")
    };
    Problem::error(code::YANKED_AND_KEPT, later.span.clone(), message)
        .label(format!("{said} in line {}", other.reason.line))
        .help("decide for one of the two, or narrow one of them by `from`")
}

fn read_package(name: &Text<'_>, problems: &mut Vec<Problem>) -> Option<PackageName> {
    let error = match name.text.parse::<PackageName>() {
        Ok(package) => return Some(package),
        Err(error) => error,
    };
    let message = format!("{} is not a package name", quoted(name.text));
    let problem = Problem::error(code::PACKAGE, name.span.clone(), message);
    problems.push(match error.reason {
        NameReason::Character('*') | NameReason::Start('*') => problem
            .label("an exception is about one package")
            .help("give each package its own table"),
        NameReason::TooShort
        | NameReason::TooLong
        | NameReason::Start(_)
        | NameReason::Character(_) => problem.label(error.reason.to_string()),
    });
    None
}

/// Reads `versions = "why"`, or `versions = { reason = "why", from = "where" }`.
fn read_line(
    key: &Text<'_>,
    section: &Section<'_>,
    distributions: &[Declared<'_>],
    problems: &mut Vec<Problem>,
) -> Option<Exception> {
    let long = section.section(key.text);
    let (reason, from) = match &long {
        Some(long) => (long.text("reason"), long.text("from")),
        None => (section.text(key.text), None),
    };
    if long.is_some() && reason.is_none() && from.is_none() {
        // What was reported where the keys were checked is no expression.
        return None;
    }
    let versions = read_versions(key, problems);
    let area = match &from {
        Some(from) => Some(read_area(from, distributions, problems)?),
        None => None,
    };
    Some(Exception { versions: versions?, from: area, reason: Reason::of(key, &reason?) })
}

/// Reports lines that say of one place what another has said.
fn check_repeated(lines: &[(Text<'_>, Exception)], problems: &mut Vec<Problem>) {
    let mut seen: BTreeMap<String, Vec<&Exception>> = BTreeMap::new();
    for (key, line) in lines {
        let same = seen.entry(line.versions.to_string()).or_default();
        if let Some(first) = same.iter().find(|other| other.meets(line)) {
            let message = format!("{} stands twice here", quoted(key.text));
            problems.push(
                Problem::error(code::LISTED_TWICE, key.span.clone(), message)
                    .label(format!("the same as in line {}", first.reason.line))
                    .help("remove one of the two"),
            );
        }
        same.push(line);
    }
}

/// Reads the address of a declared distribution or component.
fn read_area(
    address: &Text<'_>,
    distributions: &[Declared<'_>],
    problems: &mut Vec<Problem>,
) -> Option<Area> {
    for distribution in distributions {
        let codename = distribution.codename.text;
        if address.text == codename {
            return Some(Area::Distribution(codename.parse().ok()?));
        }
        let rest = address.text.strip_prefix(codename).and_then(|rest| rest.strip_prefix('/'));
        let components = distribution.components.iter();
        if let Some(found) = components.map(|c| c.text).find(|c| rest == Some(*c)) {
            let codename = codename.parse().ok()?;
            return Some(Area::Component(Target { codename, component: found.parse().ok()? }));
        }
    }
    if !distributions.is_empty() {
        problems.push(nowhere(address, distributions));
    }
    None
}

fn nowhere(address: &Text<'_>, distributions: &[Declared<'_>]) -> Problem {
    let mut declared = Vec::new();
    for distribution in distributions {
        let codename = distribution.codename.text;
        declared.push(codename.to_owned());
        let components = distribution.components.iter();
        declared.extend(components.map(|component| format!("{codename}/{}", component.text)));
    }
    let message = format!("`from` names {}, which nothing declares", quoted(address.text));
    let label = match near(address.text, declared.iter().map(String::as_str)) {
        Some(better) => format!("did you mean \"{better}\"?"),
        None => "no such distribution or component".to_owned(),
    };
    let known = shortened(declared.iter().map(String::as_str));
    Problem::error(code::AREA, address.span.clone(), message)
        .label(label)
        .help(format!("declared: {known}"))
}
