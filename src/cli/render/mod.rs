//! Values as text for people.

pub mod diff;
pub mod division;
pub mod drift;
pub mod fates;
pub mod gc;
pub mod github;
pub mod gitlab;
pub mod keys;
pub mod log;
pub mod markdown;
pub mod outcome;
pub mod plan;
pub mod problems;
pub mod publication;
pub mod query;
pub mod repairs;
pub mod report;
