//! Sources that are files on disk: `path = "dist/*.deb"`.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use walkdir::WalkDir;

use crate::debian::suite::{Codename, Component};
use crate::manifest::{Manifest, PathGlob, PathPattern, Source, Target};
use crate::plan::offer::{Offers, Presence, SourceOffer};
use crate::report::Observe;
use crate::source::files::{Admission, Debs, admit, read_files};
use crate::source::known::Known;
use crate::source::{SourceProblem, SourceProblems};
use crate::text::plural;

/// Whether a source that is not there is an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// It is just not in this run.
    Optional,
    /// It is an error: a build job must have built something.
    Required,
}

/// Reads every package file that the sources of a manifest offer, each file once.
///
/// `root` is the directory of the manifest. Files are read in parallel, with memory bounded
/// whatever their size; those that are `known` and did not change are not read again.
///
/// # Errors
///
/// All problems of all sources and files; nothing is offered then.
pub fn read(
    manifest: &Manifest,
    root: &Path,
    demand: Demand,
    known: &Known,
    observe: &dyn Observe,
) -> Result<Offers, SourceProblems> {
    let mut problems = Vec::new();
    let mut finds = Vec::new();
    let mut offers = Offers::default();
    for source in manifest.sources.values() {
        offers.sources.insert(source.name.clone(), SourceOffer::absent());
        let Some(pattern) = source.pattern() else { continue };
        match find(manifest, Wanted { source, pattern }, root, demand) {
            Ok(found) => finds.push((source, found)),
            Err(mut errors) => problems.append(&mut errors),
        }
    }
    let files = finds.iter().flat_map(|(_, found)| &found.files);
    let paths: BTreeSet<&OsStr> = files.map(|file| file.path.as_os_str()).collect();
    let debs = read_files(&paths, (known, root), observe);
    for (source, found) in &finds {
        let (offer, mut errors) = offer(manifest, source, found, &debs);
        offers.sources.insert(source.name.clone(), offer);
        problems.append(&mut errors);
    }
    if problems.is_empty() { Ok(offers) } else { Err(SourceProblems { problems }) }
}

/// The files of one source, before any of them is read.
#[derive(Default)]
struct Found {
    files: Vec<FoundFile>,
    absent: BTreeMap<(Codename, Component), PathBuf>,
    presence: Presence,
}

struct FoundFile {
    path: PathBuf,
    target: Target,
}

/// A source and the files that it is.
#[derive(Clone, Copy)]
struct Wanted<'a> {
    source: &'a Source,
    pattern: &'a PathPattern,
}

fn find(
    manifest: &Manifest,
    wanted: Wanted<'_>,
    root: &Path,
    demand: Demand,
) -> Result<Found, Vec<SourceProblem>> {
    let mut found = Found { presence: Presence::Absent, ..Found::default() };
    let mut problems = Vec::new();
    for target in &wanted.source.targets {
        let place = Place::new(manifest, wanted.pattern, root, target);
        if !place.base.is_dir() {
            let key = (target.codename.clone(), target.component.clone());
            found.absent.insert(key, place.base);
            continue;
        }
        found.presence = Presence::Present;
        let found_file = |path| FoundFile { path, target: target.clone() };
        match place.files(wanted.source) {
            Ok(paths) => found.files.extend(paths.into_iter().map(found_file)),
            Err(problem) => problems.push(problem),
        }
    }
    problems.extend(complaint(wanted, &found, demand));
    if problems.is_empty() { Ok(found) } else { Err(problems) }
}

/// Returns what is wrong with a source that offers nothing, or not all that is demanded.
fn complaint(wanted: Wanted<'_>, found: &Found, demand: Demand) -> Option<SourceProblem> {
    let Wanted { source, pattern } = wanted;
    let source_name = source.name.clone();
    let missing = found.absent.values().next();
    if let (Some(place), Demand::Required) = (missing, demand) {
        return Some(SourceProblem::Absent { source_name, place: place.display().to_string() });
    }
    let empty = found.files.is_empty() && found.presence == Presence::Present;
    (empty && !source.allow_empty)
        .then(|| SourceProblem::Empty { source_name, pattern: pattern.to_string() })
}

/// One concrete pattern of a source.
struct Place {
    glob: PathGlob,
    base: PathBuf,
    root: PathBuf,
}

impl Place {
    fn new(manifest: &Manifest, pattern: &PathPattern, root: &Path, target: &Target) -> Self {
        let distribution = manifest.distributions.get(&target.codename);
        let release = distribution.and_then(|distribution| distribution.release.as_deref());
        let glob = pattern.expand(target, release);
        let base = root.join(glob.base());
        let base = if base.as_os_str().is_empty() { PathBuf::from(".") } else { base };
        Self { base, root: root.to_owned(), glob }
    }

    fn files(&self, source: &Source) -> Result<Vec<PathBuf>, SourceProblem> {
        let matcher = self.glob.matcher();
        // `**` may go to any depth; other patterns are as deep as they are long.
        let pattern = self.glob.as_str();
        let depth = if pattern.contains("**") { usize::MAX } else { pattern.split('/').count() };
        let walk = WalkDir::new(&self.base).follow_links(true).max_depth(depth);
        let mut files = Vec::new();
        for entry in walk {
            let entry = entry.map_err(|reason| SourceProblem::Listing {
                source_name: source.name.clone(),
                place: self.base.display().to_string(),
                reason,
            })?;
            // People and logs see the path: without a `./` that says nothing.
            let path = entry.path().strip_prefix(".").unwrap_or(entry.path());
            let relative = path.strip_prefix(&self.root).unwrap_or(path);
            if !entry.file_type().is_dir() && matcher.is_match(relative) {
                files.push(path.to_owned());
            }
        }
        // By their bytes: to compare paths component by component takes ten times as long.
        files.sort_unstable_by(|one, other| one.as_os_str().cmp(other.as_os_str()));
        Ok(files)
    }
}

fn offer(
    manifest: &Manifest,
    source: &Source,
    found: &Found,
    debs: &Debs,
) -> (SourceOffer, Vec<SourceProblem>) {
    let mut offer = SourceOffer {
        offerings: Vec::with_capacity(found.files.len()),
        absent: found.absent.clone(),
        presence: found.presence,
        left_out: BTreeSet::new(),
    };
    let mut problems = Vec::new();
    let mut rejected = BTreeSet::new();
    for FoundFile { path, target } in &found.files {
        match &debs[path.as_os_str()] {
            Ok(file) => match admit(manifest, source, file, target) {
                Admission::Taken(offering) => offer.offerings.push(offering),
                Admission::Narrowed => {}
                Admission::LeftOut => {
                    offer.left_out.insert(path.clone());
                }
                Admission::Refused(problem) => problems.push(problem),
            },
            Err(reason) if rejected.insert(path) => problems.push(SourceProblem::Rejected {
                file: path.display().to_string(),
                reason: Arc::clone(reason),
            }),
            Err(_) => {}
        }
    }
    let is_void = offer.offerings.is_empty() && !offer.left_out.is_empty();
    if is_void && !source.allow_empty && problems.is_empty() {
        problems.push(SourceProblem::AllLeftOut {
            source_name: source.name.clone(),
            files: plural(offer.left_out.len(), "file"),
        });
    }
    (offer, problems)
}
