//! Checksums beside SHA-256, for readers that want them: nothing here relies on one.
//!
//! MD5 and SHA-512 at once cost three times as much as SHA-256 alone, so neither is computed unless a
//! distribution lists it.

use std::fmt;
use std::io::{self, Read};
use std::str::FromStr;

use md5::Md5 as Md5State;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha512 as Sha512State};

use crate::digest::{Hasher, Sha256, hex};

/// A checksum that a distribution may list beside SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Checksum {
    /// RFC 1321. Whoever wants to can make two files that share one.
    Md5,
    /// FIPS 180-4.
    Sha512,
}

impl Checksum {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Md5, Self::Sha512];

    /// Returns the name that manifests have: `md5`, `sha512`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha512 => "sha512",
        }
    }

    /// Returns the field of a stanza in a `Packages` file that has it (repository format).
    pub const fn field(self) -> &'static str {
        match self {
            Self::Md5 => "MD5sum",
            Self::Sha512 => "SHA512",
        }
    }
}

/// Which checksums there are, or should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(into = "Vec<Checksum>", from = "Vec<Checksum>")]
pub struct ChecksumSet {
    md5: bool,
    sha512: bool,
}

impl ChecksumSet {
    /// No checksum but SHA-256.
    pub const NONE: Self = Self { md5: false, sha512: false };

    /// Every checksum that there is.
    pub const ALL: Self = Self { md5: true, sha512: true };

    /// Tells whether there are none.
    pub fn is_empty(&self) -> bool {
        *self == Self::NONE
    }

    /// Tells whether one is among them.
    pub fn has(self, checksum: Checksum) -> bool {
        match checksum {
            Checksum::Md5 => self.md5,
            Checksum::Sha512 => self.sha512,
        }
    }

    /// Tells whether all of the other ones are among them.
    pub fn has_all(self, other: Self) -> bool {
        other.iter().all(|checksum| self.has(checksum))
    }

    /// Returns them in their order.
    pub fn iter(self) -> impl Iterator<Item = Checksum> {
        Checksum::ALL.into_iter().filter(move |checksum| self.has(*checksum))
    }
}

impl FromIterator<Checksum> for ChecksumSet {
    fn from_iter<I: IntoIterator<Item = Checksum>>(checksums: I) -> Self {
        let mut set = Self::NONE;
        for checksum in checksums {
            match checksum {
                Checksum::Md5 => set.md5 = true,
                Checksum::Sha512 => set.sha512 = true,
            }
        }
        set
    }
}

impl From<Vec<Checksum>> for ChecksumSet {
    fn from(checksums: Vec<Checksum>) -> Self {
        checksums.into_iter().collect()
    }
}

impl From<ChecksumSet> for Vec<Checksum> {
    fn from(set: ChecksumSet) -> Self {
        set.iter().collect()
    }
}

/// The value of a checksum of `N` bytes; displayed and parsed as lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sum<const N: usize>([u8; N]);

/// The value of an MD5 checksum.
pub type Md5 = Sum<16>;
/// The value of a SHA-512 checksum.
pub type Sha512 = Sum<64>;

/// The text is not as many lower-case hexadecimal digits as there should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a checksum of {0} lower-case hexadecimal digits")]
pub struct SumError(usize);

impl<const N: usize> fmt::Display for Sum<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl<const N: usize> fmt::Debug for Sum<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sum({self})")
    }
}

impl<const N: usize> FromStr for Sum<N> {
    type Err = SumError;

    fn from_str(text: &str) -> Result<Self, SumError> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != 2 * N || !text.bytes().all(is_digit) {
            return Err(SumError(2 * N));
        }
        let mut bytes = [0; N];
        for (byte, pair) in bytes.iter_mut().zip((0..text.len()).step_by(2)) {
            *byte = u8::from_str_radix(&text[pair..pair + 2], 16).map_err(|_| SumError(2 * N))?;
        }
        Ok(Self(bytes))
    }
}

/// The checksums of some bytes, as far as they were asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sums {
    /// Their MD5 checksum.
    pub md5: Option<Md5>,
    /// Their SHA-512 checksum.
    pub sha512: Option<Sha512>,
}

impl Sums {
    /// Returns one of them as a field has it.
    pub fn text(&self, checksum: Checksum) -> Option<String> {
        match checksum {
            Checksum::Md5 => self.md5.map(|sum| sum.to_string()),
            Checksum::Sha512 => self.sha512.map(|sum| sum.to_string()),
        }
    }
}

/// Computes checksums of bytes as they pass by.
#[derive(Clone, Default)]
pub struct Summer {
    md5: Option<Md5State>,
    sha512: Option<Sha512State>,
}

impl Summer {
    /// Returns one that computes these.
    pub fn new(wanted: ChecksumSet) -> Self {
        Self {
            md5: wanted.md5.then(Md5State::default),
            sha512: wanted.sha512.then(Sha512State::default),
        }
    }

    /// Takes in the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        if let Some(state) = &mut self.md5 {
            state.update(bytes);
        }
        if let Some(state) = &mut self.sha512 {
            state.update(bytes);
        }
    }

    /// Returns the checksums.
    pub fn finish(self) -> Sums {
        Sums {
            md5: self.md5.map(|state| Sum(state.finalize().into())),
            sha512: self.sha512.map(|state| Sum(state.finalize().into())),
        }
    }
}

/// Reads to the end, and returns the digest and these checksums of what was read.
///
/// # Errors
///
/// When reading fails.
pub fn of_reader(mut input: impl Read, wanted: ChecksumSet) -> io::Result<(Sha256, Sums)> {
    const PIECE: usize = 256 << 10;
    let (mut hasher, mut summer) = (Hasher::new(), Summer::new(wanted));
    let mut piece = vec![0; PIECE];
    loop {
        match input.read(&mut piece) {
            Ok(0) => return Ok((hasher.finish().0, summer.finish())),
            Ok(length) => {
                hasher.update(&piece[..length]);
                summer.update(&piece[..length]);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: ChecksumSet = ChecksumSet::ALL;

    #[test]
    fn checksums_are_those_of_their_standards() {
        let (sha256, sums) = of_reader(&b"abc"[..], BOTH).unwrap();
        assert_eq!(sha256, Sha256::of(b"abc"));
        assert_eq!(sums.md5.unwrap().to_string(), "900150983cd24fb0d6963f7d28e17f72");
        let sha512 = sums.text(Checksum::Sha512).unwrap();
        assert!(sha512.starts_with("ddaf35a193617abacc417349ae204131") && sha512.len() == 128);
        assert_eq!(sha512.parse(), Ok(sums.sha512.unwrap()));
    }

    #[test]
    fn only_what_is_wanted_is_computed() {
        let sums = of_reader(&b"abc"[..], [Checksum::Md5].into_iter().collect()).unwrap().1;
        assert!(sums.md5.is_some() && sums.text(Checksum::Sha512).is_none());
        assert_eq!(of_reader(&b""[..], ChecksumSet::NONE).unwrap().1, Sums::default());
    }

    #[test]
    fn other_texts_are_no_checksums() {
        for text in ["", "0", &"A".repeat(32), &"g".repeat(32), &"0".repeat(33), &"é".repeat(16)] {
            assert_eq!(text.parse::<Md5>(), Err(SumError(32)), "{text}");
        }
    }

    #[test]
    fn a_set_is_kept_as_a_list_of_names() {
        let text = serde_json::to_string(&BOTH).unwrap();
        assert_eq!(text, r#"["md5","sha512"]"#);
        assert_eq!(serde_json::from_str::<ChecksumSet>(&text).unwrap(), BOTH);
        assert!(BOTH.has_all(ChecksumSet::NONE) && !ChecksumSet::NONE.has_all(BOTH));
    }
}
