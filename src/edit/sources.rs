//! `[source.NAME]`: a table that is added or removed whole.

use toml_edit::Value;

use super::layout::Layout;
use super::value::{list, string, texts};
use super::{EditError, What};
use crate::text::suggestion;

/// A source of local files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewSource {
    /// Its name.
    pub name: String,
    /// The pattern for the files.
    pub path: String,
    /// Where the packages go: at least one address.
    pub to: Vec<String>,
    /// The only architectures, if not all.
    pub architectures: Vec<String>,
    /// What happens to packages that are gone; the default if none.
    pub mode: Option<String>,
    /// Whether it is fine that nothing matches.
    pub allow_empty: bool,
}

/// Adds a source.
///
/// # Errors
///
/// Fails if there is one of that name.
pub fn add_source(text: &str, source: &NewSource) -> Result<String, EditError> {
    let mut layout = Layout::parse(text)?;
    let path = ["source", source.name.as_str()];
    if layout.find(&path).is_some() {
        return Err(EditError::Exists { what: What::Source, name: source.name.clone() });
    }
    let mut entries = vec![("path", string(&source.path)), ("to", texts(&source.to))];
    if !source.architectures.is_empty() {
        entries.push(("architectures", list(&source.architectures)));
    }
    entries.extend(source.mode.iter().map(|mode| ("mode", string(mode))));
    if source.allow_empty {
        entries.push(("allow_empty", Value::from(true)));
    }
    layout.append(&path, &entries);
    Ok(layout.to_text())
}

/// Removes a source with all that is below it.
///
/// # Errors
///
/// Fails if there is none of that name.
pub fn remove_source(text: &str, name: &str) -> Result<String, EditError> {
    let mut layout = Layout::parse(text)?;
    if !layout.remove(&["source", name]) {
        return Err(no_source(&layout, name));
    }
    Ok(layout.to_text())
}

/// Returns the error for a source that is not there.
pub(super) fn no_source(layout: &Layout, name: &str) -> EditError {
    let near = suggestion(name, layout.names(&["source"])).map(str::to_owned);
    EditError::Missing { what: What::Source, name: name.to_owned(), near }
}
