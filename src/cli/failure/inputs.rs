//! Why a source can't be pointed elsewhere by `--input`.

use std::path::Path;

use super::Failure;
use crate::cli::exit;
use crate::manifest::InputError;

impl Failure {
    /// The manifest has no such source, or could not have such a pattern.
    pub fn input(error: &InputError) -> Self {
        Self::new("RM2020", format!("--input: {error}")).hint(error.help()).exit(exit::USAGE)
    }

    /// A source is pointed to two places.
    pub fn input_twice(name: &str) -> Self {
        Self::new("RM2020", format!("--input names source `{name}` twice"))
            .hint("one pattern finds several files; `*` and `**` help")
            .exit(exit::USAGE)
    }

    /// The files are not where the run was pointed to.
    pub fn input_absent(name: &str, place: &Path) -> Self {
        let place = place.display();
        Self::new("RM2002", format!("--input: source `{name}`: {place} does not exist"))
            .hint("patterns are relative to the manifest; build the packages first")
    }
}
