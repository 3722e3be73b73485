//! The order of tables and keys in the documentation, for those who write manifests.

use super::grammar::{self, Shape};

/// Returns where a key stands among the documented keys of its table.
///
/// The table is given by the names in its header, without any for the file itself. None if the key
/// is not known there, or is a name that the user chose.
pub fn documented_position(table: &[&str], key: &str) -> Option<usize> {
    let mut grammar = &grammar::MANIFEST;
    let mut names = table.iter();
    while let Some(name) = names.next() {
        grammar = match grammar.key(name)?.shape {
            Shape::Table(grammar) => grammar,
            Shape::Named(grammar) => {
                names.next()?;
                grammar
            }
            _ => return None,
        };
    }
    grammar.keys.iter().position(|documented| documented.name == key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stand_as_documented_and_names_nowhere() {
        assert_eq!(documented_position(&[], "format"), Some(0));
        assert_eq!(documented_position(&["repository"], "name"), Some(0));
        assert_eq!(documented_position(&["source", "widget"], "path"), Some(0));
        assert_eq!(documented_position(&["signing", "key", "release"], "secret"), Some(1));
        assert_eq!(documented_position(&["source"], "path"), None);
        assert_eq!(documented_position(&["repository"], "nmae"), None);
        assert_eq!(documented_position(&["format", "x"], "x"), None);
    }
}
