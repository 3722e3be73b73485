//! Keys that are missing, unknown, or not to be here.

use std::borrow::Cow;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::super::code;
use super::super::grammar::{self, Key, Shape, Table};
use super::super::problem::{Problem, alternatives, near, quoted};
use super::{Check, Place};

impl Check<'_> {
    /// Checks that of several keys exactly one is there.
    pub(super) fn alternatives(&mut self, table: &DeTable<'_>, grammar: &Table, place: &Place) {
        let keys: Vec<&Key> = grammar.keys.iter().filter(|key| key.is_alternative).collect();
        let there = keys.iter().filter_map(|key| table.get_key_value(key.name));
        let mut there: Vec<_> = there.map(|(name, _)| name).collect();
        there.sort_by_key(|name| name.span().start);
        let excused = keys.iter().any(|key| is_excused(key, table, grammar, place));
        let names = alternatives(keys.iter().map(|key| key.name));
        let problem = match &there[..] {
            [_] => return,
            [] if keys.is_empty() || excused => return,
            [] => {
                let examples: Vec<_> = keys.iter().filter_map(|key| key.required).collect();
                let span = place.span.clone().unwrap_or(0..0);
                Problem::error(code::MISSING, span, format!("{} has no {names}", place.shown()))
                    .label("incomplete")
                    .help(examples.join("\nor\n"))
            }
            [first, second, ..] => {
                let (first, span) = (quoted(first.get_ref()), second.span());
                let second = quoted(second.get_ref());
                let message = format!("{} has {second} beside {first}", place.shown());
                Problem::error(code::ALTERNATIVES, span, message)
                    .label("one of the two is too much")
                    .help(format!("keep one of {names}; make two tables of it for two"))
            }
        };
        self.problems.push(problem);
    }

    pub(super) fn unknown_key(
        &mut self,
        name: &Spanned<Cow<'_, str>>,
        value: &Spanned<DeValue<'_>>,
        grammar: &Table,
        place: &Place,
    ) {
        let typed: &str = name.get_ref();
        let message = format!("{} has no key {}", place.shown(), quoted(typed));
        let (label, help) = match near(
            typed,
            grammar.keys.iter().map(|key| key.name).filter(|key| *key != typed),
        ) {
            Some(key) => (format!("did you mean `{key}`?"), None),
            None => ("unknown key".to_owned(), Some(where_instead(typed, value, grammar, place))),
        };
        let problem = Problem::error(code::UNKNOWN_KEY, name.span(), message).label(label);
        self.problems.push(match help {
            Some(help) => problem.help(help),
            None => problem,
        });
    }

    pub(super) fn not_yet(&mut self, name: &Spanned<Cow<'_, str>>, doc: &str, place: &Place) {
        let part = if place.header.is_empty() { "table" } else { "key" };
        self.problems.push(not_yet(name.get_ref(), name.span(), part, doc));
    }

    pub(super) fn fixed(&mut self, name: &Spanned<Cow<'_, str>>, place: &Place) {
        let message = format!("{} has {}", place.shown(), quoted(name.get_ref()));
        self.problems.push(
            Problem::error(code::OVERRIDE, name.span(), message)
                .label("the same in every environment")
                .help(
                    "an environment says where and who: store.*, signing.keys, \
                     repository.public_url and limits.*",
                ),
        );
    }

    pub(super) fn missing(&mut self, key: &Key, place: &Place) {
        let Some(example) = key.required else { return };
        let thing = match key.shape {
            Shape::Table(_) => format!("`[{}]`", place.below(key.name, 0..0).header),
            Shape::Named(_) => format!("`[{}.NAME]`", place.below(key.name, 0..0).header),
            _ => format!("`{}`", key.name),
        };
        let message = format!("{} has no {}", place.shown(), thing);
        let span = place.span.clone();
        let problem = Problem::error(code::MISSING, span.clone().unwrap_or(0..0), message)
            .label(if span.is_some() { "incomplete".to_owned() } else { String::new() })
            .help(example);
        self.problems.push(Problem { span, ..problem });
    }
}

/// Returns the refusal of a `part` that this version can't do.
fn not_yet(name: &str, span: Range<usize>, part: &str, doc: &str) -> Problem {
    let message = format!("`{name}` is not supported yet by repoman {}", env!("CARGO_PKG_VERSION"));
    let doc = doc.trim_end_matches('.');
    Problem::error(code::NOT_YET, span, message)
        .label("for a later version")
        .help(format!("remove the {part}, or use a version that supports it ({doc})"))
}

/// Tells whether a key is not there, or is a table of named tables that names none.
pub(super) fn is_absent(key: &Key, table: &DeTable<'_>) -> bool {
    match (key.shape, table.get(key.name).map(Spanned::get_ref)) {
        (Shape::Named(_), Some(DeValue::Table(named))) => named.is_empty(),
        (_, value) => value.is_none(),
    }
}

/// Tells whether a key that names tables is surely meant to be the list of that name:
/// `component = ["main"]`.
pub(super) fn is_list_of(key: &Key, value: &Spanned<DeValue<'_>>, table: &Table) -> bool {
    matches!(key.shape, Shape::Named(_) | Shape::Later)
        && !value.get_ref().is_table()
        && table.key(&format!("{}s", key.name)).is_some_and(Key::is_supported)
}

/// Tells whether the absence of a key most likely follows from another problem of its table.
///
/// The key may be misspelt; what is not supported yet may stand in for it, as `push` does for
/// `path`; and a name with a dot but no quotes makes a table of its own.
pub(super) fn is_excused(key: &Key, table: &DeTable<'_>, grammar: &Table, place: &Place) -> bool {
    table.iter().any(|(name, value)| match grammar.key(name.get_ref()) {
        Some(other) => !place.header.is_empty() && matches!(other.shape, Shape::Later),
        None => {
            near(name.get_ref(), [key.name]).is_some()
                || place.name.is_some() && value.get_ref().is_table()
        }
    })
}

/// Returns where a key that is unknown here would be at home, or which keys there are.
fn where_instead(
    typed: &str,
    value: &Spanned<DeValue<'_>>,
    grammar: &Table,
    place: &Place,
) -> String {
    if place.name.is_some() && value.get_ref().is_table() {
        // `[distribution.18.04]` is TOML for the table `04` in `18`.
        return format!("a name with a dot needs quotes: [{}]", place.with_quotes(typed));
    }
    let home = grammar::tables().into_iter().find(|(_, table)| table.key(typed).is_some());
    match home {
        Some((header, _)) => format!("{} is a key of {header}", quoted(typed)),
        None => {
            let keys = grammar.keys.iter().filter(|key| key.is_supported());
            format!("the keys here are {}", alternatives(keys.map(|key| key.name)))
        }
    }
}
