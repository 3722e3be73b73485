//! `repoman promote`

use std::process::ExitCode;

use clap::Args;

use crate::cli::Global;
use crate::cli::editing::{EditArguments, edit};
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;
use crate::edit::{self as edits, Promotion, Route};

/// Let versions of a package into another distribution: one line of a source's packages
///
/// The source is the one in the manifest that has a `distribution`. If there are several, --source
/// names it, or --from or --to tells which is meant; a source from the one to the other is made if
/// there is none. The store is not touched here.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  repoman promote widget 1.4.2-1
  repoman promote libacme1 '<= 3.0-1' --source to-stable
  repoman promote widget 1.4.2-1 --to bookworm
  repoman promote widget 1.4.2-1 --from trixie/main --to bookworm/main --soak 7d")]
pub struct Arguments {
    /// Package to promote
    package: String,
    /// Versions to promote, as in Depends: 1.4.2-1, '<= 3.0-1', or '>= 2, << 3'
    versions: String,
    /// Source that promotes [default: the only one]
    #[arg(long, value_name = "NAME", conflicts_with_all = ["from", "to"])]
    source: Option<String>,
    /// Component that has the package, as trixie/main
    #[arg(long, value_name = "ADDRESS")]
    from: Option<String>,
    /// Component that gets the package, as bookworm/main
    #[arg(long, value_name = "ADDRESS")]
    to: Option<String>,
    /// How long a version must have been there, as 7d; holds for all packages of the source
    #[arg(long, value_name = "DURATION")]
    soak: Option<String>,
    #[command(flatten)]
    edit: EditArguments,
}

pub fn run(
    arguments: Arguments,
    global: &Global,
    terminal: &Terminal,
) -> Result<ExitCode, Failure> {
    let Arguments { package, versions, source, from, to, soak, edit: arguments } = arguments;
    let route = source.map_or(Route::Between { from, to }, Route::Source);
    let promotion = Promotion { package, versions, route, soak };
    edit(&arguments, global, terminal, |text| edits::promote(text, &promotion))
}
