//! Fingerprints of OpenPGP keys: the one name of a key that can't be forged.
//!
//! Version 4 only (RFC 4880, section 12.2): 160 bits. Short key ids are refused, they collide.

use std::fmt;
use std::str::FromStr;

/// The fingerprint of an OpenPGP key; displayed as 40 upper-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 20]);

/// Why a text is not the fingerprint of a version 4 key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FingerprintError {
    /// The text is a key id of 8 or 16 digits.
    #[error("this is a short key id, and those can be forged")]
    Short,
    /// The text has another number of digits.
    #[error("a fingerprint has 40 hexadecimal digits, this has {0}")]
    Length(usize),
    /// A character is no digit.
    #[error("`{}` is not a hexadecimal digit", .0.escape_debug())]
    Digit(char),
}

impl Fingerprint {
    /// Returns the form for narrow places: `9A3F…D04E`. Not for comparing.
    pub fn short(&self) -> String {
        let digits = self.to_string();
        format!("{}…{}", &digits[..4], &digits[36..])
    }

    /// Returns the form that people read aloud: ten groups of four, as gpg prints it.
    pub fn grouped(&self) -> String {
        let groups: Vec<_> =
            self.0.chunks(2).map(|pair| format!("{:02X}{:02X}", pair[0], pair[1])).collect();
        format!("{}  {}", groups[..5].join(" "), groups[5..].join(" "))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    /// Reads 40 hexadecimal digits of either case; blanks between them and a leading `0x` don't
    /// count, so that what gpg prints can be pasted.
    fn from_str(text: &str) -> Result<Self, FingerprintError> {
        let text = text.strip_prefix("0x").unwrap_or(text);
        let digit = |c: char| c.to_digit(16).ok_or(FingerprintError::Digit(c));
        let digits: Vec<u32> =
            text.chars().filter(|c| *c != ' ').map(digit).collect::<Result<_, _>>()?;
        match digits.len() {
            40 => {}
            8 | 16 => return Err(FingerprintError::Short),
            other => return Err(FingerprintError::Length(other)),
        }
        let mut bytes = [0; 20];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = (pair[0] << 4 | pair[1]) as u8;
        }
        Ok(Self(bytes))
    }
}

impl serde::Serialize for Fingerprint {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Fingerprint {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGITS: &str = "9A3F52C1E7B04D6688A1F0C2B7D19E35A1C4D04E";

    #[test]
    fn every_spelling_of_a_fingerprint_is_the_same_one() {
        let expected: Fingerprint = DIGITS.parse().unwrap();
        assert_eq!(expected.to_string(), DIGITS);
        assert_eq!(DIGITS.to_lowercase().parse(), Ok(expected));
        let grouped = "9A3F 52C1 E7B0 4D66 88A1  F0C2 B7D1 9E35 A1C4 D04E";
        assert_eq!(expected.grouped(), grouped);
        assert_eq!(grouped.parse(), Ok(expected));
        assert_eq!(expected.short(), "9A3F…D04E");
    }

    #[test]
    fn key_ids_and_other_text_are_refused() {
        let parse = |text: &str| text.parse::<Fingerprint>();
        assert_eq!(parse("A1C4D04E"), Err(FingerprintError::Short));
        assert_eq!(parse("B7D19E35A1C4D04E"), Err(FingerprintError::Short));
        assert_eq!(parse(&DIGITS[1..]), Err(FingerprintError::Length(39)));
        assert_eq!(parse(&format!("{DIGITS}00")), Err(FingerprintError::Length(42)));
        assert_eq!(parse(&"G".repeat(40)), Err(FingerprintError::Digit('G')));
    }
}
