//! Whether the copies under canonical names are those of the current generation.
//!
//! They follow the commit point and may be left behind by a run that died. No byte of them is
//! read to find out: the listing tells their sizes and times.

use std::collections::BTreeMap;

use crate::apt::release::IndexEntry;
use crate::apt::{clear_sign, path};
use crate::compression::Compression;
use crate::debian::suite::Codename;
use crate::plan::Copies;
use crate::published::Head;
use crate::store::Entry;

/// Returns the index files that have a copy under their own path: those that are published, in
/// each of their forms, but not what only this tool reads.
pub fn canonical(head: &Head) -> impl Iterator<Item = &IndexEntry> {
    let forms = &head.state.compression;
    head.release.files.iter().filter(move |entry| {
        let extension = entry.path.rsplit_once("/Packages").map(|(_, extension)| extension);
        let form = extension.and_then(Compression::from_extension);
        form.is_some_and(|form| forms.contains(&form))
    })
}

/// Tells whether all copies of a distribution are there, from a listing taken with its head.
///
/// The detached signature is written last of all copies, and each swap waits until the second of
/// the signature before is over: so one that is older than its commit point was left behind.
pub fn standing(codename: &Codename, head: &Head, objects: &BTreeMap<String, Entry>) -> Copies {
    let copy = |path: &str| objects.get(&path::in_distribution(codename, path));
    let is_there = |path: &str, size: u64| copy(path).is_some_and(|entry| entry.size == size);
    let indices = canonical(head).all(|entry| is_there(&entry.path, entry.size));
    let release = match signed_text(head) {
        Some(text) => {
            let seal = objects.get(&path::release_signature(codename));
            is_there("Release", text.len() as u64)
                && seal.is_some_and(|seal| seal.last_modified >= head.last_modified)
        }
        // An unsigned distribution's Release is its commit point.
        None => true,
    };
    if indices && release { Copies::Current } else { Copies::Behind }
}

/// Returns the text in a distribution's InRelease; nothing if it has none.
pub fn signed_text(head: &Head) -> Option<String> {
    let file = std::str::from_utf8(&head.bytes).ok()?;
    clear_sign::signed_text(file).ok()
}
