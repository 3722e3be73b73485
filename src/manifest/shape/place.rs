//! Which table of the manifest is looked at.

use std::ops::Range;

use super::super::problem::quoted;
use crate::text::printable;

/// Which table is being checked.
#[derive(Default)]
pub(super) struct Place {
    /// As in the file, without brackets: `signing.key.release`; empty for the file itself.
    pub(super) header: String,
    /// Where in the header the name begins that the user chose for the table, if so.
    pub(super) name: Option<usize>,
    /// Where the header stands; the file itself has none.
    pub(super) span: Option<Range<usize>>,
}

impl Place {
    /// Returns the table as messages name it.
    pub(super) fn shown(&self) -> String {
        if self.header.is_empty() {
            "the manifest".to_owned()
        } else {
            quoted(&format!("[{}]", self.header))
        }
    }

    /// Returns a table that the grammar names.
    pub(super) fn below(&self, key: &str, span: Range<usize>) -> Self {
        let dot = if self.header.is_empty() { "" } else { "." };
        Self { header: format!("{}{dot}{key}", self.header), name: None, span: Some(span) }
    }

    /// Returns a table that the user named.
    pub(super) fn named(&self, name: &str, span: Range<usize>) -> Self {
        let place = self.below(name, span);
        Self { name: Some(place.header.len() - name.len()), ..place }
    }

    /// Returns the header that a table with a dot in its name should have.
    pub(super) fn with_quotes(&self, rest: &str) -> String {
        let (parents, name) = self.header.split_at(self.name.unwrap_or_default());
        printable(&format!("{parents}\"{name}.{rest}\""))
    }
}
