//! Objects that nothing needs, for people: by what they were for.

use std::fmt::Write as _;

use crate::cli::terminal::{Style, Tone, Verbosity};
use crate::ops::apply::Applied;
use crate::report::{Leftover, LeftoverKind, Leftovers};
use crate::text::{bytes, plural, printable};
use crate::time::Span;

/// So many objects of a kind are listed unless more is asked for.
const LISTED: usize = 20;

/// Returns the text of what was found in the store at `url`.
pub fn render(found: &Leftovers, url: &str, style: Style, verbosity: Verbosity) -> String {
    let mut out = format!("{url}\n");
    if !found.due.is_empty() {
        let title = "Given up long enough ago, to be deleted:";
        let _ = writeln!(out, "\n{}", style.paint(Tone::Strong, title));
        groups(&mut out, &found.due, style, verbosity);
    }
    for (codename, objects) in &found.orphans {
        let title = format!("Named by nothing, to be given up by {codename}:");
        let _ = writeln!(out, "\n{}", style.paint(Tone::Strong, &title));
        groups(&mut out, objects, style, verbosity);
    }
    if found.is_empty() {
        let tick = style.paint(Tone::Added, style.glyph("✓", "*"));
        let _ = writeln!(out, "{tick} Nothing is to be deleted.");
    } else {
        let _ = writeln!(out, "\n{}", totals(found));
    }
    if let Some(next) = found.next() {
        let size: u64 = found.waiting.iter().map(|(object, _)| object.size).sum();
        let _ = writeln!(
            out,
            "{} ({}) given up, the first to be deleted from {} on.",
            plural(found.waiting.len(), "object"),
            bytes(size),
            next.strftime("%Y-%m-%d %H:%M:%S UTC")
        );
    }
    out
}

fn groups(out: &mut String, objects: &[Leftover], style: Style, verbosity: Verbosity) {
    for kind in LeftoverKind::ALL {
        let group: Vec<_> = objects.iter().filter(|object| object.kind == kind).collect();
        if group.is_empty() {
            continue;
        }
        let size: u64 = group.iter().map(|object| object.size).sum();
        // Writing to a String can't fail, here and below.
        let _ = writeln!(out, "  {} ({})", plural(group.len(), noun(kind)), bytes(size));
        let shown = if verbosity == Verbosity::Verbose { group.len() } else { LISTED };
        let mark = style.paint(Tone::Removed, "-");
        for object in group.iter().take(shown) {
            let _ = writeln!(out, "    {mark} {}", printable(&object.key));
        }
        if group.len() > shown {
            let _ = writeln!(out, "    {mark} {} more (-v shows them)", group.len() - shown);
        }
    }
}

fn noun(kind: LeftoverKind) -> &'static str {
    match kind {
        LeftoverKind::Package => "package file",
        LeftoverKind::Index => "index file",
        LeftoverKind::Record => "record",
    }
}

fn totals(found: &Leftovers) -> String {
    let orphans = found.orphans.values().flatten();
    let sum = |sizes: &mut dyn Iterator<Item = u64>| bytes(sizes.sum());
    let mut parts = Vec::new();
    if !found.due.is_empty() {
        let size = sum(&mut found.due.iter().map(|object| object.size));
        parts.push(format!("{} to delete ({size})", plural(found.due.len(), "object")));
    }
    if !found.orphans.is_empty() {
        let size = sum(&mut orphans.clone().map(|object| object.size));
        parts.push(format!("{} to give up ({size})", orphans.count()));
    }
    format!("{}.", parts.join(", "))
}

/// Returns which generations have given up what nothing names, and what becomes of it.
pub fn given_up(applied: &[Applied], purge_after: Span) -> String {
    let generations: Vec<_> = applied
        .iter()
        .map(|applied| format!("{} at generation {}", applied.codename, applied.generation))
        .collect();
    let generations = generations.join(", ");
    format!("Given up by {generations}; a gc or an apply deletes it after {purge_after}.")
}
