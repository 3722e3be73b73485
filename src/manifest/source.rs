//! `[source.*]`: where packages come from, and where they go.

use std::collections::{BTreeMap, BTreeSet};

use super::code;
use super::distribution::{Declared, read_architectures};
use super::pattern::{PathPattern, PatternError};
use super::problem::{Problem, near, quoted, shortened};
use super::promotion::{self, Promotion};
use super::rules::{check_listed_once, check_name, check_not_empty};
use super::section::{Section, Text};
use super::selection::{self, Selection};
use crate::debian::architecture::Architecture;
use crate::debian::suite::{Codename, Component};

/// Where packages come from, and where they go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its name in the manifest.
    pub name: String,
    /// Where they come from.
    pub kind: SourceKind,
    /// Where the packages go: sorted, each once, at least one.
    pub targets: Vec<Target>,
    /// The only architectures (beside `all`) that are taken; none for every one.
    pub architectures: Option<BTreeSet<Architecture>>,
    /// Which packages and versions are let in.
    pub packages: Selection,
    /// Whether it is fine that nothing matches.
    pub allow_empty: bool,
    /// What happens to packages that the source no longer has.
    pub mode: Mode,
    /// What happens to a version that is published with other bytes.
    pub on_conflict: OnConflict,
    /// The line of the manifest where it begins, from 1.
    pub line: usize,
}

/// Where a source has its packages from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceKind {
    /// These local files.
    Path(PathPattern),
    /// Whoever has a signing key, by `repoman publish`.
    Push,
    /// What is published elsewhere in the repository.
    Promotion(Promotion),
}

/// What happens to a version that is published with other bytes than the source has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnConflict {
    /// The plan is refused.
    Refuse,
    /// What is published stays.
    Keep,
}

/// One component of one distribution.
///
/// Displayed as its address, `bookworm/main`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    /// The distribution.
    pub codename: Codename,
    /// The component.
    pub component: Component,
}

/// What happens to packages that a source no longer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// They stay.
    Accumulate,
    /// They go, if this source brought them.
    Mirror,
}

impl Source {
    /// Returns the pattern of a source that is local files.
    pub fn pattern(&self) -> Option<&PathPattern> {
        match &self.kind {
            SourceKind::Path(pattern) => Some(pattern),
            SourceKind::Push | SourceKind::Promotion(_) => None,
        }
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.codename, self.component)
    }
}

/// Reads one section; none if it does not say in a usable way where its packages come from.
fn read(
    name: &Text<'_>,
    section: &Section<'_>,
    context: &Context<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Source> {
    check_name(name, "source", problems);
    let kind = read_kind(section, context, problems);
    check_soak(section, problems);
    let matched = matches(section, context.distributions, problems);
    match &kind {
        Some(SourceKind::Path(pattern)) if pattern.uses_release() => {
            check_release(section, &matched, problems);
        }
        Some(SourceKind::Push) => check_push(section, problems),
        Some(SourceKind::Path(_) | SourceKind::Promotion(_)) | None => {}
    }
    let architectures = narrowed(section, &matched, problems);
    let targets: BTreeSet<Target> = matched.iter().filter_map(Match::target).collect();
    Some(Source {
        name: name.text.to_owned(),
        targets: targets.into_iter().collect(),
        architectures,
        packages: selection::read(section, problems),
        allow_empty: section.flag("allow_empty"),
        mode: match section.text("mode") {
            Some(mode) if mode.text == "mirror" => Mode::Mirror,
            _ => Mode::Accumulate,
        },
        on_conflict: match section.text("on_conflict") {
            Some(conduct) if conduct.text == "keep" => OnConflict::Keep,
            _ => OnConflict::Refuse,
        },
        line: section.line(),
        kind: kind?,
    })
}

/// Reads all sections, and compares promotions with each other.
pub(super) fn read_all(
    sections: &[(Text<'_>, Section<'_>)],
    context: &Context<'_>,
    problems: &mut Vec<Problem>,
) -> BTreeMap<String, Source> {
    let mut sources = BTreeMap::new();
    for (name, section) in sections {
        let source = read(name, section, context, problems);
        sources.extend(source.map(|source| (source.name.clone(), source)));
    }
    let promotions = sections.iter().filter_map(|(name, section)| {
        Some((section.text("distribution")?, sources.get(name.text)?))
    });
    promotion::check_circles(&promotions.collect::<Vec<_>>(), problems);
    sources
}

fn read_kind(
    section: &Section<'_>,
    context: &Context<'_>,
    problems: &mut Vec<Problem>,
) -> Option<SourceKind> {
    if section.flag("push") {
        return Some(SourceKind::Push);
    }
    if let Some(text) = section.text("path") {
        let parsed = PathPattern::parse(text.text);
        let reported = parsed.inspect_err(|error| problems.push(bad_pattern(&text, error)));
        return Some(SourceKind::Path(reported.ok()?));
    }
    let from = origin(&section.text("distribution")?, context.distributions, problems)?;
    Some(SourceKind::Promotion(Promotion { from, soak: section.duration("soak") }))
}

/// Returns the one component that a promotion takes packages from.
fn origin(
    address: &Text<'_>,
    distributions: &[Declared<'_>],
    problems: &mut Vec<Problem>,
) -> Option<Target> {
    if address.text.contains('*') {
        let message = format!("{} is not one component", quoted(address.text));
        problems.push(
            Problem::error(code::TARGET, address.span.clone(), message)
                .label("`*` is for targets only")
                .help("a promotion takes packages from one component: \"trixie/main\""),
        );
        return None;
    }
    let found = matches_of(address.text, distributions);
    if found.is_empty() && !is_undecided(address.text, distributions) {
        problems.push(no_target("distribution", address, distributions));
    }
    found.first()?.target()
}

fn check_soak(section: &Section<'_>, problems: &mut Vec<Problem>) {
    let Some(span) = section.key_span("soak") else { return };
    if section.key_span("distribution").is_none() {
        problems.push(
            Problem::error(code::NO_EFFECT, span, "`soak` has no effect here".to_owned())
                .label("is for promotions only")
                .help("distribution = \"trixie/main\", or remove the line"),
        );
    }
}

/// Reports what says nothing about a source that has no list of its packages.
fn check_push(section: &Section<'_>, problems: &mut Vec<Problem>) {
    let mirrors = section.text("mode").filter(|mode| mode.text == "mirror");
    let mirrors = mirrors.map(|mode| (mode.span, "`mode = \"mirror\"`"));
    let allows = section.key_span("allow_empty").map(|span| (span, "`allow_empty`"));
    for (span, what) in mirrors.into_iter().chain(allows) {
        problems.push(
            Problem::error(code::NO_EFFECT, span, format!("{what} has no effect with `push`"))
                .label("nothing lists what such a source has")
                .help("remove the line: what was pushed stays"),
        );
    }
}

/// What a source is read against.
pub(super) struct Context<'a> {
    /// What its distributions declare.
    pub(super) distributions: &'a [Declared<'a>],
}

/// One component that `to` names.
struct Match<'a> {
    distribution: &'a Declared<'a>,
    component: &'a str,
}

impl Match<'_> {
    /// Returns the target; none if its names are no good, which was reported where they stand.
    fn target(&self) -> Option<Target> {
        let codename = self.distribution.codename.text.parse().ok()?;
        Some(Target { codename, component: self.component.parse().ok()? })
    }
}

fn matches<'a>(
    section: &Section<'_>,
    distributions: &'a [Declared<'a>],
    problems: &mut Vec<Problem>,
) -> Vec<Match<'a>> {
    let addresses = section.texts("to").unwrap_or_default();
    check_listed_once(&addresses, "to", problems);
    check_not_empty(section, "to", problems);
    let mut all = Vec::new();
    for address in &addresses {
        let found = matches_of(address.text, distributions);
        if found.is_empty() && !is_undecided(address.text, distributions) {
            problems.push(no_target("to", address, distributions));
        }
        all.extend(found);
    }
    all
}

/// Returns every declared component that an address names, with `*` for a whole part.
///
/// Both parts may hold slashes themselves, so each slash may be the one between them.
fn matches_of<'a>(address: &str, distributions: &'a [Declared<'a>]) -> Vec<Match<'a>> {
    let mut found = Vec::new();
    for (slash, _) in address.match_indices('/') {
        let (left, right) = (&address[..slash], &address[slash + 1..]);
        for distribution in named(left, distributions) {
            let components = distribution.components.iter().map(|component| component.text);
            let fitting = components.filter(|component| right == "*" || right == *component);
            found.extend(fitting.map(|component| Match { distribution, component }));
        }
    }
    found
}

/// Returns the distributions that a codename or `*` names, of those in the order of the codenames.
fn named<'a>(codename: &str, distributions: &'a [Declared<'a>]) -> &'a [Declared<'a>] {
    if codename == "*" {
        return distributions;
    }
    let found = distributions.binary_search_by(|declared| declared.codename.text.cmp(codename));
    found.map_or(&[], |at| &distributions[at..=at])
}

/// Tells whether an address could be right but for a problem of the distributions.
fn is_undecided(address: &str, distributions: &[Declared<'_>]) -> bool {
    let is_open = |distribution: &Declared<'_>| {
        let rest = address.strip_prefix('*').or(address.strip_prefix(distribution.codename.text));
        distribution.components.is_empty() && rest.is_some_and(|rest| rest.starts_with('/'))
    };
    distributions.is_empty() || distributions.iter().any(is_open)
}

fn no_target(key: &str, address: &Text<'_>, distributions: &[Declared<'_>]) -> Problem {
    let message = format!("`{key}` names {}, which nothing declares", quoted(address.text));
    let problem = Problem::error(code::TARGET, address.span.clone(), message);
    let declared = addresses(distributions);
    let named = distributions.iter().find(|distribution| {
        let codename = distribution.codename.text;
        address
            .text
            .strip_prefix(codename)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    });
    let label = match named {
        Some(distribution) if distribution.codename.text == address.text => {
            "names no component".to_owned()
        }
        Some(distribution) => {
            format!("{} has no such component", quoted(distribution.codename.text))
        }
        None if !address.text.contains('/') => "not DISTRIBUTION/COMPONENT".to_owned(),
        None => "no such distribution".to_owned(),
    };
    let help = match near(address.text, declared.iter().map(String::as_str)) {
        Some(better) => format!("did you mean \"{better}\"?"),
        None => format!("declared: {}", shortened(declared.iter().map(String::as_str))),
    };
    problem.label(label).help(help)
}

/// Returns all addresses that `to` could name, the plain ones first.
fn addresses(distributions: &[Declared<'_>]) -> Vec<String> {
    let plain = distributions.iter().flat_map(|distribution| {
        let components = distribution.components.iter();
        components.map(|component| format!("{}/{}", distribution.codename.text, component.text))
    });
    plain.collect()
}

fn bad_pattern(text: &Text<'_>, error: &PatternError) -> Problem {
    let code = match error {
        PatternError::UnknownPlaceholder { .. } | PatternError::LoneBrace { .. } => {
            code::PLACEHOLDER
        }
        PatternError::Backslash
        | PatternError::Url
        | PatternError::Home
        | PatternError::Directory
        | PatternError::Brackets(_) => code::PATTERN,
    };
    let span = error.part().map_or_else(|| text.span.clone(), |part| text.part(part));
    Problem::error(code, span, error.to_string()).label("not a pattern").help(error.help())
}

fn check_release(section: &Section<'_>, matched: &[Match<'_>], problems: &mut Vec<Problem>) {
    let Some(path) = section.text("path") else { return };
    let without: BTreeSet<&str> = matched
        .iter()
        .filter(|found| !found.distribution.has_release)
        .map(|found| found.distribution.codename.text)
        .collect();
    for codename in without {
        let start = path.text.find("{release}").unwrap_or_default();
        problems.push(
            Problem::error(
                code::NO_RELEASE,
                path.part(start..start + "{release}".len()),
                format!("{} has no `release`", quoted(codename)),
            )
            .label("needs one")
            .help(format!("[distribution.{codename}]\nrelease = \"12\"")),
        );
    }
}

fn narrowed(
    section: &Section<'_>,
    matched: &[Match<'_>],
    problems: &mut Vec<Problem>,
) -> Option<BTreeSet<Architecture>> {
    let texts = section.texts("architectures")?;
    check_listed_once(&texts, "architectures", problems);
    check_not_empty(section, "architectures", problems);
    let read = read_architectures(&texts, problems);
    let is_declared = |text: &str| {
        matched.iter().any(|found| {
            found.distribution.architectures.iter().any(|declared| declared.text == text)
        })
    };
    for text in texts.iter().filter(|text| read.iter().any(|read| read.to_string() == text.text)) {
        if matched.is_empty() || is_declared(text.text) {
            continue;
        }
        let message = format!("no target of the source has the architecture {}", quoted(text.text));
        problems.push(
            Problem::error(code::UNDECLARED_ARCHITECTURE, text.span.clone(), message)
                .label("not declared")
                .help("add it to `architectures` of the distribution, or remove it here"),
        );
    }
    Some(read.into_iter().collect())
}
