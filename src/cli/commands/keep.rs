//! `repoman keep`

use std::process::ExitCode;

use clap::Args;

use crate::cli::Global;
use crate::cli::commands::yank::ExceptionArguments;
use crate::cli::editing::{EditArguments, edit};
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;
use crate::edit::{ExceptionKind, except};

/// Keep versions of a package whatever `[retain]` says: one line of `[keep]` in the manifest
///
/// What no source offers any more stays published all the same. The store is not touched here.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  repoman keep widget '1.0.*' --reason 'LTS customers until 2027-06'")]
pub struct Arguments {
    #[command(flatten)]
    exception: ExceptionArguments,
    #[command(flatten)]
    edit: EditArguments,
}

pub fn run(
    arguments: Arguments,
    global: &Global,
    terminal: &Terminal,
) -> Result<ExitCode, Failure> {
    let exception = arguments.exception.into_exception(ExceptionKind::Keep);
    edit(&arguments.edit, global, terminal, |text| except(text, &exception))
}
