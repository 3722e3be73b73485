//! Lists of strings: one element more, or some less, with the layout of the rest.
//!
//! A list over several lines is edited by its lines, so that a comment stays beside its element.

use std::ops::Range;

use toml_edit::{Array, Document, Item, Value};

use super::EditError;
use super::layout::Layout;

/// Returns the strings of a list, or the one string that stands for a list.
pub(super) fn texts(item: Option<&Item>) -> Vec<String> {
    let Some(item) = item else { return Vec::new() };
    let elements = item.as_array().into_iter().flatten().filter_map(Value::as_str);
    item.as_str().into_iter().chain(elements).map(str::to_owned).collect()
}

impl Layout {
    /// Adds a string to the list of a key; the list is made if there is none.
    ///
    /// # Errors
    ///
    /// Fails if something on the way to the key is no table.
    pub(super) fn add_to_list(
        &mut self,
        table: &[&str],
        name: &str,
        element: &str,
    ) -> Result<(), EditError> {
        let text = self.list(table, name).unwrap_or_else(|| "[]".to_owned());
        self.set(table, name, with(&text, element)?)
    }

    /// Removes strings from the list of a key.
    ///
    /// # Errors
    ///
    /// Fails if something on the way to the key is no table.
    pub(super) fn remove_from_list(
        &mut self,
        table: &[&str],
        name: &str,
        removed: &[String],
    ) -> Result<(), EditError> {
        let Some(text) = self.list(table, name) else { return Ok(()) };
        self.set(table, name, without(&text, removed)?)
    }

    /// Returns a list as it is written.
    fn list(&self, table: &[&str], name: &str) -> Option<String> {
        let path: Vec<&str> = table.iter().chain([&name]).copied().collect();
        Some(self.find(&path)?.as_array()?.to_string().trim().to_owned())
    }
}

/// Returns a list with one element more.
fn with(text: &str, element: &str) -> Result<Value, EditError> {
    let places = places(text)?;
    let last = places.last().filter(|(_, place)| is_alone(text, place));
    let (Some((_, last)), true) = (last, text.contains('\n')) else {
        let mut list: Value = text.parse()?;
        list.as_array_mut().into_iter().for_each(|list| list.push(element));
        return Ok(list);
    };
    let line = line(text, last);
    let indent = &text[line.start..last.start];
    let comma = if text[last.end..].trim_start().starts_with(',') { "" } else { "," };
    let (before, behind) = (&text[..last.end], &text[last.end..line.end]);
    let new = Value::from(element);
    Ok(format!("{before}{comma}{behind}{indent}{new},\n{}", &text[line.end..]).parse()?)
}

/// Returns a list without some of its elements.
fn without(text: &str, removed: &[String]) -> Result<Value, EditError> {
    let mut text = text.to_owned();
    for (element, place) in places(&text)?.into_iter().rev() {
        if removed.contains(&element) && is_alone(&text, &place) {
            text.replace_range(line(&text, &place), "");
        }
    }
    let mut list: Value = text.parse()?;
    list.as_array_mut().into_iter().for_each(|list| retain(list, removed));
    Ok(list)
}

fn retain(list: &mut Array, removed: &[String]) {
    let before = list.len();
    list.retain(|element| !element.as_str().is_some_and(|text| removed.iter().any(|r| r == text)));
    // The first element leaves a blank behind.
    if list.len() < before && !list.to_string().contains('\n') {
        list.fmt();
    }
}

/// Returns the strings of a list with their places.
fn places(text: &str) -> Result<Vec<(String, Range<usize>)>, EditError> {
    const KEY: &str = "list=";
    let document = Document::parse(format!("{KEY}{text}"))?;
    let list = document.get("list").and_then(Item::as_array).into_iter().flatten();
    let place = |element: &Value| {
        let span = element.span()?;
        Some((element.as_str()?.to_owned(), span.start - KEY.len()..span.end - KEY.len()))
    };
    Ok(list.filter_map(place).collect())
}

/// Tells whether nothing but a comma and a comment shares the line with a place.
fn is_alone(text: &str, place: &Range<usize>) -> bool {
    let line = line(text, place);
    let behind = text[place.end..line.end].trim_start().trim_start_matches(',').trim_start();
    let is_last = !text[..line.end].ends_with('\n');
    text[line.start..place.start].trim().is_empty()
        && (behind.is_empty() || behind.starts_with('#'))
        && !is_last
        && line.start > 0
}

fn line(text: &str, place: &Range<usize>) -> Range<usize> {
    let start = text[..place.start].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[place.end..].find('\n').map_or(text.len(), |newline| place.end + newline + 1);
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(text: &str) -> String {
        with(text, "b").unwrap().to_string()
    }

    fn removed(text: &str) -> String {
        without(text, &["b".to_owned()]).unwrap().to_string()
    }

    #[test]
    fn an_element_joins_the_others_on_their_line_or_gets_its_own() {
        assert_eq!(added("[]"), "[\"b\"]");
        assert_eq!(added("['a']"), "['a', \"b\"]");
        assert_eq!(added("[\n  'a', # x\n]"), "[\n  'a', # x\n  \"b\",\n]");
        assert_eq!(added("[\n  'a' # x\n]"), "[\n  'a', # x\n  \"b\",\n]");
    }

    #[test]
    fn an_element_goes_with_its_comment() {
        assert_eq!(removed("['b', 'a']"), "['a']");
        assert_eq!(removed("['a', 'b']"), "['a']");
        assert_eq!(removed("[\n  'a', # x\n  'b', # y\n]"), "[\n  'a', # x\n]");
        assert_eq!(removed("[\n  'b', # y\n  'a' # x\n]"), "[\n  'a' # x\n]");
        assert_eq!(removed("[ 'a','b' ]"), "['a']");
        assert_eq!(removed("['a' ]"), "['a' ]");
    }
}
