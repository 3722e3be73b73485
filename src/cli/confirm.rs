//! The one question: shall this be done?

use std::io::{self, BufRead as _, Write as _};

use tokio::sync::oneshot;

use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;

/// What a person is asked.
pub enum Ask {
    /// This question, as in `Apply to s3://acme-apt/debian?`.
    Yes(String),
    /// To type this name, since a danger was accepted.
    Name(String),
}

/// Asks a person to confirm; only `y` or `yes`, or exactly the name, means yes.
///
/// # Errors
///
/// When nobody is there to ask: it never hangs.
pub async fn confirm(terminal: &Terminal, ask: &Ask) -> Result<bool, Failure> {
    if !terminal.interactive {
        return Err(Failure::nobody_to_ask());
    }
    let mut stderr = io::stderr().lock();
    let question = match ask {
        Ask::Yes(question) => format!("{question} [y/N] "),
        Ask::Name(name) => format!("Dangers are accepted. Type the repository's name ({name}): "),
    };
    write!(stderr, "{question}").and_then(|()| stderr.flush()).map_err(Failure::output)?;
    drop(stderr);
    let answer = read_line().await.map_err(Failure::output)?;
    Ok(match ask {
        Ask::Yes(_) => matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"),
        Ask::Name(name) => answer.trim() == name,
    })
}

/// Reads a line from stdin.
///
/// In a thread of its own, which nobody waits for: a read can't be cancelled, and a signal has
/// to end the question all the same.
async fn read_line() -> io::Result<String> {
    let (sender, receiver) = oneshot::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line).map(|_| line);
        // The question may have been interrupted meanwhile.
        let _ = sender.send(read);
    });
    receiver.await.unwrap_or_else(|_| Err(io::ErrorKind::UnexpectedEof.into()))
}
