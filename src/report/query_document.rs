//! What a query found, as JSON (`query --json`, `--format jsonl`), written package by package.

use std::collections::BTreeMap;
use std::io::{self, Write};

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::{Serialize, Serializer};

use crate::query::Entry;
use crate::text::is_printable;

/// `query --json`: kind `repoman.query`, format 1.
#[derive(Debug, Serialize, JsonSchema)]
pub struct QueryDocument<'a> {
    format_version: &'static str,
    kind: &'static str,
    /// By distribution, component, name and version, unless `--sort` says otherwise.
    #[schemars(with = "Vec<PackageDocument>")]
    packages: Packages<'a>,
}

/// A package as a component of a distribution lists it.
// The members stand sorted, as in every document.
#[derive(Debug, Serialize, JsonSchema)]
struct PackageDocument<'a> {
    architecture: &'a str,
    component: &'a str,
    distribution: &'a str,
    /// All fields of the stanza, byte for byte.
    fields: BTreeMap<&'a str, &'a str>,
    /// The key of the package file below the repository's URL.
    filename: &'a str,
    /// The sources of the manifest that brought it.
    from: Vec<&'a str>,
    package: &'a str,
    /// When it was first published there, in RFC 3339.
    published_at: Option<String>,
    sha256: String,
    /// In bytes.
    size: u64,
    /// The name of the source package.
    source: &'a str,
    source_version: &'a str,
    version: &'a str,
}

/// Packages that become documents while they are written.
#[derive(Debug)]
struct Packages<'a>(&'a [Entry<'a>]);

impl Serialize for Packages<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(PackageDocument::new))
    }
}

impl<'a> QueryDocument<'a> {
    /// Returns the document of what was found.
    pub fn new(found: &'a [Entry<'a>]) -> Self {
        Self { format_version: "1.0", kind: "repoman.query", packages: Packages(found) }
    }

    /// Writes the document's text: JSON, keys sorted, with a final newline.
    ///
    /// # Errors
    ///
    /// When `out` can't be written.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer_pretty(Printable(out), self)?;
        out.write_all(b"\n")
    }

    /// Returns the document's JSON Schema.
    pub fn json_schema() -> serde_json::Value {
        let settings = SchemaSettings::draft2020_12().for_serialize();
        settings.into_generator().into_root_schema_for::<Self>().to_value()
    }
}

/// Writes one line of JSON for each package, as it stands in `packages` of the document.
///
/// # Errors
///
/// When `out` can't be written.
pub fn write_lines(found: &[Entry<'_>], out: &mut dyn Write) -> io::Result<()> {
    for entry in found {
        serde_json::to_writer(Printable(out), &PackageDocument::new(entry))?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

impl<'a> PackageDocument<'a> {
    fn new(entry: &Entry<'a>) -> Self {
        let file = &entry.package.file;
        Self {
            architecture: entry.id.architecture.as_str(),
            component: entry.component.as_str(),
            distribution: entry.codename.as_str(),
            fields: entry.stanza().fields().map(|field| (field.name, field.value)).collect(),
            filename: &file.filename,
            from: entry.package.provenance.sources.iter().map(String::as_str).collect(),
            package: entry.id.name.as_str(),
            published_at: entry.published_at().map(|at| at.to_string()),
            sha256: file.sha256.to_string(),
            size: file.size,
            source: entry.source(),
            source_version: entry.source_version(),
            version: entry.id.version.as_str(),
        }
    }
}

/// Writes JSON without characters that drive a terminal: their escapes mean the same.
///
/// serde_json escapes what RFC 8259 asks for only, and passes whole pieces of strings; all that is
/// not ASCII stands in a string.
struct Printable<'a>(&'a mut dyn Write);

impl Write for Printable<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = std::str::from_utf8(bytes).map_err(io::Error::other)?;
        let mut plain = 0;
        let is_escaped = |c: &char| !is_printable(*c) && *c != '\n';
        for (at, character) in text.char_indices().filter(|(_, c)| is_escaped(c)) {
            self.0.write_all(&bytes[plain..at])?;
            // None of them is beyond the first plane.
            write!(self.0, "\\u{:04x}", u32::from(character))?;
            plain = at + character.len_utf8();
        }
        self.0.write_all(&bytes[plain..])?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_drives_a_terminal_is_escaped_and_reads_back() {
        let value = serde_json::json!({ "a": "x\u{1b}\u{7f}\u{9b}\u{202e}ü\n", "b": ["\t"] });
        let mut out = Vec::new();
        serde_json::to_writer_pretty(Printable(&mut out), &value).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.chars().all(|c| is_printable(c) || c == '\n'), "{text:?}");
        assert!(text.contains("x\\u001b\\u007f\\u009b\\u202eü\\n"), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }

    /// Run with `UPDATE_SCHEMA=1` to write the file anew.
    #[test]
    fn the_schema_file_is_the_schema() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/query.schema.json");
        let schema = format!("{:#}\n", QueryDocument::json_schema());
        if std::env::var_os("UPDATE_SCHEMA").is_some() {
            std::fs::write(path, &schema).unwrap();
        }
        assert_eq!(std::fs::read_to_string(path).unwrap(), schema);
    }
}
