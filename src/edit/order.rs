//! The order of tables and keys: that of the documentation.
//!
//! What a user named, as distributions and sources are, keeps the order of the text, and so does
//! what nobody knows, behind all that is known.

use std::collections::BTreeMap;

use super::layout::{Block, Entry, Layout};
use crate::manifest::documented_position;

/// Where something stands among its siblings: as documented, or else by its first appearance.
type Place = (usize, usize);

/// Sorts the tables, and the keys in each.
pub(super) fn sort(layout: &mut Layout) {
    for block in &mut layout.blocks {
        sort_entries(block);
    }
    // The tables below an array belong to the element before them.
    if !layout.blocks.iter().any(|block| block.is_element) {
        let mut seen = Appearances::default();
        layout.blocks.sort_by_cached_key(|block| seen.places(&[], &block.path));
    }
}

fn sort_entries(block: &mut Block) {
    let mut seen = Appearances::default();
    let table = block.path.clone();
    block.entries.sort_by_cached_key(|entry: &Entry| seen.places(&table, &entry.path));
}

/// What was seen, each with its number.
#[derive(Default)]
struct Appearances(BTreeMap<Vec<String>, usize>);

impl Appearances {
    /// Returns the place of each part of a path below a table.
    ///
    /// Parents come before their children, as a place less is less.
    fn places(&mut self, table: &[String], path: &[String]) -> Vec<Place> {
        let mut whole: Vec<&str> = table.iter().map(String::as_str).collect();
        let mut places = Vec::new();
        for part in path {
            places.push(match documented_position(&whole, part) {
                Some(position) => (position, 0),
                None => (usize::MAX, self.number(&whole, part)),
            });
            whole.push(part);
        }
        places
    }

    fn number(&mut self, table: &[&str], name: &str) -> usize {
        let path = table.iter().chain([&name]).map(|&part| part.to_owned()).collect();
        let next = self.0.len();
        *self.0.entry(path).or_insert(next)
    }
}
