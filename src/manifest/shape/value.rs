//! Values of the wrong type, and simple ones that can't be.

use std::ops::{Range, RangeInclusive};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::super::code;
use super::super::grammar::{self, Key, Shape};
use super::super::problem::{Problem, alternatives, near, quoted};
use super::{Check, duration, number, text_fault};

impl Check<'_> {
    pub(super) fn items(&mut self, key: &Key, items: &[Spanned<DeValue<'_>>]) {
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
    pub(super) fn selection(&mut self, key: &Key, table: &DeTable<'_>) {
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

    pub(super) fn text(&mut self, key: &Key, text: &str, span: Range<usize>) {
        if let Some(fault) = text_fault(text) {
            let message = format!("`{}` {fault}", key.name);
            let problem = Problem::error(code::TEXT, span, message);
            self.problems.push(hidden_if_reference(key, problem.label("must be one line of text")));
        }
    }

    pub(super) fn count(
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

    pub(super) fn duration(&mut self, key: &Key, text: &str, span: Range<usize>) {
        if duration(text).is_err() {
            let message = format!("{} is not a duration", quoted(text));
            self.problems.push(
                Problem::error(code::DURATION, span, message)
                    .label("a whole number above zero and one of `s`, `m`, `h`, `d`, `w`")
                    .help(format!("{} = \"14d\"", key.name)),
            );
        }
    }

    pub(super) fn choice(
        &mut self,
        key: &Key,
        text: &str,
        choices: &[&'static str],
        span: Range<usize>,
    ) {
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

    pub(super) fn wrong_type(&mut self, key: &Key, value: &Spanned<DeValue<'_>>) {
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
}

/// Hides the value of a key that may by mistake hold the secret itself.
fn hidden_if_reference(key: &Key, problem: Problem) -> Problem {
    if matches!(key.shape, Shape::Reference) { problem.secret() } else { problem }
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

pub(super) fn with_article(value: &DeValue<'_>) -> &'static str {
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
