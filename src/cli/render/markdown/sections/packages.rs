//! The packages that come, go and become others.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{details, said};
use crate::cli::render::markdown::Level;
use crate::cli::render::markdown::escape::{code, fenced};
use crate::cli::render::plan::reason;
use crate::debian::suite::Codename;
use crate::plan::{Operation, PackageChange, Plan, Reason};
use crate::text::{bytes, plural};

/// More removals than this are folded away below their number.
const OPEN: usize = 25;

/// Returns the changes of one kind, each with its distribution.
fn of(plan: &Plan, operation: Operation) -> Vec<(&Codename, &PackageChange)> {
    let distributions = plan.distributions.iter();
    let all = distributions
        .flat_map(|(name, plan)| plan.packages.iter().map(move |change| (name, change)));
    all.filter(|(_, change)| change.operation == operation).collect()
}

/// A way in which clients lose what they had.
pub(super) struct Departure {
    operation: Operation,
    /// What follows the number of versions.
    title: &'static str,
    /// The heads of the columns of place and package.
    head: (&'static str, &'static str),
}

/// Versions that leave.
pub(super) const REMOVED: Departure =
    Departure { operation: Operation::Remove, title: "to remove", head: ("From", "Removed") };
/// Versions whose bytes become others.
pub(super) const REPLACED: Departure = Departure {
    operation: Operation::Change,
    title: "to replace by another content",
    head: ("In", "Replaced"),
};

/// Writes what leaves or is replaced.
pub(super) fn departures(out: &mut String, plan: &Plan, level: Level, kind: &Departure) {
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
pub(super) fn differences(out: &mut String, plan: &Plan, level: Level) {
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

/// Writes what comes.
pub(super) fn additions(out: &mut String, plan: &Plan, level: Level) {
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
