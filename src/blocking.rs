//! The one bridge between async code and the rayon pool.

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
