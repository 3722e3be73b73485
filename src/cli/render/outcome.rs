//! What an apply has done.

use crate::apt::sources_entry::SourcesEntry;
use crate::cli::project::Project;
use crate::cli::terminal::{Style, Tone};
use crate::ops::apply::Applied;
use crate::ops::client_files;
use crate::plan::{DistributionStatus, Plan};

/// Returns what was published, and after a first publication what clients need.
pub fn outcome(project: &Project, plan: &Plan, published: &[Applied], style: Style) -> String {
    let mut out = applied(plan, published, style);
    if published.iter().any(|applied| applied.first) {
        out.push_str(&downloads(project));
    }
    out
}

/// Returns what was published, in numbers.
pub fn applied(plan: &Plan, applied: &[Applied], style: Style) -> String {
    let sum = plan.summary();
    let tick = style.paint(Tone::Added, style.glyph("✓", "*"));
    let is_removed = |codename| {
        let changes = plan.distributions.get(codename);
        changes.is_some_and(|changes| changes.status == DistributionStatus::Removed)
    };
    let generations: Vec<_> = applied
        .iter()
        .map(|Applied { codename, generation, .. }| match is_removed(codename) {
            true => format!("{codename} is removed, by generation {generation}"),
            false => format!("{codename} is at generation {generation}"),
        })
        .collect();
    let repaired = match sum.repair {
        0 => String::new(),
        count => format!(", {count} repaired"),
    };
    let mut out = format!(
        "{tick} {} added, {} removed, {} uploaded{repaired}",
        sum.add, sum.remove, sum.upload_files,
    );
    if !generations.is_empty() {
        out += &format!("; {}", generations.join(", "));
    }
    out.push('.');
    out
}

/// Returns what a rollback has done, and what the next apply will do.
pub fn brought_back(plan: &Plan, applied: &[Applied], generation: u64, style: Style) -> String {
    let sum = plan.summary();
    let tick = style.paint(Tone::Added, style.glyph("✓", "*"));
    let generations: Vec<_> = applied
        .iter()
        .map(|applied| format!("{} is at generation {}", applied.codename, applied.generation))
        .collect();
    format!(
        "{tick} {} brought back, {} taken away; {}, with the content of generation {generation}.\n\
         The next apply publishes what the manifest and its sources say: it brings back what was \
         taken away\nas long as they offer it.",
        sum.add,
        sum.remove,
        generations.join(", ")
    )
}

/// Returns where clients find the files that they need once.
fn downloads(project: &Project) -> String {
    let name = &project.manifest.repository.name;
    let entries = client_files::entries(&project.manifest, &project.root());
    let file = |entry: &SourcesEntry| {
        let file = client_files::entry_name(name, &entry.suite, entries.len());
        format!("\n  {}/{file}", entry.uri)
    };
    let keyring = match project.manifest.signing.keys.is_empty() {
        true => String::new(),
        false => entries.first().map(|e| format!("\n  {}/{name}.asc", e.uri)).unwrap_or_default(),
    };
    let files: String = entries.iter().map(file).collect();
    format!("\nClients download once:{keyring}{files}")
}
