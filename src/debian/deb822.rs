//! Stanzas of fields: the syntax of control files, `Packages` and `Release`.
//!
//! The scanner borrows: it finds the ends of lines with `memchr`, checks the syntax once while it
//! looks for the end of a stanza, and copies nothing. It is as strict as dpkg, which refuses what
//! other parsers read in different ways: two fields of one name, comments, lines of blanks within a
//! value, lines without a colon. It knows no field; what values may be is for others to say.
//!
//! Source: deb822(5), Debian Policy 5.1.

use memchr::{memchr, memchr_iter};

use super::checked_text::excerpt;
use seen_names::SeenNames;

mod seen_names;
#[cfg(test)]
mod tests;
mod write;

pub use write::write_field;

/// The most fields that a stanza may have; real ones have some forty.
///
/// The limit bounds the search for duplicates in hostile input.
const MAX_FIELDS: usize = 1000;

/// A text breaks the syntax of stanzas.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct Deb822Error {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: Deb822Reason,
}

/// How a text can break the syntax of stanzas.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Deb822Reason {
    /// A line that is neither `Name: value` nor starts with a blank.
    #[error("'{0}' has no ':' after a field name; a further line of a value starts with a blank")]
    NoColon(Box<str>),
    /// A colon without a name before it.
    #[error("there is no field name before ':'")]
    NoName,
    /// A `#` at the start of a line.
    #[error("comments are not allowed")]
    Comment,
    /// A name that starts with a hyphen.
    #[error("the field name '{0}' must not start with '-'")]
    Hyphen(Box<str>),
    /// A character that field names can't have.
    #[error("the field name '{0}' has a blank or a character that is not printable ASCII")]
    NameCharacter(Box<str>),
    /// A further line of a value before any field.
    #[error("a line that starts with a blank continues a field, but there is none before it")]
    NoField,
    /// A further line of a value that has only blanks.
    #[error("a line has nothing but blanks; write ' .' for an empty line within a value")]
    BlankLine,
    /// A field that the stanza already has, in any case.
    #[error("the field '{0}' is there twice")]
    Duplicate(Box<str>),
    /// More fields than any honest stanza has.
    #[error("there are more than {MAX_FIELDS} fields")]
    TooManyFields,
    /// No field at all where there should be one stanza.
    #[error("there are no fields")]
    Empty,
    /// Another stanza where there should be one only.
    #[error("a second stanza starts here, after an empty line")]
    SecondStanza,
    /// A value for [`write_field`] that would read as something else.
    #[error("the value of '{0}' would not be read back as it is")]
    Value(Box<str>),
}

/// Returns the stanzas of a text, which empty lines divide; after an error there are no more.
///
/// Each is checked when it is reached. A last line without its newline is accepted, as apt does.
pub fn stanzas(text: &str) -> Stanzas<'_> {
    Stanzas { rest: text, line: 1 }
}

/// Returns the only stanza of a text; none or a second one is an error.
pub fn single(text: &str) -> Result<Stanza<'_>, Deb822Error> {
    Ok(single_with(text, &[])?.0)
}

/// Returns the only stanza of a text with the values of the fields of these names; see
/// [`Stanzas::next_with`].
pub fn single_with<'a, const N: usize>(
    text: &'a str,
    names: &[&str; N],
) -> Result<WithValues<'a, N>, Deb822Error> {
    let mut all = stanzas(text);
    let empty = Deb822Error { line: 1, reason: Deb822Reason::Empty };
    let only = all.next_with(names).ok_or(empty)??;
    let Some(second) = all.next() else { return Ok(only) };
    Err(Deb822Error { line: second?.line, reason: Deb822Reason::SecondStanza })
}

/// An iterator over the stanzas of a text, made by [`stanzas`].
#[derive(Debug, Clone)]
pub struct Stanzas<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Iterator for Stanzas<'a> {
    type Item = Result<Stanza<'a>, Deb822Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_meeting(|_, _| {})
    }
}

/// A stanza, and the values of fields that were asked for.
pub type WithValues<'a, const N: usize> = (Stanza<'a>, [Option<&'a str>; N]);

impl<'a> Stanzas<'a> {
    /// Returns the next stanza with the values of the fields of these names, in any case, as
    /// [`Stanza::get`] would return them: found on the way, in one pass.
    pub fn next_with<const N: usize>(
        &mut self,
        names: &[&str; N],
    ) -> Option<Result<WithValues<'a, N>, Deb822Error>> {
        let mut found = [(0, 0); N];
        let mut open = None;
        let stanza = self.next_meeting(|name, offset| {
            // A field ends where the next one begins.
            if let Some(place) = open.take() {
                let (_, end): &mut (usize, usize) = &mut found[place];
                *end = offset;
            }
            if let Some(place) = names.iter().position(|known| known.eq_ignore_ascii_case(name)) {
                found[place] = (offset + name.len() + 1, usize::MAX);
                open = Some(place);
            }
        })?;
        Some(stanza.map(|stanza| {
            let text = stanza.text;
            let value = |(start, end): (usize, usize)| {
                (start > 0).then(|| trim(&text[start..end.min(text.len())]))
            };
            (stanza, found.map(value))
        }))
    }

    /// Returns the next stanza; `meet` is told the name of each field and where it begins in there.
    fn next_meeting(
        &mut self,
        meet: impl FnMut(&str, usize),
    ) -> Option<Result<Stanza<'a>, Deb822Error>> {
        let empty_lines = self.rest.bytes().take_while(|byte| *byte == b'\n').count();
        self.rest = &self.rest[empty_lines..];
        self.line += empty_lines;
        if self.rest.is_empty() {
            return None;
        }
        match Extent::measure(self.rest, self.line, meet) {
            Ok(extent) => {
                let (text, rest) = self.rest.split_at(extent.length);
                let stanza = Stanza { text, line: self.line };
                (self.rest, self.line) = (rest, self.line + extent.lines);
                Some(Ok(stanza))
            }
            Err(error) => {
                self.rest = "";
                Some(Err(error))
            }
        }
    }
}

/// One or more fields that belong together, of which the syntax is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stanza<'a> {
    text: &'a str,
    line: usize,
}

impl<'a> Stanza<'a> {
    /// Returns the stanza of a text that [`single`] accepted before.
    ///
    /// Of any other text it has whatever looks like fields.
    pub fn of_checked(text: &'a str) -> Self {
        Self { text, line: 1 }
    }

    /// Returns the whole text, with the newline of its last line if that has one.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// Returns the line that the stanza starts at, from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// Returns the fields in their order.
    pub fn fields(&self) -> Fields<'a> {
        Fields { rest: self.text, line: self.line }
    }

    /// Returns the value of the field of this name, in any case; see [`Field::value`].
    pub fn get(&self, name: &str) -> Option<&'a str> {
        let mut rest = self.text;
        loop {
            if let Some(value) = after_name(rest, name) {
                return Some(trim(&value[..Extent::of_field(value).length]));
            }
            rest = &rest[line_length(rest)..];
            if rest.is_empty() {
                return None;
            }
        }
    }
}

/// A field of a stanza.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    /// The name, as it was written.
    pub name: &'a str,
    /// The value without the blanks at its two ends.
    ///
    /// Lines after the first keep the blank that they start with. If nothing stands on the first
    /// line, the value starts with a newline.
    pub value: &'a str,
    /// The lines of the field, verbatim, with the last newline if it has one.
    pub text: &'a str,
    /// The line that the field starts at, from 1.
    pub line: usize,
}

/// An iterator over the fields of a stanza, made by [`Stanza::fields`].
#[derive(Debug, Clone)]
pub struct Fields<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        let extent = Extent::of_field(self.rest);
        let (text, rest) = self.rest.split_at(extent.length);
        let colon = memchr(b':', text.as_bytes())?;
        let (name, value) = (&text[..colon], trim(&text[colon + 1..]));
        let field = Field { name, value, text, line: self.line };
        self.line += extent.lines;
        self.rest = rest;
        Some(field)
    }
}

/// The size of a stanza or field at the start of a text.
struct Extent {
    length: usize,
    lines: usize,
}

impl Extent {
    /// Finds the end of the stanza that a text starts with, and checks each line before it.
    fn measure(
        text: &str,
        first_line: usize,
        mut meet: impl FnMut(&str, usize),
    ) -> Result<Self, Deb822Error> {
        let mut names = SeenNames::default();
        let mut extent = Self { length: 0, lines: 0 };
        let mut newlines = memchr_iter(b'\n', text.as_bytes());
        while extent.length < text.len() {
            let newline = newlines.next();
            let line = &text[extent.length..newline.unwrap_or(text.len())];
            if line.is_empty() {
                break;
            }
            let name = check_line(line, &text[..extent.length], &mut names)
                .map_err(|reason| Deb822Error { line: first_line + extent.lines, reason })?;
            if let Some(name) = name {
                meet(name, extent.length);
            }
            extent.length = newline.map_or(text.len(), |newline| newline + 1);
            extent.lines += 1;
        }
        Ok(extent)
    }

    /// Finds the end of the field that a text, once checked, starts with or in.
    fn of_field(text: &str) -> Self {
        let mut extent = Self { length: line_length(text), lines: 1 };
        while matches!(text.as_bytes().get(extent.length), Some(b' ' | b'\t')) {
            extent.length += line_length(&text[extent.length..]);
            extent.lines += 1;
        }
        extent
    }
}

/// Checks a line that is not empty, with what stands before it in its stanza, and returns the name
/// of the field that it begins, if it begins one.
fn check_line<'a>(
    line: &'a str,
    before: &str,
    names: &mut SeenNames,
) -> Result<Option<&'a str>, Deb822Reason> {
    if !line.starts_with(is_blank) {
        let name = field_name(line)?;
        return names.insert(name, before).map(|()| Some(name));
    }
    if before.is_empty() {
        return Err(Deb822Reason::NoField);
    }
    match line.bytes().any(|byte| !matches!(byte, b' ' | b'\t')) {
        true => Ok(None),
        false => Err(Deb822Reason::BlankLine),
    }
}

/// Returns the name that the first line of a field starts with.
#[inline]
fn field_name(line: &str) -> Result<&str, Deb822Reason> {
    let end = line.bytes().position(|byte| !is_name_byte(byte)).unwrap_or(line.len());
    let name = &line[..end];
    if line.as_bytes().get(end) == Some(&b':') && !matches!(name.as_bytes(), [] | [b'#' | b'-', ..])
    {
        return Ok(name);
    }
    Err(name_flaw(line))
}

/// Returns why a line that isn't a further line of a value doesn't start a field.
fn name_flaw(line: &str) -> Deb822Reason {
    if line.starts_with('#') {
        return Deb822Reason::Comment;
    }
    match line.split_once(':') {
        Some((name, _)) => check_name(name).err().unwrap_or(Deb822Reason::NoColon(excerpt(line))),
        None => Deb822Reason::NoColon(excerpt(line)),
    }
}

/// Checks a whole field name.
fn check_name(name: &str) -> Result<(), Deb822Reason> {
    match name.as_bytes() {
        [] => Err(Deb822Reason::NoName),
        [b'#', ..] => Err(Deb822Reason::Comment),
        [b'-', ..] => Err(Deb822Reason::Hyphen(excerpt(name))),
        bytes if bytes.iter().copied().all(is_name_byte) => Ok(()),
        _ => Err(Deb822Reason::NameCharacter(excerpt(name))),
    }
}

/// Tells whether a byte may stand in a field name: printable ASCII but no blank and no colon.
#[inline]
fn is_name_byte(byte: u8) -> bool {
    NAME_BYTES[usize::from(byte)]
}

/// The answers of [`is_name_byte`]: most of the scanner's time goes into names.
const NAME_BYTES: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = b'!';
    while byte <= b'~' {
        table[byte as usize] = byte != b':';
        byte += 1;
    }
    table
};

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

/// Returns the length of the first line, with its newline.
fn line_length(text: &str) -> usize {
    memchr(b'\n', text.as_bytes()).map_or(text.len(), |newline| newline + 1)
}

/// Returns a value without the newline that ends it and the blanks around it.
fn trim(value: &str) -> &str {
    let value = value.strip_suffix('\n').unwrap_or(value);
    value.trim_start_matches(is_blank).trim_end_matches(is_blank)
}

/// Returns what follows `name:` if the text starts with that, in any case.
fn after_name<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let start = text.as_bytes().get(..name.len())?;
    let found = text.as_bytes().get(name.len()) == Some(&b':')
        && start.eq_ignore_ascii_case(name.as_bytes());
    found.then(|| &text[name.len() + 1..])
}
