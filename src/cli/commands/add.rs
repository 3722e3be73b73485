//! `repoman add`

mod distribution;
mod key;
mod source;

use std::process::ExitCode;

use clap::Subcommand;

use crate::cli::Global;
use crate::cli::editing::edit;
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;
use crate::edit::{add_distribution, add_key, add_source};

/// Add a source, a distribution or a signing key to the manifest
#[derive(Debug, Subcommand)]
pub enum Add {
    Source(source::Arguments),
    Distribution(distribution::Arguments),
    Key(key::Arguments),
}

pub fn run(add: Add, global: &Global, terminal: &Terminal) -> Result<ExitCode, Failure> {
    match add {
        Add::Source(arguments) => {
            let (new, arguments) = arguments.into_source();
            edit(&arguments, global, terminal, |text| add_source(text, &new))
        }
        Add::Distribution(arguments) => {
            let (new, arguments) = arguments.into_distribution();
            edit(&arguments, global, terminal, |text| add_distribution(text, &new))
        }
        Add::Key(arguments) => {
            let (new, arguments) = arguments.into_key();
            edit(&arguments, global, terminal, |text| add_key(text, &new))
        }
    }
}
