//! Why the manifest could not be edited.

use std::path::Path;

use super::{Failure, Item};
use crate::edit::{EditError, What};
use crate::manifest;

impl Failure {
    /// A change can't be made to a manifest.
    pub fn edit(path: &Path, text: &str, error: EditError) -> Self {
        let message = error.to_string();
        match error {
            EditError::Syntax(_) | EditError::NotATable(_) => unreadable(path, text, &error),
            EditError::Missing { near, .. } => {
                let failure = Self::new("RM1101", message);
                match near {
                    Some(near) => failure.hint(format!("did you mean {near}?")),
                    None => failure,
                }
            }
            EditError::Exists { what, name } => Self::new("RM1102", message).hint(match what {
                What::Yank | What::Keep => {
                    let (package, versions) = name.split_once(' ').unwrap_or((&name, ""));
                    format!(
                        "`repoman remove {} {package} '{versions}'` takes it away first",
                        what.name()
                    )
                }
                What::Source | What::Distribution | What::Key => {
                    "choose another name, or change what is there by hand".to_owned()
                }
            }),
            EditError::Stranded { names, .. } => {
                let first = names.into_iter().next().unwrap_or_default();
                Self::new("RM1103", message).hint(format!(
                    "change `to` of [source.{first}], or `repoman remove source {first}` first"
                ))
            }
            EditError::NotPromoting(_) => Self::new("RM1104", message)
                .hint("--from DIST/COMPONENT --to DIST/COMPONENT makes a source that does"),
            EditError::NoVersions(name) => Self::new("RM1104", message).hint(format!(
                "name the packages that it takes, each with its versions:\n\
                 [source.{name}.packages]\nPACKAGE = \"VERSIONS\""
            )),
            EditError::Route(names) => Self::new("RM1104", message).hint(if names.is_empty() {
                "--from DIST/COMPONENT --to DIST/COMPONENT makes a source that does"
            } else {
                "name one with --source"
            }),
        }
        .conclusion("Nothing was written.")
    }

    /// Returns the failure of a manifest that was never written.
    pub fn unwritten(self) -> Self {
        let code = self.items.iter().find_map(|item| match item {
            Item::Manifest { problem, .. } => Some(problem.code),
            Item::Message { .. } => None,
        });
        let more = code.map(|code| format!(" `repoman explain {code}` says more."));
        self.conclusion(format!(
            "This is the manifest as it would be. Nothing was written.{}",
            more.unwrap_or_default()
        ))
    }

    /// The manifest can't be replaced.
    pub fn unwritable(path: &Path, error: std::io::Error) -> Self {
        Self::new("RM9002", format!("failed to write {}", path.display()))
            .caused(&error)
            .conclusion("Nothing was written.")
    }

    /// Somebody else wrote the manifest between its reading and its writing.
    pub fn changed_meanwhile(path: &Path) -> Self {
        Self::new("RM1105", format!("{} changed meanwhile", path.display()))
            .hint("run the command again: it starts from what is there now")
            .conclusion("Nothing was written.")
    }

    /// The manifest is not written as `fmt` writes it.
    pub fn unformatted(path: &Path) -> Self {
        Self::new("RM1106", format!("{} is not formatted", path.display()))
            .hint("`repoman fmt` formats it")
    }
}

/// Returns the failure of a text that is no TOML, as `check` reports it.
fn unreadable(path: &Path, text: &str, error: &EditError) -> Failure {
    match manifest::parse(text) {
        Err(problems) => Failure::manifest(path, text, &problems),
        // Two parsers may disagree on limits.
        Ok(_) => {
            Failure::new("RM1001", format!("{} can't be edited", path.display())).caused(error)
        }
    }
}
