//! The control file of a binary package, accepted only if every client reads it the same way.
//!
//! dpkg, apt, aptly and reprepro disagree on broken control files, and one bad stanza in an index
//! stops apt on every machine. So a [`Control`] exists only for the text that all of them agree on;
//! everything else is refused with what a packager has to change. Nothing is repaired.
//!
//! Source: Debian Policy 5.3, deb-control(5).

mod rules;

use std::str::FromStr;

use super::architecture::{Architecture, ArchitectureError};
use super::checked_text::excerpt;
use super::deb822::{self, Deb822Error, Field, Stanza};
use super::name::{NameError, PackageName};
use super::relation::RelationError;
use super::version::{Version, VersionError};

#[cfg(test)]
mod tests;

/// The largest control file that is accepted, in bytes; apt gives up at 1 MiB a stanza.
pub const MAX_SIZE: usize = 256 * 1024;

/// The fields that are read; the first ones every control file must have, with a value.
const READ: [&str; 7] =
    ["Package", "Version", "Architecture", "Maintainer", "Description", "Source", "Multi-Arch"];

/// How many they are.
const MANDATORY: usize = 5;

/// The control file of a binary package.
///
/// It holds the text once, and its identity in parsed form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    text: Box<str>,
    package: PackageName,
    version: Version,
    architecture: Architecture,
    source: Option<Source>,
}

/// The value of `Source`: a name, with a version where it differs from the package's.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Source {
    name: PackageName,
    version: Option<Version>,
}

/// A control file can't be accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    /// More than [`MAX_SIZE`] bytes.
    #[error("the control file has {size} bytes; more than {MAX_SIZE} are not accepted")]
    TooLarge {
        /// The number of bytes.
        size: usize,
    },
    /// Bytes that are not UTF-8.
    #[error("line {line} of the control file is not valid UTF-8")]
    NotUtf8 {
        /// The line, from 1.
        line: usize,
    },
    /// A control character other than newline and tab.
    #[error("line {line} of the control file has the control character {character:?}")]
    ControlCharacter {
        /// The line, from 1.
        line: usize,
        /// The character.
        character: char,
    },
    /// Carriage returns, as editors of other systems write them.
    #[error("line {line} of the control file has a carriage return; end lines with newline only")]
    CarriageReturn {
        /// The line, from 1.
        line: usize,
    },
    /// An empty line before the first field; apt can't read an index that starts so.
    #[error("the control file starts with an empty line; remove it")]
    LeadingEmptyLine,
    /// No newline at the end.
    #[error("the last line of the control file has no newline; add one")]
    NoFinalNewline,
    /// The syntax of fields and lines is broken.
    #[error("the control file is malformed")]
    Syntax(#[from] Deb822Error),
    /// A field that every package must have is missing.
    #[error("the control file has no field '{0}', which is mandatory")]
    Missing(&'static str),
    /// A field is not what it must be.
    #[error("the control file's field '{field}' on line {line} can't be accepted")]
    Field {
        /// The name of the field, as it was written.
        field: Box<str>,
        /// The line that the field starts at, from 1.
        line: usize,
        /// What is wrong with it.
        #[source]
        reason: FieldError,
    },
}

/// Why a field of a control file can't be accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// No value where there must be one.
    #[error("it is empty")]
    Empty,
    /// Not the name of a package.
    #[error(transparent)]
    Name(#[from] NameError),
    /// Not a version.
    #[error(transparent)]
    Version(#[from] VersionError),
    /// Not an architecture.
    #[error(transparent)]
    Architecture(#[from] ArchitectureError),
    /// Not relations between packages.
    #[error(transparent)]
    Relation(#[from] RelationError),
    /// Neither `name` nor `name (version)`.
    #[error("'{0}' is not a source package; write 'name' or 'name (version)'")]
    Source(Box<str>),
    /// Not one word of printable ASCII.
    #[error("'{0}' is not one word of ASCII letters, digits and punctuation")]
    Word(Box<str>),
    /// Not one of the few values that the field may have.
    #[error("'{value}' is not one of: {allowed}")]
    Choice {
        /// The start of the value.
        value: Box<str>,
        /// The values that are allowed.
        allowed: &'static str,
    },
    /// Not a whole number.
    #[error("'{0}' is not a whole number")]
    Number(Box<str>),
    /// `Multi-Arch: same` with `Architecture: all`, which dpkg refuses.
    #[error("'same' is not allowed for packages of architecture 'all'")]
    SameForAll,
    /// A field that dpkg once knew by this name; clients disagree on its meaning.
    #[error("the field is obsolete; use '{0}'")]
    Obsolete(&'static str),
    /// A field of dpkg's own database, which dpkg refuses in a package.
    #[error("the field belongs to dpkg's database of installed packages; remove it")]
    Database,
    /// A name of one character, which dpkg refuses.
    #[error("a field name has at least two characters")]
    ShortName,
    /// An empty value on the last line, which dpkg takes for a missing newline.
    #[error("the last field is empty, which dpkg refuses; remove it")]
    EmptyAtEnd,
}

impl Control {
    /// Checks the bytes of a control file and keeps them; empty lines at the end are dropped.
    pub fn parse(bytes: &[u8]) -> Result<Self, ControlError> {
        let text = check_text(bytes)?;
        let (stanza, values) = deb822::single_with(text, &READ)?;
        stanza
            .fields()
            .try_for_each(|field| rules::check(&field).map_err(|reason| refused(&field, reason)))?;
        READ.into_iter().zip(values).take(MANDATORY).try_for_each(|(name, value)| match value {
            Some("") => Err(refused_by_name(&stanza, name, FieldError::Empty)),
            Some(_) => Ok(()),
            None => Err(ControlError::Missing(name)),
        })?;
        check_end(&stanza)?;
        let [package, version, architecture, _, _, source, multi_arch] = values;
        let control = Self {
            text: stanza.text().into(),
            package: mandatory(&stanza, "Package", package)?,
            version: mandatory(&stanza, "Version", version)?,
            architecture: mandatory(&stanza, "Architecture", architecture)?,
            source: typed(&stanza, "Source", source)?,
        };
        // What is the same on all architectures can't have several of them: dpkg refuses it.
        if multi_arch == Some("same") && control.architecture.is_all() {
            return Err(refused_by_name(&stanza, "Multi-Arch", FieldError::SameForAll));
        }
        Ok(control)
    }

    /// Returns the file, verbatim, with one newline at the end.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the name of the binary package.
    pub fn package(&self) -> &PackageName {
        &self.package
    }

    /// Returns the version of the binary package.
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// Returns the architecture.
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// Returns the name of the source package; that of the package itself if none is said.
    pub fn source_name(&self) -> &PackageName {
        self.source.as_ref().map_or(&self.package, |source| &source.name)
    }

    /// Returns the version of the source package; that of the package itself if none is said.
    pub fn source_version(&self) -> &Version {
        self.source.as_ref().and_then(|source| source.version.as_ref()).unwrap_or(&self.version)
    }

    /// Returns the value of a field, whose name may be in any case; see [`Field::value`].
    pub fn field(&self, name: &str) -> Option<&str> {
        self.stanza().get(name)
    }

    /// Returns all fields in their order.
    pub fn fields(&self) -> deb822::Fields<'_> {
        self.stanza().fields()
    }

    /// Returns the fields that go into an index as they are: all but those that an index computes.
    ///
    /// Left out are `Filename`, `Size`, checksums and their kind, in any case: apt takes the last
    /// of two equal fields, so a package could redirect a download or forge its own checksum.
    pub fn index_fields(&self) -> impl Iterator<Item = Field<'_>> {
        self.fields().filter(|field| !rules::is_computed_by_index(field.name))
    }

    fn stanza(&self) -> Stanza<'_> {
        Stanza::of_checked(&self.text)
    }
}

impl FromStr for Source {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, FieldError> {
        let Some((name, rest)) = text.split_once([' ', '\t']) else {
            return Ok(Self { name: text.parse()?, version: None });
        };
        let inner = rest.trim_start_matches([' ', '\t']);
        let inner = inner.strip_prefix('(').and_then(|inner| inner.strip_suffix(')'));
        let version = inner.ok_or_else(|| FieldError::Source(excerpt(text)))?;
        Ok(Self { name: name.parse()?, version: Some(version.parse()?) })
    }
}

/// Checks size, encoding, characters and both ends.
fn check_text(bytes: &[u8]) -> Result<&str, ControlError> {
    if bytes.len() > MAX_SIZE {
        return Err(ControlError::TooLarge { size: bytes.len() });
    }
    let line_at = |position: usize| 1 + memchr::memchr_iter(b'\n', &bytes[..position]).count();
    let text = std::str::from_utf8(bytes)
        .map_err(|error| ControlError::NotUtf8 { line: line_at(error.valid_up_to()) })?;
    // All bytes at once: where there is none to be found, that takes a tenth of the time.
    if bytes.iter().fold(false, |found, byte| found | is_refused(*byte))
        && let Some(position) = bytes.iter().position(|byte| is_refused(*byte))
    {
        let line = line_at(position);
        return Err(match char::from(bytes[position]) {
            '\r' => ControlError::CarriageReturn { line },
            character => ControlError::ControlCharacter { line, character },
        });
    }
    match bytes {
        [b'\n', ..] => Err(ControlError::LeadingEmptyLine),
        [.., b'\n'] | [] => Ok(text),
        _ => Err(ControlError::NoFinalNewline),
    }
}

/// Tells whether a byte is a control character that means something else to some client.
fn is_refused(byte: u8) -> bool {
    byte.is_ascii_control() && !matches!(byte, b'\n' | b'\t')
}

/// Refuses an empty value at the end of the file, which dpkg takes for a missing newline.
fn check_end(stanza: &Stanza<'_>) -> Result<(), ControlError> {
    match stanza.fields().last() {
        Some(field) if field.value.is_empty() => Err(refused(&field, FieldError::EmptyAtEnd)),
        _ => Ok(()),
    }
}

/// Returns the value of a field that must be there, in its type.
fn mandatory<T>(
    stanza: &Stanza<'_>,
    name: &'static str,
    value: Option<&str>,
) -> Result<T, ControlError>
where
    T: FromStr,
    FieldError: From<T::Err>,
{
    typed(stanza, name, value)?.ok_or(ControlError::Missing(name))
}

/// Returns the value of a field in its type, if it is there.
fn typed<T>(stanza: &Stanza<'_>, name: &str, value: Option<&str>) -> Result<Option<T>, ControlError>
where
    T: FromStr,
    FieldError: From<T::Err>,
{
    let parsed = value.map(str::parse).transpose();
    parsed.map_err(|reason: T::Err| refused_by_name(stanza, name, reason.into()))
}

fn refused(field: &Field<'_>, reason: FieldError) -> ControlError {
    ControlError::Field { field: excerpt(field.name), line: field.line, reason }
}

fn refused_by_name(stanza: &Stanza<'_>, name: &str, reason: FieldError) -> ControlError {
    let line = stanza.fields().find(|field| field.name.eq_ignore_ascii_case(name));
    ControlError::Field { field: name.into(), line: line.map_or(1, |field| field.line), reason }
}
