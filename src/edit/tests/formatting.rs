//! `format`: the one way to write a manifest.

use proptest::prelude::*;

use super::{comments, documents, meaning};
use crate::edit::format;

#[track_caller]
fn becomes(before: &str, after: &str) {
    let formatted = format(before).unwrap();
    assert_eq!(formatted, after);
    assert_eq!(format(&formatted).unwrap(), formatted);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn formatting_keeps_meaning_and_comments(text in documents()) {
        let formatted = format(&text).unwrap();
        prop_assert_eq!(meaning(&formatted), meaning(&text));
        prop_assert_eq!(comments(&formatted), comments(&text));
    }

    #[test]
    fn formatting_twice_is_formatting_once(text in documents()) {
        let once = format(&text).unwrap();
        prop_assert_eq!(format(&once).unwrap(), once);
    }

    #[test]
    fn lines_end_alike_and_the_mark_stays(text in documents()) {
        let formatted = format(&text).unwrap();
        let lines = formatted.trim_start_matches('\u{feff}').lines().count();
        let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
        prop_assert_eq!(formatted.matches(newline).count(), lines);
        prop_assert!(!formatted.ends_with("\n\n") && !formatted.ends_with("\n\r\n"));
        prop_assert_eq!(formatted.starts_with('\u{feff}'), text.starts_with('\u{feff}'));
    }
}

#[test]
fn what_this_project_shows_is_formatted() {
    let shown = [
        include_str!("../../../repo.toml.example"),
        include_str!("../../../examples/quickstart/repo.toml"),
        include_str!("../../../examples/s3-compatible/repo.toml"),
        include_str!("../../../examples/several-distributions/repo.toml"),
        include_str!("../../../examples/single-package/repo.toml"),
        include_str!("../../cli/commands/starter.toml"),
    ];
    for text in shown {
        assert_eq!(format(text).unwrap(), text);
    }
}

#[test]
fn tables_and_keys_stand_as_documented_and_names_as_written() {
    becomes(
        "[source.b]\nto = 'x/y'\npath = 'a'\n[source.a]\n[store]\nurl='u'\n[signing.key.k]\n\
         [signing]\n[source.b.packages]\n[repository]\nname = 'n'\norigin='o'\n",
        "[repository]\nname   = 'n'\norigin = 'o'\n\n[store]\nurl = 'u'\n\n[signing]\n\n\
         [signing.key.k]\n\n[source.b]\npath = 'a'\nto   = 'x/y'\n\n[source.b.packages]\n\n\
         [source.a]\n",
    );
}

#[test]
fn comments_move_with_what_they_belong_to() {
    becomes(
        "# about the file\n\nformat = 1\n\n# about the store\n[store]\nregion = 'r' # where\n\
         # about the url\nurl = 'u'\n# endpoint = 'e'\n\n# ── names ──\n\n[repository]\nname = 'n'\n\n# end\n",
        "# about the file\n\nformat = 1\n\n# ── names ──\n\n[repository]\nname = 'n'\n\n\
         # about the store\n[store]\n# about the url\nurl    = 'u'\nregion = 'r'  # where\n\
         # endpoint = 'e'\n\n# end\n",
    );
}

#[test]
fn comments_behind_values_share_a_column() {
    becomes(
        "[store]\nurl = 'u'          # a\n                   # b\nregion='r'  # c\n\nprofile = 'p' # d\n",
        "[store]\nurl    = 'u'       # a\n                   # b\nregion = 'r'       # c\n\nprofile = 'p' # d\n"
            .replace("'p' # d", "'p'  # d")
            .as_str(),
    );
}

#[test]
fn a_long_value_does_not_push_the_comments_of_others_away() {
    becomes(
        "[x]\na = 1   # 1\nb = 'long value' # 2\nc = 3   # 3\n",
        "[x]\na = 1   # 1\nb = 'long value'  # 2\nc = 3   # 3\n",
    );
    becomes("[x]\na = 1 # 1\nbb = 'long' # 2\n", "[x]\na  = 1       # 1\nbb = 'long'  # 2\n");
}

#[test]
fn values_on_one_line_are_spaced_and_others_left_alone() {
    becomes(
        "[x]\na=[ 'b','c' ,]\ne = {b=1,c = [1,2]}\nf = [\n 1,2,\n]\n[ y .\"z\" ] #c\n",
        "[x]\na = ['b', 'c']\ne = { b = 1, c = [1, 2] }\nf = [\n 1,2,\n]\n\n[y.\"z\"]    #c\n",
    );
}

#[test]
fn elements_of_arrays_of_tables_keep_their_order() {
    let text = "[[b]]\nx = 1\n\n[b.c]\ny = 1\n\n[[b]]\nx = 2\n\n[repository]\nname = 'n'\n";
    becomes(text, text);
}

#[test]
fn what_is_empty_stays_empty() {
    becomes("", "");
    becomes("# only a comment", "# only a comment\n");
}

#[test]
fn what_is_no_toml_is_left_alone() {
    assert!(format("[store\nurl = 1").is_err());
    assert!(format("a = 1\na = 2").is_err());
}
