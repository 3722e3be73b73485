//! Checks a parsed text against the [`grammar`]: keys and the types of values.
//!
//! It knows no meaning; a manifest that passes can still be nonsense.

use std::borrow::Cow;
use std::ops::{Range, RangeInclusive};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::code;
use super::grammar::{self, Key, Shape, Table};
use super::problem::{Problem, alternatives, near, quoted};
use crate::text::printable;
use crate::time::{Span, SpanError};

/// Returns what is wrong with the keys and types of the whole text.
pub(super) fn check(source: &str, document: &DeTable<'_>) -> Vec<Problem> {
    let mut check = Check { source, problems: Vec::new() };
    check.table(document, &grammar::MANIFEST, &Place::default());
    check.problems
}

/// Returns a value as a number that is not negative.
pub(super) fn number(value: &DeValue<'_>) -> Option<u64> {
    let DeValue::Integer(number) = value else { return None };
    u64::from_str_radix(number.as_str(), number.radix()).ok()
}

/// Parses a duration; one of no length is none.
pub(super) fn duration(text: &str) -> Result<Span, SpanError> {
    text.parse()
        .and_then(|span: Span| if span.as_seconds() > 0 { Ok(span) } else { Err(SpanError) })
}

/// Returns why a string can't be a value anywhere, if so.
///
/// Values reach Release files, where a line break would forge a field, and terminals.
pub(super) fn text_fault(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        Some("is empty")
    } else if printable(text) != text {
        Some("holds a line break or another character that can't be shown")
    } else if text.trim() != text {
        Some("begins or ends with a blank")
    } else {
        None
    }
}

/// Which table is being checked.
#[derive(Default)]
struct Place {
    /// As in the file, without brackets: `signing.key.release`; empty for the file itself.
    header: String,
    /// Where in the header the name begins that the user chose for the table, if so.
    name: Option<usize>,
    /// Where the header stands; the file itself has none.
    span: Option<Range<usize>>,
}

impl Place {
    /// Returns the table as messages name it.
    fn shown(&self) -> String {
        if self.header.is_empty() {
            "the manifest".to_owned()
        } else {
            quoted(&format!("[{}]", self.header))
        }
    }

    /// Returns a table that the grammar names.
    fn below(&self, key: &str, span: Range<usize>) -> Self {
        let dot = if self.header.is_empty() { "" } else { "." };
        Self { header: format!("{}{dot}{key}", self.header), name: None, span: Some(span) }
    }

    /// Returns a table that the user named.
    fn named(&self, name: &str, span: Range<usize>) -> Self {
        let place = self.below(name, span);
        Self { name: Some(place.header.len() - name.len()), ..place }
    }

    /// Returns the header that a table with a dot in its name should have.
    fn with_quotes(&self, rest: &str) -> String {
        let (parents, name) = self.header.split_at(self.name.unwrap_or_default());
        printable(&format!("{parents}\"{name}.{rest}\""))
    }
}

struct Check<'a> {
    source: &'a str,
    problems: Vec<Problem>,
}

impl Check<'_> {
    fn table(&mut self, table: &DeTable<'_>, grammar: &Table, place: &Place) {
        self.keys(table, grammar, place);
        self.alternatives(table, grammar, place);
        let needed = grammar.keys.iter().filter(|key| !key.is_alternative);
        for key in needed.filter(|key| is_absent(key, table)) {
            if !is_excused(key, table, grammar, place) {
                self.missing(key, place);
            }
        }
    }

    /// Checks the keys that are there.
    fn keys(&mut self, table: &DeTable<'_>, grammar: &Table, place: &Place) {
        for (name, value) in table {
            match grammar.key(name.get_ref()) {
                None => self.unknown_key(name, value, grammar, place),
                Some(key) if is_list_of(key, value, grammar) => {
                    self.unknown_key(name, value, grammar, place);
                }
                Some(Key { shape: Shape::Later, doc, .. }) => self.not_yet(name, doc, place),
                Some(Key { shape: Shape::Fixed, .. }) => self.fixed(name, place),
                Some(key) => self.value(key, value, &place.below(key.name, value.span())),
            }
        }
    }

    fn value(&mut self, key: &Key, value: &Spanned<DeValue<'_>>, place: &Place) {
        match (key.shape, value.get_ref()) {
            (Shape::Text | Shape::Reference, DeValue::String(text)) => {
                self.text(key, text, value.span());
            }
            (Shape::Choice(choices), DeValue::String(text)) => {
                self.choice(key, text, choices, value.span());
            }
            (Shape::TextOrTexts, DeValue::String(text)) => self.text(key, text, value.span()),
            (Shape::Texts | Shape::TextOrTexts | Shape::Choices(_), DeValue::Array(items)) => {
                self.items(key, items);
            }
            (Shape::Selection, DeValue::Array(items)) => self.items(key, items),
            (Shape::Selection, DeValue::Table(table)) => self.selection(key, table),
            (Shape::True, DeValue::Boolean(true)) => {}
            (Shape::Flag, DeValue::Boolean(_)) | (Shape::Format, DeValue::Integer(_)) => {}
            (Shape::Count { least, most }, number @ DeValue::Integer(_)) => {
                self.count(key, number, least..=most, value.span());
            }
            (Shape::Duration, DeValue::String(text)) => self.duration(key, text, value.span()),
            (Shape::Reasons, DeValue::Table(table)) => self.reasons(table, place),
            (Shape::Exceptions, DeValue::Table(named)) => self.exceptions(named, place),
            (Shape::Table(grammar), DeValue::Table(table)) => self.table(table, grammar, place),
            (Shape::Part(grammar), DeValue::Table(table)) => self.keys(table, grammar, place),
            (Shape::Named(grammar), DeValue::Table(named)) => self.named(named, grammar, place),
            _ => self.wrong_type(key, value),
        }
    }

    fn items(&mut self, key: &Key, items: &[Spanned<DeValue<'_>>]) {
        for item in items {
            match (key.shape, item.get_ref()) {
                (Shape::Choices(choices), DeValue::String(text)) => {
                    self.choice(key, text, choices, item.span());
                }
                (_, DeValue::String(text)) => self.text(key, text, item.span()),
                (_, other) => {
                    let message = format!("`{}` must be a list of strings", key.name);
                    let help = match self.snippet(&item.span()) {
                        Some(snippet) => format!("write it in quotes: \"{snippet}\""),
                        None => "a list does not hold lists or tables".to_owned(),
                    };
                    self.problems.push(
                        Problem::error(code::WRONG_TYPE, item.span(), message)
                            .label(format!("this is {}", with_article(other)))
                            .help(help),
                    );
                }
            }
        }
    }

    /// Checks a table from names to texts.
    fn selection(&mut self, key: &Key, table: &DeTable<'_>) {
        for (name, value) in table {
            match value.get_ref() {
                DeValue::String(text) => self.text(key, text, value.span()),
                DeValue::Table(_) if self.is_divided(name, value) => {
                    self.divided(None, name, value);
                }
                other => self.problems.push(
                    Problem::error(
                        code::WRONG_TYPE,
                        value.span(),
                        format!("{} of `{}` must be a string", quoted(name.get_ref()), key.name),
                    )
                    .label(format!("this is {}", with_article(other)))
                    .help(match self.snippet(&value.span()) {
                        Some(snippet) => format!("{} = \"{snippet}\"", name.get_ref()),
                        None => "versions stand in quotes: \">= 11, << 12\"".to_owned(),
                    }),
                ),
            }
        }
    }

    /// Checks that of several keys exactly one is there.
    fn alternatives(&mut self, table: &DeTable<'_>, grammar: &Table, place: &Place) {
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

    fn named(&mut self, named: &DeTable<'_>, grammar: &Table, place: &Place) {
        for (name, value) in named {
            match value.get_ref() {
                DeValue::Table(table) => {
                    self.table(table, grammar, &place.named(name.get_ref(), value.span()));
                }
                other => self.no_table(name, other, place),
            }
        }
    }

    /// Reports what stands where only tables with a name are.
    fn no_table(&mut self, name: &Spanned<Cow<'_, str>>, value: &DeValue<'_>, place: &Place) {
        let message = format!("{} holds tables only", place.shown());
        self.problems.push(
            Problem::error(code::WRONG_TYPE, name.span(), message)
                .label(format!("this is {}", with_article(value)))
                .help(format!("keys stand in a table with a name: [{}.NAME]", place.header)),
        );
    }

    fn text(&mut self, key: &Key, text: &str, span: Range<usize>) {
        if let Some(fault) = text_fault(text) {
            let message = format!("`{}` {fault}", key.name);
            let problem = Problem::error(code::TEXT, span, message);
            self.problems.push(hidden_if_reference(key, problem.label("must be one line of text")));
        }
    }

    fn count(
        &mut self,
        key: &Key,
        value: &DeValue<'_>,
        range: RangeInclusive<u64>,
        span: Range<usize>,
    ) {
        if number(value).is_some_and(|number| range.contains(&number)) {
            return;
        }
        let message = match *range.end() {
            u64::MAX => format!("`{}` must be at least {}", key.name, range.start()),
            most => format!("`{}` must be from {} to {most}", key.name, range.start()),
        };
        self.problems.push(Problem::error(code::NUMBER, span, message).label("out of range"));
    }

    fn duration(&mut self, key: &Key, text: &str, span: Range<usize>) {
        if duration(text).is_err() {
            let message = format!("{} is not a duration", quoted(text));
            self.problems.push(
                Problem::error(code::DURATION, span, message)
                    .label("a whole number above zero and one of `s`, `m`, `h`, `d`, `w`")
                    .help(format!("{} = \"14d\"", key.name)),
            );
        }
    }

    /// Checks a map from what is an exception to why it is one.
    fn reasons(&mut self, reasons: &DeTable<'_>, place: &Place) {
        for (what, why) in reasons {
            match why.get_ref() {
                DeValue::String(text) => self.reason(what.get_ref(), text, why.span()),
                DeValue::Table(_) if self.is_divided(what, why) => self.divided(None, what, why),
                other => self.no_reason(what, other, why.span(), place),
            }
        }
    }

    /// Checks tables of exceptions by package, whose entries may have a longer form.
    fn exceptions(&mut self, packages: &DeTable<'_>, place: &Place) {
        for (package, value) in packages {
            let DeValue::Table(lines) = value.get_ref() else {
                self.no_table(package, value.get_ref(), place);
                continue;
            };
            let place = place.named(package.get_ref(), value.span());
            for (what, why) in lines {
                match why.get_ref() {
                    DeValue::String(text) => self.reason(what.get_ref(), text, why.span()),
                    DeValue::Table(long) if is_long(long) || !self.is_divided(what, why) => {
                        let place = place.named(what.get_ref(), why.span());
                        self.table(long, &grammar::EXCEPTION, &place);
                    }
                    DeValue::Table(_) => self.divided(Some(package), what, why),
                    other => self.no_reason(what, other, why.span(), &place),
                }
            }
        }
    }

    fn no_reason(
        &mut self,
        what: &Spanned<Cow<'_, str>>,
        why: &DeValue<'_>,
        span: Range<usize>,
        place: &Place,
    ) {
        let message = format!("{} gives no reason for {}", place.shown(), quoted(what.get_ref()));
        self.problems.push(
            Problem::error(code::WRONG_TYPE, span, message)
                .label(format!("this is {}", with_article(why)))
                .help("write why, in quotes"),
        );
    }

    fn reason(&mut self, what: &str, why: &str, span: Range<usize>) {
        let Some(fault) = text_fault(why) else { return };
        let (code, fault) =
            if why.trim().is_empty() { (code::REASON, "is missing") } else { (code::TEXT, fault) };
        let message = format!("the reason for {} {fault}", quoted(what));
        self.problems.push(
            Problem::error(code, span, message)
                .label("must be one line of text")
                .help("say why, as for whoever reads the file in two years"),
        );
    }

    /// Tells whether a table came about by a dot in a key without quotes: `24.04 = "EOL"`.
    fn is_divided(&self, key: &Spanned<Cow<'_, str>>, value: &Spanned<DeValue<'_>>) -> bool {
        let begins =
            |span: Range<usize>, with: &[char]| self.source[span.start..].starts_with(with);
        !begins(key.span(), &['"', '\'']) && !begins(value.span(), &['{'])
    }

    /// Reports a key that a dot without quotes has cut, maybe together with the name `above` it.
    fn divided(
        &mut self,
        above: Option<&Spanned<Cow<'_, str>>>,
        key: &Spanned<Cow<'_, str>>,
        value: &Spanned<DeValue<'_>>,
    ) {
        let is_header = self.source[value.span().start..].starts_with('[');
        let is_beside = |above: &&Spanned<Cow<'_, str>>| {
            let between = self.source.get(above.span().end..key.span().start);
            is_header || between.is_some_and(|between| between.trim_matches([' ', '\t']) == ".")
        };
        // `[yank.python3.11]` cuts the name, `1.4.1 = "…"` the version.
        let (first, meant) = match above.filter(is_beside) {
            Some(name) => (name, format!("{}.{}", name.get_ref(), key.get_ref())),
            None => (key, whole_key(key, value)),
        };
        let rest = quoted(&meant[first.get_ref().len() + 1..]);
        let message = format!("a dot without quotes divides {}", quoted(&meant));
        self.problems.push(
            Problem::error(code::DIVIDED, key.span(), message)
                .label(format!("TOML for {rest} below {}", quoted(first.get_ref())))
                .help(format!("write it in quotes: \"{meant}\"")),
        );
    }

    fn choice(&mut self, key: &Key, text: &str, choices: &[&'static str], span: Range<usize>) {
        if choices.contains(&text) {
            return;
        }
        let message = format!("{} is not a value of `{}`", quoted(text), key.name);
        let label = match near(text, choices.iter().copied()) {
            Some(choice) => format!("did you mean \"{choice}\"?"),
            None => "unknown value".to_owned(),
        };
        self.problems.push(
            Problem::error(code::UNKNOWN_VALUE, span, message).label(label).help(format!(
                "{}: {}",
                key.name,
                alternatives(choices.iter().copied())
            )),
        );
    }

    fn unknown_key(
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

    fn not_yet(&mut self, name: &Spanned<Cow<'_, str>>, doc: &str, place: &Place) {
        let part = if place.header.is_empty() { "table" } else { "key" };
        self.problems.push(not_yet(name.get_ref(), name.span(), part, doc));
    }

    fn fixed(&mut self, name: &Spanned<Cow<'_, str>>, place: &Place) {
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

    fn missing(&mut self, key: &Key, place: &Place) {
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

    fn wrong_type(&mut self, key: &Key, value: &Spanned<DeValue<'_>>) {
        let expected = expectation(key.shape);
        let found = with_article(value.get_ref());
        let message = format!("`{}` must be {expected}", key.name);
        let problem = Problem::error(code::WRONG_TYPE, value.span(), message)
            .label(format!("this is {found}"));
        let problem = hidden_if_reference(key, problem);
        self.problems.push(match self.corrected(key, value) {
            Some(help) => problem.help(help),
            None => problem,
        });
    }

    /// Returns the line as it was most likely meant.
    fn corrected(&self, key: &Key, value: &Spanned<DeValue<'_>>) -> Option<String> {
        let name = key.name;
        let snippet = self.snippet(&value.span());
        let quote = |text: &str| format!("{name} = \"{text}\"");
        match (key.shape, value.get_ref()) {
            (Shape::Text | Shape::Choice(_), DeValue::Integer(_) | DeValue::Float(_)) => {
                snippet.map(quote)
            }
            (Shape::Texts | Shape::Choices(_), DeValue::String(_)) => {
                snippet.map(|text| format!("{name} = [{text}]"))
            }
            (Shape::Flag, DeValue::String(text)) if matches!(&**text, "true" | "false") => {
                Some(format!("{name} = {text}"))
            }
            (Shape::Duration, DeValue::Integer(_)) => {
                snippet.map(|number| format!("{name} = \"{number}d\", with the unit"))
            }
            (Shape::Count { .. }, DeValue::String(text)) => {
                let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
                is_number.then(|| format!("{name} = {text}"))
            }
            (Shape::True, DeValue::Boolean(false)) => Some("remove the line".to_owned()),
            (Shape::Flag | Shape::True, _) => Some(format!("{name} = true")),
            (Shape::Selection, DeValue::String(_)) => {
                snippet.map(|text| format!("{name} = [{text}]"))
            }
            (Shape::Format, _) => Some(format!("{name} = {}", grammar::FORMAT)),
            (Shape::Exceptions, _) => Some(format!("each package has a table: [{name}.PACKAGE]")),
            (Shape::Named(_), _) => Some(format!("each has a table with its name: [{name}.NAME]")),
            (Shape::Table(_) | Shape::Part(_), _) => Some(format!("write it as a table: [{name}]")),
            _ => None,
        }
    }

    /// Returns a value as it was written, if it is simple and short enough to repeat.
    fn snippet(&self, span: &Range<usize>) -> Option<&str> {
        const LONGEST: usize = 60;
        let written = self.source.get(span.clone())?;
        let is_simple = written.len() <= LONGEST && !written.contains(['\n', '[', '{']);
        is_simple.then_some(written)
    }
}

/// Returns the refusal of a `part` that this version can't do.
pub(super) fn not_yet(name: &str, span: Range<usize>, part: &str, doc: &str) -> Problem {
    let message = format!("`{name}` is not supported yet by repoman {}", env!("CARGO_PKG_VERSION"));
    let doc = doc.trim_end_matches('.');
    Problem::error(code::NOT_YET, span, message)
        .label("for a later version")
        .help(format!("remove the {part}, or use a version that supports it ({doc})"))
}

/// Tells whether a table is an exception in its long form.
fn is_long(table: &DeTable<'_>) -> bool {
    grammar::EXCEPTION.keys.iter().any(|key| table.get(key.name).is_some())
}

/// Returns a key with the keys below it, as far as each is the only one, with dots between.
fn whole_key(key: &Spanned<Cow<'_, str>>, value: &Spanned<DeValue<'_>>) -> String {
    // More would fit into no message.
    const DEEPEST: usize = 20;
    let mut whole = key.get_ref().to_string();
    let mut value = value.get_ref();
    for _ in 0..DEEPEST {
        let Some((key, below)) = value.as_table().and_then(|table| table.iter().next()) else {
            break;
        };
        whole = format!("{whole}.{}", key.get_ref());
        value = below.get_ref();
    }
    whole
}

/// Hides the value of a key that may by mistake hold the secret itself.
fn hidden_if_reference(key: &Key, problem: Problem) -> Problem {
    if matches!(key.shape, Shape::Reference) { problem.secret() } else { problem }
}

/// Tells whether a key is not there, or is a table of named tables that names none.
fn is_absent(key: &Key, table: &DeTable<'_>) -> bool {
    match (key.shape, table.get(key.name).map(Spanned::get_ref)) {
        (Shape::Named(_), Some(DeValue::Table(named))) => named.is_empty(),
        (_, value) => value.is_none(),
    }
}

/// Tells whether a key that names tables is surely meant to be the list of that name:
/// `component = ["main"]`.
fn is_list_of(key: &Key, value: &Spanned<DeValue<'_>>, table: &Table) -> bool {
    matches!(key.shape, Shape::Named(_) | Shape::Later)
        && !value.get_ref().is_table()
        && table.key(&format!("{}s", key.name)).is_some_and(Key::is_supported)
}

/// Tells whether the absence of a key most likely follows from another problem of its table.
///
/// The key may be misspelt; what is not supported yet may stand in for it, as `push` does for
/// `path`; and a name with a dot but no quotes makes a table of its own.
fn is_excused(key: &Key, table: &DeTable<'_>, grammar: &Table, place: &Place) -> bool {
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

fn expectation(shape: Shape) -> &'static str {
    match shape {
        Shape::Format => "a number",
        Shape::Text | Shape::Reference | Shape::Choice(_) => "a string",
        Shape::Flag => "true or false",
        Shape::Count { .. } => "a number",
        Shape::Duration => "a duration",
        Shape::Reasons => "a table of reasons",
        Shape::Exceptions => "a table of packages",
        Shape::True => "true",
        Shape::Selection => "a list of names, or a table from names to versions",
        Shape::Texts | Shape::Choices(_) => "a list of strings",
        Shape::TextOrTexts => "a string or a list of strings",
        Shape::Table(_) | Shape::Part(_) => "a table",
        Shape::Named(_) => "a table of named tables",
        Shape::Fixed | Shape::Later => "absent",
    }
}

fn with_article(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
