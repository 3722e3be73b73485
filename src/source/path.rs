//! Sources that are files on disk: `path = "dist/*.deb"`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use walkdir::WalkDir;

use crate::deb::{self, DebError, Limits};
use crate::debian::suite::{Codename, Component};
use crate::manifest::{Manifest, PathGlob, Source, Target};
use crate::plan::offer::{OfferedFile, Offering, Offers, Presence, SourceOffer};
use crate::report::{Event, Observe};
use crate::source::{SourceProblem, SourceProblems};

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
/// whatever their size.
///
/// # Errors
///
/// All problems of all sources and files; nothing is offered then.
pub fn read(
    manifest: &Manifest,
    root: &Path,
    demand: Demand,
    observe: &dyn Observe,
) -> Result<Offers, SourceProblems> {
    let mut problems = Vec::new();
    let mut finds = Vec::new();
    for source in manifest.sources.values() {
        match find(manifest, source, root, demand) {
            Ok(found) => finds.push((source, found)),
            Err(mut errors) => problems.append(&mut errors),
        }
    }
    let paths: BTreeSet<&PathBuf> =
        finds.iter().flat_map(|(_, found)| found.files.iter().map(|file| &file.path)).collect();
    let debs = read_files(&paths, observe);
    let mut offers = Offers::default();
    for (source, found) in &finds {
        let (offer, mut errors) = offer(manifest, source, found, &debs);
        offers.sources.insert(source.name.clone(), offer);
        problems.append(&mut errors);
    }
    if problems.is_empty() { Ok(offers) } else { Err(SourceProblems { problems }) }
}

/// The outcome of reading each file; a rejected one is told once for each source that has it.
type Debs = BTreeMap<PathBuf, Result<Arc<OfferedFile>, Arc<DebError>>>;

fn read_files(paths: &BTreeSet<&PathBuf>, observe: &dyn Observe) -> Debs {
    let done = AtomicUsize::new(0);
    let total = paths.len();
    let read = |path: &&PathBuf| {
        let outcome = deb::read_file(path, &Limits::default());
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        observe.event(&Event::Read { done, total });
        let file = |deb: deb::Deb| {
            let path = path.to_path_buf();
            Arc::new(OfferedFile { path, control: deb.control, size: deb.size, sha256: deb.sha256 })
        };
        (path.to_path_buf(), outcome.map(file).map_err(Arc::new))
    };
    let paths: Vec<_> = paths.iter().copied().collect();
    paths.par_iter().map(read).collect::<Vec<_>>().into_iter().collect()
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

fn find(
    manifest: &Manifest,
    source: &Source,
    root: &Path,
    demand: Demand,
) -> Result<Found, Vec<SourceProblem>> {
    let mut found = Found { presence: Presence::Absent, ..Found::default() };
    let mut problems = Vec::new();
    for target in &source.targets {
        let place = Place::new(manifest, source, root, target);
        if !place.base.is_dir() {
            let key = (target.codename.clone(), target.component.clone());
            found.absent.insert(key, place.base);
            continue;
        }
        found.presence = Presence::Present;
        let found_file = |path| FoundFile { path, target: target.clone() };
        match place.files(source) {
            Ok(paths) => found.files.extend(paths.into_iter().map(found_file)),
            Err(problem) => problems.push(problem),
        }
    }
    problems.extend(complaint(source, &found, demand));
    if problems.is_empty() { Ok(found) } else { Err(problems) }
}

/// Returns what is wrong with a source that offers nothing, or not all that is demanded.
fn complaint(source: &Source, found: &Found, demand: Demand) -> Option<SourceProblem> {
    let source_name = source.name.clone();
    let missing = found.absent.values().next();
    if let (Some(place), Demand::Required) = (missing, demand) {
        return Some(SourceProblem::Absent { source_name, place: place.display().to_string() });
    }
    let empty = found.files.is_empty() && found.presence == Presence::Present;
    (empty && !source.allow_empty)
        .then(|| SourceProblem::Empty { source_name, pattern: source.pattern.to_string() })
}

/// One concrete pattern of a source.
struct Place {
    glob: PathGlob,
    base: PathBuf,
    root: PathBuf,
}

impl Place {
    fn new(manifest: &Manifest, source: &Source, root: &Path, target: &Target) -> Self {
        let distribution = manifest.distributions.get(&target.codename);
        let release = distribution.and_then(|distribution| distribution.release.as_deref());
        let glob = source.pattern.expand(target, release);
        let base = root.join(glob.base());
        let base = if base.as_os_str().is_empty() { PathBuf::from(".") } else { base };
        Self { base, root: root.to_owned(), glob }
    }

    fn files(&self, source: &Source) -> Result<Vec<PathBuf>, SourceProblem> {
        let matcher = self.glob.matcher();
        // `**` may go to any depth; other patterns are as deep as they are long.
        let pattern = self.glob.as_str();
        let depth = if pattern.contains("**") { usize::MAX } else { pattern.split('/').count() };
        let walk = WalkDir::new(&self.base).follow_links(true).max_depth(depth).sort_by_file_name();
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
    };
    let mut problems = Vec::new();
    let mut rejected = BTreeSet::new();
    for FoundFile { path, target } in &found.files {
        match &debs[path] {
            Ok(file) => match admit(manifest, source, file, target) {
                Admission::Taken(offering) => offer.offerings.push(offering),
                Admission::Narrowed => {}
                Admission::Refused(problem) => problems.push(problem),
            },
            Err(reason) if rejected.insert(path) => problems.push(SourceProblem::Rejected {
                source_name: source.name.clone(),
                file: path.display().to_string(),
                reason: Arc::clone(reason),
            }),
            Err(_) => {}
        }
    }
    (offer, problems)
}

/// What becomes of a readable file.
enum Admission {
    Taken(Offering),
    /// The source's `architectures` leave it out.
    Narrowed,
    Refused(SourceProblem),
}

fn admit(
    manifest: &Manifest,
    source: &Source,
    file: &Arc<OfferedFile>,
    target: &Target,
) -> Admission {
    let architecture = file.control.architecture();
    if source.architectures.as_ref().is_some_and(|only| !only.contains(architecture)) {
        return Admission::Narrowed;
    }
    let declared = manifest.distributions.get(&target.codename);
    let known = declared.is_some_and(|declared| declared.architectures.contains(architecture));
    if !known && !architecture.is_all() {
        return Admission::Refused(SourceProblem::Architecture {
            source_name: source.name.clone(),
            file: file.path.display().to_string(),
            architecture: architecture.to_string(),
            codename: target.codename.to_string(),
        });
    }
    Admission::Taken(Offering {
        codename: target.codename.clone(),
        component: target.component.clone(),
        file: Arc::clone(file),
    })
}
