//! `repoman version`

use std::process::ExitCode;

use clap::Args;

use crate::cli::exit;
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;

/// Name and version of this program, as states and plans record them.
pub const TOOL: &str = concat!("repoman ", env!("CARGO_PKG_VERSION"));

/// Print the version
#[derive(Debug, Args)]
pub struct Arguments {}

pub fn run(_: &Arguments, terminal: &Terminal) -> Result<ExitCode, Failure> {
    terminal.product(&format!("{TOOL}\n"))?;
    Ok(exit::SUCCESS.into())
}
