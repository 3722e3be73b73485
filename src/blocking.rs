//! The one bridge between async code and the threads that work or wait.

use tokio::sync::oneshot;

/// Runs CPU-bound `work` on the rayon pool and awaits its result.
///
/// Dropping the future does not stop work that has begun; its result is then thrown away.
///
/// # Panics
///
/// Goes on with the panic of `work`.
pub async fn cpu<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = oneshot::channel();
    rayon::spawn(move || {
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        // The receiver is gone only when nobody wants the result any more.
        let _ = sender.send(outcome);
    });
    let outcome = receiver.await.expect("the sender is used before it is dropped");
    outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Runs `work` that waits for files, or works a little for each, and awaits its result.
///
/// It has threads of its own beside the rayon pool, where it would wait for all that is queued there.
///
/// # Panics
///
/// Goes on with the panic of `work`.
pub async fn io<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    if rayon::current_thread_index().is_some() {
        // One thread is everything, as in a simulation, where no other may be faster or slower.
        return cpu(work).await;
    }
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
