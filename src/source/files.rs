//! Package files on disk: read each once at most, and decide whether a source takes it.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use crate::deb::DebError;
use crate::manifest::{Manifest, Source, Target, Verdict};
use crate::plan::offer::{OfferedFile, Offering};
use crate::report::{Event, Observe};
use crate::source::SourceProblem;
use crate::source::known::{Known, Seen};

/// The outcome of reading each file; a rejected one is told once for each source that has it.
///
/// By the bytes of their paths: comparing these component by component costs as much as all else.
pub(super) type Debs = BTreeMap<OsString, Result<Arc<OfferedFile>, Arc<DebError>>>;

/// Reads package files in parallel, with memory bounded whatever their size; those that are known
/// are not read again.
///
/// `root` is the directory of the manifest that names them.
pub(super) fn read_files(
    paths: &BTreeSet<&OsStr>,
    (known, root): (&Known, &Path),
    observe: &dyn Observe,
) -> Debs {
    let done = AtomicUsize::new(0);
    let total = paths.len();
    let register = known.of(root, paths.iter().copied());
    let entries = register.entries();
    let look = |path: &&OsStr| {
        let outcome = register.look(&entries, Path::new(path));
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        observe.event(&Event::Read { done, total });
        (path.to_os_string(), outcome)
    };
    let paths: Vec<_> = paths.iter().copied().collect();
    let looks: Vec<_> = paths.par_iter().map(look).collect();
    register.keep(&entries, looks.iter().filter_map(|(_, outcome)| outcome.as_ref().ok()));
    let outcome = |outcome: Result<Seen, _>| outcome.map(|seen| seen.file).map_err(Arc::new);
    looks.into_iter().map(|(path, look)| (path, outcome(look))).collect()
}

/// What becomes of a readable file.
pub(super) enum Admission {
    Taken(Offering),
    /// The source's `packages` don't let it in.
    LeftOut,
    /// The source's `architectures` leave it out.
    Narrowed,
    Refused(SourceProblem),
}

/// Decides whether a source takes a file for one of its targets.
pub(super) fn admit(
    manifest: &Manifest,
    source: &Source,
    file: &Arc<OfferedFile>,
    target: &Target,
) -> Admission {
    let control = &file.control;
    if source.packages.verdict(control.package(), control.version()) != Verdict::LetIn {
        return Admission::LeftOut;
    }
    let architecture = control.architecture();
    let is_other = |only: &BTreeSet<_>| !architecture.is_all() && !only.contains(architecture);
    if source.architectures.as_ref().is_some_and(is_other) {
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
