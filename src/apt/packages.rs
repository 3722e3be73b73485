//! `Packages` files: one stanza for each package file that clients can install.

use std::str::FromStr;

use memchr::memmem;
use rayon::prelude::*;

use crate::compression::Part;
use crate::debian::architecture::Architecture;
use crate::debian::control::Control;
use crate::debian::deb822;
use crate::debian::name::PackageName;
use crate::debian::version::Version;
use crate::digest::Sha256;
use crate::digest::checksum::{Checksum, ChecksumSet, Sums};
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
    /// Which other checksums the stanza has.
    pub checksums: ChecksumSet,
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

/// Returns the stanza that publishes a control file, with its final newline, and with no checksum but
/// SHA-256.
///
/// The control fields stay verbatim and in order: apt offers a package as an upgrade of itself
/// where one of them differs from the .deb's own.
pub fn stanza(control: &Control, file: &FileFields) -> String {
    let mut out = String::with_capacity(control.text().len() + file.filename.len() + 128);
    for field in control.index_fields() {
        out.push_str(field.text);
    }
    let FileFields { filename, size, sha256, .. } = file;
    out + &format!("Filename: {filename}\nSize: {size}\nSHA256: {sha256}\n")
}

/// Returns a stanza with just these checksums beside SHA-256: those that it has stay, others come from
/// `sums`, and one that is in neither is left out.
///
/// They stand where Debian's own indices have them: MD5sum before SHA256, SHA512 after it.
pub fn with_checksums(stanza: &str, wanted: ChecksumSet, sums: &Sums) -> String {
    let stanza = deb822::Stanza::of_checked(stanza);
    let line = |checksum: Checksum| {
        let field = checksum.field();
        let value = stanza.get(field).map(str::to_owned).or_else(|| sums.text(checksum));
        let value = value.filter(|_| wanted.has(checksum));
        value.map(|value| format!("{field}: {value}\n")).unwrap_or_default()
    };
    let mut out = String::with_capacity(stanza.text().len() + 192);
    for field in stanza.fields() {
        let is_named = |name: &str| field.name.eq_ignore_ascii_case(name);
        if Checksum::ALL.iter().any(|checksum| is_named(checksum.field())) {
            continue;
        }
        match is_named("SHA256") {
            true => {
                out.extend([&*line(Checksum::Md5), field.text, &*line(Checksum::Sha512)]);
            }
            false => out.push_str(field.text),
        }
    }
    out
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
pub fn parts<'a>(stanzas: impl Iterator<Item = (&'a SharedText, &'a Sha256)>) -> Vec<Part<'a>> {
    let mut parts = Vec::new();
    for (stanza, digest) in stanzas {
        let mark = digest.as_bytes().first_chunk().map(|start| u64::from_be_bytes(*start));
        // A stanza that was read of an index has its empty line behind it.
        if let Some(text) = stanza.line() {
            parts.push(Part { text, mark });
        } else {
            parts.extend([Part { text: stanza.as_bytes(), mark }, EMPTY_LINE]);
        }
    }
    parts
}

/// Reads a `Packages` file's text stanza by stanza; what is read shares the text.
pub fn parse(
    text: &SharedText,
) -> impl Iterator<Item = Result<IndexedPackage, PackagesError>> + '_ {
    let mut stanzas = deb822::stanzas(text);
    let mut before = None;
    std::iter::from_fn(move || {
        let stanza = stanzas.next_with(&FIELDS)?.map_err(PackagesError::Syntax);
        let package = stanza.and_then(|(stanza, values)| {
            let fields = IndexedFields { text, values, before: before.as_ref() };
            fields.read(stanza)
        });
        before = package.as_ref().ok().map(|p| (p.name.clone(), p.architecture.clone()));
        Some(package)
    })
}

/// Reads a `Packages` file's text on all processors, and returns what `read` makes of its packages, in
/// their order.
///
/// # Errors
///
/// As [`parse`] does, for the first stanza that can't be read.
pub fn parse_all<T: Send>(
    text: &SharedText,
    read: impl Fn(IndexedPackage) -> T + Sync,
) -> Result<Vec<T>, PackagesError> {
    let read_piece = |piece: &str| {
        // Growing step by step, a list ends up with half of its room empty.
        let mut packages = Vec::with_capacity(memmem::find_iter(piece.as_bytes(), b"\n\n").count());
        for package in parse(&text.share(piece)) {
            packages.push(read(package?));
        }
        Ok(packages)
    };
    let pieces: Vec<_> = pieces(text).into_par_iter().map(read_piece).collect();
    match pieces.into_iter().collect::<Result<Vec<_>, _>>() {
        Ok(mut pieces) if pieces.len() == 1 => Ok(pieces.remove(0)),
        Ok(pieces) => {
            let mut all = Vec::with_capacity(pieces.iter().map(Vec::len).sum());
            pieces.into_iter().for_each(|piece| all.extend(piece));
            Ok(all)
        }
        // An error tells its line, which is not that of the piece.
        Err(error) => Err(parse(text).find_map(Result::err).unwrap_or(error)),
    }
}

/// Divides a text between stanzas into pieces that are worth a task each.
fn pieces(text: &str) -> Vec<&str> {
    const PIECE: usize = 4 << 20;
    let mut pieces = Vec::with_capacity(text.len() / PIECE + 1);
    let mut rest = text;
    while let Some(tail) = rest.as_bytes().get(PIECE..) {
        // No value has an empty line.
        let Some(end) = memmem::find(tail, b"\n\n") else { break };
        let (piece, next) = rest.split_at(PIECE + end + 2);
        pieces.push(piece);
        rest = next;
    }
    pieces.push(rest);
    pieces
}

/// The fields that are read of a stanza.
const FIELDS: [&str; 8] = [
    "Package",
    "Version",
    "Architecture",
    "Filename",
    "Size",
    "SHA256",
    Checksum::Md5.field(),
    Checksum::Sha512.field(),
];

/// The values of [`FIELDS`] in a stanza.
struct IndexedFields<'a> {
    text: &'a SharedText,
    values: [Option<&'a str>; FIELDS.len()],
    /// Name and architecture of the package before: those of this one are often the same, and then
    /// are kept once.
    before: Option<&'a (PackageName, Architecture)>,
}

impl IndexedFields<'_> {
    fn read(&self, stanza: deb822::Stanza<'_>) -> Result<IndexedPackage, PackagesError> {
        let [name, version, architecture, filename, size, sha256, md5, sha512] = self.values;
        let name = name.unwrap_or_default();
        let unreadable = |field| PackagesError::Field { package: name.to_owned(), field };
        fn value<T: FromStr>(text: Option<&str>) -> Option<T> {
            text?.parse().ok()
        }
        let known_name = self.before.map(|(known, _)| known).filter(|known| known.as_str() == name);
        let known_architecture = self.before.map(|(_, known)| known);
        let known_architecture =
            known_architecture.filter(|known| Some(known.as_str()) == architecture);
        Ok(IndexedPackage {
            name: known_name
                .cloned()
                .or_else(|| value(Some(name)))
                .ok_or_else(|| unreadable("Package"))?,
            version: value(version).ok_or_else(|| unreadable("Version"))?,
            architecture: known_architecture
                .cloned()
                .or_else(|| value(architecture))
                .ok_or_else(|| unreadable("Architecture"))?,
            file: FileFields {
                filename: self.text.share(filename.ok_or_else(|| unreadable("Filename"))?),
                size: value(size).ok_or_else(|| unreadable("Size"))?,
                sha256: value(sha256).ok_or_else(|| unreadable("SHA256"))?,
                checksums: [(Checksum::Md5, md5), (Checksum::Sha512, sha512)]
                    .into_iter()
                    .filter_map(|(checksum, value)| value.map(|_| checksum))
                    .collect(),
            },
            stanza: self.text.share(stanza.text()),
        })
    }
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
        stanza(
            &control,
            &FileFields {
                filename,
                size: 7,
                sha256: Sha256::of(b""),
                checksums: ChecksumSet::NONE,
            },
        )
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
    fn a_text_that_is_read_in_pieces_is_read_alike() {
        let stanza = published();
        let count = 3 * (4 << 20) / stanza.len();
        let text: SharedText = format!("{stanza}\n").repeat(count).into();
        assert!(pieces(&text).len() > 2);
        assert_eq!(pieces(&text).concat(), text.as_str());
        let all = parse_all(&text, |package| package).unwrap();
        let one_by_one: Vec<_> = parse(&text).collect::<Result<_, _>>().unwrap();
        assert_eq!(all, one_by_one);
        assert!(parse_all(&"".into(), |package| package).unwrap().is_empty());
        let broken: SharedText = format!("{text}broken\n\n{text}").into();
        let told = [
            parse_all(&broken, |package| package).unwrap_err().to_string(),
            parse(&broken).find_map(Result::err).unwrap().to_string(),
        ];
        assert_eq!(told[0], told[1]);
    }

    #[test]
    fn checksums_come_and_go_and_nothing_else_changes() {
        let stanza = published();
        let sums = crate::digest::checksum::of_reader(&b""[..], ChecksumSet::ALL).unwrap().1;
        let all = with_checksums(&stanza, ChecksumSet::ALL, &sums);
        let (md5, sha512) = (sums.md5.unwrap(), sums.sha512.unwrap());
        let expected = stanza.replace("SHA256: ", &format!("MD5sum: {md5}\nSHA256: "));
        assert_eq!(all, format!("{expected}SHA512: {sha512}\n"));
        let text = format!("{all}\n").into();
        let package = parse(&text).next().unwrap().unwrap();
        assert_eq!(package.file.checksums, ChecksumSet::ALL);
        // What is there is not computed again, and what nobody wants goes.
        let only =
            |checksum| with_checksums(&all, [checksum].into_iter().collect(), &Sums::default());
        assert_eq!(only(Checksum::Md5), expected);
        assert_eq!(only(Checksum::Sha512), format!("{stanza}SHA512: {sha512}\n"));
        assert_eq!(with_checksums(&all, ChecksumSet::NONE, &sums), stanza);
        assert_eq!(with_checksums(&stanza, ChecksumSet::ALL, &Sums::default()), stanza);
    }

    #[test]
    fn stanzas_that_were_joined_are_read_back() {
        let one = SharedText::from(published());
        let digest = Sha256::of(b"");
        let parts = parts([(&one, &digest); 2].into_iter());
        let text = parts.iter().map(|part| str::from_utf8(part.text).unwrap()).collect::<String>();
        assert_eq!(text, format!("{one}\n{one}\n"));
        let read: Vec<_> = parse(&text.into()).collect::<Result<_, _>>().unwrap();
        assert_eq!(read.len(), 2);
        assert!(read.iter().all(|package| package.stanza == one && package.file.size == 7));
    }
}
