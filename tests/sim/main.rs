//! The commit protocol under crashes, unknown outcomes, races and stores that lie.
//!
//! What runs here is the real code, from the plan to the last copy, over a store in memory
//! ([`world`]). One scheduler ([`schedule`]) lets one store call happen at a time, in an order
//! that a seed decides, and turns the clock; so each run can be repeated. After every write an
//! auditor ([`auditor`]) looks at the store as a client of the repository would.
//!
//! A failure names its seed; `REPOMAN_SIM_SEED=n` plays that one alone, and
//! `REPOMAN_SIM_SEEDS=n` says how many are tried.

#![expect(clippy::unwrap_used, reason = "a simulation that can't be set up has failed")]

mod ambiguity;
mod auditor;
mod client;
mod crashes;
#[path = "../it/support/deb.rs"]
mod deb;
mod journals;
mod lies;
mod link;
#[cfg(debug_assertions)]
mod mutations;
mod races;
mod removals;
mod scene;
mod schedule;
mod seal;
mod seeds;
mod shelf;
mod stalls;
mod sweeps;
mod world;
