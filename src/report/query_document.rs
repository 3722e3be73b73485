//! What a query found, as JSON (`query --json`, `--format jsonl`), written package by package.

use std::collections::BTreeMap;
use std::io::{self, Write};

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use crate::query::{Entry, RetiredBy, Retirement};
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
    /// All fields of the stanza, byte for byte; where nothing else is left, name, version and
    /// architecture.
    fields: BTreeMap<&'a str, &'a str>,
    /// The key of the package file below the repository's URL; nothing where nothing that
    /// describes the file is left.
    filename: Option<&'a str>,
    /// The sources of the manifest that brought it.
    from: Vec<&'a str>,
    package: &'a str,
    /// When it was first published there, in RFC 3339.
    published_at: Option<String>,
    /// What became of it, if it is not published any more (`query --retired`).
    #[serde(skip_serializing_if = "Option::is_none")]
    retired: Option<RetirementDocument<'a>>,
    sha256: Option<String>,
    /// In bytes.
    size: Option<u64>,
    /// The name of the source package; nothing where nothing that tells it is left.
    source: Option<&'a str>,
    source_version: Option<&'a str>,
    version: &'a str,
}

/// What became of a package that is not published any more.
#[derive(Debug, Serialize, JsonSchema)]
struct RetirementDocument<'a> {
    /// From when on the file may be deleted, in RFC 3339, if something is about to.
    available_until: Option<String>,
    /// `available`; `deleted`; or `unknown`: a file of that name is there, and nobody knows whether
    /// it is this one.
    file: &'static str,
    /// The last generation that lists it, of those whose records can be read.
    generation: u64,
    /// Why, where it is known.
    reason: Option<ReasonDocument<'a>>,
    /// The `Date` of the first generation after that one, in RFC 3339: since then, at the latest,
    /// it is gone.
    since: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ReasonDocument<'a> {
    /// `yanked`, `unkept`, `undeclared`, `no-longer-offered` or `rollback`, as in plans.
    code: &'static str,
    /// The mirror sources that had it no more.
    sources: &'a [String],
    /// For people.
    text: String,
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
        let file = entry.file();
        Self {
            architecture: entry.id.architecture.as_str(),
            component: entry.component.as_str(),
            distribution: entry.codename.as_str(),
            fields: entry.stanza().fields().map(|field| (field.name, field.value)).collect(),
            filename: file.map(|file| &*file.filename),
            from: entry.package.provenance.sources.iter().map(String::as_str).collect(),
            package: entry.id.name.as_str(),
            published_at: entry.published_at().map(|at| at.to_string()),
            retired: entry.retirement.map(RetirementDocument::new),
            sha256: file.map(|file| file.sha256.to_string()),
            size: file.map(|file| file.size),
            source: entry.source(),
            source_version: entry.source_version(),
            version: entry.id.version.as_str(),
        }
    }
}

impl<'a> RetirementDocument<'a> {
    fn new(retirement: &'a Retirement) -> Self {
        let Retirement { generation, since, reason, remains, .. } = retirement;
        Self {
            available_until: remains.until().map(|at| at.to_string()),
            file: remains.as_str(),
            generation: *generation,
            reason: reason.as_ref().map(ReasonDocument::new),
            since: since.to_string(),
        }
    }
}

impl<'a> ReasonDocument<'a> {
    fn new(reason: &'a RetiredBy) -> Self {
        let sources = match reason {
            RetiredBy::Mirror(sources) => &sources[..],
            RetiredBy::Yank(_)
            | RetiredBy::Retention
            | RetiredBy::Undeclared
            | RetiredBy::Rollback(_) => &[],
        };
        Self { code: reason.code(), sources, text: reason.to_string() }
    }
}
