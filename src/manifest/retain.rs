//! `[retain]`: what stays, and for how long.

use super::problem::{Problem, quoted};
use super::rules::malformed;
use super::section::Section;
use crate::time::Span;

/// For how long an object stays in the store after the last index that named it is gone.
pub(super) const PURGE_AFTER: Span = Span::seconds(7 * 86_400);

/// The shortest such time.
///
/// Half of it has to be longer than what a run may take from its last look at the store to its
/// last write: half an hour, and half an hour for a write that is on its way.
const LEAST: Span = Span::seconds(2 * 3600);

/// Returns `purge_after`, if it is there and makes sense.
pub(super) fn purge_after(section: &Section<'_>, problems: &mut Vec<Problem>) -> Option<Span> {
    let text = section.text("purge_after")?;
    match text.text.parse::<Span>() {
        Ok(span) if span >= LEAST => Some(span),
        parsed => {
            let fault = match parsed {
                Ok(_) => format!("is shorter than {LEAST}"),
                Err(_) => "is not a duration".to_owned(),
            };
            let message = format!("`purge_after` {} {fault}", quoted(text.text));
            problems.push(malformed(text.span, message, "purge_after = \"7d\""));
            None
        }
    }
}
