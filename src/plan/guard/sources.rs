//! Sources that have nothing any more, or much less than they had.

use crate::manifest::Limits;
use crate::plan::danger::{Danger, DangerCode};
use crate::plan::loss::{Loss, Rest};
use crate::text::plural;

/// Returns the dangers of what mirrors have lost, in the order of the sources' names.
///
/// A source has shrunk if more than half of what it brought leaves, and at least as many files as the
/// limits say: less is what the packages themselves are looked at for.
pub fn dangers(losses: &[Loss], limits: Limits) -> impl Iterator<Item = Danger> {
    losses.iter().filter_map(move |loss| match loss.rest {
        Rest::Nothing => Some(danger(DangerCode::SourceEmpty, loss)),
        Rest::Something => {
            let is_much =
                loss.lost * 2 > loss.brought && loss.lost as u64 >= limits.remove_at_least;
            is_much.then(|| danger(DangerCode::SourceShrank, loss))
        }
    })
}

fn danger(code: DangerCode, loss: &Loss) -> Danger {
    let Loss { source, brought, lost, rest } = loss;
    let has = match rest {
        Rest::Nothing => "has nothing any more",
        Rest::Something => "has much less than it had",
    };
    let files = plural(*brought, "package file");
    let message = format!("source.{source} {has}: of {files} that it brought, {lost} leave");
    let instead = "see whether all of it was there when the plan was made";
    Danger::overall(code, source, message).instead(instead)
}
