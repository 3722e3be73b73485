//! A plan for people: what clients get, lose and trip over, at a glance.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::cli::render::repairs;
use crate::cli::terminal::{Style, Tone, Verbosity};
use crate::debian::suite::{Codename, Component};
use crate::plan::{
    ChangedFile, Copies, Danger, DistributionPlan, DistributionStatus, FieldChange, Indices, Note,
    Operation, Origin, PackageChange, Plan, Reason,
};
use crate::text;
use crate::time::day;

/// So many additions of a component are listed; removals are always listed whole.
const LISTED_ADDITIONS: usize = 100;
/// The width that headings are set to.
const WIDTH: usize = 78;

/// How a plan is to look.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Colours and characters.
    pub style: Style,
    /// Whether long lists are cut.
    pub verbosity: Verbosity,
}

/// Returns the text of a plan.
///
/// `empty_store` tells that nothing is published at all.
pub fn render(plan: &Plan, empty_store: bool, look: Look) -> String {
    let mut out = String::new();
    if empty_store && !plan.is_empty() {
        out.push_str("Nothing is published here yet; this plan creates the repository.\n\n");
    }
    bodies(&mut out, plan, look);
    out.push_str(&repairs::render(plan, look.style));
    notes(&mut out, plan, look);
    totals(&mut out, plan, look);
    closing(&mut out, plan, look);
    out
}

/// Adds what changes, by distribution.
pub(super) fn bodies(out: &mut String, plan: &Plan, look: Look) {
    for (codename, distribution) in &plan.distributions {
        let generation = plan.base.get(codename).map(|base| base.generation);
        heading(out, codename, distribution, generation, look);
        fields(out, distribution, look);
        match distribution.status {
            DistributionStatus::Removed if look.verbosity < Verbosity::Verbose => {
                removed(out, distribution, look);
            }
            _ => packages(out, distribution, look),
        }
        out.push('\n');
    }
}

/// Adds what there is to know.
pub(super) fn notes(out: &mut String, plan: &Plan, look: Look) {
    let is_shown = |note: &&Note| look.verbosity >= Verbosity::Verbose || !note.is_routine();
    let notes: Vec<_> = plan.notes.iter().filter(is_shown).collect();
    for note in &notes {
        // Writing to a String can't fail, here and below.
        let _ = writeln!(out, "{} {}", look.style.paint(Tone::Changed, "note:"), note);
    }
    if !notes.is_empty() {
        out.push('\n');
    }
}

fn heading(
    out: &mut String,
    codename: &Codename,
    distribution: &DistributionPlan,
    generation: Option<u64>,
    look: Look,
) {
    let right = match (distribution.status, generation) {
        (DistributionStatus::Removed, _) => "distribution removed".to_owned(),
        (_, Some(number)) => format!("generation {number}"),
        (_, None) => "new distribution".to_owned(),
    };
    let gap = WIDTH.saturating_sub(codename.as_str().len() + right.len()).max(1);
    let name = look.style.paint(Tone::Strong, codename.as_str());
    let right = look.style.paint(Tone::Faint, &right);
    let _ = writeln!(out, "{name}{}{right}", " ".repeat(gap));
}

fn fields(out: &mut String, distribution: &DistributionPlan, look: Look) {
    if distribution.copies == Copies::Behind {
        let mark = look.style.paint(Tone::Changed, "~");
        let _ = writeln!(out, "  {mark} copies for clients without by-hash were left behind");
    }
    if distribution.indices == Indices::Rebuilt {
        let mark = look.style.paint(Tone::Changed, "~");
        let _ = writeln!(out, "  {mark} index files are made anew, since one of them is lost");
    }
    if let Some(until) = distribution.renewal {
        let mark = look.style.paint(Tone::Changed, "~");
        let until = day(until);
        let _ = writeln!(out, "  {mark} Valid-Until  {until} runs out: signed again");
    }
    if distribution.status == DistributionStatus::New {
        return new_fields(out, &distribution.fields, look);
    }
    let mark = look.style.paint(Tone::Changed, "~");
    let arrow = look.style.glyph("→", "->");
    let shown = |value: &Option<String>| match value {
        Some(value) => format!("\"{}\"", text::printable(value)),
        None => "nothing".to_owned(),
    };
    for FieldChange { field, before, after } in &distribution.fields {
        let _ = writeln!(out, "  {mark} {field:<12} {} {arrow} {}", shown(before), shown(after));
    }
}

/// Says how much goes with a distribution; `-v` shows it one by one.
fn removed(out: &mut String, distribution: &DistributionPlan, look: Look) {
    let changes = &distribution.packages;
    let names: BTreeSet<_> =
        changes.iter().map(|change| (&change.component, &change.name)).collect();
    let components: BTreeSet<_> = changes.iter().map(|change| &change.component).collect();
    let files = changes.iter().map(|change| change.files.len()).sum();
    let mark = look.style.paint(Tone::Removed, "-");
    // Writing to a String can't fail.
    let _ = writeln!(
        out,
        "  {mark} {} ({}, {}) in {}",
        text::plural(names.len(), "package"),
        text::plural(changes.len(), "version"),
        text::plural(files, "file"),
        text::plural(components.len(), "component"),
    );
}

/// The column at which the values of a new distribution begin.
const INDENT: usize = 15;

fn new_fields(out: &mut String, fields: &[FieldChange], look: Look) {
    let mark = look.style.paint(Tone::Added, "+");
    let dot = look.style.glyph(" · ", ", ");
    let value = |change: &FieldChange| {
        let value = text::printable(change.after.as_deref().unwrap_or_default());
        format!("{} {value}", change.field)
    };
    let (signers, release): (Vec<_>, Vec<_>) =
        fields.iter().partition(|change| change.field == "Signed by");
    let release: Vec<_> = release.into_iter().map(value).collect();
    let lines = lines(&release, dot, WIDTH - INDENT);
    let _ = writeln!(out, "  {mark} Release    {}", lines.join(&format!("\n{:INDENT$}", "")));
    let signers = signers.iter().filter_map(|change| change.after.as_deref());
    let signers: Vec<_> = signers.flat_map(str::split_whitespace).collect();
    let signers = if signers.is_empty() { "nobody".to_owned() } else { signers.join(dot) };
    let _ = writeln!(out, "  {mark} signed by  {signers}");
}

/// Joins items into lines of at most `width` characters, as far as single items allow.
fn lines(items: &[String], separator: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for item in items {
        match lines.last_mut() {
            Some(line)
                if (line.chars().count() + separator.len() + item.chars().count()) <= width =>
            {
                *line += separator;
                *line += item;
            }
            _ => lines.push(item.clone()),
        }
    }
    lines
}

fn packages(out: &mut String, distribution: &DistributionPlan, look: Look) {
    let mut component: Option<&Component> = None;
    for change in &distribution.packages {
        if component != Some(&change.component) {
            component = Some(&change.component);
            let _ = writeln!(out, "  {}", change.component);
            let here: Vec<_> = distribution
                .packages
                .iter()
                .filter(|other| other.component == change.component)
                .collect();
            changes(out, &here, look);
        }
    }
}

fn changes(out: &mut String, changes: &[&PackageChange], look: Look) {
    let width = |column: fn(&PackageChange) -> usize| {
        changes.iter().map(|change| column(change)).max().unwrap_or_default()
    };
    let widths = Widths {
        name: width(|change| change.name.as_str().len()),
        version: width(|change| change.version.as_str().len()),
        architectures: width(|change| architectures(change).len()),
    };
    let mut additions = 0;
    for change in changes {
        additions += usize::from(change.operation == Operation::Add);
        let cut = look.verbosity < Verbosity::Verbose && additions > LISTED_ADDITIONS;
        if change.operation != Operation::Add || !cut {
            line(out, change, &widths, look);
        }
    }
    if look.verbosity < Verbosity::Verbose && additions > LISTED_ADDITIONS {
        let more = additions - LISTED_ADDITIONS;
        let _ = writeln!(out, "    + {more} more to add (-v shows them)");
    }
}

/// The widths of the columns of one component, in characters.
struct Widths {
    name: usize,
    version: usize,
    architectures: usize,
}

fn line(out: &mut String, change: &PackageChange, widths: &Widths, look: Look) {
    let mark = match change.operation {
        Operation::Add => look.style.paint(Tone::Added, "+"),
        Operation::Remove => look.style.paint(Tone::Removed, "-"),
        Operation::Change => look.style.paint(Tone::Changed, "~"),
    };
    let size = match change.operation {
        Operation::Remove => String::new(),
        Operation::Add | Operation::Change => text::bytes(change.size()),
    };
    let Widths { name, version, architectures: architecture } = *widths;
    let (package, number, list) = (&change.name, &change.version, architectures(change));
    let text = format!(
        "{package:<name$}  {number:<version$}  {list:<architecture$}  {size:>8}  {}",
        reason(change, look.style.glyph("←", "<-"))
    );
    let _ = writeln!(out, "    {mark} {}", text.trim_end());
    if let Reason::Yanked(cause) = &change.reason {
        let _ = writeln!(out, "        {}", look.style.paint(Tone::Faint, &cause.text));
    }
    for difference in &change.difference {
        let difference = text::printable(difference);
        let _ = writeln!(out, "        {}", look.style.paint(Tone::Faint, &difference));
    }
    if let Some(effect) = &change.effect {
        let effect = effect.to_string().replace('→', look.style.glyph("→", "->"));
        let _ = writeln!(out, "        {}", look.style.paint(Tone::Faint, &effect));
    }
}

fn architectures(change: &PackageChange) -> String {
    let names =
        change.files.iter().map(|ChangedFile { architecture, .. }| architecture.to_string());
    names.collect::<Vec<_>>().join(" ")
}

/// Returns why a package is added or removed, and where it is promoted from.
pub(super) fn reason(change: &PackageChange, arrow: &str) -> String {
    let from = |name: &String| {
        let Some(Origin { from, soaked }) = change.origins.get(name) else { return String::new() };
        let from = match from.component == change.component {
            true => from.codename.to_string(),
            false => from.to_string(),
        };
        let soaked = soaked.map(|span| format!(", soaked {}", span.roughly()));
        format!(" {arrow} {from}{}", soaked.unwrap_or_default())
    };
    let offered = |sources: &[String]| {
        let names = sources.iter().map(|name| format!("source.{name}{}", from(name)));
        names.collect::<Vec<_>>().join(" ")
    };
    let named = |sources: &[String]| {
        sources.iter().map(|name| format!("source.{name}")).collect::<Vec<_>>().join(" ")
    };
    match &change.reason {
        Reason::Offered(sources) => offered(sources),
        Reason::NoLongerOffered(sources) => format!("gone from {}", named(sources)),
        Reason::Emptied(sources) => format!("nothing left in {}", named(sources)),
        Reason::Undeclared => "not declared any more".to_owned(),
        Reason::Yanked(cause) => format!("[yank] line {}", cause.line),
        Reason::Unkept(cause) => format!("{} line {}", cause.text, cause.line),
        Reason::Rollback(generation) => format!("generation {generation}"),
    }
}

/// Adds the numbers.
pub(super) fn totals(out: &mut String, plan: &Plan, look: Look) {
    if plan.is_empty() {
        out.push_str("No changes: what is published is what the manifest declares.\n");
        return;
    }
    let sum = plan.summary();
    let new = match sum.distributions {
        0 => String::new(),
        count => format!("{}, ", text::plural(count, "distribution")),
    };
    let add = match sum.add {
        0 => "0".to_owned(),
        count => {
            format!("{} ({})", text::plural(count, "package"), text::plural(sum.add_files, "file"))
        }
    };
    let with = match sum.remove_distributions {
        0 => String::new(),
        count => format!(" with {}", text::plural(count, "distribution")),
    };
    let strong = look.style.paint(Tone::Strong, "Plan:");
    let repair = match sum.repair {
        0 => String::new(),
        count => format!(", {count} to repair"),
    };
    let _ = writeln!(
        out,
        "{strong} {new}{add} to add, {} to remove{with}, {} to change{repair}.",
        sum.remove, sum.change
    );
    if plan.distributions.is_empty() {
        return;
    }
    let uploads = match sum.upload_files {
        0 => "No package files to upload".to_owned(),
        files => format!(
            "Uploads {} ({})",
            text::plural(files, "package file"),
            text::bytes(sum.upload_bytes)
        ),
    };
    let indices = text::plural(sum.index_files, "index file");
    let _ = writeln!(out, "      {uploads}, {indices}, then the Release files.");
}

/// Returns what goes on after the number of dangers: what they need, if it is within reach of all.
pub(super) fn need(blocking: &[&Danger]) -> &'static str {
    match blocking.iter().all(|danger| danger.code.is_acceptable()) {
        true if blocking.len() == 1 => " needs a line in the manifest",
        true => " need a line in the manifest",
        false => "",
    }
}

/// The column at which lines for the manifest begin.
const PASTE: usize = 36;

/// Adds the dangers: those that are accepted, those that only warn, and those that block.
pub(super) fn closing(out: &mut String, plan: &Plan, look: Look) {
    for danger in &plan.dangers {
        let (id, message) = (text::printable(&danger.id), text::printable(&danger.message));
        if let Some(cause) = &danger.accepted {
            let _ = writeln!(out, "Accepted: {id} ({})", text::printable(&cause.text));
        } else if !danger.blocks() {
            let mark = look.style.paint(Tone::Changed, "warning:");
            let _ = writeln!(out, "{mark} {id}: {message}");
        }
    }
    if !plan.is_blocked() {
        return;
    }
    let dash = look.style.glyph("–", "-");
    let blocking: Vec<_> = plan.dangers.iter().filter(|danger| danger.blocks()).collect();
    let count = text::plural(blocking.len(), "danger");
    let title = format!("BLOCKED {dash} {count}{}", need(&blocking));
    let _ = writeln!(out, "\n{}", look.style.paint(Tone::Removed, &title));
    for danger in blocking {
        let _ = writeln!(out, "  ! {}", text::printable(&danger.id));
        let _ = writeln!(out, "    {}", text::printable(&danger.message));
        if let Some(instead) = &danger.instead {
            let _ = writeln!(out, "    Better: {}", text::printable(instead));
        }
        if !danger.code.is_acceptable() {
            let _ = writeln!(out, "    No line accepts it.");
            continue;
        }
        let ahead = "    To go ahead:";
        let (table, key) = (danger.code.table(), text::printable(danger.key()));
        let _ = writeln!(out, "{ahead:<PASTE$}[{table}]\n{:PASTE$}\"{key}\" = \"why\"", "");
    }
}
