//! `repoman init`

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::cli::failure::Failure;
use crate::cli::project::MANIFEST;
use crate::cli::terminal::Terminal;
use crate::cli::{Global, exit};

/// The manifest that `init` writes; a test keeps it valid.
const STARTER: &str = include_str!("starter.toml");

/// Write a minimal repo.toml to start from
#[derive(Debug, Args)]
pub struct Arguments {}

pub fn run(_: &Arguments, global: &Global, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let path = global.file.clone().unwrap_or_else(|| PathBuf::from(MANIFEST));
    let created = OpenOptions::new().write(true).create_new(true).open(&path);
    let mut file = match created {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            return Err(Failure::exists(&path));
        }
        created => created.map_err(|error| Failure::file(&path, error))?,
    };
    file.write_all(STARTER.as_bytes()).map_err(|error| Failure::file(&path, error))?;
    terminal.say(&format!(
        "Wrote {}. Fill in the store and the signing key, then run `repoman check` and `repoman \
         plan`.",
        path.display()
    ));
    Ok(exit::SUCCESS.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_starter_is_a_valid_manifest() {
        let parsed = crate::manifest::parse(STARTER).unwrap();
        assert!(parsed.warnings.is_empty());
    }
}
