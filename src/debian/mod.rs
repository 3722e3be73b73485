//! Debian's own vocabulary: names, versions, control stanzas, relations.
//!
//! Everything here is pure text in, values out. Each type is checked once, when it is made, against
//! the stricter of Debian Policy and what dpkg and apt accept; code that holds one need not check
//! again. Nothing here opens a file or knows of archives (`deb`) or indices (`apt`).

mod checked_text;
mod glob;

pub mod architecture;
pub mod control;
pub mod deb822;
pub mod name;
pub mod name_glob;
pub mod relation;
pub mod suite;
pub mod version;
pub mod version_expression;

pub use architecture::Architecture;
pub use control::Control;
pub use name::PackageName;
pub use name_glob::NameGlob;
pub use suite::{Codename, Component};
pub use version::Version;
pub use version_expression::VersionExpression;
