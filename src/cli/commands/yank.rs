//! `repoman yank`

use std::process::ExitCode;

use clap::Args;

use crate::cli::Global;
use crate::cli::editing::{EditArguments, edit};
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;
use crate::edit::{Exception, ExceptionKind, except};

/// Withdraw versions of a package: one line of `[yank]` in the manifest
///
/// The next apply removes the versions, and they stay out for as long as the line stands. The store
/// is not touched here.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  repoman yank widget 1.4.1-1 --reason 'corrupts its config, #412'
  repoman yank widget '<< 1.0' --reason 'unsupported since 2026-01'
  repoman yank libacme1 2.9-1 --from trixie --reason 'broken on trixie only, #398'")]
pub struct Arguments {
    #[command(flatten)]
    exception: ExceptionArguments,
    #[command(flatten)]
    edit: EditArguments,
}

/// Versions of a package that are an exception.
#[derive(Debug, Args)]
pub struct ExceptionArguments {
    /// Package that it is about
    package: String,
    /// Versions that it is about, as in Depends: 1.4.1-1, '<< 1.0', '>= 2, << 3', or '1.0.*'
    versions: String,
    /// Reason, for all who read the manifest or a plan
    #[arg(long, value_name = "WHY")]
    reason: String,
    /// Distribution or component that it is about, as trixie or trixie/main [default: all]
    #[arg(long, value_name = "ADDRESS")]
    from: Option<String>,
}

impl ExceptionArguments {
    /// Returns the exception.
    pub fn into_exception(self, kind: ExceptionKind) -> Exception {
        let Self { package, versions, reason, from } = self;
        Exception { kind, package, versions, reason, from }
    }
}

pub fn run(
    arguments: Arguments,
    global: &Global,
    terminal: &Terminal,
) -> Result<ExitCode, Failure> {
    let exception = arguments.exception.into_exception(ExceptionKind::Yank);
    edit(&arguments.edit, global, terminal, |text| except(text, &exception))
}
