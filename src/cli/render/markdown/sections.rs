//! The sections of a plan in Markdown, each for every level.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::escape::{code, cut, fenced, prose};
use super::{Level, Subject, marker};
use crate::cli::render::plan::{need, reason};
use crate::cli::render::repairs;
use crate::debian::suite::Codename;
use crate::plan::{
    Copies, Danger, Deed, DistributionPlan, DistributionStatus, FieldChange, Indices, Operation,
    PackageChange, Plan, Reason, Severity,
};
use crate::text::{bytes, plural};
use crate::time::day;

/// No text of others is longer; what is cut off stands in the manifest or the log.
const LONGEST: usize = 400;
/// More removals than this are folded away below their number.
const OPEN: usize = 25;

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

fn dangers(out: &mut String, plan: &Plan, subject: &Subject, level: Level) {
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

/// Returns the changes of one kind, each with its distribution.
fn of(plan: &Plan, operation: Operation) -> Vec<(&Codename, &PackageChange)> {
    let distributions = plan.distributions.iter();
    let all = distributions
        .flat_map(|(name, plan)| plan.packages.iter().map(move |change| (name, change)));
    all.filter(|(_, change)| change.operation == operation).collect()
}

/// A way in which clients lose what they had.
struct Departure {
    operation: Operation,
    /// What follows the number of versions.
    title: &'static str,
    /// The heads of the columns of place and package.
    head: (&'static str, &'static str),
}

const REMOVED: Departure =
    Departure { operation: Operation::Remove, title: "to remove", head: ("From", "Removed") };
const REPLACED: Departure = Departure {
    operation: Operation::Change,
    title: "to replace by another content",
    head: ("In", "Replaced"),
};

fn departures(out: &mut String, plan: &Plan, level: Level, kind: &Departure) {
    let gone = of(plan, kind.operation);
    if gone.is_empty() {
        return;
    }
    let title = format!("{} {}", plural(gone.len(), "package version"), kind.title);
    if level == Level::Bare {
        let _ = writeln!(out, "**{title}**\n\n{}", fenced("text", &versions(&gone)));
        return;
    }
    let (from, package) = kind.head;
    let rows = gone.iter();
    let table = if level == Level::Terse {
        let row = |(name, change): &(&Codename, &PackageChange)| {
            format!("| {} | {} |\n", place(name, change), versioned(change))
        };
        let rows: String = rows.map(row).collect();
        format!("| {from} | {package} |\n|---|---|\n{rows}")
    } else {
        let rows: String = rows.map(|(name, change)| departure(name, change)).collect();
        format!("| {from} | {package} | Architectures | Why |\n|---|---|---|---|\n{rows}")
    };
    match gone.len() > OPEN {
        true => details(out, &title, &table),
        false => {
            let _ = writeln!(out, "**{title}**\n\n{table}");
        }
    }
}

/// Writes how contents differ that become other ones.
fn differences(out: &mut String, plan: &Plan, level: Level) {
    let changes = of(plan, Operation::Change).into_iter();
    let text: String = changes
        .filter(|(_, change)| !change.difference.is_empty())
        .map(|(_, change)| {
            let lines = change.difference.iter().map(|line| line.replace('\n', " ") + "\n");
            format!("@@ {} {} @@\n{}", change.name, change.version, lines.collect::<String>())
        })
        .collect();
    if level == Level::Whole && !text.is_empty() {
        details(out, "What differs", &fenced("diff", &text));
    }
}

fn place(codename: &Codename, change: &PackageChange) -> String {
    code(&format!("{codename}/{}", change.component))
}

fn versioned(change: &PackageChange) -> String {
    format!("{} {}", code(change.name.as_str()), code(change.version.as_str()))
}

fn departure(codename: &Codename, change: &PackageChange) -> String {
    let mut why = said(&reason(change, "←"));
    if let Reason::Yanked(cause) = &change.reason {
        why += &format!(": {}", said(&cause.text));
    }
    if let Some(effect) = &change.effect {
        why += &format!("; {}", said(&effect.to_string()));
    }
    let (place, package) = (place(codename, change), versioned(change));
    format!("| {place} | {package} | {} | {why} |\n", architectures(change))
}

fn architectures(change: &PackageChange) -> String {
    let names = change.files.iter().map(|file| code(file.architecture.as_str()));
    names.collect::<Vec<_>>().join(" ")
}

/// Returns a line for each package and place, with all versions that leave.
fn versions(removals: &[(&Codename, &PackageChange)]) -> String {
    let mut lines: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (codename, change) in removals {
        let place = format!("{codename}/{} {}", change.component, change.name);
        lines.entry(place).or_default().push(change.version.as_str());
    }
    lines.iter().map(|(place, versions)| format!("{place} {}\n", versions.join(" "))).collect()
}

fn additions(out: &mut String, plan: &Plan, level: Level) {
    let additions = of(plan, Operation::Add);
    if additions.is_empty() {
        return;
    }
    let title = format!("{} to add", plural(additions.len(), "package version"));
    if level > Level::Whole {
        let _ = writeln!(out, "{title} in all; `repoman plan -v` lists them.\n");
        return;
    }
    let rows = additions.iter().map(|(name, change)| addition(name, change)).collect::<String>();
    let head = "| To | Added | Architectures | Size | From |\n|---|---|---|--:|---|\n";
    details(out, &title, &format!("{head}{rows}"));
}

fn addition(codename: &Codename, change: &PackageChange) -> String {
    let mut from = said(&reason(change, "←"));
    if let Some(effect) = &change.effect {
        from += &format!("; {}", said(&effect.to_string()));
    }
    let (place, package, size) = (place(codename, change), versioned(change), bytes(change.size()));
    format!("| {place} | {package} | {} | {size} | {from} |\n", architectures(change))
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
