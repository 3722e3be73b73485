//! `repoman completions`

use std::process::ExitCode;

use clap::Args;
use clap_complete::Shell;

use crate::cli::exit;
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;

/// Print a completion script for a shell
#[derive(Debug, Args)]
pub struct Arguments {
    /// The shell
    shell: Shell,
}

pub fn run(
    arguments: &Arguments,
    mut command: clap::Command,
    terminal: &Terminal,
) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "repoman", &mut script);
    terminal.product(&String::from_utf8_lossy(&script))?;
    Ok(exit::SUCCESS.into())
}
