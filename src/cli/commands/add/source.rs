//! `repoman add source`

use clap::Args;

use crate::cli::editing::EditArguments;
use crate::edit::NewSource;

/// Add a source of local files: `[source.NAME]`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  repoman add source widget --path 'dist/*.deb' --to bookworm/main
  repoman add source builds --path 'dist/{distribution}/*.deb' --to '*/main'
  repoman add source nightly --path 'out/*.deb' --to bookworm/nightly --mode mirror --allow-empty")]
pub struct Arguments {
    /// Name of the source
    name: String,
    /// Pattern for the files, relative to the manifest
    #[arg(long, value_name = "PATTERN")]
    path: String,
    /// Targets, as bookworm/main; * is every distribution or every component
    #[arg(long, value_name = "ADDRESS", required = true, num_args = 1.., value_delimiter = ',')]
    to: Vec<String>,
    /// Take only packages of these architectures, and all
    #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',')]
    architecture: Vec<String>,
    /// accumulate keeps what is gone from the source, mirror removes it [default: accumulate]
    #[arg(long, value_name = "MODE", value_parser = ["accumulate", "mirror"], hide_possible_values = true)]
    mode: Option<String>,
    /// Accept that nothing matches
    #[arg(long)]
    allow_empty: bool,
    #[command(flatten)]
    edit: EditArguments,
}

impl Arguments {
    /// Returns the source, and how to add it.
    pub fn into_source(self) -> (NewSource, EditArguments) {
        let Self { name, path, to, architecture, mode, allow_empty, edit } = self;
        (NewSource { name, path, to, architectures: architecture, mode, allow_empty }, edit)
    }
}
