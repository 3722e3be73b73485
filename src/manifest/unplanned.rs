//! What a manifest can say but no plan acts on yet.
//!
//! It is read and checked like everything else, and then refused rather than ignored. Whoever
//! teaches the planner a key deletes its line from [`UNPLANNED`], and nothing else here.

use super::problem::Problem;
use super::section::Section;
use super::shape;

/// A key that no plan acts on: its path, in which `*` is any name, and what it is for.
pub(super) type Unplanned = (&'static [&'static str], &'static str);

/// Every such key.
pub(super) const UNPLANNED: &[Unplanned] =
    &[(&["source", "*", "distribution"], "Promotion from another distribution.")];

/// Returns a problem for each key of the manifest that stands in the list.
pub(super) fn check(root: &Section<'_>, list: &[Unplanned]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (path, doc) in list {
        refuse(root, path, doc, &mut problems);
    }
    problems
}

fn refuse(section: &Section<'_>, path: &[&str], doc: &str, problems: &mut Vec<Problem>) {
    let [name, below @ ..] = path else { return };
    for key in section.keys().filter(|key| *name == "*" || key.text == *name) {
        if !below.is_empty() {
            if let Some(section) = section.section(key.text) {
                refuse(&section, below, doc, problems);
            }
            continue;
        }
        let part = if section.section(key.text).is_some() { "table" } else { "key" };
        problems.push(shape::not_yet(key.text, key.span, part, doc));
    }
}
