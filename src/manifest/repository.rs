//! `[repository]`: what the repository is called.

use super::problem::Problem;
use super::rules::{check_name, http_url};
use super::section::Section;

/// What the repository is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// Its name: lower-case letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// `Origin` of the distributions that have none of their own.
    pub origin: Option<String>,
    /// `Label` of the distributions that have none of their own.
    pub label: Option<String>,
    /// `Description` of the distributions that have none of their own.
    pub description: Option<String>,
    /// The URL under which clients see the repository, without a slash at the end.
    pub public_url: Option<String>,
}

/// Reads the section; none if there is no usable name.
pub(super) fn read(section: &Section<'_>, problems: &mut Vec<Problem>) -> Option<Repository> {
    let name = section.text("name");
    if let Some(name) = &name {
        check_name(name, "repository", problems);
    }
    Some(Repository {
        origin: section.string("origin"),
        label: section.string("label"),
        description: section.string("description"),
        public_url: section
            .text("public_url")
            .and_then(|url| http_url(&url, "public_url", problems)),
        name: name?.text.to_owned(),
    })
}
