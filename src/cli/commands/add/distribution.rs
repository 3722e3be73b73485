//! `repoman add distribution`

use clap::Args;

use crate::cli::editing::EditArguments;
use crate::edit::NewDistribution;

/// Add a distribution: `[distribution.CODENAME]`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  repoman add distribution trixie --component main --architecture amd64,arm64
  repoman add distribution trixie --suite testing --release 13 --component main --architecture amd64")]
pub struct Arguments {
    /// Codename of the distribution
    codename: String,
    /// Components
    #[arg(long, value_name = "NAME", required = true, num_args = 1.., value_delimiter = ',')]
    component: Vec<String>,
    /// Architectures by Debian's names; all is implied
    #[arg(long, value_name = "NAME", required = true, num_args = 1.., value_delimiter = ',')]
    architecture: Vec<String>,
    /// Suite [default: the codename]
    #[arg(long, value_name = "NAME")]
    suite: Option<String>,
    /// What {release} stands for in the paths of sources, as 13
    #[arg(long, value_name = "TEXT")]
    release: Option<String>,
    /// Version of the distribution, as 13.1
    #[arg(long, value_name = "TEXT")]
    version: Option<String>,
    #[command(flatten)]
    edit: EditArguments,
}

impl Arguments {
    /// Returns the distribution, and how to add it.
    pub fn into_distribution(self) -> (NewDistribution, EditArguments) {
        let Self { codename, component, architecture, suite, release, version, edit } = self;
        let (components, architectures) = (component, architecture);
        let new = NewDistribution { codename, suite, release, version, components, architectures };
        (new, edit)
    }
}
