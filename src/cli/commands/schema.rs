//! `repoman schema`

use std::process::ExitCode;

use clap::Subcommand;

use crate::cli::exit;
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;
use crate::manifest;
use crate::report::{
    Document, DriftDocument, EventDocument, ExplainDocument, GcDocument, KeysDocument, LogDocument,
    PlanDocument, PublishDocument, QueryDocument,
};

/// Print the JSON Schema of a format
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum Schema {
    /// Of repo.toml, for editors
    Manifest,
    /// Of `plan --json`
    Plan,
    /// Of `publish --json`
    Publish,
    /// Of `log --json`
    Log,
    /// Of `drift --json`
    Drift,
    /// Of `query --json`; a line of `--format jsonl` is one of its packages
    Query,
    /// Of `gc --json`
    Gc,
    /// Of `keys --json`
    Keys,
    /// Of `explain --json`
    Explain,
    /// Of a line of `apply --json`
    Events,
}

pub fn run(schema: Schema, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let schema = match schema {
        Schema::Manifest => manifest::json_schema(),
        Schema::Plan => PlanDocument::schema(),
        Schema::Publish => PublishDocument::schema(),
        Schema::Log => LogDocument::schema(),
        Schema::Drift => DriftDocument::schema(),
        Schema::Query => QueryDocument::schema(),
        Schema::Gc => GcDocument::schema(),
        Schema::Keys => KeysDocument::schema(),
        Schema::Events => EventDocument::schema(),
        Schema::Explain => ExplainDocument::schema(),
    };
    terminal.product(&format!("{schema:#}\n"))?;
    Ok(exit::SUCCESS.into())
}
