//! What a person has to accept, or should look at.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::said;
use crate::cli::render::markdown::escape::{code, fenced};
use crate::cli::render::markdown::{Level, Subject};
use crate::cli::render::plan::need;
use crate::plan::{Danger, Plan, Severity};
use crate::text::plural;

/// Writes the dangers: those that block first, and what to add for them.
pub(super) fn dangers(out: &mut String, plan: &Plan, subject: &Subject, level: Level) {
    let known = |danger: &Danger| match &subject.against {
        Some(against) if against.known.contains(&danger.id) => Known::Anyway(&against.name),
        _ => Known::New,
    };
    let (blocking, others): (Vec<_>, Vec<_>) = plan.dangers.iter().partition(|d| d.blocks());
    if !blocking.is_empty() {
        let count = plural(blocking.len(), "danger");
        let _ = writeln!(out, "**Blocked: {count}{}.**\n", need(&blocking));
        blocking.iter().for_each(|danger| self::danger(out, danger, known(danger), level));
        let lines = lines_to_add(&blocking);
        if !lines.is_empty() {
            let _ = writeln!(out, "\nTo go ahead, add with the reason:\n");
            out.push_str(&fenced("toml", &lines));
        }
        out.push('\n');
    }
    for danger in &others {
        self::danger(out, danger, known(danger), level);
    }
    if !others.is_empty() {
        out.push('\n');
    }
}

/// Returns what accepts dangers, as the manifest has it.
fn lines_to_add(dangers: &[&Danger]) -> String {
    let mut tables: BTreeMap<&str, String> = BTreeMap::new();
    for danger in dangers.iter().filter(|danger| danger.code.is_acceptable()) {
        let key = danger.key().replace('\\', "\\\\").replace('"', "\\\"");
        let line = format!("\"{key}\" = \"why\"\n");
        tables.entry(danger.code.table()).or_default().push_str(&line);
    }
    let tables = tables.iter().map(|(table, lines)| format!("[{table}]\n{lines}"));
    tables.collect::<Vec<_>>().join("\n")
}

/// Whether a plan would have a danger anyway.
#[derive(Debug, Clone, Copy)]
enum Known<'a> {
    /// The change causes it, as far as anybody knows.
    New,
    /// The manifest of this name has it, too.
    Anyway(&'a str),
}

fn danger(out: &mut String, danger: &Danger, known: Known<'_>, level: Level) {
    let id = code(&danger.id);
    let mark = match (&danger.accepted, danger.severity) {
        (Some(_), _) => "- accepted: ",
        (None, Severity::Warning) => "- warning: ",
        (None, Severity::Blocking) => "- ",
    };
    let text = match (&danger.accepted, level) {
        (_, Level::Bare) => String::new(),
        (Some(cause), _) => format!(" – {}", said(&cause.text)),
        (None, _) => format!(" – {}", said(&danger.message)),
    };
    let instead = danger.instead.as_ref().filter(|_| level < Level::Terse && danger.blocks());
    let instead = instead.map(|instead| format!(". Better: {}", said(instead)));
    let end = if danger.code.is_acceptable() { "" } else { ". No line accepts it" };
    let known = match known {
        Known::Anyway(name) if level < Level::Bare => format!(" ({} has it, too)", code(name)),
        _ => String::new(),
    };
    let _ = writeln!(out, "{mark}{id}{known}{text}{}{end}", instead.unwrap_or_default());
}
