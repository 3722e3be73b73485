//! The generations of a repository for people.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::cli::terminal::{Style, Tone, Verbosity};
use crate::debian::suite::Codename;
use crate::report::{GenerationChange, GenerationRecord};
use crate::text::{plural, printable};

/// So many packages of a generation are listed unless more is asked for.
const LISTED: usize = 10;

/// Returns the text of logs, newest generations first.
pub fn render(
    logs: &BTreeMap<Codename, Vec<GenerationRecord>>,
    style: Style,
    verbosity: Verbosity,
) -> String {
    if logs.is_empty() {
        return "Nothing is published here yet.\n".to_owned();
    }
    let mut out = String::new();
    for (codename, records) in logs {
        // Writing to a String can't fail, here and below.
        let _ = writeln!(out, "{}", style.paint(Tone::Strong, codename.as_str()));
        for record in records {
            generation(&mut out, record, style, verbosity);
        }
    }
    out
}

fn generation(out: &mut String, record: &GenerationRecord, style: Style, verbosity: Verbosity) {
    let date = record.date.strftime("%Y-%m-%d %H:%M:%S UTC");
    let commit = record.git_commit.as_deref().map(|id| id.chars().take(7).collect::<String>());
    let manifest = match commit {
        Some(commit) => format!("commit {}", printable(&commit)),
        None => format!("manifest {}", &record.manifest_sha256.to_string()[..7]),
    };
    let plan = record.plan.map(|plan| format!("   plan {}", &plan.to_string()[..7]));
    let _ = writeln!(
        out,
        "  {:<5} {date}   {manifest}{}   {}",
        record.generation,
        plan.unwrap_or_default(),
        plural(record.packages, "package file")
    );
    if let Some(of) = record.rollback_of {
        line(out, style, (Tone::Changed, "~"), &format!("rollback to generation {of}"));
    }
    if record.is_removed {
        line(out, style, (Tone::Removed, "-"), "the distribution is removed");
    }
    for (id, reason) in &record.allowed {
        let text = format!("allowed {}: {}", printable(id), printable(reason));
        line(out, style, (Tone::Changed, "!"), &text);
    }
    match &record.change {
        GenerationChange::First => line(out, style, (Tone::Added, "+"), "the first generation"),
        GenerationChange::Unknown => {
            line(out, style, (Tone::Faint, "?"), "the generation before is not kept");
        }
        GenerationChange::Packages { added, removed, replaced } => {
            list(out, style, verbosity, (Tone::Added, "+"), added);
            list(out, style, verbosity, (Tone::Removed, "-"), removed);
            list(out, style, verbosity, (Tone::Changed, "~"), replaced);
            if [added, removed, replaced].iter().all(|lines| lines.is_empty()) {
                line(out, style, (Tone::Changed, "~"), "no packages; fields, keys or forms");
            }
        }
    }
}

/// A mark before a line, and what it means.
type Mark = (Tone, &'static str);

fn list(out: &mut String, style: Style, verbosity: Verbosity, mark: Mark, lines: &[String]) {
    let shown = if verbosity == Verbosity::Verbose { lines.len() } else { LISTED };
    for text in lines.iter().take(shown) {
        line(out, style, mark, &printable(text));
    }
    if lines.len() > shown {
        line(out, style, mark, &format!("{} more (-v shows them)", lines.len() - shown));
    }
}

fn line(out: &mut String, style: Style, (tone, mark): Mark, text: &str) {
    let _ = writeln!(out, "        {} {text}", style.paint(tone, mark));
}
