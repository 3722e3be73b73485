//! `[signing.key.NAME]`: a key that signs, which is two places of the manifest.

use super::layout::Layout;
use super::value::string;
use super::{EditError, What};
use crate::text::suggestion;

/// A signing key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewKey {
    /// Its name.
    pub name: String,
    /// Its fingerprint.
    pub fingerprint: String,
    /// Where the secret key is found.
    pub secret: String,
    /// Where the passphrase is found, if there is one.
    pub passphrase: Option<String>,
}

/// Adds a key, and signs with it.
///
/// # Errors
///
/// Fails if there is one of that name.
pub fn add_key(text: &str, new: &NewKey) -> Result<String, EditError> {
    let mut layout = Layout::parse(text)?;
    let path = ["signing", "key", new.name.as_str()];
    if layout.find(&path).is_some() {
        return Err(EditError::Exists { what: What::Key, name: new.name.clone() });
    }
    layout.add_to_list(&["signing"], "keys", &new.name)?;
    let mut entries =
        vec![("fingerprint", string(&new.fingerprint)), ("secret", string(&new.secret))];
    entries.extend(new.passphrase.iter().map(|place| ("passphrase", string(place))));
    layout.append(&path, &entries);
    Ok(layout.to_text())
}

/// Removes a key, and signs with it no more.
///
/// # Errors
///
/// Fails if there is none of that name.
pub fn remove_key(text: &str, name: &str) -> Result<String, EditError> {
    let mut layout = Layout::parse(text)?;
    layout.remove_from_list(&["signing"], "keys", &[name.to_owned()])?;
    if !layout.remove(&["signing", "key", name]) {
        let near = suggestion(name, layout.names(&["signing", "key"])).map(str::to_owned);
        return Err(EditError::Missing { what: What::Key, name: name.to_owned(), near });
    }
    Ok(layout.to_text())
}
