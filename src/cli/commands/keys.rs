//! `repoman keys`

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::cli::failure::Failure;
use crate::cli::project::Project;
use crate::cli::render::keys::render;
use crate::cli::runtime::block_on;
use crate::cli::secrets;
use crate::cli::terminal::Terminal;
use crate::cli::{Global, exit};
use crate::ops::keys::keys;
use crate::report::{Document as _, KeysDocument};
use crate::sign::Signer as _;
use crate::store::Settings;
use crate::time::Timestamp;

/// Show the signing keys: what each signs since when, and when it may leave
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Keys>,
    /// Print them as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Keys {
    /// Print the public keys as an armored keyring, as clients need it
    Export,
}

pub fn run(
    arguments: &Arguments,
    global: &Global,
    terminal: &Terminal,
) -> Result<ExitCode, Failure> {
    let project = Project::open(global, terminal)?;
    match arguments.command {
        None => block_on(list(arguments, &project, terminal))?,
        Some(Keys::Export) => {
            if arguments.json {
                terminal.warn("--json has no effect on an export");
            }
            export(&project, terminal)?;
        }
    }
    Ok(exit::SUCCESS.into())
}

async fn list(
    arguments: &Arguments,
    project: &Project,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let (manifest, now) = (&project.manifest, Timestamp::now());
    let keys = keys(&project.store(Settings::JOBS), manifest, now).await?;
    if keys.is_empty() {
        return Err(Failure::unsigned());
    }
    let overlap = manifest.signing.overlap;
    terminal.product(&match arguments.json {
        true => KeysDocument::new(&keys, overlap).to_text(),
        false => render(&keys, overlap, now, terminal.out),
    })
}

fn export(project: &Project, terminal: &Terminal) -> Result<(), Failure> {
    let signer = secrets::signer(&secrets::specs(project)?, Timestamp::now(), terminal)?;
    let signer = signer.ok_or_else(Failure::unsigned)?;
    let keyring = signer.public_keyring().map_err(|error| Failure::signing(vec![error]))?;
    terminal.product(&String::from_utf8_lossy(&keyring))
}
