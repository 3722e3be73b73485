//! The one question: shall this be applied?

use std::io::{self, BufRead as _, Write as _};

use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;

/// Asks whether to apply a plan to a store; only `y` or `yes` means yes.
///
/// # Errors
///
/// When nobody is there to ask: it never hangs.
pub fn confirm(terminal: &Terminal, store: &str) -> Result<bool, Failure> {
    if !terminal.interactive {
        return Err(Failure::nobody_to_ask());
    }
    let mut stderr = io::stderr().lock();
    write!(stderr, "Apply to {store}? [y/N] ")
        .and_then(|()| stderr.flush())
        .map_err(Failure::output)?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).map_err(Failure::output)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
