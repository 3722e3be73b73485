//! The threads that wait for stores.

use std::future::Future;

use tokio::runtime::Builder;

/// How many threads read and write the files of a store in a directory.
///
/// Each has its next file at once: with as many as there are transfers under way, which may be 64, one
/// thread would be woken for each file, and go to sleep after it.
const FILE_THREADS: usize = 16;

/// Runs a command that waits for a store to its end.
///
/// # Panics
///
/// If the system has no threads to give.
pub(super) fn block_on<F: Future>(command: F) -> F::Output {
    let runtime =
        Builder::new_multi_thread().enable_all().max_blocking_threads(FILE_THREADS).build();
    runtime.expect("the system has threads to give").block_on(command)
}
