//! `repoman` publishes APT repositories to object stores, declaratively.
//!
//! Data flows one way: manifest and sources make the *desired* [`snapshot`], the store holds the
//! *published* one, [`plan`] is the difference, [`dists`] turns it into bytes and [`commit`] makes
//! them visible at once.
//!
//! A module imports only from lower ranks; `tests/it/layering.rs` keeps that true.
//!
//! | rank | modules | may do |
//! |---|---|---|
//! | 0 | `digest` `fingerprint` `compression` `time` `text` `blocking` `mutation` | pure (`blocking` is the one rayon ↔ tokio bridge; `mutation` is a switch for tests) |
//! | 1 | `debian`, then `deb` and `apt` | pure, sync, `Read`/`Write` only |
//! | 2 | `manifest`, `snapshot` | pure, sync |
//! | 3 | `edit` `plan` `query`, then `report` | pure functions; `now` is an argument |
//! | 4 | `store`, `sign` | async, FFI; they know no APT |
//! | 5 | `source`, `published`, `dists` | readers |
//! | 6 | `commit`, `gc`, `drift` | writers and a reader over pure cores |
//! | 7 | `ops` | wiring; one use case a file |
//! | 8 | `cli` | the only rank that prints, or reads environment, clock and arguments |

pub mod apt;
pub mod blocking;
pub mod cli;
pub mod commit;
pub mod compression;
pub mod deb;
pub mod debian;
pub mod digest;
pub mod dists;
pub mod drift;
pub mod edit;
pub mod fingerprint;
pub mod gc;
pub mod manifest;
pub mod mutation;
pub mod ops;
pub mod plan;
pub mod published;
pub mod query;
pub mod report;
pub mod sign;
pub mod snapshot;
pub mod source;
pub mod store;
pub mod text;
pub mod time;
