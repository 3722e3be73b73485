//! Single changes, on any text.

use proptest::prelude::*;
use toml_edit::Value;

use super::{comments, documents, meaning};
use crate::edit::layout::Layout;

/// Tells whether all lines of a text stand in another, in their order.
fn keeps_lines(before: &str, after: &str) -> bool {
    let mut after = after.trim_start_matches('\u{feff}').lines();
    before.trim_start_matches('\u{feff}').lines().all(|line| after.any(|other| other == line))
}

fn with(mut table: toml::Table, path: &[&str], value: &str) -> toml::Table {
    let (name, parents) = path.split_last().unwrap();
    let mut inner = &mut table;
    for name in parents {
        let entry = inner.entry(*name).or_insert_with(|| toml::Table::new().into());
        inner = entry.as_table_mut().unwrap();
    }
    inner.insert((*name).to_owned(), value.into());
    table
}

const TABLES: [&[&str]; 5] = [
    &["yank", "python3.11"],
    &["yank", "new"],
    &["removed"],
    &["sub"],
    &["source", "a", "packages"],
];

fn set(text: &str, table: &[&str]) -> String {
    let mut layout = Layout::parse(text).unwrap();
    layout.set(table, "new", Value::from("value")).unwrap();
    layout.to_text()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_new_key_adds_lines_and_changes_none(text in documents(), table in 0..TABLES.len()) {
        let table = TABLES[table];
        let after = set(&text, table);
        let path: Vec<&str> = table.iter().chain(&["new"]).copied().collect();
        prop_assert_eq!(meaning(&after), with(meaning(&text), &path, "value"));
        prop_assert!(keeps_lines(&text, &after), "{}", after);
        prop_assert!(after.lines().count() <= text.lines().count() + 4);
        prop_assert!(!text.contains("\r\n") || !after.replace("\r\n", "").contains('\n'));
    }

    #[test]
    fn what_was_set_can_be_changed_and_removed(text in documents(), table in 0..TABLES.len()) {
        let table = TABLES[table];
        let path: Vec<&str> = table.iter().chain(&["new"]).copied().collect();
        let mut layout = Layout::parse(&set(&text, table)).unwrap();
        layout.set(table, "new", Value::from("other")).unwrap();
        prop_assert_eq!(meaning(&layout.to_text()), with(meaning(&text), &path, "other"));
        prop_assert!(layout.remove(&path));
        let after = layout.to_text();
        prop_assert!(keeps_lines(&text, &after), "{}", after);
        prop_assert!(!layout.remove(&path));
    }

    #[test]
    fn a_table_is_removed_with_what_is_below(text in documents()) {
        for path in [&["source", "a"][..], &["distribution"], &["sub", "url"], &["1.0", "from"]] {
            let mut layout = Layout::parse(&text).unwrap();
            let before = layout.find(path).is_some();
            prop_assert_eq!(layout.remove(path), before);
            let after = layout.to_text();
            prop_assert!(before || after == text);
            let layout = Layout::parse(&after).unwrap();
            prop_assert!(layout.find(path).is_none());
            prop_assert!(comments(&after).iter().all(|comment| comments(&text).contains(comment)));
        }
    }
}

#[track_caller]
fn sets(before: &str, path: &[&str], after: &str) {
    let mut layout = Layout::parse(before).unwrap();
    let (name, table) = path.split_last().unwrap();
    layout.set(table, name, Value::from("x")).unwrap();
    assert_eq!(layout.to_text(), after);
}

#[test]
fn a_change_keeps_to_the_way_that_a_table_is_written() {
    sets("[y.w]\n\"1.0\" = 'a'\n", &["y", "w", "2"], "[y.w]\n\"1.0\" = 'a'\n\"2\"   = \"x\"\n");
    sets("[y]\nw = { a = 'b' } # c\n", &["y", "w", "2"], "[y]\nw = { a = 'b', 2 = \"x\" }  # c\n");
    sets("y = {w={}}", &["y", "w", "2"], "y = { w = { 2 = \"x\" } }");
    sets("y.w.a = 'b'\nz = 1\n", &["y", "w", "2"], "y.w.a = 'b'\ny.w.\"2\" = \"x\"\nz = 1\n");
    sets("y.w.a = 'b'", &["y", "w", "2"], "y.w.a = 'b'\ny.w.\"2\" = \"x\"\n");
    sets("[y]\nw.a = 'b'\nz = 1\n", &["y", "w", "2"], "[y]\nw.a = 'b'\nw.\"2\" = \"x\"\nz = 1\n");
}

#[test]
fn a_new_value_leaves_the_comment_in_its_column() {
    sets("a = 'long'    # c\n", &["a"], "a = \"x\"       # c\n");
    sets("a = 1 # c\n", &["a"], "a = \"x\"  # c\n");
}

#[test]
fn a_new_table_stands_behind_its_kin_or_where_the_documentation_has_it() {
    let text = "format = 1\n[source.a]\nx = 1\n# y = 2\n\n# ── limits ──\n\n[limits]\n";
    sets(
        text,
        &["source", "b", "x"],
        "format = 1\n[source.a]\nx = 1\n# y = 2\n\n[source.b]\nx = \"x\"\n\n# ── limits ──\n\n[limits]\n",
    );
    sets(
        text,
        &["store", "url"],
        "format = 1\n\n[store]\nurl = \"x\"\n\n[source.a]\nx = 1\n# y = 2\n\n# ── limits ──\n\n[limits]\n",
    );
    sets("", &["store", "url"], "[store]\nurl = \"x\"\n");
    sets("# c", &["store", "url"], "# c\n\n[store]\nurl = \"x\"\n");
    sets("[repository]", &["store", "url"], "[repository]\n\n[store]\nurl = \"x\"\n");
}

#[test]
fn what_is_no_table_holds_no_key() {
    let mut layout = Layout::parse("yank = 1").unwrap();
    assert!(layout.set(&["yank", "widget"], "1.0", Value::from("x")).is_err());
}

#[test]
fn headings_outlive_the_tables_below_them() {
    let mut layout =
        Layout::parse("a = 1\n\n# ── b ──\n\n# first\n[b.x]\ny = 1\n# z = 2\n\n# ── c ──\n\n[c]\n")
            .unwrap();
    assert!(layout.remove(&["b", "x"]));
    assert_eq!(layout.to_text(), "a = 1\n\n# ── b ──\n\n# ── c ──\n\n[c]\n");
}
