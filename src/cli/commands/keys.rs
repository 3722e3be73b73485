//! `repoman keys`

use std::process::ExitCode;

use clap::Subcommand;

use crate::cli::failure::Failure;
use crate::cli::project::Project;
use crate::cli::secrets;
use crate::cli::terminal::Terminal;
use crate::cli::{Global, exit};
use crate::sign::Signer as _;
use crate::time::Timestamp;

/// Show and export the signing keys
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Print the public keys as an armored keyring, as clients need it
    Export,
}

pub fn run(keys: &Keys, global: &Global, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let project = Project::open(global, terminal)?;
    let signer = secrets::signer(&secrets::specs(&project)?, Timestamp::now(), terminal)?;
    let signer = signer.ok_or_else(Failure::unsigned)?;
    match keys {
        Keys::Export => {
            let keyring = signer.public_keyring().map_err(|error| Failure::signing(vec![error]))?;
            terminal.product(&String::from_utf8_lossy(&keyring))?;
        }
    }
    Ok(exit::SUCCESS.into())
}
