//! Changes to the manifest on disk: edited, checked, shown, and only then written, all at once.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use clap::Args;

use crate::cli::failure::Failure;
use crate::cli::project::{Project, locate};
use crate::cli::render::diff;
use crate::cli::terminal::Terminal;
use crate::cli::{Global, exit};
use crate::edit::{EditError, first_environment};

/// What all commands that edit the manifest take.
#[derive(Debug, Clone, Args)]
pub struct EditArguments {
    /// Print the difference that it would make; write nothing
    #[arg(long)]
    dry_run: bool,
}

/// Edits the manifest and says what changed, or what would.
///
/// # Errors
///
/// When the change can't be made, when the manifest would not be valid, or when it can't be
/// written. The file is as it was then.
pub fn edit(
    arguments: &EditArguments,
    global: &Global,
    terminal: &Terminal,
    change: impl FnOnce(&str) -> Result<String, EditError>,
) -> Result<ExitCode, Failure> {
    let (path, before) = locate(global)?;
    let after = change(&before).map_err(|error| Failure::edit(&path, &before, error))?;
    if after == before {
        terminal.say(&format!("{} says so already.", path.display()));
        return Ok(exit::SUCCESS.into());
    }
    check(&path, &after, global, terminal).map_err(Failure::unwritten)?;
    if arguments.dry_run {
        terminal.product(&diff::render(&path, &before, &after, terminal.out))?;
        terminal.say("Nothing was written.");
    } else {
        replace(&path, &before, &after)?;
        terminal.say(diff::render(&path, &before, &after, terminal.err).trim_end());
        terminal.say(&format!("Wrote {}.", path.display()));
    }
    Ok(exit::SUCCESS.into())
}

/// Checks a manifest as `check` does; which environment it is for does not matter here.
fn check(path: &Path, text: &str, global: &Global, terminal: &Terminal) -> Result<(), Failure> {
    let chosen = global.environment.clone().filter(|name| !name.is_empty());
    let environment = chosen.or_else(|| first_environment(text));
    let global = Global { environment, ..global.clone() };
    Project::judge(path.to_owned(), text.to_owned(), &global, terminal).map(drop)
}

/// Replaces the text of a manifest at once: whoever reads it sees all of one or all of the other.
///
/// A link stays a link, and the file keeps its mode, and its owner where that can be done.
///
/// # Errors
///
/// When the file is write-protected or can't be written, or when it is not what was read before.
pub fn replace(path: &Path, before: &str, after: &str) -> Result<(), Failure> {
    let failed = |error| Failure::unwritable(path, error);
    // Renaming onto a link would put a file in its place.
    let target = path.canonicalize().map_err(failed)?;
    let original = OpenOptions::new().write(true).open(&target).map_err(failed)?;
    if original.metadata().map_err(failed)?.permissions().readonly() {
        // The superuser may write it all the same, and nobody else might rename onto it.
        return Err(failed(io::ErrorKind::PermissionDenied.into()));
    }
    if fs::read(&target).map_err(failed)? != before.as_bytes() {
        return Err(Failure::changed_meanwhile(path));
    }
    write(&target, &original, after).map_err(failed)
}

fn write(target: &Path, original: &File, text: &str) -> io::Result<()> {
    let directory = target.parent().unwrap_or(Path::new("/"));
    let mut new = tempfile::Builder::new().prefix(".repoman-").tempfile_in(directory)?;
    new.write_all(text.as_bytes())?;
    adopt(new.as_file(), original)?;
    new.as_file().sync_all()?;
    new.persist(target)?;
    Ok(())
}

/// Gives a file the owner and the mode of another.
fn adopt(new: &File, original: &File) -> io::Result<()> {
    let metadata = original.metadata()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt as _, fchown};
        // Only the superuser may give files away; others keep what they wrote.
        let _ = fchown(new, Some(metadata.uid()), Some(metadata.gid()));
    }
    new.set_permissions(metadata.permissions())
}
