//! `Contents` files brought up to date: what is published of them, and what became newest since.
//!
//! They list the files of the newest version of each package, which is what apt installs. No other
//! record of those is kept: a published text describes the newest versions of its own generation,
//! so only what became newest has to be read, and a generation that takes something back is like
//! any other. What comes out is a function of the packages, whatever was at hand.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::apt::packages::FileFields;
use crate::apt::{contents, path};
use crate::digest::Sha256;
use crate::dists::text::Index;
use crate::snapshot::Distribution;

/// The paths of the files of packages, by the digests of the package files.
pub type FileLists = BTreeMap<Sha256, Arc<[Box<[u8]>]>>;

/// The text of a `Contents` file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentsText {
    /// What it is to be.
    pub text: Vec<u8>,
    /// What is published, empty if nothing is.
    pub earlier: Vec<u8>,
}

/// A `Contents` file that has to be written.
#[derive(Debug, Clone)]
pub struct ContentsDraft {
    /// Its path as Release lists it, without a form.
    pub path: String,
    /// The packages that the published text has as they are, as its lines call them.
    kept: BTreeSet<String>,
    /// The others, as lines will call them.
    new: Vec<(String, FileFields)>,
}

impl ContentsDraft {
    /// Returns the draft of an index of a distribution.
    ///
    /// `before` is what is published, if the published text of this index is at hand.
    pub fn new(desired: &Distribution, before: Option<&Distribution>, index: Index<'_>) -> Self {
        let (component, architecture) = index;
        let old = before.and_then(|before| before.components.get(component));
        let old = old.map(|packages| Distribution::newest(packages, architecture));
        let mut draft = Self {
            path: path::contents(component, architecture),
            kept: BTreeSet::new(),
            new: vec![],
        };
        for (name, package) in Distribution::newest(&desired.components[component], architecture) {
            let owner = contents::owner(package.section(), name);
            let old = old.as_ref().and_then(|old| old.get(name));
            if old.is_some_and(|old| package.has_files_of(old)) {
                draft.kept.insert(owner);
            } else {
                draft.new.push((owner, package.file.clone()));
            }
        }
        draft
    }

    /// Returns the package files whose content has to be known.
    pub fn new_files(&self) -> impl Iterator<Item = &FileFields> {
        self.new.iter().map(|(_, file)| file)
    }

    /// Returns the text; nothing if the files of a new package are not in `lists`.
    pub fn write(&self, earlier: Vec<u8>, lists: &FileLists) -> Option<ContentsText> {
        let mut added = Vec::new();
        for (owner, file) in &self.new {
            let files = lists.get(&file.sha256)?;
            added.extend(files.iter().map(|path| (&**path, owner.as_str())));
        }
        let text = contents::merged(&earlier, &self.kept, added);
        Some(ContentsText { text, earlier })
    }
}
