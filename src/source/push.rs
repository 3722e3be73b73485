//! Sources that packages are pushed to: `push = true`.
//!
//! Nothing here looks for files: whoever pushes names them. Each is let in by exactly one source,
//! or the whole push is refused; nobody guesses where a package belongs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::manifest::{Manifest, Rule, Source, SourceKind, Verdict};
use crate::plan::offer::{OfferedFile, Offers, Presence, SourceOffer};
use crate::report::Observe;
use crate::source::files::{Admission, admit, read_files};
use crate::source::known::Known;
use crate::source::{SourceProblem, SourceProblems};
use crate::text::suggestion;

/// So many rules of a source are shown where none lets a package in.
const SHOWN_RULES: usize = 8;

/// Reads package files and offers each by the one source that lets it in.
///
/// All other sources of the manifest are not in this run. With `only`, no other source is asked.
///
/// # Errors
///
/// All problems of all files; nothing is offered then.
pub fn read(
    manifest: &Manifest,
    files: &[PathBuf],
    only: Option<&str>,
    observe: &dyn Observe,
) -> Result<Offers, SourceProblems> {
    let sources =
        candidates(manifest, only).map_err(|problem| SourceProblems { problems: vec![problem] })?;
    let absent = |source: &Source| (source.name.clone(), SourceOffer::absent());
    let mut offers = Offers { sources: manifest.sources.values().map(absent).collect() };
    let mut problems = Vec::new();
    // What is pushed was built just now, and will not be seen again.
    let nothing = (Known::NOTHING, Path::new(""));
    let debs = read_files(&files.iter().map(|file| file.as_os_str()).collect(), nothing, observe);
    for (path, outcome) in debs {
        let routed = match outcome {
            Ok(file) => route(&sources, &file).and_then(|source| take(manifest, source, &file)),
            Err(reason) => {
                let file = Path::new(&path).display().to_string();
                Err(vec![SourceProblem::Rejected { file, reason }])
            }
        };
        match routed {
            Ok((source, offer)) => merge(offers.sources.entry(source).or_default(), offer),
            Err(mut errors) => problems.append(&mut errors),
        }
    }
    if problems.is_empty() { Ok(offers) } else { Err(SourceProblems { problems }) }
}

/// Returns the sources that can be pushed to, or the one that was asked for.
fn candidates<'a>(
    manifest: &'a Manifest,
    only: Option<&str>,
) -> Result<Vec<&'a Source>, SourceProblem> {
    let all = manifest.sources.values().filter(|source| source.kind == SourceKind::Push);
    let all: Vec<&Source> = all.collect();
    match only {
        _ if all.is_empty() => Err(SourceProblem::NoPush),
        None => Ok(all),
        Some(name) => match all.iter().find(|source| source.name == name) {
            Some(source) => Ok(vec![source]),
            None => Err(SourceProblem::NotPush {
                source_name: name.to_owned(),
                others: all.iter().map(|source| source.name.clone()).collect(),
            }),
        },
    }
}

/// Returns the one source that lets a file in.
fn route<'a>(sources: &[&'a Source], file: &OfferedFile) -> Result<&'a Source, Vec<SourceProblem>> {
    let judged = sources.iter().map(|source| (*source, obstacle(source, file)));
    let (open, closed): (Vec<_>, Vec<_>) = judged.partition(|(_, obstacle)| obstacle.is_none());
    let (path, package) = (file.path.display().to_string(), file.id().to_string());
    match open[..] {
        [(source, _)] => Ok(source),
        [] => {
            let obstacles = closed.into_iter().filter_map(|(_, obstacle)| obstacle);
            let nearest = obstacles.min().map(|(_, text)| text).unwrap_or_default();
            Err(vec![SourceProblem::NotLetIn { file: path, package, nearest }])
        }
        _ => {
            let sources = open.iter().map(|(source, _)| source.name.clone()).collect();
            Err(vec![SourceProblem::Ambiguous { file: path, package, sources }])
        }
    }
}

/// How far a source is from letting a file in; the nearest comes first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Distance {
    /// A rule has its name and other versions.
    Version,
    /// The source takes other architectures.
    Architecture,
    /// A rule has a name that differs by a letter or two.
    SimilarName,
    /// No rule has its name.
    Name,
}

/// Returns what keeps a file out of a source, and how far it is; nothing if it is let in.
fn obstacle(source: &Source, file: &OfferedFile) -> Option<(Distance, String)> {
    let control = &file.control;
    let (name, package) = (&source.name, control.package());
    match source.packages.verdict(package, control.version()) {
        Verdict::OtherVersion(rule) => {
            return Some((Distance::Version, format!("source.{name} lets in {rule}")));
        }
        Verdict::OtherName => {
            let names = source.packages.rules.iter().map(|rule| rule.name.as_str());
            let distance = match suggestion(package.as_str(), names) {
                Some(_) => Distance::SimilarName,
                None => Distance::Name,
            };
            let rules = rules(&source.packages.rules);
            return Some((distance, format!("source.{name} lets in {rules}")));
        }
        Verdict::LetIn => {}
    }
    let only = source.architectures.as_ref()?;
    if control.architecture().is_all() || only.contains(control.architecture()) {
        return None;
    }
    let only: Vec<_> = only.iter().map(ToString::to_string).collect();
    Some((Distance::Architecture, format!("source.{name} takes {} only", only.join(", "))))
}

fn rules(rules: &[Rule]) -> String {
    let shown: Vec<_> = rules.iter().take(SHOWN_RULES).map(ToString::to_string).collect();
    let more = if rules.len() > SHOWN_RULES { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}

/// Offers a file to every target of its source.
fn take(
    manifest: &Manifest,
    source: &Source,
    file: &Arc<OfferedFile>,
) -> Result<(String, SourceOffer), Vec<SourceProblem>> {
    let mut offer = SourceOffer { presence: Presence::Present, ..SourceOffer::default() };
    let mut problems = Vec::new();
    for target in &source.targets {
        match admit(manifest, source, file, target) {
            Admission::Taken(offering) => offer.offerings.push(offering),
            Admission::Refused(problem) => problems.push(problem),
            // The source was chosen because it does neither.
            Admission::LeftOut | Admission::Narrowed => {}
        }
    }
    if problems.is_empty() { Ok((source.name.clone(), offer)) } else { Err(problems) }
}

fn merge(offer: &mut SourceOffer, other: SourceOffer) {
    offer.presence = other.presence;
    offer.offerings.extend(other.offerings);
}
