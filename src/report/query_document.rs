//! What a query found, as JSON (`query --json`, `--format jsonl`), written package by package.

use std::collections::BTreeMap;
use std::io::{self, Write};

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use crate::query::Entry;
use crate::report::document::{Document, Printable};

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
}

impl Document for QueryDocument<'_> {
    const NAME: &'static str = "query";
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
