//! ASCII armor (RFC 4880, section 6), as gpg writes it without comments and version.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The base64 digits of a line.
const LINE: usize = 64;

/// Returns public keys as one armored block.
pub(super) fn public_keys(bytes: &[u8]) -> Vec<u8> {
    let digits = STANDARD.encode(bytes);
    let [_, checksum @ ..] = checksum(bytes).to_be_bytes();
    let mut armor = b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n".to_vec();
    for line in digits.as_bytes().chunks(LINE) {
        armor.extend_from_slice(line);
        armor.push(b'\n');
    }
    armor.extend_from_slice(format!("={}\n", STANDARD.encode(checksum)).as_bytes());
    armor.extend_from_slice(b"-----END PGP PUBLIC KEY BLOCK-----\n");
    armor
}

/// 6.1: the CRC of 24 bits.
fn checksum(bytes: &[u8]) -> u32 {
    const START: u32 = 0x00b7_04ce;
    const POLYNOMIAL: u32 = 0x0186_4cfb;
    let crc = bytes.iter().fold(START, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte) << 16, |crc, _| match crc & 0x80_0000 {
            0 => crc << 1,
            _ => crc << 1 ^ POLYNOMIAL,
        })
    });
    crc & 0xff_ffff
}
