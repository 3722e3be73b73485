//! What the fields of a control file may hold, and which of them an index makes itself.
//!
//! The fields that become part of a [`super::Control`] are checked where they are parsed; a field
//! that no table here knows may hold anything.

use super::FieldError;
use crate::debian::checked_text::{MAX_LENGTH, excerpt};
use crate::debian::deb822::Field;
use crate::debian::relation::{RELATION_FIELDS, Relations};

/// What a field may hold.
#[derive(Debug, Clone, Copy)]
enum Rule {
    /// Nothing, or one word that can stand in a path or a line of `Contents`.
    Word,
    /// Nothing, one of Debian's priorities, or a word that starts like none of them.
    Priority,
    /// One of the values, with blanks between them here.
    OneOf(&'static str),
    /// A whole number.
    Number,
    /// Nothing: the field has another name since long.
    Obsolete(&'static str),
    /// Nothing: only dpkg writes the field.
    Database,
}

/// The fields with a rule, beside relations and what [`super::Control`] parses.
const RULES: [(&str, Rule); 18] = [
    ("Section", Rule::Word),
    ("Priority", Rule::Priority),
    ("Essential", Rule::OneOf("yes no")),
    ("Protected", Rule::OneOf("yes no")),
    ("Important", Rule::OneOf("yes no")),
    ("Multi-Arch", Rule::OneOf("no same foreign allowed")),
    ("Installed-Size", Rule::Number),
    // dpkg adds the revision to the version, so that apt would see another version than dpkg.
    ("Revision", Rule::Obsolete("Version")),
    ("Package-Revision", Rule::Obsolete("Version")),
    ("Package_Revision", Rule::Obsolete("Version")),
    ("Recommended", Rule::Obsolete("Recommends")),
    ("Optional", Rule::Obsolete("Suggests")),
    ("Class", Rule::Obsolete("Priority")),
    ("Status", Rule::Database),
    ("Config-Version", Rule::Database),
    // dpkg takes a well-formed one; it would forge which files in `/etc` an administrator changed.
    ("Conffiles", Rule::Database),
    ("Triggers-Pending", Rule::Database),
    ("Triggers-Awaited", Rule::Database),
];

/// The fields that an index computes, or that are for the archive to set.
///
/// What [`Rule::Database`] refuses can't get that far.
const COMPUTED_BY_INDEX: [&str; 9] = [
    // Where the package is and what its bytes are: forged, they redirect or break a download.
    "Filename",
    "MSDOS-Filename",
    "Size",
    "MD5sum",
    "SHA1",
    "SHA256",
    "SHA512",
    // apt looks translations up by it, and stops at one that isn't 32 hexadecimal digits.
    "Description-md5",
    // Who gets an upgrade yet is for the archive to say.
    "Phased-Update-Percentage",
];

/// Tells whether an index has its own value for a field, so that a package's must not get there.
pub(super) fn is_computed_by_index(name: &str) -> bool {
    COMPUTED_BY_INDEX.iter().any(|computed| computed.eq_ignore_ascii_case(name))
}

/// Checks one field against its rule.
pub(super) fn check(field: &Field<'_>) -> Result<(), FieldError> {
    if field.name.len() < 2 {
        return Err(FieldError::ShortName);
    }
    let is_named = |name: &str| name.eq_ignore_ascii_case(field.name);
    if let Some((_, kind)) = RELATION_FIELDS.into_iter().find(|(name, _)| is_named(name)) {
        return Ok(Relations::check(field.value, kind)?);
    }
    match RULES.into_iter().find(|(name, _)| is_named(name)) {
        Some((_, rule)) => rule.check(field.value),
        None => Ok(()),
    }
}

impl Rule {
    fn check(self, value: &str) -> Result<(), FieldError> {
        match self {
            Self::Word | Self::Priority if !is_word(value) => Err(FieldError::Word(excerpt(value))),
            Self::Priority if has_priority_with_tail(value) => {
                Err(FieldError::Choice { value: excerpt(value), allowed: PRIORITIES })
            }
            Self::Word | Self::Priority => Ok(()),
            Self::OneOf(allowed) if allowed.split(' ').any(|one| one == value) => Ok(()),
            Self::OneOf(allowed) => Err(FieldError::Choice { value: excerpt(value), allowed }),
            Self::Number if is_number(value) => Ok(()),
            Self::Number => Err(FieldError::Number(excerpt(value))),
            Self::Obsolete(successor) => Err(FieldError::Obsolete(successor)),
            Self::Database => Err(FieldError::Database),
        }
    }
}

/// Tells whether a value is empty, which dpkg allows, or a word that `Contents` can list.
fn is_word(value: &str) -> bool {
    value.len() <= MAX_LENGTH && value.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',')
}

/// The priorities that dpkg knows.
const PRIORITIES: &str = "required important standard optional extra";

/// Tells whether a value is a known priority with more behind it, at which dpkg stops.
///
/// It takes any other word for a priority that only the archive knows.
fn has_priority_with_tail(value: &str) -> bool {
    PRIORITIES.split(' ').any(|known| {
        let start = value.as_bytes().get(..known.len());
        value.len() > known.len()
            && start.is_some_and(|start| start.eq_ignore_ascii_case(known.as_bytes()))
    })
}

/// Tells whether a value is a number of which all clients read the same.
fn is_number(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_digit()) && value.parse::<u64>().is_ok()
}
