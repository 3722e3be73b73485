//! Reads from a public key the two facts that gpgme doesn't tell: with which hash, and when, a key
//! signed itself.
//!
//! Understands as much of RFC 4880 as that takes (packet headers in section 4.2, version 4
//! signatures in 5.2.3) and verifies nothing: the bytes come from gpg, which has.

use crate::time::Timestamp;

/// A signature by which a key vouches for its user ids or for one of its subkeys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SelfSignature {
    /// When the part that it vouches for was made.
    pub(super) part_created: Timestamp,
    /// What it vouches for.
    pub(super) kind: Kind,
    /// Whether its hash is one that sqv refuses: MD5, SHA-1 or RIPEMD-160.
    pub(super) is_weak: bool,
    /// When it was made.
    pub(super) made: Timestamp,
}

/// What a self-signature vouches for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A user id (types 0x10 to 0x13).
    UserId,
    /// A subkey (type 0x18).
    Subkey,
}

/// Returns the self-signatures of a binary public key, exported without anybody else's.
///
/// Reads on until it meets something that it doesn't understand.
pub(super) fn self_signatures(mut key: &[u8]) -> Vec<SelfSignature> {
    const SIGNATURE: u8 = 2;
    const PUBLIC_KEY: u8 = 6;
    const PUBLIC_SUBKEY: u8 = 14;
    let mut found = Vec::new();
    let mut part_created = Timestamp::UNIX_EPOCH;
    while let Some((tag, body, rest)) = packet(key) {
        key = rest;
        match tag {
            PUBLIC_KEY | PUBLIC_SUBKEY => {
                part_created = body.get(1..5).and_then(time).unwrap_or(part_created);
            }
            SIGNATURE => found.extend(signature(body, part_created)),
            _ => {}
        }
    }
    found
}

/// Splits the first packet off: its tag, its body, and what follows.
fn packet(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (first, rest) = bytes.split_first()?;
    let (tag, (length, rest)) = match first >> 6 {
        0b11 => (first & 0x3f, variable_length(rest)?),
        // The old format: the number of bytes of the length is 1, 2 or 4.
        0b10 if first & 3 < 3 => ((first >> 2) & 0x0f, number(rest, 1 << (first & 3))?),
        _ => return None,
    };
    let (body, rest) = rest.split_at_checked(length)?;
    Some((tag, body, rest))
}

/// Reads a length as new packets have it; partial ones don't occur in keys.
fn variable_length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    match first {
        0..192 => Some((usize::from(*first), rest)),
        192..224 => {
            let (second, rest) = rest.split_first()?;
            Some((((usize::from(*first) - 192) << 8) + usize::from(*second) + 192, rest))
        }
        224..255 => None,
        255 => number(rest, 4),
    }
}

fn number(bytes: &[u8], size: usize) -> Option<(usize, &[u8])> {
    let (digits, rest) = bytes.split_at_checked(size)?;
    Some((digits.iter().fold(0, |value, digit| value << 8 | usize::from(*digit)), rest))
}

fn signature(body: &[u8], part_created: Timestamp) -> Option<SelfSignature> {
    let (&[version, kind, _, hash], rest) = body.split_first_chunk::<4>()?;
    let kind = match (version, kind) {
        (4, 0x10..=0x13) => Kind::UserId,
        (4, 0x18) => Kind::Subkey,
        _ => return None,
    };
    let (length, rest) = number(rest, 2)?;
    let made = creation_time(rest.get(..length)?)?;
    Some(SelfSignature { part_created, kind, is_weak: matches!(hash, 1..=3), made })
}

/// Finds the time among the hashed subpackets (section 5.2.3.4).
fn creation_time(mut subpackets: &[u8]) -> Option<Timestamp> {
    const CREATION_TIME: u8 = 2;
    loop {
        // Their lengths differ from those of packets only where no key has subpackets: over 8 kB.
        let (length, rest) = variable_length(subpackets)?;
        let (subpacket, rest) = rest.split_at_checked(length)?;
        let (kind, value) = subpacket.split_first()?;
        // The high bit marks the subpacket as critical.
        if kind & 0x7f == CREATION_TIME {
            return time(value);
        }
        subpackets = rest;
    }
}

fn time(bytes: &[u8]) -> Option<Timestamp> {
    let seconds = u32::from_be_bytes(bytes.try_into().ok()?);
    Timestamp::from_second(seconds.into()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key of 2023 with a user id signed by SHA-1 in 2024; then a subkey bound by SHA-512.
    const KEY: &[u8] = &[
        0x98, 6, 4, 0x63, 0xb0, 0xcd, 0x00, 22, // An old-format key packet.
        0xcd, 1, b'A', // A user id.
        0xc2, 12, 4, 0x13, 22, 2, 0, 6, 5, 0x82, 0x65, 0x92, 0, 0x80, // Its signature.
        0xce, 6, 4, 0x65, 0x92, 0, 0x81, 22, // A subkey.
        0xc2, 14, 4, 0x18, 22, 10, 0, 8, 1, 99, 5, 2, 0x65, 0x92, 0, 0x82, // Its binding.
    ];

    #[test]
    fn user_ids_and_subkeys_carry_their_signatures() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let expected = [
            SelfSignature {
                part_created: at(0x63b0_cd00),
                kind: Kind::UserId,
                is_weak: true,
                made: at(0x6592_0080),
            },
            SelfSignature {
                part_created: at(0x6592_0081),
                kind: Kind::Subkey,
                is_weak: false,
                made: at(0x6592_0082),
            },
        ];
        assert_eq!(self_signatures(KEY), expected);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes: Vec<u8>, cut in 0..KEY.len()) {
            self_signatures(&bytes);
            self_signatures(&[&KEY[..cut], &bytes].concat());
        }
    }
}
