//! What a query found, in the format that is asked for.
//!
//! Whatever came from a package is neutralised for the format's readers; deb822 alone is byte for
//! byte as the indices have it, unless a terminal shows it.

mod csv;
mod html;
mod markdown;
mod table;

use std::collections::BTreeMap;
use std::io::{self, Write};

use clap::ValueEnum;

use crate::cli::terminal::Terminal;
use crate::debian::suite::Codename;
use crate::query::{AbsentField, Entry, Field, Listing, Selection};
use crate::report::{QueryDocument, write_lines};
use crate::text::printable;
use crate::time::Timestamp;

/// How what was found is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Columns with a heading, for people.
    Table,
    /// Values divided by tabs, for cut and awk.
    Plain,
    /// One document, by `repoman schema query`.
    Json,
    /// One object a line.
    Jsonl,
    /// Stanzas as the indices have them.
    Deb822,
    /// A table for issues and pull requests.
    Markdown,
    /// RFC 4180, for spreadsheets.
    Csv,
    /// A page with a table.
    Html,
}

/// What was found, and the columns to show of it.
#[derive(Debug, Clone, Copy)]
pub struct Sheet<'a> {
    /// The packages.
    pub found: &'a [Entry<'a>],
    /// The columns.
    pub fields: &'a [Field],
    /// What ages are reckoned from.
    pub now: Timestamp,
}

/// Which packages are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Those that are published.
    Published,
    /// Those that were, and are not any more.
    Retired,
}

/// The columns that are shown unless others are asked for.
const COLUMNS: [&str; 7] =
    ["$Distribution", "$Component", "Package", "Version", "Architecture", "$PublishedAt", "$From"];

/// The same of packages that are not published any more.
const RETIRED_COLUMNS: [&str; 8] = [
    "$Distribution",
    "$Component",
    "Package",
    "Version",
    "Architecture",
    "$RetiredAt",
    "$File",
    "$Reason",
];

impl Format {
    /// Returns its name on the command line.
    pub fn name(self) -> String {
        let value = self.to_possible_value().expect("no format is hidden");
        value.get_name().to_owned()
    }

    /// Tells whether it leaves a package out: a stanza that is lost is better missing than made up.
    pub fn omits(self, entry: &Entry<'_>) -> bool {
        self == Self::Deb822 && !entry.is_described()
    }

    /// Tells whether the format shows chosen columns.
    pub fn has_columns(self) -> bool {
        match self {
            Self::Table | Self::Plain | Self::Markdown | Self::Csv | Self::Html => true,
            Self::Json | Self::Jsonl | Self::Deb822 => false,
        }
    }

    /// Writes what was found.
    ///
    /// # Errors
    ///
    /// When `out` can't be written.
    pub fn write(
        self,
        sheet: Sheet<'_>,
        terminal: &Terminal,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        match self {
            Self::Table => table::write(sheet, terminal.out, out),
            Self::Plain => plain(sheet, out),
            Self::Json => QueryDocument::new(sheet.found).write(out),
            Self::Jsonl => write_lines(sheet.found, out),
            Self::Deb822 if terminal.displayed => deb822(sheet.found, &shown, out),
            Self::Deb822 => deb822(sheet.found, &str::to_owned, out),
            Self::Markdown => markdown::write(sheet, out),
            Self::Csv => csv::write(sheet, out),
            Self::Html => html::write(sheet, out),
        }
    }
}

impl<'a> Sheet<'a> {
    fn headings(self) -> impl Iterator<Item = &'a str> {
        self.fields.iter().map(Field::heading)
    }

    /// Returns the values of a package, on one line each and safe to print.
    fn line(self, entry: &'a Entry<'a>) -> impl Iterator<Item = String> {
        let value = move |field: &Field| field.value(entry, self.now);
        self.fields
            .iter()
            .map(move |field| value(field).map_or_else(String::new, |text| flat(&text)))
    }
}

/// Returns the chosen columns, or the ordinary ones.
pub fn columns(chosen: &[Field], scope: Scope) -> Vec<Field> {
    if !chosen.is_empty() {
        return chosen.to_owned();
    }
    let names = match scope {
        Scope::Published => &COLUMNS[..],
        Scope::Retired => &RETIRED_COLUMNS[..],
    };
    names.iter().map(|name| name.parse().expect("each of them is a field")).collect()
}

/// Returns what in a question is probably a slip: names that nothing in the repository has.
pub fn warnings(
    selection: &Selection,
    shown: &[Field],
    (scope, listing): (Scope, &Listing),
) -> Vec<String> {
    let mut warnings = Vec::new();
    let distributions = || listing.snapshot.distributions.values();
    for component in &selection.components {
        if !distributions().any(|distribution| distribution.components.contains_key(component)) {
            warnings.push(format!("no distribution has a component {component}"));
        }
    }
    for architecture in selection.architectures.iter().filter(|name| !name.is_all()) {
        if !distributions().any(|distribution| distribution.architectures.contains(architecture)) {
            warnings.push(format!("no distribution has the architecture {architecture}"));
        }
    }
    if scope == Scope::Published
        && let Some(field) =
            selection.fields().into_iter().chain(shown).find(|it| it.is_of_retired())
    {
        warnings.push(format!("only packages that --retired shows have `{field}`"));
    }
    for AbsentField { name, near } in selection.absent_fields(listing, shown) {
        let meant = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        warnings.push(format!("no package has a field `{name}`{meant}"));
    }
    warnings
}

/// Returns what to say of generations whose records should be there and are not.
pub fn gaps(unreadable: &BTreeMap<Codename, Vec<u64>>) -> Vec<String> {
    let gap = |(codename, generations): (&Codename, &Vec<u64>)| {
        let numbers: Vec<_> = generations.iter().rev().map(u64::to_string).collect();
        let plural = if numbers.len() == 1 { "" } else { "s" };
        let numbers = numbers.join(", ");
        format!(
            "generation{plural} {numbers} of {codename} can't be read: what no other one had is missing here"
        )
    };
    unreadable.iter().map(gap).collect()
}

/// Returns a value of one or several lines on one, safe to print.
fn flat(value: &str) -> String {
    let lines: Vec<_> =
        value.lines().map(|line| printable(&line.trim().replace('\t', " "))).collect();
    lines.join(" ")
}

/// Returns stanzas as a terminal may show them.
fn shown(text: &str) -> String {
    text.lines().map(|line| printable(line) + "\n").collect()
}

fn plain(sheet: Sheet<'_>, out: &mut dyn Write) -> io::Result<()> {
    for entry in sheet.found {
        let values: Vec<_> = sheet.line(entry).collect();
        writeln!(out, "{}", values.join("\t"))?;
    }
    Ok(())
}

fn deb822(
    found: &[Entry<'_>],
    form: &dyn Fn(&str) -> String,
    out: &mut dyn Write,
) -> io::Result<()> {
    for entry in found {
        out.write_all(form(&entry.package.stanza).as_bytes())?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_several_lines_take_one() {
        assert_eq!(flat("short\n long\n .\n more"), "short long . more");
        assert_eq!(flat("\n a,\n b"), " a, b");
        assert_eq!(flat("x\ty\u{1b}[31m\u{202e}"), "x y\u{fffd}[31m\u{fffd}");
    }
}
