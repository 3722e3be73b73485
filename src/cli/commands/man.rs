//! `repoman man`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use clap_mangen::Man;

use crate::cli::exit;
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;

/// Print the manual page, or write the pages of all commands into a directory
#[derive(Debug, Args)]
pub struct Arguments {
    /// Directory to write `repoman.1`, `repoman-plan.1` and the others to
    #[arg(long, value_name = "DIRECTORY")]
    out: Option<PathBuf>,
}

pub fn run(
    arguments: &Arguments,
    command: &clap::Command,
    terminal: &Terminal,
) -> Result<ExitCode, Failure> {
    match &arguments.out {
        Some(directory) => pages(command, directory)?,
        None => terminal.product(&String::from_utf8_lossy(&page(command)?))?,
    }
    Ok(exit::SUCCESS.into())
}

fn page(command: &clap::Command) -> Result<Vec<u8>, Failure> {
    let mut text = Vec::new();
    Man::new(command.clone()).render(&mut text).map_err(Failure::output)?;
    Ok(text)
}

fn pages(command: &clap::Command, directory: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(directory).map_err(|error| Failure::file(directory, error))?;
    clap_mangen::generate_to(command.clone(), directory)
        .map_err(|error| Failure::file(directory, error))
}
