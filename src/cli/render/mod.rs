//! Values as text for people.

pub mod log;
pub mod outcome;
pub mod plan;
pub mod problems;
pub mod report;
