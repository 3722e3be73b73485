//! `Packages` files: one stanza for each package file that clients can install.

use crate::compression::Part;
use crate::debian::architecture::Architecture;
use crate::debian::control::Control;
use crate::debian::deb822;
use crate::debian::name::PackageName;
use crate::debian::version::Version;
use crate::digest::Sha256;
use crate::text::SharedText;

/// What an index adds to a control file: where the .deb is and what its bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFields {
    /// The object key relative to the repository's root, not encoded in any way.
    pub filename: SharedText,
    /// The size in bytes.
    pub size: u64,
    /// The digest of the file.
    pub sha256: Sha256,
}

/// The fields of a published stanza that this tool works with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexedPackage {
    /// `Package:`.
    pub name: PackageName,
    /// `Version:`.
    pub version: Version,
    /// `Architecture:`.
    pub architecture: Architecture,
    /// `Filename:`, `Size:`, `SHA256:`.
    pub file: FileFields,
    /// The whole stanza, with its final newline.
    pub stanza: SharedText,
}

/// Why a `Packages` file can't be read.
#[derive(Debug, thiserror::Error)]
pub enum PackagesError {
    /// A stanza has a form that no tool should have published.
    #[error("not a deb822 stanza")]
    Syntax(#[source] deb822::Deb822Error),
    /// A field that clients need is missing or unreadable.
    #[error("package `{package}`: field {field} is missing or unreadable")]
    Field {
        /// The stanza's `Package:`, or nothing.
        package: String,
        /// The field's name.
        field: &'static str,
    },
}

/// Returns the stanza that publishes a control file, with its final newline.
///
/// The control fields stay verbatim and in order: apt offers a package as an upgrade of itself
/// where one of them differs from the .deb's own.
pub fn stanza(control: &Control, file: &FileFields) -> String {
    let mut out = String::with_capacity(control.text().len() + file.filename.len() + 128);
    for field in control.index_fields() {
        out.push_str(field.text);
    }
    let FileFields { filename, size, sha256 } = file;
    out + &format!("Filename: {filename}\nSize: {size}\nSHA256: {sha256}\n")
}

/// What ends a stanza; where there is more of it, readers skip it.
pub const EMPTY_LINE: Part<'_> = Part { text: b"\n", mark: None };

/// Returns the text of a `Packages` file in parts: its stanzas, in their order, each with an empty
/// line after it.
///
/// The last has one, too: debootstrap takes a stanza for complete only when it meets that.
///
/// A stanza may begin a compressed block. What marks it is the digest of its package file: no number
/// looks more random, and none depends less on the other stanzas.
pub fn parts<'a>(stanzas: impl Iterator<Item = (&'a str, &'a Sha256)>) -> Vec<Part<'a>> {
    let mut parts = Vec::new();
    for (stanza, digest) in stanzas {
        let mark = digest.as_bytes().first_chunk().map(|start| u64::from_be_bytes(*start));
        parts.push(Part { text: stanza.as_bytes(), mark });
        parts.push(EMPTY_LINE);
    }
    parts
}

/// Reads a `Packages` file's text stanza by stanza; what is read shares the text.
pub fn parse(
    text: &SharedText,
) -> impl Iterator<Item = Result<IndexedPackage, PackagesError>> + '_ {
    deb822::stanzas(text).map(move |stanza| indexed(text, stanza.map_err(PackagesError::Syntax)?))
}

/// The fields that are read of a stanza.
const FIELDS: [&str; 6] = ["Package", "Version", "Architecture", "Filename", "Size", "SHA256"];

/// Returns the values of [`FIELDS`], found in one pass.
fn values<'a>(stanza: deb822::Stanza<'a>) -> [Option<&'a str>; FIELDS.len()] {
    let mut values = [None; FIELDS.len()];
    for field in stanza.fields() {
        if let Some(place) = FIELDS.iter().position(|known| known.eq_ignore_ascii_case(field.name))
        {
            values[place] = Some(field.value);
        }
    }
    values
}

fn indexed(
    whole: &SharedText,
    stanza: deb822::Stanza<'_>,
) -> Result<IndexedPackage, PackagesError> {
    let values = values(stanza);
    let name = values[0].unwrap_or_default();
    let unreadable = |field| PackagesError::Field { package: name.to_owned(), field };
    let text = |field| {
        let place = FIELDS.iter().position(|known| *known == field);
        place.and_then(|place| values[place]).ok_or_else(|| unreadable(field))
    };
    Ok(IndexedPackage {
        name: name.parse().map_err(|_| unreadable("Package"))?,
        version: text("Version")?.parse().map_err(|_| unreadable("Version"))?,
        architecture: text("Architecture")?.parse().map_err(|_| unreadable("Architecture"))?,
        file: FileFields {
            filename: whole.share(text("Filename")?),
            size: text("Size")?.parse().map_err(|_| unreadable("Size"))?,
            sha256: text("SHA256")?.parse().map_err(|_| unreadable("SHA256"))?,
        },
        stanza: whole.share(stanza.text()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTROL: &str = "Package: widget\nVersion: 1.4.2-1\nArchitecture: amd64\n\
        Maintainer: A <a@example.org>\nFilename: ../evil\nsha256: 00\nX-Custom: kept\n\
        Description: short\n long\n .\n more\n";

    fn published() -> String {
        let control = Control::parse(CONTROL.as_bytes()).unwrap();
        let filename = "pool/w/widget/0/widget_1.4.2-1_amd64.deb".to_owned();
        let filename = filename.into();
        stanza(&control, &FileFields { filename, size: 7, sha256: Sha256::of(b"") })
    }

    #[test]
    fn control_fields_stay_and_injected_ones_go() {
        insta::assert_snapshot!(published(), @r"
        Package: widget
        Version: 1.4.2-1
        Architecture: amd64
        Maintainer: A <a@example.org>
        X-Custom: kept
        Description: short
         long
         .
         more
        Filename: pool/w/widget/0/widget_1.4.2-1_amd64.deb
        Size: 7
        SHA256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
        ");
    }

    #[test]
    fn stanzas_that_were_joined_are_read_back() {
        let one = published();
        let digest = Sha256::of(b"");
        let parts = parts([(one.as_str(), &digest); 2].into_iter());
        let text = parts.iter().map(|part| str::from_utf8(part.text).unwrap()).collect::<String>();
        assert_eq!(text, format!("{one}\n{one}\n"));
        let read: Vec<_> = parse(&text.into()).collect::<Result<_, _>>().unwrap();
        assert_eq!(read.len(), 2);
        assert!(read.iter().all(|package| *package.stanza == one && package.file.size == 7));
    }
}
