//! The cleartext framing of an InRelease file.
//!
//! Only the frame is read here, as apt's `SplitClearSignedFile` does it; whether the signature
//! is good is `sign`'s question.

const HEADER: &str = "-----BEGIN PGP SIGNED MESSAGE-----";
const SIGNATURE: &str = "-----BEGIN PGP SIGNATURE-----";

/// The file has not the form of a clear-signed message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a clear-signed Release file")]
pub struct NotClearSigned;

/// Returns the signed text of a clear-signed file, dashes unescaped, with a final newline.
///
/// # Errors
///
/// When the first line is not the armor header or no signature follows (RFC 9580 §7).
pub fn signed_text(file: &str) -> Result<String, NotClearSigned> {
    let mut lines = file.lines();
    if lines.next() != Some(HEADER) {
        return Err(NotClearSigned);
    }
    // Armor headers (`Hash: SHA512`) end with an empty line.
    lines.by_ref().find(|line| line.is_empty()).ok_or(NotClearSigned)?;
    let mut text = String::with_capacity(file.len());
    for line in lines {
        if line == SIGNATURE {
            return Ok(text);
        }
        let line = match line.strip_prefix("- ") {
            Some(escaped) => escaped,
            None if line.starts_with('-') => return Err(NotClearSigned),
            None => line,
        };
        text.push_str(line);
        text.push('\n');
    }
    Err(NotClearSigned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_between_headers_and_signature_is_returned() {
        let file = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nOrigin: Acme\n- -x\n\
                    -----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n";
        assert_eq!(signed_text(file), Ok("Origin: Acme\n-x\n".to_owned()));
    }

    #[test]
    fn what_apt_would_not_split_is_refused() {
        let unescaped = format!("{HEADER}\n\n-----BEGIN PGP\n{SIGNATURE}\n");
        let text_first = format!("hello\n{HEADER}\n\nx\n{SIGNATURE}\n");
        let unsigned = format!("{HEADER}\n\nOrigin: Acme\n");
        for file in ["", "Origin: Acme\n", &unescaped, &text_first, &unsigned] {
            assert_eq!(signed_text(file), Err(NotClearSigned), "{file}");
        }
    }
}
