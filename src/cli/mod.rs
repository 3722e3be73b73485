//! The command line: arguments, the environment, the clock, and everything that is printed.
//!
//! stdout carries the product, stderr all that is said about it. Commands are arguments plus
//! wiring; what they do lives in `ops`.

mod approval;
mod base;
mod commands;
mod confirm;
mod destination;
mod editing;
mod events;
mod exit;
mod failure;
mod inputs;
mod interrupt;
mod log_line;
mod progress;
mod project;
mod render;
mod review;
mod runtime;
mod secrets;
mod terminal;

use std::process::ExitCode;

use clap::{Args, CommandFactory as _, Parser, Subcommand};

use commands::{
    add, apply, check, completions, drift, explain, fmt, gc, init, keep, keys, log, man, plan,
    promote, publish, query, remove, rollback, schema, version, yank,
};
use failure::Failure;
use log_line::LogFormat;
use runtime::block_on;
use terminal::{ColorChoice, Terminal};

use crate::time::Span;

/// What is read of the environment besides what flags name and AWS's own variables.
const ENVIRONMENT: &str = "\
Environment:
  REPOMAN_CACHE_DIR  Where index files of buckets are kept, and what local packages contain
                     [default: repoman in XDG_CACHE_HOME or ~/.cache]; empty: nowhere. It takes
                     1 GiB at most, and may be deleted at any time";

/// Publishes APT repositories to object stores from a manifest under version control
///
/// A `repo.toml` says what a repository consists of; `plan` shows what would change, `apply`
/// makes it so. The published repository itself is the only state.
#[derive(Debug, Parser)]
#[command(
    name = "repoman",
    version,
    max_term_width = 100,
    disable_help_subcommand = true,
    after_help = ENVIRONMENT
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// The flags of all commands.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
struct Global {
    /// Manifest to use [default: repo.toml here or in a directory above]
    #[arg(short, long, global = true, value_name = "FILE")]
    file: Option<std::path::PathBuf>,
    /// Environment of the manifest: one of its [env.NAME] tables
    #[arg(
        long = "env",
        global = true,
        value_name = "NAME",
        env = "REPOMAN_ENV",
        hide_env_values = true
    )]
    environment: Option<String>,
    /// When to use colours: auto, always or never
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true
    )]
    color: ColorChoice,
    /// Draw with ASCII characters only
    #[arg(long, global = true)]
    ascii: bool,
    /// How stderr is written: text or json
    #[arg(
        long,
        global = true,
        value_name = "FORMAT",
        default_value = "text",
        hide_possible_values = true
    )]
    log_format: LogFormat,
    /// Say nothing but errors and what was asked for
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Say more; plans are printed whole
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    /// How long to wait for an answer of the store [default: 60s]
    #[arg(long, global = true, value_name = "DURATION", env = "REPOMAN_TIMEOUT")]
    timeout: Option<Span>,
    /// Allow manifest paths that leave the manifest's directory
    #[arg(long, global = true)]
    allow_outside: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Arguments),
    Check(check::Arguments),
    Fmt(fmt::Arguments),
    #[command(subcommand)]
    Add(add::Add),
    #[command(subcommand)]
    Remove(remove::Remove),
    Yank(yank::Arguments),
    Keep(keep::Arguments),
    Promote(promote::Arguments),
    Plan(plan::Arguments),
    Apply(apply::Arguments),
    Publish(publish::Arguments),
    Log(log::Arguments),
    Query(query::Arguments),
    Rollback(rollback::Arguments),
    Drift(drift::Arguments),
    Explain(explain::Arguments),
    Gc(gc::Arguments),
    Keys(keys::Arguments),
    #[command(subcommand)]
    Schema(schema::Schema),
    Completions(completions::Arguments),
    Man(man::Arguments),
    Version(version::Arguments),
}

/// Returns the whole command line, as clap knows it.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Runs the program with the process's arguments and returns its exit status.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let terminal = Terminal::new(&cli.global);
    match run(cli, &terminal) {
        Ok(code) => code,
        Err(failure) => {
            terminal.failure(&failure);
            failure.exit_code()
        }
    }
}

fn run(cli: Cli, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let Cli { global, command } = cli;
    match command {
        Command::Init(arguments) => init::run(&arguments, &global, terminal),
        Command::Check(arguments) => check::run(&arguments, &global, terminal),
        Command::Fmt(arguments) => fmt::run(&arguments, &global, terminal),
        Command::Add(add) => add::run(add, &global, terminal),
        Command::Remove(remove) => remove::run(&remove, &global, terminal),
        Command::Yank(arguments) => yank::run(arguments, &global, terminal),
        Command::Keep(arguments) => keep::run(arguments, &global, terminal),
        Command::Promote(arguments) => promote::run(arguments, &global, terminal),
        Command::Plan(arguments) => plan::run(&arguments, &global, terminal),
        Command::Apply(arguments) => block_on(apply::run(&arguments, &global, terminal)),
        Command::Publish(arguments) => block_on(publish::run(&arguments, &global, terminal)),
        Command::Log(arguments) => block_on(log::run(&arguments, &global, terminal)),
        Command::Query(arguments) => block_on(query::run(&arguments, &global, terminal)),
        Command::Rollback(arguments) => block_on(rollback::run(&arguments, &global, terminal)),
        Command::Drift(arguments) => block_on(drift::run(&arguments, &global, terminal)),
        Command::Explain(arguments) => explain::run(&arguments, &global, terminal),
        Command::Gc(arguments) => block_on(gc::run(&arguments, &global, terminal)),
        Command::Keys(keys) => keys::run(&keys, &global, terminal),
        Command::Schema(schema) => schema::run(schema, terminal),
        Command::Completions(arguments) => completions::run(&arguments, self::command(), terminal),
        Command::Man(arguments) => man::run(&arguments, &self::command(), terminal),
        Command::Version(arguments) => version::run(&arguments, terminal),
    }
}

/// Prints what clap has to say; usage errors get their own status, as 2 means differences here.
fn usage(error: &clap::Error) -> ExitCode {
    // A closed pipe is the reader's decision.
    let _ = error.print();
    if error.use_stderr() { exit::USAGE.into() } else { exit::SUCCESS.into() }
}
