//! What all newtypes over checked text share: their conversions, and excerpts for their errors.

/// The longest name or version that is accepted, in bytes.
///
/// File systems end file names at 255 bytes and apt builds one from name, version and architecture;
/// apt itself aborts on strings of 64 KiB.
pub(super) const MAX_LENGTH: usize = 255;

/// The characters of a refused text that an error shows.
const EXCERPT_LENGTH: usize = 60;

/// Returns the start of a refused text, safe to show and short enough for one line.
pub(super) fn excerpt(text: &str) -> Box<str> {
    let Some((end, _)) = text.char_indices().nth(EXCERPT_LENGTH) else {
        return crate::text::printable(text).into();
    };
    (crate::text::printable(&text[..end]) + "…").into()
}

/// Returns the first character that isn't ASCII or that `allowed` refuses.
pub(super) fn first_outside(text: &str, allowed: impl Fn(u8) -> bool) -> Option<char> {
    let position = text.bytes().position(|byte| !byte.is_ascii() || !allowed(byte))?;
    text[position..].chars().next()
}

/// Gives `struct $name(Arc<str>)` its conversions; `$check` decides what may become one.
macro_rules! checked_text {
    ($name:ident, $error:ty, $check:path) => {
        impl $name {
            /// Returns the text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = $error;

            fn from_str(text: &str) -> Result<Self, $error> {
                $check(text)?;
                Ok(Self(text.into()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = $error;

            fn try_from(text: String) -> Result<Self, $error> {
                $check(&text)?;
                Ok(Self(text.into()))
            }
        }

        impl From<$name> for String {
            fn from(checked: $name) -> Self {
                checked.0.as_ref().to_owned()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}
pub(super) use checked_text;
