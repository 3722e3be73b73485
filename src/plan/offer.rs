//! What the sources of a manifest offer in a run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use crate::debian::control::Control;
use crate::debian::suite::{Codename, Component};
use crate::digest::Sha256;
use crate::snapshot::PackageId;

/// What each source offers, by the source's name.
#[derive(Debug, Clone, Default)]
pub struct Offers {
    /// The sources of the manifest; every one has an entry.
    pub sources: BTreeMap<String, SourceOffer>,
}

/// What one source offers.
#[derive(Debug, Clone, Default)]
pub struct SourceOffer {
    /// All package files that were found.
    pub offerings: Vec<Offering>,
    /// The targets that can't be judged because their directory is not there in this run.
    pub absent: BTreeMap<(Codename, Component), PathBuf>,
    /// The files that were found and that its `packages` don't let in.
    pub left_out: BTreeSet<PathBuf>,
    /// Whether anything of the source is there.
    pub presence: Presence,
}

/// Whether a source is there in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Presence {
    /// At least one of its directories is.
    #[default]
    Present,
    /// It is not in this run; nothing follows from that.
    Absent,
}

impl SourceOffer {
    /// Returns the offer of a source that is not in this run.
    pub fn absent() -> Self {
        Self { presence: Presence::Absent, ..Self::default() }
    }

    /// Tells whether what is not offered for a component is really gone.
    pub fn is_complete(&self, codename: &Codename, component: &Component) -> bool {
        self.presence == Presence::Present
            && !self.absent.contains_key(&(codename.clone(), component.clone()))
    }
}

/// A package file offered to one component of one distribution.
#[derive(Debug, Clone)]
pub struct Offering {
    /// The distribution.
    pub codename: Codename,
    /// The component.
    pub component: Component,
    /// The file.
    pub file: Arc<OfferedFile>,
}

/// A package file as a source has it.
#[derive(Debug, Clone)]
pub struct OfferedFile {
    /// Where its bytes can be read.
    pub path: PathBuf,
    /// Its control file.
    pub control: Control,
    /// Its size in bytes.
    pub size: u64,
    /// Its digest.
    pub sha256: Sha256,
}

impl OfferedFile {
    /// Returns what the package is called in an index.
    pub fn id(&self) -> PackageId {
        PackageId {
            name: self.control.package().clone(),
            version: self.control.version().clone(),
            architecture: self.control.architecture().clone(),
        }
    }
}
