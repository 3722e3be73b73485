//! SHA-256 digests, the one hash that names and verifies everything here; checksums that others want;
//! and FNV-1a, which only tells texts apart that nobody forges.

pub mod checksum;

use std::fmt;
use std::io::{self, Read, Write};
use std::str::FromStr;

use sha2::Digest as _;

/// A SHA-256 digest; displayed and parsed as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha256([u8; 32]);

/// What [`fnv1a`] of 64 bits begins with.
pub const FNV_BASIS: u64 = 0xcbf2_9ce4_8422_2325;

/// Returns FNV-1a of 64 bits of `bytes`, going on from `number`: [`FNV_BASIS`], or what it was before.
///
/// Source: draft-eastlake-fnv.
pub const fn fnv1a(mut number: u64, bytes: &[u8]) -> u64 {
    let mut index = 0;
    while index < bytes.len() {
        number = (number ^ bytes[index] as u64).wrapping_mul(0x0100_0000_01b3);
        index += 1;
    }
    number
}

/// The text is not 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a SHA-256 digest (64 lower-case hexadecimal digits)")]
pub struct DigestError;

impl Sha256 {
    /// Returns the digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// Returns the raw 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Returns the first 16 hexadecimal digits, as pool directories carry them.
    pub fn short(&self) -> String {
        hex(&self.0[..8])
    }
}

impl From<[u8; 32]> for Sha256 {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sha256({self})")
    }
}

impl FromStr for Sha256 {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return Err(DigestError);
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
        }
        Ok(Self(bytes))
    }
}

impl serde::Serialize for Sha256 {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Sha256 {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Hashes and counts bytes as they pass by.
#[derive(Clone, Default)]
pub struct Hasher {
    state: sha2::Sha256,
    length: u64,
}

impl Hasher {
    /// Returns a hasher that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.state.update(bytes);
        self.length += bytes.len() as u64;
    }

    /// Returns the digest and the number of bytes seen.
    pub fn finish(self) -> (Sha256, u64) {
        (Sha256(self.state.finalize().into()), self.length)
    }
}

/// A reader that hashes what is read through it.
pub struct HashingReader<R> {
    inner: R,
    hasher: Hasher,
}

impl<R: Read> HashingReader<R> {
    /// Wraps `inner`; only bytes that are read from now on count.
    pub fn new(inner: R) -> Self {
        Self { inner, hasher: Hasher::new() }
    }

    /// Returns the digest and the number of all bytes that were read.
    pub fn finish(self) -> (Sha256, u64) {
        self.hasher.finish()
    }
}

impl<R: Read> Read for HashingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..count]);
        Ok(count)
    }
}

impl Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Returns `bytes` in lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]])
        .map(char::from)
        .collect()
}

fn nibble(digit: u8) -> Result<u8, DigestError> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        _ => Err(DigestError),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fnv1a_is_that_of_its_definition() {
        assert_eq!(fnv1a(FNV_BASIS, b""), FNV_BASIS);
        assert_eq!(fnv1a(FNV_BASIS, b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a(fnv1a(FNV_BASIS, b"foo"), b"bar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn empty_input_has_the_known_digest() {
        let expected = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Sha256::of(b"").to_string(), expected);
        assert_eq!(expected.parse(), Ok(Sha256::of(b"")));
    }

    #[test]
    fn other_forms_are_refused() {
        for text in ["", "E3B0", &"g".repeat(64), &"A".repeat(64), &"0".repeat(63)] {
            assert_eq!(text.parse::<Sha256>(), Err(DigestError), "{text}");
        }
    }

    #[test]
    fn reading_through_counts_and_hashes() {
        let mut reader = HashingReader::new(&b"hello"[..]);
        io::copy(&mut reader, &mut io::sink()).expect("memory reads don't fail");
        assert_eq!(reader.finish(), (Sha256::of(b"hello"), 5));
    }
}
