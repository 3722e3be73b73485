//! What becomes of single versions, and why, for people (`explain ADDRESS`).

use std::fmt::Write as _;

use crate::cli::terminal::{Style, Tone};
use crate::plan::fate::{Fate, Keep, Outcome};
use crate::plan::{Reason, Stay};
use crate::text::printable;
use crate::time::{day, minute};

/// One line: a version in the architectures in which it fares the same.
struct Row {
    version: String,
    architectures: String,
    published: String,
    text: String,
    tone: Option<Tone>,
}

/// Returns a table for each package, the newest version first.
pub fn render(fates: &[Fate], style: Style) -> String {
    let same = |one: &Fate, other: &Fate| {
        (&one.codename, &one.component, &one.id.name)
            == (&other.codename, &other.component, &other.id.name)
    };
    let tables: Vec<String> = fates.chunk_by(same).map(|fates| table(fates, style)).collect();
    tables.join("\n")
}

fn table(fates: &[Fate], style: Style) -> String {
    let mut rows: Vec<Row> = Vec::new();
    for fate in fates.iter().rev() {
        let row = row(fate, style);
        let same = |last: &&mut Row| {
            (&last.version, &last.published, &last.text)
                == (&row.version, &row.published, &row.text)
        };
        match rows.last_mut().filter(same) {
            Some(last) => {
                last.architectures = format!("{} {}", row.architectures, last.architectures)
            }
            None => rows.push(row),
        }
    }
    let heading = Row {
        version: "version".to_owned(),
        architectures: "architectures".to_owned(),
        published: "published".to_owned(),
        text: "kept because".to_owned(),
        tone: Some(Tone::Strong),
    };
    rows.insert(0, heading);
    let width = |column: fn(&Row) -> &String| {
        rows.iter().map(|row| column(row).chars().count()).max().unwrap_or_default()
    };
    let (versions, architectures) = (width(|row| &row.version), width(|row| &row.architectures));
    let published = width(|row| &row.published);
    let mut out = String::new();
    if let Some(Fate { codename, component, id, .. }) = fates.first() {
        let place = format!("{codename}/{component}   {}", id.name);
        // Writing to a String can't fail, here and below.
        let _ = writeln!(out, "{}", style.paint(Tone::Strong, &place));
    }
    for Row { version, architectures: list, published: since, text, tone } in &rows {
        let line =
            format!("{version:<versions$}  {list:<architectures$}  {since:<published$}  {text}");
        let line = tone.map_or_else(|| line.clone(), |tone| style.paint(tone, &line));
        let _ = writeln!(out, "{line}");
    }
    out
}

fn row(fate: &Fate, style: Style) -> Row {
    let (tone, text) = outcome(&fate.outcome, style);
    let dot = style.glyph(" · ", "; ");
    let dangers = fate.dangers.iter().map(|id| format!("{dot}danger {}", printable(id)));
    let published = match (&fate.outcome, fate.published_at) {
        (_, Some(at)) => day(at),
        (Outcome::Kept(_), None) => "(this plan)".to_owned(),
        (_, None) => style.glyph("–", "-").to_owned(),
    };
    Row {
        version: fate.id.version.to_string(),
        architectures: fate.id.architecture.to_string(),
        published,
        text: text + &dangers.collect::<String>(),
        tone,
    }
}

fn outcome(outcome: &Outcome, style: Style) -> (Option<Tone>, String) {
    let dash = style.glyph("–", "-");
    match outcome {
        Outcome::Kept(keeps) => {
            let keeps: Vec<_> = keeps.iter().map(keep).collect();
            (None, keeps.join(style.glyph(" · ", "; ")))
        }
        Outcome::Untouched => (None, "its distribution is not declared, and stays".to_owned()),
        Outcome::Removed(reason) => {
            (Some(Tone::Removed), format!("{dash} removed by this plan: {}", removal(reason)))
        }
        Outcome::KeptOut(cause) => {
            let text = printable(&cause.text);
            (Some(Tone::Faint), format!("{dash} kept out by [yank] line {}: {text}", cause.line))
        }
        Outcome::Soaking { source, until } => {
            let until = minute(*until);
            (Some(Tone::Faint), format!("{dash} source.{source} waits for it until {until}"))
        }
        Outcome::Remembered => (
            Some(Tone::Faint),
            format!("{dash} removed by retention before; not taken back as new"),
        ),
    }
}

fn keep(Keep { stay, until, needed_by }: &Keep) -> String {
    let until = until.map(|until| format!(" (until {})", day(until))).unwrap_or_default();
    match stay {
        Stay::Unlimited => "no policy limits it".to_owned(),
        Stay::Newest => "newest".to_owned(),
        Stay::Versions { place, of } => format!("versions {place}/{of}"),
        Stay::NewerThan(span) => format!("newer_than {span}{until}"),
        Stay::Grace(span) => format!("grace {span}{until}"),
        Stay::Line(cause) => format!("[keep] line {}: {}", cause.line, printable(&cause.text)),
        Stay::Needed => {
            let names: Vec<_> = needed_by.iter().map(ToString::to_string).collect();
            format!("needed by {}", names.join(", "))
        }
    }
}

fn removal(reason: &Reason) -> String {
    match reason {
        Reason::Yanked(cause) => format!("[yank] line {}, {}", cause.line, printable(&cause.text)),
        Reason::Unkept(cause) => {
            format!("nothing in {}, line {}, keeps it", cause.text, cause.line)
        }
        Reason::NoLongerOffered(sources) => {
            format!("gone from source.{}", sources.join(", source."))
        }
        Reason::Emptied(sources) => {
            format!("nothing is left in source.{}", sources.join(", source."))
        }
        Reason::Undeclared => "its component or architecture is not declared any more".to_owned(),
        Reason::Rollback(generation) => format!("generation {generation} is brought back"),
        Reason::Offered(sources) => format!("replaced by source.{}", sources.join(", source.")),
    }
}
