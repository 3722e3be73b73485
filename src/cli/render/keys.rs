//! The signing keys for people, with the calendar of their rotation.

use std::fmt::Write as _;

use crate::cli::terminal::{Style, Tone};
use crate::fingerprint::Fingerprint;
use crate::report::{KeyRecord, Leave};
use crate::text::printable;
use crate::time::{Span, Timestamp, day};

/// Returns the text of keys, `overlap` being how long a successor has to sign.
pub fn render(keys: &[KeyRecord], overlap: Span, now: Timestamp, style: Style) -> String {
    let mut out = String::new();
    for key in keys {
        let name = style.paint(Tone::Strong, key.name.as_deref().unwrap_or("(leaving)"));
        // Writing to a String can't fail, here and below.
        let _ = writeln!(out, "{name}  {}", key.fingerprint);
        if let Some(public) = &key.public {
            let ends = public.expires.map_or("never expires".to_owned(), |end| {
                let verb = if end <= now { "expired" } else { "expires" };
                format!("{verb} {}", day(end))
            });
            let _ =
                writeln!(out, "  \"{}\"  {}, {ends}", printable(&public.user_id), public.algorithm);
        }
        let since = key.since.iter();
        let since: Vec<_> =
            since.map(|(codename, at)| format!("{codename} since {}", day(*at))).collect();
        if !since.is_empty() {
            let _ = writeln!(out, "  signs {}", since.join(", "));
        }
        let _ = writeln!(out, "  {}", leave(key, keys, overlap, now));
    }
    out
}

fn leave(key: &KeyRecord, keys: &[KeyRecord], overlap: Span, now: Timestamp) -> String {
    let name = |fingerprint: Fingerprint| {
        let named = keys.iter().find(|key| key.fingerprint == fingerprint);
        named.and_then(|key| key.name.clone()).unwrap_or_else(|| fingerprint.short())
    };
    match key.leave {
        Leave::Idle => "signs nothing yet".to_owned(),
        Leave::Alone => "must stay: no other key signs all that it signs".to_owned(),
        Leave::From { at, successor } if at <= now => {
            format!("may leave: {} has signed for {overlap}", name(successor))
        }
        Leave::From { at, successor } => format!(
            "may leave on {}, when {} will have signed for {overlap}",
            day(at),
            name(successor)
        ),
    }
}
