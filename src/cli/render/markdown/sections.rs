//! The sections of a plan in Markdown, each for every level.

mod dangers;
mod packages;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::escape::{code, cut, fenced, prose};
use super::{Level, Subject, marker};
use crate::cli::render::repairs;
use crate::debian::suite::Codename;
use crate::plan::{
    Copies, Deed, DistributionPlan, DistributionStatus, FieldChange, Indices, Operation, Plan,
};
use crate::text::{bytes, plural};
use crate::time::day;

use dangers::dangers;
use packages::{REMOVED, REPLACED, additions, departures, differences};

/// No text of others is longer; what is cut off stands in the manifest or the log.
const LONGEST: usize = 400;

/// Returns the whole document at a level.
pub fn document(plan: &Plan, subject: &Subject, level: Level) -> String {
    let environment = subject.context.manifest.env.as_deref();
    let mut out = marker(&subject.context.repository, environment);
    let own = subject.against.as_ref().map_or(plan, |against| &against.division.caused);
    headline(&mut out, own, subject);
    dangers(&mut out, plan, subject, level);
    body(&mut out, own, level);
    if let Some(against) = &subject.against {
        prevented(&mut out, &against.prevented, level);
        anyway(&mut out, &against.division.anyway, level);
    }
    if level <= Level::Counted {
        notes(&mut out, plan, subject);
    }
    if level == Level::Whole && !subject.clients.is_empty() {
        let clients = fenced("text", &subject.clients);
        details(&mut out, "Clients will use", &clients);
    }
    footer(&mut out, plan, subject);
    out
}

/// Writes what a plan, or a part of one, does.
fn body(out: &mut String, plan: &Plan, level: Level) {
    counts(out, plan);
    changes(out, plan, level);
    departures(out, plan, level, &REMOVED);
    departures(out, plan, level, &REPLACED);
    differences(out, plan, level);
    additions(out, plan, level);
}

/// Writes what would happen without the change, too.
fn anyway(out: &mut String, plan: &Plan, level: Level) {
    if plan.is_empty() {
        return;
    }
    let mut inner = String::new();
    body(&mut inner, plan, level);
    let title = format!("Would happen anyway, not caused by this change: {}", totals(plan));
    details(out, &title, inner.trim_end());
}

/// Writes what would happen without the change, and does not with it.
fn prevented(out: &mut String, deeds: &[Deed], level: Level) {
    if deeds.is_empty() {
        return;
    }
    let title = format!("{} that this change prevents", plural(deeds.len(), "change"));
    if level > Level::Whole {
        let _ = writeln!(out, "{title}.\n");
        return;
    }
    let line = |Deed { address, operation, .. }: &Deed| match operation {
        Operation::Add => format!("- adding {}\n", code(address)),
        Operation::Remove => format!("- removing {}\n", code(address)),
        Operation::Change => format!("- changing {}\n", code(address)),
    };
    details(out, &title, &deeds.iter().map(line).collect::<String>());
}

fn headline(out: &mut String, plan: &Plan, subject: &Subject) {
    let name = code(&subject.context.repository);
    let environment =
        subject.context.manifest.env.as_ref().map(|name| format!(" ({})", code(name)));
    let environment = environment.unwrap_or_default();
    let totals = match (&subject.against, plan.is_empty()) {
        (None, true) => "no changes".to_owned(),
        (Some(against), true) => format!("nothing that {} would not do", code(&against.name)),
        (_, false) => totals(plan),
    };
    // Writing to a String can't fail, here and below.
    let _ = writeln!(out, "### {name}{environment}: {totals}\n");
    let sum = plan.summary();
    if sum.upload_files > 0 {
        let (files, size) = (plural(sum.upload_files, "package file"), bytes(sum.upload_bytes));
        let indices = plural(sum.index_files, "index file");
        let _ = writeln!(out, "Uploads {files} ({size}) and {indices}.\n");
    }
}

/// Returns what a plan does, in numbers.
fn totals(plan: &Plan) -> String {
    let sum = plan.summary();
    let new = match sum.distributions {
        0 => String::new(),
        count => format!("{}, ", plural(count, "distribution")),
    };
    let repair = match sum.repair {
        0 => String::new(),
        count => format!(", {count} to repair"),
    };
    let with = match sum.remove_distributions {
        0 => String::new(),
        count => format!(" with {}", plural(count, "distribution")),
    };
    let (add, remove) = (plural(sum.add, "package"), sum.remove);
    format!("{new}{add} to add, {remove} to remove{with}, {} to change{repair}", sum.change)
}

/// Returns text of others, not too long.
fn said(text: &str) -> String {
    prose(&cut(text, LONGEST))
}

/// What happens in one component.
#[derive(Debug, Default)]
struct Count {
    add: usize,
    size: u64,
    remove: usize,
    change: usize,
}

/// Writes the table by distribution and component.
fn counts(out: &mut String, plan: &Plan) {
    if plan.distributions.is_empty() {
        return;
    }
    out.push_str("| Distribution | Component | Add | Remove | Change |\n|---|---|--:|--:|--:|\n");
    for (codename, distribution) in &plan.distributions {
        let mut components: BTreeMap<&str, Count> = BTreeMap::new();
        for change in &distribution.packages {
            let count = components.entry(change.component.as_str()).or_default();
            match change.operation {
                Operation::Remove => count.remove += 1,
                Operation::Change => count.change += 1,
                Operation::Add => {
                    count.add += 1;
                    count.size += change.size();
                }
            }
        }
        let changes = changed(distribution).len();
        let _ = writeln!(
            out,
            "| {} | | | | {} |",
            standing(plan, codename, distribution.status),
            number(changes)
        );
        for (component, Count { add, size, remove, change }) in components {
            let size = if add > 0 { format!(" ({})", bytes(size)) } else { String::new() };
            let [add, remove, change] = [add, remove, change].map(number);
            let _ = writeln!(out, "| | {} | {add}{size} | {remove} | {change} |", code(component));
        }
    }
    out.push('\n');
}

fn number(count: usize) -> String {
    if count == 0 { String::new() } else { count.to_string() }
}

/// Returns a distribution and what is published of it.
fn standing(plan: &Plan, codename: &Codename, status: DistributionStatus) -> String {
    let name = code(codename.as_str());
    match (status, plan.base.get(codename)) {
        (DistributionStatus::Removed, _) => format!("**{name}, removed**"),
        (_, Some(base)) => format!("{name}, generation {}", base.generation),
        (_, None) => format!("{name}, new"),
    }
}

/// Writes what changes beside packages.
fn changes(out: &mut String, plan: &Plan, level: Level) {
    let mut lines = Vec::new();
    for (codename, distribution) in &plan.distributions {
        let name = code(codename.as_str());
        if distribution.status == DistributionStatus::New {
            lines.push(format!("- {name} is new: {}\n", values(&distribution.fields)));
        }
        lines.extend(changed(distribution).into_iter().map(|line| format!("- {name}: {line}\n")));
    }
    let damaged = plan.repairs.iter();
    if level == Level::Whole {
        let line = |repair| format!("- {}\n", said(&repairs::line(repair)));
        lines.extend(damaged.map(line));
    } else if !plan.repairs.is_empty() {
        let count = plural(plan.repairs.len(), "published object");
        let lost = plan.beyond_repair().count();
        lines.push(format!("- {count} damaged, {lost} of them beyond repair\n"));
    }
    if !lines.is_empty() {
        let _ = writeln!(out, "{}", lines.concat());
    }
}

/// Returns what changes of a published distribution beside its packages.
fn changed(distribution: &DistributionPlan) -> Vec<String> {
    let mut lines = Vec::new();
    if distribution.copies == Copies::Behind {
        lines.push("copies for clients without by-hash were left behind".to_owned());
    }
    if distribution.indices == Indices::Rebuilt {
        lines.push("index files are made anew, since one of them is lost".to_owned());
    }
    if let Some(until) = distribution.renewal {
        lines.push(format!("Valid-Until {} runs out: signed again", day(until)));
    }
    if distribution.status == DistributionStatus::Published {
        lines.extend(distribution.fields.iter().map(field));
    }
    lines
}

/// Returns what the Release of a new distribution says.
fn values(fields: &[FieldChange]) -> String {
    let value = |FieldChange { field, after, .. }: &FieldChange| {
        Some(format!("{} {}", prose(field), code(&cut(after.as_deref()?, LONGEST))))
    };
    fields.iter().filter_map(value).collect::<Vec<_>>().join(", ")
}

fn field(FieldChange { field, before, after }: &FieldChange) -> String {
    let value = |value: &Option<String>| match value {
        Some(value) => code(&cut(value, LONGEST)),
        None => "nothing".to_owned(),
    };
    format!("{} {} → {}", prose(field), value(before), value(after))
}

fn notes(out: &mut String, plan: &Plan, subject: &Subject) {
    let shown = plan.notes.iter().filter(|note| !note.is_routine());
    let mut lines: Vec<_> = shown.map(ToString::to_string).collect();
    for source in subject.context.sources.iter().filter(|source| !source.present) {
        let place = source.place.as_deref().unwrap_or_default();
        lines.push(format!("source.{} is not in this run ({place} does not exist)", source.name));
    }
    let inputs = subject.context.sources.iter();
    let inputs = inputs.filter_map(|source| Some((&source.name, source.input.as_ref()?)));
    lines.extend(
        inputs.map(|(name, pattern)| format!("source.{name} is {pattern} in this run (--input)")),
    );
    for line in &lines {
        let _ = writeln!(out, "- note: {}", said(line));
    }
    if !lines.is_empty() {
        out.push('\n');
    }
}

/// Writes what is shown once somebody asks for it.
fn details(out: &mut String, title: &str, body: &str) {
    let _ = writeln!(out, "<details><summary>{title}</summary>\n\n{body}\n</details>\n");
}

fn footer(out: &mut String, plan: &Plan, subject: &Subject) {
    let manifest = &subject.context.manifest;
    let commit = manifest.git_commit.as_deref().map(|id| format!(" @ {}", cut_short(id)));
    let from = format!("{}{}", manifest.path, commit.unwrap_or_default());
    let parts = [
        subject.context.tool.clone(),
        from,
        subject.context.store.clone(),
        format!("plan {}", cut_short(&plan.id.to_string())),
    ];
    let parts = parts.map(|part| code(&cut(&part, LONGEST)));
    let _ = writeln!(out, "<sub>{}</sub>", parts.join(" · "));
}

fn cut_short(digits: &str) -> String {
    digits.chars().take(12).collect()
}
