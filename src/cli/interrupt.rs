//! Ends work that a signal interrupts in an orderly way.

use tokio::signal::unix::{SignalKind, signal};

use crate::cli::failure::Failure;

/// Runs work until it is done or somebody sends SIGINT, SIGTERM or SIGHUP.
///
/// Dropping the work lets it clean up: the private GnuPG home with its secrets above all.
///
/// # Errors
///
/// That of the work, or that it was interrupted.
pub async fn interruptible<T>(
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let listen = |kind| signal(kind).map_err(Failure::signals);
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut terminate = listen(SignalKind::terminate())?;
    let mut hangup = listen(SignalKind::hangup())?;
    tokio::select! {
        result = work => result,
        _ = interrupt.recv() => Err(Failure::interrupted()),
        _ = terminate.recv() => Err(Failure::interrupted()),
        _ = hangup.recv() => Err(Failure::interrupted()),
    }
}
