//! Values as text for people.

pub mod plan;
pub mod problems;
