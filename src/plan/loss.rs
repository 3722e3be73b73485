//! What mirrors have lost: of all that they brought, what leaves because they have it no more.

use std::collections::BTreeSet;

use crate::debian::suite::{Codename, Component};
use crate::manifest::{Mode, Source};
use crate::plan::draft::Removals;
use crate::plan::ground::Ground;
use crate::snapshot::{Distribution, PackageId};

/// What one mirror has lost; package files count once, wherever they are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// The source.
    pub source: String,
    /// How many of the published package files it brought.
    pub brought: usize,
    /// How many of these leave since nobody has them any more.
    pub lost: usize,
    /// Whether it has anything at all.
    pub rest: Rest,
}

/// What a source still has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// Nothing.
    Nothing,
    /// Something.
    Something,
}

/// A distribution before and after the sources were asked.
pub struct Turn<'a> {
    /// The distribution.
    pub codename: &'a Codename,
    /// As it is published.
    pub before: &'a Distribution,
    /// As it is desired.
    pub after: &'a Distribution,
    /// What leaves for a reason of the manifest's.
    pub removals: &'a Removals,
}

/// Returns what each mirror has lost; those that lost nothing are left out.
pub fn losses<'a>(ground: Ground<'a>, turns: &[Turn<'a>]) -> Vec<Loss> {
    let sources = ground.manifest.sources.values();
    let mirrors = sources.filter(|source| source.mode == Mode::Mirror);
    mirrors.map(|source| loss(ground, source, turns)).filter(|loss| loss.lost > 0).collect()
}

fn loss<'a>(ground: Ground<'a>, source: &'a Source, turns: &[Turn<'a>]) -> Loss {
    let (mut brought, mut lost) = (BTreeSet::new(), BTreeSet::new());
    let mut rest = Rest::Nothing;
    for turn in turns {
        let offered: BTreeSet<(&Component, PackageId)> = ground
            .offered(&source.name, turn.codename)
            .map(|(id, candidate)| (candidate.component, id))
            .collect();
        if !offered.is_empty() {
            rest = Rest::Something;
        }
        for (component, packages) in &turn.before.components {
            if !ground.is_told(&source.name, turn.codename, component) {
                continue;
            }
            let ours = packages.iter().filter(|(_, p)| p.provenance.sources.contains(&source.name));
            for (id, _) in ours {
                brought.insert(id);
                let place = (component, id.clone());
                if !offered.contains(&place) && turn.is_lost(component, id) {
                    lost.insert(id);
                }
            }
        }
    }
    Loss { source: source.name.clone(), brought: brought.len(), lost: lost.len(), rest }
}

impl Turn<'_> {
    /// Tells whether a package is gone for no other reason than that no source has it.
    fn is_lost(&self, component: &Component, id: &PackageId) -> bool {
        let after = self.after.components.get(component);
        let is_declared =
            id.architecture.is_all() || self.after.architectures.contains(&id.architecture);
        is_declared
            && after.is_some_and(|packages| !packages.contains_key(id))
            && !self.removals.contains_key(&(component.clone(), id.clone()))
    }
}
