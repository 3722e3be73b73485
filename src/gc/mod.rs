//! Which objects may be deleted, and deletes them.
//!
//! Deciding is pure: [`GivenUp`] is what all distributions together have given up, and since when;
//! [`orphans()`] are objects that nothing has ever named, or nothing remembers. [`delete()`] is all
//! that touches the store. Every time in it is the store's own.
//!
//! It never deletes what it does not know the form of, nor anything that decides: Release files,
//! manifests, and whatever strangers have put beside them.

mod given_up;
mod orphans;
mod sweep;
#[cfg(test)]
mod tests;

pub use given_up::{GivenUp, LEAST};
pub use orphans::orphans;
pub use sweep::{Swept, delete};
