//! Drift for people: the worst first, one line an object.

use std::fmt::Write as _;

use crate::cli::terminal::{Style, Tone};
use crate::plan::{Plan, Summary};
use crate::report::{Drift, DriftItem, DriftKind, Seen, Severity};
use crate::text::{plural, printable};

/// So many items of a severity are shown; `--json` has all of them.
const SHOWN: usize = 100;
/// No column of objects is wider; a longer object takes a line of its own.
const WIDEST: usize = 72;

/// Returns the text of what was found in the store at `url`.
pub fn render(drift: &Drift, url: &str, style: Style) -> String {
    if drift.items.is_empty() {
        return clean(drift, url, style);
    }
    let mut out = format!("{}\n", heading(drift, url));
    let mut counts = Vec::new();
    for severity in Severity::ALL {
        let items: Vec<_> = drift.items.iter().filter(|item| item.severity == severity).collect();
        if !items.is_empty() {
            let _ = writeln!(out, "{}", style.paint(tone(severity), severity.as_str()));
            group(&mut out, &items, style);
            counts.push(format!("{} {}", items.len(), severity.as_str()));
        }
    }
    let counts = counts.join(", ");
    let _ = writeln!(out, "Drift: {counts}. Looked at {}.", looked_at(drift.seen));
    let is_package = |item: &DriftItem| {
        let is_damaged = matches!(item.kind, DriftKind::Missing | DriftKind::Altered);
        is_damaged && item.object.starts_with("pool/")
    };
    if drift.items.iter().any(is_package) {
        out += "`repoman apply --repair` uploads package files again that a source still has.\n";
    }
    out + &unguarded(drift, style)
}

/// Returns what a plan would do that was not applied.
pub fn unapplied(plan: &Plan) -> String {
    if plan.deeds().is_empty() {
        return "Nothing is pending: the manifest is applied.\n".to_owned();
    }
    let sum = plan.summary();
    let created = match sum.distributions {
        0 => String::new(),
        count => format!("{} to create, ", plural(count, "distribution")),
    };
    let Summary { add, remove, change, .. } = sum;
    let blocked = match plan.blocking() {
        0 => String::new(),
        count => format!(", blocked by {}", plural(count, "danger")),
    };
    format!(
        "Pending: {created}{add} to add, {remove} to remove, {change} to change{blocked}; `repoman \
         plan` shows it.\n"
    )
}

fn clean(drift: &Drift, url: &str, style: Style) -> String {
    let tick = style.paint(Tone::Added, style.glyph("✓", "*"));
    if drift.generations.is_empty() {
        return format!("{tick} {url}: nothing is published here, and nothing else is here.\n");
    }
    let seen = looked_at(drift.seen);
    format!("{tick} {}: no drift in {seen}.\n", heading(drift, url)) + &unguarded(drift, style)
}

fn unguarded(drift: &Drift, style: Style) -> String {
    let Some(fault) = &drift.unguarded else { return String::new() };
    let note = style.paint(Tone::Changed, "note:");
    let fault = printable(fault);
    format!("{note} writers at once can lose packages: the store has no conditions ({fault}).\n")
}

/// Returns where and what: `s3://acme-apt/debian   bookworm generation 41`.
fn heading(drift: &Drift, url: &str) -> String {
    let generations = drift.generations.iter();
    let generations: Vec<_> = generations
        .map(|(codename, base)| format!("{codename} generation {}", base.generation))
        .collect();
    format!("{url}   {}", generations.join(", ")).trim_end().to_owned()
}

fn looked_at(seen: Seen) -> String {
    let Seen { objects, indices, packages, hashed } = seen;
    let mut parts = vec![
        plural(objects, "object"),
        plural(indices, "index file"),
        plural(packages, "package file"),
    ];
    if hashed > 0 {
        parts.push(format!("{hashed} hashed again"));
    }
    parts.join(", ")
}

fn tone(severity: Severity) -> Tone {
    match severity {
        Severity::Security | Severity::Breaking => Tone::Removed,
        Severity::Expiring => Tone::Changed,
        Severity::Cosmetic => Tone::Faint,
    }
}

fn group(out: &mut String, items: &[&DriftItem], style: Style) {
    let shown = &items[..items.len().min(SHOWN)];
    let width = |text: &str| text.chars().count();
    let objects: Vec<_> = shown.iter().map(|item| printable(&item.object)).collect();
    let fitting = objects.iter().map(|object| width(object)).filter(|width| *width <= WIDEST);
    let column = fitting.max().unwrap_or_default();
    let kinds = shown.iter().map(|item| width(item.kind.as_str())).max().unwrap_or_default();
    for (item, object) in shown.iter().zip(objects) {
        let object = if width(&object) > WIDEST {
            format!("{object}\n  {:column$}", "")
        } else {
            format!("{object:column$}")
        };
        let line = format!("  {object}  {:kinds$}  {}", item.kind.as_str(), detail(item));
        // Writing to a String can't fail.
        let _ = writeln!(out, "{}", line.trim_end());
    }
    if items.len() > SHOWN {
        let dots = style.glyph("…", "...");
        let _ = writeln!(out, "  {dots} and {} more; --json has all", items.len() - SHOWN);
    }
}

/// Returns what is there, what should be, who needs it, and what helps.
fn detail(item: &DriftItem) -> String {
    let mut parts = Vec::new();
    match (&item.actual, &item.expected) {
        (Some(actual), Some(expected)) => parts.push(format!("{actual}, not {expected}")),
        (Some(actual), None) => parts.push(actual.clone()),
        (None, Some(expected)) => parts.push(expected.clone()),
        (None, None) => {}
    }
    if !item.referenced_by.is_empty() {
        let by: Vec<_> = item.referenced_by.iter().map(String::as_str).collect();
        parts.push(format!("listed in {}", by.join(" ")));
    }
    if item.repairable {
        let apply = if item.kind == DriftKind::CopiesBehind { "apply" } else { "apply --repair" };
        parts.push(format!("{apply} makes up for it"));
    }
    printable(&parts.join("; "))
}
