//! `repoman remove`

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::cli::Global;
use crate::cli::editing::{EditArguments, edit};
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;
use crate::edit::{
    ExceptionKind, remove_distribution, remove_exception, remove_key, remove_source,
};

/// Remove a source, a distribution, a signing key or an exception from the manifest
#[derive(Debug, Subcommand)]
pub enum Remove {
    /// Remove a source; what it brought stays published
    Source(Named),
    /// Remove a distribution for good: its table, and it among the targets of sources
    ///
    /// `[removed]` gets a line with the reason, without which a plan does not remove what clients use.
    Distribution(Removed),
    /// Remove a key, and sign with it no more
    Key(Named),
    /// Take back a yank, so that the versions may come back
    Yank(Exception),
    /// Take back a keep, so that the versions go as others do
    Keep(Exception),
}

/// Something with a name.
#[derive(Debug, Args)]
pub struct Named {
    /// Name in the manifest
    name: String,
    #[command(flatten)]
    edit: EditArguments,
}

/// A distribution that goes.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  repoman remove distribution buster --reason 'EOL 2024-06-30, announced 2026-08'")]
pub struct Removed {
    /// Codename of the distribution
    codename: String,
    /// Reason, for all who read the manifest or a plan
    #[arg(long, value_name = "WHY")]
    reason: String,
    #[command(flatten)]
    edit: EditArguments,
}

/// A line of `[yank]` or `[keep]`.
#[derive(Debug, Args)]
pub struct Exception {
    /// Package that the line is about
    package: String,
    /// Versions that the line is about
    versions: String,
    #[command(flatten)]
    edit: EditArguments,
}

pub fn run(remove: &Remove, global: &Global, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let except = |line: &Exception, kind| {
        let change = |text: &str| remove_exception(text, kind, &line.package, &line.versions);
        edit(&line.edit, global, terminal, change)
    };
    match remove {
        Remove::Source(named) => {
            edit(&named.edit, global, terminal, |text| remove_source(text, &named.name))
        }
        Remove::Distribution(Removed { codename, reason, edit: arguments }) => {
            edit(arguments, global, terminal, |text| remove_distribution(text, codename, reason))
        }
        Remove::Key(named) => {
            edit(&named.edit, global, terminal, |text| remove_key(text, &named.name))
        }
        Remove::Yank(line) => except(line, ExceptionKind::Yank),
        Remove::Keep(line) => except(line, ExceptionKind::Keep),
    }
}
