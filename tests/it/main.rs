//! Stories through the real binary, with the real apt and a real S3 protocol.
//!
//! One binary, since every further one links the whole crate again. Stories read top-down; what
//! they stand on is in [`support`].

#![expect(clippy::unwrap_used, reason = "a story that can't be set up has failed")]

mod base;
mod blocks;
mod cache;
mod clean_up;
mod codes;
mod command_line;
mod conflicts;
mod contents;
mod copies;
mod dangers;
mod docs;
mod documents;
mod drift;
mod durability;
mod edit;
mod environments;
mod events;
mod examples;
mod explain;
mod gc;
mod hashes;
mod inputs;
mod layering;
mod layout;
mod log;
mod manifest_errors;
mod mirror;
mod mishaps;
mod object_store;
mod promotion;
mod public;
mod publish;
mod push;
mod query;
mod readers;
mod real_packages;
mod recipes;
mod rejected;
mod removal;
mod repairs;
mod reproducible;
mod requests;
mod retired;
mod review;
mod rollback;
mod saved_plans;
mod signing;
mod single_writer;
mod support;
mod transcripts;
mod trouble;
mod trust;
mod validity;
mod writers;
