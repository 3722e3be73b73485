//! `repoman fmt`

use std::process::ExitCode;

use clap::Args;

use crate::cli::editing::replace;
use crate::cli::failure::Failure;
use crate::cli::project::locate;
use crate::cli::render::diff;
use crate::cli::terminal::Terminal;
use crate::cli::{Global, exit};
use crate::edit::format;

/// Format the manifest: tables and keys in the documented order, `=` and comments aligned
///
/// Comments stay with what they belong to, and the meaning never changes. The manifest need not be
/// valid, but it must be TOML.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Print the difference and exit with 1 if there is one; write nothing
    #[arg(long)]
    check: bool,
}

pub fn run(
    arguments: &Arguments,
    global: &Global,
    terminal: &Terminal,
) -> Result<ExitCode, Failure> {
    let (path, before) = locate(global)?;
    let after = format(&before).map_err(|error| Failure::edit(&path, &before, error))?;
    if after == before {
        terminal.say(&format!("{} is formatted.", path.display()));
    } else if arguments.check {
        terminal.product(&diff::render(&path, &before, &after, terminal.out))?;
        return Err(Failure::unformatted(&path));
    } else {
        replace(&path, &before, &after)?;
        terminal.say(&format!("Formatted {}.", path.display()));
    }
    Ok(exit::SUCCESS.into())
}
