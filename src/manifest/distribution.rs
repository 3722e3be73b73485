//! `[distribution.*]`: what clients name in their `Suites`.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::code;
use super::problem::{Problem, quoted};
use super::repository::Repository;
use super::rules::{check_listed_once, check_not_empty, malformed};
use super::section::{Section, Text};
use crate::compression::Compression;
use crate::debian::architecture::Architecture;
use crate::debian::suite::{Codename, Component, SuiteError};
use crate::digest::checksum::{Checksum, ChecksumSet};
use crate::time::Span;

/// One distribution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Distribution {
    /// `Codename`, and the directory below `dists`.
    pub codename: Codename,
    /// `Suite`; the codename unless the manifest has another.
    pub suite: String,
    /// What `{release}` stands for: one safe path segment.
    pub release: Option<String>,
    /// `Version`.
    pub version: Option<String>,
    /// `Origin`: its own, or the repository's.
    pub origin: Option<String>,
    /// `Label`: its own, or the repository's.
    pub label: Option<String>,
    /// `Description`: its own, or the repository's.
    pub description: Option<String>,
    /// The components in the order of the manifest; at least one.
    pub components: Vec<Component>,
    /// The architectures in the order of the manifest, without `all`; at least one.
    pub architectures: Vec<Architecture>,
    /// `NotAutomatic`.
    pub not_automatic: bool,
    /// `ButAutomaticUpgrades`; only with `not_automatic`.
    pub but_automatic_upgrades: bool,
    /// The forms of index files in the order of the manifest; at least one.
    pub compression: Vec<Compression>,
    /// The checksums that are listed beside SHA-256.
    pub hashes: ChecksumSet,
    /// Whether there are `Contents` files.
    pub contents: bool,
    /// How long after its `Date` a Release is valid, at least an hour; for ever if nothing is said.
    pub valid_for: Option<Span>,
}

/// A Release that is valid no longer could run out before anybody has fetched it.
const SHORTEST_VALIDITY: Span = Span::seconds(3600);
/// A Release that is valid no longer runs out over a weekend.
const SHORT_VALIDITY: Span = Span::seconds(2 * 86_400);

/// The forms of index files that every apt still in use can read, and that cost little.
const DEFAULT_COMPRESSION: [Compression; 2] = [Compression::Xz, Compression::Gzip];

/// What the manifest says a distribution has, right or wrong, for those that refer to it.
pub(super) struct Declared<'a> {
    pub(super) codename: Text<'a>,
    pub(super) components: Vec<Text<'a>>,
    pub(super) architectures: Vec<Text<'a>>,
    pub(super) has_release: bool,
    suite: Option<Text<'a>>,
}

/// Returns what the sections declare, in the order of the codenames.
pub(super) fn declared<'a>(sections: &[(Text<'a>, Section<'a>)]) -> Vec<Declared<'a>> {
    let declare = |(codename, section): &(Text<'a>, Section<'a>)| Declared {
        codename: codename.clone(),
        components: section.texts("components").unwrap_or_default(),
        architectures: section.texts("architectures").unwrap_or_default(),
        has_release: section.key_span("release").is_some(),
        suite: section.text("suite"),
    };
    sections.iter().map(declare).collect()
}

/// Reads all sections, and compares each with the others.
pub(super) fn read(
    sections: &[(Text<'_>, Section<'_>)],
    repository: Option<&Repository>,
    problems: &mut Vec<Problem>,
) -> BTreeMap<Codename, Distribution> {
    let declared = declared(sections);
    check_suites(&declared, problems);
    check_directories(&declared, problems);
    let distributions = sections
        .iter()
        .filter_map(|(codename, section)| read_one(codename, section, repository, problems));
    distributions.map(|distribution| (distribution.codename.clone(), distribution)).collect()
}

fn read_one(
    name: &Text<'_>,
    section: &Section<'_>,
    repository: Option<&Repository>,
    problems: &mut Vec<Problem>,
) -> Option<Distribution> {
    let codename = path_name::<Codename>(name, "codename", problems);
    let suite = section.text("suite");
    if let Some(suite) = &suite {
        path_name::<Codename>(suite, "suite", problems);
    }
    check_release(section, problems);
    check_upgrades(section, problems);
    let inherited = |key: &str, field: fn(&Repository) -> &Option<String>| {
        section.string(key).or_else(|| repository.and_then(|repository| field(repository).clone()))
    };
    Some(Distribution {
        suite: suite.map_or(name.text, |suite| suite.text).to_owned(),
        release: section.string("release"),
        version: section.string("version"),
        origin: inherited("origin", |repository| &repository.origin),
        label: inherited("label", |repository| &repository.label),
        description: inherited("description", |repository| &repository.description),
        components: components(section, problems),
        architectures: architectures(section, problems),
        not_automatic: section.flag("not_automatic"),
        but_automatic_upgrades: section.flag("but_automatic_upgrades"),
        compression: compression(section, problems),
        hashes: hashes(section, problems),
        contents: section.flag("contents"),
        valid_for: validity(section, problems),
        codename: codename?,
    })
}

/// Parses a text that becomes a part of paths below `dists`.
fn path_name<T>(text: &Text<'_>, what: &str, problems: &mut Vec<Problem>) -> Option<T>
where
    T: FromStr<Err = SuiteError>,
{
    let report = |error: SuiteError| {
        let message = format!("{} is not a {what}", quoted(text.text));
        problems.push(
            Problem::error(code::SUITE, text.span.clone(), message)
                .label(error.reason.to_string())
                .help("letters, digits, `-`, `_` and `.`, with `/` between parts"),
        );
    };
    text.text.parse().map_err(report).ok()
}

fn check_release(section: &Section<'_>, problems: &mut Vec<Problem>) {
    let Some(release) = section.text("release") else { return };
    let is_safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !release.text.chars().all(is_safe) || matches!(release.text, "." | "..") {
        let message = format!("{} is not a release", quoted(release.text));
        problems.push(malformed(
            release.span,
            message,
            "it becomes a part of paths: letters, digits, `-`, `_` and `.`, as in release = \"12\"",
        ));
    }
}

/// apt_preferences(5): `ButAutomaticUpgrades` is looked at only beside `NotAutomatic`.
fn check_upgrades(section: &Section<'_>, problems: &mut Vec<Problem>) {
    if !section.flag("but_automatic_upgrades") || section.flag("not_automatic") {
        return;
    }
    let Some(span) = section.key_span("but_automatic_upgrades") else { return };
    let message = "`but_automatic_upgrades` has no effect without `not_automatic`".to_owned();
    problems.push(
        Problem::error(code::NO_EFFECT, span, message)
            .label("apt ignores it alone")
            .help("add not_automatic = true, or remove the line"),
    );
}

fn validity(section: &Section<'_>, problems: &mut Vec<Problem>) -> Option<Span> {
    let valid_for = section.duration("valid_for")?;
    let span = section.value_span("valid_for")?;
    let message = format!("a Release that is valid for {valid_for}");
    if valid_for < SHORTEST_VALIDITY {
        problems.push(
            Problem::error(code::VALIDITY, span, format!("{message} runs out at once"))
                .label("must be an hour or more")
                .help("valid_for = \"14d\""),
        );
    } else if valid_for < SHORT_VALIDITY {
        problems.push(
            Problem::warning(code::VALIDITY, span, format!("{message} leaves no time to mend"))
                .label("clients refuse the distribution as soon as it is over")
                .help("two weeks, with an apply every day, leave time when something breaks"),
        );
    }
    Some(valid_for)
}

fn components(section: &Section<'_>, problems: &mut Vec<Problem>) -> Vec<Component> {
    let texts = listed(section, "components", problems);
    texts.iter().filter_map(|text| path_name(text, "component", problems)).collect()
}

fn architectures(section: &Section<'_>, problems: &mut Vec<Problem>) -> Vec<Architecture> {
    let texts = listed(section, "architectures", problems);
    read_architectures(&texts, problems)
}

/// Parses architectures, and refuses `all`, which is everywhere.
pub(super) fn read_architectures(
    texts: &[Text<'_>],
    problems: &mut Vec<Problem>,
) -> Vec<Architecture> {
    let mut read = Vec::new();
    for text in texts {
        if text.text == "all" {
            problems.push(
                Problem::error(
                    code::ALL_IS_IMPLIED,
                    text.span.clone(),
                    "`all` is implied".to_owned(),
                )
                .label("listed with every architecture")
                .help("remove it"),
            );
        } else if let Some(architecture) = read_architecture(text, texts, problems) {
            read.push(architecture);
        }
    }
    read
}

fn read_architecture(
    text: &Text<'_>,
    all: &[Text<'_>],
    problems: &mut Vec<Problem>,
) -> Option<Architecture> {
    let error = match text.text.parse::<Architecture>() {
        Ok(architecture) => return Some(architecture),
        Err(error) => error,
    };
    let message = format!("{} is not a Debian architecture", quoted(text.text));
    let problem = Problem::error(code::ARCHITECTURE, text.span.clone(), message);
    problems.push(match Architecture::suggestion(text.text) {
        Some(debian) => problem
            .label(format!("Debian calls this \"{debian}\""))
            .help(format!("architectures = [{}]", corrected(all))),
        None => problem
            .label(error.reason.to_string())
            .help("`dpkg-architecture -L` lists the names that Debian has"),
    });
    None
}

/// Returns a list of architectures with every one under Debian's name, and without `all`.
fn corrected(texts: &[Text<'_>]) -> String {
    let mut names: Vec<String> = Vec::new();
    for text in texts {
        let name = Architecture::suggestion(text.text).unwrap_or(text.text);
        let quoted = format!("\"{name}\"");
        if name != "all" && !names.contains(&quoted) {
            names.push(quoted);
        }
    }
    names.join(", ")
}

/// Returns the compression that a manifest names; not all can be had for index files.
fn index_form(name: &str) -> Option<Compression> {
    match name {
        "xz" => Some(Compression::Xz),
        "gz" => Some(Compression::Gzip),
        "zst" => Some(Compression::Zstd),
        "none" => Some(Compression::None),
        _ => None,
    }
}

fn compression(section: &Section<'_>, problems: &mut Vec<Problem>) -> Vec<Compression> {
    if section.key_span("compression").is_none() {
        return DEFAULT_COMPRESSION.to_vec();
    }
    let texts = listed(section, "compression", problems);
    texts.iter().filter_map(|text| index_form(text.text)).collect()
}

/// Returns the checksums beside SHA-256, which is always there.
fn hashes(section: &Section<'_>, problems: &mut Vec<Problem>) -> ChecksumSet {
    let texts = listed(section, "hashes", problems);
    let is_named = |checksum: &Checksum| texts.iter().any(|text| text.text == checksum.name());
    Checksum::ALL.into_iter().filter(is_named).collect()
}

/// Returns the elements of a list that may be neither empty nor have one twice.
fn listed<'a>(section: &Section<'a>, key: &str, problems: &mut Vec<Problem>) -> Vec<Text<'a>> {
    let texts = section.texts(key).unwrap_or_default();
    check_listed_once(&texts, key, problems);
    check_not_empty(section, key, problems);
    texts
}

/// Warns of names that two distributions share.
fn check_suites(declared: &[Declared<'_>], problems: &mut Vec<Problem>) {
    for (index, this) in declared.iter().enumerate() {
        let Some(suite) = &this.suite else { continue };
        let earlier_suite = declared[..index]
            .iter()
            .find(|other| other.suite.as_ref().is_some_and(|other| other.text == suite.text));
        let codename = declared.iter().find(|other| {
            other.codename.text == suite.text && other.codename.text != this.codename.text
        });
        let Some(other) = codename.or(earlier_suite) else { continue };
        let message = format!(
            "{} and {} share the name {}",
            quoted(other.codename.text),
            quoted(this.codename.text),
            quoted(suite.text)
        );
        problems.push(
            Problem::warning(code::SUITE_SHARED, suite.span.clone(), message)
                .label("clients can't tell which is meant")
                .help("give each distribution a suite of its own"),
        );
    }
}

/// Reports distributions one of which writes into the directories of the other.
///
/// `dists/A/C` holds the indices of the component C of A. So no other distribution may lie in or
/// above it by its codename, as `A/C` does.
fn check_directories(declared: &[Declared<'_>], problems: &mut Vec<Problem>) {
    for outer in declared {
        for inner in declared {
            let Some(rest) = below(inner.codename.text, outer.codename.text) else { continue };
            let is_shared = |component: &&Text<'_>| {
                let component = component.text;
                component == rest
                    || below(rest, component).is_some()
                    || below(component, rest).is_some()
            };
            let Some(component) = outer.components.iter().find(is_shared) else { continue };
            let message = format!(
                "{} lies in the directory of component {} of {}",
                quoted(inner.codename.text),
                quoted(component.text),
                quoted(outer.codename.text)
            );
            problems.push(
                Problem::error(code::DIRECTORY_SHARED, inner.codename.span.clone(), message)
                    .label(format!("dists/{} is taken", inner.codename.text))
                    .help("rename the distribution or the component"),
            );
        }
    }
}

/// Returns the rest of a path that lies below a directory.
fn below<'a>(path: &'a str, directory: &str) -> Option<&'a str> {
    path.strip_prefix(directory)?.strip_prefix('/')
}
