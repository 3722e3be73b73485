//! Single keys and values as TOML: quotes where they are needed, blanks where they are expected.

use std::str::FromStr as _;

use toml_edit::{Array, InlineTable, Key, Value};

/// Returns names as a key, each in quotes if it needs them: `yank."python3.11"`.
///
/// So does what begins with a digit: it is a version most of the time, and versions look alike whether
/// they have a dot or not.
pub(super) fn key<S: AsRef<str>>(path: &[S]) -> String {
    let part = |name: &str| match Key::new(name).display_repr().into_owned() {
        bare if bare.starts_with(|c: char| c.is_ascii_digit()) => format!("\"{bare}\""),
        written => written,
    };
    let parts = path.iter().map(|name| part(name.as_ref()));
    parts.collect::<Vec<_>>().join(".")
}

/// Returns a string as a value on one line.
pub(super) fn string(text: &str) -> Value {
    let value = Value::from(text);
    if ["\"\"\"", "'''"].iter().any(|quotes| value.to_string().starts_with(quotes)) {
        // The escapes of JSON are among those of TOML.
        let escaped = serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007f");
        return escaped.parse().unwrap_or(value);
    }
    value
}

/// Returns strings as a value: one by itself, several as a list.
pub(super) fn texts<S: AsRef<str>>(texts: &[S]) -> Value {
    match texts {
        [text] => string(text.as_ref()),
        texts => list(texts),
    }
}

/// Returns strings as a list.
pub(super) fn list<S: AsRef<str>>(texts: &[S]) -> Value {
    Value::Array(texts.iter().map(AsRef::as_ref).collect())
}

/// Returns a key without white space between its parts.
pub(super) fn tidy_key(key: &str) -> String {
    let Ok(parts) = Key::parse(key) else { return key.trim().to_owned() };
    parts.iter().map(Key::display_repr).collect::<Vec<_>>().join(".")
}

/// Returns a value with one blank behind each comma; one over several lines stays as it is.
pub(super) fn tidy_value(value: &str) -> String {
    let is_nested = value.starts_with(['[', '{']);
    if !is_nested || value.contains('\n') {
        return value.to_owned();
    }
    let Ok(mut parsed) = Value::from_str(value) else { return value.to_owned() };
    tidy(&mut parsed);
    parsed.to_string().trim().to_owned()
}

fn tidy(value: &mut Value) {
    match value {
        Value::Array(array) => tidy_array(array),
        Value::InlineTable(table) => tidy_table(table),
        Value::String(_)
        | Value::Integer(_)
        | Value::Float(_)
        | Value::Boolean(_)
        | Value::Datetime(_) => {}
    }
}

fn tidy_array(array: &mut Array) {
    array.iter_mut().for_each(tidy);
    array.fmt();
    array.set_trailing("");
    array.set_trailing_comma(false);
}

fn tidy_table(table: &mut InlineTable) {
    for (mut key, value) in table.iter_mut() {
        tidy(value);
        key.leaf_decor_mut().clear();
        key.dotted_decor_mut().clear();
        value.decor_mut().clear();
    }
    table.set_trailing("");
    table.set_trailing_comma(false);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_stay_on_one_line() {
        let written = |text: &str| string(text).to_string();
        assert_eq!(written("why"), "\"why\"");
        assert_eq!(written("a \"b\""), "'a \"b\"'");
        assert_eq!(written("it's \"b\""), "\"it's \\\"b\\\"\"");
        assert_eq!(written("a\nb"), "\"a\\nb\"");
        for hard in ["'\u{7f}\"", "\"'\u{0}\t\\", "'''\"\"\"\r\n", "\u{feff}\u{202e}"] {
            let value: Value = written(hard).parse().unwrap();
            assert_eq!(value.as_str(), Some(hard));
        }
    }

    #[test]
    fn names_get_quotes_where_they_need_them() {
        assert_eq!(key(&["yank", "python3.11"]), "yank.\"python3.11\"");
        assert_eq!(key(&["a_b-1", ""]), "a_b-1.\"\"");
        assert_eq!(key(&["keep", "widget", "1-1"]), "keep.widget.\"1-1\"");
    }
}
