//! Maps from what is an exception to why it is one.

use std::borrow::Cow;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::super::code;
use super::super::grammar;
use super::super::problem::{Problem, quoted};
use super::value::with_article;
use super::{Check, Place, text_fault};

impl Check<'_> {
    /// Checks a map from what is an exception to why it is one.
    pub(super) fn reasons(&mut self, reasons: &DeTable<'_>, place: &Place) {
        for (what, why) in reasons {
            match why.get_ref() {
                DeValue::String(text) => self.reason(what.get_ref(), text, why.span()),
                DeValue::Table(_) if self.is_divided(what, why) => self.divided(None, what, why),
                other => self.no_reason(what, other, why.span(), place),
            }
        }
    }

    /// Checks tables of exceptions by package, whose entries may have a longer form.
    pub(super) fn exceptions(&mut self, packages: &DeTable<'_>, place: &Place) {
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
    pub(super) fn is_divided(
        &self,
        key: &Spanned<Cow<'_, str>>,
        value: &Spanned<DeValue<'_>>,
    ) -> bool {
        let begins =
            |span: Range<usize>, with: &[char]| self.source[span.start..].starts_with(with);
        !begins(key.span(), &['"', '\'']) && !begins(value.span(), &['{'])
    }

    /// Reports a key that a dot without quotes has cut, maybe together with the name `above` it.
    pub(super) fn divided(
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
