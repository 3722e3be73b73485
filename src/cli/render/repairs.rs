//! What a plan makes up for, and what it can't: one line an object.

use std::fmt::Write as _;

use crate::cli::terminal::{Style, Tone};
use crate::plan::{Plan, Remedy, Repair};
use crate::text::printable;

/// Returns the section of a plan's repairs; nothing if there are none.
pub fn render(plan: &Plan, style: Style) -> String {
    if plan.repairs.is_empty() {
        return String::new();
    }
    let mut out = format!("{}\n", style.paint(Tone::Strong, "damaged since it was published"));
    for Repair { key, damage, remedy } in &plan.repairs {
        let mark = match remedy {
            Remedy::None => style.paint(Tone::Removed, "!"),
            _ => style.paint(Tone::Changed, "~"),
        };
        // Writing to a String can't fail.
        let _ = writeln!(out, "  {mark} {}", printable(key));
        let _ = writeln!(out, "      {}: {}", damage.as_str(), printable(&text(remedy)));
    }
    out.push('\n');
    out
}

/// Returns a damage and its remedy on one line.
pub(super) fn line(Repair { key, damage, remedy }: &Repair) -> String {
    format!("{key} is {}: {}", damage.as_str(), text(remedy))
}

fn text(remedy: &Remedy) -> String {
    match remedy {
        Remedy::Copy(key) => format!("restored from {key}"),
        Remedy::Compression => "restored from another form of the index".to_owned(),
        Remedy::Generation => "a new generation lists another file in its place".to_owned(),
        Remedy::File(upload) => {
            format!("uploaded again, the same bytes, from {}", upload.path.display())
        }
        Remedy::Anew => "written anew".to_owned(),
        Remedy::None => "nothing here has its content; it can't be repaired".to_owned(),
    }
}
