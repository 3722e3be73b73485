//! What an APT repository consists of: object keys, `Packages` and `Contents` files, Release files.
//!
//! Everything here is a pure transformation between values and text. Sources: the repository
//! format (wiki.debian.org/DebianRepository/Format), `sources.list(5)`, apt's own parsers.

pub mod clear_sign;
pub mod contents;
pub mod packages;
pub mod path;
pub mod release;
pub mod sources_entry;
