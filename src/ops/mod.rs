//! The use cases, one a file: wiring between what reads, decides and writes.
//!
//! An operation takes its world as arguments (manifest, store, clock, observer) and returns a
//! value; `cli` makes the world and renders the value.

pub mod apply;
pub mod baseline;
mod checksums;
pub mod client_files;
pub mod contents;
pub mod contest;
pub mod drift;
pub mod founding;
pub mod gc;
pub mod keys;
pub mod log;
pub mod mend;
mod onlooker;
pub mod plan;
pub mod publish;
mod repair;
pub mod retired;
mod reuse;
pub mod rollback;
mod sweep;
