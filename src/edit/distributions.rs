//! `[distribution.CODENAME]`: added, or removed for good with all that refers to it.

use super::layout::Layout;
use super::list::texts;
use super::value::{list, string};
use super::{EditError, What};
use crate::text::suggestion;

/// A distribution.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewDistribution {
    /// Its codename.
    pub codename: String,
    /// Its suite; the codename if none.
    pub suite: Option<String>,
    /// What `{release}` stands for in the paths of sources.
    pub release: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// Its components.
    pub components: Vec<String>,
    /// Its architectures.
    pub architectures: Vec<String>,
}

/// Adds a distribution.
///
/// # Errors
///
/// Fails if there is one of that codename.
pub fn add_distribution(text: &str, new: &NewDistribution) -> Result<String, EditError> {
    let mut layout = Layout::parse(text)?;
    let path = ["distribution", new.codename.as_str()];
    if layout.find(&path).is_some() {
        return Err(EditError::Exists { what: What::Distribution, name: new.codename.clone() });
    }
    let optional = [("suite", &new.suite), ("release", &new.release), ("version", &new.version)];
    let given = optional.into_iter().filter_map(|(key, value)| Some((key, value.as_ref()?)));
    let mut entries: Vec<_> = given.map(|(key, value)| (key, string(value))).collect();
    entries.push(("components", list(&new.components)));
    entries.push(("architectures", list(&new.architectures)));
    layout.append(&path, &entries);
    Ok(layout.to_text())
}

/// Removes a distribution, says why in `[removed]`, and takes it out of the targets of sources.
///
/// # Errors
///
/// Fails if there is none of that codename, or if it is all that some source is about.
pub fn remove_distribution(text: &str, codename: &str, reason: &str) -> Result<String, EditError> {
    let mut layout = Layout::parse(text)?;
    if layout.find(&["distribution", codename]).is_none() {
        let near = suggestion(codename, layout.names(&["distribution"])).map(str::to_owned);
        let name = codename.to_owned();
        return Err(EditError::Missing { what: What::Distribution, name, near });
    }
    for (source, targets) in targets(&layout, codename)? {
        layout.remove_from_list(&["source", &source], "to", &targets)?;
    }
    layout.remove(&["distribution", codename]);
    layout.set(&["removed"], codename, string(reason))?;
    Ok(layout.to_text())
}

/// Returns the sources that have a distribution among their targets, each with those.
fn targets(layout: &Layout, codename: &str) -> Result<Vec<(String, Vec<String>)>, EditError> {
    let own = Own { layout, codename };
    let (mut found, mut stranded) = (Vec::new(), Vec::new());
    for source in layout.names(&["source"]) {
        let addresses = |key: &str| texts(layout.find(&["source", source, key]));
        let takes_from_it = addresses("distribution").iter().any(|address| own.has(address));
        let (gone, left): (Vec<_>, Vec<_>) =
            addresses("to").into_iter().partition(|address| own.has(address));
        if takes_from_it || left.is_empty() && !gone.is_empty() {
            stranded.push(source.to_owned());
        } else if !gone.is_empty() {
            found.push((source.to_owned(), gone));
        }
    }
    if stranded.is_empty() {
        Ok(found)
    } else {
        Err(EditError::Stranded { codename: codename.to_owned(), names: stranded })
    }
}

/// The addresses of a distribution.
struct Own<'a> {
    layout: &'a Layout,
    codename: &'a str,
}

impl Own<'_> {
    /// Tells whether an address is the distribution, or a component of it.
    ///
    /// What lies below the codename may as well be another distribution, `bookworm/updates`.
    fn has(&self, address: &str) -> bool {
        let Some(rest) = address.strip_prefix(self.codename) else { return false };
        let components = self.layout.find(&["distribution", self.codename, "components"]);
        let mut components = texts(components).into_iter();
        match rest.strip_prefix('/') {
            Some(component) => component == "*" || components.any(|c| c == component),
            None => rest.is_empty(),
        }
    }
}
