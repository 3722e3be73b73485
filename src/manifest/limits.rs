//! `[limits]`: how much one plan may remove before somebody has to say so.

use super::section::Section;

/// How much one plan may remove from a distribution: what reaches both is a mass removal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// More than this share of its package versions, in percent from 1 to 100 …
    pub remove_percent: u8,
    /// … and at least this number of them, which is at least 1.
    pub remove_at_least: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { remove_percent: 20, remove_at_least: 10 }
    }
}

/// Reads the section.
pub(super) fn read(section: &Section<'_>) -> Limits {
    let default = Limits::default();
    let percent = section.number("remove_percent").and_then(|number| number.try_into().ok());
    Limits {
        remove_percent: percent.unwrap_or(default.remove_percent),
        remove_at_least: section.number("remove_at_least").unwrap_or(default.remove_at_least),
    }
}
