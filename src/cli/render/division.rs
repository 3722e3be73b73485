//! A plan that is held against another manifest's: what a change causes, and what would happen anyway.

use std::fmt::Write as _;

use crate::cli::base::Base;
use crate::cli::render::plan::{Look, bodies, closing, notes, totals};
use crate::cli::render::repairs;
use crate::cli::terminal::{Tone, Verbosity};
use crate::plan::{Deed, Division, Operation, Plan};
use crate::text;

/// So many things that a change prevents are listed.
const LISTED: usize = 10;

/// Returns the text of a plan, with what would happen anyway in one line, unless everything is to be
/// said.
pub fn render(plan: &Plan, base: &Base, empty_store: bool, look: Look) -> String {
    let Division { caused, anyway } = base.baseline.divide(plan);
    let mut out = String::new();
    if empty_store && !plan.is_empty() {
        out.push_str("Nothing is published here yet; this plan creates the repository.\n\n");
    }
    bodies(&mut out, &caused, look);
    notes(&mut out, plan, look);
    if caused.is_empty() {
        let name = text::printable(&base.name);
        // Writing to a String can't fail, here and below.
        let _ = writeln!(out, "This change does nothing: {name} has the same plan now.");
    } else {
        totals(&mut out, &caused, look);
    }
    prevented(&mut out, &base.baseline.prevented(plan), look);
    if !anyway.is_empty() {
        others(&mut out, &anyway, look);
    }
    closing(&mut out, plan, look);
    known_dangers(&mut out, plan, base);
    out
}

/// Says what would happen without the change, too.
fn others(out: &mut String, anyway: &Plan, look: Look) {
    let sum = anyway.summary();
    let parts = [
        (sum.distributions, "distribution to create"),
        (sum.add, "package to add"),
        (sum.remove, "version to remove"),
        (sum.change, "field to change"),
        (sum.repair, "object to repair"),
    ];
    let parts: Vec<_> = parts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| {
            let (noun, rest) = what.split_once(' ').unwrap_or((what, ""));
            format!("{} {rest}", text::plural(count, noun))
        })
        .collect();
    let what = parts.join(", ");
    let is_verbose = look.verbosity == Verbosity::Verbose;
    let more = if is_verbose { ":" } else { ". -v shows what." };
    let _ = writeln!(out, "Would happen anyway (not caused by this change): {what}{more}");
    if is_verbose {
        out.push('\n');
        bodies(out, anyway, look);
        out.push_str(&repairs::render(anyway, look.style));
    }
}

/// Says what would happen without the change and does not with it.
fn prevented(out: &mut String, deeds: &[Deed], look: Look) {
    if deeds.is_empty() {
        return;
    }
    out.push_str("Does not happen any more, by this change:\n");
    let all = look.verbosity == Verbosity::Verbose;
    let shown = if all { deeds.len() } else { LISTED };
    for Deed { address, operation, .. } in deeds.iter().take(shown) {
        let mark = match operation {
            Operation::Add => look.style.paint(Tone::Faint, "+"),
            Operation::Remove => look.style.paint(Tone::Faint, "-"),
            Operation::Change => look.style.paint(Tone::Faint, "~"),
        };
        let _ = writeln!(out, "  {mark} {}", text::printable(address));
    }
    if deeds.len() > shown {
        let _ = writeln!(out, "  and {} more (-v shows them)", deeds.len() - shown);
    }
}

/// Says which of the dangers the base has, too: they block all the same.
fn known_dangers(out: &mut String, plan: &Plan, base: &Base) {
    let known = plan.dangers.iter().filter(|danger| base.baseline.has_danger(&danger.id));
    for danger in known {
        let (id, name) = (text::printable(&danger.id), text::printable(&base.name));
        let blocks = if danger.blocks() { ", and blocks all the same" } else { "" };
        let _ = writeln!(out, "Not caused by this change: {id} is in the plan of {name}{blocks}.");
    }
}
