//! Changes to the text of a manifest: text in, text out.
//!
//! Comments, order and blank lines survive, and the difference is as small as it can be. What comes
//! out is TOML; whether it is a manifest is for [`parse`](crate::manifest::parse) to say, and
//! nothing is read or written here.

mod distributions;
mod error;
mod exceptions;
mod format;
mod gap;
mod keys;
mod layout;
mod list;
mod order;
mod promotion;
mod sources;
mod tables;
mod value;

#[cfg(test)]
mod tests;

pub use distributions::{NewDistribution, add_distribution, remove_distribution};
pub use error::{EditError, What};
pub use exceptions::{Exception, ExceptionKind, except, remove_exception};
pub use format::format;
pub use keys::{NewKey, add_key, remove_key};
pub use promotion::{Promotion, Route, promote};
pub use sources::{NewSource, add_source, remove_source};

/// Returns the first environment of a manifest, if it has any.
///
/// Mistakes in all environments are reported whichever is chosen, so any will do to check a text.
pub fn first_environment(text: &str) -> Option<String> {
    let layout = layout::Layout::parse(text).ok()?;
    layout.names(&["env"]).first().map(|&name| name.to_owned())
}
