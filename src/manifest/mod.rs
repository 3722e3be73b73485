//! The manifest `repo.toml`: text in, a typed [`Manifest`] or every problem out.
//!
//! Parsing is pure. It opens no file, reads no environment, prints nothing and contacts nobody, and
//! never stops at the first problem. It takes three steps: TOML becomes a tree with places,
//! `shape` checks keys and types against `grammar`, and one module for each table reads what
//! the values mean. What the grammar of the file has but this version does not is an error of its
//! own; nothing is ever ignored.
//!
//! A problem never repeats a secret, but its span may lie beside one: show the text only through
//! [`masked`].

mod allow;
mod code;
mod distribution;
mod environment;
mod exception;
mod grammar;
mod input;
mod limits;
mod order;
mod pattern;
mod problem;
mod promotion;
mod removed;
mod repository;
mod retain;
mod rules;
mod schema;
mod secret;
mod section;
mod selection;
mod shape;
mod signing;
mod source;
mod store;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use toml::de::{DeTable, DeValue};

#[cfg(test)]
pub(crate) use allow::is_danger;
pub use distribution::Distribution;
pub use exception::{Area, Exception, Exceptions, Reason};
pub use input::InputError;
pub use limits::Limits;
pub use order::documented_position;
pub use pattern::{KeyPatterns, PathGlob, PathPattern, PatternError};
pub use problem::{Exposure, Problem, Severity};
pub use promotion::Promotion;
pub use repository::Repository;
pub use retain::{Policy, Retention, Scope};
pub use schema::json_schema;
pub use secret::masked;
pub use selection::{Rule, Selection, Verdict};
pub use signing::{SecretSource, Signing, SigningKey};
pub use source::{Mode, OnConflict, Source, SourceKind, Target};
pub use store::{Encryption, StoreSettings, StoreUrl};

use crate::debian::suite::Codename;
use crate::debian::{PackageName, VersionExpression};
use crate::digest::Sha256;
use crate::time::Span;
use environment::Environments;
use section::{Document, Section};

/// The desired state of one repository, as its manifest declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The format of the text.
    pub format: u32,
    /// The digest of the text.
    pub digest: Sha256,
    /// The environment that was chosen; none if the manifest has none.
    pub environment: Option<String>,
    /// What the repository is called.
    pub repository: Repository,
    /// Where it lives.
    pub store: StoreSettings,
    /// Who signs it.
    pub signing: Signing,
    /// What clients can choose from; at least one.
    pub distributions: BTreeMap<Codename, Distribution>,
    /// Where packages come from, by name.
    pub sources: BTreeMap<String, Source>,
    /// Which versions stay.
    pub retention: Retention,
    /// Versions that are withdrawn: they leave, and stay out while the line stands.
    pub yank: Exceptions,
    /// Versions that stay whatever retention says.
    pub keep: Exceptions,
    /// Why parts of the repository are gone for good, by address: `buster`, `bookworm/contrib` or
    /// `bookworm/*/i386`; none of them is declared.
    pub removed: BTreeMap<String, Reason>,
    /// Why dangers are accepted, by the id of the danger: `release-field:bookworm.label`.
    pub allow: BTreeMap<String, Reason>,
    /// How much one plan may remove.
    pub limits: Limits,
    /// For how long an object stays in the store after the last index that named it is gone.
    pub purge_after: Span,
}

/// All that `repoman publish` takes from a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushRules<'a> {
    /// How objects are written.
    pub store: &'a StoreSettings,
    /// Who signs, and where the secrets are found.
    pub signing: &'a Signing,
    /// The sources that can be pushed to, in the order of their names.
    pub sources: Vec<Source>,
    /// For how long what is given up stays in the store.
    pub purge_after: Span,
    /// The versions that are withdrawn, and where.
    pub yanked: Vec<(&'a PackageName, &'a VersionExpression, Option<&'a Area>)>,
}

impl Manifest {
    /// Returns what a publish goes by, the same wherever in the file it stands; nothing if no
    /// source can be pushed to.
    pub fn push_rules(&self) -> Option<PushRules<'_>> {
        let sources = self.sources.values().filter(|source| source.kind == SourceKind::Push);
        let sources: Vec<_> = sources.map(|source| Source { line: 0, ..source.clone() }).collect();
        let Self { store, signing, purge_after, .. } = self;
        let yanked =
            self.yank.iter().map(|(name, line)| (name, &line.versions, line.from.as_ref()));
        let (purge_after, yanked) = (*purge_after, yanked.collect());
        let rules = PushRules { store, signing, sources, purge_after, yanked };
        (!rules.sources.is_empty()).then_some(rules)
    }
}

/// A manifest that can be used, and what is questionable about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// The manifest.
    pub manifest: Manifest,
    /// Problems of [`Severity::Warning`], in the order of the text.
    pub warnings: Vec<Problem>,
}

/// Parses a manifest.
///
/// A byte order mark and Windows line endings are fine.
///
/// # Errors
///
/// Fails with every problem of the text, warnings included, in the order of the text; at least one
/// is of [`Severity::Error`].
pub fn parse(text: &str) -> Result<Parsed, Vec<Problem>> {
    parse_for(text, None)
}

/// Parses a manifest for one of its environments.
///
/// A manifest with environments can be parsed for one of these only, and one without for none; so
/// nobody publishes to the wrong place by saying nothing.
///
/// # Errors
///
/// As [`parse`], and when the choice does not fit the manifest. Mistakes in the other environments
/// are reported, too.
pub fn parse_for(text: &str, environment: Option<&str>) -> Result<Parsed, Vec<Problem>> {
    let mut problems = secret::check(text);
    let manifest = read_text(text, environment, &mut problems);
    let problems = finish(text, problems);
    match manifest {
        Some(manifest) if problems.iter().all(|problem| problem.severity == Severity::Warning) => {
            Ok(Parsed { manifest, warnings: problems })
        }
        _ => Err(problems),
    }
}

/// Sorts the problems, drops what one secret is reported for twice, and hides secrets.
fn finish(text: &str, mut problems: Vec<Problem>) -> Vec<Problem> {
    problems.sort_by_key(|problem| {
        let span = problem.span.clone().unwrap_or(text.len()..text.len());
        (span.start, span.end, problem.severity, problem.code)
    });
    let secrets = problems.iter().filter(|problem| problem.code == code::SECRET);
    let secrets = merged(secrets.filter_map(|problem| problem.span.clone()));
    let overlaps = |span: &Range<usize>| {
        let next = secrets.partition_point(|secret| secret.end <= span.start);
        secrets.get(next).is_some_and(|secret| secret.start < span.end)
    };
    problems.retain(|problem| {
        problem.code == code::SECRET || !problem.span.as_ref().is_some_and(overlaps)
    });
    secret::redact(text, &mut problems);
    problems
}

/// Joins ranges that overlap, of ranges in the order of their starts.
fn merged(ranges: impl Iterator<Item = Range<usize>>) -> Vec<Range<usize>> {
    let mut merged: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

/// Reads the text; none if a part of the manifest is missing, which is among the problems.
fn read_text(
    text: &str,
    environment: Option<&str>,
    problems: &mut Vec<Problem>,
) -> Option<Manifest> {
    let (document, errors) = DeTable::parse_recoverable(text);
    let document = document.get_ref();
    let is_whole = errors.iter().all(is_duplicate);
    let written = Document::new(text);
    let broken_lines = syntax_problems(&written, &errors, problems);
    let format = match format(document) {
        Some(Ok(format)) => Some(format),
        Some(Err(problem)) => {
            problems.push(*problem);
            return None;
        }
        None => None,
    };
    let root = Section::new(document, &written, 0..0);
    let shape_problems = shape::check(text, document);
    if is_whole {
        problems.extend(shape_problems);
        let manifest = read_document(&written, &root, environment, problems);
        return manifest.filter(|_| format.is_some());
    }
    // A broken line may hide what would be missing, and what others refer to.
    problems.extend(shape_problems.into_iter().filter(|problem| {
        let start = problem.span.as_ref().map_or(0, |span| span.start);
        problem.code != code::MISSING && !broken_lines.contains(&written.line(start))
    }));
    None
}

/// The parser tells a repeated key from other errors by its message only.
fn is_duplicate(error: &toml::de::Error) -> bool {
    error.message().starts_with("duplicate key")
}

/// Reports errors of the TOML parser, one for each line, and returns these lines.
///
/// More on one line mostly follow from the first.
fn syntax_problems(
    written: &Document<'_>,
    errors: &[toml::de::Error],
    problems: &mut Vec<Problem>,
) -> BTreeSet<usize> {
    let text = written.text;
    let mut lines = BTreeSet::new();
    for error in errors {
        let span = error.span().unwrap_or(text.len()..text.len());
        let problem = if is_duplicate(error) {
            let key = problem::quoted(text.get(span.clone()).unwrap_or_default());
            Problem::error(code::DUPLICATE_KEY, span, format!("{key} is there already"))
                .label("defined before")
                .help("merge the two, or remove one")
        } else {
            Problem::error(code::SYNTAX, span, format!("not valid TOML: {}", error.message()))
                .label("TOML ends here")
        };
        let start = problem.span.as_ref().map_or(0, |span| span.start);
        if lines.insert(written.line(start)) {
            problems.push(problem);
        }
    }
    lines
}

/// Returns the format, or why nothing else can be judged; none if there is no number.
fn format(document: &DeTable<'_>) -> Option<Result<u32, Box<Problem>>> {
    let value = document.get("format")?;
    let DeValue::Integer(number) = value.get_ref() else { return None };
    if u32::from_str_radix(number.as_str(), number.radix()) == Ok(grammar::FORMAT) {
        return Some(Ok(grammar::FORMAT));
    }
    let message = format!("manifest format {} is not known", problem::quoted(&number.to_string()));
    let problem = Problem::error(code::FORMAT, value.span(), message)
        .label(format!("repoman {} reads format {}", env!("CARGO_PKG_VERSION"), grammar::FORMAT))
        .help("use a version of repoman that knows this format; nothing else was checked");
    Some(Err(Box::new(problem)))
}

fn read_document(
    written: &Document<'_>,
    root: &Section<'_>,
    environment: Option<&str>,
    problems: &mut Vec<Problem>,
) -> Option<Manifest> {
    let environments = Environments::of(root, problems);
    let signers = environments.signers(root);
    let root = &environments.choose(environment, root, problems);
    let section = |key: &str| root.section(key);
    let repository = section("repository").and_then(|table| repository::read(&table, problems));
    let store = section("store").and_then(|table| store::read(&table, problems));
    let signing = section("signing").map(|table| signing::read(&table, &signers, problems));
    environments.check_others(environment, root, problems);
    let sections = root.sections("distribution");
    let distributions = distribution::read(&sections, repository.as_ref(), problems);
    let declared = distribution::declared(&sections);
    let context = source::Context { distributions: &declared };
    let mut exceptions =
        |key: &str| exception::read(&root.sections(key), &declared, &mut *problems);
    let (yank, keep) = (exceptions("yank"), exceptions("keep"));
    let (yank, keep) = exception::settle(yank, keep, problems);
    let removed = section("removed");
    let removed = removed.map(|table| removed::read(&table, &declared, problems));
    let source_sections = root.sections("source");
    let names: Vec<_> = source_sections.iter().map(|(name, _)| name.clone()).collect();
    let endangered = allow::Context { distributions: &declared, sources: &names };
    let allow = section("allow").map(|table| allow::read(&table, &endangered, problems));
    let sources = source::read_all(&source_sections, &context, problems);
    let purge_after = section("retain").and_then(|table| retain::purge_after(&table, problems));
    let retention = retain::read(root, &declared, problems);
    Some(Manifest {
        format: grammar::FORMAT,
        environment: environment.map(str::to_owned),
        digest: Sha256::of(written.text.as_bytes()),
        repository: repository?,
        store: store?,
        signing: signing?,
        distributions,
        sources,
        retention,
        yank,
        keep,
        removed: removed.unwrap_or_default(),
        allow: allow.unwrap_or_default(),
        limits: section("limits").map(|table| limits::read(&table)).unwrap_or_default(),
        purge_after: purge_after.unwrap_or(retain::PURGE_AFTER),
    })
}
